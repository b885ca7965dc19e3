"""What the signs of a job come to: failed, stale, held back, gone, or unknown. Pure.

Unknown is no success and no failure. Where nobody knows how the runs of a job end, its product decides, else
whether its log grows; where neither does, "unknown" is reported, once.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from fedtui.federation.alerts.signals import JobSignals
from fedtui.history.alert_memory import Subject
from fedtui.model import Outcome, Result, State
from fedtui.watching.grace import blocked_reason


class ProblemKind(StrEnum):
    """The kinds of problems; a job has at most one of each."""

    FAILED = "failed"
    STALE = "stale"
    HELD = "held"
    GONE = "gone"
    UNSEEN = "unseen"
    UNPROVEN = "unproven"
    DOWN = "down"


@dataclass(frozen=True, slots=True)
class ProblemVerdict:
    """Whether a problem of that kind holds, with words for it where they add to it.

    What is not known gives no verdict.
    """

    kind: ProblemKind
    holds: bool
    words: str


_GOOD = (Outcome.OK, Outcome.WARNINGS)
_KNOWN = (*_GOOD, Outcome.FAILED)


def judge_problems(
    evidence: JobSignals, before: Subject, now: datetime
) -> tuple[tuple[ProblemVerdict, ...], Subject]:
    """The verdicts in the order in which they came about, and what is to be remembered of the job."""
    job = evidence.job
    if job.state is State.PAUSED:
        return (), replace(before, name=job.name, held=now, hidden=0)
    ends = _ends(evidence, now)
    good = max((at for at, result in ends if result.outcome in _GOOD), default=None)
    after = replace(
        before,
        name=job.name,
        hidden=0,
        seen=ends[-1][0] if ends else before.seen,
        good=max(filter(None, (good, _past(before.good, now))), default=None),
        period=evidence.period if evidence.period is not None else before.period,
    )
    found = [
        ProblemVerdict(ProblemKind.GONE, False, ""),
        ProblemVerdict(ProblemKind.UNSEEN, False, ""),
        _held(evidence),
        *_failures(ends, before, now),
        *_staleness(evidence, after, ends[-1][0] if ends else after.good, now),
    ]
    return tuple(found), after


def _past(at: datetime | None, now: datetime) -> datetime | None:
    """A remembered moment, unless the clock was set back since."""
    return at if at is not None and at <= now else None


def _held(evidence: JobSignals) -> ProblemVerdict:
    words = "" if evidence.job.state is State.SCHEDULER_DOWN else blocked_reason(evidence.job)
    return ProblemVerdict(ProblemKind.HELD, bool(words), words)


def _ends(evidence: JobSignals, now: datetime) -> list[tuple[datetime, Result]]:
    """When runs ended of which it is known how, oldest first."""
    job = evidence.job
    ends = [(run.end or run.start, run.result) for run in evidence.runs if run.result is not None]
    if job.last_run is not None and not evidence.runs:
        ends.append((job.last_run, job.last_result))
    known = [(at, result) for at, result in ends if result.outcome in _KNOWN and at <= now]
    return sorted(known, key=lambda end: end[0].timestamp())


def _failures(
    ends: list[tuple[datetime, Result]], before: Subject, now: datetime
) -> Iterator[ProblemVerdict]:
    """Whether the last run failed; and a failure between two looks, though a good run followed."""
    if not ends:
        return
    seen = _past(before.seen, now)
    new = [] if seen is None else [end for end in ends[:-1] if end[0] > seen]
    failed = [end for end in (*new, ends[-1]) if end[1].outcome is Outcome.FAILED]
    if failed:
        at, result = failed[-1]
        how = result.ending or (result.reasons[0] if result.reasons else "failed")
        more = f"; so did {len(failed) - 1} more since the last check" if len(failed) > 1 else ""
        yield ProblemVerdict(
            ProblemKind.FAILED, True, f"its run that ended at {_at(at, now)} failed: {how}{more}"
        )
    at, result = ends[-1]
    if result.outcome in _GOOD:
        yield ProblemVerdict(ProblemKind.FAILED, False, f"its run that ended at {_at(at, now)} ended well")


def _staleness(
    evidence: JobSignals, subject: Subject, known: datetime | None, now: datetime
) -> Iterator[ProblemVerdict]:
    """Whether the job is stale; `known` is when its last run ended of which it is known how."""
    if evidence.limit is None:
        return  # it has no period: nothing was promised
    product = evidence.product
    if product is not None and product.fault:
        yield ProblemVerdict(ProblemKind.UNPROVEN, True, product.fault)
    elif product is not None:
        missing = f"its product {product.path} is not there, or empty"
        said = f"{product.what} {product.path} is from" if product.at is not None else missing
        yield _stale(product.at, said, evidence, subject, now)
        yield ProblemVerdict(ProblemKind.UNPROVEN, False, "")
    elif known is None or _ran_since(evidence, known):
        yield from _unknown_ends(evidence, subject, now)
    else:
        words = "its last run that ended well did so at"
        said = words if subject.good is not None else "no run has ended well yet"
        yield _stale(subject.good, said, evidence, subject, now)
        yield ProblemVerdict(ProblemKind.UNPROVEN, False, "")


def _ran_since(evidence: JobSignals, known: datetime) -> bool:
    """Whether runs came after that moment which ended nobody knows how."""
    unknown = [run.start for run in evidence.runs if run.result and run.result.outcome is Outcome.UNKNOWN]
    last = evidence.job.last_run
    if last is not None and evidence.job.last_result.outcome is Outcome.UNKNOWN:
        unknown.append(last)
    return any(at > known for at in unknown)


def _unknown_ends(evidence: JobSignals, subject: Subject, now: datetime) -> Iterator[ProblemVerdict]:
    """Of a job whose runs end nobody knows how, and which renews nothing."""
    job, limit, log = evidence.job, evidence.limit or 0.0, evidence.log_grew
    ran = job.last_run
    if log is not None and _age(log, now) <= limit:
        yield ProblemVerdict(ProblemKind.STALE, False, f"it wrote to its log at {_at(log, now)}")
        yield ProblemVerdict(ProblemKind.UNPROVEN, False, "")
        return
    if (ran is not None and _age(ran, now) <= limit) or job.running:
        yield ProblemVerdict(ProblemKind.STALE, False, "it was started")
        yield ProblemVerdict(ProblemKind.UNPROVEN, True, _NOBODY_KNOWS)
        return
    watched = evidence.starts_since is not None and _age(evidence.starts_since, now) >= limit
    if log is not None:
        yield _stale(log, "it has not been seen to run, and last wrote to its log at", evidence, subject, now)
    elif watched and job.cron is not None:
        words = "cron's log names no start of it since" if ran is None else "cron last started it at"
        yield _stale(ran or evidence.starts_since, words, evidence, subject, now)
    elif _age(subject.since, now) > limit:
        yield ProblemVerdict(ProblemKind.UNPROVEN, True, _NOBODY_KNOWS)


_NOBODY_KNOWS = (
    "nobody knows how its runs end, and neither a product nor its log tells; "
    "fedtui record writes the exit status down"
)


def _stale(
    newest: datetime | None, words: str, evidence: JobSignals, subject: Subject, now: datetime
) -> ProblemVerdict:
    """Whether `newest` is older than the limit; where there is none yet, whether it is awaited for so long.

    While it was paused nothing was promised.
    """
    limit = evidence.limit or 0.0
    counted = max(filter(None, (newest or subject.since, _past(subject.held, now))))
    if newest is not None:
        words = f"{words} {_at(newest, now)}, {_long(_age(newest, now))} ago"
    over = _age(counted, now) > limit
    if over:
        words += f"; more than {_long(limit)} is too old"
        since = evidence.job.running_since
        words += f"; it has been running since {_at(since, now)}" if since is not None else ""
    return ProblemVerdict(ProblemKind.STALE, over, words)


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
