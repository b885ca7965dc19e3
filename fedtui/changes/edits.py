"""The parts of a change that touches several things at once, such as a table, unit files and a timer.

A `ChangeSet` is such a change: its parts are made in their order, each read back; when one cannot be made,
those before it are taken back in reverse order. So a bundle is made whole or not at all, and one undo step
takes all of it back. Every part names the state before and after, so that its opposite is the same part
turned round, and a part whose state before no longer holds makes the plan Stale.
"""

from __future__ import annotations

from dataclasses import dataclass, replace


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
    there; the plan fills them in.
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
    """Whether a unit is enabled and active: pairs of (enabled, active) before and after."""

    unit: str
    user_manager: bool
    before: tuple[bool, bool]
    after: tuple[bool, bool]


@dataclass(frozen=True, slots=True)
class LingerEdit:
    """Whether the user's manager goes on after logout (loginctl enable-linger)."""

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


Edit = TableEdit | FileEdit | FolderEdit | RenameEdit | UnitEdit | LingerEdit | RemoteUrlEdit | WorktreeEdit


@dataclass(frozen=True, slots=True)
class ChangeSet:
    """The parts of one change in the order in which they are made; `done` is said afterwards.

    `resumes` is the step of an undo that was cut short, `made` what that one had made.
    """

    parts: tuple[Edit, ...]
    done: str
    undoes: int | None = None
    resumes: int | None = None
    made: tuple[Edit, ...] = ()

    @property
    def kind(self) -> str:
        """As undo steps name it."""
        return "bundle"


def inverse(part: Edit) -> Edit:
    """The part that takes this one back."""
    match part:
        case FileEdit():
            mode = part.mode if part.mode_before is None else part.mode_before
            owner = part.owner if part.owner_before is None else part.owner_before
            return replace(
                part,
                before=part.after,
                after=part.before,
                mode=mode,
                owner=owner,
                mode_before=part.mode,
                owner_before=part.owner,
            )
        case FolderEdit() | WorktreeEdit():
            return replace(part, there=not part.there)
        case RenameEdit():
            return RenameEdit(source=part.target, target=part.source)
        case UnitEdit():
            return replace(part, before=part.after, after=part.before)
        case TableEdit():
            return replace(part, before=part.after, after=part.before)
        case LingerEdit():
            return replace(part, before=part.after, after=part.before)
        case RemoteUrlEdit():
            return replace(part, before=part.after, after=part.before)


def resource_keys(part: Edit) -> frozenset[tuple[str, ...]]:
    """What the part is about: of two parts with one subject, the later one comes upon what the first made."""
    match part:
        case TableEdit():
            return frozenset({("table", part.user, part.table)})
        case FileEdit() | FolderEdit():
            return frozenset({("path", part.path)})
        case RenameEdit():
            return frozenset({("path", part.source), ("path", part.target)})
        case UnitEdit():
            return frozenset({("unit", str(part.user_manager), part.unit)})
        case LingerEdit():
            return frozenset({("lingering", part.user)})
        case RemoteUrlEdit():
            return frozenset({("remote", part.repository, part.remote)})
        case WorktreeEdit():
            return frozenset({("worktree", part.path)})
