"""A federation set up step by step: scripts, test run, profile, logs, backend, what is beside, review.

Nothing is written before the last step, whose plan goes through the confirm dialog like any other change.
Where something is set up already the screen opens on how it stands, with what can come next.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.events import Resize
from textual.widgets import Input

from fedtui.action_result import Refused
from fedtui.changes.pending_edits import NothingToChange
from fedtui.changes.request import Request
from fedtui.config import ConfigError
from fedtui.federation.profile import ready_made
from fedtui.federation.setup.preflight import Preflight
from fedtui.federation.setup.request import SetupRequest
from fedtui.federation.setup.test_run import TestRun
from fedtui.pack import BACKENDS
from fedtui.presentation.glyphs import Span, Tone
from fedtui.presentation.setup_text import Progress, SetupStep, root_words
from fedtui.safe_text import decode, sanitize_and_mask
from fedtui.screens.base import title_rule
from fedtui.screens.change_flow import ChangingScreen
from fedtui.widgets.head_line import WIDE
from fedtui.widgets.keys import FAR, MOVES, SETUP_SCREEN
from fedtui.widgets.lines import Body
from fedtui.widgets.paging import turn_page
from fedtui.widgets.pane import PaneRule
from fedtui.widgets.plain_input import PlainInput
from fedtui.widgets.setup_page import EXTRAS, page_rows, side_rows, strip_rows
from fedtui.widgets.setup_rows import PageState

if TYPE_CHECKING:
    from fedtui.federation.setup.service import SetupService

_FRAME = 4
_TYPED = {SetupStep.SCRIPTS: "ROOT", SetupStep.LOGS: "logs in", SetupStep.EXTRAS: ""}
_TYPED_EXTRAS = ("alerts", "mail_to", "heartbeat")


class SetupScreen(ChangingScreen):
    """Opened by `s`."""

    CSS_PATH = "../styles/setup.tcss"
    AUTO_FOCUS = ""
    BINDINGS: ClassVar[list[BindingType]] = [
        *(key.binding for key in SETUP_SCREEN),
        *MOVES,
    ]

    def __init__(self) -> None:
        super().__init__()
        self.progress = Progress(
            SetupRequest(profile="conservative", backend="cron", record=True), ready_made()
        )
        self._cursor = 0
        self._whole = False
        self._typing = ""

    @property
    def service(self) -> SetupService:
        """What the set-up asks of the engine."""
        return self.host.engine.setup

    # What is drawn

    def compose_page(self) -> ComposeResult:
        """The steps at the left, or in a row; the page; the line to type in."""
        self._side_rule, self._rule = PaneRule("Set-up"), title_rule("Set-up")
        self._side = Body(lambda width: side_rows(self.progress, self._look(), width), id="steps")
        self._strip = Body(lambda width: strip_rows(self.progress, width), id="strip")
        self._page = Body(lambda width: page_rows(self.progress, self._look(), width), id="page-body")
        with Horizontal(id="setup"):
            with VerticalScroll(id="side", can_focus=False):
                yield self._side_rule
                yield self._side
            with VerticalScroll(id="right", can_focus=False):
                yield self._rule
                yield self._strip
                with VerticalScroll(id="page", can_focus=False):
                    yield self._page
                with Horizontal(id="typed"):
                    yield Body(lambda _: [Content.styled(f" {self._label}", "$muted")], id="label")
                    yield PlainInput(id="field")

    def on_mount(self) -> None:
        """Find out what is set up."""
        self.query_one("#typed").display = False
        self._draw()
        self.run_worker(self._open(), group="setup", exclusive=True)

    def on_resize(self, event: Resize) -> None:
        """The steps stand at the left where there is room."""
        self.set_class(event.size.width >= WIDE, "-wide")
        self._draw()

    def _look(self) -> PageState:
        now = self.now()
        zone = now.tzinfo
        if zone is None:
            raise TypeError("the clock gives the time in a zone")
        height = self.app.size.height - _FRAME
        return PageState(self._cursor, now, zone, self.host.home, height, self._whole)

    def _draw(self) -> None:
        if not self.is_mounted:
            return
        progress, wide = self.progress, self.app.size.width >= WIDE
        root = sanitize_and_mask(root_words(progress, self.host.home))
        place = (Span(f"  {root}", Tone.TEXT),) if root else ()
        number = f"  step {progress.step.value} of 7" if progress.step else ""
        self._side_rule.show("Set-up", place)
        if wide:
            title = f"{progress.step.value} {progress.step.title}" if progress.step else "Set up already"
            self._rule.show(title)
        else:
            self._rule.show("Federation set-up", (*place, Span(number, Tone.MUTED)))
        self._strip.display = not wide and bool(progress.step)
        for body in (self._side, self._strip, self._page, self.query_one("#label", Body)):
            body.redraw()
        self._name_keys()

    def _name_keys(self) -> None:
        progress = self.progress
        labels = {"setup.whole": "the step"} if self._whole else {}
        if progress.step is SetupStep.STATUS:
            labels["setup.next"] = "change"
        elif progress.step is SetupStep.REVIEW:
            labels["setup.next"] = "confirm"
        if progress.preflight is not None and not progress.preflight.undecided:
            labels["setup.adopt"] = "leave alone"
        if progress.test_runs and not progress.to_do:
            labels["setup.test"] = "test again"
        self.label_keys(labels)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Only keys that do something in this step."""
        progress = self.progress
        step = progress.step
        match action:
            case "next":
                tested = not progress.to_do and not progress.running and not progress.looking
                return step is not SetupStep.REVIEW or (tested and progress.plan is not None)
            case "step_back":
                return step > SetupStep.SCRIPTS or (step is SetupStep.SCRIPTS and self._is_set_up)
            case "test":
                return bool(progress.untried) and not progress.running and step is not SetupStep.STATUS
            case "whole":
                return step not in (SetupStep.STATUS, SetupStep.REVIEW) and progress.plan is not None
            case "edit":
                return step in _TYPED
            case "switch":
                return step in (SetupStep.EXTRAS, SetupStep.BACKEND, SetupStep.PROFILE)
            case "insist":
                failed = any(not test_run.good for test_run in progress.test_runs.values())
                insists = progress.preflight is not None and bool(progress.preflight.insisted)
                return step in (SetupStep.TEST_RUN, SetupStep.REVIEW) and (failed or insists)
            case "adopt":
                return step is SetupStep.SCRIPTS and bool(progress.preflight and progress.preflight.running)
            case "linger":
                return step is SetupStep.BACKEND and progress.backend == "user"
            case "remove":
                return step is SetupStep.STATUS
            case "drills":
                return step in (SetupStep.STATUS, SetupStep.SCRIPTS)
        return True

    @property
    def _is_set_up(self) -> bool:
        return self.progress.status is not None and self.progress.status.pack is not None

    # Looking

    async def _open(self) -> None:
        """Begin with how it stands, or with the question where ROOT is."""
        progress = self.progress
        try:
            progress.status = await self.service.status()
        except (Refused, ConfigError) as error:
            progress.refusal = _said(error)
        pack = progress.status.pack if progress.status is not None else None
        if pack is not None:
            progress.request = SetupRequest().settled(pack)
            progress.step = progress.reached = SetupStep.STATUS
        else:
            others = progress.status is not None and bool(progress.status.jobs)
            progress.step = progress.reached = SetupStep.STATUS if others else SetupStep.SCRIPTS
            root = await self.service.proposed_root()
            progress.request = replace(progress.request, root=root or None, adopt=bool(root))
        self._draw()
        if progress.step is SetupStep.SCRIPTS:
            self.action_edit()

    def _choose(self, **wanted: Any) -> None:
        """Ask for something else, and look around for it."""
        self.progress.choose(**wanted)
        self._look_around()

    def _look_around(self) -> None:
        self.run_worker(self._run_preflight(), group="setup", exclusive=True)

    async def _run_preflight(self) -> None:
        """Look around for the request as it is now, then work out the change."""
        progress = self.progress
        progress.looking, progress.refusal = True, ("", "")
        self._draw()
        try:
            preflight = await self.service.preflight(progress.request)
            if progress.preflight is not None and _what_runs(progress.preflight) != _what_runs(preflight):
                progress.test_runs.clear()
                progress.output.clear()
            progress.untried = await self.service.untried(preflight)
            progress.preflight = preflight
        except (Refused, ConfigError) as error:
            progress.preflight = None
            progress.refusal = _said(error)
        progress.looking = False
        self._draw()
        if progress.preflight is not None:
            await self._work_out(progress.preflight)

    async def _work_out(self, preflight: Preflight) -> None:
        progress = self.progress
        progress.plan, progress.no_plan, progress.nothing = None, ("", ""), False
        try:
            prepared = await self.service.prepare(preflight, tuple(progress.test_runs.values()))
            progress.beside = tuple(prepared.issues)
            progress.plan = await self.host.engine.plan(prepared.request)
        except NothingToChange:
            progress.nothing = True
        except (Refused, ConfigError) as error:
            progress.no_plan = _said(error)
        self._draw()

    # Steps

    def action_next(self) -> None:
        """The next step; the last one shows the plan and asks for `y`."""
        progress = self.progress
        if progress.step is SetupStep.REVIEW:
            self.flow.begin(self._confirm())
        elif progress.step is SetupStep.SCRIPTS and progress.preflight is None:
            self.action_edit()
        elif progress.step is SetupStep.STATUS:
            self._go(SetupStep.SCRIPTS)
            self._look_around()
        else:
            self._go(SetupStep(progress.step + 1))

    def action_step_back(self) -> None:
        first = SetupStep.STATUS if self._is_set_up else SetupStep.SCRIPTS
        self._go(SetupStep(max(self.progress.step - 1, first)))

    def _go(self, step: SetupStep) -> None:
        progress = self.progress
        progress.step, progress.reached = step, max(progress.reached, step)
        self._whole = False
        self._cursor = self._chosen(step)
        self.query_one("#page", VerticalScroll).scroll_home(animate=False)
        self._draw()

    def _chosen(self, step: SetupStep) -> int:
        """Where the cursor of a step begins: on what is chosen."""
        progress = self.progress
        if step is SetupStep.PROFILE and progress.profile is not None:
            sources = [one.source for one in progress.profiles]
            return sources.index(progress.profile.source) if progress.profile.source in sources else 0
        return tuple(BACKENDS).index(progress.backend) if step is SetupStep.BACKEND else 0

    def action_move(self, by: int) -> None:
        """Move among what can be chosen, or scroll."""
        progress = self.progress
        many = {
            SetupStep.PROFILE: len(progress.profiles),
            SetupStep.BACKEND: len(BACKENDS),
            SetupStep.EXTRAS: len(EXTRAS),
        }.get(progress.step, 0)
        if not many or self._whole:
            self.query_one("#page", VerticalScroll).scroll_relative(y=by, animate=False)
            return
        self._cursor = max(0, min(many - 1, self._cursor + by))
        if progress.step is SetupStep.PROFILE:
            self._choose(profile=progress.profiles[self._cursor].source)
        elif progress.step is SetupStep.BACKEND:
            self._choose(backend=tuple(BACKENDS)[self._cursor])
        self._draw()

    def action_end(self, direction: int) -> None:
        """The first, or the last."""
        self.action_move(direction * FAR)

    def action_half(self, direction: int) -> None:
        self.action_move(direction * max(1, self.query_one("#page").size.height // 2))

    def action_page(self, direction: int) -> None:
        turn_page(self.query_one("#page", VerticalScroll), direction)

    def action_switch(self) -> None:
        """Turn what the cursor is on on or off."""
        progress = self.progress
        if progress.step is not SetupStep.EXTRAS:
            return
        name = EXTRAS[self._cursor]
        if name in _TYPED_EXTRAS and not getattr(progress.request, name):
            self.action_edit()
            return
        wanted: object = not getattr(progress.request, name)
        if name in _TYPED_EXTRAS:
            wanted = () if name == "alerts" else ""
        self._choose(**{name: wanted})

    def action_insist(self) -> None:
        """Schedule also what failed its test run, or no longer."""
        preflight = self.progress.preflight
        insists = preflight is not None and bool(preflight.insisted)
        self._choose(force=not insists, no_force=insists)

    def action_adopt(self) -> None:
        """Take over the user's own jobs that run the scripts, or leave them alone."""
        self.flow.begin(self._adopt())

    async def _adopt(self) -> None:
        from fedtui.screens.choose import ChooseScreen

        preflight = self.progress.preflight
        if preflight is None or not preflight.undecided:
            self._choose(adopt=False, adopt_jobs=())
            return
        chosen = [job.id for key, job in preflight.taken.items() if job in preflight.running.get(key, ())]
        for key, jobs in preflight.undecided.items():
            job_id: str | None = jobs[0].id if len(jobs) == 1 else None
            if len(jobs) > 1:
                ways = [(job.id, f"{job.location}  {job.schedule}  {job.name}") for job in jobs[:3]]
                lead = "Several jobs run its script. Which one is taken over?"
                job_id = await self.app.push_screen_wait(ChooseScreen("Take over", key, lead, ways))
            chosen += [job_id] if job_id else []
        if chosen:
            self._choose(adopt=True, adopt_jobs=tuple(chosen))

    def action_linger(self) -> None:
        """Have user timers go on after logout, or not."""
        self._choose(linger=not self.progress.request.linger)

    def action_whole(self) -> None:
        """The whole change in place of the page, and back."""
        self._whole = not self._whole
        self._draw()

    # Typing

    @property
    def _label(self) -> str:
        labels = {"alerts": "alert URL", "mail_to": "mail to", "heartbeat": "heartbeat URL"}
        return labels.get(self._typing, _TYPED.get(self.progress.step, ""))

    def action_edit(self) -> None:
        """Type what the step asks for."""
        progress = self.progress
        if progress.step not in _TYPED:
            return
        value = progress.request.root or ""
        self._typing = "root"
        if progress.step is SetupStep.LOGS:
            self._typing, value = "log_dir", progress.request.log_dir or step_folder(progress)
        elif progress.step is SetupStep.EXTRAS:
            name = EXTRAS[self._cursor]
            if name not in _TYPED_EXTRAS:
                return
            self._typing = name
            value = (
                (progress.request.alerts or ("",))[0] if name == "alerts" else getattr(progress.request, name)
            )
        field = self.query_one("#field", PlainInput)
        field.value = value or ""
        field.cursor_position = len(field.value)
        self.query_one("#typed").display = True
        field.focus()
        self._draw()

    @on(Input.Submitted, "#field")
    def _typed(self, event: Input.Submitted) -> None:
        value, name = event.value.strip(), self._typing
        self._stop_typing()
        several = (value,) if value else ()
        self._choose(**{name: several if name == "alerts" else value})

    def _stop_typing(self) -> None:
        self.query_one("#typed").display = False
        self.set_focus(None)
        self._typing = ""
        self._draw()

    # The trial

    def action_test(self, ask: bool = False) -> None:
        """Run each script once, its output as it comes; `ask` before, where no key was pressed."""
        preflight = self.progress.preflight
        if preflight is None or self.progress.running:
            return
        if ask:
            self.flow.begin(self._ask_to_test())
        else:
            self._go(SetupStep.TEST_RUN)
            self.run_worker(self._try(preflight), group="trial", exclusive=True)

    async def _ask_to_test(self) -> None:
        scripts = ", ".join(job.name for job in self.progress.untried)
        text = f"These are run: {scripts}."
        if await self.flow.confirm("Test", "", "Run each script once?", text, "run them"):
            self.action_test()

    async def _try(self, preflight: Preflight) -> None:
        progress = self.progress
        progress.test_runs.clear()
        for job in progress.untried:
            progress.running = job.key
            progress.output.clear()
            self._draw()
            try:
                progress.test_runs[job.key] = await self.service.test_run(preflight, job, self._on_output)
            except Refused as refused:
                progress.test_runs[job.key] = TestRun(job.key, job.name, None, str(refused))
            finally:
                progress.running = ""
        await self._work_out(preflight)

    def _on_output(self, output: bytes) -> None:
        if output:
            self.progress.output += decode(output).splitlines()
            del self.progress.output[:-500]
            self._draw()

    # The end of it

    async def _confirm(self) -> None:
        preflight = self.progress.preflight
        if preflight is None:
            return
        test_runs = tuple(self.progress.test_runs.values())
        try:
            prepared = await self.service.prepare(preflight, test_runs)
        except Refused as refusal:
            await self.flow.refused("Set up", "", refusal)
            return
        await self.flow.change("Set up", prepared.request)
        await self._reopen()

    def action_remove(self) -> None:
        """Leave everything as it was before the set-up."""
        self.flow.begin(self._remove())

    async def _remove(self) -> None:
        await self.flow.change("Remove", Request("remove-setup"))
        await self._reopen()

    async def _reopen(self) -> None:
        """After a change: how it stands now. After none, the step as it was."""
        before = self.progress.status.pack if self.progress.status is not None else None
        try:
            status = await self.service.status()
        except (Refused, ConfigError) as error:
            self.progress.refusal = _said(error)
            self._draw()
            return
        if status.pack != before:
            self.progress = Progress(SetupRequest(profile="conservative", backend="cron"), ready_made())
            await self._open()

    def action_drills(self) -> None:
        """Rehearse a failure."""
        from fedtui.screens.drills import DrillsScreen

        self.app.push_screen(DrillsScreen(self.progress.request.root or ""))

    def action_back(self) -> None:
        """Leave; nothing is kept of what was chosen. From the line that is typed in: back to the page."""
        if self._typing:
            self._stop_typing()
        elif self.progress.running:
            self.workers.cancel_group(self, "trial")
        else:
            super().action_back()


def step_folder(progress: Progress) -> str:
    """The folder of the logs as it was found."""
    return str(progress.preflight.logs.path) if progress.preflight is not None else ""


def _said(error: Refused | ConfigError) -> tuple[str, str]:
    return (error.message, error.advice) if isinstance(error, Refused) else (str(error), "")


def _what_runs(preflight: Preflight) -> tuple[object, ...]:
    """What a test run says something of: after a change of it another one is needed."""
    return preflight.backend, preflight.root, [one.path for one in preflight.found]
