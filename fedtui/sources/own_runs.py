"""The runs that the database holds: those that fedtui started, and those that it saw earlier.

Supervisors of detached runs, and every fedtui that sees a run, write the database from their own processes;
its files' mtimes tell when. What is written is read once: after the first look only rows that are newer.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path

from fedtui.history.database import History, HistoryError
from fedtui.model import Answer, Problem, Run
from fedtui.sources.source import LookingSource
from fedtui.system.file_stamp import file_stamp

LOOK_EVERY = 0.25
"""Seconds between two looks at the database files' mtimes (two stat calls) while a run continues."""

LOOK_IDLE = 1.0
"""The same while none does: only a run that another process starts can be news."""

SETTLE_EVERY = 5.0
"""Seconds between two looks whether an open run still has somebody who will write its end."""

RUNS_READ = 24
"""How many runs of each job are read; the snapshot has room for as many."""

OWN_ID = re.compile(r"[0-9a-f]{16}")
"""The ids of runs that fedtui itself keeps watch over."""


class OwnRunsSource(LookingSource):
    """The source "own-runs".

    `settle` (blocking) gives an end to runs whose supervisor was killed before it could write one.
    """

    name = "own-runs"

    def __init__(
        self,
        history: History,
        database: Path,
        clock: Callable[[], datetime],
        settle: Callable[[], object],
        notes: Sequence[str] = (),
        faults: Sequence[str] = (),
    ) -> None:
        self._history = history
        self._settle = settle
        self._notes = notes
        self._faults = faults
        self._open = False
        self._revision = 0
        self._places: dict[int, Run] = {}
        self._rows: dict[str, Run] = {}
        self._files = (database, database.with_name(database.name + "-wal"))
        self._clock = clock

    def look(self) -> Answer:
        """The latest runs of every job, in the order in which they were first seen."""
        notes = tuple(Problem(self.name, text, note=True) for text in self._notes)
        problems = tuple(self._problem(text) for text in self._faults)
        try:
            self._settle()
            self._revision, changed = self._history.changed_runs(self._revision, RUNS_READ)
            records, moves = self._history.jobs()
        except HistoryError as error:
            problems = problems or (self._problem(str(error), error.advice),)
            return Answer(self.name, self._clock(), (), problems=(*problems, *notes))
        gone = {other for run in changed.values() for other in run.also}
        places = sorted((self._places | changed).items())
        self._places = {place: run for place, run in places if run.id not in gone}
        self._rows = {run.id: run for run in self._places.values()}
        # That another's run is in progress is for those to say who see it now: this row may be from long ago.
        runs = [run for run in self._rows.values() if not run.is_running or OWN_ID.fullmatch(run.id)]
        self._open = any(run.is_running for run in runs)
        return Answer(
            *(self.name, self._clock(), ()),
            runs=tuple(runs),
            problems=(*problems, *notes),
            records=records,
            moves=moves,
        )

    def _problem(self, message: str, advice: str = "") -> Problem:
        return Problem(self.name, message, "Untouched: the jobs themselves.", advice, self._clock())

    @property
    def rows(self) -> Mapping[str, Run]:
        """What the database holds, by id, as far as it was read."""
        return self._rows

    async def watch(self) -> AsyncIterator[None]:
        """Yield when a database file changed, and now and then while a run continues."""
        import asyncio

        seen, waited = self._stamp(), 0.0
        while True:
            pause = LOOK_EVERY if self._open else LOOK_IDLE
            await asyncio.sleep(pause)
            stamp, waited = self._stamp(), waited + pause
            if stamp != seen or (self._open and waited >= SETTLE_EVERY):
                seen, waited = stamp, 0.0
                yield

    def _stamp(self) -> list[tuple[int, int]]:
        return list(map(file_stamp, self._files))
