"""The palette: ten tokens and three tints for dark and light, and how pieces of text take their colour.

Widgets that draw line by line ask `Palette` for strips; the others ask `content` for Textual content whose
styles name the tokens. Both turn glyphs into ASCII where the app was started so.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.content import Content
from textual.strip import Strip
from textual.theme import Theme

from fedtui.presentation.glyphs import Span, Tone, to_ascii

if TYPE_CHECKING:
    from textual.app import App

_TOKENS = {  # dark, light
    "ground": ("#14171c", "#fbfaf7"),
    "raised": ("#1c2129", "#f0eee8"),
    "cursor": ("#263445", "#dbe8f7"),
    "line": ("#3d4654", "#bdb9af"),
    "muted": ("#929cac", "#5b6370"),
    "ok": ("#7fd6c0", "#0f6555"),
    "warn": ("#f0bf4b", "#7a5300"),
    "fail": ("#ff7f72", "#9b1b3f"),
    "add": ("#17302a", "#dcefe7"),
    "rem": ("#3a2023", "#f9dfe3"),
    "hit": ("#4a3f1e", "#f6e3ac"),
}
_VARIABLES = {
    "ground": """
        footer-background footer-key-background footer-description-background input-cursor-foreground
        scrollbar-background scrollbar-background-hover scrollbar-background-active scrollbar-corner-color
    """,
    "raised": "block-hover-background",
    "cursor": "block-cursor-background",
    "line": "border-blurred scrollbar",
    "muted": "footer-foreground footer-description-foreground scrollbar-hover",
    "hit": "input-selection-background",
    "accent": "footer-key-foreground border scrollbar-active",
    "text": "block-cursor-foreground input-cursor-background",
}
"""Where Textual's own widgets take our colours."""


def _tokens(*, dark: bool) -> dict[str, str]:
    return {token: colours[0 if dark else 1] for token, colours in _TOKENS.items()}


def _theme(name: str, *, dark: bool, text: str, accent: str) -> Theme:
    """A theme of ours; Textual's own widgets take their colours from the same tokens."""
    tokens = _tokens(dark=dark)
    colours = tokens | {"accent": accent, "text": text}
    variables = {
        variable: colours[token] for token, variables in _VARIABLES.items() for variable in variables.split()
    }
    return Theme(
        name=name,
        primary=accent,
        secondary=accent,
        accent=accent,
        foreground=text,
        background=tokens["ground"],
        surface=tokens["ground"],
        panel=tokens["raised"],
        success=tokens["ok"],
        warning=tokens["warn"],
        error=tokens["fail"],
        dark=dark,
        variables=tokens | variables,
    )


DARK = _theme("fedtui-dark", dark=True, text="#d4dae4", accent="#6cb6ff")
LIGHT = _theme("fedtui-light", dark=False, text="#22262d", accent="#0a5cad")


def token_defaults(theme: Theme) -> dict[str, str]:
    """Our tokens for a theme that does not know them: its own colours where they mean the same."""
    own = theme.to_color_system().generate()
    meant = zip(
        ("ground", "raised", "cursor", "ok", "warn", "fail"),
        ("background", "surface", "panel", "success", "warning", "error"),
        strict=True,
    )
    return _tokens(dark=theme.dark) | {token: own[colour] for token, colour in meant if colour in own}


class Palette:
    """The colours of the current theme as Rich styles, for widgets that draw strips."""

    def __init__(self, app: App[object]) -> None:
        self._variables = app.theme_variables
        self.ascii = is_ascii(app)
        self._styles: dict[tuple[str, bool, str], Style] = {}

    def style(self, tone: str, bold: bool = False, ground: str = "ground") -> Style:
        """The style of a tone on a ground (`ground`, `cursor`, `raised`, `hit`, `accent`)."""
        key = (tone, bold, ground)
        style = self._styles.get(key)
        if style is None:
            style = Style(color=self._colour(tone), bgcolor=self._colour(ground), bold=bold)
            self._styles[key] = style
        return style

    def _colour(self, token: str) -> str:
        value = self._variables["foreground" if token == Tone.TEXT else token]
        return Color.parse(value).rich_color.name

    def segments(self, line: Iterable[Span], ground: str = "ground") -> list[Segment]:
        text = to_ascii if self.ascii else str
        return [Segment(text(p.text), self.style(p.tone, p.bold, ground)) for p in line if p.text]

    def strip(self, line: Iterable[Span], width: int, ground: str = "ground", offset: int = 0) -> Strip:
        """A line as a strip of exactly `width` cells, from cell `offset` on."""
        strip = Strip(self.segments(line, ground))
        if offset:
            strip = strip.crop(offset, offset + width)
        return strip.adjust_cell_length(width, self.style(Tone.TEXT, ground=ground))


def is_ascii(app: App[object]) -> bool:
    """True where the app was started for a terminal without our glyphs."""
    return bool(getattr(app, "ascii_only", False))


_NAMES = {Tone.TEXT: "$foreground"}


def content(line: Iterable[Span], *, ascii_only: bool = False) -> Content:
    """A line as Textual content. Outside text is never read as markup."""
    text = to_ascii if ascii_only else str
    parts = [
        (text(piece.text), f"{'bold ' if piece.bold else ''}{_NAMES.get(piece.tone, f'${piece.tone}')}")
        for piece in line
        if piece.text
    ]
    return Content.assemble(*parts)
