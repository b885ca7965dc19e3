"""Pictures of the dialogs over the dashboard; look at them before you accept new ones."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.screen import Screen

from fedtui.action_result import Applied, Refused
from fedtui.changes.draft import Draft
from fedtui.changes.plan import Conflict, Plan
from fedtui.model import Outcome, Result, Run, Trigger
from fedtui.runs.control import RunUpdate
from fedtui.screens.confirm import ConfirmPhase, ConfirmScreen
from fedtui.screens.job_form import JobFormScreen
from fedtui.screens.reschedule import RescheduleScreen
from fedtui.screens.run import RunScreen
from tests.fixtures.mockup_app import MockupApp, screen_text
from tests.pilot.dialog_app import BERLIN, NOW
from tests.pilot.dialog_data import (
    THEIRS,
    cron_preview,
    delete_plan,
    metrics_job,
    pause_plan,
    plan_on_new_text,
    reschedule_plan,
)

SMALL, LARGE = (80, 24), (120, 40)
THEMES = pytest.mark.parametrize("light", [False, True], ids=["dark", "light"])
SIZES = pytest.mark.parametrize("size", [SMALL, LARGE], ids=["80x24", "120x40"])

Compare = Callable[..., bool]
HOME = "/home/fed"
START = datetime(2026, 11, 24, 14, 5, 0, tzinfo=BERLIN)
RUN = Run("0123456789abcdef", metrics_job().id, START, trigger=Trigger.MANUAL, pid=48213)
KEPT = replace(RUN, output=f"{HOME}/.local/state/fedtui/outputs/0123456789abcdef")
LIVE = b"""14:05:00 INFO metrics run started
14:05:00 INFO reading data/patterns/skills-patterns.jsonl
14:05:01 INFO 1,204 patterns, newest 2026-11-24T12:58:40Z
14:05:02 INFO collections: 14 in Qdrant, 14 on disk
14:05:03 INFO node1 ok   21 ms
14:05:05 WARN node2 no answer after 2 s
14:05:07 WARN node3 no answer after 2 s
14:05:08 INFO rendering 6 charts
14:05:10 INFO chart 1 of 6: sync latency
14:05:11 INFO chart 2 of 6: patterns per day
14:05:12 INFO chart 3 of 6: export size
"""
FAILED = b"""14:05:00 INFO metrics run started
14:05:00 INFO reading data/patterns/skills-patterns.jsonl
14:05:01 INFO 1,204 patterns, newest 2026-11-24T12:58:40Z
14:05:01 ERR  generate-dashboard-data.sh: line 41: jq: not found
14:05:01 INFO nothing written
"""


def over(dialog: Screen[Any], *keys: str, says: str) -> Callable[[Pilot[str]], object]:
    """Open a dialog over the dashboard, press keys, and wait until the screen says something."""

    async def run(pilot: Pilot[str]) -> None:
        app = pilot.app
        assert isinstance(app, MockupApp)
        async with asyncio.timeout(20):
            while "sync complete" not in screen_text(app):
                await pilot.pause(0.05)
            app.push_screen(dialog)
            while app.screen is not dialog or (isinstance(dialog, ConfirmScreen) and not shown(dialog)):
                await pilot.pause(0.05)
            await pilot.press(*keys)
            while says not in screen_text(app):
                await pilot.pause(0.05)
        await pilot.pause(0.2)

    return run


def shown(dialog: ConfirmScreen) -> bool:
    return dialog.phase is ConfirmPhase.SHOWN


def confirm(plan: Plan, answer: Refused | None = None) -> ConfirmScreen:
    async def apply(_plan: Plan) -> Applied:
        assert answer is not None
        raise answer

    async def replan() -> Plan:
        return plan_on_new_text()

    async def alternative() -> Plan:
        return pause_plan()

    return ConfirmScreen(plan, apply, replan, alternative)


@SIZES
@THEMES
def test_confirm(snap_compare: Compare, size: tuple[int, int], light: bool) -> None:
    run = over(confirm(reschedule_plan()), says="y apply")
    assert snap_compare(MockupApp(light=light), terminal_size=size, run_before=run)


@SIZES
@THEMES
def test_confirm_delete(snap_compare: Compare, size: tuple[int, int], light: bool) -> None:
    run = over(confirm(delete_plan()), says="y delete")
    assert snap_compare(MockupApp(light=light), terminal_size=size, run_before=run)


@SIZES
def test_confirm_stale(snap_compare: Compare, size: tuple[int, int]) -> None:
    stale = Conflict("Someone edited it at 14:05:31, after your plan was made.", their_diff=(THEIRS,))
    run = over(confirm(reschedule_plan(), stale), "y", says="y apply to the new text")
    assert snap_compare(MockupApp(), terminal_size=size, run_before=run)


@SIZES
def test_confirm_refused(snap_compare: Compare, size: tuple[int, int]) -> None:
    refusal = Refused(
        'crontab refuses the table: "-":12: bad minute', "The old table stands.", "Mend line 12 first."
    )
    run = over(confirm(reschedule_plan(), refusal), "y", says="r look again")
    assert snap_compare(MockupApp(), terminal_size=size, run_before=run)


def reschedule() -> RescheduleScreen:
    return RescheduleScreen(metrics_job(), cron_preview, lambda: NOW, profile="conservative")


SEVEN = ("end", "ctrl+u", "asterisk", "slash", "7", *("space", "asterisk") * 4)


@SIZES
@THEMES
def test_reschedule(snap_compare: Compare, size: tuple[int, int], light: bool) -> None:
    run = over(reschedule(), *SEVEN, says="*/7 starts again every hour")
    assert snap_compare(MockupApp(light=light), terminal_size=size, run_before=run)


def test_reschedule_invalid(snap_compare: Compare) -> None:
    run = over(reschedule(), "end", "ctrl+u", "6", "1", *("space", "asterisk") * 4, says="✗ bad minute")
    assert snap_compare(MockupApp(), terminal_size=SMALL, run_before=run)


def test_reschedule_in_ascii(snap_compare: Compare) -> None:
    run = over(reschedule(), *SEVEN, says="*/7 starts again every hour")
    assert snap_compare(MockupApp(ascii_only=True), terminal_size=SMALL, run_before=run)


@SIZES
@THEMES
def test_job_form(snap_compare: Compare, size: tuple[int, int], light: bool) -> None:
    draft = Draft(
        "30 3 * * 1-5", "cd ~/federation && ./backup.sh >> ~/logs/backup-$(date +%F).log 2>&1", "backup"
    )
    dialog = JobFormScreen(draft, cron_preview, clock=lambda: NOW, home=HOME)
    run = over(dialog, says="Mon 30 Nov  03:30:00")
    assert snap_compare(MockupApp(light=light), terminal_size=size, run_before=run)


def running(printed: bytes, end: Run | None) -> RunScreen:
    async def start() -> Run:
        return RUN

    async def updates(_run: Run) -> AsyncIterator[RunUpdate]:
        yield RunUpdate(printed, end)
        if end is None:
            await asyncio.Event().wait()

    async def stop() -> Applied:
        raise AssertionError("no picture stops it")

    return RunScreen(metrics_job(), start, updates, stop, clock=lambda: NOW, usual=9.0, home=HOME)


@SIZES
@THEMES
def test_run(snap_compare: Compare, size: tuple[int, int], light: bool) -> None:
    run = over(running(LIVE, None), says="2 warnings so far")
    assert snap_compare(MockupApp(light=light), terminal_size=size, run_before=run)


@SIZES
@THEMES
def test_run_ended(snap_compare: Compare, size: tuple[int, int], light: bool) -> None:
    end = replace(KEPT, end=START + timedelta(seconds=1.2), result=Result(Outcome.FAILED, 127, duration=1.2))
    run = over(running(FAILED, end), says="did not find a command")
    assert snap_compare(MockupApp(light=light), terminal_size=size, run_before=run)


def test_confirm_delete_in_ascii(snap_compare: Compare) -> None:
    run = over(confirm(delete_plan()), says="y delete")
    assert snap_compare(MockupApp(ascii_only=True), terminal_size=SMALL, run_before=run)


def test_run_asks_before_it_stops(snap_compare: Compare) -> None:
    run = over(running(LIVE, None), "t", says="y stop it")
    assert snap_compare(MockupApp(), terminal_size=SMALL, run_before=run)
