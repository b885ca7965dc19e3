"""The difference of two texts as a plan shows it."""

from __future__ import annotations

from fedtui.changes.plan import DiffLine, FileDiff
from fedtui.crontab.table_diff import diff
from fedtui.safe_text import decode, mask_diff, sanitize

CONTEXT = 1
"""Untouched lines shown on either side of a change."""


def file_diff(title: str, old: bytes | None, new: bytes | None) -> FileDiff:
    """The difference, fit to be shown; None is no file, shown as an empty one."""
    found = diff(old or b"", new or b"", CONTEXT)
    texts = mask_diff([(row.sign, sanitize(decode(row.raw))) for row in found.rows])
    lines = tuple(DiffLine(row.number, row.sign, text) for row, text in zip(found.rows, texts, strict=True))
    return FileDiff(title, lines, found.changed, found.added, found.removed, found.untouched)
