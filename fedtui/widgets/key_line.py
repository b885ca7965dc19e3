"""The footer: the keys that work now, each with its word; a click presses the key.

One widget that draws one line, because a widget for each key costs more than the frame budget whenever
the focus moves.
"""

from __future__ import annotations

from textual.content import Content
from textual.events import Click
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Input

from fedtui.presentation.glyphs import cells, to_ascii
from fedtui.widgets.head_line import WIDE
from fedtui.widgets.keys import BY_ID
from fedtui.widgets.palette import is_ascii

Hint = tuple[str, str, str]
"""The key as it is shown, its word, the key to press."""


class KeyLine(Widget):
    """Reads the active bindings of its screen. Words may be changed by the screen (`labels`)."""

    DEFAULT_CSS = """
    KeyLine {
        dock: bottom; height: 1; padding: 0 1; background: $ground; color: $muted;
        text-wrap: nowrap; text-overflow: clip;
    }
    """

    def __init__(self) -> None:
        super().__init__()
        self.labels: dict[str, str] = {}
        self._hints: list[Hint] = []

    def on_mount(self) -> None:
        """Hear of every change of what keys do."""
        self.screen.bindings_updated_signal.subscribe(self, self._update)
        self._update(self.screen)

    def on_resize(self) -> None:
        """More room has more words."""
        self._update(self.screen)

    def _update(self, _screen: Screen[object]) -> None:
        hints = self.hints()
        if hints != self._hints:
            self._hints = hints
            self.refresh()

    def hints(self) -> list[Hint]:
        """What is shown, left to right."""
        wide = self.app.size.width >= WIDE
        typing = isinstance(self.screen.focused, Input)
        found: dict[str, Hint] = {"enter": ("enter", "keep", "enter")} if typing else {}
        lesser: list[Hint] = []
        for active in self.screen.active_bindings.values():
            binding = active.binding
            key = BY_ID.get(binding.id or "")
            if not binding.show or binding.action in found or not active.enabled:
                continue
            word = binding.description
            if key is not None:
                if key.footer < (1 if wide else 2):
                    continue
                word = self.labels.get(key.id) or (key.label if wide else key.short or key.label)
            shown = self.app.get_key_display(binding)
            if typing and len(shown) == 1:
                continue  # it would be typed
            if key is not None and key.shown and binding.key == key.key and "/" in key.shown.strip("/"):
                shown = key.shown
            found[binding.action] = hint = (shown, word, binding.key)
            if key is not None and key.footer < 2:
                lesser.append(hint)
        if any(key == "escape" for _, _, key in found.values()) and "quit" in found:
            lesser.append(found["quit"])  # the way out of this screen is back
        return _quit_last(_fitting(list(found.values()), lesser, self.app.size.width - 2))

    def render(self) -> Content:
        text = to_ascii if is_ascii(self.app) else str
        parts = [
            Content.assemble((text(shown), "bold $accent"), f" {text(word)}")
            for shown, word, _ in self._hints
        ]
        return Content("  ").join(parts)

    async def on_click(self, event: Click) -> None:
        """Press the key that was clicked; what would start at once is asked about: a click slips easily."""
        left = self.styles.padding.left
        for shown, word, key in self._hints:
            right = left + cells(shown) + 1 + cells(word)
            if left <= event.x < right:
                await press(self.screen, key)
                return
            left = right + 2


async def press(screen: Screen[object], pressed: str) -> None:
    """Do what a key does that was chosen by other means than pressing it."""
    active = screen.active_bindings.get(pressed)
    key = BY_ID.get(active.binding.id or "") if active is not None else None
    if key is not None and key.asks:
        await screen.run_action(f"{key.action}(True)")
    else:
        screen.app.simulate_key(pressed)


def _fitting(hints: list[Hint], lesser: list[Hint], room: int) -> list[Hint]:
    """The hints that fit: the last of the `lesser` ones go first, so that help and quit always do."""
    while lesser and sum(cells(shown) + cells(word) + 3 for shown, word, _ in hints) - 2 > room:
        hints = [hint for hint in hints if hint is not lesser[-1]]
        lesser = lesser[:-1]
    return hints


def _quit_last(hints: list[Hint]) -> list[Hint]:
    """Help, then quit or back, at the right."""
    last = {"help": 1, "quit": 2, "back": 2}
    return sorted(hints, key=lambda hint: last.get(hint[1], 0))
