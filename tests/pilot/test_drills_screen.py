"""The drills on the screen: what cannot be run says why, one runs after `y`, `esc` stops one."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from textual.pilot import Pilot

from fedtui.federation.drills.drill import DrillSetting
from fedtui.screens.drills import DrillsScreen
from tests.fixtures.mockup_app import MockupApp
from tests.pilot.test_setup_screen import press, says
from tests.unit.federation.drilling import lay, left, picture, setting


@asynccontextmanager
async def opened(given: DrillSetting) -> AsyncIterator[Pilot[str]]:
    async def gather() -> DrillSetting:
        return given

    app = MockupApp()
    async with app.run_test(size=(120, 40)) as pilot:
        app.push_screen(DrillsScreen(gather_=gather))
        yield pilot


async def test_a_drill_runs_after_y_with_its_output_and_verdict(tmp_path: Path) -> None:
    given = setting(tmp_path, lay(tmp_path))
    before = picture(tmp_path)
    async with opened(given) as pilot:
        await says(pilot, "A scheduled script was renamed", "○ missing-script")
        await press(pilot, "down", "down", "down", "r")
        await says(pilot, "Drill  missing-script", "y run it")
        assert not given.drills.exists() or left(tmp_path) == []
        await press(pilot, "enter", "y")
        await says(pilot, "✓ missing-script", "passed cron's line ends with exit 127")
        await says(pilot, "clean     the scratch folder is gone, nothing else was touched")
    assert picture(tmp_path) == before
    assert left(tmp_path) == []


async def test_what_cannot_be_run_here_says_why_and_has_no_key(tmp_path: Path) -> None:
    given = setting(tmp_path, lay(tmp_path), lines={}, missing="no federation is set up")
    async with opened(given) as pilot:
        text = await says(pilot, "? service-offline   not here: no federation is set up")
        assert "It cannot be run here: no federation is set up." in text
        assert "r run it" not in text.splitlines()[-1]


async def test_esc_stops_a_drill_and_cleans_up(tmp_path: Path) -> None:
    started = tmp_path / "state/started"
    root = lay(tmp_path, export="echo it sleeps; sleep 300\n")
    given = setting(tmp_path, root, stop=("true",), start=("touch", str(started)))
    async with opened(given) as pilot:
        await says(pilot, "○ service-offline")
        await press(pilot, "r")
        await says(pilot, "y run it")
        await press(pilot, "y")
        await says(pilot, "it sleeps", "esc stop the drill")
        await press(pilot, "escape")
        await says(pilot, "○ service-offline", "esc back")
    assert started.exists()
    assert left(tmp_path) == []
