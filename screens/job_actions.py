"""What the dashboard's keys do to jobs: make a plan, show it, and apply it when the dialog says so.

Everything here runs in a worker, one at a time: the screen goes on while a plan is made, and a second key
does not open a second dialog over the first.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

from fedtui import changes
from fedtui.action_result import Refused
from fedtui.config import ConfigError
from fedtui.model import Job, Run, State
from fedtui.pack import load_pack
from fedtui.presentation.times import usual
from fedtui.safe_text import decode
from fedtui.screens.base import FullScreen

if TYPE_CHECKING:
    from fedtui.changes import BadTable, Draft, Plan, Preview
    from fedtui.runs.control import RunUpdate
    from fedtui.screens.ask import AskScreen
    from fedtui.screens.reschedule import NewSchedule
    from fedtui.screens.run import RunAnswer

LineFixes = Mapping[int, str | bytes]
Plans = Callable[[LineFixes | None], "Awaitable[Plan]"]
"""Makes a plan from the world as it is now; the argument mends lines that cron refuses."""


LOADED_LATER = (
    "changes.planning",
    "runs.control",
    "changes.schedule_preview",
    "conversion.convert",
    "screens.ask",
    "screens.choose",
    "screens.confirm",
    "screens.doctor",
    "screens.edit_file",
    "screens.environment",
    "screens.help",
    "screens.history",
    "screens.job_form",
    "screens.log",
    "screens.reschedule",
    "screens.run",
    "screens.setup",
    "screens.watch",
)
"""Modules that the first paint does not wait for: they are loaded when a key asks, or in a quiet moment."""


def load_the_rest() -> None:
    """Load what the keys will need, in a thread, so that the first of them opens its dialog at once."""
    for name in LOADED_LATER:
        import_module(f"fedtui.{name}")


class JobActions(FullScreen):
    """The half of the dashboard that changes the world."""

    @property
    def job(self) -> Job | None:
        """The job under the cursor."""
        raise NotImplementedError

    @property
    def target(self) -> Job | None:
        """The job that a key acts on: the one that the user saw under the cursor when they pressed it."""
        return self.job

    changed_at = 0.0
    """When this screen last changed the world, by the monotonic clock."""

    _work: object = None
    """What a key began and has not brought to a dialog, or to its end."""

    @property
    def opening(self) -> bool:
        """True from a key until the dialog that it opens is here, which is to have the keys that follow."""
        return self._work is not None and self.app.screen is self

    def _begin(self, work: Coroutine[None, None, None]) -> None:
        """Do what a key asked for; a second key meanwhile would put its dialog over the first one's."""
        if self.opening:
            work.close()
            self.notify("One moment: the key before is still being worked on.", markup=False)
        else:
            self._work = work
            self.run_worker(self._do(work), group="action", exclusive=False, exit_on_error=True)

    async def _do(self, work: Coroutine[None, None, None]) -> None:
        try:
            await work
        finally:
            if self._work is work:
                self._work = None

    # Run and stop

    def action_run(self, ask: bool = False) -> None:
        """Run the job now, or show the run that goes on; `ask` before, where no key was pressed."""
        job = self.target
        if job is not None:
            self._begin(self._run(job, ask=ask))

    async def _run(self, job: Job, *, ask: bool) -> None:
        ports = self.host.ports
        if ask and not await self._asked("Run", job.name, "Run it now?", "As its scheduler would.", "run it"):
            return

        from fedtui.runs import control  # the first paint does not wait for it

        async def start() -> Run:
            going_on = await control.running_run(job, ports)
            if going_on is not None and (going_on.output is not None or job.timer is not None):
                return going_on
            return await control.run_now(job, ports)

        def updates(run: Run) -> AsyncIterator[RunUpdate]:
            return control.watch_run(run.id, ports)

        runs = self.snapshot.runs.get(job.id, ())
        took = [run.result.duration for run in runs if run.result and run.result.duration is not None]
        from fedtui.screens.run import RunScreen

        log = self.host.open_log(job) if job.timer is not None else None
        screen = RunScreen(
            job,
            start,
            updates,
            lambda: control.stop(job, ports),
            clock=self.host.clock,
            log_title=log.title if log is not None else "",
            usual=usual(took),
            home=self.host.home,
        )
        answer: RunAnswer = await self.app.push_screen_wait(screen)
        if answer == "log":
            from fedtui.screens.log import LogScreen

            self.app.push_screen(LogScreen(job))
        elif answer == "environment":
            self.show_environment(job)

    def action_environment(self) -> None:
        """What its scheduler gives the job, against the shell."""
        job = self.target
        if job is not None:
            self.show_environment(job)

    def show_environment(self, job: Job) -> None:
        """Open the environment screen on a job."""
        from fedtui.screens.environment import EnvironmentScreen  # it is made of this module

        self.app.push_screen(EnvironmentScreen(job))

    def action_stop(self) -> None:
        """Stop the run that goes on, after a `y`."""
        job = self.target
        if job is not None:
            self._begin(self._stop(job))

    async def _stop(self, job: Job) -> None:
        from fedtui.runs import control

        how = "Its unit is stopped." if job.timer else "SIGTERM, and SIGKILL after 10 s."
        from fedtui.screens.ask import AskScreen

        text = f"{how} What it did stays."
        if await self._yes(AskScreen("Stop", job.name, "Stop the run that goes on?", text, "stop it")):
            try:
                applied = await control.stop(job, self.host.ports)
            except Refused as refusal:
                await self._refused("Stop", job.name, refusal)
            else:
                self.notify(applied.message, markup=False)

    # Changes: plan, confirm, apply

    def action_pause(self) -> None:
        """Pause the job, or resume it."""
        job, ports = self.target, self.host.ports
        if job is None:
            return
        if job.paused:
            self._begin(self._change("Resume", job, lambda mend: changes.plan_resume(job, ports, mend=mend)))
        else:
            self._begin(self._change("Pause", job, lambda mend: changes.plan_pause(job, ports, mend=mend)))

    def action_record(self) -> None:
        """Put the recorder around the job's line, or take it away."""
        job, ports = self.target, self.host.ports
        if job is None:
            return
        off = job.cron is not None and bool(job.cron.record_key)
        title = "Record no longer" if off else "Record"
        self._begin(
            self._change(title, job, lambda mend: changes.plan_record(job, ports, off=off, mend=mend))
        )

    def action_delete(self) -> None:
        """Delete the job."""
        job, ports = self.target, self.host.ports
        if job is not None:
            self._begin(self._change("Delete", job, lambda mend: changes.plan_delete(job, ports, mend=mend)))

    def action_undo(self) -> None:
        """Take back the last change."""
        self._begin(self._change("Undo", None, lambda _: changes.plan_undo(self.host.ports)))

    def action_reschedule(self) -> None:
        """Give the job another schedule."""
        job = self.target
        if job is not None:
            self._begin(self._reschedule(job))

    async def _reschedule(self, job: Job) -> None:
        ports = self.host.ports
        from fedtui.schedule.contention import Contention

        crowd = Contention(self.snapshot.jobs, self.now(), but=job.id)

        async def ask(text: str) -> Preview:
            return await changes.preview(job, text, ports, self.now(), crowd)

        from fedtui.screens.reschedule import RescheduleScreen

        profile = await asyncio.to_thread(_profile_of, job)
        new: NewSchedule | None = await self.app.push_screen_wait(
            RescheduleScreen(job, ask, self.host.clock, profile)
        )
        if new is None:
            return
        if job.state is State.BAD_LINE:
            line = f"{new.schedule} {_command_of_bad(job)}"
            await self._change("Mend", job, lambda mend: changes.plan_fix(job, line, ports, mend=mend))
            return
        await self._change(
            "Reschedule",
            job,
            lambda mend: changes.plan_reschedule(job, new.schedule, ports, new.reason, new.ticket, mend=mend),
        )

    def action_new(self) -> None:
        """Write a new job into the user's own crontab."""
        self._begin(self._new())

    async def _new(self) -> None:
        draft = await self._draft(None, None)
        if draft is not None:
            await self._change(
                "New job", None, lambda mend: changes.plan_new(draft, self.host.ports, mend=mend)
            )

    def action_edit(self) -> None:
        """Edit schedule, command, name and note of the job in one form."""
        job = self.target
        if job is not None:
            self._begin(self._edit(job))

    async def _edit(self, job: Job) -> None:
        ports = self.host.ports
        try:
            before = await changes.load_draft(job, ports)
        except Refused as refusal:
            await self._refused("Edit", job.name, refusal)
            return
        draft = await self._draft(job, before)
        if draft is not None:
            await self._change("Edit", job, lambda mend: changes.plan_edit(job, draft, ports, mend=mend))

    async def _draft(self, job: Job | None, before: Draft | None) -> Draft | None:
        ports = self.host.ports
        from fedtui.schedule.contention import Contention

        crowd = Contention(self.snapshot.jobs, self.now(), but=job.id if job is not None else "")

        async def ask(text: str) -> Preview:
            return await changes.preview(job, text, ports, self.now(), crowd)

        of_job = job.cron.dialect if job is not None and job.cron is not None else ""
        dialect = of_job or await asyncio.to_thread(ports.dialect)
        name = job.name if job is not None else ""
        from fedtui.screens.job_form import JobFormScreen

        form = JobFormScreen(
            before, ask, clock=self.host.clock, dialect=dialect, job_name=name, home=self.host.home
        )
        draft: Draft | None = await self.app.push_screen_wait(form)
        return draft

    async def _change(self, verb: str, job: Job | None, make: Plans) -> None:
        """Plan, show the plan, apply it on `y`, then read the world again."""
        name = job.name if job is not None else ""
        mend: LineFixes | None = None
        try:
            plan = await make(mend)
        except changes.BadTable as bad:
            mend = bad.as_comments
            if not await self._may_mend(verb, name, bad):
                return
            try:
                plan = await make(mend)
            except Refused as refusal:
                await self._refused(verb, name, refusal)
                return
        except Refused as refusal:
            await self._refused(verb, name, refusal)
            return
        ports = self.host.ports
        from fedtui.screens.confirm import ConfirmScreen

        screen = ConfirmScreen(
            plan,
            lambda shown: changes.apply(shown, ports),
            lambda: make(mend),
            (lambda: changes.plan_alternative(plan, job, ports))
            if plan.alternative and job is not None
            else None,
        )
        applied = await self.app.push_screen_wait(screen)
        if applied is not None:
            undo = "  u undoes it" if applied.undo_id is not None else ""
            self.notify(f"{applied.message}{undo}", markup=False)
            self.changed_at = monotonic()
            self._work = None  # the key has done what it was for
            await self.host.store.refresh()

    async def _may_mend(self, verb: str, name: str, bad: BadTable) -> bool:
        from fedtui.screens.ask import AskScreen

        numbers = ", ".join(str(line.number) for line in bad.lines)
        lines = f"line {numbers} into a comment" if len(bad.lines) == 1 else f"lines {numbers} into comments"
        text = f"{bad.untouched} The same plan can turn {lines}; it is shown next, and asks once more."
        return await self._yes(AskScreen(verb, name, bad.message, text, f"turn {lines}"))

    async def _asked(self, title: str, name: str, lead: str, text: str, yes: str) -> bool:
        from fedtui.screens.ask import AskScreen

        return await self._yes(AskScreen(title, name, lead, text, yes))

    async def _yes(self, asked: AskScreen) -> bool:
        answer: bool | None = await self.app.push_screen_wait(asked)
        return answer is True

    async def _refused(self, verb: str, name: str, refusal: Refused) -> None:
        from fedtui.screens.ask import RefusalScreen

        await self.app.push_screen_wait(RefusalScreen(f"{verb}: not done", name, refusal))

    # Its next runs

    def action_watch(self) -> None:
        """Watch the job's next runs: a verdict for each."""
        from fedtui.screens.watch import WatchScreen

        job = self.target
        if job is not None:
            self.app.push_screen(WatchScreen(job))

    # Its file

    def action_open_editor(self) -> None:
        """Open the job's script, unit or table in $EDITOR; the screen is the editor's until it ends."""
        job = self.target
        if job is None:
            return
        from fedtui.screens.edit_file import edit_file, file_of

        try:
            said = edit_file(self.app, file_of(job, self.host.home))
        except Refused as refusal:
            self._begin(self._refused("Open", job.name, refusal))
        else:
            if said:
                self.notify(said, severity="warning", markup=False)


def _command_of_bad(job: Job) -> str:
    """What stands behind the schedule's fields in a line that cron does not take."""
    text = decode(job.cron.raw).strip() if job.cron is not None else ""
    parts = text.split(None, 1 if text.startswith("@") else 5)
    return parts[-1] if len(parts) in (2, 6) else ""


def _profile_of(job: Job) -> str:
    """The profile whose schedule a job of the federation pack follows; empty for any other job. Blocking."""
    if not job.managed:
        return ""
    with suppress(ConfigError):  # whoever looks at the pack itself is told
        pack = load_pack()
        if pack is not None:
            return Path(pack.profile).stem
    return "of the federation"
