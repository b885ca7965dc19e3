"""Changes made from a screen: plan, show the plan, apply it when the dialog says so, or say why not.

Everything here runs in a worker, one at a time: the screen stays alive while a plan is made, and a second key
does not open a second dialog over the first.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import replace
from time import monotonic
from typing import TYPE_CHECKING

from fedtui import changes
from fedtui.action_result import Refused
from fedtui.changes.request import Request
from fedtui.screens.base import FullScreen
from fedtui.system.patience import NOTICE_AFTER, awaited
from fedtui.widgets.line_view import CursorView

if TYPE_CHECKING:
    from fedtui.changes import BadTable, Plan
    from fedtui.changes.open_table import LineFixes

    Plans = Callable[[LineFixes], Awaitable[Plan]]
    """Makes a plan from the present state; the argument replaces lines that cron refuses."""


PLAN_DEADLINE = 8.0
"""Seconds that the world has to answer a plan; keys wait for its dialog somewhat longer (key_order.py)."""


class ChangeFlow:
    """Held by a screen as `flow`, where `KeysInOrder` looks for it."""

    def __init__(self, screen: FullScreen) -> None:
        self.screen = screen
        self.changed_at = 0.0  # when the screen last changed the world, by the monotonic clock
        self._work: object = None  # what a key began and has not brought to a dialog, or to its end

    @property
    def opening(self) -> bool:
        """True from a key until the dialog that it opens is here, which is to have the keys that follow."""
        return self._work is not None and self.screen.app.screen is self.screen

    def begin(self, work: Coroutine[None, None, None]) -> None:
        """Do what a key asked for; a second key meanwhile would put its dialog over the first one's."""
        if self.opening:
            work.close()
            self.screen.notify("One moment: the key before is still being worked on.", markup=False)
        else:
            self._work = work
            self.screen.run_worker(self._do(work), group="action", exclusive=False, exit_on_error=True)

    async def _do(self, work: Coroutine[None, None, None]) -> None:
        try:
            await work
        finally:
            if self._work is work:
                self._work = None

    def begin_change(self, title: str, request: Request, name: str = "") -> None:
        """`change`, as what a key asked for."""
        self.begin(self.change(title, request, name))

    async def change(self, title: str, request: Request, name: str = "") -> None:
        """Plan, show the plan, apply it on `y`, then read again what it touched."""
        engine, asked = self.screen.host.engine, request

        async def make(fixes: LineFixes) -> Plan:
            nonlocal asked
            plan = await engine.plan(replace(asked, fixes=fixes))
            if plan.change.undoes is not None:  # made again, it is about the same change, not the one before
                asked = Request("undo", (), {"id": plan.change.undoes})
            return plan

        await self.show(title, make, name)

    async def show(self, title: str, make: Plans, name: str = "") -> None:
        """`change`, for a plan that `make` works out."""
        fixes: LineFixes = {}
        engine = self.screen.host.engine
        try:
            try:
                plan = await self._in_time(make(fixes))
            except changes.BadTable as bad:
                fixes = bad.as_comments
                if not await self._may_comment_out(title, name, bad):
                    return
                plan = await self._in_time(make(fixes))
        except Refused as refusal:
            await self.refused(title, name, refusal)
            return
        host = self.screen.host
        from fedtui.changes.touched_sources import touched_sources
        from fedtui.engine import alternative
        from fedtui.screens.confirm import ConfirmScreen

        screen = ConfirmScreen(
            plan,
            engine.apply,
            lambda: make(fixes),
            (lambda: engine.plan(replace(alternative(plan), fixes=fixes))) if plan.alternative else None,
        )
        applied = await self.screen.app.push_screen_wait(screen)
        if applied is not None:
            keys = "ctrl+r redoes it" if screen.plan.verb == "undo" else "u undoes it"
            keys = f"  {keys}" if applied.undo_id is not None else ""
            self.screen.notify(f"{applied.message}{keys}", markup=False)
            if applied.undo_id is not None and screen.plan.change.undoes is not None:
                await engine.seen(applied.undo_id)
            self.changed_at = monotonic()
            self._work = None  # the key has done what it was for
        if applied is not None or screen.in_doubt:
            await host.store.refresh(touched_sources(screen.plan))

    async def _in_time(self, making: Awaitable[Plan]) -> Plan:
        """The plan, unless what it asks does not answer: its dialog must not open once keys work again."""
        task, late = asyncio.ensure_future(making), ""
        try:
            for seconds in (NOTICE_AFTER + 0.1, PLAN_DEADLINE - NOTICE_AFTER):
                await asyncio.wait((task,), timeout=seconds)
                late = "" if task.done() else ", ".join(awaited())
                if late and seconds < PLAN_DEADLINE / 2:
                    self.screen.notify(f"Waiting for {late}.", markup=False)
            if late:
                raise Refused(
                    f"{late} has not answered for {PLAN_DEADLINE:.0f} s.", advice="Try again later."
                )
            return await task
        finally:
            task.cancel()

    async def _may_comment_out(self, title: str, name: str, bad: BadTable) -> bool:
        numbers = ", ".join(str(line.number) for line in bad.lines)
        lines = f"line {numbers} into a comment" if len(bad.lines) == 1 else f"lines {numbers} into comments"
        text = f"{bad.untouched} The same plan can turn {lines}; it is shown next, and asks once more."
        return await self.confirm(title, name, bad.message, text, f"turn {lines}")

    async def confirm(self, title: str, name: str, lead: str, text: str, yes: str) -> bool:
        """Whether the user answers `y`."""
        from fedtui.screens.ask import AskScreen

        return await self.screen.app.push_screen_wait(AskScreen(title, name, lead, text, yes)) is True

    async def refused(self, title: str, name: str, refusal: Refused) -> None:
        """Say why something was not done, until the user closes it."""
        from fedtui.changes.undo import Blocked
        from fedtui.screens.ask import RefusalScreen

        dialog = RefusalScreen(f"{title}: not done", name, refusal, undo_list=isinstance(refusal, Blocked))
        if await self.screen.app.push_screen_wait(dialog):
            await self.screen.run_action("undo_list")


class ChangingScreen(FullScreen):
    """A screen whose keys change something."""

    def __init__(self) -> None:
        super().__init__()
        self.flow = ChangeFlow(self)

    def doubtful(self, table: CursorView) -> bool:
        """Whether the user must have seen another row under the cursor when they pressed the key; says so."""
        doubt = table.doubt(self.flow.changed_at)
        if doubt:
            self.notify(f"{doubt} Nothing was done; press the key again.", severity="warning", markup=False)
        return bool(doubt)

    def action_undo(self) -> None:
        """Undo the newest change in force."""
        self.flow.begin_change("Undo", Request("undo", (), {"id": None}))

    def action_redo(self) -> None:
        """Apply again what was undone last."""
        self.flow.begin_change("Redo", Request("redo"))
