"""Brings a watch up to date: from what was promised and what a snapshot tells to verdicts. No own clock.

`begin_watch` fixes the first cycles, `advance_watch` is called repeatedly until the watch is finished. A
cycle is missed only where its start would have been seen; where it may have gone unseen the verdict is
`unproven`.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from fedtui.history.run_provenance import stamped_ahead
from fedtui.model import Job, Mark, Outcome, Result, Run, Snapshot, SourceName, Trigger
from fedtui.schedule.upcoming import EARLY, RunsOf
from fedtui.schedulers import driver_of
from fedtui.verdicts.blocked import blocked_reason
from fedtui.watching.artifacts import FileArtifacts
from fedtui.watching.expected_run import ExpectedRun, Watch, WatchVerdict
from fedtui.watching.failure_reasons import keeps_from_running, likely_causes

MOST_CYCLES = 100
SKIPPED = 10
"""So many promised runs are looked at beyond the cycles: some may lie before the first that is watched."""

SETTLE = timedelta(seconds=1)
"""How long after its end a run is judged: its last lines are then in its log."""

LATE_NEWS = timedelta(seconds=10)
"""How long a run whose end nobody saw is given for a better source to report it."""

LEAD = timedelta(seconds=5)
"""A run that is due sooner than this when a watch begins is left out: nobody would be looking yet."""

MARK = timedelta(seconds=3)
"""How long before a cycle is due its log is measured."""


class CannotWatch(Exception):
    """There is nothing to watch; the message says why, `advice` what to do."""

    def __init__(self, message: str, advice: str = "") -> None:
        super().__init__(message)
        self.advice = advice


@dataclass(frozen=True, slots=True)
class WatchContext:
    """One look at the world. `since` is from when on it was looked at without a break."""

    snapshot: Snapshot
    now: datetime
    since: datetime
    traces: FileArtifacts
    runs_of: RunsOf

    def of(self, job: Job) -> tuple[Run, ...]:
        """The runs of a job that its schedule started, oldest first."""
        runs = self.snapshot.runs.get(job.id, ())
        return tuple(run for run in runs if run.trigger is Trigger.SCHEDULE)

    def soon_after(self, moment: datetime, span: timedelta) -> bool:
        """Whether it is at most `span` after `moment`; not where only a clock that was set back says so."""
        return moment - EARLY <= self.now < moment + span


def begin_watch(job: Job, count: int, now: datetime, runs_of: RunsOf, product: str = "") -> Watch:
    """A watch over the next `count` runs of `job`. Raises CannotWatch where none is promised."""
    if job.next_run is None and not job.running:
        why = blocked_reason(job) or job.state_reason or "no next run is known"
        advice = f"fedtui resume {job.id}" if job.paused else ""
        raise CannotWatch(f"{job.name} has no next run to watch: {why}.", advice)
    cycles = tuple(ExpectedRun() for _ in range(min(count, MOST_CYCLES)))
    watch = Watch(job.id, job.name, now.astimezone(UTC), cycles, product)
    return replace(watch, cycles=_promised(watch, job, now, runs_of))


def extended(watch: Watch, count: int) -> Watch:
    """The watch over `count` cycles in all, where that is more than it has."""
    more = min(count, MOST_CYCLES) - len(watch.cycles)
    return replace(watch, cycles=(*watch.cycles, *(ExpectedRun() for _ in range(more))))


def advance_watch(watch: Watch, look: WatchContext) -> Watch:
    job_id = look.snapshot.heirs.get(watch.job_id, watch.job_id)
    if watch.finished or not _was_read(job_id, look.snapshot):
        return watch
    job = look.snapshot.job(job_id)
    watch = replace(watch, paused=job is not None and job.paused)
    if job is not None:
        watch = replace(watch, job_name=job.name, cycles=_promised(watch, job, look.now, look.runs_of))
        watch = replace(watch, cycles=_with_runs(watch, job, look))
    if watch.paused:
        watch = replace(watch, cycles=tuple(_without_due(cycle, look.now) for cycle in watch.cycles))
    cycles: list[ExpectedRun] = []
    for number, cycle in enumerate(watch.cycles):
        before = cycles[number - 1] if number else None
        cycles.append(cycle if cycle.verdict.decided else _judged(cycle, before, job, watch, look))
    return replace(watch, cycles=tuple(cycles))


def _was_read(job_id: str, snapshot: Snapshot) -> bool:
    """Whether the source of a job could be read: nothing is judged by what is not known."""
    return SourceName(job_id.partition(":")[0]).read_by in snapshot.answered


def _promised(watch: Watch, job: Job, now: datetime, runs_of: RunsOf) -> tuple[ExpectedRun, ...]:
    """The cycles with the moments that the schedule now promises for those that are still to come."""
    if job.next_run is None:
        return watch.cycles
    settled = [cycle for cycle in watch.cycles if not _open(cycle, now)]
    # What lies ahead of now was due before the clock was set back: it holds up no cycle that comes.
    last = max(
        (cycle.due for cycle in settled if cycle.due is not None and cycle.due <= now + EARLY), default=None
    )
    floor = max(now.astimezone(UTC), watch.began + LEAD) if watch.began <= now else now.astimezone(UTC)
    floor = floor if last is None else max(floor, last + EARLY)
    dues = _dues(runs_of(job, now), len(watch.cycles) + SKIPPED, floor)
    cycles = []
    for cycle in watch.cycles:
        if _open(cycle, now):
            due = next(dues, None)
            until = None if due is None else due + driver_of(job).grace
            cycle = replace(cycle, due=due, grace_until=until, mark=cycle.mark if due == cycle.due else None)
        cycles.append(cycle)
    return tuple(cycles)


def _without_due(cycle: ExpectedRun, now: datetime) -> ExpectedRun:
    """A waiting cycle of a paused job, which is due at no moment before it is resumed.

    One that was due well before the pause is waited for until its grace is over: news of its run may be late.
    """
    due, until = cycle.due, cycle.grace_until
    if cycle.verdict is not WatchVerdict.WAITING or due is None or (until and due + LEAD <= now <= until):
        return cycle
    return replace(cycle, due=None, grace_until=None, mark=None)


def _open(cycle: ExpectedRun, now: datetime) -> bool:
    """True for a cycle whose moment may still change: it has not come yet."""
    return cycle.verdict is WatchVerdict.WAITING and (cycle.due is None or cycle.due > now)


def _dues(promised: Iterable[datetime], most: int, floor: datetime) -> Iterator[datetime]:
    """The moments that are promised after `floor`, in UTC. A very frequent job has some before it."""
    for due in itertools.islice(promised, most):
        if due.timestamp() > floor.timestamp():
            yield due.astimezone(UTC)


def _with_runs(watch: Watch, job: Job, look: WatchContext) -> tuple[ExpectedRun, ...]:
    """The cycles with the runs that are theirs: each run to the last cycle that was due when it began."""
    runs = look.of(job)
    cycles = list(watch.cycles)
    taken = {cycle.run_id for cycle in cycles if cycle.verdict.decided and cycle.run_id}
    for number, cycle in enumerate(cycles):
        if cycle.due is None or cycle.grace_until is None or (cycle.verdict.decided and cycle.run_id):
            continue
        following = next((c.due for c in cycles[number + 1 :] if c.due is not None), None)
        until = cycle.grace_until if following is None else min(cycle.grace_until, following - EARLY)
        mine = [run for run in runs if cycle.run_id and cycle.run_id in (run.id, *run.also)] or [
            run
            for run in runs
            if cycle.due - EARLY <= run.start <= until and run.id not in taken and not stamped_ahead(run)
        ]
        if mine:
            cycles[number] = _taking(cycle, mine[0])
            taken.add(mine[0].id)
        elif (
            cycle.due <= look.now
            and (known := _run_of_row(job, cycle.due, until)) is not None
            and not any(stamped_ahead(run) and abs(run.start - known.start) < EARLY for run in look.of(job))
        ):
            cycles[number] = _taking(cycle, known)
    return tuple(cycles)


def _taking(cycle: ExpectedRun, run: Run) -> ExpectedRun:
    return replace(
        cycle,
        verdict=WatchVerdict.RUNNING,
        run_id=run.id,
        start=run.start.astimezone(UTC),
        end=None if run.end is None else run.end.astimezone(UTC),
        result=run.result,
        reasons=(),
        causes=(),
    )


def _run_of_row(job: Job, due: datetime, until: datetime) -> Run | None:
    """A start that only the row tells of: a timer that elapsed, its service skipped by a condition, say."""
    if (
        not driver_of(job).knows_last_start
        or job.last_run is None
        or not due - EARLY <= job.last_run <= until
    ):
        return None
    start = job.last_run
    if job.running_since is not None and job.running_since >= start:
        return Run(f"row-{start.timestamp():.0f}", job.id, start)
    return Run(f"row-{start.timestamp():.0f}", job.id, start, start, job.last_result)


def _judged(
    cycle: ExpectedRun, before: ExpectedRun | None, job: Job | None, watch: Watch, look: WatchContext
) -> ExpectedRun:
    """A cycle that had no verdict yet, one step on."""
    if cycle.verdict is WatchVerdict.RUNNING:
        return _judged_by_run(cycle, job, watch, look)
    if job is None:
        return _missed(cycle, "it was removed before the cycle was due", job, look)
    if watch.paused:
        return cycle
    due = cycle.due
    if due is None:
        return _without_promise(cycle, before, job, look)
    if cycle.mark is None and due - MARK <= look.now < due and job.log_path is not None:
        cycle = replace(cycle, mark=look.traces.mark(job.log_path))
    if look.now > (cycle.grace_until or due) + SETTLE:
        return _did_not_come(cycle, due, job, look)
    return cycle


def _without_promise(
    cycle: ExpectedRun, before: ExpectedRun | None, job: Job, look: WatchContext
) -> ExpectedRun:
    """A cycle whose moment nothing promises: it waits for the one before, unless the job is held back."""
    waits = before is not None and not before.verdict.decided
    if waits or job.running or not blocked_reason(job):
        return cycle
    return _missed(cycle, blocked_reason(job), job, look)


def _did_not_come(cycle: ExpectedRun, due: datetime, job: Job, look: WatchContext) -> ExpectedRun:
    """The grace is over and no run was seen."""
    certain = blocked_reason(job) or driver_of(job).did_not_start(due, look.snapshot)
    if certain:
        return _missed(cycle, certain, job, look)
    broken = keeps_from_running(job, look.snapshot)
    if broken:
        return _missed(cycle, "no trace of it was seen, and it cannot do its work as it is now", job, look)
    if look.since > due - EARLY:
        reason = "nobody looked while it was due, and nothing tells of it now"
    else:
        reason = driver_of(job).words.start_unseen
    causes = likely_causes(job, look.snapshot)
    return replace(cycle, verdict=WatchVerdict.UNPROVEN, reasons=(reason,), causes=causes)


def _missed(cycle: ExpectedRun, why: str, job: Job | None, look: WatchContext) -> ExpectedRun:
    causes = tuple(cause for cause in likely_causes(job, look.snapshot) if cause != why)
    return replace(cycle, verdict=WatchVerdict.FAILED, reasons=(f"it did not start: {why}",), causes=causes)


def _judged_by_run(cycle: ExpectedRun, job: Job | None, watch: Watch, look: WatchContext) -> ExpectedRun:
    """The verdict on a cycle that has begun."""
    result, start = cycle.result, cycle.start or look.now
    if result is None:
        return _lost(cycle, job, look)
    end = cycle.end or start  # a run that is over may have an end that nobody saw
    if job is not None and job.running_since is not None and job.running_since <= start + EARLY:
        return cycle  # its end came from a source that saw only its start
    known = result.outcome is not Outcome.UNKNOWN or _proves_nothing(result)
    if look.soon_after(end, SETTLE):
        return cycle
    if cycle.log_bytes is None and cycle.mark is not None:
        lines, size = look.traces.grown(cycle.mark)
        cycle = replace(cycle, log_lines=lines, log_bytes=size)
    if not known and look.soon_after(end, LATE_NEWS):
        return cycle
    if watch.product:
        cycle = replace(cycle, renewed=look.traces.renewed(watch.product, start))
    verdict, reasons = verdict_on(result, watch.product, cycle.renewed)
    causes: tuple[str, ...] = ()
    if verdict is WatchVerdict.FAILED and job is not None:
        causes = keeps_from_running(job, look.snapshot)
    return replace(cycle, verdict=verdict, reasons=reasons, causes=causes)


def _lost(cycle: ExpectedRun, job: Job | None, look: WatchContext) -> ExpectedRun:
    """A run in progress; or one whose end nobody can tell any more."""
    going_on = job is not None and (job.running or any(run.id == cycle.run_id for run in look.of(job)))
    if going_on or look.soon_after(max(cycle.start or look.now, look.since), LATE_NEWS):
        return cycle
    return replace(cycle, verdict=WatchVerdict.UNPROVEN, reasons=("it began, but nobody saw how it ended",))


def _proves_nothing(result: Result) -> bool:
    """Whether all is known that will be: the exit status, what was printed, and that they prove nothing."""
    return result.outcome is Outcome.UNKNOWN and result.exit_code is not None and result.judged


def verdict_on(result: Result, product: str, renewed: bool | None) -> tuple[WatchVerdict, tuple[str, ...]]:
    """What a finished run says of its cycle, with the reasons.

    Warnings do not make a cycle fail, but they are its reasons; a run that found itself locked out proves
    nothing; a product that was not renewed fails the cycle whatever the exit status says.
    """
    if result.outcome is Outcome.FAILED:
        how = result.signal or (f"exit {result.exit_code}" if result.exit_code is not None else "it failed")
        return WatchVerdict.FAILED, (how, *result.why)
    if product and renewed is False:
        return WatchVerdict.FAILED, (f"its product was not renewed: {product}", *result.why)
    if result.outcome is Outcome.SKIPPED and Mark.LOCKED in result.marks:
        return WatchVerdict.UNPROVEN, ("it was locked out, so this cycle proves nothing", *result.why)
    if result.outcome in (Outcome.OK, Outcome.WARNINGS, Outcome.SKIPPED):
        return WatchVerdict.GOOD, result.why
    if _proves_nothing(result):
        return WatchVerdict.UNPROVEN, (f"exit {result.exit_code} proves nothing", *result.why)
    return WatchVerdict.UNPROVEN, ("its exit status is not known", *result.why)
