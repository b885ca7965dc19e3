"""From what the user typed to the job that is meant: an id, or a name that only one job has."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from fedtui.cli.incomplete import missing
from fedtui.cli.parser import UsageError
from fedtui.history.database import HistoryError
from fedtui.history.lineage import relatives
from fedtui.model import APART, Job, Snapshot
from fedtui.workspace import OWN_RUNS, SOURCES_OF, Workspace


class Unavailable(Exception):
    """What was asked for could not be looked at. Exit status 3."""


async def find_job(workspace: Workspace, key: str) -> Job:
    """The job called `key`. Raises UsageError for no such job or several of that name."""
    return (await find_jobs(workspace, (key,)))[0]


async def find_jobs(workspace: Workspace, keys: Sequence[str]) -> list[Job]:
    """The jobs called `keys`, each once. Raises like `find_job`.

    Ids tell their sources, and then only those are asked, unless a job may have been in another one before.
    """
    sources = {key.partition(":")[0] for key in keys}
    alone = sources <= set(SOURCES_OF) and _former_sources(workspace, keys) <= sources
    asked = tuple(sources) if alone else ()
    snapshot = await workspace.read(asked, later_runs=True)
    return list({job.id: job for job in (choose(snapshot, key) for key in keys)}.values())


def _former_sources(workspace: Workspace, keys: Sequence[str]) -> set[str]:
    """Where the jobs of these ids may have been before; whose runs theirs are takes a look at all sources."""
    with suppress(HistoryError):  # the source of runs reports it
        ids = relatives(keys, *workspace.ports.history.jobs())
        return {one.partition(":")[0] for one in ids} & set(SOURCES_OF)
    return set()


def _named(snapshot: Snapshot, key: str) -> list[Job]:
    job = snapshot.job(key)
    if job is not None:
        return [job]
    key = key.replace(" -> ", APART)
    named = [job for job in snapshot.jobs if key in (job.name, job.name.removesuffix(".timer"))]
    return named or [job for job in snapshot.jobs if key in job.aliases]


def choose(snapshot: Snapshot, key: str) -> Job:
    """The job of `snapshot` that `key` names."""
    named = _named(snapshot, key)
    if len(named) == 1:
        return named[0]
    if named:
        listed = "".join(f"\n  {job.id}  {job.name}  {job.schedule}  {job.location}" for job in named)
        raise UsageError(f"{key!r} names {len(named)} jobs; use one of these ids or names:{listed}")
    unread = [problem.message for problem in missing(snapshot) if problem.source != OWN_RUNS]
    if unread:
        details = " ".join(unread)
        raise Unavailable(f"No job {key!r} was found, but not every source could be read: {details}")
    raise UsageError(f"there is no job {key!r}; `fedtui list` prints the ids and names")
