"""The page for a terminal below 80 x 24: says so, says what it has, and that `q` works."""

from __future__ import annotations

from textual.content import Content
from textual.widget import Widget

from fedtui.presentation.glyphs import to_ascii
from fedtui.widgets.arrangement import SMALLEST
from fedtui.widgets.palette import is_ascii


class TooSmall(Widget):
    """Lies over everything while the terminal is too small."""

    DEFAULT_CSS = """
    TooSmall { display: none; layer: over; width: 100%; height: 100%; background: $ground; padding: 3 0 0 8; }
    """

    def on_resize(self) -> None:
        """The size is part of what it says."""
        self.refresh()

    def render(self) -> Content:
        """The page."""
        width, height = self.app.size
        wanted, have = f"{SMALLEST[0]} × {SMALLEST[1]}", f"{width} × {height}"
        if is_ascii(self.app):
            wanted, have = to_ascii(wanted), to_ascii(have)
        return Content.assemble(
            ("fedtui needs ", "bold"),
            (wanted, "bold"),
            (".", "bold"),
            f"\nThis window is {have}.\n\n",
            ("Make it larger, or run ", "$muted"),
            ("fedtui list", "bold"),
            "\n",
            ("q", "bold $accent"),
            ("  quit", "$muted"),
        )
