"""What a cycle leaves on disk: what it wrote to its log, and whether its product is newer. Blocking."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

from fedtui.runs.data_age import blocks
from fedtui.runs.run_text import renewal_at
from fedtui.system.regular_file import open_regular
from fedtui.watching.expected_run import LogMark

MOST = 64 * 1024 * 1024
"""Bytes of a log that are looked through for line ends; of more, only the size is reported."""


class FileArtifacts:
    """Looks at logs and products; in the folder `notes` is noted what was read of products."""

    def __init__(self, notes: Path) -> None:
        self._notes = notes

    def mark(self, path: str) -> LogMark | None:
        """The log as it is now; None where it cannot be looked at."""
        try:
            found = Path(path).stat()
        except FileNotFoundError:
            return LogMark(path, 0, 0)
        except OSError:
            return None
        return LogMark(path, found.st_ino, found.st_size)

    def grown(self, mark: LogMark) -> tuple[int | None, int | None]:
        """Lines and bytes that were added since `mark`; None for what is unknown.

        A log that was rotated or cut meanwhile is taken from its new beginning.
        """
        try:
            with open_regular(mark.path) as file:
                found = os.fstat(file)
                same = found.st_ino == mark.inode and found.st_size >= mark.size
                begin = mark.size if same else 0
                added = found.st_size - begin
                if added > MOST:
                    return None, added
                return _lines(file, begin, added), added
        except FileNotFoundError:
            return 0, 0
        except OSError:
            return None, None

    def renewed(self, path: str, since: datetime) -> bool | None:
        """Whether the file at the absolute `path` holds newer data than then; None where that is unknown."""
        found = renewal_at(path, since, max(since, datetime.now(UTC)), self._notes)
        return None if found is None else found[0]


def _lines(descriptor: int, begin: int, length: int) -> int:
    """How many lines lie in these `length` bytes; a last line without its end counts too."""
    lines, last = 0, b"\n"
    for block in blocks(descriptor, begin, length):
        lines += block.count(b"\n")
        last = block[-1:]
    return lines if last == b"\n" else lines + 1
