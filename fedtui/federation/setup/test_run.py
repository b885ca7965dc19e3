"""Each script run once before it is scheduled, where and as its scheduler would run it.

For cron by the very function with which `r` starts jobs; for a unit inside a transient unit of the same
manager (systemd-run), so that it is the unit's environment and not a copy of it. Both through a supervisor,
so the run is recorded and judged like any other.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import shlex
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from fedtui.action_result import Refused
from fedtui.federation.job_account import JobAccount, TableSettings
from fedtui.federation.managed_job import ManagedJob
from fedtui.federation.setup_issue import SetupIssue, error_issue, note_issue, warning_issue
from fedtui.model import CronFacts, Job, Location, Outcome, Run, Trigger
from fedtui.pack import SOURCES
from fedtui.ports import Ports
from fedtui.runs import start_cron
from fedtui.runs.control import stop, watch_run
from fedtui.system.async_program import capture
from fedtui.system.program import ProgramError

DEADLINE = 600.0
"""Seconds that a test run may take; one that takes longer is stopped, and counts as failed."""

OnOutput = Callable[[bytes], None]


@dataclass(frozen=True, slots=True)
class TestRun:
    """How a test run went: the run with its verdict, or None with the `problem` that kept it from one."""

    key: str
    name: str
    run: Run | None
    problem: str = ""

    @property
    def good(self) -> bool:
        """Whether the script may be scheduled: it ended, and well or by saying that there was no work."""
        result = None if self.run is None else self.run.result
        fine = (Outcome.OK, Outcome.WARNINGS, Outcome.SKIPPED)
        return not self.problem and result is not None and result.outcome in fine

    @property
    def words(self) -> str:
        """The verdict in a line: "failed, exit 2: its last line: ..."."""
        result = None if self.run is None else self.run.result
        if self.problem or result is None:
            return self.problem or "how it ended is not known"
        parts = (result.outcome.value, result.ending)
        reasons = "; ".join(result.reasons)
        return ", ".join(part for part in parts if part) + (f": {reasons}" if reasons else "")

    def as_issue(self, *, force: bool) -> SetupIssue:
        """The same as an issue: a failure is an error, or with `force` a warning."""
        text = f"Trial run of {self.name}: {self.words}."
        if self.good:
            return note_issue(text, self.key)
        if force:
            return warning_issue(text, self.key, "It is scheduled all the same, as you insist (--force).")
        return error_issue(text, self.key, "It is not scheduled; fix it, or insist with --force.")


async def test_run(
    job: ManagedJob,
    job_id: str,
    backend: str,
    owner: JobAccount,
    settings: TableSettings,
    ports: Ports,
    on_output: OnOutput,
) -> TestRun:
    """Run the job once and wait for its end; `told` gets its output as it comes.

    `job_id` is the id that the job will have, so that the run is in its history. `settings` are the table's.
    A run that is given up (ctrl+c) is stopped.
    """
    unit = f"fedtui-trial-{job.key}-{secrets.token_hex(4)}.service"
    as_job, as_line = _as_job(job, job_id, backend, owner, settings, unit)
    ended: Run | None = None
    try:
        run = await start_cron.start(as_job, as_line, ports, Trigger.MANUAL)
    except Refused as refused:
        return TestRun(job.key, job.name, None, f"it could not be started: {refused.message.rstrip('.')}")
    try:
        async with asyncio.timeout(DEADLINE):
            async for update in watch_run(run.id, ports):
                on_output(update.output)
                ended = update.run or ended
    except TimeoutError:
        return TestRun(job.key, job.name, ended, f"it did not end within {DEADLINE:.0f} s, and was stopped")
    finally:
        if ended is None or ended.result is None:
            await asyncio.shield(_give_up(as_job, backend, unit, ports))
    return TestRun(job.key, job.name, ended)


def shell_words(argv: tuple[str, ...]) -> bytes:
    """The argument vector as typed in a shell, quoted where it must be; undecodable bytes as they were."""
    return os.fsencode(shlex.join(argv))


def _as_job(
    job: ManagedJob, job_id: str, backend: str, owner: JobAccount, settings: TableSettings, unit: str
) -> tuple[Job, CronFacts]:
    argv, user = job.argv, owner.name
    if backend != "cron":
        argv, settings = _in_unit(job, backend, owner, unit), _of_session(backend, owner)
        user = owner.name if backend == "user" else ""
    command = shell_words(argv)
    line = CronFacts("crontab", command, command, environment=settings, home=owner.home)
    job_now = Job(
        id=job_id,
        name=job.name,
        source=SOURCES[backend],
        user=user,
        schedule=job.schedule,
        schedule_text="",
        location=Location("trial"),
        facts=line,
        command=command.decode("utf-8", "replace"),
    )
    return job_now, line


def _in_unit(job: ManagedJob, backend: str, owner: JobAccount, unit: str) -> tuple[str, ...]:
    """systemd-run, which waits for the unit and ends with its status. `$` is systemd's own in a command."""
    flags = ["--user"] if backend == "user" else []
    flags += [f"--property=User={owner.name}"] if backend == "system" and owner.uid != 0 else []
    flags += [f"--setenv={name}={value}" for name, value in job.environment.items()]
    return (
        *("systemd-run", *flags, "--wait", "--pipe", "--quiet", "--collect", f"--unit={unit}"),
        *("--property=Type=oneshot", "--property=WorkingDirectory=~", f"--description=Trial of {job.name}"),
        *("--", *(word.replace("$", "$$") for word in job.argv)),
    )


def _of_session(backend: str, owner: JobAccount) -> TableSettings:
    """What systemd-run needs to find the user's manager."""
    return ((b"XDG_RUNTIME_DIR", f"/run/user/{owner.uid}".encode()),) if backend == "user" else ()


async def _give_up(job: Job, backend: str, unit: str, ports: Ports) -> None:
    """End the run: the process group, and for a test run in a unit that unit."""
    if backend != "cron":
        flags = ("--user",) if backend == "user" else ()
        with suppress(ProgramError):  # what is left is named by `systemctl list-units 'fedtui-trial-*'`
            await capture(("systemctl", *flags, "stop", unit), deadline=20.0)
    with suppress(Refused):  # it has just ended
        await stop(job, ports)
