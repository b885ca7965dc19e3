"""Taking the pack away: crontab, units and files as they were before the set-up, and no log lost."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

from fedtui.action_result import Refused
from fedtui.changes.change_set import plan_change_set
from fedtui.changes.edits import Edit, FileEdit, FolderEdit, LingerEdit, RemoteUrlEdit, RenameEdit
from fedtui.changes.plan import Plan
from fedtui.changes.wording import UNDO_ALL, Wording
from fedtui.federation.backends.created_files import pack_edit
from fedtui.federation.backends.placement import removal_edits
from fedtui.federation.job_account import account_of
from fedtui.federation.log_folder import missing
from fedtui.federation.rotation.rotation import rotated_logs, rotation_gone
from fedtui.federation.setup.additions import git_gone
from fedtui.federation.setup.placements import jobs_by_placement, placement_of
from fedtui.federation.setup.setup_plan import JOB_ID
from fedtui.pack import Pack, load_pack, pack_file
from fedtui.ports import Ports
from fedtui.safe_text import display_path
from fedtui.schedule.patterns import counted
from fedtui.system.accounts import lingers
from fedtui.system.git_checkout import Git, GitEnvironment, GitFailed, configured_url

NOTHING = "No federation pack is set up."


async def plan_removal(ports: Ports) -> Plan:
    """The plan that leaves everything as it was at the start; logs go to the backup folder.

    Raises Refused where nothing is set up.
    """
    pack = await asyncio.to_thread(load_pack)
    if pack is None:
        raise Refused(NOTHING, advice="Set one up: fedtui setup --root DIR --dry-run")
    owner = account_of(pack.run_as, ports)
    edits: list[Edit] = []
    found = await jobs_by_placement(placement_of(pack.backend, owner.run_as), pack, ports)
    for (backend, user), there in found.items():
        if there:
            no_table = user in pack.origin.no_crontab
            edits += await removal_edits(
                tuple(there), backend, user, ports, no_table=no_table, own=pack.adopted
            )
    gone = await rotation_gone(ports, rotated=pack.rotate)
    edits += gone.edits
    edits += await git_gone(pack, ports) if pack.git else ()
    edits += await _as_before(pack, owner.name)
    target = ports.config.backups / f"federation-{ports.clock().astimezone():%Y%m%d-%H%M%S}"
    moved = await asyncio.to_thread(_logs, pack, target)
    if moved:
        edits += [FolderEdit(str(path), True, 0o700) for path in missing(target)]
        edits += moved
    edits.append(pack_edit(pack_file().read_bytes(), None))
    edits += [FolderEdit(path, False) for path in reversed(pack.origin.made_folders) if Path(path).is_dir()]
    warnings = await asyncio.to_thread(_warnings, pack, edits, target)
    warnings += [" ".join((issue.text, issue.advice)) for issue in gone.issues]
    summary = f"Take the federation pack away: what it set up on {pack.since} is no more."
    done = "The federation pack is taken away; everything is as it was before."
    about = ("remove", JOB_ID, "federation pack")
    wording = Wording(*about, summary, done, tuple(warnings), undo=UNDO_ALL, destructive=True)
    return await plan_change_set(wording, edits, ports)


async def _as_before(pack: Pack, user: str) -> Sequence[Edit]:
    """Lingering and the remote's URL as they were, where the set-up changed them."""
    edits: list[Edit] = []
    if pack.origin.made_lingering and await asyncio.to_thread(lingers, user):
        edits.append(LingerEdit(user, True, False))
    if pack.origin.renamed_remote:
        now = await asyncio.to_thread(_url, pack)
        if now and now != pack.origin.renamed_remote:
            edits.append(RemoteUrlEdit(pack.root, pack.remote, now, pack.origin.renamed_remote))
    return edits


def _url(pack: Pack) -> str:
    """The remote's URL as it is now; empty where there is none any more."""
    try:
        root = Path(pack.root)
        return configured_url(Git(root, given=GitEnvironment.of_owner(root)), pack.remote)
    except GitFailed as failed:
        raise Refused(f"Which URL {pack.remote} has is not known: {failed}.") from failed


def _logs(pack: Pack, target: Path) -> list[Edit]:
    """The logs that the pack's jobs began, and what rotation made of them, each to the backup folder."""
    logs = [log for path in map(Path, pack.origin.made_files) for log in (path, *rotated_logs(path))]
    # A link is nobody's log, and stays.
    own = [log for log in logs if log.is_file() and not log.is_symlink()]
    return [RenameEdit(str(log), str(target / log.name)) for log in own]


def _warnings(pack: Pack, edits: Sequence[Edit], target: Path) -> list[str]:
    """Where the logs go, and which folders stay since somebody else's things are in them."""
    said = []
    moved = [edit.source for edit in edits if isinstance(edit, RenameEdit)]
    if moved:
        count = counted(len(moved), "log")
        said.append(f"{count} of the pack go to {display_path(target)}; none is deleted.")
    if pack.git:
        said.append(f"The branch {pack.branch} and its commits stay in {display_path(Path(pack.root))}.")
    files = {edit.path for edit in edits if isinstance(edit, FileEdit) and edit.after is None}
    gone = {*moved, *files, *pack.origin.made_folders}
    for folder in map(Path, pack.origin.made_folders):
        others = [one for one in folder.iterdir() if _stays(one, gone)] if folder.is_dir() else []
        if others:
            said.append(f"{display_path(folder)} stays: {others[0].name} in it is not the pack's.")
    return said


def _stays(path: Path, gone: set[str]) -> bool:
    """Whether something is left there; systemd takes away its folders of links with their last link."""
    if path.name.endswith(".wants"):
        return any(str(path.parent / link.name) not in gone for link in path.iterdir())
    return str(path) not in gone
