"""The one judge: what the evidence on a job comes to, condition by condition. Pure, three-valued.

What is not known gets no judgement: it is no success and no failure. Where nobody knows how the runs of a job
end, its product decides, else whether its log grows; where neither does, it is unproven.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from fedtui.model import Condition, Job, Judgement, Outcome, Result, Run, Severity, State, Verdict
from fedtui.verdicts.blocked import blocked_reason
from fedtui.verdicts.evidence import JobEvidence, ProductAge

GOOD = (Outcome.OK, Outcome.WARNINGS)
_KNOWN = (*GOOD, Outcome.FAILED)
_UNSEEN = (Outcome.UNKNOWN, Outcome.NEVER)
_ERRORS = (State.BAD_LINE, State.NOT_LOADED, State.OVERDUE)

NOBODY_KNOWS = (
    "nobody knows how its runs end, and neither a product nor its log tells; "
    "fedtui record writes the exit status down"
)

_End = tuple[datetime, Result]


def judge(evidence: JobEvidence, now: datetime) -> Verdict:
    """All conditions that the evidence decides, in the order in which they came about."""
    job = evidence.job
    standing = standing_of(job, evidence.runs)
    if job.state is State.PAUSED:
        return replace(standing, judgements=(), severity=None)
    ends = _known_ends(job, evidence.runs)
    good = max((at for at, result in ends if result.outcome in GOOD and at <= now), default=None)
    evidence = replace(evidence, good=max(filter(None, (good, _past(evidence.good, now))), default=None))
    found = (
        Judgement(Condition.GONE, False),
        Judgement(Condition.UNSEEN, False),
        *_of_state(job, evidence.runs),
        *_failures(ends, evidence, now),
        *_staleness(evidence, ends[-1][0] if ends else evidence.good, now),
    )
    known_until = ends[-1][0] if ends else None
    verdict = replace(standing, judgements=found, known_until=known_until, good=evidence.good)
    severity = Severity.WARNING if verdict.holds(Condition.STALE) else None
    return replace(verdict, severity=worst((standing.severity, severity)))


def standing_of(job: Job, runs: Sequence[Run]) -> Verdict:
    """The part of the verdict that takes no clock and no file: its state and its runs, oldest first."""
    result, at, since = _open_failure(job, runs)
    known = _known_ends(job, runs)
    ran = job.last_run is not None or bool(known)
    judgements = (
        *_of_state(job, runs),
        Judgement(Condition.FAILED, result is not None if known else None),
        Judgement(Condition.UNPROVEN, job.last_result.outcome is Outcome.UNKNOWN if ran else None),
    )
    errors = result is not None or job.state in _ERRORS
    severity = worst((Severity.ERROR if errors else None, job.last_result.severity))
    return Verdict(judgements, result, at, since, severity)


def _of_state(job: Job, runs: Sequence[Run]) -> Iterator[Judgement]:
    held = "" if job.state is State.SCHEDULER_DOWN else blocked_reason(job)
    yield Judgement(Condition.HELD, bool(held), held)
    yield Judgement(Condition.LATE, _is_late(job), job.state_reason if job.state is State.OVERDUE else "")
    unseen = job.last_run is None and job.last_result.outcome in _UNSEEN
    yield Judgement(Condition.NEVER_SEEN, unseen and not runs)


def _open_failure(job: Job, runs: Sequence[Run]) -> tuple[Result | None, datetime | None, int]:
    """The failure that no good run has followed, when it ended, and how many runs ended since."""
    ended = [(run, run.result) for run in reversed(runs) if run.result is not None]
    for since, (run, result) in enumerate(ended):
        if result.outcome in _KNOWN:
            failed = result.outcome is Outcome.FAILED
            return (result, run.end or run.start, since) if failed else (None, None, 0)
    if job.last_result.outcome is Outcome.FAILED:
        return job.last_result, job.last_run, 0
    return None, None, 0


def failures_in_a_row(runs: Sequence[Run]) -> int:
    """How many of the runs failed since one that is known not to have; unknown ends do not count."""
    count = 0
    for run in reversed(runs):
        outcome = run.result.outcome if run.result is not None else Outcome.UNKNOWN
        if outcome is Outcome.FAILED:
            count += 1
        elif outcome is not Outcome.UNKNOWN:
            break
    return count


def _is_late(job: Job) -> bool | None:
    """Whether a promised run did not begin; None where nothing promises one."""
    if job.state is State.OVERDUE:
        return True
    return False if job.next_run is not None or job.running else None


def worst(severities: Iterable[Severity | None]) -> Severity | None:
    """The gravest; None where there is none. Declared from the gravest on, an unknown end being a note."""
    order = list(Severity)
    return min((one for one in severities if one is not None), key=order.index, default=None)


def _past(at: datetime | None, now: datetime) -> datetime | None:
    """A remembered moment, unless the clock was set back since."""
    return at if at is not None and at <= now else None


def _known_ends(job: Job, runs: Sequence[Run]) -> list[_End]:
    """When runs ended of which it is known how, in the order of the runs."""
    ends = [(run.end or run.start, run.result) for run in runs if run.result is not None]
    if job.last_run is not None and not runs:
        ends.append((job.last_run, job.last_result))
    return [(at, result) for at, result in ends if result.outcome in _KNOWN]


def _failures(ends: list[_End], evidence: JobEvidence, now: datetime) -> Iterator[Judgement]:
    """Whether the last known end is a failure; and one since the last look, though a good run followed."""
    if not ends:
        return
    seen = _past(evidence.judged_until, now)
    new = [] if seen is None else [end for end in ends[:-1] if end[0] > seen]
    failed = [end for end in (*new, ends[-1]) if end[1].outcome is Outcome.FAILED]
    if failed:
        at, result = failed[-1]
        how = result.ending or (result.reasons[0] if result.reasons else "failed")
        more = f"; so did {len(failed) - 1} more since the last check" if len(failed) > 1 else ""
        yield Judgement(Condition.FAILED, True, f"its run that ended at {_at(at, now)} failed: {how}{more}")
    at, result = ends[-1]
    if result.outcome in GOOD:
        yield Judgement(Condition.FAILED, False, f"its run that ended at {_at(at, now)} ended well")


def _staleness(evidence: JobEvidence, known: datetime | None, now: datetime) -> Iterator[Judgement]:
    """Whether the job is stale; `known` is when its last run ended of which it is known how."""
    if evidence.limit is None:
        return  # it has no period: nothing was promised
    product = evidence.product
    if product is not None and product.fault:
        yield Judgement(Condition.UNPROVEN, True, product.fault)
    elif product is not None:
        yield _by_product(product, evidence, now)
        yield Judgement(Condition.UNPROVEN, False)
    elif known is None or _ran_since(evidence, known):
        yield from _unknown_ends(evidence, now)
    else:
        words = "its last run that ended well did so at"
        said = words if evidence.good is not None else "no run has ended well yet"
        yield _stale(evidence.good, said, evidence, now)
        yield Judgement(Condition.UNPROVEN, False)


def _by_product(product: ProductAge, evidence: JobEvidence, now: datetime) -> Judgement:
    """By the age of the product; a run that ended well and wrote it found nothing newer at its source.

    Where the user set the limit, the age of the data alone counts.
    """
    missing = f"its product {product.path} is not there, or empty"
    said = f"{product.what} {product.path} is from" if product.at is not None else missing
    found = _stale(product.at, said, evidence, now)
    good, limit = evidence.good, evidence.limit or 0.0
    quiet = product.at is not None and good is not None and _age(good, now) <= limit
    if not found.holds or evidence.own_limit or not quiet or good is None or product.at is None:
        return found
    if product.modified is None or _age(product.modified, now) > limit:
        return found
    old = _long(_age(product.at, now))
    words = f"ran well at {_at(good, now)}; the newest data is {old} old, its source has none newer"
    return Judgement(Condition.STALE, False, words)


def _ran_since(evidence: JobEvidence, known: datetime) -> bool:
    """Whether runs came after that moment which ended nobody knows how."""
    unknown = [run.start for run in evidence.runs if run.result and run.result.outcome is Outcome.UNKNOWN]
    last = evidence.job.last_run
    if last is not None and evidence.job.last_result.outcome is Outcome.UNKNOWN:
        unknown.append(last)
    return any(at > known for at in unknown)


def _unknown_ends(evidence: JobEvidence, now: datetime) -> Iterator[Judgement]:
    """Of a job whose runs end nobody knows how, and which renews nothing."""
    job, limit, log = evidence.job, evidence.limit or 0.0, evidence.log_grew
    ran = job.last_run
    if log is not None and _age(log, now) <= limit:
        yield Judgement(Condition.STALE, False, f"it wrote to its log at {_at(log, now)}")
        yield Judgement(Condition.UNPROVEN, False)
        return
    if (ran is not None and _age(ran, now) <= limit) or job.running:
        yield Judgement(Condition.STALE, False, "it was started")
        yield Judgement(Condition.UNPROVEN, True, NOBODY_KNOWS)
        return
    watched = evidence.starts_since is not None and _age(evidence.starts_since, now) >= limit
    if log is not None:
        yield _stale(log, "it has not been seen to run, and last wrote to its log at", evidence, now)
    elif watched:
        words = "cron's log names no start of it since" if ran is None else "cron last started it at"
        yield _stale(ran or evidence.starts_since, words, evidence, now)
    elif evidence.first_seen is not None and _age(evidence.first_seen, now) > limit:
        yield Judgement(Condition.UNPROVEN, True, NOBODY_KNOWS)


def _stale(newest: datetime | None, words: str, evidence: JobEvidence, now: datetime) -> Judgement:
    """Whether `newest` is older than the limit; where there is none yet, whether it is awaited for so long.

    While the job was paused nothing was promised.
    """
    limit = evidence.limit or 0.0
    since = max(filter(None, (newest or evidence.first_seen, _past(evidence.held, now))), default=None)
    if newest is not None:
        words = f"{words} {_at(newest, now)}, {_long(_age(newest, now))} ago"
    if since is None:
        return Judgement(Condition.STALE, None, words)
    over = _age(since, now) > limit
    if over:
        words += f"; more than {_long(limit)} is too old"
        running = evidence.job.running_since
        words += f"; it has been running since {_at(running, now)}" if running is not None else ""
    return Judgement(Condition.STALE, over, words)


def _age(at: datetime, now: datetime) -> float:
    return now.timestamp() - at.timestamp()


def _at(moment: datetime, now: datetime) -> str:
    """A moment in the reader's zone: the time of day, or date and time where it is another day."""
    local = moment.astimezone(now.tzinfo)
    return f"{local:%H:%M:%S}" if local.date() == now.date() else f"{local:%Y-%m-%d %H:%M}"


def _long(seconds: float) -> str:
    minutes = max(0.0, seconds) / 60
    if minutes < 100:
        return f"{minutes:.0f} min"
    hours = minutes / 60
    if hours == int(hours):
        return f"{hours:g} h"
    return f"{hours:.1f} h" if hours < 48 else f"{hours / 24:.1f} d"
