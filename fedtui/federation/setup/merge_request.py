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
    before = preflight.was or Pack("", "", "", "", "")

    def is_kept(key: str, there: bool) -> bool:
        return key in additions.done or (key in additions.left and there)

    origin = _tables_before(before.origin, edits, now, ports)
    if additions.url_before:
        origin = replace(origin, renamed_remote=origin.renamed_remote or additions.url_before)
    jobs = [one.job for there in wanted.values() for one in there]
    # The logs that are not there yet: removing the pack moves them away.
    new_logs = await asyncio.to_thread(
        lambda: [job.log for job in jobs if job.log and not job.adopts and not Path(job.log).exists()]
    )
    origin = await asyncio.to_thread(record_created, origin, edits)
    if "alert" in additions.left:  # what was asked for cannot be: the alert addresses stay
        pack = replace(pack, alerts=before.alerts, mail_to=before.mail_to, heartbeat=before.heartbeat)
    return replace(
        pack,
        git=pack.git and is_kept("git", before.git),
        rotate=pack.rotate and is_kept("rotate", before.rotate),
        origin=replace(origin, made_files=tuple(dict.fromkeys((*origin.made_files, *new_logs)))),
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
