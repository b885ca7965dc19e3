"""The form of a job: what it hands over, what it refuses, cron's view of the command."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from fedtui.changes.draft import Draft
from fedtui.screens.job_form import JobFormScreen
from tests.pilot.dialog_app import NOW, DialogApp, screen_text, until
from tests.pilot.dialog_data import METRICS, cron_preview

KEYS = {" ": "space", "*": "asterisk", "/": "slash", ".": "full_stop", ">": "greater_than_sign", "~": "tilde"}
EXISTING = Draft("*/5 * * * *", METRICS, "metrics", "first line\nsecond line")


def opened(draft: Draft | None = None) -> tuple[DialogApp, JobFormScreen]:
    dialog = JobFormScreen(draft, cron_preview, clock=lambda: NOW, home="/home/fed")
    return DialogApp(dialog), dialog


def reads(app: DialogApp, text: str) -> Callable[[], bool]:
    return lambda: text in screen_text(app)


def keys(text: str) -> list[str]:
    return [KEYS.get(char, char) for char in text]


async def test_a_new_job_is_typed_and_handed_over() -> None:
    app, dialog = opened()
    async with app.run_test(size=(80, 24)) as pilot:
        assert "╭─ New job ──" in screen_text(app)
        await pilot.press(*keys("*/5 * * * *"), "tab", *keys("sh x.sh >> ~/x.log"), "tab", *"nick", "tab")
        await until(pilot, reads(app, "ctrl+j new line"))
        await pilot.press(*"one", "ctrl+j", *"two")
        await until(pilot, lambda: dialog.field.is_valid)
        await pilot.pause()
        text = screen_text(app)
        await pilot.press("enter")
        await until(pilot, lambda: bool(app.answers))
    assert "means    every 5 min, 12 runs an hour" in text
    assert "output   ~/x.log" in text
    assert "one␊two" in text
    assert app.answers == [Draft("*/5 * * * *", "sh x.sh >> ~/x.log", "nick", "one\ntwo")]


async def test_an_existing_job_comes_back_as_it_was_but_for_the_edit() -> None:
    app, dialog = opened(EXISTING)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: dialog.field.is_valid)
        await pilot.press("enter")
        await until(pilot, reads(app, "This is the job as it is now: nothing to change."))
        assert "╭─ Edit  metrics ──" in screen_text(app)
        assert app.answers == []
        await pilot.press("tab", "tab", "end", *"2", "enter")
        await until(pilot, lambda: bool(app.answers))
    assert app.answers == [Draft("*/5 * * * *", METRICS, "metrics2", "first line\nsecond line")]


async def test_a_form_without_schedule_or_command_goes_nowhere() -> None:
    app, dialog = opened()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("enter")
        await until(pilot, reads(app, "Type a schedule first."))
        await pilot.press(*keys("5 4 * * *"))
        await until(pilot, lambda: dialog.field.is_valid)
        await pilot.pause()
        assert "Type a schedule first." not in screen_text(app)
        await pilot.press("enter")
        await until(pilot, reads(app, "Type a command first."))
        assert app.focused is not None
        assert app.focused.id == "command"
    assert app.answers == []


async def test_an_invalid_schedule_goes_nowhere() -> None:
    app, _ = opened(Draft("61 * * * *", "true"))
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, reads(app, "✗ bad minute"))
        await pilot.press("tab", "enter")
        await pilot.pause()
        assert app.focused is not None
        assert app.focused.id == "schedule"
    assert app.answers == []


async def test_ctrl_n_takes_the_schedule_without_the_trap() -> None:
    app, dialog = opened(Draft("*/7 * * * *", "true"))
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, reads(app, "▲ */7 starts again every hour."))
        await pilot.press("ctrl+n")
        await until(pilot, lambda: dialog.field.is_valid and dialog.field.text == "*/6 * * * *")
        await pilot.press("enter")
        await until(pilot, lambda: bool(app.answers))
    assert app.answers == [Draft("*/6 * * * *", "true")]


@pytest.mark.parametrize(
    ("command", "says"),
    [
        ("run.sh", "output   kept nowhere; >> FILE 2>&1 at its end keeps it"),
        ("run.sh >> ~/logs/x.log 2>&1", "output   ~/logs/x.log"),
        ("run.sh | tee -a /var/log/x.log", "output   /var/log/x.log"),
        (r"run.sh >> ~/x-$(date +\%F).log", "output   somewhere; the line does not tell the file's name"),
        ("run.sh | logger -t x", "output   the system log"),
        (r"date +\%F >> /tmp/x", "as run   date +%F >> /tmp/x"),
        ("x" * 999, "✗ 999 bytes: cron takes no command over 998."),
    ],
)
async def test_cron_view_of_the_command(command: str, says: str) -> None:
    app, _ = opened(Draft("5 4 * * *", command))
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, reads(app, says))


async def test_a_percent_sign_is_warned_of_and_ctrl_r_escapes_it() -> None:
    app, _ = opened(Draft("5 4 * * *", r"date +%F \%"))
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, reads(app, "▲ An unescaped % ends the command. The shell gets  date +"))
        await pilot.press("ctrl+r")
        await until(pilot, reads(app, r"as run   date +%F %"))
        await until(pilot, lambda: dialog_is_valid(app))
        await pilot.press("enter")
        await until(pilot, lambda: bool(app.answers))
    assert app.answers == [Draft("5 4 * * *", r"date +\%F \%")]


def dialog_is_valid(app: DialogApp) -> bool:
    assert isinstance(app.dialog, JobFormScreen)
    return app.dialog.field.is_valid


async def test_escape_leaves() -> None:
    app, _ = opened(EXISTING)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("escape")
        await until(pilot, lambda: bool(app.answers))
    assert app.answers == [None]


async def test_hostile_text_is_drawn_safe_and_comes_back_unchanged() -> None:
    hostile = Draft("5 4 * * *", "echo [/x]\t\x1b[2J\u202e é", "[/n]", "[/o]")
    app, dialog = opened(hostile)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: dialog.field.is_valid)
        await pilot.pause()
        text = screen_text(app)
        await pilot.press("tab", "tab", "end", "x", "enter")
        await until(pilot, lambda: bool(app.answers))
    assert "Edit  [/n]" in text
    assert "echo [/x] ␛[2J\ufffd é" in text
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert app.answers == [Draft("5 4 * * *", "echo [/x]\t\x1b[2J\u202e é", "[/n]x", "[/o]")]


async def test_all_of_it_fits_the_smallest_screen() -> None:
    app, _ = opened(Draft("*/7 * * * *", "date +%F >> ~/logs/x.log 2>&1", "n", "o"))
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, reads(app, "▲ */7 starts again every hour."))
        rows = screen_text(app).splitlines()
    assert any(row.startswith("╭─ Edit") for row in rows)
    assert any("note      o" in row for row in rows)
    assert any(row.startswith("╰─ enter review the change") for row in rows)
