"""A cron job as a form holds it, before it is a line of a table."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Draft:
    """What the new-job and edit forms give.

    `command` is the command field as the table has it, so an unescaped `%` ends it and begins the standard
    input. `name` and `note` may be empty; `note` may have several lines.
    """

    schedule: str
    command: str
    name: str = ""
    note: str = ""
