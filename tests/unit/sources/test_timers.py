"""Timers as jobs, from the recorded answers of a real user manager (systemd 252)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from fedtui.bus.port import BusError, Signal
from fedtui.model import Answer, Job, Outcome, Scheduler, State, TimerFacts, Trigger
from fedtui.sources.systemd import TimerSource, elapses, outage
from fedtui.sources.systemd.link import UnitChanges
from fedtui.sources.systemd.timer_catalog import TimerCatalog
from fedtui.system.systemd_analyze import CalendarCheck
from tests.unit.bus.replay import Recording, ReplayBus

BUSY = "org.freedesktop.DBus.Properties"


class World:
    """A recording behind a source, with a clock that a test may set."""

    def __init__(self, paused: tuple[str, ...] = ()) -> None:
        self.recording = Recording("user-timers.json")
        self.now = self.recording.now
        self.buses: list[ReplayBus] = []
        self.refuse = False
        self.source = TimerSource(
            self.open,
            True,
            "fed",
            lambda: self.now,
            lambda: paused,
            monotonic=lambda: self.recording.monotonic,
            zone=ZoneInfo("Europe/Berlin"),
        )

    @property
    def bus(self) -> ReplayBus:
        return self.buses[-1]

    async def open(self, user: bool) -> ReplayBus:
        assert user
        if self.refuse:
            raise BusError(BusError.DISCONNECTED, "No such file or directory")
        self.buses.append(ReplayBus(self.recording))
        return self.bus

    async def jobs(self) -> dict[str, Job]:
        answer = await self.source.read()
        assert answer.problems == ()
        assert answer.jobs is not None
        return {job.name.removesuffix(".timer"): job for job in answer.jobs}


@pytest.fixture(autouse=True)
def _runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Later runs without systemd-analyze: every whole hour."""

    async def hourly(expressions: list[str], iterations: int, base: datetime) -> list[CalendarCheck]:
        first = base.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
        runs = tuple(first + timedelta(hours=hours) for hours in range(iterations))
        return [CalendarCheck(text, True, text, runs) for text in expressions]

    monkeypatch.setattr(elapses, "calendar", hourly)


async def test_every_timer_is_a_job_loaded_or_only_installed() -> None:
    jobs = await World().jobs()
    expected = "aim backup broken busy idle killed lenient many missing never off skipped stays"
    assert sorted(jobs) == [*expected.split(), "systemd-tmpfiles-clean"]
    backup = jobs["backup"]
    assert backup.id == "user-timer:backup.timer"
    assert backup.user == "fed"
    assert backup.state is State.ON
    assert backup.schedule_text == "Mon–Fri 18:30"
    assert backup.command == "/bin/sh -c 'echo saved'"
    assert str(backup.location) == "/home/fed/.config/systemd/user/backup.timer"
    assert backup.editable
    assert isinstance(backup.facts, TimerFacts)
    assert backup.facts.persistent
    assert backup.facts.randomized_delay == 300.0
    assert backup.facts.unit_file_state == "enabled"
    assert backup.facts.calendar == ("Mon..Fri *-*-* 18:30:00",)
    assert len(backup.facts.invocation_id) == 32


async def test_the_next_run_is_what_systemd_says() -> None:
    world = World()
    jobs = await world.jobs()
    raw = world.recording.properties("backup.timer", "Timer")["NextElapseUSecRealtime"]
    assert jobs["backup"].next_run == datetime.fromtimestamp(raw // 10**6, UTC).replace(
        microsecond=raw % 10**6
    )
    broken = jobs["broken"]
    assert broken.next_run is not None
    assert broken.later_runs[0] == broken.next_run + timedelta(hours=1)
    assert list(broken.later_runs) == sorted(broken.later_runs)
    elapse = world.recording.properties("missing.timer", "Timer")["NextElapseUSecMonotonic"] / 1e6
    ahead = elapse - world.recording.monotonic
    assert jobs["missing"].next_run == world.now + timedelta(seconds=ahead)
    assert 5300 < ahead <= 5400
    assert jobs["off"].next_run is None
    assert jobs["never"].next_run is None


async def test_the_earlier_elapse_counts_where_a_timer_has_both() -> None:
    world = World()
    timer = world.recording.properties("backup.timer", "Timer")
    timer["NextElapseUSecMonotonic"] = int((world.recording.monotonic + 60) * 1e6)
    soon = (await world.jobs())["backup"].next_run
    assert soon is not None
    assert abs(soon - world.now - timedelta(seconds=60)) < timedelta(milliseconds=1)


async def test_a_timer_that_elapses_between_two_questions_has_its_next_run_and_is_on() -> None:
    world = World()
    timer = world.recording.properties("backup.timer", "Timer")
    timer["NextElapseUSecRealtime"] = timer["NextElapseUSecMonotonic"] = 0  # as while it runs; listed at rest
    backup = (await world.jobs())["backup"]
    assert (backup.state, backup.state_reason) == (State.ON, "")
    assert backup.next_run is not None
    assert backup.next_run > world.now


async def test_how_the_last_run_ended() -> None:
    jobs = await World().jobs()
    results = {
        name: (job.last_result.outcome, job.last_result.exit_code, job.last_result.signal)
        for name, job in jobs.items()
    }
    assert results == {
        "aim": (Outcome.UNKNOWN, None, None),
        "backup": (Outcome.OK, 0, None),
        "broken": (Outcome.FAILED, 3, None),
        "busy": (Outcome.UNKNOWN, None, None),
        "idle": (Outcome.UNKNOWN, None, None),
        "killed": (Outcome.FAILED, None, "SIGTERM"),
        "lenient": (Outcome.OK, 7, None),
        "many": (Outcome.OK, 0, None),
        "missing": (Outcome.FAILED, 203, None),
        "never": (Outcome.UNKNOWN, None, None),
        "off": (Outcome.UNKNOWN, None, None),
        "skipped": (Outcome.SKIPPED, None, None),
        "stays": (Outcome.OK, 0, None),
        "systemd-tmpfiles-clean": (Outcome.UNKNOWN, None, None),
    }
    assert jobs["missing"].last_result.reasons == ("its program is missing or not executable (203/EXEC)",)
    assert jobs["lenient"].last_result.reasons == ("the unit counts exit 7 as success",)
    assert jobs["many"].last_result.duration == pytest.approx(0.214, abs=0.01)
    assert jobs["many"].command == "/bin/sleep 0.2 ; /bin/echo 'two words'"


async def test_only_a_timer_with_a_stamp_is_known_never_to_have_run() -> None:
    world = World()
    idle = (await world.jobs())["idle"]
    assert idle.last_run is None
    assert idle.last_result.reasons == ("systemd knows of no run since it was started itself",)
    world = World()
    world.recording.properties("idle.timer", "Timer")["Persistent"] = True
    assert (await world.jobs())["idle"].last_result.outcome is Outcome.NEVER


async def test_states_and_their_reasons() -> None:
    jobs = await World().jobs()
    assert {name: str(job.state) for name, job in jobs.items() if job.state is not State.ON} == {
        "aim": "never_fires",
        "busy": "running",
        "never": "never_fires",
        "off": "off",
        "stays": "never_fires",
        "systemd-tmpfiles-clean": "off",
    }
    assert jobs["off"].state_reason == "not enabled"
    assert jobs["stays"].state_reason == "stays.service stays active, so the timer does not start it again"
    assert jobs["stays"].next_run is None
    assert jobs["aim"].command is None
    assert jobs["busy"].running_since is not None


async def test_a_timer_that_fedtui_holds_back_is_paused() -> None:
    jobs = await World(paused=("off.timer", "backup.timer")).jobs()
    assert jobs["off"].state is State.PAUSED
    assert jobs["off"].paused
    assert jobs["backup"].state is State.ON, "someone started it again"


async def test_runs_carry_the_invocation() -> None:
    world = World()
    answer = await world.source.read()
    runs = {run.job_id: run for run in answer.runs}
    broken = runs["user-timer:broken.timer"]
    assert broken.result is not None
    assert broken.result.exit_code == 3
    assert broken.trigger is Trigger.OTHER
    assert runs["user-timer:busy.timer"].end is None
    assert runs["user-timer:busy.timer"].result is None
    assert "user-timer:skipped.timer" not in runs


async def test_a_failure_before_the_main_process_is_a_run() -> None:
    """ExecStartPre= failed, or an EnvironmentFile= is missing: there never was a main process."""
    world = World()
    service = world.recording.properties("broken.service", "Service")
    service |= {"ExecMainStartTimestamp": 0, "ExecMainExitTimestamp": 0, "ExecMainCode": 0, "ExecMainPID": 0}
    (run,) = (run for run in (await world.source.read()).runs if run.job_id == "user-timer:broken.timer")
    assert run.result is not None
    assert (run.result.outcome, run.result.exit_code) == (Outcome.FAILED, None)


async def test_a_program_that_is_started_under_another_name_keeps_its_own() -> None:
    world = World()
    (key,) = (key for key in world.recording.calls if "lenient_2eservice" in key and 'ExecStart"' in key)
    ((start,),) = world.recording.calls[key]
    world.recording.calls[key] = [[["/usr/bin/python3", ["mybk", "/srv/run.py"], *start[2:]]]]
    assert (await world.jobs())["lenient"].command == "/usr/bin/python3 /srv/run.py"


async def test_an_exit_status_that_the_unit_ignores_is_no_ok() -> None:
    world = World()
    (key,) = (key for key in world.recording.calls if "lenient_2eservice" in key and 'ExecStart"' in key)
    ((start,),) = world.recording.calls[key]
    world.recording.calls[key] = [[[*start[:2], True, *start[3:]]]]
    result = (await world.jobs())["lenient"].last_result
    assert (result.outcome, result.reasons) == (
        Outcome.WARNINGS,
        ("1 warning: exit 7 is ignored (ExecStart=-)",),
    )


async def test_an_elapse_without_a_start_is_never_an_old_ok() -> None:
    world = World()
    timer = world.recording.properties("backup.timer", "Timer")
    timer["LastTriggerUSec"] = int((world.now.timestamp() - 60) * 1e6) + 200 * 10**6
    world.now += timedelta(minutes=10)
    result = (await world.jobs())["backup"].last_result
    assert result.outcome is Outcome.UNKNOWN
    assert result.reasons == ("the timer elapsed, but systemd remembers no start of the service",)


async def test_an_exit_that_was_not_seen_is_unknown() -> None:
    world = World()
    service = world.recording.properties("backup.service", "Service")
    service["ExecMainCode"] = 0
    service["ExecMainExitTimestamp"] = 0
    assert (await world.jobs())["backup"].last_result.outcome is Outcome.UNKNOWN


async def test_a_finished_run_is_remembered_when_the_next_begins() -> None:
    world = World()
    before = (await world.jobs())["backup"]
    (units,) = world.recording.calls['["/org/freedesktop/systemd1", "ListUnits"]']
    row = next(unit for unit in units if unit[0] == "backup.service")
    row[3:5] = ["activating", "start"]
    service = world.recording.properties("backup.service", "Service")
    service["ExecMainExitTimestamp"] = 0
    service["ExecMainCode"] = 0
    after = (await world.jobs())["backup"]
    assert after.state is State.RUNNING
    assert after.last_result == before.last_result
    assert after.last_run == before.last_run


async def watching(world: World, act: Callable[[], object]) -> Answer:
    """Let the source settle, do something, and read again when it says so."""
    wakes = world.source.watch()
    await anext(wakes)
    await world.source.read()
    world.source._link.changed.clear()  # the first subscription counts as a change
    act()
    async with asyncio.timeout(2.0):
        await anext(wakes)
    return await world.source.read()


async def test_a_signal_has_only_that_unit_read_again() -> None:
    world = World()

    def change() -> None:
        world.bus.asked.clear()
        world.recording.properties("broken.service", "Service")["ExecMainStatus"] = 9
        path = "/org/freedesktop/systemd1/unit/broken_2eservice"
        world.bus.send(Signal(path, BUSY, "PropertiesChanged", ("org.freedesktop.systemd1.Service", {}, [])))

    answer = await watching(world, change)
    assert answer.jobs is not None
    broken = next(job for job in answer.jobs if job.name == "broken.timer")
    assert broken.last_result.exit_code == 9
    assert {path.rpartition("/")[2] for _, path in world.bus.asked} == {
        "systemd1",
        "broken_2etimer",
        "broken_2eservice",
    }


async def test_the_name_of_no_timer_is_not_read_for_reading_would_load_it_again() -> None:
    world = World()

    def someone_asks() -> None:
        world.bus.asked.clear()
        path = "/org/freedesktop/systemd1/unit/nonesuch_2etimer"
        manager = "org.freedesktop.systemd1.Manager"
        world.bus.send(Signal("/org/freedesktop/systemd1", manager, "UnitNew", ("nonesuch.timer", path)))

    await watching(world, someone_asks)
    assert world.bus.asked == [("ListUnitsByPatterns", "/org/freedesktop/systemd1")]


async def test_units_that_are_no_timers_business_wake_nobody() -> None:
    world = World()
    wakes = world.source.watch()
    await anext(wakes)
    await world.source.read()
    await anext(wakes)
    path = "/org/freedesktop/systemd1/unit/dbus_2eservice"
    world.bus.send(Signal(path, BUSY, "PropertiesChanged", ("org.freedesktop.systemd1.Service", {}, [])))
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await anext(wakes)


async def test_a_lost_bus_greys_the_rows_and_says_so() -> None:
    world = World()

    def lose() -> None:
        world.refuse = True
        world.bus.lose("connection reset by peer")

    answer = await watching(world, lose)
    assert answer.jobs is not None
    assert {job.state for job in answer.jobs} == {State.UNREACHABLE}
    assert {job.next_run for job in answer.jobs} == {None}
    backup = next(job for job in answer.jobs if job.name == "backup.timer")
    assert backup.last_result.outcome is Outcome.OK
    assert answer.schedulers == (Scheduler("systemd", False, "bus down"),)
    (problem,) = answer.problems
    at = world.now.astimezone(ZoneInfo("Europe/Berlin"))
    assert problem.message == f"systemd's bus went away at {at:%H:%M:%S}: connection reset by peer"
    assert problem.untouched == "timers keep running; only this view is blind"
    assert problem.advice == "Next try in 1 s, R tries now. Look: systemctl --user status dbus"

    world.refuse = False
    back = await world.source.read()
    assert back.problems == ()
    assert back.jobs is not None
    assert State.ON in {job.state for job in back.jobs}


async def test_a_host_without_systemd_has_no_timers_and_no_trouble(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(outage, "BOOTED", tmp_path / "missing")
    world = World()
    world.refuse = True
    answer = await world.source.read()
    assert (answer.jobs, answer.schedulers) == ((), ())
    (problem,) = answer.problems
    assert (problem.message, problem.absent) == ("systemd does not run here", True)


async def test_a_manager_that_cannot_be_reached_is_said(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(outage, "BOOTED", tmp_path)
    world = World()
    world.refuse = True
    answer = await world.source.read()
    assert answer.jobs is None
    assert answer.schedulers == (Scheduler("systemd", None, "no bus"),)
    assert answer.problems[0].message == (
        "systemd's user manager of fed cannot be reached: No such file or directory"
    )
    assert "loginctl enable-linger fed" in answer.problems[0].advice


async def test_a_unit_that_vanished_after_the_list_is_no_error() -> None:
    world = World()
    for key in [key for key in world.recording.calls if "broken_2etimer" in key]:
        del world.recording.calls[key]
    jobs = await world.jobs()
    assert "broken" not in jobs
    assert len(jobs) == 13


async def test_a_reload_is_busy_not_broken() -> None:
    world = World()

    def reload() -> None:
        signal = Signal("/org/freedesktop/systemd1", "org.freedesktop.systemd1.Manager", "Reloading", (True,))
        world.bus.send(signal)

    wakes = world.source.watch()
    await anext(wakes)
    await world.source.read()
    reload()
    world.bus.asked.clear()
    answer = await world.source.read()
    assert world.bus.asked == []
    assert answer.problems == ()
    assert answer.schedulers == (Scheduler("systemd", True, "busy: it reloads"),)
    assert answer.jobs is not None
    assert len(answer.jobs) == 14


async def test_a_question_about_another_cron_does_not_make_this_one_look_down() -> None:
    """`systemctl show crond.service` has systemd load and drop that name, and say so."""
    recording = Recording("user-timers.json")
    (units,) = recording.calls['["/org/freedesktop/systemd1", "ListUnits"]']
    row = ["cron.service", "cron", "loaded", "active", "running", "", "/", 0, "", "/"]
    asked_about = ["crond.service", "crond.service", "not-found", "inactive", "dead", "", "/", 0, "", "/"]
    units += [asked_about, row]
    catalog, bus = TimerCatalog(None, cron=True), ReplayBus(recording)
    await catalog.refresh(bus, UnitChanges(), lambda: None)
    assert catalog.cron() == (Scheduler("cron", True),)
    await catalog.refresh(bus, UnitChanges(False, False, {"crond.service"}), lambda: None)
    assert catalog.cron() == (Scheduler("cron", True),)
    row[3] = "failed"
    await catalog.refresh(bus, UnitChanges(False, False, {"cron.service"}), lambda: None)
    assert catalog.cron() == (Scheduler("cron", False, "cron.service is failed"),)
    units.remove(row)
    await catalog.refresh(bus, UnitChanges(False, False, {"cron.service"}), lambda: None)
    assert catalog.cron() == (Scheduler("cron", False, "cron.service is inactive"),)
