"""The later runs of calendar expressions, asked of `systemd-analyze` in few calls and kept until used up."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from datetime import datetime

from fedtui.system.patience import is_bounded, patience_left
from fedtui.system.program import ProgramError, ProgramLate
from fedtui.system.systemd_analyze import calendar

ITERATIONS = 12
LOW_WATER = 4
"""So many runs ahead are enough; with fewer left, the expression is asked again."""

PATIENCE = 0.2
"""Seconds that an answer waits for the runs."""


class ElapseCache:
    """Runs by expression. `changed` is called when runs came in too late for the answer that asked."""

    def __init__(self, changed: Callable[[], None]) -> None:
        self._changed = changed
        self._known: dict[str, tuple[datetime, ...]] = {}
        self._final: set[str] = set()
        self._task: asyncio.Task[None] | None = None
        self._late = False
        self.missing = ""

    def runs(self, expression: str) -> tuple[datetime, ...]:
        """The runs known of an expression, in order, in UTC; some may have passed."""
        return self._known.get(expression, ())

    async def fetch(self, expressions: Collection[str], now: datetime, *, wait: bool = False) -> None:
        """See that runs after `now` are known, or on their way; with `wait` as long as there is patience."""
        for unused in set(self._known) - set(expressions):
            del self._known[unused]
        self._final &= set(expressions)
        wanted = [text for text in sorted(expressions) if self._is_low(text, now)]
        if wanted and self._task is None:
            self._late = False
            self._task = asyncio.get_running_loop().create_task(self._ask(wanted, now))
        task = self._task
        if task is not None:
            await asyncio.wait((task,), timeout=patience_left(PATIENCE) if wait else PATIENCE)
            self._late = not task.done()
            if self._late and wait:
                self.missing = "the later runs of its timers have not come"
            if task.done():
                self._task = None

    def _is_low(self, expression: str, now: datetime) -> bool:
        known = self._known.get(expression)
        if known is None:
            return True
        return expression not in self._final and sum(run > now for run in known) < LOW_WATER

    async def _ask(self, expressions: list[str], now: datetime) -> None:
        try:
            checks = await calendar(expressions, ITERATIONS, now)
        except ProgramError as error:
            if isinstance(error, ProgramLate) and is_bounded():
                self.missing = f"later runs are not known: {error}"
            # Without systemd-analyze only the next run is known, and that comes from the bus.
            self._known |= dict.fromkeys(expressions, ())
            self._final |= set(expressions)
            return
        self.missing = ""
        for check in checks:
            self._known[check.expression] = check.runs
            if len(check.runs) < ITERATIONS:
                self._final.add(check.expression)
        if self._late:
            self._changed()
