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
    """The product as it was found after the run; `modified` is None where there is no such file."""

    path: str
    modified: datetime | None
    size: int = 0

    def verdict(self, start: datetime, end: datetime) -> tuple[bool | None, str]:
        """Whether the run renewed it (None: that can no longer be told), and the words for it."""
        if self.modified is None:
            return False, f"its product {self.path} is not there"
        at = self.modified.astimezone(start.tzinfo)
        if self.modified < start - SLACK:
            return False, f"its product {self.path} was not renewed; it is from {at:%Y-%m-%d %H:%M:%S}"
        if self.size == 0:
            return False, f"its product {self.path} is empty"
        if self.modified > end + AFTER:
            return None, f"its product {self.path} was written again since"
        return True, f"its product {self.path} was renewed at {at:%H:%M:%S}"
