"""Start, follow and stop one run of a cron job, as cron itself would run it.

A detached supervisor (supervisor.py) does the running, so nothing here has to live as long as the job.
"""

from __future__ import annotations

import asyncio
import json
import os
import pwd
import secrets
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from fedtui.action_result import RUN_CONTINUES, OutcomeUnknown, Refused
from fedtui.config import repair
from fedtui.history.database import HistoryError
from fedtui.model import CronFacts, Job, Run, State, Trigger
from fedtui.ports import Ports
from fedtui.runs import run_store
from fedtui.runs.cron_environment import CronAccount, job_environment
from fedtui.runs.output_tail import OutputTail, read_new
from fedtui.runs.run_order import RunOrder
from fedtui.runs.run_record import RunRecord
from fedtui.system.local_time import clock_time
from fedtui.system.self_command import interpreter_environment, module_command, sudo_command

ANSWER_DEADLINE = 20.0
"""Seconds within which a supervisor says that the job has started, or why not."""
POLL = 0.1


async def start(job: Job, cron: CronFacts, ports: Ports, trigger: Trigger) -> Run:
    """Run the job now, detached. Raises Refused: it runs already, is another user's, or cannot start."""
    if job.state is State.BAD_LINE:
        why = job.state_reason or "cron refuses its line"
        raise Refused(f"{job.name} has no command: {why}.", NOTHING_RUN)
    order = await asyncio.to_thread(_order, job, cron, ports, trigger)
    answer = await _launch(order)
    if "busy" in answer:
        raise _busy(job, await asyncio.to_thread(run_store.running_record, ports.config, job.id))
    if "error" in answer:
        raise Refused(f"{job.name} could not be started: {answer['error']}.", NOTHING_RUN)
    record = await asyncio.to_thread(run_store.find_record, ports.config, order.run_id)
    if record is None:
        what = f"{job.name} was started (pid {answer['started']}), but no record of it could be written."
        advice = f"Check that {ports.config.outputs} is yours, writable and not full."
        raise Refused(what, RUN_CONTINUES, advice)
    return record.to_run()


NOTHING_RUN = "Nothing was run."


def _order(job: Job, cron: CronFacts, ports: Ports, trigger: Trigger) -> RunOrder:
    account, switch = _account(job, cron.home, ports)
    try:
        run_store.prepare(ports.config)
        going = run_store.running_record(ports.config, job.id)
    except OSError as error:
        what = f"The run cannot be recorded: {error.filename}: {error.strerror}."
        advice = repair(ports.config.state) or repair(Path(str(error.filename)))
        raise Refused(what, NOTHING_RUN, advice) from error
    if going is not None:
        raise _busy(job, going)
    with suppress(HistoryError):  # the run's own record says it all; the database can follow another time
        run_store.close_run(ports.config, ports.history)
    environment = job_environment(account, cron.environment)
    run_id = secrets.token_hex(8)
    record = run_store.record_path(ports.config, job.id, run_id).absolute()
    return RunOrder(
        run_id=run_id,
        job_id=job.id,
        shell=environment[b"SHELL"],
        command=cron.command,
        stdin=cron.stdin,
        environment=environment,
        account=switch,
        output=str(record.with_suffix(".out")),
        record=str(record),
        lock=str(run_store.lock_path(ports.config, job.id).absolute()),
        database=str(ports.config.database.absolute()),
        log=job.log_path,
        trigger=trigger.value,
        rules=ports.rules.tables(*job.aliases, job.name, job.id),
        product=ports.rules.product_of(job),
    )


def _account(
    job: Job, home: str, ports: Ports
) -> tuple[CronAccount, tuple[int, int, tuple[int, ...]] | None]:
    """Whose job it is, and the ids to switch to where that is someone else; only root can."""
    own = os.geteuid()
    try:
        entry = pwd.getpwuid(own) if job.user in (ports.user, "") else pwd.getpwnam(job.user)
    except KeyError:
        what = f"{job.name} runs as {job.user}, whom this machine does not know."
        raise Refused(what, NOTHING_RUN) from None
    account = CronAccount(entry.pw_name, entry.pw_uid, entry.pw_gid, home or entry.pw_dir, entry.pw_shell)
    if entry.pw_uid == own:
        return account, None
    if own != 0:
        what = f"{job.name} runs as {job.user}, and you are {ports.user}."
        raise Refused(what, NOTHING_RUN, f"Run: {sudo_command('run', job.id)}")
    groups = tuple(os.getgrouplist(entry.pw_name, entry.pw_gid))
    return account, (entry.pw_uid, entry.pw_gid, groups)


def _busy(job: Job, record: RunRecord | None) -> Refused:
    since = "" if record is None else f" since {clock_time(record.to_run().start)}"
    pid = "" if record is None or record.job is None else f", pid {record.job.pid}"
    return Refused(f"{job.name} is running{since}{pid}.", "It was not started twice.", "t stops it.")


async def _launch(order: RunOrder) -> dict[str, object]:
    """Start a supervisor and return its one answer. It does not inherit the terminal."""
    process = await asyncio.create_subprocess_exec(
        *module_command("fedtui.runs.supervisor"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
        cwd="/",
        env=interpreter_environment(),
    )
    try:
        said, complaint = await asyncio.wait_for(process.communicate(order.to_json()), ANSWER_DEADLINE)
    except TimeoutError:
        # It is not killed: it may have started the job, and its record will say so.
        what = f"The run's supervisor did not answer within {ANSWER_DEADLINE:.0f} s."
        advice = f"Check with: fedtui history {order.job_id}"
        raise OutcomeUnknown(what, advice) from None
    try:
        answer = json.loads(said)
    except ValueError:
        answer = None
    if not isinstance(answer, dict):
        last = complaint.decode("utf-8", "replace").strip().splitlines()[-1:]
        raise Refused(f"The run's supervisor failed: {''.join(last) or 'no answer'}.", NOTHING_RUN)
    return answer


async def follow(record: RunRecord, ports: Ports) -> AsyncIterator[tuple[bytes, RunRecord]]:
    """What the run printed, from its beginning, and what the job appended to its own log meanwhile.

    Yields at once, then whenever there is news; the last record has its end.
    """
    tails = [OutputTail(record.output)]
    if record.log is not None:
        tails.append(OutputTail(record.log, record.log_offset, record.log_before.encode("latin-1")))
    first = True
    while True:
        record, tails, data = await asyncio.to_thread(_look, record, tails, ports)
        ended = record.end is not None and len(data) == 0
        if data or first or ended:
            yield data, record if ended else replace(record, end=None)
        if ended:
            return
        first = False
        if not data:
            await asyncio.sleep(POLL)


def _look(
    record: RunRecord, tails: list[OutputTail], ports: Ports
) -> tuple[RunRecord, list[OutputTail], bytes]:
    """The record first: what is read after a recorded end is all there is."""
    newest = run_store.find_record(ports.config, record.id) or record
    newest = run_store.ended(ports.config, newest)
    news = [read_new(tail) for tail in tails]
    return newest, [tail for tail, _ in news], b"".join(data for _, data in news)
