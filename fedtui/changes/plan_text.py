"""What the dialog says of the parts of a compound change: their diffs, and the steps with their commands.

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


def edit_diffs(parts: Sequence[Edit], ports: Ports) -> tuple[FileDiff, ...]:
    """The differences of all tables and files, in order."""
    found = []
    for part in parts:
        if isinstance(part, TableEdit):
            title = port_of(part.table, part.user, ports).title
            found.append(file_diff(title, part.before or b"", part.after or b""))
        elif isinstance(part, FileEdit):
            title = display_path(Path(part.path))
            diff = file_diff(title, part.before or b"", part.after or b"")
            if part.private:
                diff = FileDiff(title, (_HIDDEN,), diff.changed, diff.added, diff.removed, diff.untouched)
            found.append(diff)
    return tuple(found)


def plan_steps(parts: Sequence[Edit], ports: Ports) -> tuple[Step, ...]:
    """What will be done, in order."""
    return (
        *_kept(parts, ports),
        Step("check", "everything is still as shown, else stop and show anew"),
        *_made(parts, ports),
        Step("undo", "u takes all of it back, also after a restart"),
    )


def _kept(parts: Sequence[Edit], ports: Ports) -> Iterator[Step]:
    for part in parts:
        if isinstance(part, TableEdit | FileEdit) and part.before is not None:
            path = part.table if isinstance(part, TableEdit) else part.path
            name = backup_name(Path(path).name, ports.clock())
            yield Step("keep", f"{display_path(ports.config.backups / name)}  mode 0600")


def _made(parts: Sequence[Edit], ports: Ports) -> Iterator[Step]:
    unread: dict[bool, None] = {}
    for part in parts:
        if isinstance(part, UnitEdit) and part.user_manager in unread:
            del unread[part.user_manager]
            yield _reload(user_manager=part.user_manager)
        yield from _one(part, ports)
        if isinstance(part, FileEdit):
            user_manager = unit_edits.open_manager(part.path)
            if user_manager is not None:
                unread[user_manager] = None
    for user_manager in unread:
        yield _reload(user_manager=user_manager)


def _one(part: Edit, ports: Ports) -> Iterator[Step]:
    match part:
        case TableEdit():
            port = port_of(part.table, part.user, ports)
            commands = port.commands(removes=part.after is None)
            if not commands:
                yield Step("write", f"{port.title}, in one rename")
            for index, command in enumerate(commands):
                yield (
                    Step(*("verify", "equals it, byte for byte"), command)
                    if index
                    else Step("run", write_method(command), command)
                )
        case FileEdit():
            words = "is removed" if part.after is None else f"mode {part.mode:04o}"
            yield Step("write", f"{display_path(Path(part.path))}  {words}")
        case FolderEdit():
            path = display_path(Path(part.path))
            made = f"folder {path}  mode {part.mode:04o}"
            yield Step("write", made if part.there else f"folder {path} is removed, if it is empty")
        case RenameEdit():
            yield Step("run", "", ("mv", "-n", part.source, part.target))
        case UnitEdit():
            yield from _switch(part)
        case LingerEdit():
            yield Step("run", "", unit_edits.linger_command(part))
        case RemoteUrlEdit() | WorktreeEdit():
            made_by = (mask_secrets(word) for word in git_edits.git_command(part))
            yield Step("run", "", ("git", "-C", part.repository, *made_by))


def _switch(part: UnitEdit) -> Iterator[Step]:
    head = ("systemctl", "--user") if part.user_manager else ("systemctl",)
    (was_enabled, was_active), (enabled, active) = part.before, part.after
    if enabled != was_enabled:
        now = ("--now",) if active == enabled and active != was_active else ()
        yield Step("run", "", (*head, "enable" if enabled else "disable", *now, part.unit))
    if active != was_active and (enabled == was_enabled or active != enabled):
        yield Step("run", "", (*head, "start" if active else "stop", part.unit))
    if active:
        yield Step("verify", "it is active, and its next run is known", (*head, "list-timers", part.unit))


def _reload(*, user_manager: bool) -> Step:
    head = ("systemctl", "--user") if user_manager else ("systemctl",)
    return Step("run", "", (*head, "daemon-reload"))
