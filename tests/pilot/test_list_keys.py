"""`j`, `k` and their like mean the same wherever there is something to go through; a click asks first."""

from __future__ import annotations

import importlib
import pkgutil
from pathlib import Path

import pytest
from textual.binding import Binding
from textual.dom import DOMNode
from textual.pilot import Pilot
from textual.widgets import Input

import fedtui.screens
import fedtui.widgets
from fedtui.screens.doctor import DoctorScreen
from fedtui.screens.help import HelpScreen
from fedtui.widgets.keys import ALL, taken_keys
from tests.fixtures import mockup_data as mock
from tests.fixtures.mockup_app import MockupApp, screen_text
from tests.pilot.test_dashboard import LARGE, SMALL, settled
from tests.pilot.test_job_actions import opened, says

MEANT = {
    "j": {"move(1)"},
    "k": {"move(-1)"},
    "g": {"end(-1)", "ends(-1)"},
    "G": {"end(1)", "ends(1)"},
    "ctrl+d": {"half(1)"},
    "ctrl+u": {"half(-1)"},
}


def _is_node(one: object) -> bool:
    return isinstance(one, type) and issubclass(one, DOMNode) and not issubclass(one, Input)


def _nodes() -> list[type[DOMNode]]:
    """Every screen and every widget of ours but the lines that are typed in."""
    found: dict[str, type[DOMNode]] = {}
    for package in (fedtui.screens, fedtui.widgets):
        for module in pkgutil.iter_modules(package.__path__):
            names = vars(importlib.import_module(f"{package.__name__}.{module.name}"))
            ours = (one for one in names.values() if _is_node(one))
            found |= {f"{one.__module__}.{one.__name__}": one for one in ours if "fedtui" in one.__module__}
    return list(found.values())


def test_no_screen_and_no_widget_gives_them_another_meaning() -> None:
    nodes = _nodes()
    assert len(nodes) > 40
    for node in nodes:
        for bindings in (one.__dict__.get("BINDINGS", ()) for one in node.__mro__):
            for binding in (one for one in bindings if isinstance(one, Binding)):
                for key in set(binding.key.split(",")) & set(MEANT):
                    assert binding.action in MEANT[key], f"{node.__name__}: {key} is {binding.action}"


async def test_they_go_through_the_doctors_list() -> None:
    from tests.pilot.test_doctor import SNAPSHOT

    app = MockupApp(SNAPSHOT)
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press("d")
        await settled(pilot, lambda text: "Doctor" in text)
        screen = app.screen
        assert isinstance(screen, DoctorScreen)
        seen = []
        for key in ("j", "j", "k", "G", "g", "ctrl+d", "ctrl+u"):
            await pilot.press(key)
            assert screen.row is not None
            seen.append(screen.table._cursor)
        assert seen == [1, 2, 1, 3, 0, 2, 0]


async def test_they_scroll_where_there_is_no_cursor() -> None:
    app = MockupApp()
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press("question_mark")
        screen = app.screen
        assert isinstance(screen, HelpScreen)
        tops = []
        for key in ("j", "k", "ctrl+d", "ctrl+u", "G", "g"):
            await pilot.press(key)
            await pilot.pause()
            tops.append(round(screen._list.scroll_offset.y))
        assert tops == [1, 0, 10, 0, screen._list.max_scroll_y, 0]


async def test_a_remapped_list_key_works_everywhere() -> None:
    app = MockupApp(keys={"list.down": "ctrl+n"})
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press("ctrl+n", "j", "l")
        text = await settled(pilot, lambda text: "n/N match" in text)
        assert mock.METRICS.name in text.splitlines()[1]


def test_a_key_of_lists_is_never_the_screens() -> None:
    assert taken_keys({"job.run": "j"}) == [("job.run", "j", "list.down")]
    assert taken_keys({"list.down": "w"}) != []


# Clicks


async def _click_on(pilot: Pilot[str], words: str) -> None:
    """Click on words in the key line."""
    row = screen_text(pilot.app).splitlines()[-1]  # type: ignore[arg-type]
    assert words in row, row
    await pilot.click("KeyLine", offset=(row.index(words) + 1, 0))


async def test_a_click_on_run_asks_first_and_the_key_does_not(tmp_path: Path) -> None:
    async with opened(tmp_path) as pilot:
        await _click_on(pilot, "r run")
        text = await says(pilot, lambda text: "Run it now?" in text)
        assert "Run  sync-learning-data" in text
        await pilot.press("escape")
        await says(pilot, lambda text: "Run it now?" not in text)
        assert not list(tmp_path.glob("state/runs/*"))
        await _click_on(pilot, "r run")
        await says(pilot, lambda text: "Run it now?" in text)
        await pilot.press("y")
        await says(pilot, lambda text: "✓ ok" in text and "r run again" in text)
        before = ""
        while before != (text := await says(pilot, lambda text: "r run again" in text)):
            before = text  # the box grows with the output
        row = next(at for at, line in enumerate(text.splitlines()) if "r run again" in line)
        await pilot.click(offset=(text.splitlines()[row].index("run again"), row))
        await says(pilot, lambda text: "Run it again?" in text)
        await pilot.press("escape", "escape")
        await says(pilot, lambda text: "run again" not in text)
        await pilot.press("r")
        await says(pilot, lambda text: "after" in text and "Run it now?" not in text)


async def test_the_palette_asks_too(tmp_path: Path) -> None:
    async with opened(tmp_path) as pilot:
        await pilot.press("ctrl+p", *"run now")
        await says(pilot, lambda text: "Run now, live output" in text)
        await pilot.press("enter")
        await says(pilot, lambda text: "Run it now?" in text)


async def test_a_click_on_the_end_of_a_watch_asks_first() -> None:
    app = MockupApp()
    async with app.run_test(size=LARGE) as pilot:
        await pilot.press("j", "w")
        await settled(pilot, lambda text: "cycle 3: waiting" in text)
        await _click_on(pilot, "x end the watch")
        await settled(pilot, lambda text: "End the watch?" in text)
        await pilot.press("escape")
        text = await settled(pilot, lambda text: "End the watch?" not in text)
        assert "x end the watch" in text
        await _click_on(pilot, "x end the watch")
        await settled(pilot, lambda text: "End the watch?" in text)
        await pilot.press("y")
        await settled(pilot, lambda text: "w watch again" in text)


def test_whatever_acts_at_once_is_marked() -> None:
    """A key that starts or ends something without a plan: a new one is to be put here or behind a plan."""
    assert {key.id for key in ALL if key.asks} == {
        "job.run",
        "watch.run",
        "watch.end",
        "environment.run",
        "setup.test",
    }


@pytest.mark.parametrize("key", [key for key in ALL if key.asks], ids=lambda key: key.id)
def test_what_is_marked_can_ask(key: object) -> None:
    from fedtui.widgets.keys import KeyBinding

    assert isinstance(key, KeyBinding)
    methods = [
        getattr(node, f"action_{key.action}") for node in _nodes() if hasattr(node, f"action_{key.action}")
    ]
    assert methods
    assert all("ask" in method.__annotations__ for method in methods)
