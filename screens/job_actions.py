"""What the dashboard's keys do to jobs; `change_flow` shows and applies the plans that are made here."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from functools import wraps
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec

from fedtui.action_result import Refused
from fedtui.changes.request import Request
from fedtui.config import ConfigError
from fedtui.model import Job, State, cron_jobs
from fedtui.pack import load_pack
from fedtui.safe_text import decode
from fedtui.schedulers import driver_of
from fedtui.screens.change_flow import ChangingScreen
from fedtui.screens.job_flows import record_job, run_job

if TYPE_CHECKING:
    from fedtui.changes import Draft
    from fedtui.screens.reschedule import NewSchedule
    from fedtui.widgets.schedule_field import AskPreview

Given = ParamSpec("Given")

LOADED_LATER = (
    "changes.schedule_preview",
    "schedule.contention",
    "changes.touched_sources",
    "conversion.convert",
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
    "screens.undo_list",
    "screens.watch",
)
"""Modules that the first paint does not wait for: they are loaded when a key asks, or in a quiet moment, with
what they import."""


def load_the_rest() -> None:
    """Load what the keys will need, in a thread, so that the first of them opens its dialog at once."""
    for name in LOADED_LATER:
        import_module(f"fedtui.{name}")


def of_target(act: Callable[Concatenate[Any, Job, Given], None]) -> Callable[Concatenate[Any, Given], None]:
    """Makes an action of what a key does to the `target`; without one the action does nothing."""

    @wraps(act)
    def action(self: Any, /, *args: Given.args, **options: Given.kwargs) -> None:
        job = self.target
        if job is not None:
            act(self, job, *args, **options)

    return action


class JobActions(ChangingScreen):
    """The half of the dashboard that changes the world."""

    @property
    def job(self) -> Job | None:
        """The job under the cursor."""
        raise NotImplementedError

    @property
    def target(self) -> Job | None:
        """The job that a key acts on: the one that the user saw under the cursor when they pressed it."""
        return self.job

    # Run and stop

    @of_target
    def action_run(self, job: Job, ask: bool = False) -> None:
        """Run the job now, or show the run in progress; `ask` before, where no key was pressed."""
        run_job(self.flow, job, lambda: self._show_environment(job), ask=ask)

    @of_target
    def action_environment(self, job: Job) -> None:
        """What its scheduler gives the job, against the shell."""
        self._show_environment(job)

    def _show_environment(self, job: Job) -> None:
        from fedtui.screens.environment import EnvironmentScreen

        self.app.push_screen(EnvironmentScreen(job))

    @of_target
    def action_stop(self, job: Job) -> None:
        """Stop the run in progress, after a `y`."""
        self.flow.begin(self._stop(job))

    async def _stop(self, job: Job) -> None:
        from fedtui.runs import control  # the first paint does not wait for it

        text = f"{driver_of(job).words.how_stopped} What it did stays."
        if await self.flow.confirm("Stop", job.name, "Stop the running job?", text, "stop it"):
            try:
                applied = await control.stop(job, self.host.ports)
            except Refused as refusal:
                await self.flow.refused("Stop", job.name, refusal)
            else:
                self.notify(applied.message, markup=False)

    # Changes: plan, confirm, apply

    @of_target
    def action_pause(self, job: Job) -> None:
        verb = "resume" if job.paused else "pause"
        self.flow.begin_change(verb.capitalize(), Request(verb, (job.id,)), job.name)

    @of_target
    def action_record(self, job: Job) -> None:
        """Put the recorder around the job's line, or take it away."""
        record_job(self.flow, job)

    @of_target
    def action_delete(self, job: Job) -> None:
        self.flow.begin_change("Delete", Request("delete", (job.id,)), job.name)

    @of_target
    def action_convert(self, job: Job) -> None:
        """Turn a cron line into a timer, or a timer into a cron line."""
        self.flow.begin(self._convert(job))

    async def _convert(self, job: Job) -> None:
        from fedtui.conversion.convert import WORDS, targets
        from fedtui.screens.choose import ChooseScreen

        ways = targets(job, self.host.ports)
        to: str | None = ways[0]
        if len(ways) > 1:
            choices = [(way, WORDS[way]) for way in ways]
            dialog = ChooseScreen("Convert", job.name, "What is to run it?", choices)
            to = await self.app.push_screen_wait(dialog)
        if to is not None:
            await self.flow.change("Convert", Request("convert", (job.id,), {"to": to}), job.name)

    @of_target
    def action_reschedule(self, job: Job) -> None:
        """Give the job another schedule."""
        self.flow.begin(self._reschedule(job))

    def action_undo_list(self) -> None:
        """Every change, to undo an older one."""
        from fedtui.screens.undo_list import UndoListScreen

        self.app.push_screen(UndoListScreen())

    def _preview(self, job: Job | None) -> AskPreview:
        """Says what a schedule would mean for the job, or for a new one, beside the jobs there are now."""
        job_id = job.id if job is not None else None
        return lambda text: self.host.engine.preview(job_id, text, among=True)

    async def _reschedule(self, job: Job) -> None:
        from fedtui.screens.reschedule import RescheduleScreen

        profile = await asyncio.to_thread(_profile_of, job)
        dialog = RescheduleScreen(job, self._preview(job), self.host.clock, profile)
        new: NewSchedule | None = await self.app.push_screen_wait(dialog)
        if new is None:
            return
        if job.state is State.BAD_LINE:
            text = f"{new.schedule} {_command_of_bad(job)}"
            await self.flow.change("Fix", Request("fix", (job.id,), {"text": text}), job.name)
            return
        given = {"schedule": new.schedule, "reason": new.reason, "ticket": new.ticket}
        await self.flow.change("Reschedule", Request("reschedule", (job.id,), given), job.name)

    def action_new(self) -> None:
        """Write a new job into the user's own crontab."""
        self.flow.begin(self._new())

    async def _new(self) -> None:
        draft = await self._draft(None, None)
        if draft is not None:
            await self.flow.change("New job", Request("new", (), asdict(draft)))

    @of_target
    def action_edit(self, job: Job) -> None:
        """Edit schedule, command, name and note of the job in one form."""
        self.flow.begin(self._edit(job))

    async def _edit(self, job: Job) -> None:
        try:
            before = await self.host.engine.draft(job.id)
        except Refused as refusal:
            await self.flow.refused("Edit", job.name, refusal)
            return
        draft = await self._draft(job, before)
        if draft is not None:
            await self.flow.change("Edit", Request("edit", (job.id,), asdict(draft)), job.name)

    async def _draft(self, job: Job | None, before: Draft | None) -> Draft | None:
        from fedtui.screens.job_form import JobFormScreen

        host = self.host
        of_job = job.facts.dialect if job is not None else ""
        form = JobFormScreen(
            before,
            self._preview(job),
            clock=host.clock,
            dialect=of_job or await asyncio.to_thread(host.ports.dialect),
            job_name=job.name if job is not None else "",
            home=host.home,
        )
        draft: Draft | None = await self.app.push_screen_wait(form)
        return draft

    # Its next runs

    @of_target
    def action_watch(self, job: Job) -> None:
        """Watch the job's next runs: a verdict for each."""
        from fedtui.screens.watch import WatchScreen

        self.app.push_screen(WatchScreen(job))

    # Its file

    @of_target
    def action_open_editor(self, job: Job) -> None:
        """Open the job's script, unit or table in $EDITOR; the screen is the editor's until it ends."""
        from fedtui.screens.edit_file import edit_file, file_of

        try:
            said = edit_file(self.app, file_of(job, self.host.home))
        except Refused as refusal:
            self.flow.begin(self.flow.refused("Open", job.name, refusal))
        else:
            if said:
                self.notify(said, severity="warning", markup=False)


def _command_of_bad(job: Job) -> str:
    """What follows the schedule's fields in a line that cron does not take."""
    text = "".join(decode(cron.raw).strip() for _, cron in cron_jobs((job,)))
    parts = text.split(None, 1 if text.startswith("@") else 5)
    return parts[-1] if len(parts) in (2, 6) else ""


def _profile_of(job: Job) -> str:
    """The profile whose schedule a job of the federation pack follows; empty for any other job. Blocking."""
    if not job.managed:
        return ""
    with suppress(ConfigError):  # looking at the pack itself reports it
        pack = load_pack()
        if pack is not None:
            return Path(pack.profile).stem
    return "of the federation"
