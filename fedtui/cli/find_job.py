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
    """The job called `key` now or before a change: for verbs that change nothing.

    Raises UsageError for no such job or several of that name.
    """
    return (await find_jobs(workspace, (key,), former=True))[0]


async def find_jobs(workspace: Workspace, keys: Sequence[str], *, former: bool = False) -> list[Job]:
    """The jobs called `keys`, each once, with `former` also by former names. Raises like `find_job`.

    Ids tell their sources, and then only those are asked, unless a job may have been in another one before.
    """
    sources = {key.partition(":")[0] for key in keys}
    alone = sources <= set(SOURCES_OF) and _former_sources(workspace, keys) <= sources
    asked = tuple(sources) if alone else ()
    snapshot = await workspace.read(asked, later_runs=True)
    found = [
        choose(
            snapshot, key, () if _named(snapshot, key) else _formerly(workspace, snapshot, key), former=former
        )
        for key in keys
    ]
    return list({job.id: job for job in found}.values())


def _formerly(workspace: Workspace, snapshot: Snapshot, key: str) -> list[Job]:
    """The jobs that had the name or id `key` before they were converted or edited, or were moved by hand."""
    names = [*snapshot.past_names.items(), *((old, old.partition(":")[2]) for old in snapshot.heirs)]
    with suppress(HistoryError):
        names += [(step.job_id, step.job_name) for step in workspace.ports.history.undo_steps()]
    key = key.replace(" -> ", APART)
    ids = {
        snapshot.heirs.get(old, old) for old, name in names if key in (old, name, name.removesuffix(".timer"))
    }
    return [job for job in snapshot.jobs if job.id in ids]


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


def choose(snapshot: Snapshot, key: str, formerly: Sequence[Job] = (), *, former: bool = False) -> Job:
    """The job of `snapshot` that `key` names, or with `former` the one of `formerly`, who had that name."""
    named = _named(snapshot, key) or (formerly if former else ())
    if len(named) == 1:
        return named[0]
    if named:
        listed = "".join(f"\n  {job.id}  {job.name}  {job.schedule}  {job.location}" for job in named)
        raise UsageError(f"{key!r} names {len(named)} jobs; use one of these ids or names:{listed}")
    unread = [problem.message for problem in missing(snapshot) if problem.source != OWN_RUNS]
    if unread:
        details = " ".join(unread)
        raise Unavailable(f"No job {key!r} was found, but not every source could be read: {details}")
    if formerly:
        now = ", ".join(f"{job.name} ({job.id})" for job in formerly)
        raise UsageError(f"there is no job {key!r} any more; its name is now {now}")
    raise UsageError(f"there is no job {key!r}; `fedtui list` prints the ids and names")
