"""Turning the pages of whatever scrolls, for the keys of screens and dialogs alike."""

from __future__ import annotations

from textual.widget import Widget


def turn_page(box: Widget, direction: int) -> None:
    """Scroll by one page at once: down where `direction` is above 0, else up."""
    if direction > 0:
        box.scroll_page_down(animate=False)
    else:
        box.scroll_page_up(animate=False)
