"""What the dialog says of the edits of a change: their diffs, and the steps with their commands.

Blocking: the commands of a crontab and of git are asked for.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence
from pathlib import Path

from fedtui.bus.systemd_names import span
from fedtui.changes import git_edits, unit_edits
from fedtui.changes.backup import backup_name
from fedtui.changes.edits import (
    Edit,
    FileEdit,
    FolderEdit,
    LingerEdit,
    MaskEdit,
    PausedTimerEdit,
    RecorderEdit,
    RemoteUrlEdit,
    RenameEdit,
    TableEdit,
    Triggers,
    UnitEdit,
    WorktreeEdit,
)
from fedtui.changes.file_diff import file_diff
from fedtui.changes.open_table import port_of
from fedtui.changes.plan import DiffLine, FileDiff, Step
from fedtui.changes.recorder_place import program_path
from fedtui.changes.wording import Wording
from fedtui.ports import Ports
from fedtui.safe_text import display_path

_HIDDEN = DiffLine(1, " ", "its text is not shown: it holds a credential")


def edit_diffs(edits: Sequence[Edit], ports: Ports) -> tuple[FileDiff, ...]:
    """The differences of all tables and files, in order."""
    found = []
    for edit in edits:
        if isinstance(edit, TableEdit):
            title = port_of(edit.table, edit.user, ports).title
            found.append(file_diff(title, edit.before, edit.after))
        elif isinstance(edit, FileEdit):
            title = display_path(Path(edit.path))
            diff = file_diff(title, edit.before, edit.after)
            if edit.private:
                diff = FileDiff(title, (_HIDDEN,), diff.changed, diff.added, diff.removed, diff.untouched)
            found.append(diff)
    return tuple(found)


def plan_steps(
    edits: Sequence[Edit], ports: Ports, wording: Wording, reloaded: Container[bool]
) -> tuple[Step, ...]:
    """What will be done, in order. `reloaded` are the managers (True: the user's) to be reloaded."""
    return (
        *_kept(edits, ports),
        *_checks(edits, wording),
        *wording.before,
        *_made(edits, ports, reloaded),
        Step("undo", wording.undo),
    )


def _checks(edits: Sequence[Edit], wording: Wording) -> Iterator[Step]:
    new_units = (
        edit.after and unit_edits.open_manager(edit.path) is not None
        for edit in edits
        if isinstance(edit, FileEdit) and edit.triggers is None
    )
    if any(new_units):
        said = "copies of the new units: done, it has nothing to say"
        yield Step("check", said, ("systemd-analyze", "verify"))
    subject = wording.subject or _subject(edits)
    yield Step("check", f"{subject} is still as shown, else stop and show the new state")


def _subject(edits: Sequence[Edit]) -> str:
    seen = [edit for edit in edits if not isinstance(edit, RecorderEdit)]
    if len(seen) != 1:
        return "everything"
    match seen[0]:
        case TableEdit(table=table):
            return "the crontab" if table == "crontab" else table
        case FileEdit(path=path):
            return display_path(Path(path))
    return "everything"


def _kept(edits: Sequence[Edit], ports: Ports) -> Iterator[Step]:
    for edit in edits:
        if isinstance(edit, TableEdit | FileEdit) and edit.before is not None:
            path = edit.table if isinstance(edit, TableEdit) else edit.path
            name = backup_name(Path(path).name, ports.clock())
            yield Step("keep", f"{display_path(ports.config.backups / name)}  mode 0600")


def _made(edits: Sequence[Edit], ports: Ports, reloaded: Container[bool]) -> Iterator[Step]:
    unread: dict[bool, list[FileEdit]] = {}
    for edit in edits:
        if isinstance(edit, UnitEdit):
            files = unread.pop(edit.user_manager, [])
            yield from _reload(files, edit.user_manager, reloaded)
        yield from _one(edit, ports)
        if isinstance(edit, FileEdit):
            user_manager = unit_edits.open_manager(edit.path)
            if user_manager is not None:
                unread.setdefault(user_manager, []).append(edit)
    for user_manager, files in unread.items():
        yield from _reload(files, user_manager, reloaded)


def _table_steps(edit: TableEdit, ports: Ports) -> Iterator[Step]:
    port = port_of(edit.table, edit.user, ports)
    commands = port.commands(removes=edit.after is None)
    if not commands:
        title = f"the {port.title}" if edit.table == "crontab" else port.title
        yield Step("write", f"{title}, in one rename")
        yield Step("verify", "the file equals it, byte for byte")
        return
    how = {
        "-e": "whose editor step puts the text above in place of the old",
        "-r": "by the editor step of crontab -e, which looks once more",
    }
    yield Step("run", how.get(commands[0][-1], ""), commands[0])
    for command in commands[1:]:
        yield Step("verify", "equals it, byte for byte", command)


def _one(edit: Edit, ports: Ports) -> Iterator[Step]:
    match edit:
        case TableEdit():
            yield from _table_steps(edit, ports)
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
        case MaskEdit():
            verb = "mask" if edit.after else "unmask"
            yield Step("run", "", (*_systemctl(user_manager=edit.user_manager), verb, edit.unit))
        case PausedTimerEdit():
            pass  # in fedtui's own folder; nobody has to know
        case RecorderEdit():
            yield Step("write", f"{display_path(program_path(ports.config))}, the recorder")
        case LingerEdit():
            yield Step("run", "", unit_edits.linger_command(edit))
        case RemoteUrlEdit() | WorktreeEdit():
            yield Step("run", "", ("git", "-C", edit.repository, *git_edits.git_command(edit)))


def _switch(edit: UnitEdit) -> Iterator[Step]:
    head = _systemctl(user_manager=edit.user_manager)
    (was_enabled, was_active), (enabled, active) = edit.before, edit.after
    if enabled != was_enabled:
        now = ("--now",) if active == enabled and active != was_active else ()
        yield Step("run", "", (*head, "enable" if enabled else "disable", *now, edit.unit))
    if active != was_active and (enabled == was_enabled or active != enabled):
        yield Step("run", "", (*head, "start" if active else "stop", edit.unit))
    if active and edit.due:
        yield Step("verify", "it is active, and its next run is known", (*head, "list-timers", edit.unit))
    elif active != was_active:
        yield Step("verify", "it is active" if active else "it is inactive", (*head, "is-active", edit.unit))


def _reload(files: Sequence[FileEdit], user_manager: bool, reloaded: Container[bool]) -> Iterator[Step]:
    if files and user_manager in reloaded:
        yield Step("run", "", (*_systemctl(user_manager=user_manager), "daemon-reload"))
    for file in files:
        if file.triggers is not None:
            yield Step("verify", f"systemd holds {_triggers(file.triggers)}")


def _triggers(triggers: Triggers) -> str:
    calendar, monotonic = triggers
    spans = (f"{name}={span(round(seconds * 1e6))}" for name, seconds in monotonic)
    return " ".join((*(f"OnCalendar={each}" for each in calendar), *spans))


def _systemctl(*, user_manager: bool) -> tuple[str, ...]:
    return ("systemctl", "--user") if user_manager else ("systemctl",)
