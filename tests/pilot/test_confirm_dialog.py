"""The confirm dialog: only `y` applies, once; stale and refused plans; what the user reads."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from fedtui.action_result import Applied, Refused
from fedtui.changes.plan import Conflict, DiffLine, FileDiff, Plan, Step
from fedtui.screens.confirm import ConfirmPhase, ConfirmScreen
from tests.pilot.dialog_app import DialogApp, screen_text, until
from tests.pilot.dialog_data import (
    THEIRS,
    delete_plan,
    pause_plan,
    plan_on_new_text,
    reschedule_plan,
)

DONE = Applied("generate-dashboard-data runs every 6 min", undo_id=7)


class World:
    """Answers the dialog: each applied plan is kept; `gate` holds an apply back until it is set."""

    def __init__(self, *answers: Applied | Refused, plans: tuple[Plan | Refused, ...] = ()) -> None:
        self.answers = list(answers)
        self.plans = list(plans)
        self.applied: list[Plan] = []
        self.gate = asyncio.Event()
        self.gate.set()

    async def apply(self, plan: Plan) -> Applied:
        self.applied.append(plan)
        await self.gate.wait()
        answer = self.answers.pop(0)
        if isinstance(answer, Refused):
            raise answer
        return answer

    async def replan(self) -> Plan:
        plan = self.plans.pop(0)
        if isinstance(plan, Refused):
            raise plan
        return plan


def opened(
    world: World, plan: Plan | None = None, alternative: Callable[[], Awaitable[Plan]] | None = None
) -> tuple[DialogApp, ConfirmScreen]:
    dialog = ConfirmScreen(plan or reschedule_plan(), world.apply, world.replan, alternative)
    return DialogApp(dialog), dialog


async def test_shows_diff_counts_steps_and_keys() -> None:
    app, _ = opened(World())
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        text = screen_text(app)
    assert "╭─ Apply this change?  generate-dashboard-data ──" in text
    assert "Reschedule from every 5 min to every 6 min. 48 fewer runs a day." in text
    assert "─ diff   crontab of fed   1 line changed, 1 added, 13 untouched ─" in text
    assert "     9 - */5 * * * * bash ~/federation/scripts/generate-dashboard-data.sh" in text
    assert "         >> ~/logs/dashboard-metrics.log 2>&1" in text
    assert "3 run     crontab -  with the text above on its input" in text
    assert "  undo    u, also after a restart" in text
    assert "╰─ y apply  esc cancel, nothing is touched  c copy the commands ──" in text
    assert "sync-learning-data" not in text, "at 24 rows the context makes way"


async def test_context_is_shown_where_there_is_room() -> None:
    app, _ = opened(World())
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        text = screen_text(app)
    assert "     7   0 * * * * bash ~/federation/scripts/sync-learning-data.sh" in text
    assert "federated-syn…" in text


async def test_y_applies_what_was_shown() -> None:
    world = World(DONE)
    app, dialog = opened(world)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: dialog.phase is ConfirmPhase.SHOWN)
        await pilot.press("y")
        await until(pilot, lambda: bool(app.answers))
    assert app.answers == [DONE]
    assert world.applied == [dialog.plan]


@pytest.mark.parametrize("key", ["enter", "space", "n", "p", "r", "tab", "ctrl+n"])
async def test_no_other_key_changes_anything(key: str) -> None:
    world = World(DONE)
    app, dialog = opened(world)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: dialog.phase is ConfirmPhase.SHOWN)
        before = screen_text(app)
        await pilot.press(key)
        await pilot.pause()
        assert screen_text(app) == before
    assert world.applied == []
    assert app.answers == []


async def test_escape_leaves_with_nothing_done() -> None:
    world = World(DONE)
    app, _ = opened(world)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("escape")
        await until(pilot, lambda: bool(app.answers))
    assert app.answers == [None]
    assert world.applied == []


async def test_a_second_y_does_not_apply_twice_and_escape_waits() -> None:
    world = World(DONE, DONE)
    app, dialog = opened(world)
    async with app.run_test(size=(80, 24)) as pilot:
        world.gate.clear()
        await until(pilot, lambda: dialog.phase is ConfirmPhase.SHOWN)
        await pilot.press("y", "y", "escape", "y")
        assert "► applying" in screen_text(app)
        assert "nothing is touched" not in screen_text(app), "while it applies that would be a lie"
        world.gate.set()
        await until(pilot, lambda: bool(app.answers))
    assert app.answers == [DONE]
    assert len(world.applied) == 1


async def test_stale_shows_their_change_and_the_new_plan_for_a_new_y() -> None:
    stale = Conflict("Someone edited it at 14:05:31, after your plan was made.", their_diff=(THEIRS,))
    world = World(stale, DONE, plans=(plan_on_new_text(),))
    app, dialog = opened(world)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: dialog.phase is ConfirmPhase.SHOWN)
        await pilot.press("y", "y", "y")  # typed for the old plan: they must not apply the new one
        await until(pilot, lambda: dialog.phase is ConfirmPhase.SHOWN)
        text = screen_text(app)
        assert len(world.applied) == 1
        await pilot.press("y")
        await until(pilot, lambda: bool(app.answers))
    assert "╭─ The crontab changed meanwhile ──" in text
    assert "▲ Someone edited it at 14:05:31, after your plan was made. Nothing was" in text
    assert "─ their change ──" in text
    assert "     4 + MAILTO=ops@example.org" in text
    assert "─ your change, made again on the new text ──" in text
    assert "    10 + */6 * * * * bash" in text
    assert "╰─ y apply to the new text  esc cancel, nothing is touched ──" in text
    assert "what will be done" not in text, "the same commands were shown before"
    assert world.applied[1] == plan_on_new_text()
    assert app.answers == [DONE]


async def test_stale_shows_the_steps_again_when_they_differ() -> None:
    other = replace(plan_on_new_text(), steps=(Step("run", "", ("crontab", "/tmp/new")),))
    world = World(Conflict("It changed."), plans=(other,))
    app, dialog = opened(world)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: dialog.phase is ConfirmPhase.SHOWN)
        await pilot.press("y")
        await until(pilot, lambda: dialog.phase is ConfirmPhase.SHOWN)
        assert "1 run     crontab /tmp/new" in screen_text(app)


async def test_refusal_says_why_what_is_untouched_and_what_to_do() -> None:
    refusal = Refused(
        "crontab: installing new crontab: bad minute", "The old one stands.", "Mend line 12 first."
    )
    world = World(refusal, DONE, plans=(plan_on_new_text(),))
    app, dialog = opened(world)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: dialog.phase is ConfirmPhase.SHOWN)
        await pilot.press("y")
        await until(pilot, lambda: dialog.phase is ConfirmPhase.REFUSED)
        text = screen_text(app)
        await pilot.press("y")
        await pilot.pause()
        assert len(world.applied) == 1, "a refused plan is not applied again by y"
        await pilot.press("r")
        await until(pilot, lambda: dialog.phase is ConfirmPhase.SHOWN)
        assert "installing new crontab" not in screen_text(app)
        await pilot.press("y")
        await until(pilot, lambda: bool(app.answers))
    assert "✗ crontab: installing new crontab: bad minute" in text
    assert "The old one stands." in text
    assert "Mend line 12 first." in text
    assert "r look again  esc close" in text
    assert app.answers == [DONE]


async def test_a_job_that_vanished_is_a_refusal() -> None:
    world = World(Conflict("It changed."), plans=(Refused("The line is gone.", "Nothing was written."),))
    app, dialog = opened(world)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: dialog.phase is ConfirmPhase.SHOWN)
        await pilot.press("y")
        await until(pilot, lambda: dialog.phase is ConfirmPhase.REFUSED)
        assert "✗ The line is gone." in screen_text(app)
        await pilot.press("escape")
        await until(pilot, lambda: bool(app.answers))
    assert app.answers == [None]


async def test_deletion_is_in_the_failure_colour_and_offers_pause() -> None:
    world = World(DONE)

    async def alternative() -> Plan:
        return pause_plan()

    app, dialog = opened(world, delete_plan(), alternative)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: dialog.phase is ConfirmPhase.SHOWN)
        text = screen_text(app)
        assert dialog.box.styles.border_top[1].hex.lower() == "#ff7f72"
        await pilot.press("p")
        await until(pilot, lambda: dialog.plan == pause_plan() and dialog.phase is ConfirmPhase.SHOWN)
        assert "    10 + #fedtui:paused# 0 2 * * 0 bash" in screen_text(app)
        assert dialog.box.styles.border_top[1].hex.lower() == "#6cb6ff"
        assert world.applied == []
        await pilot.press("y")
        await until(pilot, lambda: bool(app.answers))
    assert "╭─ Delete this job?  export-collections ──" in text
    assert "╰─ y delete  p pause instead  esc cancel, nothing is touched ──" in text
    assert "1 line removed, 14 untouched" in text
    assert "    11   # drills, first Monday by hand" in text
    assert world.applied == [pause_plan()]


async def test_c_copies_the_exact_commands() -> None:
    app, dialog = opened(World())
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await until(pilot, lambda: dialog.phase is ConfirmPhase.SHOWN)
        await pilot.press("c")
        await pilot.pause()
        assert app.clipboard == "crontab -\ncrontab -l"
        assert "2 commands sent to the terminal's" in screen_text(app)


async def test_a_click_on_a_hint_is_its_key() -> None:
    app, dialog = opened(World())
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: dialog.phase is ConfirmPhase.SHOWN)
        rows = screen_text(app).splitlines()
        row = next(index for index, text in enumerate(rows) if "esc cancel" in text)
        await pilot.click(offset=(rows[row].index("cancel"), row))
        await until(pilot, lambda: bool(app.answers))
    assert app.answers == [None]


async def test_markup_and_controls_from_outside_stay_text() -> None:
    nasty = "[/x] [red]gone[/] \x1b[2J rm \u202e'"
    plan = replace(
        reschedule_plan(),
        job_name="[/x]",
        summary="[/x] is rescheduled",
        warnings=("[bold]warned[/nope]",),
        diffs=(FileDiff("[/x]", (DiffLine(1, "+", nasty), DiffLine(2, " ", nasty)), 0, 1, 0, 1),),
        steps=(Step("run", "[/y]", ("echo", "[/z]")),),
    )
    world = World(Refused("[/x] refused", "[/u]", "[/a]"))
    app, dialog = opened(world, plan)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: dialog.phase is ConfirmPhase.SHOWN)
        text = screen_text(app)
        await pilot.press("y")
        await until(pilot, lambda: dialog.phase is ConfirmPhase.REFUSED)
        assert "✗ [/x] refused" in screen_text(app)
    assert "Apply this change?  [/x]" in text
    assert "1 + [/x] [red]gone[/] ␛[2J rm \ufffd'" in text
    assert "▲ [bold]warned[/nope]" in text
    assert "1 run     echo '[/z]'  [/y]" in text


async def test_secrets_are_masked() -> None:
    lines = (DiffLine(1, "+", "API_TOKEN=hunter2"),)
    plan = replace(reschedule_plan(), diffs=(FileDiff("crontab of fed", lines, 0, 1, 0, 0),))
    app, _ = opened(World(), plan)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        text = screen_text(app)
    assert "1 + API_TOKEN=••••••" in text
    assert "hunter2" not in text


async def test_a_long_plan_scrolls_to_its_end() -> None:
    lines = tuple(DiffLine(number, "+", f"line {number}") for number in range(1, 60))
    plan = replace(reschedule_plan(), diffs=(FileDiff("crontab of fed", lines, 0, 59, 0, 0),))
    app, dialog = opened(World(), plan)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: dialog.phase is ConfirmPhase.SHOWN)
        assert "undo    u, also after" not in screen_text(app)
        await pilot.press(*["pagedown"] * 4)
        await pilot.pause()
        assert "undo    u, also after" in screen_text(app)
        assert "y apply" in screen_text(app)


async def test_a_command_with_a_secret_is_shown_masked_and_copied_as_it_is_after_a_question() -> None:
    url = "https://me:hunter2@host.example/repo.git"
    step = Step("run", "", ("git", "remote", "set-url", "origin", url))
    app, _ = opened(World(), replace(reschedule_plan(), steps=(step,)))
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        assert "hunter2" not in screen_text(app)
        await pilot.press("c")
        await pilot.pause()
        assert "These commands hold a secret." in screen_text(app)
        await pilot.press("escape")
        await pilot.pause()
        assert app.clipboard == ""
        await pilot.press("c")
        await pilot.pause()
        await pilot.press("y")
        await pilot.pause()
        assert app.clipboard == f"git remote set-url origin {url}"
