"""The difference of two texts as a plan shows it."""

from __future__ import annotations

from fedtui.changes.plan import DiffLine, FileDiff
from fedtui.crontab.table_diff import diff
from fedtui.safe_text import decode, sanitize_and_mask

CONTEXT = 1
"""Untouched lines shown on either side of a change."""


def file_diff(title: str, old: bytes | None, new: bytes | None) -> FileDiff:
    """The difference, fit to be shown; None is no file, shown as an empty one."""
    found = diff(old or b"", new or b"", CONTEXT)
    lines = tuple(DiffLine(row.number, row.sign, sanitize_and_mask(decode(row.raw))) for row in found.rows)
    return FileDiff(title, lines, found.changed, found.added, found.removed, found.untouched)
