"""Pictures of the screens over the made-up machine; look at them before you accept new ones."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from textual.pilot import Pilot

from fedtui.screens.drills import DrillsScreen
from fedtui.screens.environment import EnvironmentScreen
from fedtui.screens.setup import SetupScreen
from tests.fixtures import mockup_data as mock
from tests.fixtures import mockup_environment
from tests.fixtures.mockup_app import MockupApp, screen_text
from tests.fixtures.mockup_setup import MockupSetupService, pack_of, rehearsable
from tests.fixtures.mockup_undo import undo_ports
from tests.fixtures.mockup_watch import FAILED_ONE
from tests.pilot import test_doctor as doctor

SMALL, LARGE = (80, 24), (120, 40)
THEMES = pytest.mark.parametrize("light", [False, True], ids=["dark", "light"])
SIZES = pytest.mark.parametrize("size", [SMALL, LARGE], ids=["80x24", "120x40"])

Compare = Callable[..., bool]


def after(*keys: str, says: str) -> Callable[[Pilot[str]], object]:
    """Press keys, then wait until the screen says something."""

    async def run(pilot: Pilot[str]) -> None:
        assert isinstance(pilot.app, MockupApp)
        for key in keys:
            await pilot.press(key)
            await pilot.pause(0.05)
        for _ in range(100):
            await pilot.pause(0.05)
            if says in screen_text(pilot.app):
                break
        else:
            pytest.fail(f"the screen never said {says!r}:\n{screen_text(pilot.app)}")
        await pilot.pause(0.1)

    return run


@SIZES
@THEMES
def test_dashboard(snap_compare: Compare, size: tuple[int, int], light: bool) -> None:
    assert snap_compare(MockupApp(light=light), terminal_size=size, run_before=after(says="sync complete"))


@pytest.mark.parametrize("size", [(100, 30), (160, 45)], ids=["100x30", "160x45"])
def test_dashboard_between_and_beyond(snap_compare: Compare, size: tuple[int, int]) -> None:
    assert snap_compare(MockupApp(), terminal_size=size, run_before=after(says="sync complete"))


def test_dashboard_in_ascii(snap_compare: Compare) -> None:
    run = after(says="sync complete")
    assert snap_compare(MockupApp(ascii_only=True), terminal_size=SMALL, run_before=run)


def test_dashboard_without_colour(snap_compare: Compare, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    assert snap_compare(MockupApp(), terminal_size=SMALL, run_before=after(says="sync complete"))


def test_dashboard_folded(snap_compare: Compare) -> None:
    assert snap_compare(MockupApp(), terminal_size=SMALL, run_before=after("z", says="unfold"))


def test_dashboard_filtered(snap_compare: Compare) -> None:
    run = after("slash", *"timer", says="matching “timer”")
    assert snap_compare(MockupApp(), terminal_size=SMALL, run_before=run)


@SIZES
def test_nothing_yet(snap_compare: Compare, size: tuple[int, int]) -> None:
    run = after(says="12 checks passed")
    assert snap_compare(MockupApp(mock.EMPTY), terminal_size=size, run_before=run)


@SIZES
@THEMES
def test_bus_down(snap_compare: Compare, size: tuple[int, int], light: bool) -> None:
    app = MockupApp(mock.bus_down(), light=light)
    assert snap_compare(
        app, terminal_size=size, run_before=after("end", "up", says="only this view is blind")
    )


def test_too_small(snap_compare: Compare) -> None:
    assert snap_compare(MockupApp(), terminal_size=(52, 12), run_before=after(says="52 × 12"))


@SIZES
@THEMES
def test_log(snap_compare: Compare, size: tuple[int, int], light: bool) -> None:
    run = after("l", "slash", *"Qdrant", "enter", "N", says="3 of 4")
    assert snap_compare(MockupApp(light=light), terminal_size=size, run_before=run)


@SIZES
@THEMES
def test_watch(snap_compare: Compare, size: tuple[int, int], light: bool) -> None:
    run = after("j", "w", says="cycle 3: waiting")
    assert snap_compare(MockupApp(light=light), terminal_size=size, run_before=run)


def test_watch_missed(snap_compare: Compare) -> None:
    app = MockupApp()
    app.watching.kept[mock.METRICS.id] = FAILED_ONE
    assert snap_compare(app, terminal_size=SMALL, run_before=after("j", "w", says="likely"))


def test_watch_in_ascii(snap_compare: Compare) -> None:
    run = after("j", "w", says="cycle 3: waiting")
    assert snap_compare(MockupApp(ascii_only=True), terminal_size=SMALL, run_before=run)


@SIZES
@THEMES
def test_history(snap_compare: Compare, size: tuple[int, int], light: bool) -> None:
    run = after("h", "j", says="4,379")
    assert snap_compare(MockupApp(light=light), terminal_size=size, run_before=run)


def test_history_in_ascii(snap_compare: Compare) -> None:
    run = after("h", "j", says="4,379")
    assert snap_compare(MockupApp(ascii_only=True), terminal_size=LARGE, run_before=run)


@SIZES
@THEMES
def test_undo_list(snap_compare: Compare, size: tuple[int, int], light: bool, tmp_path: Path) -> None:
    app = MockupApp(light=light, ports=undo_ports(tmp_path))
    run = after("U", "j", says="+ #fedtui:paused# 0 2 * * 0")
    assert snap_compare(app, terminal_size=size, run_before=run)


def test_undo_list_in_ascii_masks_secrets(snap_compare: Compare, tmp_path: Path) -> None:
    app = MockupApp(ascii_only=True, ports=undo_ports(tmp_path))
    run = after("U", "G", says="+ QDRANT_API_KEY=")
    assert snap_compare(app, terminal_size=SMALL, run_before=run)


@SIZES
@THEMES
def test_help(snap_compare: Compare, size: tuple[int, int], light: bool) -> None:
    app = MockupApp(light=light)
    assert snap_compare(
        app, terminal_size=size, run_before=after("question_mark", says="run now, live output")
    )


def test_palette(snap_compare: Compare) -> None:
    run = after("ctrl+p", says="Dark or light")
    assert snap_compare(MockupApp(), terminal_size=LARGE, run_before=run)


def environment(*keys: str, says: str) -> Callable[[Pilot[str]], object]:
    """Open the environment of the export, press keys, wait."""

    async def run(pilot: Pilot[str]) -> None:
        await pilot.app.push_screen(EnvironmentScreen(mock.EXPORT, mockup_environment.read))
        await after(*keys, says=says)(pilot)  # type: ignore[misc]  # a coroutine, typed as object

    return run


@SIZES
@THEMES
def test_environment(snap_compare: Compare, size: tuple[int, int], light: bool) -> None:
    run = environment(says="export-collections.sh calls")
    assert snap_compare(MockupApp(light=light), terminal_size=size, run_before=run)


def test_environment_in_ascii(snap_compare: Compare) -> None:
    run = environment("equals_sign", "m", says="s3cr3t")
    assert snap_compare(MockupApp(ascii_only=True), terminal_size=SMALL, run_before=run)


def test_environment_a_path_in_full(snap_compare: Compare) -> None:
    run = environment("enter", says="not in cron")
    assert snap_compare(MockupApp(), terminal_size=SMALL, run_before=run)


@SIZES
@THEMES
def test_doctor(snap_compare: Compare, size: tuple[int, int], light: bool) -> None:
    app = MockupApp(doctor.SNAPSHOT, light=light)
    run = after("d", "down", says="why it matters")
    assert snap_compare(app, terminal_size=size, run_before=run)


def test_doctor_in_ascii(snap_compare: Compare) -> None:
    app = MockupApp(doctor.SNAPSHOT, ascii_only=True)
    assert snap_compare(app, terminal_size=SMALL, run_before=after("d", says="why it matters"))


def set_up(*keys: str, says: str, pack: bool = False) -> Callable[[Pilot[str]], object]:
    """The set-up of the made-up federation, ROOT typed where it is asked for."""

    async def run(pilot: Pilot[str]) -> None:
        service = MockupSetupService(mock.NOW, pack_of(mock.NOW) if pack else None)
        assert isinstance(pilot.app, MockupApp)
        service.answer(pilot.app.engine)
        pilot.app.push_screen(SetupScreen())
        await after(says="What next" if pack else "ROOT is")(pilot)
        await after(*(() if pack else ("~", "slash", *"federation", "enter")), says="et-up")(pilot)
        await after(*keys, says=says)(pilot)

    return run


@SIZES
@THEMES
def test_setup_profile(snap_compare: Compare, size: tuple[int, int], light: bool) -> None:
    run = set_up("t", "enter", says="1 more file")
    assert snap_compare(MockupApp(light=light), terminal_size=size, run_before=run)


@SIZES
@pytest.mark.parametrize(
    ("keys", "says"),
    [
        ((), "calls jq"),
        (("t",), "metrics             ok"),
        (("t", *["enter"] * 2), "another folder"),
        (("t", *["enter"] * 3, "down"), "you do not linger"),
        (("t", *["enter"] * 4, "space"), "● commits"),
        (("t", *["enter"] * 5), "what will be done"),
    ],
    ids=["scripts", "trial", "logs", "backend", "extras", "review"],
)
def test_setup_step(snap_compare: Compare, size: tuple[int, int], keys: tuple[str, ...], says: str) -> None:
    assert snap_compare(MockupApp(), terminal_size=size, run_before=set_up(*keys, says=says))


@SIZES
def test_setup_status(snap_compare: Compare, size: tuple[int, int]) -> None:
    run = set_up(says="What next", pack=True)
    assert snap_compare(MockupApp(), terminal_size=size, run_before=run)


def test_setup_in_ascii(snap_compare: Compare) -> None:
    run = set_up("t", "enter", says="1 more file")
    assert snap_compare(MockupApp(ascii_only=True), terminal_size=SMALL, run_before=run)


@SIZES
@THEMES
def test_drills(snap_compare: Compare, size: tuple[int, int], light: bool) -> None:
    async def run(pilot: Pilot[str]) -> None:
        pilot.app.push_screen(DrillsScreen(gather_=rehearsable))
        await after("down", "down", says="filled to the last byte")(pilot)

    assert snap_compare(MockupApp(light=light), terminal_size=size, run_before=run)
