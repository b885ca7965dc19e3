"""A crontab kept in a plain file: what stands in for crontab(1) in the demo workspace.

Keeps the same promises: compares before it writes, writes atomically with mode 0600, reads back.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from fedtui.crontab.document import Document
from fedtui.sources.crontab_port import CrontabChanged, CrontabError, CrontabRefused


class CrontabFile:
    """The table in the file at `path`, as `user`'s."""

    def __init__(self, path: Path, user: str) -> None:
        self.path = path
        self.user = user
        self.title = "demo crontab"

    def read(self) -> bytes | None:
        """The file's bytes; None where there is no file."""
        try:
            return self.path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise CrontabError(f"{self.path}: {error.strerror}") from error

    def stamp(self) -> object:
        """The file's mtime and inode: every write of ours or of an editor moves one of them."""
        try:
            stat = self.path.stat()
        except OSError:
            return None
        return (stat.st_mtime_ns, stat.st_ino, stat.st_size)

    def check(self, table: bytes) -> str | None:
        """Refuses what Debian's crontab(1) refuses."""
        return Document.parse(table).ignored_because

    def replace(self, base: bytes | None, table: bytes | None) -> None:
        """Compare with `base`, write, read back."""
        if self.read() != base:
            raise CrontabChanged(f"{self.path} was changed meanwhile.")
        if table is None:
            self.path.unlink(missing_ok=True)
        else:
            message = self.check(table)
            if message is not None:
                raise CrontabRefused(message)
            self._write(table)
        if self.read() != table:
            raise CrontabError(f"{self.path} does not hold what was written.", f"Look: cat {self.path}")

    def _write(self, table: bytes) -> None:
        import tempfile  # slow to import, and reading does without

        try:
            handle, name = tempfile.mkstemp(prefix=".crontab.", dir=self.path.parent)
        except OSError as error:
            raise CrontabError(f"{self.path.parent}: {error.strerror}") from error
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(table)
                file.flush()
                os.fsync(file.fileno())
            Path(name).replace(self.path)
        except OSError as error:
            with suppress(FileNotFoundError):
                Path(name).unlink()
            raise CrontabError(f"{self.path}: {error.strerror}") from error

    def commands(self, *, removes: bool) -> tuple[tuple[str, ...], ...]:
        """What a person would type to do the same."""
        path = str(self.path)
        write = ("rm", path) if removes else ("mv", path + ".new", path)
        return (write, ("cat", path))
