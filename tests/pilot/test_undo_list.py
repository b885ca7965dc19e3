"""Undo over the demo workspace: back, forward, the list, and a table that others emptied."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from textual.pilot import Pilot

from fedtui.demo.files import crontab_file
from fedtui.screens.dashboard import Dashboard
from fedtui.screens.undo_list import UndoListScreen
from tests.pilot.test_job_actions import opened, says

PAUSE = b"#fedtui:paused# "


async def change(pilot: Pilot[str], key: str, said: str) -> None:
    """Press a key that plans a change, apply it, and wait until the notification says so."""
    await pilot.press(key)
    await says(pilot, lambda text: "what will be done" in text)
    await pilot.press("y")
    await says(pilot, lambda text: said in text and "what will be done" not in text)


async def copies(folder: Path, count: int) -> None:
    """Wait until so many texts of the table are kept."""
    for _ in range(100):
        if len(list((folder / "state" / "backup").glob("crontab.*"))) == count:
            return
        await asyncio.sleep(0.1)
    pytest.fail(f"never {count} copies")


async def test_u_walks_back_and_ctrl_r_forward(tmp_path: Path) -> None:
    async with opened(tmp_path) as pilot:
        table = crontab_file(tmp_path)
        texts = [table.read_bytes()]
        for said, then in (("Paused", "p resume"), ("Resumed", "p pause")):
            await change(pilot, "p", f"{said} sync-learning-data.  u undoes it")
            await says(pilot, lambda text, then=then: then in text)
            texts.append(table.read_bytes())
        await change(pilot, "u", "Undone: resume sync-learning-data.  ctrl+r redoes it")
        assert table.read_bytes() == texts[1]
        await change(pilot, "u", "Undone: pause sync-learning-data.  ctrl+r redoes it")
        assert table.read_bytes() == texts[0]
        await change(pilot, "ctrl+r", "Redone: pause sync-learning-data.  u undoes it")
        assert table.read_bytes() == texts[1]
        await change(pilot, "u", "Undone: pause sync-learning-data.  ctrl+r redoes it")
        assert table.read_bytes() == texts[0]


async def test_the_list_shows_each_change_with_its_diff_and_undoes_an_older_one(tmp_path: Path) -> None:
    async with opened(tmp_path) as pilot:
        table = crontab_file(tmp_path)
        await change(pilot, "p", "Paused sync-learning-data.")
        await pilot.press("j")
        await change(pilot, "p", "Paused export-collections.")
        await pilot.press("U")
        text = await says(pilot, lambda text: "+ #fedtui:paused# 0 2 * * 0" in text)
        assert "Undo list  2 steps, 2 changes in force" in text
        rows = [row.split() for row in text.splitlines() if "  pause " in row]
        assert [(row[0], row[-3], row[-2:]) for row in rows] == [
            ("2", "in", ["force", "demo"]),
            ("1", "in", ["force", "demo"]),
        ]
        await pilot.press("j")
        await says(pilot, lambda text: "+ #fedtui:paused# 0 * * * *" in text)
        await change(pilot, "enter", "Undone: pause sync-learning-data.  ctrl+r redoes it")
        assert table.read_bytes().count(PAUSE) == 2
        text = await says(pilot, lambda text: "3 steps, 1 change in force" in text)
        assert [row.split()[-2] for row in text.splitlines() if "  pause " in row] == ["force", "undone"]
        assert isinstance(pilot.app.screen, UndoListScreen)
        await pilot.press("u")  # the cursor is on the change that is undone
        await pilot.pause(0.3)
        assert isinstance(pilot.app.screen, UndoListScreen)
        await change(pilot, "ctrl+r", "Redone: pause sync-learning-data.")
        assert table.read_bytes().count(PAUSE) == 3
        await pilot.press("escape")
        await says(pilot, lambda text: "1 Jobs" in text)


async def test_a_change_that_blocks_the_way_back_is_named_and_the_list_offered(tmp_path: Path) -> None:
    async with opened(tmp_path) as pilot:
        table = crontab_file(tmp_path)
        await change(pilot, "p", "Paused sync-learning-data.")
        await pilot.press("j")
        await change(pilot, "p", "Paused export-collections.")
        edited = table.read_bytes().replace(b"paused# 0 2 * * 0", b"paused# 7 2 * * 0")
        table.write_bytes(edited)
        await pilot.press("u")
        text = await says(pilot, lambda text: "Undo: not done" in text)
        assert "Change 2 (pause export-collections) blocks" in text
        await pilot.press("U")
        await says(pilot, lambda text: "Undo list  2 steps" in text)
        await pilot.press("j")
        await change(pilot, "u", "Undone: pause sync-learning-data.")
        assert table.read_bytes() == edited.replace(PAUSE, b"", 1)


async def test_an_empty_list_says_so(tmp_path: Path) -> None:
    async with opened(tmp_path) as pilot:
        await pilot.press("U")
        await says(pilot, lambda text: "No changes yet." in text)
        await pilot.press("u", "ctrl+r")
        await says(pilot, lambda text: "There is nothing to redo." in text)


async def test_a_table_that_others_emptied_is_noticed_and_put_back(tmp_path: Path) -> None:
    async with opened(tmp_path) as pilot:
        table = crontab_file(tmp_path)
        await copies(tmp_path, 1)
        text = table.read_bytes() + b"0 4 * * * echo by hand\n"
        table.write_bytes(text)
        await copies(tmp_path, 2)
        table.unlink()
        await says(pilot, lambda text: "The crontab lost all its 5 jobs. d: restore it" in text)
        await pilot.press("d")
        await says(pilot, lambda text: "FT013" in text and "the crontab lost all its 5 jobs" in text)
        await pilot.press("enter")
        await says(pilot, lambda text: "what will be done" in text and "16 lines brought back" in text)
        assert not table.exists()
        await pilot.press("y")
        await says(pilot, lambda text: "FT013" not in text and "what will be done" not in text)
        assert table.read_bytes() == text


async def test_at_the_start_a_table_that_lost_its_jobs_is_named(tmp_path: Path) -> None:
    async with opened(tmp_path):
        await copies(tmp_path, 1)
    crontab_file(tmp_path).write_bytes(b"# nothing\n")
    async with opened(tmp_path, job="No crontab") as pilot:
        await says(pilot, lambda text: "The crontab lost all its 4 jobs. d: restore it" in text)


async def test_the_delete_of_the_last_job_is_no_loss(tmp_path: Path) -> None:
    crontab_file(tmp_path).write_bytes(b"0 1 * * * echo only\n")
    async with opened(tmp_path, job="only") as pilot:
        await copies(tmp_path, 1)
        await change(pilot, "x", "Deleted")
        await pilot.press("R")
        await pilot.pause(1.0)
        await pilot.press("d")
        text = await says(pilot, lambda text: "passed" in text)
        assert "FT013" not in text
        await pilot.press("escape")
        await says(pilot, lambda _: isinstance(pilot.app.screen, Dashboard))
