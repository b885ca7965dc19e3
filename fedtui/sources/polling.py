"""Watching what gives no signal: a cheap look once a second, and a word when it differs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from datetime import datetime, timedelta

SECOND = 1.0


async def poll_changes(
    look: Callable[[], object],
    *,
    known: Callable[[], object],
    due: Callable[[], datetime | None],
    clock: Callable[[], datetime],
    every: float = SECOND,
) -> AsyncGenerator[None, None]:
    """Yield when `look` (called in a thread) differs from `known`, when `due` has come, when time jumps.

    `known` is what `look` gave when the world was last read, `due` the moment at which the answer changes by
    itself. After a change it yields once more, since a file's time is constant within a tick of the kernel.
    """
    again = False
    before = clock()
    while True:
        await asyncio.sleep(_pause(due(), before, every))
        seen, now, moment = await asyncio.to_thread(look), clock(), due()
        jumped = abs(now - before) > timedelta(seconds=every + 5)
        arrived = moment is not None and moment <= now
        changed = seen != known()
        if changed or again or jumped or arrived:
            yield None
        again, before = changed, now


def _pause(moment: datetime | None, now: datetime, every: float) -> float:
    """Seconds to sleep: shorter than `every` when `moment` comes before that."""
    if moment is None or moment <= now:
        return every
    return min(every, (moment - now).total_seconds() + 0.01)
