"""What tells how a job does, beside its runs: its period, its product's age, its log's growth. Blocking.

Facts only; what they come to is `alert_verdicts`' to say.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise
from pathlib import Path

from fedtui.model import Job, Run
from fedtui.schedule.upcoming import runs_of
from fedtui.sources.freshness import ENDING, newest_data
from fedtui.watching.grace import grace

MOST_RUNS = 4000
HORIZON = timedelta(days=800)
"""How far the largest gap between two runs is looked for: a week of a job that runs each working minute."""

_REPEATS = ("OnUnitActiveSec", "OnUnitInactiveSec")


@dataclass(frozen=True, slots=True)
class ProductAge:
    """A job's product: when its newest data, or the file, is from. `fault` is why that is not known.

    `at` is None with an empty `fault` where there is no such file, or nothing in it. `what` is what its path
    follows in a sentence: "its product", "the newest data in".
    """

    path: str
    at: datetime | None
    fault: str = ""
    what: str = "its product"


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that is known of one job. `limit` is the age in seconds from which on it is stale.

    `log_grew` is when its log was last written, None where it has none or that is not known. From
    `starts_since` on every start of cron's is known; None where that cannot be told.
    """

    job: Job
    runs: tuple[Run, ...] = ()
    period: float | None = None
    limit: float | None = None
    product: ProductAge | None = None
    log_grew: datetime | None = None
    starts_since: datetime | None = None


def period_of(job: Job, now: datetime) -> float | None:
    """The largest gap between two runs of the job by its schedule, in seconds; None where there is none.

    Also of a job that promises no run at the moment, since its scheduler is down, say.
    """
    repeats = [seconds for name, seconds in job.timer.monotonic if name in _REPEATS] if job.timer else []
    if job.timer is not None and not job.timer.calendar:
        return max(repeats, default=None)
    promised = job if job.next_run is not None or job.cron is None else replace(job, next_run=now)
    until = (now + HORIZON).timestamp()
    stamps = (run.timestamp() for run in islice(runs_of(promised, now), MOST_RUNS))
    gaps: list[float] = []
    for earlier, later in pairwise(stamps):
        gaps.append(later - earlier)
        if later > until:
            break
    return max(gaps, default=None)


def limit_of(job: Job, period: float | None) -> float | None:
    """From which age on the job is stale: twice its period, and never less than one late run takes."""
    return None if period is None else max(2 * period, period + grace(job).total_seconds())


def product_age(path: str, now: datetime, notes: Path | None) -> ProductAge:
    """The age of what the job renews: of its newest data where its lines say so, else of the file.

    `now` is in the zone of timestamps without one; `notes` as `freshness.newest_data` has them.
    """
    try:
        if Path(path).suffix != ENDING:
            facts = Path(path).stat()
            at = datetime.fromtimestamp(facts.st_mtime, UTC) if facts.st_size else None
            return ProductAge(path, at)
        found = newest_data(Path(path), now, now.tzinfo or UTC, notes)
    except (FileNotFoundError, NotADirectoryError):
        return ProductAge(path, None)
    except OSError as error:
        return ProductAge(path, None, f"{path} cannot be looked at: {error.strerror}")
    if found.lines and found.newest is None:
        return ProductAge(path, None, f"no line of {path} has a timestamp that can be read")
    return ProductAge(path, found.newest, what="the newest data in")


def log_grew(path: str | None) -> datetime | None:
    """When the log was last written; None where there is none, it is empty, or that cannot be seen."""
    if path is None:
        return None
    try:
        facts = Path(path).stat()
    except (OSError, ValueError):  # not there, not to be seen, or no path at all
        return None
    return datetime.fromtimestamp(facts.st_mtime, UTC) if facts.st_size else None
