"""Start a systemd job through its manager, and follow its invocation to the end.

An invocation id names one run of a unit. Facts about a run count only while the unit still has that id:
a unit that systemd unloaded and loaded again answers `Result=success` about a run it never had.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from fedtui.action_result import RUN_CONTINUES, OutcomeUnknown, Refused
from fedtui.bus.systemd_manager import SystemdManager, open_systemd
from fedtui.bus.systemd_names import UNIT
from fedtui.config import repair
from fedtui.history.database import HistoryError
from fedtui.model import Job, Outcome, Result, Run, TimerFacts, Trigger
from fedtui.ports import Ports
from fedtui.runs.output_tail import end_of
from fedtui.runs.unit_result import by_journal, by_properties, proven_by
from fedtui.system.atomic_write import write_atomically
from fedtui.system.patience import patience
from fedtui.system.regular_file import read_regular

ANSWER_DEADLINE = 5.0
"""Seconds that systemd may take to tell of the unit before it is started."""

START_DEADLINE = 20.0
"""Seconds for the invocation to appear after systemd took the start job."""
POLL = 0.1
LOOK_AGAIN = 2.0
"""Seconds after which a followed unit is looked at even if no signal came."""
_BUSY = ("active", "activating", "reloading", "deactivating")


@dataclass(frozen=True, slots=True)
class UnitRun:
    """What has to be remembered to find an invocation again. `start` in seconds since 1970, UTC.

    `log` is the file that the service itself appends to, with its size at the start and the last bytes
    before that (as Latin-1). `product` is the absolute path of the file that the job should renew. `main_pid`
    is the main process, 0 where it was not seen.
    """

    id: str
    job_id: str
    unit: str
    user_manager: bool
    start: float
    log: str | None = None
    log_offset: int = 0
    log_before: str = ""
    product: str = ""
    main_pid: int = 0

    def to_run(self) -> Run:
        start, pid = datetime.fromtimestamp(self.start, UTC), self.main_pid or None
        return Run(self.id, self.job_id, start, trigger=Trigger.MANUAL, pid=pid)


async def start(job: Job, timer: TimerFacts, ports: Ports) -> Run:
    """StartUnit, then wait until the new invocation shows. Raises Refused."""
    unit = timer.activates
    async with open_systemd(ports.bus, ports.user, user_manager=timer.user_manager) as systemd:
        path, before = await _unit_now(systemd, unit)
        if before["LoadState"] != "loaded":
            raise Refused(f"{unit}: {before['LoadState']}.", "Nothing was run.", systemd.look(unit))
        if before["ActiveState"] in _BUSY:
            busy = f"{unit} is {before['ActiveState']} ({before['SubState']})."
            raise Refused(busy, "It was not started twice.", "t stops it.")
        await asyncio.to_thread(_require_place, ports, unit)
        await systemd.listen()
        await systemd.hold(path)
        offset, before_end = await asyncio.to_thread(end_of, job.log_path)
        job_path = await systemd.start(unit)
        found = await _invocation(systemd, path, unit, bytes(before["InvocationID"]), job_path)
        log = (job.log_path, offset, before_end.decode("latin-1"))
        product, began = ports.rules.product_of(job), time.time()
        # While the unit is held: where it has ended, it is unloaded as soon as this connection is closed.
        pid = await main_pid(systemd, path, found, looks=3) if unit.endswith(".service") else 0
        run = UnitRun(found, job.id, unit, timer.user_manager, began, *log, product, pid)
        await asyncio.to_thread(_remember, ports, run)
        return run.to_run()


async def _unit_now(systemd: SystemdManager, unit: str) -> tuple[str, dict[str, Any]]:
    """`systemd.unit`, answered soon: a start must not come long after it was wanted. Raises Refused."""
    try:
        with patience(ANSWER_DEADLINE):
            return await systemd.unit(unit)
    except Refused as refusal:
        raise Refused(refusal.message, "Nothing was started.", refusal.advice) from refusal


async def _invocation(systemd: SystemdManager, path: str, unit: str, before: bytes, job_path: str) -> str:
    deadline = time.monotonic() + START_DEADLINE
    while True:
        seen = await systemd.properties(path, UNIT)
        now = bytes(seen["InvocationID"])
        if now != before and any(now):
            return now.hex()
        if (seen.get("Job") or (0, "/"))[1] != job_path:
            again = bytes((await systemd.properties(path, UNIT))["InvocationID"])
            if again != before and any(again):
                return again.hex()
            unmet = not seen.get("ConditionResult", True) or not seen.get("AssertResult", True)
            why = "a condition of the unit is not met" if unmet else "the start job ended without a run"
            raise Refused(f"systemd did not start {unit}: {why}.", "Nothing was run.", systemd.look(unit))
        if time.monotonic() > deadline:
            late = f"systemd has not started {unit} within {START_DEADLINE:.0f} s."
            look = f"Check with: {' '.join(systemd.command('list-jobs'))}"
            raise OutcomeUnknown(f"{late} The start job is still queued.", look)
        await systemd.wait(0.2)


async def main_pid(systemd: SystemdManager, path: str, invocation: str, looks: int) -> int:
    """The main process of a service's invocation, which tells journald's stray lines; 0 where not seen."""
    for look in range(looks):
        await asyncio.sleep(POLL if look else 0)
        pid = int((await systemd.run_facts(path)).get("ExecMainPID", 0))
        unit = await systemd.properties(path, UNIT)
        if bytes(unit["InvocationID"]).hex() != invocation:
            return 0
        if pid or unit["ActiveState"] in ("inactive", "failed"):
            return pid
    return 0


async def current(job: Job, timer: TimerFacts, ports: Ports) -> Run | None:
    """The invocation in progress, no matter who started it; None where the unit is at rest."""
    async with open_systemd(ports.bus, ports.user, user_manager=timer.user_manager) as systemd:
        path, unit = await _unit_now(systemd, timer.activates)
        if unit["ActiveState"] not in _BUSY or not any(bytes(unit["InvocationID"])):
            return None
        began = int(unit.get("InactiveExitTimestamp", 0)) / 1e6 or time.time()
        pid = None
        if timer.activates.endswith(".service"):
            pid = int((await systemd.run_facts(path)).get("ExecMainPID", 0)) or None
        run = UnitRun(
            *(bytes(unit["InvocationID"]).hex(), job.id, timer.activates, timer.user_manager, began),
            product=ports.rules.product_of(job),
        )
        if await asyncio.to_thread(find, ports, run.id) is None:  # else: ours, and more is known of it
            with suppress(Refused):  # then it is seen, and cannot be followed
                await asyncio.to_thread(_remember, ports, run)
        start = datetime.fromtimestamp(began, UTC)
        return Run(run.id, job.id, start, trigger=Trigger.OTHER, pid=pid)


async def until_end(run: UnitRun, ports: Ports) -> AsyncIterator[Run]:
    """The run at once, and again with its result once it has ended."""
    yield run.to_run()
    async with open_systemd(ports.bus, ports.user, user_manager=run.user_manager) as systemd:
        await systemd.listen()
        path = await systemd.load(run.unit)
        await systemd.hold(path)
        while True:
            unit = await systemd.properties(path, UNIT)
            service = await systemd.run_facts(path) if run.unit.endswith(".service") else {}
            again = await systemd.properties(path, UNIT) if service else unit
            same = bytes(unit["InvocationID"]).hex() == run.id == bytes(again["InvocationID"]).hex()
            if not same:
                ended = _ended(run, *await _afterwards(run, service))
            elif unit["ActiveState"] in ("inactive", "failed") or unit["SubState"] == "exited":
                ended = _ended(run, *by_properties(unit, service))
            else:
                await systemd.wait(LOOK_AGAIN)
                continue
            await asyncio.to_thread(_keep, ports, ended)
            yield ended
            return


async def _afterwards(run: UnitRun, service: dict[str, Any]) -> tuple[Result, float]:
    """Of a run whose unit was unloaded, or has run again since."""
    journalled = await by_journal(run.id, user_manager=run.user_manager)
    if journalled is not None:
        return proven_by(service, journalled[0]), journalled[1]
    reason = "systemd no longer holds the facts of this run, and its journal does not show them"
    return Result(Outcome.UNKNOWN, reasons=(reason,)), time.time()


def _ended(run: UnitRun, result: Result, end: float) -> Run:
    begun = run.to_run()
    return replace(begun, end=max(begun.start, datetime.fromtimestamp(end, UTC)), result=result)


async def stop(timer: TimerFacts, ports: Ports) -> str:
    """StopUnit; what was done, in words. Raises Refused where nothing runs or systemd refuses."""
    unit = timer.activates
    async with open_systemd(ports.bus, ports.user, user_manager=timer.user_manager) as systemd:
        path, before = await systemd.unit(unit)
        if before["ActiveState"] not in _BUSY:
            raise Refused(f"{unit} does not run.", "Nothing was stopped.")
        await systemd.listen()
        job_path = await systemd.stop(unit)
        for _ in range(600):
            after = await systemd.properties(path, UNIT)
            done = (after.get("Job") or (0, "/"))[1] != job_path
            if done and after["ActiveState"] in ("inactive", "failed"):
                return f"Stopped {unit}; it is {after['ActiveState']}."
            await systemd.wait(0.2)
        return f"systemd is stopping {unit}, and waits for it to end."


def find(ports: Ports, run_id: str) -> UnitRun | None:
    """What was remembered of an invocation, or None. Blocking."""
    if not run_id.isalnum():
        return None
    try:
        return UnitRun(**json.loads(read_regular(_path(ports, run_id))))
    except (OSError, ValueError, TypeError):
        return None


def _path(ports: Ports, run_id: str) -> Path:
    return ports.config.outputs / f"{run_id}.unit"


def _require_place(ports: Ports, unit: str) -> None:
    """Raise Refused where the run could not be found again: then nothing is started."""
    folder = ports.config.outputs
    why = ""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        why = error.strerror or str(error)
    fix = repair(folder)
    if why or fix:
        what = f"A run of {unit} cannot be recorded in {folder}."
        raise Refused(what, "Nothing was run.", fix or f"{why}.")


def _remember(ports: Ports, run: UnitRun) -> None:
    folder = ports.config.outputs
    try:
        for old in sorted(folder.glob("*.unit"), key=lambda path: path.stat().st_mtime)[:-200]:
            old.unlink(missing_ok=True)
        write_atomically(_path(ports, run.id), json.dumps(asdict(run)).encode())
    except OSError as error:
        what = f"{run.unit} was started, but what would find the run again could not be written: {error}."
        raise Refused(what, RUN_CONTINUES) from error


def _keep(ports: Ports, run: Run) -> None:
    with suppress(HistoryError):  # systemd and its journal have the facts, too
        ports.history.keep_runs((run,))
