"""What screens and widgets may ask of the app that runs them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from fedtui.model import Job, Run, Snapshot
from fedtui.ports import Ports
from fedtui.schedule.upcoming import RunsOf
from fedtui.widgets.log_pump import OpenLog

if TYPE_CHECKING:
    from fedtui.watching.expected_run import Watch


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


class WatchPort(Protocol):
    """The watches over jobs (`watching.watches`). Blocking: to be called in a thread."""

    def begin(self, job: Job, count: int) -> Watch:
        """The open watch over a job, or a new one. Raises CannotWatch or WatchStoreError."""
        ...

    def get(self, job_id: str) -> Watch | None:
        """The newest watch over a job. Raises WatchStoreError."""
        ...

    def more(self, job_id: str) -> Watch | None:
        """One cycle more. Raises WatchStoreError."""
        ...

    def stop(self, job_id: str) -> Watch | None:
        """End an open watch. Raises WatchStoreError."""
        ...

    def ensure_daemon(self) -> bool:
        """See to it that somebody keeps the open watches. Raises WatchStoreError or OSError."""
        ...


class AppHost(Protocol):
    """The app. `ascii_only` is true for a terminal without our glyphs; `watches` is None where nothing can be
    watched; `past` gives the runs on record, oldest first (blocking, raises HistoryError).
    """

    store: StorePort
    ports: Ports
    clock: Callable[[], datetime]
    open_log: OpenLog
    runs_of: RunsOf
    user: str
    host: str
    home: str
    ascii_only: bool
    watches: WatchPort | None
    past: Callable[[], Sequence[Run]]
