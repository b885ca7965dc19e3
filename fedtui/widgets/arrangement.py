"""How the panes share the screen: pure arithmetic over width, height and the number of jobs.

From 118 columns on there is a right column; below, one lower pane is shown under the jobs and the others
are named in its rule. From 40 rows on, two detail rows are under the table.
"""

from __future__ import annotations

from typing import NamedTuple

from fedtui.widgets.head_line import WIDE

PANES = ("jobs", "next", "log", "health")
RIGHT_COLUMN = 34
DETAILS_FROM = 40
SMALLEST = (80, 24)


class Arrangement(NamedTuple):
    """`shown` are the panes on screen; `jobs_height` the rows of the jobs pane with its rule."""

    wide: bool
    shown: tuple[str, ...]
    jobs_height: int
    details: bool

    @property
    def folded(self) -> bool:
        """True while one pane has the whole screen."""
        return len(self.shown) == 1


def too_small(width: int, height: int) -> bool:
    """True where not even the smallest dashboard fits."""
    return width < SMALLEST[0] or height < SMALLEST[1]


def arrange(width: int, height: int, jobs: int, lower: str, zoomed: str | None) -> Arrangement:
    """The arrangement for a terminal of this size. `lower` is the lower pane of a narrow one."""
    wide, details = width >= WIDE, height >= DETAILS_FROM
    body = height - 2
    if zoomed is not None:
        return Arrangement(wide, (zoomed,), body, details)
    around = 2 + (2 if details else 0)
    least, most = (
        (11, body * 11 // 20 - around) if wide else (13, body - (10 if height >= 30 else 7) - around)
    )
    rows = min(max(jobs + 1, least), max(most, min(least, body - 7 - around)))
    shown = PANES if wide else ("jobs", lower)
    return Arrangement(wide, shown, rows + around, details)
