"""The file that a job should renew: whether it holds newer data than before the run. Judged apart."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

SLACK = timedelta(seconds=1)
"""How far a file's time may lag behind the clock: some file systems keep whole seconds."""

AFTER = timedelta(seconds=60)
"""How long after a run's end what it began may still be written."""


@dataclass(frozen=True, slots=True)
class Product:
    """The product as it was found after the run; `modified` is None where there is no such file.

    `newest` is the newest moment that its lines tell of, None for a file of another kind; `before` what that
    was before the run, None where nobody looked. A file that was rewritten and holds nothing newer was not
    renewed. `unread` says why it could not be looked at.
    """

    path: str
    modified: datetime | None
    size: int = 0
    newest: datetime | None = None
    before: datetime | None = None
    unread: str = ""

    def verdict(self, start: datetime, end: datetime) -> tuple[bool | None, str]:
        """Whether the run renewed it (None: no longer known), and the words for it."""
        if self.unread:
            return None, f"its product {self.path} cannot be looked at: {self.unread}"
        if self.modified is None:
            return False, f"its product {self.path} is not there"
        at = self.modified.astimezone(start.tzinfo)
        if self.modified < start - SLACK:
            return False, f"its product {self.path} was not renewed; it is from {at:%Y-%m-%d %H:%M:%S}"
        if self.size == 0:
            return False, f"its product {self.path} is empty"
        if self.modified > end + AFTER:
            return None, f"its product {self.path} was written again since"
        if self.newest is not None:
            return self._by_data(self.newest.astimezone(start.tzinfo), start)
        return True, f"its product {self.path} was renewed at {at:%H:%M:%S}"

    def _by_data(self, newest: datetime, start: datetime) -> tuple[bool | None, str]:
        data = f"its newest data is from {newest:%Y-%m-%d %H:%M:%S}"
        if newest >= start - SLACK or (self.before is not None and newest > self.before):
            return True, f"its product {self.path} was renewed; {data}"
        if self.before is None:
            return None, f"its product {self.path} was written; {data}, and what it was before is not known"
        return False, f"its product {self.path} was rewritten and holds nothing newer; {data}"
