"""The run dialog: a job started now, its output live, and how it ended, in place.

`esc` hides it and the run continues, for a run belongs to no window; opening the dialog again
gives a `start` that finds the run. `t` stops it after a `y`. The result is "log" or
"environment" where that is wanted next, else None.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from enum import Enum, auto
from typing import ClassVar, Literal

from textual import on
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.events import Resize
from textual.widget import Widget

from fedtui.action_result import RUN_CONTINUES, Applied, Refused
from fedtui.model import Job, Outcome, Result, Run
from fedtui.presentation.glyphs import outcome_glyph
from fedtui.runs.control import RunUpdate
from fedtui.schedulers import driver_of
from fedtui.screens.ask import AskScreen
from fedtui.screens.dialog import Dialog, to_its_end
from fedtui.widgets import run_lines
from fedtui.widgets.lines import Body, boxed, fact, note, refusal, rule
from fedtui.widgets.live_output import RunOutput
from fedtui.widgets.messages import FollowChanged


class RunPhase(Enum):
    STARTING = auto()
    RUNNING = auto()
    ASKING = auto()
    STOPPING = auto()
    ENDED = auto()
    REFUSED = auto()


RunAnswer = Literal["log", "environment"] | None
"""What is wanted next."""

NOT_FOUND = (126, 127)
"""Exit statuses of a shell that did not find a command, or may not run it."""

LIVE = (RunPhase.RUNNING, RunPhase.ASKING, RunPhase.STOPPING)


class RunScreen(Dialog[RunAnswer]):
    """Runs a job and shows it.

    `start` gives the run, `updates` its output and its end, `stop` ends it. `log_title` says where the
    job's log is; it is not followed here, for the updates bring what the run writes to it. `usual` is how
    long it mostly takes, in seconds.
    """

    CSS_PATH: ClassVar[list[str]] = ["../styles/dialog.tcss", "../styles/run.tcss"]
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("t", "stop", "stop", id="run.stop", tooltip="Stop the run; asks first"),
        Binding("y", "yes", "yes", id="run.yes", show=False),
        Binding("f", "follow", "follow", id="run.follow", tooltip="Go with the end of the output"),
        Binding("r", "again", "run again", id="run.again", tooltip="Run it once more"),
        Binding("l", "log", "full log", id="run.log", tooltip="The job's log, full screen"),
        Binding(
            "v", "environment", "why", id="run.environment", tooltip="Its environment against the shell's"
        ),
    ]

    def __init__(
        self,
        job: Job,
        start: Callable[[], Awaitable[Run]],
        updates: Callable[[Run], AsyncIterator[RunUpdate]],
        stop: Callable[[], Awaitable[Applied]],
        *,
        clock: Callable[[], datetime],
        log_title: str = "",
        usual: float | None = None,
        home: str,
    ) -> None:
        super().__init__("Run", job.name)
        self.job = job
        self.run_now: Run | None = None
        self.phase = RunPhase.STARTING
        self._start, self._updates, self._stop = start, updates, stop
        self._clock = clock
        self._usual = usual
        self._home = home
        self._log_title = log_title or job.log_path or ""
        self.output = RunOutput(clock, id="output")
        self._refusal: Refused | None = None
        self._stopped = ""

    def compose_box(self) -> Iterable[Widget]:
        """Facts, output, note."""
        yield Body(self.rows, id="body")
        yield self.output
        yield Body(self._note_rows, id="note")

    def on_mount(self) -> None:
        """Start the job at once: the key that opened the dialog asked for it."""
        self.box.can_focus = False
        self.output.focus()
        self.dress()
        self.set_interval(1, self._tick)
        self.run_worker(self._run(), group="run", exclusive=True)

    def hints(self) -> Sequence[tuple[str, str, str]]:
        """Only keys that work now."""
        log = ("l", "full log", "log")
        if self.phase is RunPhase.ASKING:
            return [("y", "stop it", "yes"), ("esc", "leave it running", "leave")]
        if self.phase is RunPhase.REFUSED:
            return [("esc", "close", "leave"), ("r", "try again", "again(True)"), log]
        if self.phase is RunPhase.ENDED:
            why = [("v", self._why, "environment")] if self._why else []
            return [("esc", "close", "leave"), ("r", "run again", "again(True)"), log, *why]
        stop = [("t", "stop", "stop")] if self.phase is RunPhase.RUNNING else []
        return [("esc", "hide, keeps running", "leave"), ("f", "follow", "follow"), *stop, log]

    def rows(self, width: int) -> Sequence[Content]:
        """State, command, surroundings, and the head of the output."""
        now = self._clock()
        if self.phase is RunPhase.REFUSED and self.run_now is None:
            started = self._refusal is not None and self._refusal.untouched == RUN_CONTINUES
            words = "? started, and cannot be followed" if started else "✗ not started"
            said = Content.styled(words, "$muted" if started else "bold $fail")
            state = fact("state", said, run_lines.LABEL)
        else:
            state = run_lines.state_row(self.run_now, now, self._usual)
        ended = self.phase in (RunPhase.ENDED, RunPhase.REFUSED)
        head = run_lines.output_head(self.output.counts, self.output.following, ended)
        facts = run_lines.job_rows(self.job, self.run_now, width, self._home, self._log_title)
        return [state, *facts, *([Content("")] if self.roomy else []), rule(width, head)]

    def _note_rows(self, width: int) -> Sequence[Content]:
        if self._refusal is not None:
            return refusal(self._refusal, width)
        if self.phase is RunPhase.ASKING:
            how = driver_of(self.job).words.how_stopped
            return note("▲", "$warn", f"{how} What it did stays.", width, lead="Stop this run?")
        if self.phase is RunPhase.STOPPING:
            return note("►", "$accent", "", width, lead="stopping")
        result = self.run_now.result if self.run_now is not None else None
        if result is not None:
            return self._end_rows(result, width)
        ahead = run_lines.ahead_words(self.job, self.output.counts, self._clock())
        if ahead is None:
            return []
        errors, warnings = self.output.counts.errors, self.output.counts.warnings
        sign, tone = ("✗", "bold $fail") if errors else ("▲", "$warn") if warnings else (" ", "")
        return boxed(sign, tone, ahead, width)

    def _end_rows(self, result: Result, width: int) -> list[Content]:
        words = " ".join(filter(None, (run_lines.ending_words(result), self._stopped)))
        sign = outcome_glyph(result)
        return note(sign.glyph, f"${sign.tone}", words, width) if words else []

    async def _run(self) -> None:
        try:
            self.output.begin()
            self.run_now = await to_its_end(self._start(), self.app)
            self._to(RunPhase.RUNNING)
            async for update in self._updates(self.run_now):
                await self.output.take(update.output)
                if update.run is not None:
                    self.run_now = update.run
        except Refused as refused:
            self._refusal = refused
        self.output.finish(*([""] if self.run_now is None else []))
        if self.run_now is not None and self.run_now.result is None:
            # Nobody told its end: that is unknown, never ok.
            self.run_now = replace(self.run_now, result=Result(Outcome.UNKNOWN))
        self._to(RunPhase.REFUSED if self.run_now is None else RunPhase.ENDED)

    @on(RunOutput.Grown)
    @on(FollowChanged)
    def _tick(self) -> None:
        for name in ("#body", "#note"):
            self.query_one(name, Body).redraw()

    def on_resize(self, event: Resize) -> None:
        """More or fewer rows for the output."""
        self.output.fit()

    def action_leave(self) -> None:
        """Hide; or, where the question is open, leave it running."""
        if self.phase is RunPhase.ASKING:
            self._to(RunPhase.RUNNING)
            return
        if self.phase is RunPhase.STARTING:
            self.notify("Not started yet; r: show it.", markup=False)
        elif self.phase in LIVE:
            self.notify("The run continues; r: show it.", markup=False)
        self.dismiss(None)

    @property
    def _why(self) -> str:
        """What `v` answers after an end that the environment may explain, else "" ."""
        result = self.run_now.result if self.run_now is not None else None
        if result is None or result.exit_code not in NOT_FOUND:
            return ""
        return f"why {driver_of(self.job).words.where}?"

    def action_environment(self) -> None:
        """The environment next, where that may explain the end."""
        if self.phase is RunPhase.ENDED and self._why:
            self.dismiss("environment")

    def action_log(self) -> None:
        """The full log next; the run continues."""
        self.dismiss("log")

    def action_follow(self) -> None:
        """Back to the end of the output."""
        self.output.follow(True)

    def action_stop(self) -> None:
        if self.phase is RunPhase.RUNNING:
            self._refusal = None
            self._to(RunPhase.ASKING)

    def action_yes(self) -> None:
        """Stop it."""
        if self.phase is RunPhase.ASKING:
            self._to(RunPhase.STOPPING)
            self.run_worker(self._stop_it(), group="stop", exclusive=True)

    async def _stop_it(self) -> None:
        try:
            applied = await to_its_end(self._stop(), self.app)
        except Refused as refused:
            self._refusal = refused if self.phase is RunPhase.STOPPING else None
        else:
            self._stopped = applied.message
        if self.phase is RunPhase.STOPPING:
            self._to(RunPhase.RUNNING)
        else:
            self.redraw()

    def action_again(self, ask: bool = False) -> None:
        """Run it once more, after its end or a refusal; `ask` before, where it was clicked."""
        if ask:
            question = AskScreen("Run", self.job.name, "Run it again?", "As its scheduler would.", "run it")
            self.app.push_screen(question, self._again)
        else:
            self._again(True)

    def _again(self, yes: bool | None) -> None:
        if yes and self.phase in (RunPhase.ENDED, RunPhase.REFUSED):
            self._refusal, self._stopped, self.run_now = None, "", None
            self._to(RunPhase.STARTING)
            self.run_worker(self._run(), group="run", exclusive=True)

    def _to(self, phase: RunPhase) -> None:
        self.phase = phase
        self.redraw()
