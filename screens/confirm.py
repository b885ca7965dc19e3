"""The confirm dialog: the diff, the exact steps, and `y`, the only key that changes the world.

It shows a `Plan` and hands it to `apply`. Where the world moved meanwhile (`Conflict`) it plans again and
shows the new plan for a new `y`; where the change is refused it says why, what is untouched and what
to do. The result is `Applied`, or None when nothing was changed.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from enum import Enum, auto
from time import monotonic
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content

from fedtui.action_result import Applied, OutcomeUnknown, PartlyDone, Refused
from fedtui.changes.plan import Conflict, FileDiff, Plan
from fedtui.safe_text import mask_secrets
from fedtui.schedule.patterns import counted
from fedtui.screens.ask import AskScreen
from fedtui.screens.dialog import Dialog
from fedtui.widgets import lines

SETTLE = 0.5
"""Seconds that a plan made again must have been on the screen before `y` counts: the key that was typed
for the old plan must not apply the new one."""


_ALTERNATIVES = {"pause": "pause", "hold": "hold it off for good"}
LEFT_OPEN = 6
"""Rows of the dashboard that a diff's context must leave to be seen."""


class ConfirmPhase(Enum):
    """What the dialog is doing."""

    OPENING = auto()
    SHOWN = auto()
    APPLYING = auto()
    PLANNING = auto()
    REFUSED = auto()


class ConfirmScreen(Dialog[Applied | None]):
    """Asks for `y`.

    `replan` makes the plan again from the world as it is now; `alternative` plans the gentler way. `in_doubt`
    says that a part of a change may be in force.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "apply", "apply", id="confirm.apply", tooltip="Make the change that is shown"),
        Binding("p", "milder", "milder", id="confirm.milder", tooltip="Plan the milder way instead"),
        Binding("r", "replan", "plan again", id="confirm.replan", tooltip="Look again and make a new plan"),
        Binding("c", "copy", "copy", id="confirm.copy", tooltip="Copy the commands to the clipboard"),
    ]

    def __init__(
        self,
        plan: Plan,
        apply: Callable[[Plan], Awaitable[Applied]],
        replan: Callable[[], Awaitable[Plan]],
        alternative: Callable[[], Awaitable[Plan]] | None = None,
    ) -> None:
        super().__init__()
        self.plan = plan
        self.phase = ConfirmPhase.OPENING
        self._apply = apply
        self._replan = replan
        self._milder = alternative
        self._refusal: Refused | None = None
        self._stale: Conflict | None = None
        self.in_doubt = False
        self._old_commands: list[str] = []
        self._since = 0.0

    def on_mount(self) -> None:
        """`y` counts from the first paint on."""
        self.box.set_class(self.plan.destructive, "-destructive")
        self.dress()
        self.box.focus()
        self.call_after_refresh(self._arm)
        self.set_interval(1, self._tick)

    def heading(self) -> tuple[str, str]:
        """The question, and the job it is about."""
        if self._stale is not None and self._refusal is None:
            return f"The {self._what_changes()} changed meanwhile", ""
        if self.plan.destructive:
            what = "table" if self.plan.verb == "restore" else "job"
            return f"{self.plan.verb.capitalize()} this {what}?", self.plan.job_name
        return "Apply this change?", self.plan.job_name

    def _what_changes(self) -> str:
        cron = any(diff.title.startswith("crontab") for diff in self.plan.diffs)
        return "crontab" if cron else "timer"

    def hints(self) -> Sequence[tuple[str, str, str]]:
        """Only keys that work now."""
        if self.phase is ConfirmPhase.APPLYING:
            return [("", f"[$accent]► applying[/] {self._elapsed()}", "")]
        if self.phase is ConfirmPhase.PLANNING:
            return [("", f"[$accent]► looking again[/] {self._elapsed()}", ""), ("esc", "cancel", "leave")]
        leave = ("esc", "cancel, nothing is touched", "leave")
        if self.phase is ConfirmPhase.REFUSED:
            return [("r", "look again", "replan"), ("esc", "close", "leave"), *self._copy_hint()]
        if self._stale is not None:
            return [("y", "apply to the new text", "apply"), leave]
        apply = ("y", self.plan.verb if self.plan.destructive else "apply", "apply")
        if self._offers_milder:
            return [apply, ("p", f"{_ALTERNATIVES[self.plan.alternative]} instead", "milder"), leave]
        return [apply, leave, *self._copy_hint()]

    def _copy_hint(self) -> list[tuple[str, str, str]]:
        return [("c", "copy the commands", "copy")] if lines.commands_of(self.plan.steps) else []

    @property
    def _offers_milder(self) -> bool:
        return bool(self.plan.alternative) and self._milder is not None

    def _elapsed(self) -> str:
        seconds = int(monotonic() - self._since)
        return f"{seconds} s" if seconds else ""

    def rows(self, width: int) -> Sequence[Content]:
        """With the diff's context where that leaves some of the dashboard to be seen, else without it."""
        rows = self._rows(width, context=True)
        return rows if len(rows) <= self.rows_that_fit - LEFT_OPEN else self._rows(width, context=False)

    def _rows(self, width: int, context: bool) -> list[Content]:
        sections: list[list[Content]] = []
        if self._refusal is not None:
            sections.append(lines.refusal(self._refusal, width))
        if self._stale is not None and self._refusal is None:
            sections += self._stale_sections(self._stale, width)
        else:
            sections.append(lines.paragraph(self.plan.summary, width))
            sections += [
                [lines.rule(width, lines.diff_head(diff, width)), *lines.diff_lines(diff, width, context)]
                for diff in self.plan.diffs
            ]
            sections.append(self._step_rows(width))
        if self.plan.warnings:
            sections.append(
                [row for text in self.plan.warnings for row in lines.note("▲", "$warn", text, width)]
            )
        gap = [Content("")] if self.roomy else []
        rows: list[Content] = []
        for section in filter(None, sections):
            rows += (gap if rows else []) + section
        return rows

    def _step_rows(self, width: int) -> list[Content]:
        if not self.plan.steps:
            return []
        head = Content.styled("what will be done", "$muted")
        return [lines.rule(width, head), *lines.step_lines(self.plan.steps, width)]

    def _stale_sections(self, stale: Conflict, width: int) -> list[list[Content]]:
        said = lines.paragraph(f"{stale.message} {stale.untouched}", width - 2)
        said = [
            Content.assemble(("▲ ", "$warn") if index == 0 else "  ", row) for index, row in enumerate(said)
        ]
        their_diff = _section("their change", stale.their_diff, width)
        yours = _section("your change, made again on the new text", self.plan.diffs, width)
        same = lines.commands_of(self.plan.steps) == self._old_commands
        return [said, their_diff, yours, [] if same else self._step_rows(width)]

    async def _arm(self) -> None:
        if self.phase in (ConfirmPhase.OPENING, ConfirmPhase.PLANNING):
            self.phase = ConfirmPhase.SHOWN
            self.dress()

    def _tick(self) -> None:
        if self.phase in (ConfirmPhase.APPLYING, ConfirmPhase.PLANNING):
            self.dress()

    def _begin(self, phase: ConfirmPhase) -> None:
        self.phase = phase
        self._since = monotonic()
        self.dress()

    def action_apply(self) -> None:
        """Make the change, once."""
        if self.phase is ConfirmPhase.SHOWN:
            self._begin(ConfirmPhase.APPLYING)
            self.run_worker(self._work(), exclusive=True)

    async def _work(self) -> None:
        try:
            applied = await self._apply(self.plan)
        except Conflict as stale:
            await self._plan_again(self._replan, stale)
        except Refused as refused:
            self.in_doubt |= isinstance(refused, PartlyDone | OutcomeUnknown)
            self._refuse(refused)
        else:
            self.dismiss(applied)

    def action_replan(self) -> None:
        """After a refusal: look again, the cause may be gone."""
        if self.phase is ConfirmPhase.REFUSED:
            self._begin(ConfirmPhase.PLANNING)
            self.run_worker(self._plan_again(self._replan, None), exclusive=True)

    def action_milder(self) -> None:
        """Show the plan of the gentler way; it needs its own `y`."""
        if self.phase is ConfirmPhase.SHOWN and self._offers_milder and self._milder is not None:
            self._replan = self._milder
            self._begin(ConfirmPhase.PLANNING)
            self.run_worker(self._plan_again(self._milder, None), exclusive=True)

    async def _plan_again(self, make: Callable[[], Awaitable[Plan]], stale: Conflict | None) -> None:
        self._begin(ConfirmPhase.PLANNING)
        self._old_commands = lines.commands_of(self.plan.steps)
        try:
            plan = await make()
        except Refused as refused:
            self._refuse(refused)
            return
        self.plan, self._stale, self._refusal = plan, stale, None
        self.box.set_class(plan.destructive, "-destructive")
        self._show_from_top()
        self.set_timer(SETTLE, self._arm)

    def _refuse(self, refused: Refused) -> None:
        self._refusal = refused
        self.phase = ConfirmPhase.REFUSED
        self._show_from_top()

    def _show_from_top(self) -> None:
        self.redraw()
        self.box.scroll_home(animate=False)

    def action_leave(self) -> None:
        """Close; not while the change is being made, for it could not be said how it ended."""
        if self.phase is not ConfirmPhase.APPLYING:
            self.dismiss(None)

    def action_copy(self) -> None:
        """Send the exact commands to the terminal's clipboard (OSC 52); asks first if they hold a secret."""
        commands = lines.commands_of(self.plan.steps)
        text = "\n".join(commands)
        if not commands:
            return
        if mask_secrets(text) != text:
            question = AskScreen(
                "Copy",
                self.plan.job_name,
                "These commands hold a secret.",
                "The clipboard gets it as it is, readable by other programs.",
                "copy it",
            )
            self.app.push_screen(question, lambda yes: self._copy(text, len(commands)) if yes else None)
        else:
            self._copy(text, len(commands))

    def _copy(self, text: str, count: int) -> None:
        self.app.copy_to_clipboard(text)
        self.notify(f"{counted(count, 'command')} sent to the terminal's clipboard", markup=False)


def _section(title: str, diffs: Sequence[FileDiff], width: int) -> list[Content]:
    if not diffs:
        return []
    rows = [lines.rule(width, Content.styled(title, "$muted"))]
    for diff in diffs:
        rows += lines.diff_lines(diff, width, context=False)
    return rows
