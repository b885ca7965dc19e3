"""The edits that changes are made of: values that name one thing's state before and after.

A `ChangeSet` is what a plan applies: its edits are made in their order, each read back; when one cannot be
made, those before it are rolled back in reverse order. So a change set is made whole or not at all, and one
undo step takes all of it back. The opposite of an edit is the same edit turned round, and an edit whose state
before no longer holds makes `apply` raise Conflict.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

Triggers = tuple[tuple[str, ...], tuple[tuple[str, float], ...]]
"""A timer's OnCalendar= as systemd normalises them, and pairs such as ("OnBootSec", 300.0)."""


@dataclass(frozen=True, slots=True)
class TableEdit:
    """One text of a cron table in place of another; None is no table. `table` is "crontab" or a path."""

    user: str
    table: str
    before: bytes | None
    after: bytes | None


@dataclass(frozen=True, slots=True)
class FileEdit:
    """One text of a file in place of another; None is no file.

    `owner` is (uid, gid); None leaves the owner a file has, and is ours for a new one. `private` keeps the
    text off the screen (a URL with a credential); its diff then tells only that the file is written. A unit
    file makes systemd reload. `grows`: others write to it (a log), so that it stays when the change is taken
    back and it is no longer as it was made. `mode_before` and `owner_before` are those of the file that was
    there; the plan fills them in. `triggers` is what systemd has to hold for the timer whose drop-in it is,
    `triggers_before` what it held when the plan was made.
    """

    path: str
    before: bytes | None
    after: bytes | None
    mode: int = 0o644
    owner: tuple[int, int] | None = None
    private: bool = False
    grows: bool = False
    mode_before: int | None = None
    owner_before: tuple[int, int] | None = None
    triggers: Triggers | None = None
    triggers_before: Triggers | None = None


@dataclass(frozen=True, slots=True)
class FolderEdit:
    """A folder that is made (`there` True) or taken away again; it goes only where it is empty."""

    path: str
    there: bool
    mode: int = 0o755
    owner: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class RenameEdit:
    """A file that goes from `source` to `target` in one rename or, across file systems, a verified copy."""

    source: str
    target: str


@dataclass(frozen=True, slots=True)
class UnitEdit:
    """Whether a unit is enabled and active: pairs of (enabled, active) before and after.

    `links` are symlinks as pairs (path, target) that enabling has to leave, whoever made them. `due`: a timer
    counts as started only when its next run is known.
    """

    unit: str
    user_manager: bool
    before: tuple[bool, bool]
    after: tuple[bool, bool]
    links: tuple[tuple[str, str], ...] = ()
    due: bool = False


@dataclass(frozen=True, slots=True)
class MaskEdit:
    """Whether a unit is masked."""

    unit: str
    user_manager: bool
    before: bool
    after: bool


@dataclass(frozen=True, slots=True)
class Restore:
    """How a timer was when it was paused.

    `links` are the symlinks of [Install] with their targets, as pairs (path, target). `hold` is what
    keeps it off: "" (stopped, and disabled if it was enabled), "mask", or "condition" for a drop-in; "marker"
    is a drop-in that only makes the instance of a template known.
    """

    unit: str
    user_manager: bool
    active: bool
    enabled: bool
    hold: str = ""
    links: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class PausedTimerEdit:
    """What fedtui remembers of a paused timer, in its own state folder; None: it is not paused."""

    unit: str
    user_manager: bool
    before: Restore | None
    after: Restore | None


@dataclass(frozen=True, slots=True)
class RecorderEdit:
    """Whether the recorder is in its place: its program, the folder of its records, the links to logs.

    `links` are pairs of a job's record key and the path of its log, None where it has none. Its inverse
    changes nothing: the records lie beside it, and other lines may need it.
    """

    links: tuple[tuple[str, str | None], ...]
    before: bool = False
    after: bool = True


@dataclass(frozen=True, slots=True)
class LingerEdit:
    """Whether the user's manager keeps running after logout (loginctl enable-linger)."""

    user: str
    before: bool
    after: bool


@dataclass(frozen=True, slots=True)
class RemoteUrlEdit:
    """Which URL a remote of a git checkout has."""

    repository: str
    remote: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class WorktreeEdit:
    """A worktree of `repository` at `path` on `branch`, there afterwards or not; the branch itself stays.

    Where there is no such branch it is made from `remote`'s, or from HEAD.
    """

    repository: str
    path: str
    branch: str
    there: bool
    remote: str = "origin"


Edit = (
    TableEdit
    | FileEdit
    | FolderEdit
    | RenameEdit
    | UnitEdit
    | MaskEdit
    | PausedTimerEdit
    | RecorderEdit
    | LingerEdit
    | RemoteUrlEdit
    | WorktreeEdit
)


@dataclass(frozen=True, slots=True)
class ChangeSet:
    """The edits of one change in the order in which they are made; `done` is said afterwards.

    `undoes` is the step whose change this one takes back, `resumes` that of an undo that was cut short, and
    `made` what that one had made.
    """

    edits: tuple[Edit, ...]
    done: str
    undoes: int | None = None
    resumes: int | None = None
    made: tuple[Edit, ...] = ()


def inverse(edit: Edit) -> Edit:
    """The edit that takes this one back."""
    match edit:
        case FileEdit():
            mode = edit.mode if edit.mode_before is None else edit.mode_before
            owner = edit.owner if edit.owner_before is None else edit.owner_before
            return replace(
                edit,
                before=edit.after,
                after=edit.before,
                mode=mode,
                owner=owner,
                mode_before=edit.mode,
                owner_before=edit.owner,
                triggers=None,
                triggers_before=None,
            )
        case FolderEdit() | WorktreeEdit():
            return replace(edit, there=not edit.there)
        case RenameEdit():
            return RenameEdit(source=edit.target, target=edit.source)
        case RecorderEdit():
            return replace(edit, before=edit.after)
    turned: Edit = replace(edit, before=edit.after, after=edit.before)  # type: ignore[arg-type]  # of one type
    return turned


def is_no_op(edit: Edit) -> bool:
    """Whether its state before is the one after."""
    return not isinstance(edit, FolderEdit | RenameEdit | WorktreeEdit) and edit.before == edit.after


def is_bookkeeping(edit: Edit) -> bool:
    """Whether nobody would notice the edit: a folder around a file, what is noted of a paused timer."""
    return isinstance(edit, FolderEdit | PausedTimerEdit | RecorderEdit)


def resource_keys(edit: Edit) -> frozenset[tuple[str, ...]]:
    """What the edit is about: of two edits that share a key, the later one finds what the first made."""
    match edit:
        case TableEdit():
            return frozenset({("table", edit.user, edit.table)})
        case FileEdit() | FolderEdit():
            return frozenset({("path", edit.path)})
        case RenameEdit():
            return frozenset({("path", edit.source), ("path", edit.target)})
        case UnitEdit():
            return frozenset({("unit", str(edit.user_manager), edit.unit)})
        case MaskEdit():
            return frozenset({("mask", str(edit.user_manager), edit.unit)})
        case PausedTimerEdit():
            return frozenset({("paused", str(edit.user_manager), edit.unit)})
        case RecorderEdit():
            return frozenset({("recorder",)})
        case LingerEdit():
            return frozenset({("lingering", edit.user)})
        case RemoteUrlEdit():
            return frozenset({("remote", edit.repository, edit.remote)})
        case WorktreeEdit():
            return frozenset({("worktree", edit.path)})
