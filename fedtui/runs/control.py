"""Run a job now, find its run again, stop it; follow any run by its id.

A run belongs to nobody's window: it is started detached, and anyone who asks for it by id, now or after a
restart, gets its output from the beginning and its end.
"""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass
from typing import assert_never

from fedtui.action_result import Applied, Refused
from fedtui.config import repair
from fedtui.history.database import HistoryError
from fedtui.model import CronFacts, Job, Run, TimerFacts, Trigger, cron_jobs
from fedtui.ports import Ports
from fedtui.runs import cron_runs, follow_unit, run_store, start_cron, start_unit
from fedtui.runs.run_record import RunRecord
from fedtui.system.local_time import clock_time
from fedtui.system.processes import ProcessIdentity, group_members, is_alive

GRACE = 10.0
"""Seconds between SIGTERM and SIGKILL when a run is stopped."""


@dataclass(frozen=True, slots=True)
class RunUpdate:
    """News of a run: bytes it printed since the last update, and the run, whose `result` comes last."""

    output: bytes
    run: Run | None


async def start(job: Job, ports: Ports, trigger: Trigger = Trigger.MANUAL) -> Run:
    """Start the job, detached from this process and its terminal; `trigger` is who wanted it.

    Raises Refused: it runs already (also where cron started it), is another user's, or cannot be started.
    """
    match job.facts:
        case CronFacts() as cron:
            under_cron = await _under_cron(job, cron, ports)
            if under_cron is not None:
                run, _ = under_cron
                busy = f"{job.name} is running since {clock_time(run.start)}, started by cron, pid {run.pid}."
                raise Refused(busy, "It was not started twice.", "t stops it.")
            run = await start_cron.start(job, cron, ports, trigger)
        case TimerFacts() as timer:
            if not timer.activates:
                raise Refused(f"{job.name} starts no unit.", "Nothing was run.")
            run = await start_unit.start(job, timer, ports)
        case _ as never:
            assert_never(never)
    with suppress(HistoryError):  # the job's name is kept, should nobody look before the job is removed
        await asyncio.to_thread(ports.history.name_job, job.id, job.name)
    return run


async def running_run(job: Job, ports: Ports) -> Run | None:
    """The job's run in progress, no matter who started it; None where none is known."""
    match job.facts:
        case CronFacts() as cron:
            own = await asyncio.to_thread(_own_run, job, ports)
            if own is not None:
                return own.to_run()
            under_cron = await _under_cron(job, cron, ports)
            return None if under_cron is None else under_cron[0]
        case TimerFacts() as timer:
            return await start_unit.current(job, timer, ports) if timer.activates else None
        case _ as never:
            assert_never(never)


async def _under_cron(job: Job, cron: CronFacts, ports: Ports) -> tuple[Run, ProcessIdentity] | None:
    """The run in progress that cron started."""
    return None if ports.demo else await asyncio.to_thread(cron_runs.cron_run, job, cron)


def _own_run(job: Job, ports: Ports) -> RunRecord | None:
    """The run started from here that is in progress. Raises Refused where that is not known."""
    try:
        return run_store.running_record(ports.config, job.id)
    except OSError as error:
        outputs = ports.config.outputs
        what = f"Whether fedtui started {job.name} is not known: {outputs}: {error.strerror}."
        raise Refused(what, advice=repair(outputs)) from error


async def watch_run(run_id: str, ports: Ports, job: Job | None = None) -> AsyncIterator[RunUpdate]:
    """A run's output from its beginning as it comes, and last the run with its result.

    Works for a run that was started by another process, and for one that has ended long ago. A run that
    cron started needs its `job`: then it is what the job's log gains from now on, and an end that is not
    known. Raises Refused for an id nobody knows.
    """
    record = await asyncio.to_thread(run_store.find_record, ports.config, run_id)
    if record is not None:
        async for output, newest in start_cron.follow(record, ports):
            run = newest.to_run()
            if run.end is not None and run.result is not None:
                with suppress(HistoryError):
                    await asyncio.to_thread(ports.history.finish_run, run.id, run.end, run.result)
            yield RunUpdate(output, run)
        return
    for each, cron in cron_jobs(() if job is None else (job,)):
        seen = False
        async with aclosing(cron_runs.follow(run_id, each, cron)) as parts:
            async for output, other in parts:
                seen = True
                yield RunUpdate(output, other)
        if seen:
            return
    unit = await asyncio.to_thread(start_unit.find, ports, run_id)
    if unit is None:
        raise Refused(f"There is no record of a run {run_id}.", "")
    async with aclosing(follow_unit.follow(unit, ports)) as news:
        async for output, newest_run in news:
            yield RunUpdate(output, newest_run)


async def stop(job: Job, ports: Ports) -> Applied:
    """End the run in progress. Raises Refused where nothing runs, or it is not the user's to stop."""
    match job.facts:
        case CronFacts() as cron:
            return await _stop_group(job, cron, ports)
        case TimerFacts() as timer:
            return Applied(await start_unit.stop(timer, ports))
        case _ as never:
            assert_never(never)


async def stop_each(jobs: Sequence[Job], ports: Ports) -> list[Applied | Refused]:
    """`stop` of several jobs side by side; what became of each, in their order."""

    async def one(job: Job) -> Applied | Refused:
        try:
            return await stop(job, ports)
        except Refused as refused:
            return refused

    return await asyncio.gather(*map(one, jobs))


async def _stop_group(job: Job, cron: CronFacts, ports: Ports) -> Applied:
    """SIGTERM to the group of the job's run, SIGKILL after 10 s."""
    own = await asyncio.to_thread(_own_run, job, ports)
    if own is not None and own.job is not None:
        leader, uid = own.job, own.uid
    else:
        found = await _under_cron(job, cron, ports)
        if found is None:
            raise Refused(f"{job.name} does not run.", "Nothing was stopped.")
        leader, uid = found[1], None
    if not is_alive(leader):
        raise Refused(f"{job.name} has just ended.", "Nothing was stopped.")
    if uid not in (None, os.geteuid()) and os.geteuid() != 0:
        advice = f"Run: sudo kill {leader.pid}"
        raise Refused(f"{job.name} runs as another user.", "Nothing was stopped.", advice)
    how = await _end_group(job, leader)
    if own is not None:
        await _recorded(own.id, ports)
    return Applied(f"Stopped {job.name}: {how}.")


async def _end_group(job: Job, leader: ProcessIdentity) -> str:
    """SIGTERM to the group that `leader` leads, SIGKILL after the grace to those of it that are left."""
    began = time.monotonic()
    members = await asyncio.to_thread(group_members, leader.pid)
    try:
        if not is_alive(leader):
            return "it had just ended"
        os.killpg(leader.pid, signal.SIGTERM)
    except ProcessLookupError:
        return "it had just ended"
    except PermissionError:
        advice = f"Run: sudo kill -- -{leader.pid}"
        raise Refused(f"{job.name} runs as another user.", "Nothing was stopped.", advice) from None
    while time.monotonic() - began < GRACE:
        if not any(is_alive(member) for member in members):
            return f"SIGTERM, ended after {time.monotonic() - began:.1f} s"
        await asyncio.sleep(0.05)
    # One of the group still lives, so its number is still that of this group: late children are in it.
    for member in await asyncio.to_thread(group_members, leader.pid):
        _kill(member)
    return f"SIGTERM, then SIGKILL after {GRACE:.0f} s"


def _kill(who: ProcessIdentity) -> None:
    """SIGKILL to exactly that process: the pidfd is taken first, then the identity is compared."""
    try:
        handle = os.pidfd_open(who.pid)
    except OSError:
        return  # gone
    try:
        if is_alive(who):
            signal.pidfd_send_signal(handle, signal.SIGKILL)
    except ProcessLookupError:
        return
    finally:
        os.close(handle)


async def _recorded(run_id: str, ports: Ports) -> None:
    """Give the supervisor a moment to write down the end, so that the next look sees it."""
    for _ in range(40):
        record = await asyncio.to_thread(run_store.find_record, ports.config, run_id)
        if record is None or record.end is not None:
            return
        await asyncio.sleep(0.05)
