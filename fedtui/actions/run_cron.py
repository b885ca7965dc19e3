"""Start, follow and stop one run of a cron job, as cron itself would run it.

A detached supervisor (supervisor.py) does the running, so nothing here has to live as long as the job.
"""

from __future__ import annotations

import asyncio
import json
import os
import pwd
import secrets
import sys
from dataclasses import dataclass, replace
from pathlib import Path

from fedtui.actions import run_store
from fedtui.actions.cron_environment import Account, job_environment
from fedtui.actions.plan import Refused
from fedtui.actions.ports import Ports
from fedtui.actions.run_record import RunRecord
from fedtui.actions.supervisor import Order
from fedtui.history.database import HistoryError
from fedtui.model import CronFacts, Job, Run

ANSWER_DEADLINE = 20.0
"""Seconds within which a supervisor says that the job has started, or why not."""
POLL = 0.1
_FINGERPRINT = 64
_CHUNK = 256 * 1024


async def start(job: Job, ports: Ports) -> Run:
    """Run the job now, detached. Raises Refused: it runs already, is another user's, or cannot start."""
    if job.cron is None:
        raise Refused(f"{job.name} has no command: {job.state_reason or 'cron refuses its line'}.", NOTHING_RUN)
    order = await asyncio.to_thread(_order, job, job.cron, ports)
    answer = await _launch(order)
    if "busy" in answer:
        raise _busy(job, await asyncio.to_thread(run_store.running, ports.config, job.id))
    if "error" in answer:
        raise Refused(f"{job.name} could not be started: {answer['error']}.", NOTHING_RUN, "v shows why in cron.")
    record = await asyncio.to_thread(run_store.find_record, ports.config, order.run_id)
    if record is None:
        raise Refused(
            f"{job.name} was started (pid {answer['started']}), but no record of it could be written.",
            "The run goes on.",
            f"Check that {ports.config.outputs} is yours, writable and not full.",
        )
    return record.to_run()


NOTHING_RUN = "Nothing was run."


def _order(job: Job, cron: CronFacts, ports: Ports) -> Order:
    account, switch = _account(job, ports)
    try:
        run_store.prepare(ports.config)
    except OSError as error:
        raise Refused(f"The output has no place to go: {error}.", NOTHING_RUN) from error
    going = run_store.running(ports.config, job.id)
    if going is not None:
        raise _busy(job, going)
    try:
        run_store.settle(ports.config, ports.history)
    except HistoryError:
        pass  # the run's own record says it all; the database is brought up to date another time
    environment = job_environment(account, cron.environment)
    run_id = secrets.token_hex(8)
    record = run_store.record_path(ports.config, job.id, run_id).absolute()
    return Order(
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
    )


def _account(job: Job, ports: Ports) -> tuple[Account, tuple[int, int, tuple[int, ...]] | None]:
    """Whose job it is, and the ids to switch to where that is someone else; only root can."""
    own = os.geteuid()
    try:
        entry = pwd.getpwuid(own) if job.user in (ports.user, "") else pwd.getpwnam(job.user)
    except KeyError:
        raise Refused(f"{job.name} runs as {job.user}, whom this machine does not know.", NOTHING_RUN) from None
    account = Account(entry.pw_name, entry.pw_uid, entry.pw_gid, entry.pw_dir, entry.pw_shell)
    if entry.pw_uid == own:
        return account, None
    if own != 0:
        raise Refused(
            f"{job.name} runs as {job.user}, and you are {ports.user}.", NOTHING_RUN, f"Run: sudo fedtui run {job.id}"
        )
    groups = tuple(os.getgrouplist(entry.pw_name, entry.pw_gid))
    return account, (entry.pw_uid, entry.pw_gid, groups)


def _busy(job: Job, record: RunRecord | None) -> Refused:
    since = "" if record is None else f" since {record.to_run().start.astimezone():%H:%M:%S}"
    pid = "" if record is None or record.job is None else f", pid {record.job.pid}"
    return Refused(f"{job.name} is running{since}{pid}.", "It was not started twice.", "t stops it.")


async def _launch(order: Order) -> dict[str, object]:
    """Start a supervisor and return its one answer. It does not inherit the terminal."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-m", "fedtui.actions.supervisor"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
        cwd="/",
        env=_interpreter_environment(),
    )
    try:
        said, complaint = await asyncio.wait_for(process.communicate(order.to_json()), ANSWER_DEADLINE)
    except TimeoutError:
        # It is not killed: it may have started the job, and its record will say so.
        raise Refused(
            f"The run's supervisor did not answer within {ANSWER_DEADLINE:.0f} s.",
            "Whether the job has started is not known.",
            "The history of runs (h) shows it once it does.",
        ) from None
    try:
        answer = json.loads(said)
    except ValueError:
        answer = None
    if not isinstance(answer, dict):
        last = complaint.decode("utf-8", "replace").strip().splitlines()[-1:]
        raise Refused(f"The run's supervisor failed: {''.join(last) or 'no answer'}.", NOTHING_RUN)
    return answer


def _interpreter_environment() -> dict[str, str]:
    """Ours, with the place this package was loaded from where Python would not find it by itself."""
    package = str(Path(__file__).resolve().parents[2])
    paths = [package, *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(dict.fromkeys(paths))}


@dataclass(frozen=True, slots=True)
class Tail:
    """How far one file was read. `before` are the bytes just before `offset`: where they changed, the file was
    truncated and written anew, and is read from its beginning.
    """

    path: str
    offset: int = 0
    before: bytes = b""


def tail_from(path: str, offset: int) -> Tail:
    """A tail that begins at `offset`, as the file is now."""
    try:
        with Path(path).open("rb") as stream:
            start = max(0, offset - _FINGERPRINT)
            stream.seek(start)
            return Tail(path, offset, stream.read(offset - start))
    except OSError:
        return Tail(path)


def read_on(tail: Tail) -> tuple[Tail, bytes]:
    """What the file has beyond the tail, at most 256 KiB of it, and the tail moved on. Blocking."""
    try:
        with Path(tail.path).open("rb") as stream:
            start = max(0, tail.offset - len(tail.before))
            stream.seek(start)
            head = stream.read(tail.offset - start)
            if head != tail.before:
                stream.seek(0)
                tail = Tail(tail.path)
            data = stream.read(_CHUNK)
    except OSError:
        return tail, b""
    before = (tail.before + data)[-_FINGERPRINT:]
    return replace(tail, offset=tail.offset + len(data), before=before), data
