"""A crontab in a plain file that behaves as crontab(1): refuses bad tables, compares with the base."""

from __future__ import annotations

from pathlib import Path

from fedtui.crontab import Document
from fedtui.system.crontab_port import CrontabChanged, CrontabRefused


class TableFile:
    """A `CrontabPort` over one file."""

    def __init__(self, path: Path, user: str) -> None:
        self.path = path
        self.user = user
        self.title = f"crontab of {user}"

    def read(self) -> bytes | None:
        return self.path.read_bytes() if self.path.exists() else None

    def stamp(self) -> object:
        return self.path.stat().st_mtime_ns if self.path.exists() else None

    def check(self, table: bytes) -> str | None:
        bad = Document.parse(table).ignored_because
        return None if bad is None else f'"-":{bad}'

    def replace(self, base: bytes | None, table: bytes | None) -> None:
        if self.read() != base:
            raise CrontabChanged("The crontab changed meanwhile. Nothing was written.")
        if table is None:
            self.path.unlink()
            return
        refusal = self.check(table)
        if refusal:
            raise CrontabRefused(refusal)
        self.path.write_bytes(table)

    def commands(self, *, removes: bool) -> tuple[tuple[str, ...], ...]:
        write = "-r" if removes else "-e"
        return (("crontab", write), ("crontab", "-l"))
