"""Where the pack's jobs run: turns `ManagedJob`s into edits of a change for one backend, and back.

The backends are "cron" (a user's crontab), "user" (units of the user's systemd) and "system" (units of the
system's). All of it is idempotent: what is as it should be gives no edit. A job that somebody paused stays
paused, a schedule of somebody's own is kept unless it is to be reset, and a unit of the same name that is not
ours is never written over.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from fedtui.action_result import Refused
from fedtui.changes.edits import Edit, TableEdit
from fedtui.changes.open_table import OpenTable, Tables
from fedtui.changes.recorder_place import program_path
from fedtui.crontab import Document
from fedtui.crontab.edit import EditError, end_last_line
from fedtui.crontab.managed_lines import (
    ManagedLine,
    PlacedLine,
    command_field,
    managed,
    with_adopted,
    with_lines,
    without,
)
from fedtui.crontab.record_edit import record as record_line
from fedtui.crontab.record_edit import refusal_of, unrecord
from fedtui.crontab.wrappers import SHELLS
from fedtui.federation.backends import unit_pairs
from fedtui.federation.backends.adopted_units import AdoptedTimer, adopted_timers, adopting_edits
from fedtui.federation.managed_job import ManagedJob
from fedtui.pack import BACKENDS, SOURCES
from fedtui.ports import Ports


@dataclass(frozen=True, slots=True)
class InstalledJob:
    """A job of the pack as it is now.

    `job_id` is that of its row; `schedule` what it runs by (five fields, or triggers as `e` shows them),
    `planned` the five fields that the pack gave it, `custom` whether the two differ, `why` what was said of
    it then. `where` is the table or the timer's file. `adopted`: it was there before the pack.
    """

    key: str
    job_id: str
    name: str
    schedule: str
    planned: str
    custom: bool
    paused: bool
    where: str
    why: str = ""
    recorded: bool = False
    adopted: bool = False


async def install_edits(
    jobs: Sequence[ManagedJob],
    backend: str,
    run_as: str,
    ports: Ports,
    *,
    gone: Collection[str] = (),
    reset: Collection[str] = (),
    record: bool = False,
    recorded: bool = False,
    own: Collection[str] = (),
) -> tuple[Edit, ...]:
    """The edits by which these jobs run on the backend as they are described, those of `gone` no longer.

    `run_as` is the user whose crontab is written, and User= of system units; empty for oneself. Schedules
    that somebody changed stay, but for the keys of `reset`. `record` puts the recorder around lines of one's
    own crontab: around new ones only where they were `recorded` before. `own` are the keys of lines that
    were there before the pack, whatever their marks say. Raises Refused.
    """
    if backend == "cron":
        return await asyncio.to_thread(_lines, jobs, run_as, ports, gone, reset, record, recorded, own)
    theirs, mine = [job for job in jobs if job.adopts], [job for job in jobs if not job.adopts]
    user_manager = _of_user(backend)
    return (
        *await adopting_edits(theirs, ports, gone, reset, user_manager=user_manager),
        *await unit_pairs.pair_edits(mine, run_as, ports, gone, reset, user_manager=user_manager),
    )


async def removal_edits(
    keys: Collection[str],
    backend: str,
    run_as: str,
    ports: Ports,
    *,
    no_table: bool = False,
    own: Collection[str] = (),
) -> tuple[Edit, ...]:
    """The edits by which the backend no longer runs the jobs of these keys.

    `no_table`: a crontab in which nothing is left goes altogether, since there was none before. `own`: see
    `install_edits`.
    """
    if backend == "cron":
        return await asyncio.to_thread(_removed, keys, run_as, ports, no_table, own)
    return await install_edits((), backend, run_as, ports, gone=keys)


async def installed_jobs(backend: str, ports: Ports, run_as: str = "") -> Mapping[str, InstalledJob]:
    """The pack's jobs that are on the backend now, by their keys."""
    if backend == "cron":
        return await asyncio.to_thread(_placed_lines, run_as, ports)
    found = await unit_pairs.installed_pairs(ports, user_manager=_of_user(backend))
    own = await adopted_timers(ports, user_manager=_of_user(backend))
    every: dict[str, unit_pairs.InstalledPair | AdoptedTimer] = {**found, **own}
    return {
        key: InstalledJob(
            key=key,
            job_id=f"{SOURCES[backend]}:{unit.timer}",
            name=unit.timer.removesuffix(".timer"),
            schedule=unit.schedule,
            planned=unit.planned,
            custom=unit.custom,
            paused=unit.paused,
            where=str(unit.path),
            why=unit.why,
            adopted=isinstance(unit, AdoptedTimer),
        )
        for key, unit in every.items()
    }


def _of_user(backend: str) -> bool:
    if backend not in BACKENDS:
        raise ValueError(f"unknown backend {backend!r}")
    return backend == "user"


# cron


def _lines(
    jobs: Sequence[ManagedJob],
    run_as: str,
    ports: Ports,
    gone: Collection[str],
    reset: Collection[str],
    record: bool,
    recorded: bool,
    own: Collection[str],
) -> tuple[Edit, ...]:
    table = Tables(ports).of_user(run_as or ports.user)
    _may_quote(table.document, [job for job in jobs if not job.adopts])
    try:
        lines = [_line(job) for job in jobs]
        before = {line.key for line in managed(table.document)}
        kept = table.document.reparse(without(table.document, gone, own))
        for job in jobs:
            kept = _adopting(kept, job)
        new = with_lines(kept, lines, reset=reset, own=own)
        if table.port.user == ports.user:
            there = before if record == recorded else set()
            keys = {job.key for job in jobs} - there if record or recorded else set()
            new = _with_recorder(kept.reparse(new), keys, str(program_path(ports.config)), on=record)
    except EditError as error:
        raise Refused(f"The crontab cannot hold it: {error}.") from error
    return _table_part(table, new)


def _adopting(document: Document, job: ManagedJob) -> Document:
    """The table with the job's mark above the line that it takes over. Raises Refused where that is gone."""
    entry = document.entry(job.adopts.partition(":")[2])
    if not job.adopts or (entry is not None and any(line.entry == entry for line in managed(document))):
        return document
    if entry is None:
        raise Refused(f"The line of {job.name} is no longer in the crontab.", advice="R looks at it again.")
    return document.reparse(with_adopted(document, job.key, entry, job.schedule))


def _with_recorder(document: Document, keys: Collection[str], path: str, *, on: bool) -> bytes:
    """The table with the recorder around the pack's lines of these keys, where it can be, or without it."""
    lines = [line for line in managed(document) if line.key in keys and not line.recorded]
    for number in [line.entry.line_number for line in lines]:
        entry = document.lines[number - 1].entry  # no line is added: the number stays that of this one
        if entry is not None and (entry.recorder is not None) != on and not (on and refusal_of(entry, path)):
            new = record_line(document, entry, path) if on else unrecord(document, entry)
            document = document.reparse(new)
    return bytes(document)


def _line(job: ManagedJob) -> ManagedLine:
    return ManagedLine(
        key=job.key,
        schedule=job.schedule,
        field=command_field(job.argv, job.log, job.environment),
        name=job.name,
        note=job.note,
        custom=job.custom,
        why=job.why,
    )


def _may_quote(document: Document, jobs: Sequence[ManagedJob]) -> None:
    """The lines are written for a POSIX shell; a table whose SHELL is another would read them otherwise."""
    shell = dict(document.environment).get(b"SHELL", b"/bin/sh").decode("utf-8", "replace")
    if jobs and shell.rpartition("/")[2] not in SHELLS:
        raise Refused(
            f"The crontab sets SHELL={shell}, and the pack's lines are written for sh, bash and their like.",
            advice="Set SHELL=/bin/sh at the end of the crontab, or choose systemd.",
        )


def _removed(
    keys: Collection[str], run_as: str, ports: Ports, no_table: bool, own: Collection[str]
) -> tuple[Edit, ...]:
    table = Tables(ports).of_user(run_as or ports.user)
    try:
        new = without(table.document, keys, own)
    except EditError as error:
        raise Refused(f"The crontab cannot do without it: {error}.") from error
    return _table_part(table, new if new or not no_table else None)


def _table_part(table: OpenTable, new: bytes | None) -> tuple[Edit, ...]:
    if new == table.base or (not new and table.base is None):
        return ()
    if new and not new.endswith(b"\n") and table.port.check(new) is not None:
        new = end_last_line(table.document.reparse(new))
    return (TableEdit(table.port.user, "crontab", table.base, new),)


def _placed_lines(run_as: str, ports: Ports) -> Mapping[str, InstalledJob]:
    table = Tables(ports).of_user(run_as or ports.user, to_write=False)
    found: dict[str, InstalledJob] = {}
    for line in managed(table.document):
        found.setdefault(line.key, _placed_line(line, table.port.title))
    return found


def _placed_line(line: PlacedLine, title: str) -> InstalledJob:
    entry = line.entry
    return InstalledJob(
        key=line.key,
        job_id=f"crontab:{entry.id_key}",
        name=entry.name,
        schedule=entry.schedule,
        planned=line.planned,
        custom=line.custom,
        paused=entry.paused,
        where=title,
        why=line.why,
        recorded=entry.recorder is not None,
        adopted=line.adopted,
    )
