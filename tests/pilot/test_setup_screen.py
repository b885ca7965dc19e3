"""`s`: the set-up step by step, over a made-up federation: what is asked, shown, run and confirmed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from textual.pilot import Pilot

from fedtui.model import CronFacts, Job, Location, SourceName
from fedtui.screens.setup import SetupScreen
from tests.fixtures import mockup_data as mock
from tests.fixtures.mockup_app import MockupApp, screen_text
from tests.fixtures.mockup_setup import MockupSetupService, pack_of

ROOT = ("~", "slash", *"federation", "enter")


@asynccontextmanager
async def opened(service: MockupSetupService, size: tuple[int, int] = (80, 24)) -> AsyncIterator[Pilot[str]]:
    app = MockupApp()
    service.answer(app.engine)
    async with app.run_test(size=size) as pilot:
        app.push_screen(SetupScreen())
        yield pilot


async def says(pilot: Pilot[str], *words: str, never: str = "") -> str:
    """Wait until the screen says all of it."""
    app = pilot.app
    assert isinstance(app, MockupApp)
    text = ""
    for _ in range(200):
        await pilot.pause(0.02)
        text = screen_text(app)
        if all(word in text for word in words) and (not never or never not in text):
            return text
    pytest.fail(f"the screen never said {words}:\n{text}")


async def press(pilot: Pilot[str], *keys: str) -> None:
    for key in keys:
        await pilot.press(key)


async def test_root_is_asked_for_first_and_looked_at() -> None:
    service = MockupSetupService(mock.NOW)
    async with opened(service) as pilot:
        await says(pilot, "step 1 of 7", "ROOT is the federation's checkout", "ROOT")
        await press(pilot, *ROOT)
        text = await says(pilot, "✓ sync", "✓ export", "calls jq")
        assert "▲ export: Line 31 of export-collections.sh calls jq" in text
        assert service.asked[-1].root == "~/federation"
        assert service.tried == []


async def test_a_root_that_is_none_is_said_and_asked_again() -> None:
    async with opened(MockupSetupService(mock.NOW)) as pilot:
        await says(pilot, "ROOT is")
        await press(pilot, *"/nowhere", "enter")
        await says(pilot, "✗ There is no folder /nowhere.")
        await press(pilot, "enter", "ctrl+u", *ROOT)
        await says(pilot, "✓ sync", never="There is no folder")


async def test_no_script_runs_before_t_and_what_fails_is_left_out() -> None:
    service = MockupSetupService(mock.NOW)
    async with opened(service) as pilot:
        await says(pilot, "ROOT is")
        await press(pilot, *ROOT)
        await says(pilot, "✓ sync")
        await press(pilot, "enter")
        await says(pilot, "step 2 of 7", "not tested yet", "runs each once, in cron's environment")
        assert service.tried == []
        await press(pilot, "t")
        text = await says(pilot, "✗ export", "failed, exit 127")
        assert service.tried == ["sync", "export", "metrics"]
        assert "federated-export will not be scheduled." in text
        await press(pilot, *["enter"] * 5)
        text = await says(pilot, "step 7 of 7", "Set up the conservative profile")
        assert "export-collections.sh >>" not in text
        assert "federated-export is not scheduled: failed, exit 127" in text


async def test_the_review_waits_for_the_test_runs() -> None:
    async with opened(MockupSetupService(mock.NOW)) as pilot:
        await says(pilot, "ROOT is")
        await press(pilot, *ROOT)
        await says(pilot, "✓ sync")
        await press(pilot, *["enter"] * 6)
        text = await says(pilot, "step 7 of 7", "not tested yet: federated-sync")
        assert "confirm" not in text.splitlines()[-1]
        await press(pilot, "enter")
        await says(pilot, "step 7 of 7")


async def test_the_plan_goes_through_the_confirm_dialog_and_enter_changes_nothing() -> None:
    async with opened(MockupSetupService(mock.NOW), (120, 40)) as pilot:
        await says(pilot, "ROOT is")
        await press(pilot, *ROOT)
        await says(pilot, "✓ sync")
        await press(pilot, "t")
        await says(pilot, "exit 127")
        await press(pilot, *["enter"] * 5)
        await says(pilot, "7 Review", "enter confirm")
        await press(pilot, "enter")
        await says(pilot, "Apply this change?", "y apply")
        await press(pilot, "enter", "escape")
        await says(pilot, "7 Review", "enter confirm", never="Apply this change?")


async def test_a_profile_is_chosen_with_its_day() -> None:
    service = MockupSetupService(mock.NOW)
    async with opened(service, (120, 40)) as pilot:
        await says(pilot, "ROOT is")
        await press(pilot, *ROOT)
        await says(pilot, "✓ sync")
        await press(pilot, "enter", "enter")
        text = await says(pilot, "24 hours of conservative", "312", "1,537")
        assert "next: Sun 29 Nov 02:00" in text
        assert f"metrics    {'▆' * 48}" in text
        await press(pilot, "down")
        text = await says(pilot, "24 hours of aggressive", "bash ~/federation/scripts/export-collections.sh")
        assert service.asked[-1].profile == "aggressive"


async def test_backend_lingering_and_what_is_beside_are_chosen() -> None:
    service = MockupSetupService(mock.NOW)
    async with opened(service) as pilot:
        await says(pilot, "ROOT is")
        await press(pilot, *ROOT)
        await says(pilot, "✓ sync")
        await press(pilot, *["enter"] * 4, "down")
        await says(pilot, "you do not linger")
        await press(pilot, "l")
        await says(pilot, "lingering is turned on")
        assert (service.asked[-1].backend, service.asked[-1].linger) == ("user", True)
        await press(pilot, "down")
        await says(pilot, "Units of the system are root's to make.")
        await press(pilot, "up", "up", "enter", "space", "down", "space", "down")
        await says(pilot, "● commits", "● rotation", "● exit codes")
        assert service.asked[-1].record is True
        await press(pilot, "space", "down", "e", *"ntfy://x", "enter")
        await says(pilot, "● commits", "● rotation", "○ exit codes", "● alerts")
        assert service.asked[-1].alerts == ("ntfy://x",)
        assert (service.asked[-1].git, service.asked[-1].record) == (True, False)


async def test_what_is_set_up_is_shown_with_what_can_come_next() -> None:
    async with opened(MockupSetupService(mock.NOW, pack_of(mock.NOW)), (120, 40)) as pilot:
        text = await says(pilot, "Set up already", "profile conservative on cron", "What next")
        assert "week 2: scheduled, without commits, day 11" in text
        assert "x remove" in text
        await press(pilot, "enter")
        await says(pilot, "1 Scripts", "✓ sync")
        await press(pilot, "b")
        await says(pilot, "Set up already")
        await press(pilot, "escape")
        await says(pilot, "1 Jobs")


async def test_esc_leaves_the_line_before_the_screen() -> None:
    async with opened(MockupSetupService(mock.NOW)) as pilot:
        await says(pilot, "ROOT is", "esc leave")
        await press(pilot, *"abc", "escape")
        await says(pilot, "step 1 of 7", "e type")
        await press(pilot, "escape")
        await says(pilot, "1 Jobs")


def own(number: int, schedule: str) -> Job:
    """A line of the operator's own that runs the sync."""
    command = f"bash ~/federation/scripts/sync-learning-data.sh {number}"
    facts = CronFacts("crontab", b"", command.encode())
    place = Location("crontab", number)
    return Job(
        *(f"crontab:{number}", "sync-learning-data", SourceName.CRONTAB, "fed", schedule, "", place, facts),
        command=command,
        log_path="/var/log/federated-sync.log",
    )


async def test_own_lines_propose_root_and_are_taken_over_at_once() -> None:
    service = MockupSetupService(mock.NOW)
    service.proposal, service.running = "~/federation", {"sync": [own(3, "0 * * * *")]}
    async with opened(service) as pilot:
        await says(pilot, "step 1 of 7", "~/federation")
        await press(pilot, "enter")
        await says(pilot, "crontab:3  0 * * * *", "taken over as it is", "leave alone")
        assert service.asked[-1].adopt
        await press(pilot, "a")
        await says(pilot, "crontab:3  0 * * * *", "left alone", "take over", never="taken over as it is")
        await press(pilot, "a")
        await says(pilot, "taken over as it is")
        assert service.asked[-1].adopt_jobs == ("crontab:3",)


async def test_of_several_lines_one_is_chosen() -> None:
    service = MockupSetupService(mock.NOW)
    service.proposal = "~/federation"
    service.running = {"sync": [own(3, "0 * * * *"), own(9, "0 */6 * * *")]}
    async with opened(service) as pilot:
        await says(pilot, "step 1 of 7")
        await press(pilot, "enter")
        text = await says(pilot, "crontab:3  0 * * * *", "crontab:9  0 */6 * * *")
        assert text.count("left alone") == 2
        await press(pilot, "a")
        await says(pilot, "Which one is taken over?", "2  crontab:9  0 */6 * * *")
        await press(pilot, "2")
        await says(pilot, "taken over as it is")
        assert service.asked[-1].adopt_jobs == ("crontab:9",)
