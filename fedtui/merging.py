"""One picture out of many answers: merges what every source said into the snapshot of a machine.

Pure: the store calls it with the newest answer of each source. The rule that matters: a fact is taken
from the best provenance (an exit status outranks a sighting), and what no source saw stays unknown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from types import MappingProxyType

from fedtui.crontab.command_field import log_text
from fedtui.history.run_provenance import KNOWN, NO_STATUS, better_trigger, knowledge
from fedtui.model import (
    Answer,
    CronStart,
    Job,
    Outcome,
    Problem,
    Result,
    Run,
    Scheduler,
    Snapshot,
    State,
    Trigger,
    cron_jobs,
)
from fedtui.schedule.upcoming import runs_of
from fedtui.verdicts.judge import standing_of

RUNS_KEPT = 24

LOGGED = f"start seen in cron's log, {NO_STATUS}"

_ROUNDING = timedelta(milliseconds=10)
"""How far two tellings of one moment may lie apart: systemd's clock and the database's."""

SAME_RUN = timedelta(seconds=20)
"""Two sightings of one job that start this close together are one run: cron starts a job once a minute."""


RunsByJob = Mapping[str, tuple[Run, ...]]
"""Runs by the id of their job, oldest first."""

PersistAndJudge = Callable[[Sequence[Job], RunsByJob], RunsByJob]
"""What is done with all runs before they are shown: they are kept, and judged (see `run_persistence`)."""


def merge(
    answers: Mapping[str, Answer],
    known: Snapshot,
    now: datetime,
    loading: Iterable[str] = (),
    settle: PersistAndJudge | None = None,
) -> Snapshot:
    """The snapshot that `answers` (by source name, in display order) add up to.

    A source that could not tell (`jobs` is None) keeps its rows of `known`, as unreachable. `settle` is
    given every run that is known, not only those the snapshot has room for.
    """
    defined = [job for name, answer in answers.items() for job in _jobs_of(name, answer, known)]
    starts = [start for answer in answers.values() for start in answer.starts]
    seen = [run for answer in answers.values() for run in answer.runs]
    every: RunsByJob = _by_job((*seen, *logged_runs(starts, defined)))
    if settle is not None:
        every = settle(defined, every)
    runs = {job_id: found[-RUNS_KEPT:] for job_id, found in every.items()}
    jobs = tuple(
        _judged(with_runs(job, found), found) for job in defined for found in (every.get(job.id, ()),)
    )
    return Snapshot(
        at=now,
        jobs=jobs,
        schedulers=_schedulers(answers.values()),
        problems=_problems(answers.values()),
        findings=known.findings,
        runs=MappingProxyType(runs),
        loading=frozenset(loading),
        answered=MappingProxyType({n: answer.at for n, answer in answers.items() if answer.jobs is not None}),
        starts=tuple(starts),
        starts_since=next((a.starts_since for a in answers.values() if a.starts_since is not None), None),
        no_start_proofs=tuple(absence for answer in answers.values() for absence in answer.no_start_proofs),
        commented=tuple(line for answer in answers.values() for line in answer.commented),
        late=MappingProxyType({name: answer.late for name, answer in answers.items() if answer.late}),
    )


def _judged(job: Job, runs: Sequence[Run]) -> Job:
    """The job with its verdict, by all runs that are known: a failure may lie behind many unknown ends."""
    return replace(job, verdict=standing_of(job, runs))


def _jobs_of(name: str, answer: Answer, known: Snapshot) -> Iterable[Job]:
    if answer.jobs is not None:
        return answer.jobs
    reason = answer.problems[0].message if answer.problems else f"{name} does not answer"
    return (
        replace(
            job,
            state=State.UNREACHABLE,
            state_reason=reason,
            next_run=None,
            later_runs=(),
            running_since=None,
        )
        for job in known.jobs
        if job.source.read_by == name
    )


def _schedulers(answers: Iterable[Answer]) -> tuple[Scheduler, ...]:
    """One per name; where two sources speak of the same daemon, the one that knows outranks the other."""
    found: dict[str, Scheduler] = {}
    for answer in answers:
        for scheduler in answer.schedulers:
            best = found.get(scheduler.name)
            if best is None or best.up is None or (scheduler.up is False and best.up is True):
                found[scheduler.name] = scheduler
    return tuple(found.values())


def _problems(answers: Iterable[Answer]) -> tuple[Problem, ...]:
    return tuple(problem for answer in answers for problem in answer.problems)


def logged_runs(starts: Iterable[CronStart], jobs: Iterable[Job]) -> Iterator[Run]:
    """The runs that cron's log tells of. It names user and command: equal commands are distinguished by whose
    minute it was, and where that does not tell either, the start is counted for none of them.
    """
    by_text: dict[tuple[str, str], list[Job]] = {}
    for job, cron in cron_jobs(jobs):
        by_text.setdefault(log_text(job, cron), []).append(job)
    for start in starts:
        found = by_text.get((start.user, start.command), [])
        if len(found) > 1:
            found = [job for job in found if _due_at(job, start.at)]
        if len(found) == 1:
            run_id = f"cron-{start.at.timestamp():.0f}-{start.pid}"
            yield Run(run_id, found[0].id, start.at, start.at, Result(Outcome.UNKNOWN, evidence=(LOGGED,)))


def _due_at(job: Job, moment: datetime) -> bool:
    """Whether the schedule has a run in the minute of `moment`."""
    minute = moment.replace(second=0, microsecond=0)
    run = next(runs_of(replace(job, next_run=minute), minute - timedelta(seconds=1)), None)
    return run is not None and run.timestamp() == minute.timestamp()


def _by_job(runs: Iterable[Run]) -> dict[str, tuple[Run, ...]]:
    by_job: dict[str, list[Run]] = {}
    for run in runs:
        by_job.setdefault(run.job_id, []).append(run)
    return {job_id: _one_each(_seen(found)) for job_id, found in by_job.items()}


def _seen(runs: Sequence[Run]) -> Sequence[Run]:
    """The runs that somebody saw; only where there are none, the trace that an unseen one left."""
    return [run for run in runs if run.trigger is not Trigger.UNKNOWN] or runs


def _one_each(runs: Sequence[Run]) -> tuple[Run, ...]:
    """Oldest first, several accounts of one run folded into one."""
    known_as = {other: run.id for run in runs for other in run.also}
    by_id: dict[str, Run] = {}
    for run in runs:
        name = known_as.get(run.id, run.id)
        by_id[name] = fold(by_id[name], run) if name in by_id else run
    kept: list[Run] = []
    for run in sorted(by_id.values(), key=lambda one: one.start):
        place = _place(kept, run)
        if place is None:
            kept.append(run)
        else:
            kept[place] = fold(kept[place], run)
    return tuple(kept)


SIGHTING = "cron-"
"""What the ids of sightings begin with: somebody saw a run begin, without a name that others know."""


def _place(kept: Sequence[Run], run: Run) -> int | None:
    """Where in `kept`, oldest first, the run is that `run` is another account of."""
    for at in range(len(kept) - 1, -1, -1):
        if run.start - kept[at].start > SAME_RUN:
            return None
        if _same(kept[at], run):
            return at
    return None


def _same(one: Run, other: Run) -> bool:
    """Whether two accounts may be of one run that started at that time: one of them is a mere sighting."""
    if _exact(one) and _exact(other):
        return False
    both_known = knowledge(one.result) >= KNOWN and knowledge(other.result) >= KNOWN
    return not both_known and one.trigger is other.trigger


def fold(one: Run, other: Run) -> Run:
    """Two accounts of one run as one: of the better provenance, with the evidence of both.

    What is seen running at this moment outranks a guess about its end.
    """
    best, rest = (other, one) if _rank(other) > _rank(one) else (one, other)
    result = best.result
    if result is not None and rest.result is not None:
        evidence = tuple(dict.fromkeys((*result.evidence, *rest.result.evidence)))
        if result.ending:  # what one source did not see, another one did
            evidence = tuple(one.removesuffix(f", {NO_STATUS}") for one in evidence if one != NO_STATUS)
        result = replace(result, evidence=evidence, duration=result.duration or rest.result.duration)
    also = {*one.also, *other.also, one.id, other.id} - {best.id}
    return replace(
        best,
        start=best.start if _exact(best) or not _exact(rest) else rest.start,
        end=best.end if best.is_running else best.end or rest.end,
        result=result,
        trigger=better_trigger(one.trigger, other.trigger),
        output=best.output or rest.output,
        log=best.log or rest.log,
        also=tuple(sorted(also)),
    )


def _rank(run: Run) -> tuple[int, bool, bool, int]:
    known = knowledge(run.result)
    result = run.result
    return (
        known if known >= KNOWN else 0,
        run.is_running,
        _exact(run),
        0 if result is None else (result.duration is not None) + len(result.reasons),
    )


def _exact(run: Run) -> bool:
    return not run.id.startswith(SIGHTING)


def with_runs(job: Job, runs: Sequence[Run]) -> Job:
    """`job` with its last run, result and running state as its runs tell them.

    The source's own facts (a timer's service, say) count unless a run is newer.
    """
    if not runs and job.running_since is None:
        return job
    finished = [run for run in runs if not run.is_running]
    going_on = [run for run in runs if run.is_running]
    newest = job.last_run is None and not job.unreadable  # else an old ok would stand for what is not known
    if finished and (newest or (job.last_run and finished[-1].start >= job.last_run - _ROUNDING)):
        last = finished[-1]
        job = replace(job, last_run=last.start, last_result=last.result or job.last_result)
    if going_on and job.running_since is None:
        job = replace(job, running_since=going_on[-1].start)
    if job.running_since is not None and job.state is State.ON:
        job = replace(job, state=State.RUNNING)
    return job
