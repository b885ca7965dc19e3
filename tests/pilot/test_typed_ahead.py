"""Keys that come faster than the screen follows, as of a paste or a slow line, in a real terminal."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.events import Key

from fedtui.demo.files import crontab_file
from tests.pilot.real_terminal import Program
from tests.pilot.test_job_actions import is_there, opened, says


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("/sync\rl", b"n/N"),  # the filter, then the log of what it found; not the set-up
        ("n@daily\techo hello\tgreeting", b"kept nowhere"),  # each text in the field that tab went to
        ("dj?", b"down, up"),
    ],
)
def test_what_is_typed_at_once_goes_where_each_key_leads(tmp_path: Path, typed: str, shown: bytes) -> None:
    with Program(tmp_path, rows=40, columns=120) as program:
        program.read_until(b"does not exist yet")
        program.type(typed.encode())
        program.read_until(shown)


async def test_text_after_tab_is_in_the_next_field(tmp_path: Path) -> None:
    async with opened(tmp_path) as pilot:
        for char in "n@daily\techo hello\tgreeting":
            key = {"\t": "tab", " ": "space", "@": "at"}.get(char, char)
            pilot.app.post_message(Key(key, char))
        text = await says(pilot, lambda text: "greeting" in text)
        assert "schedule  @daily  " in text
        assert "command   echo hello  " in text
        assert "name      greeting  " in text


async def test_a_y_typed_before_the_question_was_seen_answers_nothing(tmp_path: Path) -> None:
    async with opened(tmp_path) as pilot:
        before = crontab_file(tmp_path).read_bytes()
        for char in "xy":
            pilot.app.post_message(Key(char, char))
        await says(pilot, lambda text: "Delete this job?  sync-learning-data" in text)
        await pilot.pause(0.5)
        assert crontab_file(tmp_path).read_bytes() == before
        await pilot.press("y")
        await is_there(crontab_file(tmp_path), lambda found: b"sync-learning-data" not in found)


async def test_a_second_key_opens_no_dialog_over_the_first(tmp_path: Path) -> None:
    async with opened(tmp_path) as pilot:
        for char in "xpxp":
            pilot.app.post_message(Key(char, char))
        await says(pilot, lambda text: "Delete this job?" in text)
        await pilot.pause(0.3)
        assert len(pilot.app.screen_stack) == 2
        await pilot.press("escape")
        assert "Apply this change?" not in await says(pilot, lambda text: "Delete" not in text)
