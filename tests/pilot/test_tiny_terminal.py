"""Every screen and dialog in a terminal that is far too small: nothing to read, but nothing ends either."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fixtures.mockup_app import MockupApp
from tests.pilot.test_dashboard import LARGE, settled
from tests.pilot.test_doctor import SNAPSHOT
from tests.pilot.test_job_actions import opened, says

SIZES = ((36, 12), (20, 5), (12, 30), (3, 2), (1, 1), (200, 3))


@pytest.mark.parametrize(
    "keys",
    [
        ("1",),
        ("slash", "s"),
        ("d", "j"),
        ("d", "question_mark"),
        ("h", "j"),
        ("h", "slash"),
        ("l",),
        ("l", "slash"),
        ("j", "w"),
        ("question_mark",),
        ("t",),
        ("ctrl+p",),
    ],
    ids=" ".join,
)
async def test_it_survives_and_is_whole_again_afterwards(keys: tuple[str, ...]) -> None:
    app = MockupApp(SNAPSHOT)
    async with app.run_test(size=LARGE) as pilot:
        await pilot.press(*keys)
        before = await settled(pilot)
        for size in SIZES:
            await pilot.resize_terminal(*size)
            await pilot.pause(0.05)
            assert app.failure is None
        await pilot.resize_terminal(*LARGE)
        title = before.splitlines()[1]
        await settled(pilot, lambda text: text.splitlines()[1] == title)


@pytest.mark.parametrize("key", ["r", "p", "e", "w", "E", "x", "C", "c", "v", "n", "s", "u"])
async def test_dialogs_survive_it_too(key: str, tmp_path: Path) -> None:
    async with opened(tmp_path) as pilot:
        await pilot.press(key)
        await says(pilot, lambda text: "fedtui" in text and pilot.app.screen is not pilot.app.screen_stack[0])
        for size in SIZES:
            await pilot.resize_terminal(*size)
            await pilot.pause(0.05)
        await pilot.resize_terminal(*LARGE)
        await pilot.press("escape", "escape")
        await says(pilot, lambda text: "1 Jobs  4" in text)
