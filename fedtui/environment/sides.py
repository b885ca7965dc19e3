"""Asks for the two sides: what the scheduler gives the job, and what the user's login shell has."""

from __future__ import annotations

import asyncio
import os
import pwd
from collections.abc import Mapping
from contextlib import suppress
from typing import assert_never

from fedtui.action_result import Refused
from fedtui.environment.units import unit_side
from fedtui.environment.values import RawEnvironment, SchedulerSide, ShellSide
from fedtui.model import CronFacts, Job, State, TimerFacts
from fedtui.ports import Ports
from fedtui.runs.cron_environment import CronAccount, job_environment
from fedtui.safe_text import decode
from fedtui.schedulers.cron_driver import CronDriver
from fedtui.system.cron_daemon import CronProbe
from fedtui.system.in_thread import in_thread
from fedtui.system.login_shell import Identity, ask_shell
from fedtui.system.processes import PROC, running_cron_jobs
from fedtui.system.regular_file import read_regular

_PASSED_ON = ("LANG", "LC_ALL", "TERM", "TZ")


async def given_side(job: Job, ports: Ports) -> SchedulerSide:
    """What the job's scheduler gives it. Raises Refused where unknown."""
    match job.facts:
        case TimerFacts() as timer:
            return await unit_side(job, timer, ports)
        case CronFacts() as cron:
            if job.state is State.BAD_LINE:
                reason = job.state_reason or "cron refuses its line"
                raise Refused(f"{job.name} has no command: {reason}.", "")
            return await asyncio.to_thread(_cron_side, job, cron, ports)
        case _ as never:
            assert_never(never)


def _cron_side(job: Job, cron: CronFacts, ports: Ports) -> SchedulerSide:
    entry = _passwd(job.user or ports.user)
    home = cron.home or entry.pw_dir
    account = CronAccount(entry.pw_name, entry.pw_uid, entry.pw_gid, home, entry.pw_shell)
    environment: RawEnvironment = job_environment(account, cron.environment)
    how = "worked out from PAM's files and the table, as cron does"
    notes: tuple[str, ...] = ()
    if ports.demo:
        how = "as cron would give it; the demo's scheduler does the same"
    else:
        seen = _of_running_job(cron.command, account.uid)
        if seen is not None:
            how, notes = _compared(how, environment, *seen)
    if cron.dialect != "debian":
        rules = f"The rules are those of Debian's cron; {cron.dialect} runs here, and may add to them."
        notes = (*notes, rules)
    own = account.uid == os.geteuid()
    return SchedulerSide(
        scheduler=cron.scheduler,
        where=CronDriver.words.where,
        environment=environment,
        how=how,
        commands=(cron.command,),
        directory=decode(environment.get(b"HOME", b"/")),
        shell=decode(environment.get(b"SHELL", b"/bin/sh")),
        reader=None if own else (account.uid, tuple(os.getgrouplist(account.name, account.gid))),
        notes=notes,
    )


def _of_running_job(command: bytes, uid: int) -> tuple[int, dict[bytes, bytes]] | None:
    """The environment that cron has just given to a run of this command which is still running."""
    daemon = CronProbe()().pid
    if daemon is None:
        return None
    for process in running_cron_jobs(daemon):
        if process.command == command and process.uid == uid:
            with suppress(OSError):  # another user's, or gone by now
                raw = (PROC / str(process.pid) / "environ").read_bytes()
                pairs = [item.partition(b"=")[::2] for item in raw.split(b"\0") if b"=" in item]
                return process.pid, dict(pairs)
    return None


def _compared(
    how: str, worked_out: RawEnvironment, pid: int, seen: RawEnvironment
) -> tuple[str, tuple[str, ...]]:
    """What a run in progress says of what was worked out."""
    if dict(worked_out) == dict(seen):
        return f"{how}; cron's own child, pid {pid}, has the same", ()
    names = sorted(name for name in {*worked_out, *seen} if worked_out.get(name) != seen.get(name))
    listed = ", ".join(decode(name) for name in names[:4]) + (", ..." if len(names) > 4 else "")
    return how, (f"The current run, pid {pid}, has it otherwise: {listed}. Was the table changed since?",)


@in_thread
def shell_side(job: Job, ports: Ports) -> ShellSide:
    """What the login shell has: of the job's user where that is ourselves or we are root, else our own."""
    own = pwd.getpwuid(os.geteuid())
    whose = _passwd(job.user) if own.pw_uid == 0 and job.user else own
    notes: tuple[str, ...] = ()
    if whose.pw_uid == own.pw_uid:
        base: Mapping[str, str] = dict(os.environ)
        program = base.get("SHELL") or own.pw_shell or "/bin/sh"
        identity = None
        if job.user not in ("", own.pw_name, ports.user):
            notes = (f"The job is {job.user}'s; this is the shell of {own.pw_name}, who may not ask for it.",)
    else:
        program = whose.pw_shell or "/bin/sh"
        base = _fresh(whose, program)
        groups = tuple(os.getgrouplist(whose.pw_name, whose.pw_gid))
        identity = Identity(whose.pw_uid, whose.pw_gid, groups)
    answer = ask_shell(program, base, whose.pw_dir, identity=identity)
    if answer.problem:
        instead = "what fedtui was started with" if identity is None else "an empty login"
        notes = (*notes, f"{answer.problem}. Shown instead: {instead}.")
    if answer.noise:
        notes = (*notes, f"Startup files print where nobody reads it: {answer.noise}")
    return ShellSide(whose.pw_name, answer.program, answer.environment, notes)


def _fresh(whose: pwd.struct_passwd, program: str) -> dict[str, str]:
    """What login(1) begins with."""
    kept = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    names = {"USER": whose.pw_name, "LOGNAME": whose.pw_name, "HOME": whose.pw_dir, "SHELL": program}
    return {**kept, **names, "PATH": "/usr/local/bin:/usr/bin:/bin"}


def _passwd(user: str) -> pwd.struct_passwd:
    try:
        return pwd.getpwnam(user)
    except KeyError:
        raise Refused(f"This machine does not know {user}, whose job this is.", "") from None


def read_script(path: str, limit: int = 262_144) -> str | None:
    """The text of a script, its undecodable bytes as surrogates; None for what is no readable text."""
    try:
        data = read_regular(path, limit)
    except (OSError, ValueError):
        return None
    return None if b"\0" in data else data.decode("utf-8", "surrogateescape")
