"""The help page: every key with what it does, and every sign with what it means."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.keys import format_key
from textual.widgets import Input

from fedtui.presentation.glyphs import Span, StyledText, Tone, fit, width_of
from fedtui.screens.base import FullScreen, title_rule
from fedtui.widgets import keys
from fedtui.widgets.arrangement import DETAILS_FROM
from fedtui.widgets.filter import SearchInput
from fedtui.widgets.head_line import WIDE
from fedtui.widgets.line_view import LineView

SIGNS = "signs"
SCREENS = (keys.WATCH, keys.HISTORY, keys.DOCTOR, keys.UNDO, keys.ENVIRONMENT, keys.SETUP, keys.DRILLS)
COLUMNS = (
    (keys.JOB, keys.PANES, keys.LIST, keys.SETUP),
    (keys.EVERYWHERE, keys.LOG, keys.HISTORY, keys.DRILLS, keys.UNDO),
    (SIGNS, keys.WATCH, keys.DOCTOR, keys.ENVIRONMENT),
)
NARROW_COLUMNS = ((keys.JOB, keys.EVERYWHERE, keys.LOG), (SIGNS, keys.PANES, keys.LIST, *SCREENS))

_SIGNS = (
    ("●", Tone.OK, "on", "waits for its next run"),
    ("►", Tone.ACCENT, "running", "now"),
    ("‖", Tone.MUTED, "paused, off", "here or by hand"),
    ("◷", Tone.WARN, "overdue", "its time has passed"),
    ("!", Tone.FAIL, "bad line", "cron will not take it"),
    ("!", Tone.FAIL, "not loaded", "cron drops its table"),
    ("!", Tone.WARN, "never fires", "no such day comes"),
    ("✓", Tone.OK, "ok", "exit 0, no warnings"),
    ("▲", Tone.WARN, "ok, 3 warnings", "exit 0, but look"),
    ("✗", Tone.FAIL, "exit 1", "failed, or a signal"),
    ("»", Tone.MUTED, "skipped", "locked, or no work"),
    ("○", Tone.MUTED, "never ran", "certainly no run yet"),
    ("?", Tone.MUTED, "unknown", "cron does not tell"),
)


class HelpScreen(FullScreen):
    """Opened by `?`. `/` finds a key by what it does."""

    CSS_PATH = "../styles/help.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "find", "find a key"),
        Binding("escape,question_mark", "back", "back"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._wanted = ""

    def compose_page(self) -> ComposeResult:
        """Rule, keys and signs, and the search's input that is out of sight at first."""
        rule = title_rule("Help")
        rule.facts = (Span("  every key can be remapped in the config file", Tone.MUTED),)
        self._list = LineView(id="keys")
        yield rule
        yield self._list
        yield SearchInput(id="find", placeholder="a word of what the key does")

    def on_mount(self) -> None:
        """Draw the page."""
        self._list.focus()
        self._draw()

    def on_resize(self) -> None:
        """Three columns, or two."""
        self._draw()

    def _draw(self) -> None:
        width, height = self.app.size
        wide = width >= WIDE
        space: list[StyledText] = [()] if height >= DETAILS_FROM else []
        gap = space if wide else []
        columns: list[list[StyledText]] = []
        for names in COLUMNS if wide else NARROW_COLUMNS:
            blocks = [self._signs(wide) if name == SIGNS else self._keys(name, wide) for name in names]
            columns.append([row for block in blocks for row in (*gap, *block)][len(gap) :])
        widths = [38, 40, width - 78] if wide else [36, width - 36]
        self._list.set_lines([*space, *_beside(columns, widths)])

    def _keys(self, group: str, wide: bool) -> list[StyledText]:
        indent = 10 if wide else 8
        rows = [
            (Span(f"{self._key_words(key):>{indent}}", Tone.ACCENT, bold=True), Span(f"  {key.help}"))
            for key in keys.ALL
            if key.group == group and key.help and self._wanted in key.help.casefold()
        ]
        return [(Span(" " * (indent + 2) + group, Tone.MUTED),), *rows] if rows else []

    def _key_words(self, key: keys.KeyBinding) -> str:
        remapped = self.app._keymap.get(key.id)
        if remapped:
            return " ".join(format_key(one) for one in remapped.split(","))
        return key.shown or format_key(key.key)

    def _signs(self, wide: bool) -> list[StyledText]:
        gap = 16 if wide else 17
        rows: list[StyledText] = [
            (Span(f"{glyph} ", tone), Span(f"{word:<{gap}}"), Span(meaning, Tone.MUTED))
            for glyph, tone, word, meaning in _SIGNS
            if self._wanted in f"{word} {meaning}"
        ]
        return [(Span(SIGNS, Tone.MUTED),), *rows] if rows else []

    def action_find(self) -> None:
        """Open the search's line."""
        box = self.query_one("#find", Input)
        box.display = True
        box.focus()

    @on(Input.Changed, "#find")
    def _find(self, event: Input.Changed) -> None:
        self._wanted = event.value.casefold()
        self._draw()

    @on(Input.Submitted, "#find")
    def _found(self) -> None:
        self.query_one("#find").display = False
        self._list.focus()

    def action_back(self) -> None:
        """Close the search, then the page."""
        box = self.query_one("#find", Input)
        if box.display or self._wanted:
            box.value = self._wanted = ""
            box.display = False
            self._list.focus()
            self._draw()
        else:
            super().action_back()


def _beside(columns: Sequence[Sequence[StyledText]], widths: Sequence[int]) -> list[StyledText]:
    """Columns of lines as one, each padded to its width."""
    rows: list[StyledText] = []
    for number in range(max(len(column) for column in columns)):
        row: list[Span] = []
        for column, width in zip(columns, widths, strict=True):
            line = column[number] if number < len(column) else ()
            row.extend(fit(line, max(width, width_of(line) if column is columns[-1] else 0)))
        rows.append(tuple(row))
    return rows
