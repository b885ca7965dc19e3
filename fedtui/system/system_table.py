"""A system cron table (/etc/crontab, /etc/cron.d/NAME) as something that can be changed, by root alone.

The new text takes the old one's place, owner and mode in one rename; cron ignores the name it has until
then, so that it never sees half a table. Blocking: call it in a thread.
"""

from __future__ import annotations

from pathlib import Path

from fedtui.system.crontab_file import TableFile
from fedtui.system.crontab_port import CrontabError


class SystemTable(TableFile):
    """One file; see `CrontabPort`. `user` is root, who owns every system table that cron reads."""

    def __init__(self, path: str) -> None:
        super().__init__(Path(path), "root", path)

    def check(self, table: bytes) -> str | None:
        """No program checks a system table: the plan has read it by cron's own rules already."""
        return None

    def replace(self, base: bytes | None, table: bytes | None) -> None:
        """Put `table` in place of `base` atomically, then read back and compare."""
        if base is None or table is None:
            raise CrontabError(f"{self.path}: fedtui neither makes nor removes system tables.")
        self.still(base)
        try:
            was = self.path.stat()
        except OSError as error:
            raise CrontabError(f"{self.path}: {error.strerror}") from error
        self.put(base, table, mode=was.st_mode & 0o7777, owner=(was.st_uid, was.st_gid))
        self.expect(table)

    def commands(self, *, removes: bool) -> tuple[tuple[str, ...], ...]:
        """None: the file is written by fedtui itself."""
        return ()
