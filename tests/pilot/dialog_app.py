"""A bare app with the palette, for dialogs alone, and the data of the mock-ups."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from textual.app import App
from textual.screen import Screen
from textual.theme import Theme

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 24, 14, 5, 12, tzinfo=BERLIN)


def _theme(name: str, dark: bool, tokens: str) -> Theme:
    palette = dict(pair.split("=") for pair in tokens.split())
    return Theme(
        name=name,
        dark=dark,
        primary=palette["accent"],
        accent=palette["accent"],
        background=palette["ground"],
        surface=palette["ground"],
        foreground=palette["text"],
        variables=palette,
    )


DARK = _theme(
    "fedtui-dark",
    True,
    "ground=#14171c raised=#1c2129 cursor=#263445 line=#3d4654 text=#d4dae4 muted=#929cac accent=#6cb6ff "
    "ok=#7fd6c0 warn=#f0bf4b fail=#ff7f72 add=#17302a rem=#3a2023 hit=#4a3f1e",
)
LIGHT = _theme(
    "fedtui-light",
    False,
    "ground=#fbfaf7 raised=#f0eee8 cursor=#dbe8f7 line=#bdb9af text=#22262d muted=#5b6370 accent=#0a5cad "
    "ok=#0f6555 warn=#7a5300 fail=#9b1b3f add=#dcefe7 rem=#f9dfe3 hit=#f6e3ac",
)


class DialogApp(App[None]):
    """Pushes one dialog and keeps what it answered."""

    def __init__(self, dialog: Screen[object], light: bool = False) -> None:
        super().__init__()
        for theme in (DARK, LIGHT):
            self.register_theme(theme)
        self.theme = LIGHT.name if light else DARK.name
        self.dialog = dialog
        self.answers: list[object] = []

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return dict(DARK.variables)

    def on_mount(self) -> None:
        self.push_screen(self.dialog, self.answers.append)


def screen_text(app: App[object]) -> str:
    """What a user reads, row by row."""
    strips = app.screen._compositor.render_strips()
    return "\n".join("".join(segment.text for segment in strip).rstrip() for strip in strips)
