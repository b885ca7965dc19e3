"""What every source of facts is: something that can be read, and that says when to read it again."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Protocol, runtime_checkable

from fedtui.model import Answer, Problem


class Source(Protocol):
    """One part of the world. Asked alone, and degrading alone.

    `name` is unique ("crontab", "system-tables", "user-timers", "system-timers", "cron-log", ...).
    """

    name: str

    async def read(self) -> Answer:
        """Look at the world. Never raises for what the world does: that is a Problem in the answer.

        Blocking work is done in a thread; every external call has a deadline.
        """
        ...

    def watch(self) -> AsyncIterator[None]:
        """Yield each time the world may have changed, until closed; coalesced, never busy."""
        ...


@runtime_checkable
class AwaitedSource(Protocol):
    """A source whose first answer may take long."""

    def waiting(self) -> Answer:
        """What to say meanwhile."""
        ...


def unanswered(source: str, seconds: float, now: datetime) -> Answer:
    """The answer of a source that gave none."""
    problem = Problem(
        source,
        f"{source} has not answered for {seconds:.0f} s.",
        "Untouched: everything; only this view is old.",
        "It is asked again when something changes; R asks now.",
        now,
    )
    return Answer(source, now, problems=(problem,))


class LookingSource(Source, Protocol):
    """A source that can also be read in the caller's own thread: a verb that only lists needs no event loop,
    whose import alone would take as long as all the rest of the list.
    """

    def look(self) -> Answer:
        """`read`, blocking."""
        ...

    async def read(self) -> Answer:
        """`look`, in a thread that holds up nobody's end."""
        # Here and not above: asyncio costs a list, which only looks, as much as all its modules.
        from fedtui.system.in_thread import DaemonThreads

        return await DaemonThreads().run(self.look)
