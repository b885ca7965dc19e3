"""Where a user's crontab is kept: behind crontab(1) on a machine, in a plain file in the demo workspace.

Everything here is blocking (call it in a thread) and has a deadline.
"""

from __future__ import annotations

from typing import Protocol


class CrontabError(Exception):
    """The table could not be read or written; the message is fit to show, `advice` says what to do."""

    def __init__(self, message: str, advice: str = "") -> None:
        super().__init__(message)
        self.advice = advice

    @property
    def sentence(self) -> str:
        """The message in one line, without a full stop at its end: `crontab` may say it in several."""
        rows = (" ".join(row.split()).rstrip(".") for row in str(self).splitlines())
        return ". ".join(row for row in rows if row)


class CrontabMissing(CrontabError):
    """There is no crontab(1) on this machine."""


class CrontabChanged(CrontabError):
    """Someone else changed the table since `base` was read. Nothing was written."""


class CrontabRefused(CrontabError):
    """crontab(1) refused the new table, or this user. The old one is unchanged."""


class CrontabUnknown(CrontabError):
    """crontab(1) took too long to write, and what the table holds now cannot be read."""


class CrontabPort(Protocol):
    """One user's table. `title` reads "crontab of fed"."""

    user: str
    title: str

    def read(self) -> bytes | None:
        """The table's true bytes, without the header that `crontab -l` hides; None for no table."""
        ...

    def stamp(self) -> object:
        """A cheap token that changes when a table may have changed (the spool folder's mtime, in ns)."""
        ...

    def check(self, table: bytes) -> str | None:
        """The message with which `crontab -n` refuses `table`, or None when it would accept it."""
        ...

    def replace(self, base: bytes | None, table: bytes | None) -> None:
        """Put `table` in place of `base` (None: no table), then read back and compare.

        Raises CrontabChanged when the table is no longer `base`, CrontabRefused with crontab's own words,
        CrontabUnknown where the outcome is not known.
        """
        ...

    def commands(self, *, removes: bool) -> tuple[tuple[str, ...], ...]:
        """The argument vectors `replace` runs, for the confirm dialog: the write, then the read back."""
        ...
