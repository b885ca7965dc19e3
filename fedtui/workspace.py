"""What fedtui works on: a real machine (`machine.py`) or the demo workspace (`demo/`).

Holds the sources, made when first asked for, and the ports of one of them. The app and the command line are
given a workspace and never ask which of the two it is.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, tzinfo
from functools import cached_property
from typing import TYPE_CHECKING, cast

from fedtui.config import repair
from fedtui.merging import merge
from fedtui.model import Answer, Checkup, Job, Problem, Run, Snapshot, SourceName, timer_jobs
from fedtui.sources.own_runs import OwnRunsSource
from fedtui.sources.source import unanswered
from fedtui.system.patience import LOOK, idle_deadline, in_time, is_bounded, patience, seconds_left

if TYPE_CHECKING:
    from fedtui.config import Config
    from fedtui.engine import Engine
    from fedtui.health.check_runner import CheckRunner
    from fedtui.logs.log_feed import LogFeed
    from fedtui.merging import PersistAndJudge
    from fedtui.ports import Ports
    from fedtui.results import RuleBook
    from fedtui.run_persistence import RunRecorder
    from fedtui.sources.source import LookingSource, Source
    from fedtui.store import Store
    from fedtui.watching.watches import Watches

OWN_RUNS = "own-runs"
CRON_ACTIVITY = "cron-activity"
CRON_SILENCE = "cron-silence"
CRON_MAIL = "cron-mail"
RECORDER = "recorder"
_OF_JOBS = (CRON_ACTIVITY, CRON_MAIL, RECORDER)
"""The sources that look for runs of the jobs that the others know."""

SOURCES_OF: Mapping[str, tuple[str, ...]] = {
    SourceName.CRONTAB: ("crontab", "cron-log", CRON_ACTIVITY, CRON_MAIL, RECORDER),
    SourceName.SYSTEM_CRONTAB: ("system-tables", "cron-log", CRON_ACTIVITY, CRON_MAIL),
    SourceName.CRON_D: ("system-tables", "cron-log", CRON_ACTIVITY, CRON_MAIL),
    SourceName.USER_TIMER: ("user-timers",),
    SourceName.SYSTEM_TIMER: ("system-timers",),
}
"""Which sources tell of the jobs of one `SourceName`."""

LOOKED_AT = frozenset((SourceName.CRONTAB, SourceName.SYSTEM_CRONTAB, SourceName.CRON_D))
"""The `SourceName` values whose sources can be read without an event loop: they have a blocking `look`."""

COPY_AFTER = 1.0
"""Seconds after the start of the dashboard at which its first copy of a table is made."""

ANSWER_PATIENCE = 2.5
"""Seconds that a verb which only reads waits for an answer of each source; all are asked side by side."""

FACTS_DEADLINE = 15.0
"""The same of a verb that changes something, or that nobody waits for."""

LEFT_BEHIND = 1.5
"""Further seconds until a source in a thread that keeps no deadline (a dead network disk) is left behind."""

HAND_OVER = 0.3
"""Further seconds for work that keeps its deadline by itself."""

MakeSource = Callable[[], "Source"]


class Workspace:
    """Sources, ports and names of one machine or demo folder.

    `makers` gives, in display order, how each source is made; `zone` is the zone its schedules are read in.
    `background` is what runs while the dashboard is open, beside the store. `words` are the arguments
    after `fedtui` that lead here.
    """

    def __init__(
        self,
        ports: Ports,
        makers: Callable[[Workspace], Mapping[str, MakeSource]],
        *,
        home: str,
        host: str,
        zone: tzinfo,
        background: Callable[[Workspace], Awaitable[None]] | None = None,
        words: Sequence[str] = (),
    ) -> None:
        self.ports = ports
        self.home = home
        self.host = host
        self.zone = zone
        self._makers = makers(self)
        self._sources: dict[str, Source] = {}
        self._background = background
        self._words = tuple(words)
        self._snapshot: Callable[[], Snapshot] = lambda: Snapshot(ports.clock())

    @property
    def config(self) -> Config:
        """The user's settings."""
        return self.ports.config

    @property
    def snapshot(self) -> Snapshot:
        """The newest picture there is."""
        return self._snapshot()

    def now(self) -> datetime:
        """The time in the machine's zone."""
        return self.ports.clock().astimezone(self.zone)

    def source(self, name: str) -> Source:
        if name not in self._sources:
            self._sources[name] = self._makers[name]()
        return self._sources[name]

    @cached_property
    def store(self) -> Store:
        """The store over every source, for the dashboard."""
        from fedtui.store import Store
        from fedtui.system.table_loaded_at import TableLoadTimes
        from fedtui.watching.overdue_tracker import OverdueTracker

        sources = [self.source(name) for name in self._makers]
        if self.config.rules or self.config.jobs:  # the rules that are shipped are held by tests
            self.book.check()

        def doctor() -> CheckRunner:
            self.checkup.wait_for_no_program(store.look_again)
            return self.checkup

        store = Store(
            sources, self.ports.clock, _LateDoctor(doctor), self.recorder, OverdueTracker(TableLoadTimes())
        )
        self._snapshot = lambda: store.snapshot
        return store

    @cached_property
    def engine(self) -> Engine:
        """Plans and applies changes to the jobs of the newest picture."""
        from fedtui.engine import Engine

        return Engine(self.ports, lambda: self.snapshot, self.now)

    @cached_property
    def checkup(self) -> CheckRunner:
        """Runs all checks on a snapshot. Blocking."""
        from fedtui.health.check_runner import CheckRunner

        return CheckRunner(self.config, self.book, machine=not self.ports.demo, node=self.ports.host)

    def checked(self) -> Snapshot:
        """The newest picture, checked; with patience, in time or not at all. Blocking."""
        from fedtui.health import not_checked
        from fedtui.store import with_checkup

        snapshot, check = self.snapshot, self.checkup
        if is_bounded():
            # Where something hangs, the files may too; else programs that the checks run take their time.
            bound = seconds_left(FACTS_DEADLINE) + HAND_OVER if snapshot.troubles else FACTS_DEADLINE
            found = in_time({"": lambda: check(snapshot)}, bound)
            checked = found.get("") or not_checked(snapshot)
        else:
            checked = check(snapshot)
        self._show(with_checkup(snapshot, checked))
        return self.snapshot

    @cached_property
    def watches(self) -> Watches:
        """The watches over jobs of this workspace."""
        from fedtui.schedule.upcoming import runs_of
        from fedtui.watching.watch_store import WatchStore
        from fedtui.watching.watches import Watches

        return Watches(
            WatchStore(self.config.watches),
            self.ports.clock,
            runs_of,
            self.book,
            words=self._words,
        )

    async def keep_watching(self) -> None:
        """Be the process that keeps the watches going, until none is left."""
        from fedtui.schedule.upcoming import runs_of
        from fedtui.watching.artifacts import FileArtifacts
        from fedtui.watching.watch_daemon import WatchDaemon

        traces = FileArtifacts(self.config.freshness)
        await WatchDaemon(self.watches.book, self.store, self.ports.clock, traces, runs_of).run()

    @cached_property
    def book(self) -> RuleBook:
        """The rules by which the output of runs is read. Raises ConfigError where the user's are none."""
        return self.ports.rules

    @cached_property
    def recorder(self) -> RunRecorder:
        """Keeps the runs that are seen, and has their output read."""
        from fedtui.run_persistence import RunRecorder

        own = self.source(OWN_RUNS)
        rows = (lambda: own.rows) if isinstance(own, OwnRunsSource) else dict
        return RunRecorder(
            self.ports.history,
            lambda: self.book,
            self.ports.clock,
            rows,
            self.config.freshness,
        )

    async def background(self) -> None:
        """What runs while the dashboard is open."""
        import asyncio

        others = () if self._background is None else (self._background(self),)
        await asyncio.gather(self._keep_tables(), *others)

    async def _keep_tables(self) -> None:
        """Keep a copy of the user's own table whenever it was read and is another."""
        import asyncio

        read = asyncio.Event()
        self.store.subscribe(lambda _: read.set())
        kept: bytes | None = None
        await asyncio.sleep(COPY_AFTER)
        while True:
            table: bytes | None = getattr(self.source("crontab"), "own_table", None)
            if table != kept and "crontab" not in self.snapshot.loading:
                kept = table
                await asyncio.to_thread(self._keep_table, table)
            await read.wait()
            read.clear()

    def _keep_table(self, table: bytes | None) -> None:
        from fedtui.changes.restore import keep_own_table  # the first paint does not wait for it

        keep_own_table(table, self.ports)

    async def read(self, sources: Sequence[str] = (), *, later_runs: bool = False) -> Snapshot:
        """Ask the sources behind these `SourceName` values once (none given: all), side by side, for a verb.

        What did not come in time is a problem of the snapshot. With `later_runs` timers have more runs than
        the next.
        """
        import asyncio  # here and not above: `look` does without, and a list is done before it is loaded

        wait = ANSWER_PATIENCE if is_bounded() else FACTS_DEADLINE
        answers: dict[str, Answer] = {}
        for group in self._asked(sources):
            for source in map(self.source, group):
                if hasattr(source, "later_runs"):
                    source.later_runs = later_runs
            with patience(wait):
                asked = [asyncio.ensure_future(self.source(name).read()) for name in group]
            left = idle_deadline(seconds_left(wait + LEFT_BEHIND))
            while not all(task.done() for task in asked) and (rest := left()) > 0:
                await asyncio.wait(asked, timeout=min(rest, LOOK))
            for name, task in zip(group, asked, strict=True):
                late = not task.done()
                if late and not self._looks(name):
                    task.cancel()
                answers[name] = unanswered(name, wait, self.ports.clock()) if late else task.result()
            self._show(self._merged(answers))
        with patience(wait):
            return await asyncio.to_thread(self._finish, answers)

    def _looks(self, name: str) -> bool:
        """Whether the source reads in a thread, which cannot be cancelled."""
        return hasattr(self.source(name), "look")

    def look(self, sources: Sequence[str]) -> Snapshot:
        """The same as `read` without an event loop, for sources of `LOOKED_AT`."""
        answers: dict[str, Answer] = {}
        for group in self._asked(sources):
            bound = seconds_left(ANSWER_PATIENCE + LEFT_BEHIND)
            with patience(ANSWER_PATIENCE):
                answers |= self._look_side_by_side(group, bound)
            self._show(self._merged(answers))
        return self._finish(answers)

    def _look_side_by_side(self, names: Sequence[str], seconds: float) -> dict[str, Answer]:
        looks = {name: cast("LookingSource", self.source(name)).look for name in names}
        found = in_time(looks, seconds)
        now = self.ports.clock()
        return {name: found.get(name) or unanswered(name, ANSWER_PATIENCE, now) for name in names}

    def _asked(self, sources: Sequence[str]) -> Iterator[list[str]]:
        """The names of the sources behind these `SourceName` values.

        Runs are looked for of the jobs that are known, so that comes when the others have answered.
        """
        wanted = {name for source in sources or SOURCES_OF for name in SOURCES_OF[source]} | {OWN_RUNS}
        names = [name for name in self._makers if name in wanted]
        yield [name for name in names if name not in _OF_JOBS]
        yield [name for name in names if name in _OF_JOBS]

    def _merged(self, answers: Mapping[str, Answer], settle: PersistAndJudge | None = None) -> Snapshot:
        now = self.ports.clock()
        return merge(answers, Snapshot(now), now, settle=settle)

    def _show(self, snapshot: Snapshot) -> None:
        self._snapshot = lambda: snapshot

    def _finish(self, answers: Mapping[str, Answer]) -> Snapshot:
        """Show the runs judged, and what is overdue. Where that hangs, no run is called ok for lack of it."""
        calls = {"": lambda: self._with_freshness(self._attended(self._judged(answers)))}
        snapshot = in_time(calls, seconds_left(FACTS_DEADLINE) + HAND_OVER).get("")
        if snapshot is None:
            from fedtui.run_persistence import unread

            snapshot = self._merged(answers, unread)
            late = Problem(
                "history",
                "Not all output of the runs could be read in time.",
                "Untouched: the jobs and their runs.",
                "Look for a disk that does not answer: df",
                snapshot.at,
            )
            snapshot = replace(snapshot, problems=(*snapshot.problems, late))
        self._show(snapshot)
        return snapshot

    def _judged(self, answers: Mapping[str, Answer]) -> Snapshot:
        """Keep the runs that were seen, and read the output of those that lack it."""
        if not any(answer.runs or answer.starts for answer in answers.values()):
            return self.snapshot  # nothing to keep: a list on a new machine loads none of it
        recorder = self.recorder
        snapshot = self._merged(answers, recorder.settle)
        while recorder.waiting and seconds_left(1.0) == 1.0:  # the others are read at the next look
            recorder.judge()
            snapshot = self._merged(answers, recorder.settle)
        if all(answers[name].jobs is not None for name in _OF_JOBS if name in answers):
            recorder.close_unseen(snapshot)
        problem = recorder.problem
        if problem is not None and all(problem.message != other.message for other in snapshot.problems):
            return replace(snapshot, problems=(*snapshot.problems, problem))
        return snapshot

    def _with_freshness(self, snapshot: Snapshot) -> Snapshot:
        """With whether what the jobs bring is too old, where a product or a run is known of any."""
        known = self.config.jobs or snapshot.starts_since is not None
        if not (known or any(job.managed or job.last_run for job in snapshot.jobs)):
            return snapshot
        from fedtui.system.table_loaded_at import TableLoadTimes
        from fedtui.verdicts.freshness import freshness_of

        limits, notes = self.config.age_limits, self.config.freshness
        found = freshness_of(snapshot, self.book.product_of, limits, notes, TableLoadTimes())
        return replace(snapshot, freshness=found)

    def _attended(self, snapshot: Snapshot) -> Snapshot:
        """With what is overdue, where a source would have seen it start."""
        if snapshot.starts_since is None and not any(timer_jobs(snapshot.jobs)):
            return snapshot
        from fedtui.system.table_loaded_at import TableLoadTimes
        from fedtui.watching.overdue_tracker import OverdueTracker

        return OverdueTracker(TableLoadTimes(), confirm=0.0).revise(snapshot)

    def runs_of(self, job: Job) -> tuple[Run, ...]:
        """The latest runs of a job in the newest snapshot, oldest first."""
        return self.snapshot.runs.get(job.id, ())

    def past(self) -> Sequence[Run]:
        """The runs on record, oldest first. Blocking; raises HistoryError."""
        from fedtui.history.database import KEPT_RUNS

        return self.ports.history.runs(None, KEPT_RUNS)

    def log_of(self, job: Job, lines: int = 500) -> LogFeed | None:
        """Where a job's output goes: its file, its unit's journal, or what its last run by hand printed.

        The feed begins with the last `lines` lines.
        """
        from fedtui.logs.log_feed import FileFeed
        from fedtui.schedulers import driver_of

        driver = driver_of(job)
        path = job.log_path if job.log_path is not None else driver.output_of(self.runs_of(job))
        return FileFeed(path, lines) if path is not None else driver.journal(self.zone, lines)

    async def close(self) -> None:
        """Let go of buses and files."""
        for source in self._sources.values():
            close = getattr(source, "close", None)
            if close is not None:
                await close()


class _LateDoctor:
    """A doctor that is loaded with the first picture to check, and not before the first paint."""

    def __init__(self, doctor: Callable[[], CheckRunner]) -> None:
        self._doctor = doctor

    def __call__(self, snapshot: Snapshot) -> Checkup:
        return self._doctor()(snapshot)

    def forget(self) -> None:
        """See `CheckRunner`."""
        self._doctor().forget()


def own_runs(ports: Ports) -> OwnRunsSource:
    """The source of runs that fedtui started."""

    def settle() -> None:
        with suppress(OSError):
            if not ports.config.database.exists() and not ports.config.outputs.exists():
                return  # no run was ever started from here
        from fedtui.runs.run_store import close_run

        try:
            close_run(ports.config, ports.history)
        except OSError as error:  # without the records a run of ours in progress would seem lost
            from fedtui.history.database import HistoryError

            said = f"The runs in {ports.config.outputs} cannot be read: {error.strerror}."
            raise HistoryError(said, repair(ports.config.outputs)) from error

    config = ports.config
    return OwnRunsSource(ports.history, config.database, ports.clock, settle, config.notes, config.faults)
