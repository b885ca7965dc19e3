"""Which job of today the runs of a job that is gone belong to: one that moved, was converted or edited.

See docs/architecture.md, "Lineage". Pure.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import assert_never

from fedtui.model import APART, CronFacts, Job, JobRecord, Moves, TimerFacts


def records_of(jobs: Sequence[Job], wanted: Collection[str]) -> dict[str, JobRecord]:
    """The records of the `wanted` ones of jobs that are there at one time, by id.

    Jobs of the same name, user and command are twins: nothing but their ids tells them apart.
    """
    counts = Counter((*_who(job), _command(job)) for job in jobs)
    return {
        job.id: JobRecord(
            *(job.id, job.name, job.user, job.managed, _digest(job)),
            twin=counts[*_who(job), _command(job)] > 1,
        )
        for job in jobs
        if job.id in wanted
    }


def heirs(
    jobs: Sequence[Job],
    known: Iterable[JobRecord],
    moves: Moves,
    may_be_gone: Callable[[str], bool],
    *,
    by_name: bool = True,
) -> dict[str, str]:
    """The id of a job that is gone to that of the one in `jobs` that continues it, where that is certain.

    `may_be_gone` is false of ids whose source has not told everything. Without `by_name` only `moves` count:
    a source that has not answered may have a second job of that name.
    """
    there = {job.id for job in jobs}
    records = {one.id: one for one in known}
    kin = _kin(moves)
    gone = [one for one in {*records, *kin} - there if may_be_gone(one)]
    alike: dict[tuple[str, str], list[Job]] = {}
    for job in jobs if gone and by_name else ():
        for name in dict.fromkeys(map(_shared, job.names)):
            alike.setdefault((name, job.user), []).append(job)
    found: dict[str, str] = {}
    for one in gone:
        family = kin.get(one, {one})
        if not all(member in there or may_be_gone(member) for member in family):
            continue
        past = [records[member] for member in family if member in records]
        candidates = family & there or {
            job.id for record in past for job in alike.get(_who(record), ()) if _continues(job, record)
        }
        if len(candidates) == 1:
            found[one] = candidates.pop()
    return found


def relatives(ids: Iterable[str], known: Sequence[JobRecord], moves: Moves) -> set[str]:
    """The ids that the jobs of `ids` may have had, by their names or by changes of ours."""
    kin = _kin(moves)
    family = {member for one in ids for member in kin.get(one, {one})}
    names = {one.partition(":")[2].removesuffix(".timer") for one in family}
    names |= {_who(record)[0] for record in known if record.id in family}
    return family | {record.id for record in known if _who(record)[0] in names}


def _who(one: Job | JobRecord) -> tuple[str, str]:
    return _shared(one.name), one.user


def _shared(name: str) -> str:
    """A name without what tells twins apart, which changes with the rows beside it."""
    return name.partition(APART)[0].removesuffix(".timer")


def _command(job: Job) -> bytes:
    match job.facts:
        case CronFacts() as cron:
            return cron.command
        case TimerFacts():
            return (job.command or "").encode()
        case _ as never:
            assert_never(never)


def _digest(job: Job) -> str:
    command = _command(job)
    return hashlib.sha1(command, usedforsecurity=False).hexdigest() if command else ""


def _continues(job: Job, past: JobRecord) -> bool:
    """Whether a job of the same name and user is that one, by its mark or else its command."""
    if job.managed or past.mark:
        return job.managed == past.mark
    return bool(past.command) and not past.twin and past.command == _digest(job)


def _kin(moves: Moves) -> Mapping[str, set[str]]:
    """All ids that one job has had, by each of them."""
    kin: dict[str, set[str]] = {}
    for old, new in moves:
        family = kin.get(old, {old}) | kin.get(new, {new})
        kin |= dict.fromkeys(family, family)
    return kin
