"""One picture out of many answers: merges what every source said into the snapshot of a machine.

Pure: the store calls it with the newest answer of each source. The rule that matters: a fact is taken
from the best provenance (an exit status outranks a sighting), and what no source saw stays unknown.

Runs are ordered by what the machine went through. A run that is stamped later than now began before the clock
was set back: it and all before it in its source's own order are older than what was seen since.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import replace
from datetime import datetime, timedelta
from types import MappingProxyType

from fedtui.crontab.command_field import log_text
from fedtui.history import lineage
from fedtui.history.run_provenance import (
    KNOWN,
    LOG_SIGHTING,
    ROUNDING,
    SIGHTING,
    STEP,
    as_stamped_ahead,
    better_trigger,
    knowledge,
    stamped_ahead,
)
from fedtui.logs.log_ownership import Ownership, of_sighting
from fedtui.model import (
    SET_BACK,
    Answer,
    CronStart,
    Job,
    JobRecord,
    Mark,
    Outcome,
    Problem,
    Result,
    Run,
    Scheduler,
    Snapshot,
    SourceName,
    State,
    Trigger,
    cron_jobs,
)
from fedtui.schedule.patterns import counted
from fedtui.schedule.upcoming import runs_of
from fedtui.sources.generated_timers import fold_generated
from fedtui.verdicts.judge import standing_of

RUNS_KEPT = 24

LOGGED = Result(Outcome.UNKNOWN, evidence=("start seen in cron's log",)).marked(Mark.NO_STATUS)

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
    loading = frozenset(loading)
    rows = [job for name, answer in answers.items() for job in _jobs_of(name, answer, known)]
    folded = fold_generated(rows, complete=_is_complete("system-timers", answers, loading))
    defined = folded.jobs
    starts = [start for answer in answers.values() for start in answer.starts]
    orders = [*(folded.runs(answer.runs) for answer in answers.values()), tuple(logged_runs(starts, defined))]
    records = [record for answer in answers.values() for record in answer.records]
    heirs = _heirs(defined, records, answers, loading)
    before = _set_back(orders, heirs, now)
    every: RunsByJob = _by_job(orders, before, now)
    if settle is not None:
        every = settle(defined, every)
    every = _with_heirs(every, heirs, before, now)
    runs = {job_id: found[-RUNS_KEPT:] for job_id, found in every.items()}
    shown = (with_runs(job, runs.get(job.id, ()), now) for job in defined)
    # By all known runs: a failure may lie behind many unknown ends.
    jobs = tuple(replace(job, standing=standing_of(job, every.get(job.id, ()))) for job in shown)
    return Snapshot(
        at=now,
        jobs=jobs,
        schedulers=_schedulers(answers.values()),
        problems=(
            *(problem for answer in answers.values() for problem in answer.problems),
            *_clock_problem(runs.values(), now),
        ),
        findings=known.findings,
        unrecorded=known.unrecorded,
        runs=MappingProxyType(runs),
        loading=loading,
        answered=MappingProxyType({n: answer.at for n, answer in answers.items() if answer.jobs is not None}),
        starts=tuple(starts),
        starts_since=next((a.starts_since for a in answers.values() if a.starts_since is not None), None),
        no_start_proofs=tuple(absence for answer in answers.values() for absence in answer.no_start_proofs),
        commented=tuple(line for answer in answers.values() for line in answer.commented),
        late=MappingProxyType({name: answer.late for name, answer in answers.items() if answer.late}),
        past_names=MappingProxyType({record.id: record.name for record in records}),
        heirs=MappingProxyType(heirs),
    )


def _is_complete(name: str, answers: Mapping[str, Answer], loading: frozenset[str]) -> bool:
    """Whether the source has told of every job it has."""
    answer = answers.get(name)
    return answer is not None and answer.jobs is not None and name not in loading and not answer.late


def _heirs(
    jobs: Sequence[Job],
    records: Sequence[JobRecord],
    answers: Mapping[str, Answer],
    loading: frozenset[str],
) -> dict[str, str]:
    """See `lineage.heirs`; a job may be gone where its source told everything and it is not there."""
    moves = [pair for answer in answers.values() for pair in answer.moves]
    if not records and not moves:
        return {}
    answered = {n: answer for n, answer in answers.items() if n not in loading and not answer.late}
    told = {
        name
        for name, answer in answered.items()
        if answer.jobs is not None and not any(problem.is_trouble for problem in answer.problems)
    }
    sources = {name.value for name in SourceName if name.read_by in told}
    return lineage.heirs(
        *(jobs, records, moves, lambda job_id: job_id.partition(":")[0] in sources),
        by_name=all(name.read_by in answered for name in SourceName),
    )


def _with_heirs(runs: RunsByJob, heirs: Mapping[str, str], before: Set[str], now: datetime) -> RunsByJob:
    """The runs with those of jobs that are gone among those of their heirs, each run once."""
    found = dict(runs)
    for old in heirs.keys() & runs.keys():
        whole = (*found.get(heirs[old], ()), *found.pop(old))
        found[heirs[old]] = _one_each(_seen(whole), before, now)
    return found


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
    """One per name; where two sources speak of the same daemon, a good one hides nothing of the other."""
    found: dict[str, Scheduler] = {}
    for answer in answers:
        for scheduler in answer.schedulers:
            best = found.get(scheduler.name)
            if best is None or scheduler.rank > best.rank:
                found[scheduler.name] = scheduler
    return tuple(found.values())


def _clock_problem(runs: Iterable[Sequence[Run]], now: datetime) -> Iterator[Problem]:
    """That the clock was set back, as long as stamps of before lie ahead."""
    ahead = sum(run.start > now + STEP for found in runs for run in found)
    if ahead:
        said = f"the clock was set back: {counted(ahead, 'run')} stamped later than now"
        yield Problem("clock", said, "jobs keep running; those runs count as older", "timedatectl", note=True)


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
            yield Run(run_id, found[0].id, start.at, start.at, LOGGED)


def _due_at(job: Job, moment: datetime) -> bool:
    """Whether the schedule has a run in the minute of `moment`."""
    minute = moment.replace(second=0, microsecond=0)
    run = next(runs_of(replace(job, next_run=minute), minute - timedelta(seconds=1)), None)
    return run is not None and run.timestamp() == minute.timestamp()


def _set_back(orders: Iterable[Sequence[Run]], heirs: Mapping[str, str], now: datetime) -> set[str]:
    """The ids of the runs from before the clock was set back. `orders`: see `_by_job`."""
    before: set[str] = set()
    for runs in orders:
        set_back: set[str] = set()
        for run in reversed(runs):
            job_id = heirs.get(run.job_id, run.job_id)
            if run.start > now + STEP or stamped_ahead(run):
                set_back.add(job_id)
            if job_id in set_back:
                before.add(run.id)
    return before


def _by_job(orders: Iterable[Sequence[Run]], before: Set[str], now: datetime) -> dict[str, tuple[Run, ...]]:
    """`orders` are the runs of each source in that source's own order."""
    by_job: dict[str, list[Run]] = {}
    for run in (run for runs in orders for run in runs):
        ahead = run.start > now + STEP
        by_job.setdefault(run.job_id, []).append(as_stamped_ahead(run) if ahead else run)
    return {job_id: _one_each(_seen(found), before, now) for job_id, found in by_job.items()}


def _seen(runs: Sequence[Run]) -> Sequence[Run]:
    """The runs that somebody saw, and the trace that an unseen one left, where it is newer than they are.

    A message of cron's may be of a run whose start was seen: it counts only where none of cron's was.
    """
    seen = [run for run in runs if run.trigger is not Trigger.UNKNOWN]
    if any(run.is_running for run in seen):
        return seen
    latest = max((run.end or run.start for run in seen if not stamped_ahead(run)), default=None)
    by_cron = any(run.trigger is Trigger.SCHEDULE for run in seen)
    return [
        run
        for run in runs
        if run.trigger is not Trigger.UNKNOWN
        or latest is None
        or (run.start > latest and (not by_cron or run.id.startswith(LOG_SIGHTING)))
    ]


def _one_each(runs: Sequence[Run], before: Set[str], now: datetime) -> tuple[Run, ...]:
    """Oldest first, several accounts of one run folded into one; those of `before` lie before the others."""
    known_as = {other: run.id for run in runs for other in run.also}
    by_id: dict[str, Run] = {}
    older: set[str] = set()
    for run in runs:
        name = known_as.get(run.id, run.id)
        by_id[name] = fold(by_id[name], run) if name in by_id else run
        if not before.isdisjoint((run.id, *run.also)):
            older.add(name)
    kept: list[Run] = []
    for old in (True, False):
        of_time: list[Run] = []
        mine = (run for name, run in by_id.items() if (name in older) is old)
        for run in sorted(mine, key=lambda one: one.start):
            place = _place(of_time, run)
            if place is None:
                of_time.append(run)
            else:
                of_time[place] = fold(of_time[place], run)
        kept += [run for run in of_time if of_sighting(run, of_time, now) is not Ownership.FOREIGN]
    return tuple(kept)


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
        marks = result.marks | (rest.result.marks & {Mark.SET_BACK, Mark.NO_STATUS})
        if result.ending:  # what one source did not see, another one did
            marks -= {Mark.NO_STATUS}
        duration = result.duration if result.duration is not None else rest.result.duration
        result = replace(result, evidence=evidence, duration=duration, marks=marks)
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
        0 if result is None else (result.duration is not None) + len(result.why),
    )


def _exact(run: Run) -> bool:
    return not run.id.startswith(SIGHTING)


def with_runs(job: Job, runs: Sequence[Run], now: datetime) -> Job:
    """`job` with its last run, result and running state as its runs tell them, oldest first.

    The source's own facts (a timer's service, say) count unless a run is newer. A last run that is stamped
    later than `now` has no time: only that it was before the clock was set back is known.
    """
    job = _with_newest(job, runs)
    ahead = any(run.start == job.last_run and stamped_ahead(run) for run in runs[-1:])
    if job.running_since is not None and job.running_since > now + STEP:
        job = replace(job, running_since=now)
    if job.last_run is None or (job.last_run <= now + STEP and not ahead):
        return job
    result = job.last_result
    said = replace(result, reasons=tuple(dict.fromkeys((*result.reasons, SET_BACK))))
    return replace(job, last_run=None, last_result=said)


def _with_newest(job: Job, runs: Sequence[Run]) -> Job:
    if not runs and job.running_since is None:
        return job
    finished = [run for run in runs if not run.is_running]
    going_on = [run for run in runs if run.is_running]
    newest = job.last_run is None and not job.unreadable  # else an old ok would stand for what is not known
    if finished and (newest or (job.last_run and _is_newer(finished[-1], job.last_run))):
        last = finished[-1]
        job = replace(job, last_run=last.start, last_result=last.result or job.last_result)
    if going_on and job.running_since is None:
        job = replace(job, running_since=going_on[-1].start)
    if job.running_since is not None and job.state is State.ON:
        job = replace(job, state=State.RUNNING)
    return job


def _is_newer(run: Run, last: datetime) -> bool:
    """Whether a run is none before `last`, the start of the last one that the job's own source knows."""
    return run.start >= last - ROUNDING and not (stamped_ahead(run) and run.start > last + ROUNDING)
