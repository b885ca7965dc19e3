"""The program in a real terminal: one that has no size, and one that cannot position the cursor."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.pilot.real_terminal import Program, laid


def test_a_terminal_without_a_size_is_taken_for_80x24_and_not_flooded(tmp_path: Path) -> None:
    """A serial console has none; two libraries that guessed it differently laid the screen out for ever."""
    with Program(tmp_path, rows=0, columns=0) as program:
        program.read_until(b"sync-learning-data")
        assert len(program.read_for(3)) < 100_000
        assert program.process.poll() is None


@pytest.mark.parametrize("term", ["dumb", "unknown", "Dumb"])
def test_a_terminal_that_cannot_position_the_cursor_is_refused_in_one_line(tmp_path: Path, term: str) -> None:
    """Two libraries took different sizes there, too, and no key was obeyed."""
    with Program(tmp_path, TERM=term) as program:
        said = program.read_until(b"\n").decode()
        assert program.process.wait(timeout=30) == 2
    assert said == (
        "fedtui: the dashboard needs a terminal that can position the cursor, "
        f"and TERM={term} says that this one cannot; `fedtui list` works here\r\n"
    )


def test_the_command_line_draws_nothing_over_on_such_a_terminal(tmp_path: Path) -> None:
    with laid(tmp_path), Program(tmp_path, "watch", "sync-learning-data", TERM="dumb") as program:
        program.read_until(b"Watching")
        assert b"\x1b" not in program.read_for(1)


def test_an_odd_quote_in_editor_is_told_and_the_dashboard_stays(tmp_path: Path) -> None:
    with Program(tmp_path, EDITOR="vi 'x", VISUAL="") as program:
        program.read_until(b"does not exist yet")
        program.type(b"o")
        program.read_until(b"No closing quotation")
        program.type(b"\x1b")
        program.read_for(0.3)  # a lone escape is one only after a while
        program.type(b"?")
        program.read_until(b"open it in $EDITOR")
        assert program.process.poll() is None
