"""What both the dashboard and a job's own screens do to it: run it, record its exit status."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING

from fedtui.changes.request import Request
from fedtui.model import Job, Run
from fedtui.presentation.job_rows import name_words
from fedtui.presentation.times import usual
from fedtui.schedule.patterns import counted
from fedtui.schedulers import driver_of
from fedtui.screens.change_flow import ChangeFlow

if TYPE_CHECKING:
    from fedtui.runs.control import RunUpdate
    from fedtui.screens.run import RunAnswer


def run_job(flow: ChangeFlow, job: Job, show_environment: Callable[[], object], *, ask: bool) -> None:
    """Run the job now, or show the run in progress; `ask` before, where no key was pressed."""
    flow.begin(_run(flow, job, show_environment, ask=ask))


async def _run(flow: ChangeFlow, job: Job, show_environment: Callable[[], object], *, ask: bool) -> None:
    from fedtui.runs import control  # the first paint does not wait for it

    screen, host, driver = flow.screen, flow.screen.host, driver_of(job)
    ports = host.ports
    if ask and not await flow.confirm("Run", job.name, "Run it now?", "As its scheduler would.", "run it"):
        return

    async def start() -> Run:
        going_on = await control.running_run(job, ports)
        if going_on is not None and (going_on.output is not None or driver.runs_by_hand):
            return going_on
        return await control.start(job, ports)

    def updates(run: Run) -> AsyncIterator[RunUpdate]:
        return control.watch_run(run.id, ports)

    runs = screen.snapshot.runs.get(job.id, ())
    took = [run.result.duration for run in runs if run.result and run.result.duration is not None]
    from fedtui.screens.run import RunScreen

    log = host.open_log(job) if driver.runs_by_hand else None
    dialog = RunScreen(
        job,
        start,
        updates,
        lambda: control.stop(job, ports),
        clock=host.clock,
        log_title=log.title if log is not None else "",
        usual=usual(took),
        home=host.home,
    )
    answer: RunAnswer = await screen.app.push_screen_wait(dialog)
    if answer == "log":
        from fedtui.screens.log import LogScreen

        screen.app.push_screen(LogScreen(job))
    elif answer == "environment":
        show_environment()


def record_job(flow: ChangeFlow, job: Job) -> None:
    """Put the recorder around the job's line or take it away, or around every line that can be recorded."""
    flow.begin(_record(flow, job))


async def _record(flow: ChangeFlow, job: Job) -> None:
    from fedtui.changes.record_exit_codes import OFFER
    from fedtui.screens.choose import ChooseScreen

    off = bool(job.facts.record_key)
    title = "Stop recording" if off else "Record exit codes"
    one = Request("record", (job.id,), {"off": off})
    unrecorded = flow.screen.snapshot.unrecorded
    if not unrecorded or unrecorded == (job.id,):
        await flow.change(title, one, job.name)
        return
    ways = {"all": Request("record"), "never": Request("silence", (), {"code": OFFER})}
    words = {
        "all": f"record exit codes of {counted(len(unrecorded), 'job')}: all that lack them",
        "never": f"do not offer it again: silence {OFFER}",
    }
    if off or job.id in unrecorded:
        this = f"{'stop recording' if off else 'record exit codes of'} {name_words(job, 60)}"
        ways, words = {"one": one, **ways}, {"one": this, **words}
    lead = "cron doesn't report exit codes; fedtui's recorder can."
    way = await flow.screen.app.push_screen_wait(
        ChooseScreen("Record exit codes", job.name, lead, tuple(words.items()))
    )
    if way is not None:
        await flow.change(title if way == "one" else "Record exit codes", ways[way], job.name)
