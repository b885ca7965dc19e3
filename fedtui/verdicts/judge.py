"""The one judge: what the evidence on a job comes to, condition by condition. Pure, three-valued.

What is not known gets no judgement: it is no success and no failure. Where nobody knows how the runs of a job
end, its product decides, else whether its log grows; where neither does, it is unproven.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from fedtui.history.run_provenance import ROUNDING, stamped_ahead
from fedtui.model import (
    NOT_JUDGED,
    Condition,
    Job,
    Judgement,
    Outcome,
    ProductAge,
    Result,
    Run,
    Severity,
    Standing,
    State,
)
from fedtui.verdicts.blocked import blocked_reason
from fedtui.verdicts.evidence import JobEvidence

GOOD = (Outcome.OK, Outcome.WARNINGS)
"""How a run ends that ended well; what it printed may say otherwise (`Result.good`)."""

_KNOWN = (*GOOD, Outcome.FAILED)
_ERRORS = (State.BAD_LINE, State.NOT_LOADED)
"""What the sources say of a job; that it is overdue shows later (`watching.overdue_tracker`)."""

NOBODY_KNOWS = (
    "nobody knows how its runs end, and neither a product nor its log tells; "
    "fedtui record writes the exit status down"
)


class _End(NamedTuple):
    """One run that ended. `ahead`: the clock was set back since, so its times compare with no later ones."""

    start: datetime
    at: datetime
    result: Result
    ahead: bool = False


def standing_of(job: Job, runs: Sequence[Run]) -> Standing:
    """What takes no clock and no file: by the job's state and its runs, in their true order, oldest first."""
    ends = _ends(job, runs)
    known = [end for end in ends if end.result.outcome in _KNOWN]
    good = [end for end in known if end.result.outcome in GOOD]
    clean = [end for end in good if end.result.good]
    failed = _open_failure(known)
    since = 0 if failed is None else len(ends) - 1 - ends.index(failed)
    result = failed.result if failed is not None else None
    if not ends and job.last_result.outcome is Outcome.FAILED:
        result = job.last_result  # nobody knows when
    errors = result is not None or job.state in _ERRORS
    return Standing(
        result,
        failed.at if failed is not None else None,
        since,
        known[-1].at if known else None,
        good[-1].at if good else None,
        worst((Severity.ERROR if errors else None, job.last_result.severity)),
        clean[-1].at if clean else None,
    )


def known_standing(job: Job, runs: Sequence[Run]) -> Standing:
    """The job's standing as it was merged, by more runs than a snapshot keeps; else by `runs`."""
    return job.standing if job.standing is not NOT_JUDGED else standing_of(job, runs)


def _ends(job: Job, runs: Sequence[Run]) -> list[_End]:
    """The runs that ended, and what the job's own scheduler says of a later one of which no run is known."""
    ends = [
        _End(run.start, run.end or run.start, run.result, stamped_ahead(run)) for run in runs if run.result
    ]
    last = job.last_run
    if last is None or (job.running_since is not None and last >= job.running_since - ROUNDING):
        return ends  # how the run in progress ends nobody knows
    if not ends or (last > ends[-1].start + ROUNDING and not ends[-1].ahead):
        ends.append(_End(last, last, job.last_result))
    return ends


def _open_failure(known: Sequence[_End]) -> _End | None:
    """The last failure after whose end no run began that is known to be good."""
    for place in range(len(known) - 1, -1, -1):
        failure = known[place]
        if failure.result.outcome is not Outcome.FAILED:
            continue
        later = (end for end in reversed(known[place + 1 :]) if end.result.good)
        if not any(failure.ahead or end.ahead or end.start >= failure.at for end in later):
            return failure
    return None


def failures_in_a_row(runs: Sequence[Run]) -> int:
    """How many runs failed since the last one known to be good; other ends do not count."""
    count = 0
    for run in reversed(runs):
        result = run.result or Result(Outcome.UNKNOWN)
        if result.good:
            break
        count += result.outcome is Outcome.FAILED
    return count


def worst(severities: Iterable[Severity | None]) -> Severity | None:
    """The gravest; None where there is none. Declared from the gravest on, an unknown end being a note."""
    order = list(Severity)
    return min((one for one in severities if one is not None), key=order.index, default=None)


def judge(evidence: JobEvidence, now: datetime) -> tuple[Judgement, ...]:
    """All conditions that the evidence decides, in the order in which they came about; none while paused."""
    job = evidence.job
    if job.state is State.PAUSED:
        return ()
    off = job.state is State.OFF
    standing = known_standing(job, evidence.runs)
    good = max(filter(None, (_past(standing.good, now), _past(evidence.good, now))), default=None)
    evidence = replace(evidence, good=good)
    looked = job.state not in (State.UNREACHABLE, State.SCHEDULER_DOWN)
    held = blocked_reason(job) if looked else ""
    return (
        Judgement(Condition.GONE, False),
        Judgement(Condition.UNSEEN, False),
        Judgement(Condition.HELD, bool(held) if looked else None, held),
        Judgement(Condition.LATE, _is_late(evidence), job.state_reason if job.state is State.OVERDUE else ""),
        Judgement(Condition.NEVER_SEEN, job.last_run is None and not evidence.runs),
        *_failures(standing, evidence, now),
        *(() if off else _staleness(evidence, standing.known_until or good, now)),
    )


def holds(judgements: Iterable[Judgement], condition: Condition) -> Judgement:
    """What is judged of a condition last."""
    unknown = Judgement(condition, None)
    return next((one for one in reversed(tuple(judgements)) if one.condition is condition), unknown)


def _is_late(evidence: JobEvidence) -> bool | None:
    """Whether a promised run did not begin. Only a start says that it is not so any more."""
    job, since = evidence.job, evidence.late_since
    if job.state is State.OVERDUE:
        return True
    started = since is not None and job.last_run is not None and job.last_run > since
    return False if started or job.running else None


def _past(at: datetime | None, now: datetime) -> datetime | None:
    """A remembered moment, unless the clock was set back since."""
    return at if at is not None and at <= now else None


def _failures(standing: Standing, evidence: JobEvidence, now: datetime) -> Iterator[Judgement]:
    """Whether a failure is open; and one since the last look, though a good run followed."""
    seen = _past(evidence.judged_until, now)
    failed = [end for end in _ends(evidence.job, evidence.runs) if end.result.outcome is Outcome.FAILED]
    new = [] if seen is None else [end for end in failed if seen < end.at != standing.failed_at]
    if standing.failed is not None:
        words = _failure_words(standing.failed_at, standing.failed, len(new), now)
        yield Judgement(Condition.FAILED, True, words)
    elif new:
        words = _failure_words(new[-1].at, new[-1].result, len(new) - 1, now)
        yield Judgement(Condition.FAILED, True, words)
    if standing.failed is None and standing.clean is not None:
        at = _at(standing.clean, now)
        yield Judgement(Condition.FAILED, False, f"its run that ended at {at} ended well")


def _failure_words(at: datetime | None, result: Result, more: int, now: datetime) -> str:
    when = f" that ended at {_at(at, now)}" if at is not None else ""
    how = ": ".join(filter(None, (result.ending, *result.why[:1]))) or "failed"
    also = f"; so did {more} more since the last check" if more else ""
    return f"its run{when} failed: {how}{also}"


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
        stale = _stale(evidence.good, said, evidence, now)
        unpromised = evidence.first_seen is None and evidence.was_due is False
        yield replace(stale, holds=None) if stale.holds and unpromised else stale
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
    quiet = quiet and not evidence.job.last_result.errors  # it may not have reached its source
    if not found.holds or evidence.own_limit or not quiet or good is None or product.at is None:
        return found
    if product.modified is None or _age(product.modified, now) > limit:
        return found
    old = _long(_age(product.at, now))
    words = f"ran well at {_at(good, now)}; the newest data is {old} old, its source has none newer"
    return Judgement(Condition.STALE, False, words)


def _ran_since(evidence: JobEvidence, known: datetime) -> bool:
    """Whether runs came after that moment which ended nobody knows how."""
    ends = _ends(evidence.job, evidence.runs)
    return any(end.start > known for end in ends if end.result.outcome is Outcome.UNKNOWN)


def _unknown_ends(evidence: JobEvidence, now: datetime) -> Iterator[Judgement]:
    """Of a job whose runs end nobody knows how, and which renews nothing."""
    job, limit, log = evidence.job, evidence.limit or 0.0, evidence.log_grew
    ran = job.running_since or job.last_run
    if log is not None and _age(log, now) <= limit:
        yield Judgement(Condition.STALE, False, f"it wrote to its log at {_at(log, now)}")
        errors = bool(job.last_result.errors)
        words = (
            f"its log shows {job.last_result.trouble}, and nobody knows how its runs end" if errors else ""
        )
        yield Judgement(Condition.UNPROVEN, errors, words)
        return
    if ran is not None and _age(ran, now) <= limit:
        yield Judgement(Condition.STALE, False, "it was started")
        yield Judgement(Condition.UNPROVEN, True, NOBODY_KNOWS)
        return
    watched = evidence.starts_since is not None and _age(evidence.starts_since, now) >= limit
    # Without a memory a line may be new, or was paused until a moment ago, and nothing was due since.
    promised = evidence.first_seen is not None or bool(evidence.was_due)
    if job.running:
        yield _stale(ran, "it was started at", evidence, now)
    elif promised and not evidence.slept and log is not None:
        yield _stale(log, "it has not been seen to run, and last wrote to its log at", evidence, now)
    elif promised and not evidence.slept and watched:
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
