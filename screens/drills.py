"""The drills: what can be rehearsed, what each would do, and one of them run with its output as it comes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.worker import Worker

from fedtui.action_result import Refused
from fedtui.config import ConfigError
from fedtui.federation.drills.drill import Drill, DrillSetting
from fedtui.federation.drills.drill_events import DrillEvent
from fedtui.federation.drills.drill_list import ALL
from fedtui.federation.drills.drill_setting import DrillOptions, drills_folder, gather_setting
from fedtui.federation.drills.run_drill import DrillOutcome, run_drill, tidy
from fedtui.safe_text import sanitize_and_mask
from fedtui.screens.base import title_rule
from fedtui.screens.change_flow import ChangingScreen
from fedtui.widgets.drill_lines import Drilled, drill_rows
from fedtui.widgets.keys import DRILLS_SCREEN, FAR, MOVES
from fedtui.widgets.lines import Body
from fedtui.widgets.paging import turn_page

MOST = 2000
"""Events of a drill that are kept to be shown."""

Gather = Callable[[], Awaitable[DrillSetting]]


class DrillsScreen(ChangingScreen):
    """Opened by `d` in the set-up. `root` is where the scripts are, empty for "as set up"."""

    CSS_PATH = "../styles/setup.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        *(key.binding for key in DRILLS_SCREEN),
        *MOVES,
        Binding("space", "page(1)", show=False),
    ]

    def __init__(self, root: str = "", gather_: Gather | None = None) -> None:
        super().__init__()
        self._root = root
        self._gather = gather_ or self._ask
        self._setting: DrillSetting | None = None
        self._refusal = ""
        self._reasons: dict[str, str] = {}
        self._cursor = 0
        self._events: list[DrillEvent] = []
        self._outcomes: dict[str, DrillOutcome] = {}
        self._worker: Worker[None] | None = None
        self._stale = False
        self._running_name = self._shown_name = ""

    @property
    def drill(self) -> Drill:
        """The drill under the cursor."""
        return ALL[self._cursor]

    @property
    def running(self) -> bool:
        return self._worker is not None and self._worker.is_running

    def compose_page(self) -> ComposeResult:
        """The list, and what there is to say of the drill under the cursor."""
        self._rule = title_rule("Drills")
        self._page = Body(self._rows, id="page-body")
        yield self._rule
        with VerticalScroll(id="page", can_focus=False):
            yield self._page

    def on_mount(self) -> None:
        """Find out what can be run here."""
        self.run_worker(self._open(), group="drills", exclusive=True)

    def on_resize(self) -> None:
        """Other widths wrap otherwise."""
        self._draw()

    async def _ask(self) -> DrillSetting:
        ports = self.host.ports
        for journal, complaints in await asyncio.to_thread(tidy, drills_folder(ports.config)):
            how = "; ".join(complaints) if complaints else "it has been cleaned up now"
            self.notify(
                sanitize_and_mask(f"A drill {journal.drill} was cut off earlier: {how}"), markup=False
            )
        return await gather_setting(DrillOptions(root=self._root), ports)

    async def _open(self) -> None:
        try:
            setting = await self._gather()
        except (Refused, ConfigError) as error:
            self._refusal = str(error)
        else:
            self._reasons = await asyncio.to_thread(
                lambda: {drill.name: drill.blocked_reason(setting) for drill in ALL}
            )
            self._setting = setting
        self._draw()

    def _rows(self, width: int) -> Sequence[Content]:
        drilled = Drilled(
            self._cursor,
            self._setting,
            self._refusal,
            self._reasons,
            self._outcomes,
            self._events if self._shown_name == self.drill.name else [],
            self._running_name,
            self.app.size.height - 4,
        )
        return drill_rows(drilled, self.host.home, width)

    def _draw(self) -> None:
        if not self.is_mounted:
            return
        self._page.redraw()
        self.label_keys({"drills.back": "stop the drill"} if self.running else {})

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """A drill that cannot be run here has no key."""
        if action == "run":
            return self._setting is not None and not self.running and not self._reasons.get(self.drill.name)
        return True

    def action_move(self, by: int) -> None:
        self._cursor = max(0, min(len(ALL) - 1, self._cursor + by))
        self._draw()

    def action_end(self, direction: int) -> None:
        """The first drill, or the last."""
        self.action_move(direction * FAR)

    def action_half(self, direction: int) -> None:
        """By half of what is said of the drill."""
        box = self.query_one("#page", VerticalScroll)
        box.scroll_relative(y=direction * max(1, box.size.height // 2), animate=False)

    def action_page(self, direction: int) -> None:
        """Scroll what is said."""
        turn_page(self.query_one("#page", VerticalScroll), direction)

    def action_run(self, ask: bool = False) -> None:
        """Run the drill, always after a `y`."""
        if self._setting is not None:
            self._worker = self.run_worker(
                self._play(self.drill, self._setting), group="drill", exclusive=True
            )

    async def _play(self, drill: Drill, setting: DrillSetting) -> None:
        text = "Nothing of yours is changed; a guard cleans up where the drill is killed."
        lead = f"{drill.title}: {drill.about}"
        if not await self.flow.confirm("Drill", drill.name, lead, text, "run it"):
            return
        self._events, self._running_name, self._shown_name = [], drill.name, drill.name
        self._outcomes.pop(drill.name, None)
        self._draw()
        try:
            self._outcomes[drill.name] = await run_drill(drill, setting, self._told)
        except Refused as refusal:
            await self.flow.refused("Drill", drill.name, refusal)
        finally:
            self._running_name = ""
            self.call_later(self._draw)

    def _told(self, event: DrillEvent) -> None:
        self._events.append(event)
        del self._events[:-MOST]
        if not self._stale:
            self._stale = True
            self.set_timer(0.05, self._drawn_later)

    def _drawn_later(self) -> None:
        self._stale = False
        self._draw()

    def action_back(self) -> None:
        """Stop the drill in progress, and clean up; else back to the set-up."""
        if self._worker is not None and self._running_name:
            self._worker.cancel()
        else:
            super().action_back()
