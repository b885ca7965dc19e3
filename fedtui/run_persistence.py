"""Keeps every run that is seen in the database, and has its output read, before and after it is shown.

`settle` comes between the merging of answers and the snapshot: what it lets through is in the database
already, so that no row that was shown is lost with this process. Reading what a run printed takes a while;
until it is done an exit status of 0 is not called ok. Blocking: the store calls it in a thread.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from fedtui.history.database import History, HistoryError
from fedtui.history.lineage import records_of
from fedtui.history.run_provenance import KNOWN, as_stamped_ahead, knowledge, says_more, stamped_ahead
from fedtui.logs.log_ownership import LogWriters, Ownership
from fedtui.merging import RUNS_KEPT, RunsByJob
from fedtui.model import (
    Job,
    JobRecord,
    LogSlice,
    Mark,
    Outcome,
    Problem,
    Result,
    Run,
    Snapshot,
    State,
    Trigger,
    cron_jobs,
    timer_jobs,
)
from fedtui.safe_text import decode
from fedtui.schedule.upcoming import DUE_WITHIN, runs_of
from fedtui.sources.own_runs import OWN_ID
from fedtui.system.file_stamp import ends_line, file_size

if TYPE_CHECKING:
    from fedtui.results import RuleBook, RunOutputText
    from fedtui.runs.output_tail import OutputTail

READING = "its output is being read"
UNSEEN = Result(Outcome.UNKNOWN, reasons=("nobody saw how it ended",)).marked(Mark.NO_STATUS)

SETTLE = timedelta(seconds=0.3)
"""How long after its end a run's last lines may take to be where they are read."""

AT_ONCE = 20
"""How many runs are judged before what came of it is shown."""


class RunRecorder:
    """`rows` gives what the database is known to hold, by id."""

    def __init__(
        self,
        history: History,
        book: Callable[[], RuleBook],
        clock: Callable[[], datetime],
        rows: Callable[[], Mapping[str, Run]],
        freshness: Path,
    ) -> None:
        self._history = history
        self._book = book
        self._clock = clock
        self._rows = rows
        self._freshness = freshness
        self._kept: dict[str, Run] = {}
        self._records: dict[str, JobRecord] | None = None
        self._verdicts: dict[str, Result] = {}
        self._waiting: dict[str, tuple[Run, Job]] = {}
        self._alone: set[str] = set()
        self._known: tuple[Mapping[str, Job], RunsByJob] = ({}, {})
        self._tails: dict[str, tuple[str, OutputTail]] = {}
        self._lock = threading.Lock()
        self.problem: Problem | None = None

    def settle(self, jobs: Sequence[Job], runs: RunsByJob) -> RunsByJob:
        """The runs with their verdicts, all of them in the database. See `merging.merge`."""
        with self._lock:
            return self._settle(jobs, runs)

    def _settle(self, jobs: Sequence[Job], runs: RunsByJob) -> RunsByJob:
        by_id = {job.id: job for job in jobs}
        self._waiting.clear()
        known: RunsByJob
        known = {job_id: self._with_verdicts(found, by_id.get(job_id)) for job_id, found in runs.items()}
        self._known = by_id, known
        known = self._told_apart(by_id, known)
        self._keep(run for found in known.values() for run in found)
        self._keep_records(jobs, known)
        self._measure(jobs, known)
        if not self._waiting:
            return known
        return {
            job_id: tuple(_unproven(run) if run.id in self._waiting else run for run in found)
            for job_id, found in known.items()
        }

    def close_unseen(self, snapshot: Snapshot) -> None:
        """End, as unknown, the runs that the database holds as in progress and that no source sees any more.

        `snapshot` must be whole: every source that tells of its jobs has answered.
        """
        asked = {job.id for job in snapshot.jobs if job.state is not State.UNREACHABLE}
        seen = {name for runs in snapshot.runs.values() for run in runs for name in (run.id, *run.also)}
        lost = [
            replace(run, result=UNSEEN)
            for run in self._rows().values()
            if run.is_running and run.job_id in asked and run.id not in seen and not OWN_ID.fullmatch(run.id)
        ]
        if lost:
            with self._lock:
                self._keep(lost)

    @property
    def waiting(self) -> bool:
        """True while there are runs whose output was not read yet."""
        return bool(self._waiting)

    def judge(self) -> None:
        """Read the output of the newest runs that wait; the next `settle` has their verdicts."""
        with self._lock:
            newest = sorted(self._waiting.values(), key=lambda pair: pair[0].start, reverse=True)
        for run, job in newest[:AT_ONCE]:
            self._await_last_lines(run)
            self._verdicts[run.id] = self._judged(run, job)

    def _judged(self, run: Run, job: Job) -> Result:
        # Here and not above: most lists have nothing to read, and need not load how it is done.
        from fedtui.results import OutputPart, RunOutputText, judge
        from fedtui.results.reading import may_say_skipped
        from fedtui.runs.run_text import renewal_at, run_output

        rules = self._book().of(*job.aliases, job.name, job.id)
        product = renewal_at(self._book().product_of(job), run.start, run.end, self._freshness)
        command = next((decode(cron.command) for _, cron in cron_jobs((job,))), job.command or "")

        def by(output: RunOutputText) -> Result:
            return judge(run.result or UNSEEN, output, rules, command, product=product)

        output = run_output(run, job)
        result = by(output)
        if run.log is None or result.outcome not in (Outcome.OK, Outcome.FAILED):
            return result
        jobs, runs = self._known
        if job.id not in runs:
            return result
        company = LogWriters(jobs.values()).company(run, runs, self._clock())
        if not company.others and not company.earlier:
            return result
        if result.outcome is Outcome.OK:
            return _not_apart(result) if may_say_skipped(output, rules) else result
        # Locked out by the run that wrote these lines: flock itself prints nothing.
        silent = by(RunOutputText((OutputPart(run.log.path, b""),)))
        return silent if silent.outcome is Outcome.SKIPPED and not company.others else result

    def _await_last_lines(self, run: Run) -> None:
        if run.end is not None:
            left = (run.end + SETTLE - self._clock()).total_seconds()
            if 0 < left <= SETTLE.total_seconds():
                time.sleep(left)

    def _with_verdicts(self, runs: tuple[Run, ...], job: Job | None) -> tuple[Run, ...]:
        found = []
        before: Run | None = None
        for run in runs:
            run = self._with_log(run, before, job, newest=run is runs[-1])
            verdict = self._verdicts.get(run.id)
            if verdict is not None and knowledge(verdict) >= knowledge(run.result):
                ahead = stamped_ahead(run)
                run = replace(run, result=verdict)
                run = as_stamped_ahead(run) if ahead else run
            elif job is not None and _to_be_read(run):
                self._waiting[run.id] = (run, job)
            found.append(run)
            before = run
        return tuple(found)

    def _told_apart(self, jobs: Mapping[str, Job], runs: RunsByJob) -> RunsByJob:
        """The runs, of which none is judged by lines that another one may have written."""
        doubtful = [
            run
            for job_id, found in runs.items()
            for run in found[-RUNS_KEPT:]
            if job_id in jobs
            and run.id not in self._alone
            and run.log is not None
            and run.result is not None
            and _by_lines(run.result)
        ]
        if not doubtful:
            return runs
        writers = LogWriters(jobs.values())
        mixed = {run.id for run in doubtful if self._is_mixed(run, runs, writers)}
        return {
            job_id: tuple(
                replace(run, result=_not_apart(run.result)) if run.id in mixed and run.result else run
                for run in found
            )
            for job_id, found in runs.items()
        }

    def _is_mixed(self, run: Run, runs: RunsByJob, writers: LogWriters) -> bool:
        """Whether some other run wrote, or may have written, between the bounds of the run's lines."""
        company = writers.company(run, runs, self._clock())
        if company.ownership is not Ownership.MIXED:
            if self._clock() > (run.end or run.start) + DUE_WITHIN:
                self._alone.add(run.id)
            return False
        result = run.result
        locked = result is not None and result.outcome is Outcome.SKIPPED and Mark.LOCKED in result.marks
        # Who was there first cannot have said that it was locked out.
        return company.others or company.later or not locked

    def _with_log(self, run: Run, before: Run | None, job: Job | None, *, newest: bool) -> Run:
        """A timer's run with the slice of the log that it wrote, where its beginning is known.

        It begins where the log ended when no run was in progress, or where the run before it ended; at 0
        where the log was truncated since, or is by each run. A run of cron's that nobody saw writing has a
        slice without a beginning: it begins where the run before it was read to, if none was due between.
        """
        unseen = job is not None and job.facts.in_table and run.log is not None and run.log.start is None
        if unseen and before is not None and job is not None and run.log is not None:
            return replace(run, log=replace(run.log, start=_begin_after(before, run, run.log, job)))
        if job is None or job.facts.in_table or job.log_path is None or run.log or run.result is None:
            return run
        if run.result.judged:
            return run
        start: int | None = None
        mode = next((timer.output_mode for _, timer in timer_jobs((job,))), "")
        known = self._tails.get(job.id)
        if mode in ("truncate", "file"):
            start = 0 if mode == "truncate" and newest else None
        elif known is not None and known[0] != run.id:
            from fedtui.runs.output_tail import was_truncated  # not before the first paint

            start = 0 if was_truncated(known[1]) else known[1].offset
        elif before is not None and before.log is not None:
            start = before.log.end if before.log.path == job.log_path else None
        return replace(run, log=LogSlice(job.log_path, start, file_size(job.log_path) or 0))

    def _measure(self, jobs: Iterable[Job], runs: RunsByJob) -> None:
        """Note where the logs of timers end while none of their runs continues."""
        from fedtui.runs.output_tail import OutputTail, end_of  # not before the first paint

        for job, _ in timer_jobs(jobs):
            if job.log_path is None or job.running:
                continue
            found = runs.get(job.id, ())
            if not any(run.is_running for run in found) and not any(run.id in self._waiting for run in found):
                tail = OutputTail(job.log_path, *end_of(job.log_path))
                self._tails[job.id] = (found[-1].id if found else "", tail)

    def _keep(self, runs: Iterable[Run]) -> None:
        rows = self._rows()
        new = [run for run in runs if self._is_news(run, rows)]
        if not new:
            return
        try:
            self._history.keep_runs(new)
        except HistoryError as error:
            self.problem = Problem(
                "history", str(error), "Untouched: the jobs themselves.", error.advice, self._clock()
            )
            return
        self.problem = None
        self._kept.update((run.id, run) for run in new)

    def _keep_records(self, jobs: Sequence[Job], runs: RunsByJob) -> None:
        """Remember the jobs that have runs on record."""
        mine = {job_id for job_id, found in runs.items() if found[0].trigger is not Trigger.UNKNOWN}
        if not mine:
            return
        now = records_of(jobs, mine)
        with suppress(HistoryError):  # `_keep` reports what is wrong with the history
            if self._records is None:
                self._records = {record.id: record for record in self._history.jobs()[0]}
            known = self._records
            news = [
                record
                for record in now.values()
                if (old := known.get(record.id)) is None
                or record._replace(twin=record.twin or old.twin) != old
            ]
            if news:
                self._history.keep_jobs(news)
                known |= {record.id: record for record in news}

    def _is_news(self, run: Run, rows: Mapping[str, Run]) -> bool:
        if run.trigger is Trigger.UNKNOWN or self._kept.get(run.id) == run:
            return False
        row = rows.get(run.id)
        if row is run:
            return False
        return row is None or bool(set(run.also) & rows.keys()) or says_more(run, row)


def _begin_after(before: Run, run: Run, log: LogSlice, job: Job) -> int | None:
    """Where the lines of a run begin that nobody saw, by where those of the one before it ended."""
    begin = before.log.end if before.log is not None and before.log.path == log.path else None
    near = DUE_WITHIN / 2
    due = next(iter(runs_of(job, before.start + near)), None)
    if begin is None or due is None or due < run.start - near:
        return None  # other runs may have written between
    return begin if ends_line(log.path, begin) else None


def unread(jobs: Sequence[Job], runs: RunsByJob) -> RunsByJob:
    """In place of `settle` where there was no time to read: exit status 0 alone is not called ok."""
    by_id = {job.id: job for job in jobs}
    return {
        job_id: tuple(_unproven(run) if job_id in by_id and _to_be_read(run) else run for run in found)
        for job_id, found in runs.items()
    }


def _unproven(run: Run) -> Run:
    if run.result is None or run.result.outcome is not Outcome.OK:
        return run
    return replace(run, result=replace(run.result, outcome=Outcome.UNKNOWN, reasons=(READING,)))


def _by_lines(result: Result) -> bool:
    """Whether lines in a log made the verdict what it is, and nobody doubted yet whose they are."""
    if not result.judged or Mark.NOT_APART in result.marks or not result.reasons:
        return False
    if result.outcome is Outcome.UNKNOWN:
        return result.warnings > 0
    if result.outcome is Outcome.SKIPPED:  # silence is nobody's
        return Mark.SILENT not in result.marks
    return result.outcome is not Outcome.OK and len(result.reasons) > (Mark.PRODUCT in result.marks)


def _not_apart(result: Result) -> Result:
    """A verdict by lines that may be another run's: a failure stays one, anything else is unknown."""
    failed = result.outcome is Outcome.FAILED
    return replace(result, outcome=Outcome.FAILED if failed else Outcome.UNKNOWN).marked(Mark.NOT_APART)


def _to_be_read(run: Run) -> bool:
    """Whether the verdict on a run still lacks what it printed, and there is a place to look for it."""
    result = run.result
    if result is None or result.judged or result.outcome in (Outcome.NEVER, Outcome.SKIPPED):
        return False
    known = knowledge(result)
    return run.log is not None if known < KNOWN else known == KNOWN
