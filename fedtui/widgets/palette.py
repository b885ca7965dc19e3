"""The palette: ten tokens and three tints for dark and light, and how pieces of text take their colour.

Widgets that draw line by line ask `Palette` for strips; the others ask `content` for Textual content whose
styles name the tokens. Both turn glyphs into ASCII where the app was started so.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
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

DARK_TOKENS = {
    "ground": "#14171c",
    "raised": "#1c2129",
    "cursor": "#263445",
    "line": "#3d4654",
    "muted": "#929cac",
    "ok": "#7fd6c0",
    "warn": "#f0bf4b",
    "fail": "#ff7f72",
    "add": "#17302a",
    "rem": "#3a2023",
    "hit": "#4a3f1e",
}
LIGHT_TOKENS = {
    "ground": "#fbfaf7",
    "raised": "#f0eee8",
    "cursor": "#dbe8f7",
    "line": "#bdb9af",
    "muted": "#5b6370",
    "ok": "#0f6555",
    "warn": "#7a5300",
    "fail": "#9b1b3f",
    "add": "#dcefe7",
    "rem": "#f9dfe3",
    "hit": "#f6e3ac",
}


def _theme(name: str, tokens: Mapping[str, str], *, dark: bool, text: str, accent: str) -> Theme:
    """A theme of ours; Textual's own widgets take their colours from the same tokens."""
    variables = {
        **tokens,
        "footer-background": tokens["ground"],
        "footer-foreground": tokens["muted"],
        "footer-key-foreground": accent,
        "footer-key-background": tokens["ground"],
        "footer-description-foreground": tokens["muted"],
        "footer-description-background": tokens["ground"],
        "block-cursor-background": tokens["cursor"],
        "block-cursor-foreground": text,
        "block-hover-background": tokens["raised"],
        "border": accent,
        "border-blurred": tokens["line"],
        "input-cursor-background": text,
        "input-cursor-foreground": tokens["ground"],
        "input-selection-background": tokens["hit"],
        "scrollbar": tokens["line"],
        "scrollbar-hover": tokens["muted"],
        "scrollbar-active": accent,
        "scrollbar-background": tokens["ground"],
        "scrollbar-background-hover": tokens["ground"],
        "scrollbar-background-active": tokens["ground"],
        "scrollbar-corner-color": tokens["ground"],
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
        variables=variables,
    )


DARK = _theme("fedtui-dark", DARK_TOKENS, dark=True, text="#d4dae4", accent="#6cb6ff")
LIGHT = _theme("fedtui-light", LIGHT_TOKENS, dark=False, text="#22262d", accent="#0a5cad")


def token_defaults(theme: Theme) -> dict[str, str]:
    """Our tokens for a theme that does not know them: its own colours where they mean the same."""
    tokens = dict(DARK_TOKENS if theme.dark else LIGHT_TOKENS)
    own = theme.to_color_system().generate()
    for token, variable in (
        ("ground", "background"),
        ("raised", "surface"),
        ("cursor", "panel"),
        ("ok", "success"),
        ("warn", "warning"),
        ("fail", "error"),
    ):
        tokens[token] = own.get(variable, tokens[token])
    return tokens


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
