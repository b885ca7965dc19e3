"""A bare app with the palette and one dialog."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from textual.app import App
from textual.pilot import Pilot
from textual.screen import Screen

from fedtui.widgets.palette import DARK, LIGHT, token_defaults

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 24, 14, 5, 12, tzinfo=BERLIN)


class DialogApp(App[None]):
    """Pushes one dialog and keeps what it answered."""

    def __init__(self, dialog: Screen[Any], light: bool = False) -> None:
        super().__init__()
        for theme in (DARK, LIGHT):
            self.register_theme(theme)
        self.theme = LIGHT.name if light else DARK.name
        self.dialog = dialog
        self.answers: list[object] = []

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return token_defaults(self.current_theme)

    def on_mount(self) -> None:
        self.push_screen(self.dialog, self.answers.append)


def screen_text(app: App[Any]) -> str:
    """What a user reads, row by row."""
    strips = app.screen._compositor.render_strips()
    return "\n".join("".join(segment.text for segment in strip).rstrip() for strip in strips)


async def until(pilot: Pilot[None], true: Callable[[], bool]) -> None:
    """Wait till it is so; TimeoutError where it is not within ten seconds."""
    async with asyncio.timeout(10):
        while not true():
            await pilot.pause(0.02)
