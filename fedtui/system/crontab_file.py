"""Cron tables that are plain files: one kept as crontab(1) would in the demo workspace, and what it shares
with the system's tables, which root writes (system_table.py).

The promises of `CrontabPort` are kept here: compare before the write, write in one rename, read back.
"""

from __future__ import annotations

from pathlib import Path

from fedtui.crontab.document import Document
from fedtui.system.atomic_write import atomic_write
from fedtui.system.crontab_port import CrontabChanged, CrontabError, CrontabRefused
from fedtui.system.regular_file import read_regular


class TableFile:
    """The table in the file at `path`, as `user`'s; half of a `CrontabPort`."""

    def __init__(self, path: Path, user: str, title: str) -> None:
        self.path = path
        self.user = user
        self.title = title

    def read(self) -> bytes | None:
        """The file's bytes; None where there is no file."""
        try:
            return read_regular(self.path)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise CrontabError(f"{self.path}: {error.strerror}") from error

    def stamp(self) -> object:
        """The file's mtime in ns, its inode and its size: every write of ours or of an editor moves one."""
        try:
            seen = self.path.stat()
        except OSError:
            return None
        return seen.st_mtime_ns, seen.st_ino, seen.st_size

    def still(self, base: bytes | None) -> None:
        """Raise CrontabChanged unless the file holds `base`."""
        if self.read() != base:
            raise CrontabChanged(f"{self.path} changed meanwhile.")

    def put(
        self, base: bytes | None, table: bytes, *, mode: int = 0o600, owner: tuple[int, int] | None = None
    ) -> None:
        """Put `table` in place of `base` in one rename, which is looked at once more just before it."""
        try:
            with atomic_write(self.path, table, mode=mode, owner=owner) as part:
                self.still(base)
                part.replace(self.path)
        except OSError as error:
            raise CrontabError(f"{self.path}: {error.strerror}") from error

    def expect(self, table: bytes | None) -> None:
        """Read back: raise CrontabError unless the file holds `table`."""
        if self.read() != table:
            raise CrontabError(f"{self.path} does not read back as it was written.", f"Look: cat {self.path}")


class CrontabFile(TableFile):
    """What is in for crontab(1) in the demo workspace; see `CrontabPort`."""

    def __init__(self, path: Path, user: str) -> None:
        super().__init__(path, user, "demo crontab")

    def check(self, table: bytes) -> str | None:
        """Refuses what Debian's crontab(1) refuses."""
        return Document.parse(table).ignored_because

    def replace(self, base: bytes | None, table: bytes | None) -> None:
        """Compare with `base`, write, read back."""
        self.still(base)
        if table is None:
            self.path.unlink(missing_ok=True)
        else:
            message = self.check(table)
            if message is not None:
                raise CrontabRefused(message)
            self.put(base, table)
        self.expect(table)

    def commands(self, *, removes: bool) -> tuple[tuple[str, ...], ...]:
        """What a person would type to do the same."""
        path = str(self.path)
        write = ("rm", path) if removes else ("mv", path + ".new", path)
        return (write, ("cat", path))
