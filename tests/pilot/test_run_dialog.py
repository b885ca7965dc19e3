"""The run dialog: live output, the end in place, stopping, hiding, refusals."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from fedtui.action_result import RUN_CONTINUES, Applied, Refused
from fedtui.model import Job, Outcome, Result, Run, SourceName, TimerFacts, Trigger
from fedtui.runs.control import RunUpdate
from fedtui.screens.run import RunPhase, RunScreen
from tests.pilot.dialog_app import BERLIN, NOW, DialogApp, screen_text, until
from tests.pilot.dialog_data import metrics_job

START = datetime(2026, 11, 24, 14, 5, 0, tzinfo=BERLIN)
RUN = Run(
    "0123456789abcdef",
    "crontab:0a1b2c3d",
    START,
    trigger=Trigger.MANUAL,
    output="/home/fed/.local/state/fedtui/outputs/0123456789abcdef",
    pid=48213,
)
PRINTED = b"""14:05:00 INFO metrics run started
14:05:01 INFO 1,204 patterns, newest 2026-11-24T12:58:40Z
14:05:05 WARN node2 no answer after 2 s
14:05:07 WARN node3 no answer after 2 s
14:05:12 INFO chart 3 of 6: exp"""


def ended(outcome: Outcome, code: int | None = None, **more: object) -> Run:
    result = Result(outcome, code, duration=1.2, **more)  # type: ignore[arg-type]
    return replace(RUN, end=START + timedelta(seconds=1.2), result=result)


class World:
    """Runs a job as it is told: `updates` are sent as they are put."""

    def __init__(self, started: Run | Refused = RUN, stopped: Applied | Refused | None = None) -> None:
        self.started = started
        self.stopped = stopped
        self.starts = 0
        self.stops = 0
        self.news: asyncio.Queue[RunUpdate | Refused | None] = asyncio.Queue()
        self.gate = asyncio.Event()
        self.gate.set()

    async def start(self) -> Run:
        self.starts += 1
        await self.gate.wait()
        if isinstance(self.started, Refused):
            raise self.started
        return self.started

    async def updates(self, run: Run) -> AsyncIterator[RunUpdate]:
        while (news := await self.news.get()) is not None:
            if isinstance(news, Refused):
                raise news
            yield news

    async def stop(self) -> Applied:
        self.stops += 1
        if isinstance(self.stopped, Refused):
            raise self.stopped
        assert self.stopped is not None
        return self.stopped

    def tell(self, output: bytes = b"", run: Run | None = None) -> None:
        self.news.put_nowait(RunUpdate(output, run))
        if run is not None:
            self.news.put_nowait(None)


def opened(world: World, job: Job | None = None, log_title: str = "") -> tuple[DialogApp, RunScreen]:
    dialog = RunScreen(
        job or metrics_job(),
        world.start,
        world.updates,
        world.stop,
        clock=lambda: NOW,
        log_title=log_title,
        usual=9.0,
        home="/home/fed",
    )
    return DialogApp(dialog), dialog


def unit_job() -> Job:
    facts = TimerFacts("backup-notes.timer", "backup-notes.service", True, "active", "enabled")
    return replace(metrics_job(), source=SourceName.USER_TIMER, facts=facts)


def reads(app: DialogApp, text: str) -> Callable[[], bool]:
    return lambda: text in screen_text(app)


async def test_shows_state_surroundings_and_output_live() -> None:
    world = World()
    app, _ = opened(world)
    async with app.run_test(size=(80, 24)) as pilot:
        world.tell(PRINTED)
        await until(pilot, reads(app, "▲ 2 warnings so far   cron starts it again at 14:10, ended or not"))
        text = screen_text(app)
    assert "╭─ Run  generate-dashboard-data ──" in text
    assert "state      ► running 12 s   usual 9 s   since 14:05:00, pid 48213" in text
    assert "as cron    /bin/sh   PATH=/usr/bin:/bin   in ~" in text
    assert "survives   closing this window, or the SSH link" in text
    assert "─ output   4 lines   following ──" in text
    assert "14:05:07 WARN node3 no answer after 2 s" in text
    assert "╰─ esc hide, keeps running  f follow  t stop  l full log ──" in text
    assert "chart 3" not in text, "the line is not whole yet"


@pytest.mark.parametrize(
    ("end", "state", "meaning"),
    [
        (
            ended(Outcome.FAILED, 127),
            "✗ exit 127   after 1.2 s   14:05:00 – 14:05:01",
            "✗ 127: the shell did not",
        ),
        (ended(Outcome.FAILED, 126), "✗ exit 126", "✗ 126: the shell found the command but may not run it"),
        (ended(Outcome.FAILED, 124), "✗ exit 124", "✗ 124 is what timeout(1) gives"),
        (ended(Outcome.FAILED, 137), "✗ exit 137", "✗ 137 is 128 + 9"),
        (ended(Outcome.FAILED, 143), "✗ exit 143", "✗ 143 is 128 + 15"),
        (ended(Outcome.OK, 0), "✓ ok   after 1.2 s", "output   5 lines ──"),
        (ended(Outcome.FAILED, None, signal="SIGKILL"), "✗ SIGKILL", "output   5 lines ──"),
        (
            ended(Outcome.UNKNOWN, None, reasons=("its supervisor was killed",)),
            "? ran",
            "? How it ended is not known: its supervisor was killed.",
        ),
    ],
)
async def test_the_state_changes_in_place_and_its_meaning_is_said(end: Run, state: str, meaning: str) -> None:
    world = World()
    app, _ = opened(world)
    async with app.run_test(size=(80, 24)) as pilot:
        world.tell(PRINTED)
        world.tell(b"ort size", end)
        await until(pilot, reads(app, "r run again"))
        text = screen_text(app)
    assert f"state      {state}" in text
    assert meaning in text
    assert "14:05:12 INFO chart 3 of 6: export size" in text
    assert "output in  ~/.local/state/fedtui/outputs/0123456789abcdef" in text
    why = "  v why in cron?" if end.result is not None and end.result.exit_code in (126, 127) else ""
    assert f"╰─ esc close  r run again  l full log{why} ──" in text


@pytest.mark.parametrize(("end", "answer"), [(127, ["environment"]), (1, [])])
async def test_v_asks_why_where_a_command_was_not_found(end: int, answer: list[str]) -> None:
    world = World()
    app, _ = opened(world)
    async with app.run_test(size=(80, 24)) as pilot:
        world.tell(b"", ended(Outcome.FAILED, end))
        await until(pilot, reads(app, "r run again"))
        await pilot.press("v")
        await until(pilot, lambda: len(app.answers) >= len(answer))
        await pilot.pause(0.1)
        assert app.answers == answer


async def test_updates_that_end_without_a_result_are_unknown_not_ok() -> None:
    world = World()
    app, _ = opened(world)
    async with app.run_test(size=(80, 24)) as pilot:
        world.news.put_nowait(None)
        await until(pilot, reads(app, "r run again"))
        text = screen_text(app)
    assert "state      ? ran" in text
    assert "How it ended is not known." in text
    assert "✓" not in text


async def test_escape_hides_and_the_run_continues() -> None:
    world = World()
    app, dialog = opened(world)
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await until(pilot, lambda: dialog.phase is RunPhase.RUNNING)
        await pilot.press("escape")
        await until(pilot, lambda: bool(app.answers))
        await until(pilot, reads(app, "The run continues; r: show it."))
    assert app.answers == [None]
    assert world.stops == 0


async def test_escape_while_it_starts_lets_the_start_finish_and_tells_a_refusal() -> None:
    world = World(Refused("It runs already.", "It was not started twice."))
    world.gate.clear()
    app, _ = opened(world)
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await until(pilot, lambda: world.starts == 1)
        await pilot.press("escape")
        await until(pilot, lambda: bool(app.answers))
        world.gate.set()
        await until(pilot, reads(app, "It runs already."))


async def test_t_asks_and_only_y_stops() -> None:
    world = World(stopped=Applied("SIGTERM, ended after 0.1 s."))
    app, dialog = opened(world)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: dialog.phase is RunPhase.RUNNING)
        await pilot.press("y", "t")
        await until(pilot, reads(app, "▲ Stop this run? SIGTERM, and SIGKILL after 10 s."))
        assert "y stop it  esc leave it running" in screen_text(app)
        await pilot.press("enter", "escape")
        await until(pilot, lambda: dialog.phase is RunPhase.RUNNING)
        assert world.stops == 0
        assert app.answers == []
        await pilot.press("t", "y", "y")
        await until(pilot, lambda: world.stops == 1)
        world.tell(b"", ended(Outcome.FAILED, None, signal="SIGTERM"))
        await until(pilot, reads(app, "SIGTERM, ended after 0.1 s."))
        assert "state      ✗ SIGTERM" in screen_text(app)
    assert world.stops == 1


async def test_a_stop_that_is_refused_is_said_in_place() -> None:
    world = World(stopped=Refused("It runs as root.", "Nothing was stopped.", "Run: sudo kill 48213"))
    app, dialog = opened(world)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: dialog.phase is RunPhase.RUNNING)
        await pilot.press("t", "y")
        await until(pilot, reads(app, "✗ It runs as root."))
        text = screen_text(app)
    assert "Nothing was stopped." in text
    assert "Run: sudo kill 48213" in text
    assert "state      ► running" in text


async def test_a_start_that_is_refused_is_said_in_place_and_can_be_tried_again() -> None:
    world = World(
        Refused("It is running since 14:00:00, started by cron, pid 7.", "It was not started twice.")
    )
    app, _ = opened(world)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, reads(app, "✗ It is running since 14:00:00, started by cron, pid 7."))
        text = screen_text(app)
        world.started = RUN
        await pilot.press("r")
        await until(pilot, reads(app, "► running"))
        assert "started by cron" not in screen_text(app)
    assert "state      ✗ not started" in text
    assert "It was not started twice." in text
    assert world.starts == 2


async def test_r_runs_again_with_fresh_output() -> None:
    world = World()
    app, dialog = opened(world)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("r")
        world.tell(b"first\n", ended(Outcome.OK, 0))
        await until(pilot, reads(app, "r run again"))
        await pilot.press("r")
        await until(pilot, lambda: dialog.phase is RunPhase.RUNNING)
        world.tell(b"second\n", ended(Outcome.OK, 0))
        await until(pilot, reads(app, "second"))
        text = screen_text(app)
    assert "first" not in text
    assert "─ output   1 line ──" in text
    assert world.starts == 2, "r does nothing while it runs"


async def test_l_answers_log() -> None:
    app, _ = opened(World())
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("l")
        await until(pilot, lambda: bool(app.answers))
    assert app.answers == ["log"]


async def test_f_goes_back_to_the_end() -> None:
    world = World()
    app, _ = opened(world)
    async with app.run_test(size=(80, 24)) as pilot:
        world.tell(b"".join(b"line %d\n" % number for number in range(100)))
        await until(pilot, reads(app, "line 99"))
        await pilot.press("pageup")
        await until(pilot, reads(app, "100 lines   f follows"))
        assert "line 99" not in screen_text(app)
        await pilot.press("f")
        await until(pilot, reads(app, "100 lines   following"))
        assert "line 99" in screen_text(app)


async def test_what_a_unit_writes_is_shown_once_and_where_it_is_kept() -> None:
    world = World()
    app, dialog = opened(world, unit_job(), "journal of backup-notes.service")
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: dialog.phase is RunPhase.RUNNING)
        world.tell(b"WARN half full\n")
        await until(pilot, reads(app, "▲ 1 warning so far"))
        world.tell(b"stored", ended(Outcome.OK, 0))
        await until(pilot, reads(app, "output in  journal of backup-notes.service"))
        text = screen_text(app)
    assert "─ output   2 lines" in text
    assert text.count("WARN half full") == text.count("stored") == 1


async def test_the_log_and_the_output_of_a_cron_job_are_named() -> None:
    world = World()
    job = replace(metrics_job(), log_path="/home/fed/logs/dashboard-metrics.log")
    app, dialog = opened(world, job)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: dialog.phase is RunPhase.RUNNING)
        world.tell(b"from the updates\n", ended(Outcome.OK, 0))
        await until(pilot, reads(app, "r run again"))
        text = screen_text(app)
    assert "from the updates" in text
    assert "output in  ~/logs/dashboard-metrics.log" in text
    assert "           ~/.local/state/fedtui/outputs/0123456789abcdef" in text


async def test_a_run_that_was_started_and_cannot_be_followed_is_not_called_unstarted() -> None:
    world = World(Refused("sync was started (pid 7), but no record of it could be written.", RUN_CONTINUES))
    app, _ = opened(world)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, reads(app, "The run continues."))
        text = screen_text(app)
    assert "state      ? started, and cannot be followed" in text
    assert "not started" not in text
    assert "It printed nothing." not in text
    assert "following" not in text


async def test_a_run_without_output_says_so() -> None:
    world = World()
    app, dialog = opened(world)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: dialog.phase is RunPhase.RUNNING)
        assert "Nothing so far." in screen_text(app)
        world.tell(b"", ended(Outcome.OK, 0))
        await until(pilot, reads(app, "It printed nothing."))


async def test_a_unit_is_named_with_its_manager() -> None:
    app, dialog = opened(World(), unit_job())
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: dialog.phase is RunPhase.RUNNING)
        text = screen_text(app)
        await pilot.press("t")
        await until(pilot, reads(app, "Stop this run? Its unit is stopped."))
    assert "as unit    backup-notes.service   user manager" in text
    assert "cron starts it again" not in text


async def test_hostile_output_stays_text() -> None:
    world = World(Refused("[/x] refused", "[/u]", "[/a]"))
    job = replace(metrics_job(), name="[/x]", command="echo [/y] TOKEN=hunter2")
    app, _ = opened(world, job)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, reads(app, "✗ [/x] refused"))
        world.started = RUN
        await pilot.press("r")
        world.tell(b"\x1b[2J[/z] \xff\xfe 50%\r60%\r\n" + b"x" * 1_000_000 + b"\n", None)
        await until(pilot, reads(app, "2 lines"))
        text = screen_text(app)
    assert "Run  [/x]" in text
    assert "command    echo [/y] TOKEN=••••••" in text
    assert "60%" in text
    assert "50%" not in text, "what a carriage return wrote over is gone"
    assert "\x1b" not in text


async def test_a_flood_is_kept_short_and_counted_whole() -> None:
    world = World()
    app, dialog = opened(world)
    block = b"".join(b"line %d of many\n" % number for number in range(10_000))
    async with app.run_test(size=(80, 24)) as pilot:
        for _ in range(10):
            world.tell(block)
        await until(pilot, reads(app, "100,000 lines"))
        await until(pilot, reads(app, "line 9999 of many"))
        assert dialog.output.count() == 2000
