"""What the dialog says of the edits of a compound change: their diffs, and the steps with their commands.

Blocking: the commands of a crontab and of git are asked for.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from fedtui.changes import git_edits, unit_edits
from fedtui.changes.backup import backup_name
from fedtui.changes.cron_change import file_diff, write_method
from fedtui.changes.edits import (
    Edit,
    FileEdit,
    FolderEdit,
    LingerEdit,
    RemoteUrlEdit,
    RenameEdit,
    TableEdit,
    UnitEdit,
    WorktreeEdit,
)
from fedtui.changes.open_table import port_of
from fedtui.changes.plan import DiffLine, FileDiff, Step
from fedtui.ports import Ports
from fedtui.safe_text import display_path, mask_secrets

_HIDDEN = DiffLine(1, " ", "its text is not shown: it holds a credential")


def edit_diffs(edits: Sequence[Edit], ports: Ports) -> tuple[FileDiff, ...]:
    """The differences of all tables and files, in order."""
    found = []
    for edit in edits:
        if isinstance(edit, TableEdit):
            title = port_of(edit.table, edit.user, ports).title
            found.append(file_diff(title, edit.before or b"", edit.after or b""))
        elif isinstance(edit, FileEdit):
            title = display_path(Path(edit.path))
            diff = file_diff(title, edit.before or b"", edit.after or b"")
            if edit.private:
                diff = FileDiff(title, (_HIDDEN,), diff.changed, diff.added, diff.removed, diff.untouched)
            found.append(diff)
    return tuple(found)


def plan_steps(edits: Sequence[Edit], ports: Ports) -> tuple[Step, ...]:
    """What will be done, in order."""
    return (
        *_kept(edits, ports),
        Step("check", "everything is still as shown, else stop and show anew"),
        *_made(edits, ports),
        Step("undo", "u takes all of it back, also after a restart"),
    )


def _kept(edits: Sequence[Edit], ports: Ports) -> Iterator[Step]:
    for edit in edits:
        if isinstance(edit, TableEdit | FileEdit) and edit.before is not None:
            path = edit.table if isinstance(edit, TableEdit) else edit.path
            name = backup_name(Path(path).name, ports.clock())
            yield Step("keep", f"{display_path(ports.config.backups / name)}  mode 0600")


def _made(edits: Sequence[Edit], ports: Ports) -> Iterator[Step]:
    unread: dict[bool, None] = {}
    for edit in edits:
        if isinstance(edit, UnitEdit) and edit.user_manager in unread:
            del unread[edit.user_manager]
            yield _reload(user_manager=edit.user_manager)
        yield from _one(edit, ports)
        if isinstance(edit, FileEdit):
            user_manager = unit_edits.open_manager(edit.path)
            if user_manager is not None:
                unread[user_manager] = None
    for user_manager in unread:
        yield _reload(user_manager=user_manager)


def _one(edit: Edit, ports: Ports) -> Iterator[Step]:
    match edit:
        case TableEdit():
            port = port_of(edit.table, edit.user, ports)
            commands = port.commands(removes=edit.after is None)
            if not commands:
                yield Step("write", f"{port.title}, in one rename")
            for index, command in enumerate(commands):
                yield (
                    Step(*("verify", "equals it, byte for byte"), command)
                    if index
                    else Step("run", write_method(command), command)
                )
        case FileEdit():
            words = "is removed" if edit.after is None else f"mode {edit.mode:04o}"
            yield Step("write", f"{display_path(Path(edit.path))}  {words}")
        case FolderEdit():
            path = display_path(Path(edit.path))
            made = f"folder {path}  mode {edit.mode:04o}"
            yield Step("write", made if edit.there else f"folder {path} is removed, if it is empty")
        case RenameEdit():
            yield Step("run", "", ("mv", "-n", edit.source, edit.target))
        case UnitEdit():
            yield from _switch(edit)
        case LingerEdit():
            yield Step("run", "", unit_edits.linger_command(edit))
        case RemoteUrlEdit() | WorktreeEdit():
            made_by = (mask_secrets(word) for word in git_edits.git_command(edit))
            yield Step("run", "", ("git", "-C", edit.repository, *made_by))


def _switch(edit: UnitEdit) -> Iterator[Step]:
    head = ("systemctl", "--user") if edit.user_manager else ("systemctl",)
    (was_enabled, was_active), (enabled, active) = edit.before, edit.after
    if enabled != was_enabled:
        now = ("--now",) if active == enabled and active != was_active else ()
        yield Step("run", "", (*head, "enable" if enabled else "disable", *now, edit.unit))
    if active != was_active and (enabled == was_enabled or active != enabled):
        yield Step("run", "", (*head, "start" if active else "stop", edit.unit))
    if active:
        yield Step("verify", "it is active, and its next run is known", (*head, "list-timers", edit.unit))


def _reload(*, user_manager: bool) -> Step:
    head = ("systemctl", "--user") if user_manager else ("systemctl",)
    return Step("run", "", (*head, "daemon-reload"))
