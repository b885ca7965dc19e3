"""Watching the next cycles of one job: a row for each, the countdown, the verdict so far, and its log, live.

The watch itself continues in a process of its own; this screen shows what that finds, and may be left.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.events import Resize

from fedtui.logs.log_feed import LogChunk
from fedtui.model import Job, Snapshot
from fedtui.presentation import watch_text
from fedtui.presentation.glyphs import Span, StyledText, Tone
from fedtui.presentation.home import tilde
from fedtui.presentation.times import usual
from fedtui.safe_text import sanitize_and_mask
from fedtui.schedulers import driver_of
from fedtui.screens.base import title_rule
from fedtui.screens.change_flow import ChangingScreen
from fedtui.screens.job_flows import record_job, run_job
from fedtui.watching.expected_run import Watch
from fedtui.watching.progress import CannotWatch
from fedtui.watching.watch_store import WatchStoreError
from fedtui.widgets.cycle_log import CycleLog
from fedtui.widgets.keys import WATCH_SCREEN
from fedtui.widgets.line_view import LineView
from fedtui.widgets.lines import ROOMY_FROM
from fedtui.widgets.log_pump import NOWHERE, pump
from fedtui.widgets.messages import FollowChanged
from fedtui.widgets.pane import PaneRule

if TYPE_CHECKING:
    from fedtui.watching.watches import Watches

CYCLES = 3
"""How many runs are watched unless more are asked for."""

LOOK_EVERY = 0.5
"""Seconds between two looks at the watch."""

SEE_EVERY = 10
"""So many looks lie between two that see to it that the watch is kept."""


class WatchScreen(ChangingScreen):
    """Opened by `w` on a job: the watch in progress over it, the last one, or a new one."""

    CSS_PATH = "../styles/watch.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [key.binding for key in WATCH_SCREEN]

    def __init__(self, job: Job) -> None:
        super().__init__()
        self._job = job
        self.seen: Watch | None = None
        self._trouble = ""

    @property
    def job(self) -> Job:
        """The job as it is now; as it was where it is gone."""
        return self.snapshot.job(self._job.id) or self._job

    def compose_page(self) -> ComposeResult:
        """Cycles, verdict, log; each below its rule."""
        self._title = title_rule("Watch")
        self._cycles = LineView(id="cycles")
        self._verdict_rule = PaneRule("Verdict so far")
        self._verdict = LineView(id="verdict")
        self._log_rule = PaneRule("Log")
        self.log_view = CycleLog(self.host.clock)
        yield self._title
        yield self._cycles
        yield self._verdict_rule
        yield self._verdict
        yield self._log_rule
        yield self.log_view

    def on_mount(self) -> None:
        """Begin to watch, and open the log."""
        self.log_view.focus()
        self.run_worker(self._follow(), group="watch", exclusive=True)
        self.run_worker(self._read_log(), group="log", exclusive=True)

    def on_resize(self, event: Resize) -> None:
        """Other widths have other columns."""
        self._draw()

    def show(self, snapshot: Snapshot) -> None:
        """Draw a new snapshot."""
        super().show(snapshot)
        self._draw()

    def tick(self) -> None:
        """A second has passed: the countdown continues."""
        super().tick()
        self._draw()

    # The watch

    async def _follow(self) -> None:
        """Begin a watch where there is none to go on with, and show it as it comes."""
        watches = self.host.watches
        if watches is None:
            self._say("Nothing can be watched here.")
            return
        known = await self._ask(lambda: watches.get(self._job.id))
        if known is None:
            await self._ask(lambda: watches.begin(self._job, CYCLES))
        looks = 0
        while True:
            if looks % SEE_EVERY == 0:
                await self._see_to_it(watches)
            looks += 1
            await self._ask(lambda: watches.get(self._job.id))
            await asyncio.sleep(LOOK_EVERY)

    async def _ask(self, what: Callable[[], Watch | None]) -> Watch | None:
        """Ask the watches, in a thread, and show what they say."""
        try:
            watch = await asyncio.to_thread(what)
        except (CannotWatch, WatchStoreError) as error:
            self._say(str(error))
            return None
        if watch is not None:
            self._trouble = ""
            self._take(watch)
        return watch

    async def _see_to_it(self, watches: Watches) -> None:
        try:
            await asyncio.to_thread(watches.ensure_daemon)
        except (WatchStoreError, OSError) as error:
            self._say(f"The watch is not kept: {error}")

    def _take(self, watch: Watch) -> None:
        if watch != self.seen:
            self.seen = watch
            self.log_view.show_watch(watch)
            self._draw()
            self.label_keys({"watch.back": "back"} if watch.finished else {})

    def _say(self, trouble: str) -> None:
        self._trouble = trouble
        self._draw()

    def action_more(self) -> None:
        """One cycle more; the first of a new watch where the last one was ended."""
        job = self._job
        again = self.seen is None or self.seen.stopped is not None
        self._have(lambda watches: watches.begin(job, 1) if again else watches.more(job.id))

    def action_again(self) -> None:
        """A new watch, once the last one is finished."""
        job = self.job
        self._have(lambda watches: watches.begin(job, CYCLES))

    def action_end_watch(self, ask: bool = False) -> None:
        """End the watch before its last cycle; `ask` before, where no key was pressed."""
        if ask:
            self.flow.begin(self._ask_to_end())
        else:
            self._have(lambda watches: watches.stop(self._job.id))

    async def _ask_to_end(self) -> None:
        text = "The cycles that were seen are kept."
        if await self.flow.confirm("Watch", self._job.name, "End the watch?", text, "end it"):
            self.action_end_watch()

    def _have(self, what: Callable[[Watches], Watch | None]) -> None:
        """Change the watch, and have it kept."""
        watches = self.host.watches
        if watches is not None:
            self.run_worker(self._change(watches, what), group="change")

    async def _change(self, watches: Watches, what: Callable[[Watches], Watch | None]) -> None:
        await self._ask(lambda: what(watches))
        await self._see_to_it(watches)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """A finished watch is begun again, an open one can be ended."""
        finished = self.seen is not None and self.seen.finished
        if action == "again":
            return finished
        if action == "record":
            return watch_text.may_be_recorded(self.job)
        if action == "end_watch":
            return self.seen is not None and not finished
        return True

    # The job itself

    def action_run(self, ask: bool = False) -> None:
        """Run the job now, or show the run in progress; `ask` before, where no key was pressed."""
        run_job(self.flow, self.job, self.action_environment, ask=ask)

    def action_environment(self) -> None:
        """What its scheduler gives the job, against the shell."""
        from fedtui.screens.environment import EnvironmentScreen

        self.app.push_screen(EnvironmentScreen(self.job))

    def action_record(self) -> None:
        """Put the recorder around the job's line, or take it away."""
        record_job(self.flow, self.job)

    def action_log(self) -> None:
        """The full log of the job."""
        from fedtui.screens.log import LogScreen

        self.app.push_screen(LogScreen(self.job))

    async def _read_log(self) -> None:
        feed = self.host.open_log(self._job)
        if feed is None:
            self.log_view.say(NOWHERE)
            return
        self._log_title = tilde(sanitize_and_mask(feed.title), self.host.home)
        self._draw_log_rule()
        await pump(feed, self.log_view, self._reported)

    _log_title = ""

    def _reported(self, chunk: LogChunk) -> None:
        self.log_view.show_size(chunk.size)
        self._draw_log_rule()

    @on(FollowChanged)
    def _draw_log_rule(self) -> None:
        following = "following" if self.log_view.following else "not following"
        facts = (Span(f"  {self._log_title}"), Span(f"  {following}", Tone.MUTED)) if self._log_title else ()
        self._log_rule.show("Log", facts)

    # Drawing

    def _draw(self) -> None:
        if not self.is_mounted:
            return
        job, watch, now = self.job, self.seen, self.now()
        size = self.app.size
        roomy = size.height >= ROOMY_FROM
        facts = (
            Span(f"  {sanitize_and_mask(job.name)}", bold=True),
            Span(f"  {sanitize_and_mask(job.schedule)}   {driver_of(job).kind}", Tone.MUTED),
        )
        self._title.show("Watch", facts)
        rows: list[StyledText] = [self._flush(watch_text.heading(size.width))]
        if watch is not None:
            rows += [
                self._flush(watch_text.cycle_row(watch, n, now, size.width))
                for n in range(1, len(watch.cycles) + 1)
            ]
        self._fill(self._cycles, [*rows, ()], size.height // 3)
        finished = watch is not None and watch.finished
        self._verdict_rule.show("Verdict" if finished else "Verdict so far")
        lines = self._verdict_lines(roomy)
        self._fill(self._verdict, lines, max(4, size.height - len(rows) - 10))

    def _verdict_lines(self, roomy: bool) -> list[StyledText]:
        watch, now, width = self.seen, self.now(), self.app.size.width - 2
        if self._trouble:
            return [(), (Span("▲ ", Tone.WARN), Span(sanitize_and_mask(self._trouble))), ()]
        if watch is None:
            return [(), (Span("The watch begins.", Tone.MUTED),), ()]
        bar = watch_text.bar_line(watch, now, width)
        lines: list[StyledText] = (
            [(), bar, ()] if bar and roomy else [bar, ()] if bar else [()] if roomy else []
        )
        lines += watch_text.verdict_lines(watch, now, self._usual(), width)
        if watch_text.offers_recorder(watch, self.job):
            words = Span(" keeps the exit status of every run from now on", Tone.MUTED)
            lines.append((Span(" " * 10), Span("C", Tone.ACCENT, bold=True), words))
        return lines if roomy else [*lines, ()]

    def _usual(self) -> float | None:
        runs = self.snapshot.runs.get(self._job.id, ())
        took = [run.result.duration for run in runs if run.result and run.result.duration is not None]
        return usual(took) if len(took) > 2 else None

    def _flush(self, line: StyledText) -> StyledText:
        """A row of the table without its first cell: the view leaves that one blank."""
        for number, piece in enumerate(line):
            if piece.text:
                return (Span(piece.text[1:], piece.tone, piece.bold), *line[number + 1 :])
        return line

    def _fill(self, view: LineView, lines: list[StyledText], most: int) -> None:
        view.styles.height = max(1, min(len(lines), most))
        view.set_lines(lines)
