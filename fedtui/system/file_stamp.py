"""What tells that a file has changed: two looks of equal stamps saw the same file."""

from __future__ import annotations

import os
from pathlib import Path

from fedtui.system.regular_file import open_regular


def file_stamp(path: Path | str | None) -> tuple[int, int]:
    """The mtime (ns) and size of a file; zeros where there is none."""
    facts = _facts(path)
    return (0, 0) if facts is None else (facts.st_mtime_ns, facts.st_size)


def file_size(path: Path | str | None) -> int | None:
    """The size of a file in bytes; None where there is none, or it cannot be seen."""
    facts = _facts(path)
    return None if facts is None else facts.st_size


def ends_line(path: str, offset: int) -> bool:
    """Whether a line begins at that byte of a file: not so where the file is another one by now, mostly."""
    if offset == 0:
        return True
    try:
        with open_regular(path) as descriptor:
            return os.pread(descriptor, 1, offset - 1) == b"\n"
    except OSError:
        return False


def _facts(path: Path | str | None) -> os.stat_result | None:
    try:
        return Path(path).stat() if path else None
    except (OSError, ValueError):  # not there, not to be seen, or no path at all
        return None
