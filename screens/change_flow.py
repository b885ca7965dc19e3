"""Changes made from a screen: plan, show the plan, apply it when the dialog says so, or say why not.

Everything here runs in a worker, one at a time: the screen stays alive while a plan is made, and a second key
does not open a second dialog over the first.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Mapping
from time import monotonic
from typing import TYPE_CHECKING

from fedtui import changes
from fedtui.action_result import Refused
from fedtui.model import Job
from fedtui.screens.base import FullScreen

if TYPE_CHECKING:
    from fedtui.changes import BadTable, Plan

LineFixes = Mapping[int, str | bytes]
Plans = Callable[[LineFixes | None], "Awaitable[Plan]"]
"""Makes a plan from the world as it is now; the argument replaces lines that cron refuses."""


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

    def begin_change(self, verb: str, job: Job | None, make: Plans) -> None:
        """`change`, as what a key asked for."""
        self.begin(self.change(verb, job, make))

    async def change(self, verb: str, job: Job | None, make: Plans) -> None:
        """Plan, show the plan, apply it on `y`, then read again what it touched."""
        name = job.name if job is not None else ""
        fixes: LineFixes | None = None
        try:
            try:
                plan = await make(fixes)
            except changes.BadTable as bad:
                fixes = bad.as_comments
                if not await self._may_comment_out(verb, name, bad):
                    return
                plan = await make(fixes)
        except Refused as refusal:
            await self.refused(verb, name, refusal)
            return
        host = self.screen.host
        from fedtui.changes.touched_sources import touched_sources
        from fedtui.screens.confirm import ConfirmScreen

        screen = ConfirmScreen(
            plan,
            lambda shown: changes.apply(shown, host.ports),
            lambda: make(fixes),
            (lambda: changes.plan_alternative(plan, job, host.ports))
            if plan.alternative and job is not None
            else None,
        )
        applied = await self.screen.app.push_screen_wait(screen)
        if applied is not None:
            undo = "  u undoes it" if applied.undo_id is not None else ""
            self.screen.notify(f"{applied.message}{undo}", markup=False)
            self.changed_at = monotonic()
            self._work = None  # the key has done what it was for
            await host.store.refresh(touched_sources(screen.plan))

    async def _may_comment_out(self, verb: str, name: str, bad: BadTable) -> bool:
        numbers = ", ".join(str(line.number) for line in bad.lines)
        lines = f"line {numbers} into a comment" if len(bad.lines) == 1 else f"lines {numbers} into comments"
        text = f"{bad.untouched} The same plan can turn {lines}; it is shown next, and asks once more."
        return await self.confirm(verb, name, bad.message, text, f"turn {lines}")

    async def confirm(self, title: str, name: str, lead: str, text: str, yes: str) -> bool:
        """Whether the user answers `y`."""
        from fedtui.screens.ask import AskScreen

        return await self.screen.app.push_screen_wait(AskScreen(title, name, lead, text, yes)) is True

    async def refused(self, verb: str, name: str, refusal: Refused) -> None:
        """Say why something was not done, until the user closes it."""
        from fedtui.screens.ask import RefusalScreen

        await self.screen.app.push_screen_wait(RefusalScreen(f"{verb}: not done", name, refusal))
