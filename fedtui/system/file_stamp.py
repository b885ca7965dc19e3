"""What tells that a file has changed: two looks of equal stamps saw the same file."""

from __future__ import annotations

import os
from pathlib import Path


def file_stamp(path: Path | str | None) -> tuple[int, int]:
    """The mtime (ns) and size of a file; zeros where there is none."""
    facts = _facts(path)
    return (0, 0) if facts is None else (facts.st_mtime_ns, facts.st_size)


def file_size(path: Path | str | None) -> int | None:
    """The size of a file in bytes; None where there is none, or it cannot be seen."""
    facts = _facts(path)
    return None if facts is None else facts.st_size


def _facts(path: Path | str | None) -> os.stat_result | None:
    try:
        return Path(path).stat() if path else None
    except (OSError, ValueError):  # not there, not to be seen, or no path at all
        return None
