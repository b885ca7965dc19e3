"""The comment by which a line of a cron table says which findings about it are known."""

from __future__ import annotations

from fedtui.crontab import splice
from fedtui.crontab.comments import silenced_codes
from fedtui.crontab.document import Document
from fedtui.crontab.line import IGNORE_COMMENT, Entry
from fedtui.crontab.splice import EditError


def ignore(document: Document, entry: Entry, code: str) -> bytes:
    """The table with `# fedtui: ignore CODE` directly above the entry. Raises EditError where it is there."""
    splice.check_current(document, entry)
    if code in silenced_codes(document.lines, entry.line_number):
        raise EditError(f"{code} is silenced there already")
    comment = IGNORE_COMMENT + code.encode("ascii") + document.newline.removesuffix(b"\n")
    new = splice.replace(document, entry.line_number, [comment, entry.raw])
    return splice.checked(document, new, entry)
