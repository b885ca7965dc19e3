"""What tells how a job does, beside its runs: its period, its product's age, its log's growth. Blocking.

Facts only; what they come to is for `problems` to say.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from fedtui.model import Job, Run
from fedtui.runs.data_age import ENDING, newest_data
from fedtui.schedule.period import PERIODS
from fedtui.watching.grace import grace


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
class JobSignals:
    """All that is known of one job. `limit` is the age in seconds from which on it is stale.

    `log_grew` is when its log was last written, None where it has none or that is not known. From
    `starts_since` on every start of cron's is known; None where unknown.
    """

    job: Job
    runs: tuple[Run, ...] = ()
    period: float | None = None
    limit: float | None = None
    product: ProductAge | None = None
    log_grew: datetime | None = None
    starts_since: datetime | None = None


def limit_of(job: Job, period: float | None) -> float | None:
    """From which age on, in seconds, the job is stale: PERIODS, and never less than one late run takes."""
    return None if period is None else max(PERIODS * period, period + grace(job).total_seconds())


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
