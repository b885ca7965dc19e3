"""The reschedule dialog: checks while one types, names the field, shows what it means."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from textual.pilot import Pilot

from fedtui.changes.schedule_preview import Preview
from fedtui.model import SourceName, TimerFacts
from fedtui.schedule.pitfalls import Pitfall
from fedtui.screens.reschedule import NewSchedule, RescheduleScreen
from tests.pilot.dialog_app import BERLIN, NOW, DialogApp, screen_text, until
from tests.pilot.dialog_data import cron_preview, metrics_job


def opened() -> tuple[DialogApp, RescheduleScreen]:
    dialog = RescheduleScreen(metrics_job(), cron_preview, lambda: NOW)
    return DialogApp(dialog), dialog


async def typed(pilot: Pilot[None], dialog: RescheduleScreen, text: str) -> None:
    """Type `text` in place of what is there, and wait for its verdict."""
    field = dialog.field
    await pilot.press("end", "ctrl+u")
    await pilot.press(*(KEYS.get(char, char) for char in text))
    await until(pilot, lambda: field.text == text and not field.checking)
    await pilot.pause()


KEYS = {" ": "space", "*": "asterisk", "/": "slash", ",": "comma", "-": "minus", "@": "at"}


async def test_says_what_the_typed_schedule_means() -> None:
    app, dialog = opened()
    async with app.run_test(size=(80, 24)) as pilot:
        await typed(pilot, dialog, "*/7 * * * *")
        text = screen_text(app)
    assert "now      */5 * * * *    every 5 min" in text
    assert "✓ valid  Debian cron" in text
    assert "means    every 7 min from :00 to :56 of each hour, 9 runs an hour" in text
    assert "hour     ▮······▮······▮······▮······▮······▮······▮······▮······▮···" in text
    assert "Tue 24 Nov  14:07:00   in  1 min" in text
    assert "Tue 24 Nov  14:35:00   in 29 min   +7 min" in text
    assert "…  14:56:00   then 15:00:00   +4 min" in text
    assert "▲ */7 starts again every hour. From :56 to :00 is 4 min, not 7." in text
    assert "Even steps: */6  */5  */10   (ctrl+n takes the nearest: */6)" in text


async def test_ctrl_n_takes_the_suggestion_and_enter_hands_it_over() -> None:
    app, dialog = opened()
    async with app.run_test(size=(80, 24)) as pilot:
        await typed(pilot, dialog, "*/7 * * * *")
        await pilot.press("ctrl+n")
        await until(pilot, lambda: dialog.field.is_valid and dialog.field.text == "*/6 * * * *")
        await pilot.pause()
        assert "means    every 6 min, 10 runs an hour" in screen_text(app)
        await pilot.press("tab", *"slow", "tab", *"OPS", "enter")
        await until(pilot, lambda: bool(app.answers))
    assert app.answers == [NewSchedule("*/6 * * * *", "slow", "OPS")]


async def test_enter_before_the_verdict_waits_for_it() -> None:
    app, _ = opened()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("end", "ctrl+u", *"0", "space", *"5", "space", "asterisk", "space")
        await pilot.press("asterisk", "space", "asterisk", "enter")
        await until(pilot, lambda: bool(app.answers))
    assert app.answers == [NewSchedule("0 5 * * *", "", "")]


@pytest.mark.parametrize(
    ("text", "short", "long"),
    [
        ("*/7 25 * * *", "✗ bad hour", "means    bad hour: "),
        ("61 * * * *", "✗ bad minute", "means    bad minute: "),
        ("* * * * Monday", "✗ bad day-of-week", "means    bad day-of-week: "),
    ],
)
async def test_an_invalid_schedule_is_named_and_goes_nowhere(text: str, short: str, long: str) -> None:
    app, dialog = opened()
    async with app.run_test(size=(80, 24)) as pilot:
        await typed(pilot, dialog, text)
        await pilot.press("enter")
        await pilot.pause()
        shown = screen_text(app)
        assert short in shown
        assert long in shown
        assert "next five" not in shown
    assert app.answers == []


async def test_the_same_schedule_changes_nothing() -> None:
    app, dialog = opened()
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: dialog.field.is_valid)
        await pilot.press("enter")
        await pilot.pause()
        assert "This is the schedule it has now: nothing to change." in screen_text(app)
        await pilot.press("backspace")
        await pilot.pause()
        assert "nothing to change" not in screen_text(app)
    assert app.answers == []


async def test_an_empty_schedule_goes_nowhere() -> None:
    app, dialog = opened()
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: dialog.field.is_valid)
        await pilot.press("end", "ctrl+u", "enter")
        await pilot.pause()
        assert "Type a schedule first." in screen_text(app)
    assert app.answers == []


@pytest.mark.parametrize(
    ("cursor", "name", "holds"),
    [
        (0, "minute", "0 to 59"),
        (4, "hour", "0 to 23"),
        (6, "day", "any day"),
        (8, "month", "any month"),
        (12, "weekday", "0 to 7, sun to sat"),
    ],
)
async def test_names_the_field_under_the_cursor(cursor: int, name: str, holds: str) -> None:
    app, dialog = opened()
    async with app.run_test(size=(80, 24)) as pilot:
        await typed(pilot, dialog, "30 3 * * 1-5")
        dialog.field.input.cursor_position = cursor
        await pilot.pause()
        caption = dialog.field._caption()
        assert f"minute  hour  day  month  weekday   {holds}" in screen_text(app)
    marked = [caption.plain[span.start : span.end] for span in caption.spans if span.style == "$accent"]
    assert marked == [name]


async def test_a_daily_schedule_has_the_strip_of_a_day() -> None:
    app, dialog = opened()
    async with app.run_test(size=(80, 24)) as pilot:
        await typed(pilot, dialog, "30 3 * * 1-5")
        text = screen_text(app)
    assert "day      ·······▮········································" in text
    assert "Fri 27 Nov  03:30:00   in  2 d     +24 h" in text
    assert "Mon 30 Nov  03:30:00   in  5 d     +3 d" in text


async def test_the_latest_text_wins_over_a_slow_answer() -> None:
    gates = {"1 * * * *": asyncio.Event(), "2 * * * *": asyncio.Event()}

    async def slow(text: str) -> Preview:
        if text in gates:
            await gates[text].wait()
        preview = await cron_preview(text)
        return replace(preview, words=f"answer to {text}")

    dialog = RescheduleScreen(metrics_job(), slow, lambda: NOW)
    app = DialogApp(dialog)
    field = dialog.field
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: field.is_valid)
        field.input.value = "1 * * * *"
        await pilot.pause(0.2)
        assert "… checking" in screen_text(app)
        field.input.value = "2 * * * *"
        await pilot.pause(0.2)
        gates["2 * * * *"].set()
        gates["1 * * * *"].set()
        await until(pilot, lambda: field.is_valid)
        await pilot.pause()
        text = screen_text(app)
    assert "answer to 2 * * * *" in text
    assert "answer to 1 * * * *" not in text


async def test_escape_leaves() -> None:
    app, _ = opened()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("escape")
        await until(pilot, lambda: bool(app.answers))
    assert app.answers == [None]


async def test_a_timer_is_asked_for_a_calendar_or_a_span() -> None:
    async def preview(text: str) -> Preview:
        if text == "15min":
            message = "15min: systemd does not understand it; for a span write OnUnitActiveSec=15min"
            return Preview(False, message, None, "", (), (), "systemd", "Europe/Berlin")
        runs = tuple(datetime(2026, 11, day, 18, 30, tzinfo=BERLIN) for day in (24, 25, 26))
        return Preview(True, "", None, "Monday to Friday at 18:30", runs, (), "systemd", "Europe/Berlin")

    facts = TimerFacts("backup-notes.timer", "backup-notes.service", True, "active", "enabled")
    job = replace(
        metrics_job(),
        name="backup-notes",
        source=SourceName.USER_TIMER,
        facts=facts,
        schedule="daily",
    )
    dialog = RescheduleScreen(job, preview, lambda: NOW)
    app = DialogApp(dialog)
    async with app.run_test(size=(80, 24)) as pilot:
        await typed(pilot, dialog, "15min")
        assert "✗ not valid" in screen_text(app)
        assert "means    15min: systemd does not understand it; for a span write" in screen_text(app)
        await typed(pilot, dialog, "Mon..Fri 18:30")
        text = screen_text(app)
        await pilot.press("enter")
        await until(pilot, lambda: bool(app.answers))
    assert "a calendar such as Mon..Fri 18:30, or OnUnitActiveSec=15min" in text
    assert "✓ valid  systemd" in text
    assert "Tue 24 Nov  18:30:00   in  4 h" in text
    assert app.answers == [NewSchedule("Mon..Fri 18:30", "", "")]


async def test_countdowns_go_on_while_it_is_open() -> None:
    now = [NOW]

    async def preview(text: str) -> Preview:
        found = await cron_preview(text)
        return replace(found, runs=tuple(run for run in found.runs if run > now[0]))

    dialog = RescheduleScreen(metrics_job(), preview, lambda: now[0])
    app = DialogApp(dialog)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "14:10:00   in  4 min" in screen_text(app))
        now[0] = NOW + timedelta(minutes=2)
        await until(pilot, lambda: "14:10:00   in  2 min" in screen_text(app))
        now[0] = NOW + timedelta(minutes=5)
        await until(pilot, lambda: "14:10:00" not in screen_text(app))
        assert "14:15:00   in  4 min" in screen_text(app)


async def test_markup_from_outside_stays_text() -> None:
    trap = Pitfall("x", "[/t]", "[/x] is odd. [/y] follows.", ("[/s]",), ("[/s] * * * *",))

    async def preview(text: str) -> Preview:
        return Preview(True, "", None, "[/w]", (), (trap,), "[/d]", "[/z]")

    job = replace(metrics_job(), name="[/x]", schedule="[/n]", schedule_text="[/m]")
    app = DialogApp(RescheduleScreen(job, preview, lambda: NOW, profile="[/p]"))
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "[/w]" in screen_text(app) and "✓ valid" in screen_text(app))
        text = screen_text(app)
    for outside in (
        "Reschedule  [/x]",
        "[/n]    [/m]    profile [/p]",
        "▲ [/x] is odd. [/y] follows.",
        "[/d], zone [/z]",
    ):
        assert outside in text
