"""Runs inside the box, as one of its users: one action per process, its outcome as JSON on standard output.

`acting.py VERB [JOB] [ARGUMENT...]`. A new process for each action means that everything which has to
survive a restart of fedtui is made to.
"""

from __future__ import annotations

import asyncio
import getpass
import json
import sys
from collections.abc import Coroutine
from datetime import datetime
from pathlib import Path
from typing import Any

from fedtui import changes
from fedtui.action_result import Refused
from fedtui.bus import bus_factory
from fedtui.changes.paused_timers import PausedTimers
from fedtui.config import Config
from fedtui.history.database import History
from fedtui.model import Job, Run
from fedtui.ports import Ports
from fedtui.runs import control
from fedtui.schedulers import planning
from fedtui.sources.system_tables import SystemTablesSource
from fedtui.sources.systemd.timers import TimerSource
from fedtui.sources.user_crontab import UserCrontabSource
from fedtui.system.crontab_program import SystemCrontab
from fedtui.system.patience import patience
from fedtui.system.zone import local_zone

CONFIG = Config(state=Path.home() / ".local/state/fedtui")
USER = getpass.getuser()


def now() -> datetime:
    return datetime.now(local_zone()[1])


PORTS = Ports(
    config=CONFIG,
    user=USER,
    crontabs={USER: SystemCrontab(USER)},
    bus=bus_factory("dbus-fast"),
    history=History(CONFIG.database),
    clock=now,
)


async def cron_jobs() -> list[Job]:
    own = await UserCrontabSource(PORTS.crontabs[USER], USER, str(Path.home())).read()
    system = await SystemTablesSource().read()
    return [*(own.jobs or ()), *(system.jobs or ())]


async def timers() -> list[Job]:
    paused = PausedTimers(CONFIG)
    found: list[Job] = []
    for user_manager in (True, False):
        source = TimerSource(
            PORTS.bus,
            user_manager,
            USER,
            now,
            paused.reader(user_manager=user_manager),
            privileged=USER == "root",
        )
        with patience(
            20
        ):  # the states of unit files, too, which on a busy machine come beside the first answer
            found += (await source.read()).jobs or ()
    return found


async def find(name: str) -> Job:
    jobs = await timers() if name.endswith(".timer") else await cron_jobs()
    return next(job for job in jobs if name in (job.name, job.id, getattr(job.facts, "unit", None)))


def told(run: Run | None) -> dict[str, Any] | None:
    if run is None:
        return None
    result = run.result
    return {
        "id": run.id,
        "pid": run.pid,
        "trigger": run.trigger,
        "outcome": result and result.outcome,
        "exit_code": result and result.exit_code,
        "signal": result and result.signal,
        "duration": result and result.duration,
        "reasons": result and result.why,
    }


async def watch(run_id: str, name: str = "") -> dict[str, Any]:
    output, last = b"", None
    job = await find(name) if name else None
    async with asyncio.timeout(60):
        async for update in control.watch_run(run_id, PORTS, job):
            if job is not None and last is None:
                print("under way", file=sys.stderr, flush=True)
            output += update.output
            last = update.run or last
    return {"output": output.decode("latin-1"), "run": told(last)}


async def changed(planned: Coroutine[Any, Any, changes.Plan]) -> dict[str, Any]:
    plan = await planned
    applied = await changes.apply(plan, PORTS)
    if applied.undo_id is not None:
        changes.seen(applied.undo_id, PORTS)
    return {
        "summary": plan.summary,
        "warnings": plan.warnings,
        "milder": plan.alternative,
        "steps": [" ".join(filter(None, (step.verb, *step.command, step.text))) for step in plan.steps],
        "diff": [f"{line.sign}{line.text}" for diff in plan.diffs for line in diff.lines],
        "message": applied.message,
        "undo": applied.undo_id,
    }


async def run(name: str) -> Any:
    return await watch((await control.start(await find(name), PORTS)).id)


async def start(name: str) -> Any:
    return told(await control.start(await find(name), PORTS))


async def current(name: str) -> Any:
    return told(await control.running_run(await find(name), PORTS))


async def stop(name: str) -> Any:
    return (await control.stop(await find(name), PORTS)).message


async def pause(name: str, hold: str = "") -> Any:
    return await changed(planning.plan_pause(await find(name), PORTS, hold=bool(hold)))


async def resume(name: str) -> Any:
    return await changed(planning.plan_resume(await find(name), PORTS))


async def reschedule(name: str, schedule: str, *why: str) -> Any:
    return await changed(planning.plan_reschedule(await find(name), schedule, PORTS, *why))


async def delete(name: str) -> Any:
    return await changed(planning.plan_delete(await find(name), PORTS))


async def mended_pause(name: str, number: str, text: str) -> Any:
    return await changed(planning.plan_pause(await find(name), PORTS, fixes={number: text}))


async def new(*draft: str) -> Any:
    return await changed(changes.plan_new(changes.Draft(*draft), PORTS))


async def undo(*number: str) -> Any:
    return await changed(changes.plan_undo(PORTS, *map(int, number)))


async def redo() -> Any:
    return await changed(changes.plan_redo(PORTS))


async def meanwhile(name: str, schedule: str, *command: str) -> Any:
    """Plan a reschedule, have `command` run by somebody else, then apply."""
    plan = await planning.plan_reschedule(await find(name), schedule, PORTS)
    process = await asyncio.create_subprocess_exec(*command)
    await process.wait()
    return (await changes.apply(plan, PORTS)).message


async def state(name: str) -> Any:
    job = await find(name)
    return [job.state, job.schedule]


async def preview(name: str, text: str) -> Any:
    seen = await changes.preview(await find(name), text, PORTS, now())
    return [seen.valid, seen.message, seen.field, seen.words, len(seen.runs)]


VERBS = {
    verb.__name__: verb
    for verb in (
        run,
        start,
        current,
        stop,
        pause,
        resume,
        reschedule,
        delete,
        new,
        undo,
        redo,
        state,
        preview,
    )
} | {"state": state, "preview": preview, "watch": watch, "meanwhile": meanwhile, "mended-pause": mended_pause}


async def main() -> None:
    try:
        print(json.dumps(await VERBS[sys.argv[1]](*sys.argv[2:])))
    except changes.Conflict as stale:
        print(json.dumps({"stale": str(stale)}))
    except Refused as refused:
        print(json.dumps({"refused": str(refused)}))


if __name__ == "__main__":
    asyncio.run(main())
