"""The drill "clock-change": what the zone's next change does to the profile; no clock is touched."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from itertools import pairwise, takewhile

from fedtui.federation.drills.drill import DrillPlan, DrillResult, DrillSetting, TimedJob
from fedtui.federation.drills.drill_events import DrillPhase
from fedtui.federation.drills.drill_runner import DrillRunner
from fedtui.schedule.clock_changes import ClockChange as Change
from fedtui.schedule.clock_changes import clock_changes, wall_clock

_MARGIN = timedelta(days=8)
"""What is looked at before and after a change: a weekly run and the one after it."""

_LONG = 1.9
"""A run left out doubles a pause, less the hour that is left out with it."""


class ClockChangeDrill:
    """The zone's next change in each direction, and the runs that cron starts around it."""

    name = "clock-change"
    title = "Clock change"
    about = "The clock goes forward or back while jobs are scheduled."
    expected = "no run of a fixed time is lost or made twice, and none that repeats leaves a long gap"

    def blocked_reason(self, setting: DrillSetting) -> str:
        """A zone whose clock never changes, or nothing that is scheduled."""
        if not setting.times:
            return setting.missing or "no profile is known"
        if setting.zone is None or setting.now is None or not _changes(setting):
            zone = setting.zone_name or "this machine"
            advice = "--zone Europe/Berlin pretends another zone"
            return f"the clock of {zone} is not changed in the coming year; {advice}"
        return ""

    def plan(self, setting: DrillSetting) -> DrillPlan:
        """The changes that are looked at."""
        return DrillPlan(
            (f"Take the {len(setting.times)} schedules of {setting.profile}, in {setting.zone_name}.",),
            tuple(f"{change.sentence}: work out which runs cron starts." for change in _changes(setting)),
            ("Nothing to take back: no clock is touched.",),
        )

    async def run(self, setting: DrillSetting, runner: DrillRunner) -> DrillResult:
        """Work it out for each change and each job."""
        if setting.zone is None:
            return DrillResult(False, "Nothing was rehearsed: no zone is known.")
        jobs = ", ".join(f"{one.name} {one.schedule.text}" for one in setting.times)
        runner.say(DrillPhase.BEFORE, f"{setting.zone_name}; {jobs}")
        effects: list[Effect] = []
        for change in _changes(setting):
            runner.say(DrillPhase.DOING, change.sentence)
            for timed in setting.times:
                effect = effect_of(timed, change, setting.zone)
                effects.append(effect)
                runner.say(DrillPhase.AFTER, f"{timed.name}: {effect.text}")
        bad = [effect for effect in effects if not effect.harmless]
        evidence = tuple(f"{effect.name}: {effect.text}" for effect in bad or effects)
        if bad:
            return DrillResult(False, f"{bad[0].name} does not come through the change unharmed.", evidence)
        return DrillResult(True, "Every job comes through the change.", evidence)


@dataclass(frozen=True, slots=True)
class Effect:
    """What a change does to a job: in words, and whether a user could live with it."""

    name: str
    text: str
    harmless: bool


def effect_of(timed: TimedJob, change: Change, zone: tzinfo) -> Effect:
    """Compare what the wall clock names with what cron starts."""
    moment = change.moment.astimezone(UTC)
    starts = _starts(timed, moment - _MARGIN, moment + _MARGIN, zone)
    named = _named(timed, change)
    if not starts:
        return Effect(timed.name, "does not run around it", True)
    if not named:
        return Effect(timed.name, "no run falls into it", True)
    first = ", ".join(wall_clock(wall) for wall in named[:3]) + (" …" if len(named) > 3 else "")
    if timed.schedule.wildcard:
        return _repeating(timed, change, starts, first)
    if change.jump > 0:
        made_up = any(moment <= start < moment + timedelta(minutes=1) for start in starts)
        at = wall_clock(change.end)
        if made_up:
            return Effect(timed.name, f"{first} is skipped by the clock, and made up for at {at}", True)
        return Effect(timed.name, f"{first} is skipped, and not made up for", False)
    walls = [_wall(start, zone) for start in starts]
    twice = [wall for wall in named if walls.count(wall) > 1]
    if twice:
        return Effect(timed.name, f"{wall_clock(twice[0])} comes twice, and so does the run", False)
    return Effect(timed.name, f"{first} comes twice, the run once", True)


def _repeating(timed: TimedJob, change: Change, starts: Sequence[datetime], first: str) -> Effect:
    """A job that follows the clock: harmless while no pause is nearly twice as long as the longest usual."""
    moment = change.moment.astimezone(UTC)
    pauses = [(later - earlier, earlier <= moment <= later) for earlier, later in pairwise(starts)]
    usual = max((pause for pause, around in pauses if not around), default=timedelta())
    longest = max((pause for pause, around in pauses if around), default=timedelta())
    if usual and longest > _LONG * usual:
        hours = longest.total_seconds() / 3600
        return Effect(timed.name, f"{first} is skipped with the hour: a pause of {hours:.0f} h", False)
    if change.jump > 0:
        return Effect(timed.name, "skips the hour that is not there; its pauses stay as they are", True)
    return Effect(timed.name, "runs through the repeated hour; its pauses stay as they are", True)


def _starts(timed: TimedJob, begin: datetime, end: datetime, zone: tzinfo) -> list[datetime]:
    """What cron starts, in UTC."""
    runs = (run.astimezone(UTC) for run in timed.schedule.runs(begin, zone))
    return list(takewhile(lambda run: run <= end, runs))


def _named(timed: TimedJob, change: Change) -> list[int]:
    """The wall-clock minutes that the schedule names in the stretch that is left out or repeated."""
    begin = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(minutes=change.start - 1)
    runs = (int(run.timestamp() // 60) for run in timed.schedule.runs(begin, UTC))
    return list(takewhile(lambda wall: wall < change.end, runs))


def _wall(moment: datetime, zone: tzinfo) -> int:
    local = moment.astimezone(zone).replace(tzinfo=UTC)
    return int(local.timestamp() // 60)


def _changes(setting: DrillSetting) -> list[Change]:
    """The next change forward and the next one back."""
    if setting.zone is None or setting.now is None:
        return []
    found: list[Change] = []
    for change in clock_changes(setting.zone, setting.now.astimezone(setting.zone)):
        if all((other.jump > 0) != (change.jump > 0) for other in found):
            found.append(change)
    return found
