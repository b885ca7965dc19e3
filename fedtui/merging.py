"""One picture out of many answers: merges what every source said into the snapshot of a machine.

Pure: the store calls it with the newest answer of each source. The rule that matters: a fact is taken
from the best witness (an exit status outranks a sighting), and what no witness saw stays unknown.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from types import MappingProxyType

from fedtui.model import Answer, Job, Outcome, Problem, Run, Scheduler, Snapshot, State

RUNS_KEPT = 24

SAME_RUN = timedelta(seconds=20)
"""Two sightings of one job that start this close together are one run: cron starts a job once a minute."""


def merge(
    answers: Mapping[str, Answer], known: Snapshot, now: datetime, loading: Iterable[str] = ()
) -> Snapshot:
    """The snapshot that `answers` (by source name, in display order) add up to.

    A source that could not tell (`jobs` is None) keeps its rows of `known`, as unreachable.
    """
    runs = _merge_runs(answers.values())
    jobs = tuple(
        with_runs(job, runs.get(job.id, ()), now)
        for name, answer in answers.items()
        for job in _jobs_of(name, answer, known)
    )
    return Snapshot(
        at=now,
        jobs=jobs,
        schedulers=_schedulers(answers.values()),
        problems=_problems(answers.values()),
        findings=known.findings,
        runs=MappingProxyType(runs),
        loading=frozenset(loading),
    )


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
        if source_of(job) == name
    )


def source_of(job: Job) -> str:
    """The name of the source that a job's rows come from."""
    if job.source.is_timer:
        return job.source.value + "s"
    return "crontab" if job.source.value == "crontab" else "system-tables"


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


def _merge_runs(answers: Iterable[Answer]) -> dict[str, tuple[Run, ...]]:
    by_job: dict[str, list[Run]] = {}
    for answer in answers:
        for run in answer.runs:
            by_job.setdefault(run.job_id, []).append(run)
    return {job_id: _one_each(found)[-RUNS_KEPT:] for job_id, found in by_job.items()}


def _one_each(runs: Sequence[Run]) -> tuple[Run, ...]:
    """Oldest first, several sightings of one run folded into one."""
    kept: list[Run] = []
    for run in sorted(runs, key=lambda one: one.start):
        if kept and _same(kept[-1], run):
            kept[-1] = _fold(kept[-1], run)
        else:
            kept.append(run)
    return tuple(kept)


def _same(one: Run, other: Run) -> bool:
    if one.id == other.id:
        return True
    both_known = _knows(one) and _knows(other)
    return not both_known and one.trigger is other.trigger and other.start - one.start <= SAME_RUN


def _knows(run: Run) -> bool:
    return run.result is not None and run.result.outcome is not Outcome.UNKNOWN


def _fold(one: Run, other: Run) -> Run:
    """The sighting that knows more, with the evidence of both."""
    best, rest = (other, one) if _knows(other) and not _knows(one) else (one, other)
    end = best.end or rest.end
    result = best.result or rest.result
    if result is not None and rest.result is not None:
        evidence = tuple(dict.fromkeys((*result.evidence, *rest.result.evidence)))
        result = replace(result, evidence=evidence, duration=result.duration or rest.result.duration)
    return replace(best, end=end, result=result, output=best.output or rest.output)


def with_runs(job: Job, runs: Sequence[Run], now: datetime) -> Job:
    """`job` with its last run, result and running state as its runs tell them.

    The source's own facts (a timer's service, say) stand unless a run is newer.
    """
    finished = [run for run in runs if run.end is not None or run.result is not None]
    going_on = [run for run in runs if run.end is None and run.result is None]
    if finished and (job.last_run is None or finished[-1].start >= job.last_run):
        last = finished[-1]
        job = replace(job, last_run=last.start, last_result=last.result or job.last_result)
    if going_on and job.running_since is None:
        job = replace(job, running_since=going_on[-1].start)
    if job.running_since is not None and job.state is State.ON:
        job = replace(job, state=State.RUNNING)
    return job
