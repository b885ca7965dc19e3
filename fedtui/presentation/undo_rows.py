"""The rows of the undo list: when a change was made, what it was, whether it is in force, and where."""

from __future__ import annotations

from datetime import datetime

from fedtui.history.database import UndoStep
from fedtui.presentation.glyphs import Span, StyledText, Tone, cut, fit
from fedtui.presentation.times import day, here
from fedtui.safe_text import sanitize_and_mask

ID, WHEN, CHANGE, STATE = 6, 18, 13, 11
"""Widths of the columns but JOB, which takes the rest, and HOST."""
ROOMY_FROM = 100


def state_word(step: UndoStep) -> str:
    """`in force`, `undone` or `cut short`."""
    return "cut short" if step.prepared else "undone" if step.undone else "in force"


def heading(width: int) -> StyledText:
    """The names of the columns."""
    return _line(("ID", "WHEN", "CHANGE", "JOB", "STATE", "HOST"), (Tone.MUTED,) * 6, width)


def row_line(step: UndoStep, now: datetime, width: int) -> StyledText:
    """One row in exactly `width` cells; `now` is in the zone to show."""
    at = here(step.at, now)
    state = state_word(step)
    name, host = sanitize_and_mask(step.job_name), sanitize_and_mask(step.host)
    cells = (str(step.id), f"{day(at)} {at:%H:%M}", step.verb, name, state, host)
    text = Tone.MUTED if state == "undone" else Tone.TEXT
    tone = Tone.WARN if state == "cut short" else text
    return _line(cells, (Tone.MUTED, text, text, text, tone, Tone.MUTED), width)


def _line(cells: tuple[str, ...], tones: tuple[Tone, ...], width: int) -> StyledText:
    host = 16 if width >= ROOMY_FROM else 8
    job = max(3, width - ID - WHEN - CHANGE - STATE - host)
    spans = [Span(f"{cells[0]:>{ID - 2}}  ", tones[0])]
    for cell, tone, room in zip(cells[1:], tones[1:], (WHEN, CHANGE, job, STATE, host), strict=True):
        spans += fit((Span(cut(cell, room - 1), tone),), room)
    return fit(tuple(spans), width)
