"""Sends the terminal only the cells that changed.

Textual 8.2 knows which cells of a line are to be repainted, but writes that line from the left edge of
its widget on (`ChopsUpdate.render_segments` crops at the right alone). A second's tick then costs a
kilobyte over SSH where a hundred bytes do. This compositor writes exactly the cells asked for.

It is made of private names of Textual: another version keeps its own compositor, and draws the same screen.
"""

from __future__ import annotations

from pathlib import Path

import textual
from rich.console import Console
from rich.control import Control
from textual.screen import Screen

try:
    from textual._compositor import ChopsUpdate, Compositor
except ImportError:  # another version
    ChopsUpdate = Compositor = object  # type: ignore[assignment, misc]

KNOWN = "8.2."
"""The versions of Textual whose private names these are."""


def use_minimal_updates(screen: Screen[None]) -> None:
    """Have `screen`, newly made, write only the cells that changed, where this Textual is a known one."""
    # importlib.metadata would tell the version too, but the first paint would wait for its thirty modules.
    known = any(Path(textual.__file__).parents[1].glob(f"textual-{KNOWN}*.dist-info"))
    if known and type(getattr(screen, "_compositor", None)) is Compositor:
        screen._compositor = MinimalCompositor()


class MinimalUpdate(ChopsUpdate):
    """The same update, cropped at both ends."""

    def render_segments(self, console: Console) -> str:
        """The update as escape sequences for the terminal."""
        written: list[str] = []
        for y, x1, x2 in self.spans:
            for end, (x, strip) in zip(self.chop_ends[y], self.chops[y].items(), strict=False):
                left, right = max(x, x1), min(end, x2)
                if strip is not None and left < right:
                    written.append(Control.move_to(left, y).segment.text)
                    written.append(strip.crop(left - x, right - x).simplify().render(console))
        return "".join(written)


class MinimalCompositor(Compositor):
    """A compositor whose partial updates are frugal."""

    def render_partial_update(self) -> ChopsUpdate | None:
        """What changed since the last update."""
        update = super().render_partial_update()
        return None if update is None else MinimalUpdate(update.chops, update.spans, update.chop_ends)
