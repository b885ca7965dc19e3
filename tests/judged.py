"""Jobs and snapshots with their verdicts, for tests that make them without `merging.merge`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from fedtui.model import Job, Run, Snapshot
from fedtui.verdicts.judge import standing_of


def judged(job: Job, runs: Sequence[Run] = ()) -> Job:
    """The job with its verdict."""
    return replace(job, verdict=standing_of(job, runs))


def judged_snapshot(snapshot: Snapshot) -> Snapshot:
    """The snapshot with all its jobs judged."""
    return replace(snapshot, jobs=tuple(judged(job, snapshot.runs.get(job.id, ())) for job in snapshot.jobs))
