"""Search marks: lays the hit colours over a drawn line without changing its text."""

from __future__ import annotations

import re

from rich.segment import Segment
from textual.strip import Strip

from fedtui.presentation.glyphs import cells
from fedtui.widgets.palette import Palette


def mark(strip: Strip, text: str, pattern: re.Pattern[str], palette: Palette, *, current: bool) -> Strip:
    """`strip`, which shows `text`, with every match of `pattern` on the hit ground.

    In the line of the `current` match the first one is ground on accent.
    """
    parts: list[Strip] = []
    at = 0
    for number, match in enumerate(pattern.finditer(text)):
        start, end = cells(text[: match.start()]), cells(text[: match.end()])
        if end == start:
            continue
        if current and number == 0:
            style = palette.style("ground", bold=True, ground="accent")
        else:
            style = palette.style("text", ground="hit")
        parts.append(strip.crop(at, start))
        parts.append(Strip([Segment(segment.text, style) for segment in strip.crop(start, end)]))
        at = end
    if not parts:
        return strip
    return Strip.join([*parts, strip.crop(at, strip.cell_length)])
