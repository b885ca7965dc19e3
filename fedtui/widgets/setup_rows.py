"""What the pages of the set-up screen are made of: a choice, an issue, a refusal. Values to rows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, tzinfo

from textual.content import Content

from fedtui.federation.setup.test_run import TestRun
from fedtui.federation.setup_issue import SetupIssue
from fedtui.presentation.glyphs import SEVERITIES, Span
from fedtui.presentation.home import tilde_words
from fedtui.widgets.lines import fill, note, paragraph
from fedtui.widgets.palette import content

LABEL = 11
"""Cells of the words at the left of a row."""


@dataclass(frozen=True, slots=True)
class PageState:
    """How it is drawn: the place of the cursor, the clock, the zone, the home folder, room for rows."""

    cursor: int
    now: datetime
    zone: tzinfo
    home: str
    height: int
    whole: bool = False


def choice(here: bool, chosen: bool, title: str, said: str, width: int) -> list[Content]:
    """One of several things: chosen or not, with what is said of it below."""
    mark = Content.assemble(
        ("● " if chosen else "○ ", "$accent" if chosen else "$muted"), (title, "bold" if here else "")
    )
    return [
        fill(mark, width, "on $cursor") if here else mark,
        *(Content("    ") + row for row in paragraph(said, width - 4, "$muted")),
    ]


def failed_rows(test_run: TestRun, width: int) -> list[Content]:
    """Why a job is left out."""
    rows = paragraph(f"{test_run.name} will not be scheduled: {test_run.words}", width - 2)
    return [
        Content.assemble(("  " if number else "✗ ", "bold $fail"), row) for number, row in enumerate(rows)
    ]


def issue_rows(issue: SetupIssue, look: PageState, width: int) -> list[Content]:
    """An issue with its glyph, and what to do below it."""
    sign = SEVERITIES[issue.severity]
    glyph = content((Span(f"{sign.glyph} ", sign.tone, sign.bold),))
    text = f"{issue.key}: {issue.text}" if issue.key else issue.text
    rows = paragraph(tilde_words(text, look.home), width - 2)
    advice = paragraph(tilde_words(issue.advice, look.home), width - 4, "$muted") if issue.advice else []
    head, *more = rows
    return [glyph + head, *(Content("  ") + row for row in more), *(Content("    ") + row for row in advice)]


def refused(refusal: tuple[str, str], width: int) -> list[Content]:
    """Why something was refused, and what to do; nothing for an empty message."""
    message, advice = refusal
    if not message:
        return []
    return [*note("✗", "bold $fail", message, width), *(note(" ", "", advice, width) if advice else [])]
