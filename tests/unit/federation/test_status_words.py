"""What `setup --status` says of the data that a job should renew."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from fedtui.federation.backends.placement import InstalledJob
from fedtui.federation.setup.rollout import rollout_stage
from fedtui.federation.setup.status import JobStatus, PackStatus
from fedtui.model import CronFacts, Job, Location, ProductAge, SourceName
from fedtui.pack import Pack
from fedtui.presentation.federation_status import status_lines

NOW = datetime(2026, 11, 24, 14, 5, tzinfo=UTC)
PACK = Pack("/srv", "conservative", "cron", "/srv/logs", "2026-11-20", scripts={"sync": "/srv/sync.sh"})
ROW = Job(
    "crontab:1",
    "sync",
    SourceName.CRONTAB,
    "fed",
    "0 * * * *",
    "hourly at :00",
    Location("crontab", 1),
    CronFacts("crontab", b"", b"true"),
)
PLACED = InstalledJob("sync", "crontab:1", "sync", "0 * * * *", "0 * * * *", False, False, "crontab of fed")


def said(data: ProductAge | None, stale: bool | None = None) -> str:
    """The line of the data."""
    job = JobStatus(
        "sync",
        "sync",
        "cron",
        PLACED,
        ROW,
        product="/srv/x.jsonl",
        data=data,
        fresh_for=7200.0,
        stale=stale,
    )
    lines = status_lines(PackStatus(PACK, (job,), rollout_stage(PACK, (), NOW)), NOW)
    return next(line for line in lines if line.startswith("  data")).removeprefix("  data      ")


@pytest.mark.parametrize(
    ("newest", "broken", "stale", "words"),
    [
        (NOW - timedelta(minutes=10), 0, False, "newest 13:55, 10 min old, ✓ fresh"),
        (
            NOW - timedelta(hours=3),
            2,
            True,
            "newest 11:05, 3 h old, ✗ stale: at most 2 h; 2 of 4 lines broken",
        ),
        (None, 0, False, "newest 14:00, 5 min old, ✓ fresh; by the file's time"),
        (None, 0, None, "newest 14:00, 5 min old; by the file's time"),
    ],
)
def test_how_new_the_data_is(newest: datetime | None, broken: int, stale: bool | None, words: str) -> None:
    written = NOW - timedelta(minutes=5)
    assert said(ProductAge("/srv/x.jsonl", newest, modified=written, lines=4, broken=broken), stale) == words


def test_data_that_cannot_be_read_is_not_called_fresh() -> None:
    assert said(None) == "/srv/x.jsonl: not there, or not readable"


def test_a_job_that_was_moved_is_named_at_the_top_too() -> None:
    jobs = [JobStatus("sync", "sync", backend, PLACED, ROW) for backend in ("cron", "user")]
    first = next(iter(status_lines(PackStatus(PACK, tuple(jobs), rollout_stage(PACK, (), NOW)), NOW)))
    assert first == "profile conservative on cron and user timers, set up on 2026-11-20, exit codes recorded"
    status = PackStatus(replace(PACK, record=False), tuple(jobs), rollout_stage(PACK, (), NOW))
    assert next(iter(status_lines(status, NOW))).endswith(", exit codes not recorded")
