"""A system cron table (/etc/crontab, /etc/cron.d/NAME) as something that can be changed, by root alone.

Same shape as a user's table (sources/crontab_port.py). The new text goes to a file beside the old one,
with the old one's owner and mode, and takes its place in one rename: cron, which ignores names with a dot,
never sees half a table. Blocking: call it in a thread.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from fedtui.sources.crontab_port import CrontabChanged, CrontabError


class SystemTable:
    """One file. `user` is root, who owns every system table that cron reads."""

    def __init__(self, path: str) -> None:
        self.path = Path(path)
        self.user = "root"
        self.title = path

    def read(self) -> bytes | None:
        """The file's bytes; None where there is no file."""
        try:
            return self.path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise CrontabError(f"{self.path}: {error.strerror}.") from error

    def stamp(self) -> object:
        """The file's mtime in ns, its inode and its size; None where there is no file."""
        try:
            seen = self.path.stat()
        except OSError:
            return None
        return seen.st_mtime_ns, seen.st_ino, seen.st_size

    def check(self, table: bytes) -> str | None:
        """No program checks a system table: the plan has read it by cron's own rules already."""
        return None

    def replace(self, base: bytes | None, table: bytes | None) -> None:
        """Put `table` in place of `base` atomically, then read back and compare."""
        if base is None or table is None:
            raise CrontabError(f"{self.path}: fedtui neither makes nor removes system tables.")
        if self.read() != base:
            raise CrontabChanged(f"{self.path} changed meanwhile.")
        part = self.path.with_name(f".{self.path.name}.fedtui")
        try:
            was = self.path.stat()
            descriptor = os.open(
                part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600
            )
            with os.fdopen(descriptor, "wb") as stream:
                stream.write(table)
                stream.flush()
                os.fchown(descriptor, was.st_uid, was.st_gid)
                os.fchmod(descriptor, was.st_mode & 0o7777)
                os.fsync(descriptor)
            if self.read() != base:
                raise CrontabChanged(f"{self.path} changed meanwhile.")
            part.replace(self.path)
        except OSError as error:
            raise CrontabError(f"{self.path}: {error.strerror}.") from error
        finally:
            with suppress(OSError):
                part.unlink(missing_ok=True)
        if self.read() != table:
            raise CrontabError(f"{self.path} does not read back as it was written.")

    def commands(self, *, removes: bool) -> tuple[tuple[str, ...], ...]:
        """None: the file is written by fedtui itself."""
        return ()
