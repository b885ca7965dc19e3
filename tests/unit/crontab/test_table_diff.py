"""Differences by lines: shown as the confirm dialog shows them, and taken back with others' edits kept."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fedtui.crontab.table_diff import DiffRow, diff, holds, revert, split_lines

BEFORE = b"0 * * * * sync\n\n*/5 * * * * dash\n0 2 * * 0 export\n# drills\n"
AFTER = BEFORE.replace(b"*/5 * * * * dash\n", b"# fedtui: was */5; reason: slow\n*/6 * * * * dash\n")

texts = st.lists(st.sampled_from([b"a", b"b", b"c", b"", b"d d"]), max_size=8).map(b"\n".join)
any_text = st.one_of(texts, texts.map(lambda text: text + b"\n"))


def shown(base: bytes, new: bytes, context: int = 1) -> list[str]:
    return [f"{row.number} {row.sign} {row.raw.decode()}" for row in diff(base, new, context).rows]


def test_a_reschedule_with_a_reason_reads_as_in_the_confirm_dialog() -> None:
    difference = diff(BEFORE, AFTER)
    assert shown(BEFORE, AFTER) == [
        "2   ",
        "3 + # fedtui: was */5; reason: slow",
        "3 - */5 * * * * dash",
        "4 + */6 * * * * dash",
        "5   0 2 * * 0 export",
    ]
    assert (difference.changed, difference.added, difference.removed, difference.untouched) == (1, 1, 0, 4)


def test_a_deletion_counts_and_numbers_the_old_lines() -> None:
    new = BEFORE.replace(b"0 2 * * 0 export\n", b"")
    difference = diff(BEFORE, new)
    assert shown(BEFORE, new) == ["3   */5 * * * * dash", "4 - 0 2 * * 0 export", "5   # drills"]
    assert (difference.changed, difference.added, difference.removed, difference.untouched) == (0, 0, 1, 4)


def test_a_carriage_return_and_a_missing_newline_are_differences() -> None:
    assert diff(b"a\n", b"a\r\n").changed == 1
    assert diff(b"a", b"a\n").rows == (DiffRow(1, "-", b"a"), DiffRow(1, "+", b"a"))
    assert diff(b"a\n", b"a\n").rows == ()


@settings(max_examples=200)
@given(any_text, any_text, st.integers(0, 3))
def test_rows_and_counts_account_for_every_line(base: bytes, new: bytes, context: int) -> None:
    difference = diff(base, new, context)
    old_lines, new_lines = split_lines(base), split_lines(new)
    assert b"".join(old_lines) == base
    minus = [row for row in difference.rows if row.sign == "-"]
    plus = [row for row in difference.rows if row.sign == "+"]
    assert len(minus) == difference.changed + difference.removed
    assert len(plus) == difference.changed + difference.added
    assert len(old_lines) == difference.untouched + len(minus)
    assert len(new_lines) == difference.untouched + len(plus)
    assert all(old_lines[row.number - 1].rstrip(b"\n") == row.raw for row in minus)
    assert all(new_lines[row.number - 1].rstrip(b"\n") == row.raw for row in plus)
    kept_old = [line for at, line in enumerate(old_lines, 1) if at not in {row.number for row in minus}]
    kept_new = [line for at, line in enumerate(new_lines, 1) if at not in {row.number for row in plus}]
    assert kept_old == kept_new


@settings(max_examples=200)
@given(any_text, any_text)
def test_taking_back_the_last_change_gives_the_text_before(before: bytes, after: bytes) -> None:
    assert revert(after, before, after) == before


numbered = st.integers(2, 8).map(lambda count: [b"line %d\n" % number for number in range(count)])


@st.composite
def change_and_other(draw: st.DrawFn) -> tuple[bytes, bytes, bytes, bytes]:
    """A text of distinct lines, our change of one place, and another's change at least a line away."""
    lines = draw(numbered)
    at = draw(st.integers(0, len(lines) - 1))
    ours = draw(st.lists(st.sampled_from([b"ours 1\n", b"ours 2\n"]), max_size=2, unique=True))
    their_diff = draw(st.lists(st.sampled_from([b"theirs 1\n", b"theirs 2\n"]), max_size=2, unique=True))
    spots = [spot for spot in range(len(lines)) if abs(spot - at) > 1]
    spot = draw(st.sampled_from(spots)) if spots else None

    def build(mine: bool, other: bool) -> bytes:
        out: list[bytes] = []
        for number, line in enumerate(lines):
            if number == at and mine:
                out += ours
            elif number == spot and other:
                out += their_diff
            else:
                out.append(line)
        return b"".join(out)

    return build(False, False), build(True, False), build(True, True), build(False, True)


@settings(max_examples=200)
@given(change_and_other())
def test_others_changes_elsewhere_are_kept(case: tuple[bytes, bytes, bytes, bytes]) -> None:
    before, after, current, wanted = case
    assert revert(current, before, after) == wanted


@settings(max_examples=200)
@given(any_text, any_text, any_text)
def test_what_is_taken_back_is_never_more_than_the_change(
    before: bytes, after: bytes, current: bytes
) -> None:
    """Every line of `current` that our change did not add is still there afterwards."""
    result = revert(current, before, after)
    if result is None or current == after:
        return
    added = split_lines(after)
    left = [line.rstrip(b"\n") for line in split_lines(result)]
    for line in split_lines(current):
        if line not in added:
            assert line.rstrip(b"\n") in left


def test_a_line_that_somebody_changed_again_is_not_taken_back() -> None:
    assert revert(AFTER.replace(b"*/6", b"*/7"), BEFORE, AFTER) is None
    assert revert(b"", BEFORE, AFTER) is None


def test_a_change_next_to_ours_is_kept() -> None:
    current = AFTER.replace(b"0 2 * * 0 export", b"0 3 * * 0 export")
    assert revert(current, BEFORE, AFTER) == BEFORE.replace(b"0 2 * * 0", b"0 3 * * 0")


def test_our_lines_at_two_places_are_not_taken_back() -> None:
    assert revert(b"x\nnew\nnew\ny\n", b"x\ny\n", b"x\nnew\ny\n") is None


@pytest.mark.parametrize(
    ("current", "wanted"),
    [
        (b"a\nc\n", b"a\nb\nc\n"),
        (b"a\nnew\nc\n", b"a\nb\nnew\nc\n"),
        (b"a\nC\n", b"a\nb\nC\n"),
        (b"A\nc\n", b"A\nb\nc\n"),
        (b"A\nC\n", None),
    ],
)
def test_a_deleted_line_goes_back_between_its_neighbours(current: bytes, wanted: bytes | None) -> None:
    assert revert(current, b"a\nb\nc\n", b"a\nc\n") == wanted


def test_no_two_lines_are_joined_by_a_missing_newline() -> None:
    assert revert(b"x\nnew\nother\n", b"x", b"x\nnew\n") == b"x\nother\n"


THEIRS = b"9 9 * * * theirs\n"


@pytest.mark.parametrize("their_diff", [b"", THEIRS])
@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"1 a\n2 b\n", b"1 a\n#fedtui:paused# 2 b\n"),
        (b"1 a\n", b"1 a\n2 b\n"),
        (b"1 a\n2 b\n", b"1 a\n"),
        (b"", b"1 a\n"),
        (b"1 a\n2 b\n3 c\n", b"2 b\n4 d\n"),
    ],
)
def test_which_side_of_a_change_a_text_is_on(before: bytes, after: bytes, their_diff: bytes) -> None:
    assert holds(their_diff + after, before, after) is True
    assert holds(their_diff + before, before, after) is False


def test_a_text_of_neither_side_tells_nothing() -> None:
    assert holds(b"5 a\n", b"1 a\n", b"2 a\n") is None


def test_a_line_that_was_edited_since_is_on_neither_side() -> None:
    """It is not gone: what added it is in force, and what removes it was not made."""
    old, new = b"0 1 * * * backup\n", b"0 1 * * * backup\n5 5 * * * report\n"
    for edited in (new.replace(b"5 5", b"6 5"), new.replace(b"report", b"report --all")):
        assert holds(edited, old, new) is None
        assert holds(edited, new, old) is None
    assert holds(old + b"@daily their own\n", new, old) is True


def test_a_removal_among_equal_lines_is_told_by_their_number() -> None:
    before, after = b"b\nd\na\nc\nc\nc\n", b"b\nd\na\nc\nc\n"
    assert holds(b"d\na\nc\nc\n", before, after) is True
    assert holds(b"d\na\nc\nc\nc\n", before, after) is False
