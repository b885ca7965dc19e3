"""From what the user typed to the job that is meant: an id, or a name that only one job has."""

from __future__ import annotations

from collections.abc import Sequence

from fedtui.cli.parser import UsageError
from fedtui.model import Job, Snapshot
from fedtui.workspace import OWN_RUNS, SOURCES_OF, Workspace


class Unavailable(Exception):
    """What was asked for could not be looked at. Exit status 3."""


async def find_job(workspace: Workspace, key: str) -> Job:
    """The job called `key`. Raises UsageError for no such job or several of that name.

    An id tells its source, and then only that source is asked.
    """
    source = key.partition(":")[0]
    snapshot = await workspace.read((source,) if source in SOURCES_OF else ())
    return choose(snapshot, key)


async def find_jobs(workspace: Workspace, keys: Sequence[str]) -> list[Job]:
    """The jobs called `keys`, each once. Raises like `find_job`."""
    sources = {key.partition(":")[0] for key in keys}
    snapshot = await workspace.read(tuple(sources) if sources <= set(SOURCES_OF) else ())
    return list({job.id: job for job in (choose(snapshot, key) for key in keys)}.values())


def choose(snapshot: Snapshot, key: str) -> Job:
    """The job of `snapshot` that `key` names."""
    job = snapshot.job(key)
    if job is not None:
        return job
    named = [job for job in snapshot.jobs if key in (job.name, job.name.removesuffix(".timer"))]
    if len(named) == 1:
        return named[0]
    if named:
        ids = ", ".join(job.id for job in named)
        raise UsageError(f"{key!r} names {len(named)} jobs; use one of these ids: {ids}")
    unread = [problem.message for problem in snapshot.troubles if problem.source != OWN_RUNS]
    if unread:
        details = " ".join(unread)
        raise Unavailable(f"No job {key!r} was found, but not every source could be read: {details}")
    raise UsageError(f"there is no job {key!r}; `fedtui list` prints the ids and names")
