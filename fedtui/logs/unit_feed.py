"""The journal of a unit as a job's log: the lines of its runs, and what its manager said of them."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from datetime import tzinfo

from fedtui.logs.journal import follow_unit, unit_log
from fedtui.logs.journal_query import JournalError
from fedtui.logs.journal_records import JournalEntry
from fedtui.logs.log_feed import LogChunk


class UnitFeed:
    """The journal of `unit`. `lines` of what is there come first; times are shown in `zone`."""

    def __init__(self, unit: str, user_manager: bool, zone: tzinfo, lines: int = 500) -> None:
        self.title = f"journal of {unit}"
        self._unit = unit
        self._user_manager = user_manager
        self._zone = zone
        self._lines = lines

    async def chunks(self) -> AsyncGenerator[LogChunk]:
        """The last lines, then what is added."""
        try:
            # A follower of an empty journal gives no sign of life: what is there is asked for first.
            known = await unit_log(self._unit, self._user_manager, lines=self._lines)
            yield LogChunk(tuple(map(self._line, known)), reset=True)
            seen = {entry.cursor for entry in known}
            async with aclosing(follow_unit(self._unit, self._user_manager, lines=self._lines)) as batches:
                async for batch in batches:
                    new = [entry for entry in batch if entry.cursor not in seen]
                    seen = set()  # only what is there already comes twice
                    if new:
                        yield LogChunk(tuple(map(self._line, new)))
        except JournalError as error:
            problem = ". ".join(part for part in (error.message, error.advice) if part)
            yield LogChunk(problem=problem[:1].upper() + problem[1:], reset=True)

    def _line(self, entry: JournalEntry) -> str:
        """A line in the shape of a log file's: the moment, the level where it says something, the text."""
        level = "ERR " if entry.priority <= 3 else "WARN " if entry.priority == 4 else ""
        return f"{entry.at.astimezone(self._zone):%H:%M:%S} {level}{entry.text}"
