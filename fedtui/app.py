"""The Textual app: wiring only. Store, ports and config come in; themes, keys, screens and a clock hang here.

What is seen lives in `screens` and `widgets`, what is done in `changes` and `runs`.
"""

from __future__ import annotations

import asyncio
import gc
import os
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, ClassVar

from textual.app import SystemCommand
from textual.binding import BindingType
from textual.driver import Driver
from textual.drivers.linux_driver import LinuxDriver
from textual.screen import Screen
from textual.theme import Theme
from textual.worker import WorkerFailed

from fedtui.config import Config, remember_theme
from fedtui.engine import Engine
from fedtui.model import Run, Snapshot
from fedtui.ports import Ports
from fedtui.presentation.times import next_tick
from fedtui.schedule.upcoming import RunsOf, runs_of
from fedtui.screens.base import FullScreen
from fedtui.screens.dashboard import Dashboard
from fedtui.screens.job_actions import load_the_rest
from fedtui.widgets.key_line import press
from fedtui.widgets.key_order import KeysInOrder
from fedtui.widgets.keys import ALL, APP, taken_keys, unknown_ids
from fedtui.widgets.log_pump import OpenLog
from fedtui.widgets.palette import DARK, LIGHT, token_defaults
from fedtui.widgets.terminal_driver import TerminalDriver

if TYPE_CHECKING:
    from fedtui.store import Store
    from fedtui.watching.watches import Watches

STYLES = Path(__file__).parent / "styles"

QUIET = 0.5
"""Seconds after the start at which the modules that the first paint did not need are loaded."""

LONG_NOTICE = 20
"""Seconds that a notice is shown of what happened while nobody may have looked."""

PATIENCE = 10
"""How often that is put off by as much again while sources have not answered."""


class FedtuiApp(KeysInOrder):
    """The dashboard over a store.

    `clock` gives the time in the zone to show; `open_log` opens a job's log; `background` is awaited while
    the dashboard is open; `watches` watch over jobs' next runs, `past` gives the runs on record. `lost` is
    called when the terminal is gone, from any thread. `run()` returns "demo" where the user chose the demo
    workspace, else None; an error that ended it is in `failure` then.
    """

    TITLE = "fedtui"
    CSS_PATH: ClassVar[list[str | PurePath]] = [STYLES / "app.tcss", STYLES / "dashboard.tcss"]
    BINDINGS: ClassVar[list[BindingType]] = [key.binding for key in APP]
    COMMAND_PALETTE_BINDING = "ctrl+p"

    def __init__(
        self,
        store: Store,
        ports: Ports,
        config: Config,
        *,
        clock: Callable[[], datetime],
        open_log: OpenLog,
        user: str = "",
        host: str,
        home: str,
        ascii_only: bool = False,
        background: Callable[[], Awaitable[None]] | None = None,
        watches: Watches | None = None,
        past: Callable[[], Sequence[Run]] | None = None,
    ) -> None:
        self.ascii_only = ascii_only
        super().__init__()
        self.store = store
        self.ports = ports
        self.engine = Engine(ports, lambda: store.snapshot, clock)
        self.config = config
        self.clock = clock
        self.open_log = open_log
        self.runs_of: RunsOf = runs_of
        self.user = user or ports.user
        self.host = host
        self.home = home
        self.watches = watches
        self.past: Callable[[], Sequence[Run]] = past or tuple
        self._background = background
        self._waited = 0
        self._lost_tables = False
        self.failure: BaseException | None = None
        self.lost: Callable[[], object] = self.exit
        self.animation_level = "none"
        for theme in (DARK, LIGHT):
            self.register_theme(theme)
        self.theme = self.config.theme if self.config.theme in self.available_themes else DARK.name
        self.set_keymap(
            {name: keys for name, keys in self.config.keys.items() if name not in unknown_ids({name: keys})}
        )

    def _handle_exception(self, error: Exception) -> None:
        """Leave on an error of our own. Textual's name: it offers no other place to know of it."""
        if self.failure is None:
            self.failure = error.error if isinstance(error, WorkerFailed) else error
        super()._handle_exception(error)

    def _fatal_error(self) -> None:
        """Print no traceback with the values of every variable; `failure` is reported by the caller."""
        self._close_messages_no_wait()

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Our tokens for themes that do not know them."""
        return token_defaults(self.current_theme)

    def get_driver_class(self) -> type[Driver]:
        """The driver for terminals, made to outlive them."""
        driver = super().get_driver_class()
        return TerminalDriver if driver is LinuxDriver else driver

    def get_default_screen(self) -> Screen[None]:
        """The dashboard."""
        return Dashboard()

    def on_mount(self) -> None:
        """Begin to read the world, and to count seconds."""
        self.store.subscribe(self._snapshot_came)
        if self._background is not None:  # the demo's scheduler first, or the store finds cron down
            self.run_worker(self._background(), name="background", group="background")
        self.run_worker(self.store.run(), name="store", group="store", exit_on_error=True)
        self.theme_changed_signal.subscribe(self, self._theme_chosen)
        self._tick_later()
        self.set_timer(QUIET, self._load_the_rest)
        unknown = unknown_ids(self.config.keys)
        if unknown:
            self._warn(f"config.toml: no key is called {', '.join(unknown)}")
        for loser, key, winner in taken_keys(self.config.keys):
            self._warn(f"config.toml: {winner} takes {key} from {loser}")
        if self.config.theme not in self.available_themes:
            self._warn(f"config.toml: there is no theme {self.config.theme}; ctrl+p, Theme lists them")

    def _theme_chosen(self, theme: Theme) -> None:
        """Keep the choice for the next start, where there is a folder of ours."""
        if os.access(self.config.state, os.W_OK):
            self.run_worker(self._keep_theme(theme.name), group="theme", exit_on_error=False)

    async def _keep_theme(self, name: str) -> None:
        try:
            await asyncio.to_thread(remember_theme, self.config, name)
        except OSError as error:
            self._warn(f"The theme is not kept: {error.strerror}")

    def _warn(self, text: str, timeout: float | None = None) -> None:
        self.notify(text, severity="warning", timeout=timeout, markup=False)

    async def _load_the_rest(self) -> None:
        """Make and load what the first paint did not wait for; then look for garbage again (`__main__`)."""
        self._waited += 1
        if self.store.snapshot.loading and self._waited < PATIENCE:
            self.set_timer(QUIET, self._load_the_rest)  # the first rows are still being made
            return
        for screen in self.screen_stack:
            if isinstance(screen, Dashboard):
                await screen.prepare()
        self.run_worker(partial(_load_and_clean_up, self.config.state), thread=True, group="loading")
        if self.watches is not None:
            self.run_worker(self._go_on_watching(self.watches), group="watches")

    async def _go_on_watching(self, watches: Watches) -> None:
        """See to it that watches that are not finished are kept, whatever became of their process."""
        from fedtui.watching.watch_store import WatchStoreError  # the first paint does not wait for it

        try:
            await asyncio.to_thread(watches.ensure_daemon)
        except (WatchStoreError, OSError) as error:
            self._warn(f"Watches stopped: {error}")

    def _snapshot_came(self, snapshot: Snapshot) -> None:
        """Draw the newest snapshot on the next turn of the loop: a burst is drawn once."""
        self.call_next(self._draw_newest, snapshot)

    def _draw_newest(self, snapshot: Snapshot) -> None:
        if snapshot is self.store.snapshot:
            self._report_lost_table(snapshot)
            for screen in self.screen_stack:
                if isinstance(screen, FullScreen) and screen.is_mounted:
                    screen.show(snapshot)

    def _report_lost_table(self, snapshot: Snapshot) -> None:
        """Notify once that a whole table is gone: in the doctor's list it would be one row of many."""
        lost = [one for one in snapshot.findings if one.remedy is not None and one.remedy.verb == "restore"]
        if lost and not self._lost_tables:
            title = lost[0].title
            self._warn(f"{title[0].upper()}{title[1:]}. d: restore it", LONG_NOTICE)
        self._lost_tables = bool(lost)

    def _tick_later(self) -> None:
        self.set_timer(next_tick(self.clock()).total_seconds(), self._tick)

    def _tick(self) -> None:
        for screen in self.screen_stack:
            if isinstance(screen, FullScreen) and screen.is_mounted:
                screen.tick()
        self._tick_later()

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """Every key of the screen below, by name, and the themes."""
        active = {one.binding.id: pressed for pressed, one in screen.active_bindings.items() if one.enabled}
        for key in ALL:
            if key.palette and key.help and key.id in active:
                yield SystemCommand(
                    key.help[0].upper() + key.help[1:],
                    f"key {key.shown or self.key_words(key.key)}",
                    partial(press, screen, active[key.id]),
                )
        yield SystemCommand("Theme", "choose another theme", self.search_themes)

    def key_words(self, key: str) -> str:
        """A key as it is written on the screen."""
        from textual.keys import format_key

        return format_key(key)

    def action_help(self) -> None:
        """Keys and signs."""
        from fedtui.screens.help import HelpScreen

        if not isinstance(self.screen, HelpScreen):
            self.push_screen(HelpScreen())

    def action_dark_or_light(self) -> None:
        """Change between the dark and the light theme."""
        self.theme = LIGHT.name if self.current_theme.dark else DARK.name


def _load_and_clean_up(state: Path) -> None:
    from fedtui.system.temp_folder import sweep_leftovers  # the first paint does not wait for it

    load_the_rest()
    gc.freeze()  # what is there now stays: no collection need go through it again
    gc.enable()
    sweep_leftovers(state)
