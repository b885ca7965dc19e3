"""The parts of a change that touches several things at once, such as a table, unit files and a timer.

A `Bundle` is such a change: its parts are made in their order, each read back; when one cannot be made,
those before it are taken back in reverse order. So a bundle is made whole or not at all, and one undo step
takes all of it back. Every part names the state before and after, so that its opposite is the same part
turned round, and a part whose state before no longer holds makes the plan Stale.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TableText:
    """One text of a cron table in place of another; None is no table. `table` is "crontab" or a path."""

    user: str
    table: str
    before: bytes | None
    after: bytes | None


@dataclass(frozen=True, slots=True)
class FileText:
    """One text of a file in place of another; None is no file.

    `owner` is (uid, gid), ours where it is None. `private` keeps the text off the screen (a URL with a
    credential); its diff then tells only that the file is written. A unit file makes systemd reload.
    """

    path: str
    before: bytes | None
    after: bytes | None
    mode: int = 0o644
    owner: tuple[int, int] | None = None
    private: bool = False


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder that is made (`there` True) or taken away again; it goes only where it is empty."""

    path: str
    there: bool
    mode: int = 0o755
    owner: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Renamed:
    """A file that goes from `source` to `target` in one rename or, across file systems, a verified copy."""

    source: str
    target: str


@dataclass(frozen=True, slots=True)
class UnitSwitch:
    """Whether a unit is enabled and active: pairs of (enabled, active) before and after."""

    unit: str
    user_manager: bool
    before: tuple[bool, bool]
    after: tuple[bool, bool]


@dataclass(frozen=True, slots=True)
class Lingering:
    """Whether the user's manager goes on after logout (loginctl enable-linger)."""

    user: str
    before: bool
    after: bool


@dataclass(frozen=True, slots=True)
class RemoteUrl:
    """Which URL a remote of a git checkout has."""

    repository: str
    remote: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Worktree:
    """A worktree of `repository` at `path` on `branch`, there afterwards or not; the branch itself stays."""

    repository: str
    path: str
    branch: str
    there: bool


Part = TableText | FileText | Folder | Renamed | UnitSwitch | Lingering | RemoteUrl | Worktree


@dataclass(frozen=True, slots=True)
class Bundle:
    """The parts of one change in the order in which they are made; `done` is said afterwards."""

    parts: tuple[Part, ...]
    done: str
    undoes: int | None = None

    @property
    def kind(self) -> str:
        """As undo steps name it."""
        return "bundle"
