"""What tells that a file has changed: two looks of equal stamps saw the same file."""

from __future__ import annotations

from pathlib import Path


def file_stamp(path: Path | str | None) -> tuple[int, int]:
    """The mtime (ns) and size of a file; zeros where there is none."""
    try:
        facts = Path(path).stat() if path else None
    except OSError:
        facts = None
    return (0, 0) if facts is None else (facts.st_mtime_ns, facts.st_size)
