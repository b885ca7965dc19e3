"""The row that is shown under the cursor is the row that a key acts on, whatever happened before."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from textual.pilot import Pilot

import fedtui.widgets.line_view as line_view
from fedtui.model import Job, Run
from fedtui.screens.history import HistoryScreen
from fedtui.screens.log import LogScreen
from fedtui.widgets.palette import Palette
from tests.fixtures import mockup_data as mock
from tests.fixtures.mockup_app import MockupApp, screen_text
from tests.fixtures.mockup_history import PAST
from tests.pilot.test_dashboard import SMALL, dashboard, rows, settled

NAMES = ("my-sync", "resync", "sync", "sync-data", "zebra", "old sync", "notes", "syncopate", "echo")
MANY = tuple(
    replace(mock.SYNC, id=f"crontab:{number}", name=f"{name}-{number}" if number >= len(NAMES) else name)
    for number, name in enumerate(NAMES * 5)
)


def under_cursor(app: MockupApp) -> str:
    """The row that is drawn on the cursor's ground; empty where none is."""
    ground = Palette(app).style("cursor", ground="cursor").bgcolor
    for strip in app.screen._compositor.render_strips():
        cells = [segment for segment in strip if segment.text.strip()]
        if cells and all(cell.style is not None and cell.style.bgcolor == ground for cell in cells[:3]):
            return "".join(cell.text for cell in strip)
    return ""


def world(app: MockupApp, *jobs: Job) -> None:
    """Let these be the jobs."""
    app.fixed.post(replace(mock.SNAPSHOT, jobs=jobs))


async def agreed(pilot: Pilot[str], app: MockupApp) -> Job | None:
    """The job that keys act on, once the screen is drawn; it is the one that is drawn under the cursor."""
    for _ in range(60):
        await pilot.pause()
        job = dashboard(app).job
        if (job.name if job else "") == (under_cursor(app)[3:].split("  ")[0].strip()):
            return job
    pytest.fail(f"acts on {job and job.name}, shows {under_cursor(app)!r}\n{screen_text(app)}")


async def name_of(pilot: Pilot[str], app: MockupApp) -> str:
    job = await agreed(pilot, app)
    return job.name if job is not None else ""


@pytest.mark.parametrize(
    ("typed", "best"),
    [
        ("sync", "sync"),
        ("sync-", "sync-data"),
        ("not", "notes"),
        ("data", "sync-data"),
        ("ynco", "syncopate"),
    ],
)
async def test_a_filter_puts_the_cursor_on_the_best_match(typed: str, best: str) -> None:
    """The name itself, then its beginning, then the beginning of a word in it, then elsewhere in it."""
    app = MockupApp(replace(mock.SNAPSHOT, jobs=MANY[: len(NAMES)]))
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press("end", "slash", *typed)
        assert await name_of(pilot, app) == best
        await pilot.press("enter", "l")
        text = await settled(pilot, lambda text: "n/N match" in text)
        assert f"─ Log  {best}  " in text


async def test_where_only_other_fields_match_the_first_row_is_taken() -> None:
    app = MockupApp()
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press("end", "slash", *"crontab")
        assert await name_of(pilot, app) == rows(screen_text(app))[0]


async def test_the_cursor_stays_on_a_job_that_matches_as_well_as_the_best() -> None:
    app = MockupApp(replace(mock.SNAPSHOT, jobs=MANY[: len(NAMES)]))
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press(*"jjjjjjj")
        assert await name_of(pilot, app) == "syncopate"
        await pilot.press("slash", *"syn")
        assert await name_of(pilot, app) == "syncopate"
        await pilot.press("escape")
        assert await name_of(pilot, app) == "syncopate"
        await pilot.press("slash", *"999", "escape")
        assert await name_of(pilot, app) == "syncopate"


@pytest.mark.parametrize("seed", range(6))
async def test_whatever_happens_the_row_shown_is_the_row_acted_on(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(line_view, "GRACE", 0.0)
    chance = random.Random(seed)
    app = MockupApp(replace(mock.SNAPSHOT, jobs=MANY))
    keys = ("j", "k", "down", "up", "g", "G", "ctrl+d", "ctrl+u", "pagedown", "home", "end")
    async with app.run_test(size=SMALL) as pilot:
        for _ in range(25):
            match chance.randrange(6):
                case 0:
                    words = chance.choice(("sync", "o", "e", "zzz", "source:crontab", "-3"))
                    await pilot.press("slash", "ctrl+u", *words, chance.choice(("enter", "escape")))
                case 1:
                    await pilot.press("escape")
                case 2:
                    await pilot.press(chance.choice(("greater_than_sign", "less_than_sign", "S")))
                case 3 | 4:
                    world(app, *chance.sample(MANY, chance.randrange(1, len(MANY))))
                case _:
                    await pilot.press(*chance.choices(keys, k=3))
            before = await agreed(pilot, app)
        app.fixed.post(replace(app.fixed.snapshot, jobs=(*MANY[:3], *app.fixed.snapshot.jobs)))
        await pilot.pause()
        if before is None:
            return
        after = await agreed(pilot, app)
        assert after is not None
        assert after.id == before.id
        await pilot.press("l")
        assert isinstance(app.screen, LogScreen)
        assert app.screen._job.id == before.id


async def test_a_key_on_its_way_while_the_job_disappears_does_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    app = MockupApp()
    async with app.run_test(size=SMALL, notifications=True) as pilot:
        await pilot.press("down", "down")
        job = await agreed(pilot, app)
        assert job is not None
        world(app, *(other for other in mock.JOBS if other != job))
        await pilot.press("l")
        text = await settled(pilot, lambda text: "is gone; the" in text)
        assert f"{job.name} is gone" in text
        assert dashboard(app).job == mock.GIT
        monkeypatch.setattr(line_view, "GRACE", 0.0)  # once the user had the time to see it
        await pilot.press("l")
        await settled(pilot, lambda text: "n/N match" in text)
        assert isinstance(app.screen, LogScreen)
        assert app.screen._job == mock.GIT


async def test_a_key_while_the_cursor_is_scrolled_out_of_sight_brings_it_back_first() -> None:
    app = MockupApp(replace(mock.SNAPSHOT, jobs=MANY))
    async with app.run_test(size=SMALL, notifications=True) as pilot:
        table = dashboard(app).jobs.table
        await pilot.pause()
        table.scroll_to(y=20, animate=False, force=True)
        await pilot.pause()
        assert under_cursor(app) == ""
        await pilot.press("l")
        await settled(pilot, lambda text: "out of sight" in text)
        assert await agreed(pilot, app) == MANY[0]
        await pilot.press("l")
        assert isinstance(app.screen, LogScreen)


def _newer(run: Run, number: int, job: Job) -> Run:
    return replace(run, id=f"new{number}", job_id=job.id, start=mock.NOW)


async def test_a_new_run_does_not_slide_under_the_cursor_of_the_history(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("fedtui.screens.history.READ_EVERY", 0.0)
    past = list(PAST)
    app = MockupApp()
    app.past = lambda: past
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press("h")
        assert isinstance(app.screen, HistoryScreen)
        screen = app.screen
        await settled(pilot, lambda text: "Runs  4" in text)
        before = screen.table.run
        assert before is not None
        other = next(job for job in mock.JOBS if job.id != before.job_id)
        past.append(_newer(before, 1, other))
        app.fixed.post(replace(mock.SNAPSHOT))
        for _ in range(60):
            await pilot.pause(0.05)
            if any(run.id == "new1" for run in screen._runs):
                break
        assert screen.table.run is not None
        assert screen.table.run.id == before.id
