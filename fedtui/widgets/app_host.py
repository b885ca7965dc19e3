"""What screens and widgets may ask of the app that runs them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from fedtui.model import Run
from fedtui.ports import Ports
from fedtui.schedule.upcoming import RunsOf
from fedtui.widgets.log_pump import OpenLog

if TYPE_CHECKING:
    from fedtui.engine import Engine
    from fedtui.store import Store
    from fedtui.watching.watches import Watches


class AppHost(Protocol):
    """The app; a Protocol since its module lies above this layer.

    `ascii_only` is true for a terminal without our glyphs; `watches` is None where nothing can be watched;
    `past` gives the runs on record, oldest first (blocking, raises HistoryError).
    """

    store: Store
    ports: Ports
    engine: Engine
    clock: Callable[[], datetime]
    open_log: OpenLog
    runs_of: RunsOf
    user: str
    host: str
    home: str
    ascii_only: bool
    watches: Watches | None
    past: Callable[[], Sequence[Run]]
