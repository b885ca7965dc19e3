"""What screens and widgets may ask of the app that runs them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from fedtui.actions.ports import Ports
from fedtui.model import Snapshot
from fedtui.schedule.upcoming import RunsOf
from fedtui.widgets.log_feed import OpenLog


class StorePort(Protocol):
    """The store, as far as the screen needs it."""

    snapshot: Snapshot

    def subscribe(self, callback: Callable[[Snapshot], None]) -> None:
        """Have `callback` called with every new snapshot."""
        ...

    async def run(self) -> None:
        """Keep the snapshot new until cancelled."""
        ...

    async def refresh(self) -> Snapshot:
        """Ask every source now."""
        ...


class Host(Protocol):
    """The app. `ascii_only` is true for a terminal without our glyphs."""

    store: StorePort
    ports: Ports
    clock: Callable[[], datetime]
    open_log: OpenLog
    runs_of: RunsOf
    user: str
    host: str
    home: str
    ascii_only: bool
