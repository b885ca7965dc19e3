"""Timers of the user's own that the pack took over: no file of theirs is changed.

A drop-in beside the timer says so, and holds the schedule of the profile where that was asked for:

    # fedtui: pack sync (*/15 * * * *); adopted

Another drop-in of fedtui's, or what the timer's own files say, is a schedule of somebody's own.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from fedtui.action_result import Refused
from fedtui.bus.systemd_manager import open_systemd
from fedtui.changes.edits import Edit, FileEdit, FolderEdit
from fedtui.changes.timer_unit import SYSTEM_UNITS, TimerTarget, UnitState, read_timer
from fedtui.changes.unit_edits import user_units
from fedtui.federation.backends.unit_text import MARK
from fedtui.federation.managed_job import ManagedJob
from fedtui.ports import Ports
from fedtui.schedule.cron import ScheduleError, parse_schedule
from fedtui.schedule.translate import TranslationError, to_calendar, to_cron
from fedtui.system.regular_file import read_regular

MARK_FILE = "zy-fedtui-pack.conf"
"""Read after the user's own drop-ins; fedtui's own schedule (zz-) is read after it."""
_HEAD = re.compile(
    rb"# " + MARK.encode() + rb"\n# fedtui: pack (?P<key>[a-z0-9-]+) \((?P<planned>[^()\n]*)\); adopted\n"
)


@dataclass(frozen=True, slots=True)
class AdoptedTimer:
    """A timer that was taken over: the drop-in that says so, and the timer as it is in force."""

    key: str
    planned: str
    mark: Path
    text: bytes
    state: UnitState
    why: str = ""

    @property
    def timer(self) -> str:
        """The timer's name."""
        return self.mark.parent.name.removesuffix(".d")

    @property
    def path(self) -> Path:
        """The timer's own file."""
        return Path(self.state.fragment)

    @property
    def ours(self) -> bool:
        """Whether the pack gave it a schedule."""
        return b"[Timer]" in self.text

    @property
    def custom(self) -> bool:
        """Whether it runs by a schedule of somebody's own."""
        return not _is(self.state, self.planned)

    @property
    def paused(self) -> bool:
        """Whether it is off."""
        return not self.state.active

    @property
    def schedule(self) -> str:
        """The triggers in force, such as "OnCalendar=*-*-* *:00:00"."""
        pairs = [f"OnCalendar={value}" for value in self.state.calendar]
        return "; ".join((*pairs, *(f"{name}={seconds:g}s" for name, seconds in self.state.monotonic)))


def _is(state: UnitState, planned: str) -> bool:
    """Whether the triggers in force are those of five fields."""
    try:
        wanted = to_cron(to_calendar(parse_schedule(planned)).calendar)
        return not state.monotonic and to_cron(state.calendar) == wanted
    except (ScheduleError, TranslationError):
        return False


async def adopted_timers(ports: Ports, *, user_manager: bool) -> Mapping[str, AdoptedTimer]:
    """The timers that the pack took over, by key; of one that is gone its drop-in is left aside."""
    marks = await asyncio.to_thread(_marks, _folder(user_manager=user_manager))
    found: dict[str, AdoptedTimer] = {}
    if not marks:
        return found
    async with open_systemd(ports.bus, ports.user, user_manager=user_manager) as systemd:
        for path, text in marks:
            head = _HEAD.match(text)
            target = TimerTarget("", "", path.parent.name.removesuffix(".d"), user_manager)
            try:
                state = (await read_timer(systemd, target)).state
            except Refused:
                continue
            if head is not None and state.fragment:
                key, planned = head["key"].decode(), head["planned"].decode()
                found[key] = AdoptedTimer(key, planned, path, text, state)
    return found


def has_adopted(*, user_manager: bool) -> bool:
    """Whether there are drop-ins of adopted timers, whatever systemd says. Blocking."""
    return bool(_marks(_folder(user_manager=user_manager)))


def _folder(*, user_manager: bool) -> Path:
    return user_units() if user_manager else SYSTEM_UNITS


def _marks(units: Path) -> list[tuple[Path, bytes]]:
    try:
        return [(path, read_regular(path)) for path in sorted(units.glob(f"*.timer.d/{MARK_FILE}"))]
    except OSError as error:
        raise Refused(f"{error.filename}: {error.strerror}.") from error


async def adopting_edits(
    jobs: Sequence[ManagedJob],
    ports: Ports,
    gone: Collection[str],
    reset: Collection[str],
    *,
    user_manager: bool,
) -> tuple[Edit, ...]:
    """The edits by which the timers that these jobs adopt are the pack's, and those of `gone` no longer.

    A schedule of somebody's own stays, but for the keys of `reset` and where another drop-in gives it.
    """
    there = await adopted_timers(ports, user_manager=user_manager)
    edits: list[Edit] = []
    for key in gone:
        if key in there:
            mark = there[key].mark
            edits += [FileEdit(str(mark), there[key].text, None), FolderEdit(str(mark.parent), there=False)]
    for job in jobs:
        was = there.get(job.key)
        timer = job.adopts.partition(":")[2]
        path = _folder(user_manager=user_manager) / f"{timer}.d" / MARK_FILE
        if was is not None and was.timer != timer:
            raise Refused(
                f"{was.timer} is {job.name} already.", advice="fedtui setup --remove gives it back."
            )
        before = was.text if was is not None else None
        ours = job.key in reset or (was is not None and _follows(was, job.schedule))
        after = _text(job, ours=ours)
        if before != after:
            edits.append(FileEdit(str(path), before, after))
    return tuple(edits)


def _follows(was: AdoptedTimer, schedule: str) -> bool:
    """Whether the pack has to give the timer the schedule: it did before, or another one was asked for."""
    return not was.custom and (was.ours or not _is(was.state, schedule))


def _text(job: ManagedJob, *, ours: bool) -> bytes:
    """The drop-in; an empty OnCalendar= drops every trigger from before it."""
    schedule = " ".join(job.schedule.split())
    lines = [f"# {MARK}", f"# fedtui: pack {job.key} ({schedule}); adopted"]
    if ours:
        try:
            calendar = to_calendar(parse_schedule(schedule)).calendar
        except (ScheduleError, TranslationError) as error:
            raise Refused(f"systemd has no word for {schedule}: {error}.") from error
        lines += ["", "[Timer]", "OnCalendar=", *(f"OnCalendar={one}" for one in calendar)]
    return "\n".join((*lines, "")).encode()
