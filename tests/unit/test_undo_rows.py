"""The rows of the undo list, as they are read."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from fedtui.history.database import UndoStep
from fedtui.presentation.glyphs import StyledText, Tone
from fedtui.presentation.undo_rows import heading, row_line, state_word

NOW = datetime(2026, 11, 24, 14, 5, 12, tzinfo=timezone(timedelta(hours=1)))
AT = datetime(2026, 11, 23, 23, 30, tzinfo=UTC)
STEP = UndoStep(12, AT, "pause", "crontab:1", "sync\x1b[2J", "", "edits", "", host="node1.example.org")


def text(line: StyledText) -> str:
    return "".join(span.text for span in line)


def test_a_row_has_its_moment_in_the_zone_shown_and_no_control_characters() -> None:
    row = text(row_line(STEP, NOW, 120))
    assert row.split() == [
        "12",
        "Tue",
        "24",
        "Nov",
        "00:30",
        "pause",
        "sync␛[2J",
        "in",
        "force",
        "node1.example.…",
    ]
    assert len(row) == len(text(heading(120))) == 120


@pytest.mark.parametrize("width", [40, 80, 200])
def test_every_row_fills_its_width(width: int) -> None:
    long = STEP._replace(
        job_name="a name that is longer than any column of this list could ever be", verb="reschedule"
    )
    assert len(text(row_line(long, NOW, width))) == len(text(heading(width))) == width


@pytest.mark.parametrize(
    ("step", "word", "tone"),
    [
        (STEP, "in force", Tone.TEXT),
        (STEP._replace(undone=True), "undone", Tone.MUTED),
        (STEP._replace(prepared=True), "cut short", Tone.WARN),
    ],
)
def test_each_state_has_its_word_and_its_tone(step: UndoStep, word: str, tone: Tone) -> None:
    assert state_word(step) == word
    assert [span.tone for span in row_line(step, NOW, 80) if span.text == word] == [tone]
