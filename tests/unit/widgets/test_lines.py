"""The rows of dialogs: wrapping loses nothing, changed lines are never cut, counts read well."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from fedtui.changes.plan import DiffLine, FileDiff, Step
from fedtui.widgets.lines import breaks, cut_left, diff_counts, diff_lines, note, step_lines, wrap

TEXT = st.text(st.sampled_from("ab -/日本é"), max_size=80)


@settings(max_examples=200)
@given(TEXT, st.integers(min_value=2, max_value=30))
def test_wrapping_fits_and_loses_only_the_blank_at_a_full_row(text: str, width: int) -> None:
    spans = breaks(text, width)
    assert all(cell_len(text[start:end]) <= width for start, end in spans)
    assert spans[0][0] == 0
    assert spans[-1][1] == len(text)
    for (_, end), (start, _) in pairwise(spans):
        assert text[end:start] in ("", " ")


@settings(max_examples=100)
@given(TEXT, st.integers(min_value=12, max_value=40))
def test_a_changed_line_is_shown_whole_within_the_width(text: str, width: int) -> None:
    rows = diff_lines(FileDiff("t", (DiffLine(3, "+", text),), 0, 1, 0, 0), width)
    assert all(row.cell_length == width for row in rows)
    shown = "".join(row.plain[7:] for row in rows)
    assert shown.replace(" ", "") == text.replace(" ", "")


def test_wraps_after_a_space_and_hard_where_there_is_none() -> None:
    assert wrap("bash run.sh >> log", 12) == ["bash run.sh ", ">> log"]
    assert wrap("abcdef gh", 6) == ["abcdef", "gh"]
    assert wrap("abcdefgh", 3) == ["abc", "def", "gh"]


def test_paths_are_cut_at_the_left() -> None:
    assert cut_left("~/.config/systemd/user/x.timer", 10) == "…r/x.timer"


@pytest.mark.parametrize(
    ("counts", "words"),
    [
        ((1, 1, 0, 13), "1 line changed, 1 added, 13 untouched"),
        ((0, 0, 1, 14), "1 line removed, 14 untouched"),
        ((2, 0, 0, 0), "2 lines changed"),
        ((0, 0, 0, 0), "no line changes"),
    ],
)
def test_counts(counts: tuple[int, int, int, int], words: str) -> None:
    assert diff_counts(FileDiff("t", (), *counts)) == words


def test_a_huge_line_is_bounded_and_says_so() -> None:
    rows = diff_lines(FileDiff("t", (DiffLine(1, "+", "x" * 10_000_000),), 0, 1, 0, 0), 80)
    assert len(rows) < 70
    assert "9,996,000 more characters" in rows[-1].plain


def test_steps_number_all_but_undo_and_quote_arguments() -> None:
    steps = (Step("keep", "~/backup"), Step("run", "then look", ("sh", "-c", "a b")), Step("undo", "u"))
    assert [row.plain for row in step_lines(steps, 60)] == [
        "1 keep    ~/backup",
        "2 run     sh -c 'a b'  then look",
        "  undo    u",
    ]


def test_a_note_hangs_under_its_text() -> None:
    rows = note("▲", "$warn", "From :56 to :00 is 4 min, not 7.", 30, lead="*/7 starts again.")
    assert [row.plain.rstrip() for row in rows] == [
        " ▲ */7 starts again. From :56",
        "   to :00 is 4 min, not 7.",
    ]
