"""The base of every dialog: a round box over the dimmed dashboard, its title, its key hints, its rows.

A dialog is 96 cells wide, or as wide as the screen where that is less; below 30 rows it has no blank
rows. `enter` moves on, only `y` changes the world, and `esc` leaves things as they are.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Iterable, Sequence
from functools import partial
from time import monotonic
from typing import ClassVar, TypeVar

from rich.console import RenderableType
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.events import Resize
from textual.screen import ModalScreen
from textual.widget import Widget

from fedtui.action_result import Refused
from fedtui.safe_text import sanitize_and_mask
from fedtui.widgets.keys import FAR, LETTERS
from fedtui.widgets.lines import ROOMY_FROM, Body, plainer
from fedtui.widgets.paging import turn_page
from fedtui.widgets.palette import is_ascii

Answered = TypeVar("Answered")


async def to_its_end(work: Awaitable[Answered], app: App[object]) -> Answered:
    """Wait for `work`; where the dialog closes meanwhile it continues, and a refusal is shown in a toast."""
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        task.add_done_callback(partial(_tell, app))
        raise


def _tell(app: App[object], task: asyncio.Future[Answered]) -> None:
    if task.cancelled():
        return
    error = task.exception()
    if isinstance(error, Refused):
        app.notify(str(error), severity="error", markup=False)
    elif error is not None:
        raise error  # to the loop's handler: nobody else is left to hear of it


class Dialog(ModalScreen[Answered]):
    """A modal dialog that is one box of rows.

    Subclasses give `rows(width)`, and call `redraw` after what it reads has changed.
    """

    CSS_PATH: ClassVar[str | list[str]] = ["../styles/dialog.tcss"]  # type: ignore[assignment]  # narrower
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "cancel", id="dialog.leave", tooltip="Close; nothing is touched"),
        Binding("pagedown,space", "page(1)", "more", show=False, id="dialog.page_down"),
        Binding("pageup", "page(-1)", "back", show=False, id="dialog.page_up"),
        *LETTERS,
    ]

    def __init__(self, title: str = "", name: str = "") -> None:
        super().__init__()
        self._heading = (title, name)

    def compose(self) -> ComposeResult:
        """The box with its content."""
        with VerticalScroll(id="box"):
            yield from self.compose_box()

    def compose_box(self) -> Iterable[Widget]:
        """What the box holds: one body of rows, unless a dialog has inputs."""
        yield Body(self.rows, id="body")

    def rows(self, width: int) -> Sequence[Content]:
        """The rows of the body at this width."""
        raise NotImplementedError

    def on_mount(self) -> None:
        """Dress the box."""
        if is_ascii(self.app):
            self.add_class("-ascii")
        self.dress()
        self.call_after_refresh(self._was_painted)

    opening = True
    """Until it has been painted: keys wait for that."""
    drawn_at = math.inf
    """When it was first drawn, by the clock of events: a key from before cannot be its answer."""

    def _was_painted(self) -> None:
        self.opening = False

    def render(self) -> RenderableType:
        """Note when that is."""
        self.drawn_at = min(self.drawn_at, monotonic())
        return super().render()

    def on_resize(self, event: Resize) -> None:
        """Blank rows come and go with the height."""
        self.set_class(not self.roomy, "-tight")
        self.redraw()

    @property
    def roomy(self) -> bool:
        """True where there is room for blank rows."""
        return self.app.size.height >= ROOMY_FROM

    @property
    def box(self) -> VerticalScroll:
        return self.query_one("#box", VerticalScroll)

    @property
    def rows_that_fit(self) -> int:
        """How many rows of content the terminal has room for."""
        return self.app.size.height - (3 if self.roomy else 2)

    def redraw(self) -> None:
        """Draw the rows, the title and the hints again."""
        for body in self.query(Body):
            body.redraw()
        self.dress()

    def heading(self) -> tuple[str, str]:
        """The title's verb and the name it is about."""
        return self._heading

    def hints(self) -> Sequence[tuple[str, str, str]]:
        """Key, its words and the screen action that a click runs ("" for none), left to right."""
        raise NotImplementedError

    def dress(self) -> None:
        """Set title and hints; outside text goes in as content, not as markup."""
        verb, name = self.heading()
        tone = "$fail" if self.box.has_class("-destructive") else "$accent"
        title = Content.assemble(
            (verb, f"bold {tone}"), ("  " + sanitize_and_mask(name), "bold $foreground") if name else ""
        )
        self.box.border_title = plainer(title, self.app)
        self.box.border_subtitle = plainer(hint_line(self.hints()), self.app)

    def action_leave(self) -> None:
        """Close and change nothing."""
        self.dismiss(None)

    def action_move(self, rows: int) -> None:
        """Scroll the box by rows."""
        self.box.scroll_relative(y=rows, animate=False)

    def action_end(self, direction: int) -> None:
        """To the first row, or to the last."""
        self.action_move(direction * FAR)

    def action_half(self, direction: int) -> None:
        self.action_move(direction * max(1, self.box.size.height // 2))

    def action_page(self, direction: int) -> None:
        """Scroll the box by a page."""
        turn_page(self.box, direction)


def hint_line(hints: Sequence[tuple[str, str, str]]) -> Content:
    """`y apply  esc cancel`, each hint clickable."""
    parts: list[Content] = []
    for key, words, action in hints:
        # Only the program's own words come in here, so that markup is safe and gives the clicks.
        text = f"[bold $accent]{key}[/] {words}" if key else words
        target = action if "." in action else f"screen.{action}"
        parts.append(Content.from_markup(f"[@click={target}]{text}[/]" if action else text))
    return Content("  ").join(parts)
