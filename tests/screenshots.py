"""`make screenshots`: every screen of the demo workspace as an SVG, at both sizes, with a frozen clock.

The pictures in screenshots/ are drawn by the program itself from a demo workspace with a made-up past;
CI draws them again and fails where they drift.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import shutil
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from textual.pilot import Pilot

from fedtui.action_result import Applied
from fedtui.app import FedtuiApp
from fedtui.changes.request import Request
from fedtui.config import Config
from fedtui.demo.files import crontab_file
from fedtui.demo.scheduler import DemoScheduler
from fedtui.demo.workspace import demo_workspace
from fedtui.environment import Comparison
from fedtui.model import Job, Outcome, Result, Run, Trigger
from fedtui.runs.control import RunUpdate
from fedtui.schedule.upcoming import runs_of
from fedtui.screens.drills import DrillsScreen
from fedtui.screens.environment import EnvironmentScreen
from fedtui.screens.run import RunScreen
from fedtui.screens.setup import SetupScreen
from fedtui.watching.expected_run import ExpectedRun, Watch, WatchVerdict
from fedtui.watching.watches import Watches
from fedtui.widgets.plain_input import PlainInput
from fedtui.workspace import Workspace
from tests.fixtures import mockup_environment
from tests.fixtures.mockup_setup import MockupSetupService, rehearsable

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 24, 14, 5, 12, tzinfo=BERLIN)
FOLDER = Path(__file__).parent.parent / "screenshots"
WORKSPACE = Path("/tmp/fedtui-demo")  # a fixed path: it is seen in some pictures
SIZES = ((80, 24), (120, 40))

SYNC_LOG = """\
{h} INFO federated sync started  (pid 47102)
{h} INFO collecting patterns from 3 nodes
{h} INFO node1: 1 pattern read, 1 new
{h} INFO node2: 1 pattern read, 1 new
{h} INFO node3: 1 pattern read, 1 new
{h} INFO sort -u data/patterns/skills-patterns.jsonl  (1204 lines)
{h} INFO sync complete, 3 new
"""
EXPORT_LOG = """\
02:00:00 INFO export started  (pid 40211)
02:00:01 INFO collection skills-patterns: part 1 of 8 written
02:00:01 ERROR cannot reach Qdrant at http://localhost:6333: connection refused
"""


@dataclass(frozen=True, slots=True)
class Picture:
    """One file: its name, the keys that lead to the screen, and words that tell that it is drawn."""

    name: str
    keys: tuple[str, ...] = ()
    says: str = "sync complete"
    light: bool = False
    prepare: Callable[[FedtuiApp], Awaitable[None]] | None = None


def make_past(workspace: Workspace, jobs: dict[str, Job]) -> None:
    """Runs and logs of the last days, as the demo's scheduler would have made them."""
    workspace.ports.history.keep_runs(_past_runs(jobs))
    logs = Path(workspace.home) / "logs"
    hours = (f"{hour:02}:00:00" for hour in (11, 12, 13, 14))
    (logs / "federated-sync.log").write_text("".join(SYNC_LOG.format(h=hour) for hour in hours))
    (logs / "federated-export.log").write_text(EXPORT_LOG)
    (logs / "nightly.log").write_text("")
    lines = (f"14:{minute:02}:00 INFO dashboard data written: 1204 patterns\n" for minute in range(6))
    (logs / "dashboard-metrics.log").write_text("".join(lines))


def _past_runs(jobs: dict[str, Job]) -> Iterator[Run]:
    """Ten days of the sync, hours of the metrics, three weeks of the export."""
    hour, minute, week = timedelta(hours=1), timedelta(minutes=1), timedelta(days=7)
    newest = NOW.replace(second=0)
    for name, first, every, count, took, failed in (
        ("sync-learning-data", newest.replace(minute=0), hour, 231, 1.4, (95, 96, 170)),
        ("generate-dashboard-data", newest, minute, 600, 0.2, ()),
        ("export-collections", NOW.replace(day=22, hour=2, minute=0, second=0), week, 3, 8.2, (0,)),
    ):
        for number in range(count):
            start = first - number * every
            duration = took + number * 7 % 5 / 10 + (2.6 if number % 31 == 20 else 0.0)
            code = 1 if number in failed else 0
            yield Run(
                f"{name[:4].encode().hex()}{number:08}",
                jobs[name].id,
                start,
                start + timedelta(seconds=duration),
                Result(
                    Outcome.FAILED if code else Outcome.OK,
                    exit_code=code,
                    duration=duration,
                    evidence=("exit status, fedtui",),
                    judged=True,
                ),
            )


def make_watch(workspace: Workspace, job: Job) -> None:
    """A watch over the metrics job: two good cycles, and one that is waited for."""
    dues = [NOW.replace(minute=minute, second=0) for minute in (4, 5, 6)]
    cycles = []
    for due in dues:
        start = due + timedelta(seconds=0.4)
        cycle = ExpectedRun(due=due, grace_until=due + timedelta(seconds=60))
        if due < NOW:
            result = Result(Outcome.OK, 0, duration=0.2, evidence=("exit status, fedtui",), judged=True)
            end = start + timedelta(seconds=0.2)
            cycle = replace(
                cycle, verdict=WatchVerdict.GOOD, start=start, end=end, result=result, log_lines=1
            )
        cycles.append(cycle)
    watch = Watch(job.id, job.name, NOW - timedelta(minutes=2), tuple(cycles))
    workspace.watches.book.update(job.id, lambda _: watch)


class KeptByNobody(Watches):
    """Watches that start no process: the clock of the pictures stands still."""

    def ensure_daemon(self) -> bool:
        """Nothing is started."""
        return False


async def _run_dialog(app: FedtuiApp, ended: bool) -> None:
    """The run dialog of the export, with output as its script prints it."""
    job = next(job for job in app.store.snapshot.jobs if job.name == "export-collections")
    start = NOW - timedelta(seconds=4)
    run = Run("0123456789abcdef", job.id, start, trigger=Trigger.MANUAL, output=job.log_path)

    async def begin() -> Run:
        return run

    async def updates(_: Run) -> AsyncIterator[RunUpdate]:
        text = EXPORT_LOG.replace("02:00", "14:05").replace(":01 ERROR", ":12 ERROR")
        lines = text.splitlines(keepends=True)
        yield RunUpdate("".join(lines if ended else lines[:2]).encode(), None)
        if ended:
            result = Result(Outcome.FAILED, exit_code=1, duration=4.0, evidence=("exit status, fedtui",))
            yield RunUpdate(b"", Run(run.id, job.id, start, NOW, result, Trigger.MANUAL, job.log_path))
        else:
            await asyncio.Event().wait()

    async def stop() -> Applied:
        return Applied("Stopped.")

    app.push_screen(RunScreen(job, begin, updates, stop, clock=app.clock, usual=8.2, home=app.home))


def running(app: FedtuiApp) -> Awaitable[None]:
    """The export continues."""
    return _run_dialog(app, ended=False)


def failed(app: FedtuiApp) -> Awaitable[None]:
    """The export has failed."""
    return _run_dialog(app, ended=True)


async def environment(app: FedtuiApp) -> None:
    """The environment of the export, whose jq lies where cron does not look."""
    job = next(job for job in app.store.snapshot.jobs if job.name == "export-collections")

    async def read(job: Job) -> Comparison:
        return mockup_environment.comparison(job, app.home)

    app.push_screen(EnvironmentScreen(job, read))


async def changed(app: FedtuiApp) -> None:
    """A pause, a deletion, and the undo of the pause."""
    jobs = {job.name: job.id for job in app.store.snapshot.jobs}
    for request in (
        Request("pause", (jobs["sync-learning-data"],)),
        Request("delete", (jobs["export-nightly"],)),
        Request("undo", (), {"id": 1}),
    ):
        await app.engine.apply(await app.engine.plan(request))


async def set_up(app: FedtuiApp) -> None:
    """The set-up of a federation that is made up."""
    MockupSetupService(NOW, home=app.home).answer(app.engine)
    await app.push_screen(SetupScreen())
    async with asyncio.timeout(10):
        while not isinstance(app.focused, PlainInput):  # it asks for ROOT once it has looked
            await asyncio.sleep(0.02)


async def drills(app: FedtuiApp) -> None:
    """The drills of that federation."""
    app.push_screen(DrillsScreen(gather_=lambda: rehearsable(app.home)))


TYPED_ROOT = ("~", "slash", *"federation", "enter")
PICTURES = (
    Picture("dashboard-dark"),
    Picture("dashboard-light", light=True),
    Picture("dashboard-filter", ("slash", *"gen"), "gen"),
    Picture("run", says="part 1 of 8", prepare=running),
    Picture("run-failed", says="exit 1", prepare=failed),
    Picture("reschedule", ("j", "j", "e", "ctrl+u", *"*/7 * * * *"), "starts again every hour"),
    Picture("pause", ("p",), "what will be done"),
    Picture("doctor", ("d",), "why it matters"),
    Picture("environment", says="export-collections.sh calls", prepare=environment),
    Picture("setup", (*TYPED_ROOT, "t", "enter"), "1 more file", prepare=set_up),
    Picture("setup-light", (*TYPED_ROOT, "t", "enter"), "1 more file", light=True, prepare=set_up),
    Picture("setup-review", (*TYPED_ROOT, "t", *["enter"] * 5), "what will be done", prepare=set_up),
    Picture("drills", ("down", "down"), "filled to the last byte", prepare=drills),
    Picture("delete", ("j", "x"), "what will be done"),
    Picture("new-job", ("n", *"0 6 * * 1-5", "tab", *"sh ~/report.sh"), "from Monday to Friday"),
    Picture("log", ("l",), "sync complete"),
    Picture("watch", ("j", "j", "w"), "cycle 3: waiting"),
    Picture("history", ("h",), "833"),
    Picture("undo-list", ("U", "j"), "Too heavy while", prepare=changed),
    Picture("help", ("question_mark",), "signs"),
    Picture("too-small", says="80"),
)


async def draw(picture: Picture, size: tuple[int, int], folder: Path) -> str:
    """The SVG of one screen."""
    clock: Callable[[], datetime] = lambda: NOW  # noqa: E731 - a clock that stands still
    zone = ("Europe/Berlin", BERLIN)
    config = Config(folder / "state", theme="fedtui-light" if picture.light else "fedtui-dark")
    workspace = demo_workspace(config, folder, clock=clock, zone=zone)
    scheduler = DemoScheduler(folder, lambda: workspace.snapshot, _nobody, clock)
    scheduler.take()
    try:
        app = FedtuiApp(
            workspace.store,
            workspace.ports,
            config,
            clock=clock,
            open_log=workspace.log_of,
            user="fed",
            host="demo",
            home=workspace.home,
            watches=KeptByNobody(workspace.watches.book, clock, runs_of, workspace.book),
            past=workspace.past,
        )
        setattr(app, "cursor_blink", False)  # noqa: B010  Textual makes this one up
        async with app.run_test(size=size) as pilot:
            await _until(pilot, PICTURES[0].says if size in SIZES else picture.says)
            while workspace.snapshot.loading:
                await pilot.pause(0.05)
            if picture.prepare is not None:
                await picture.prepare(app)
            for key in picture.keys:
                await pilot.press(key)
                await pilot.pause(0.05)
            await _until(pilot, picture.says)
            await pilot.pause(0.3)
            return app.export_screenshot(title="fedtui", simplify=True)
    finally:
        scheduler.release()


async def _nobody(job: Job) -> None:
    raise AssertionError(f"the frozen clock starts nothing, not even {job.name}")


async def _until(pilot: Pilot[str | None], words: str) -> None:
    """Wait until the screen says `words`."""
    for _ in range(400):
        if words in _text(pilot.app):  # type: ignore[arg-type]  # Pilot is invariant in the app's result
            return
        await pilot.pause(0.05)
    raise TimeoutError(f"never drawn: {words!r}\n{_text(pilot.app)}")  # type: ignore[arg-type]  # as above


def _text(app: FedtuiApp) -> str:
    width, height = app.size
    lines = app.screen._compositor.render_strips()
    return "\n".join("".join(segment.text for segment in line) for line in lines[:height] if width)


async def seed(folder: Path) -> None:
    """Lay a workspace with a past at `folder`."""
    workspace = demo_workspace(
        Config(folder / "state"), folder, clock=lambda: NOW, zone=("Europe/Berlin", BERLIN)
    )
    snapshot = await workspace.read()
    jobs = {job.name: job for job in snapshot.jobs}
    make_past(workspace, jobs)
    make_watch(workspace, jobs["generate-dashboard-data"])
    for path in (crontab_file(folder), *folder.glob("logs/*")):
        os.utime(path, (NOW.timestamp(), NOW.timestamp()))


def main(names: Sequence[str]) -> None:
    """Draw all pictures, or those of these names."""
    FOLDER.mkdir(exist_ok=True)
    with WORKSPACE.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # the folder is the same for every checkout
        _draw_all([picture for picture in PICTURES if not names or picture.name in names])


def _draw_all(pictures: Sequence[Picture]) -> None:
    for picture in pictures:
        for size in ((52, 12),) if picture.name == "too-small" else SIZES:
            shutil.rmtree(WORKSPACE, ignore_errors=True)
            environment = {"HOME": str(WORKSPACE), "TZ": "Europe/Berlin", "TERM": "xterm-256color"}
            os.environ.update(environment, COLORTERM="truecolor", LANG="C.UTF-8")
            time.tzset()
            asyncio.run(seed(WORKSPACE))
            svg = asyncio.run(draw(picture, size, WORKSPACE))
            (FOLDER / f"{picture.name}-{size[0]}x{size[1]}.svg").write_text(svg, encoding="utf-8")
            print(picture.name, *size)
    shutil.rmtree(WORKSPACE, ignore_errors=True)


if __name__ == "__main__":
    main(sys.argv[1:])
