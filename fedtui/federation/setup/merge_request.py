"""What federation.toml says after a set-up: what is set up, and how things stood before, for the removal."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from fedtui.changes.edits import Edit, TableEdit
from fedtui.federation.backends.created_files import record_created
from fedtui.federation.setup.additions import AddedJob, Additions
from fedtui.federation.setup.placements import InstalledJobs, Placement
from fedtui.federation.setup.preflight import Preflight
from fedtui.pack import Origin, Pack
from fedtui.ports import Ports


async def merge_with_current(
    pack: Pack,
    preflight: Preflight,
    additions: Additions,
    edits: Sequence[Edit],
    wanted: Mapping[Placement, Sequence[AddedJob]],
    now: InstalledJobs,
    ports: Ports,
) -> Pack:
    """What federation.toml says afterwards: of `pack` what can be, and how things stood before."""
    was = preflight.was

    def is_kept(key: str, before: bool) -> bool:
        return key in additions.done or (key in additions.left and before)

    origin = was.origin if was is not None else Origin()
    origin = _tables_before(origin, edits, now, ports)
    if additions.url_before:
        origin = replace(origin, renamed_remote=origin.renamed_remote or additions.url_before)
    jobs = [one.job for there in wanted.values() for one in there]
    new_logs = await asyncio.to_thread(_not_there, [job.log for job in jobs if job.log])
    origin = await asyncio.to_thread(record_created, origin, edits)
    if "alert" in additions.left:  # what was asked for cannot be: the alert addresses stay
        pack = replace(
            pack,
            alerts=was.alerts if was is not None else (),
            mail_to=was.mail_to if was is not None else "",
            heartbeat=was.heartbeat if was is not None else "",
        )
    return replace(
        pack,
        git=pack.git and is_kept("git", was is not None and was.git),
        rotate=pack.rotate and is_kept("rotate", was is not None and was.rotate),
        origin=replace(
            origin,
            made_files=tuple(dict.fromkeys((*origin.made_files, *new_logs))),
        ),
    )


def _tables_before(origin: Origin, edits: Sequence[Edit], now: InstalledJobs, ports: Ports) -> Origin:
    """Whose crontab was not there at all before the pack put something into it."""
    absent = set(origin.no_crontab)
    for edit in edits:
        if not isinstance(edit, TableEdit) or edit.after is None:
            continue
        user = "" if edit.user == ports.user else edit.user
        if now.get(Placement("cron", user)):
            continue  # it holds lines of the pack's already
        absent.discard(user)
        absent |= {user} if edit.before is None else set()
    return replace(origin, no_crontab=tuple(sorted(absent)))


def _not_there(paths: Sequence[str]) -> list[str]:
    """The logs that are not there yet: removing the pack moves them away."""
    return [path for path in paths if not Path(path).exists()]
