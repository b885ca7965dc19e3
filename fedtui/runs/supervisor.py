"""The process that starts one cron job by hand and stays with it until it ends.

`python -P -m fedtui.runs.supervisor`, with the run's particulars as JSON on standard input. It leaves
the terminal (own session, standard streams to /dev/null), takes the job's lock, starts the job's shell as
cron's child would (do_command.c: setsid, umask 022, working directory HOME, pipes for all three streams)
and records exit status, duration and output. One JSON line on standard output tells the process that asked:
`{"started": PID}`, `{"busy": RUN_ID}` or `{"error": MESSAGE}`; after it the two have nothing in common.
"""

from __future__ import annotations

import json
import os
import selectors
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any

from fedtui.runs.output_tail import OutputTail, end_of, was_truncated
from fedtui.runs.run_order import RunOrder
from fedtui.runs.run_output import OutputFile
from fedtui.runs.run_record import RunRecord, write_record
from fedtui.system import lock_file
from fedtui.system.processes import process_identity

_CHUNK = 64 * 1024


def main() -> int:
    """Read the order, answer once, stay with the run. The exit status is of no interest to anyone."""
    order = RunOrder.from_json(sys.stdin.buffer.read())
    if os.fork():
        os._exit(0)  # the parent reaps this one; the supervisor is init's child from here on
    for ignored in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGPIPE):
        signal.signal(ignored, signal.SIG_IGN)
    answer = os.dup(1)
    null = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(null, stream)
    try:
        lock = _take_lock(order)
        if lock is None:
            _tell(answer, {"busy": order.run_id})
            return 0
        supervision = _start(order)
    except OSError as error:
        _tell(answer, {"error": _why_not(error)})
        return 1
    _tell(answer, {"started": supervision.process.pid})
    supervision.stay(lock)
    return 0


def _take_lock(order: RunOrder) -> int | None:
    """The descriptor that holds the job's lock, or None while another run of the job holds it."""
    try:
        return lock_file.take(Path(order.lock))
    except BlockingIOError:
        return None


def _tell(answer: int, message: dict[str, object]) -> None:
    try:
        os.write(answer, json.dumps(message).encode() + b"\n")
    except OSError:
        pass  # the process that asked is gone; the run continues
    finally:
        os.close(answer)


def _why_not(error: OSError) -> str:
    """As cron's child would put it: it cannot enter the home folder, or cannot start the shell."""
    named = error.filename.decode("utf-8", "replace") if isinstance(error.filename, bytes) else error.filename
    return f"{named}: {error.strerror}" if named else str(error)


def _start(order: RunOrder) -> Supervisor:
    log_offset, log_before = end_of(order.log)
    output = OutputFile(order.output)
    uid, gid, groups = order.account or (None, None, None)
    began = time.monotonic()
    start = time.time()
    process = subprocess.Popen(
        [order.shell, b"-c", order.command],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=order.environment,
        cwd=order.environment[b"HOME"],
        start_new_session=True,
        umask=0o022,
        user=uid,
        group=gid,
        extra_groups=groups,
        bufsize=0,
    )
    record = RunRecord(
        id=order.run_id,
        job_id=order.job_id,
        start=start,
        output=order.output,
        job=process_identity(process.pid),
        supervisor=process_identity(os.getpid()),
        uid=os.getuid() if uid is None else uid,
        log=order.log,
        log_offset=log_offset,
        log_before=log_before.decode("latin-1"),
        trigger=order.trigger,
    )
    supervision = Supervisor(order, process, output, record, began)
    supervision.record_start()
    return supervision


@dataclass(slots=True)
class Supervisor:
    """One started run: feeds it, keeps its output, records its end. `began` is by the monotonic clock."""

    order: RunOrder
    process: subprocess.Popen[bytes]
    output: OutputFile
    record: RunRecord
    began: float

    def __post_init__(self) -> None:
        signal.signal(signal.SIGTERM, self._pass_on)

    def _pass_on(self, number: int, _frame: object) -> None:
        """A SIGTERM to the supervisor is meant for the job; it stays to record how the job took it."""
        try:
            if self.process.poll() is None:
                os.killpg(self.process.pid, number)
        except ProcessLookupError:
            pass  # it ended by itself just now

    def record_start(self) -> None:
        """Write the record, then the database; neither failing may cost the run."""
        _kept(lambda: write_record(Path(self.order.record), self.record))
        _kept(self._begin)

    def stay(self, lock: int) -> None:
        """Until the shell ends: copy its output. After it: record, unlock, and copy what it left behind.

        Cron, too, reads on while background processes hold the pipe; a reader that went away would kill
        them with SIGPIPE.
        """
        assert self.process.stdin is not None  # noqa: S101 (PIPE)
        assert self.process.stdout is not None  # noqa: S101 (PIPE)
        threading.Thread(target=self._feed, args=(self.process.stdin,), daemon=True).start()
        ended_read, ended_write = os.pipe()
        threading.Thread(target=self._wait, args=(ended_write,), daemon=True).start()
        pipe = self.process.stdout.fileno()
        os.set_blocking(pipe, False)
        with selectors.DefaultSelector() as selector:
            selector.register(ended_read, selectors.EVENT_READ)
            selector.register(pipe, selectors.EVENT_READ)
            open_pipe, ended = True, False
            while open_pipe or not ended:
                ready = [key.fd for key, _ in selector.select()]
                if pipe in ready and not self._copy(pipe, every=ended_read in ready):
                    selector.unregister(pipe)
                    open_pipe = False
                if ended_read in ready:
                    selector.unregister(ended_read)
                    ended = True
                    if open_pipe:
                        self._copy(pipe, every=True)
                    self.output.close_tail()
                    self._record_end()
                    os.close(lock)
        self.output.close_tail()

    def _feed(self, stdin: IO[bytes]) -> None:
        """Cron gives every job a pipe: with the text after `%`, or at its end at once."""
        try:
            if self.order.stdin is not None:
                stdin.write(self.order.stdin)
            stdin.close()
        except OSError:
            pass  # the job did not read it all, which is its right

    def _wait(self, ended: int) -> None:
        self.process.wait()
        os.write(ended, b".")

    def _copy(self, pipe: int, *, every: bool) -> bool:
        """Move what is there into the output file; False once the pipe is at its end."""
        while True:
            try:
                data = os.read(pipe, _CHUNK)
            except BlockingIOError:
                return True
            if not data:
                return False
            self.output.write(data)
            if not every:
                return True

    def _record_end(self) -> None:
        from fedtui.system.path_lookup import doubt_of_line

        code = self.process.wait()
        self.record = replace(
            self.record,
            end=time.time(),
            duration=time.monotonic() - self.began,
            status=code if code >= 0 else None,
            signal=-code if code < 0 else None,
            doubt=doubt_of_line(self.order.command, self.order.shell) if code == 0 else "",
            dropped=self.output.dropped,
            log_start=self._log_start(),
            log_end=end_of(self.order.log)[0] if self.order.log else None,
        )
        # The status is on the disk before the output is read, which may take a while, or fail.
        _kept(lambda: write_record(Path(self.order.record), replace(self.record, judging=True)))
        self.record = replace(self.record, verdict=_verdict(self.record, self.order))
        _kept(lambda: write_record(Path(self.order.record), self.record))
        _kept(self._finish)

    def _log_start(self) -> int | None:
        """Where the run's bytes begin in the job's log, which it may have truncated."""
        from fedtui.crontab import read_command

        record = self.record
        if record.log is None:
            return None
        tail = OutputTail(record.log, record.log_offset, record.log_before.encode("latin-1"))
        order = self.order
        home = order.environment[b"HOME"].decode("utf-8", "surrogateescape")
        # A job that truncates its log and writes the same words leaves no trace of that in the file.
        line = read_command(order.command, home, tuple(order.environment.items()))
        truncated = line.overwrites_log or was_truncated(tail)
        return 0 if truncated else record.log_offset

    def _begin(self) -> None:
        from fedtui.history.database import History

        History(Path(self.order.database)).begin_run(self.record.to_run())

    def _finish(self) -> None:
        from fedtui.history.database import History

        run = self.record.to_run()
        if run.end is not None and run.result is not None:
            History(Path(self.order.database)).finish_run(run.id, run.end, run.result)


def _verdict(record: RunRecord, order: RunOrder) -> str:
    """The result with what the run printed, as JSON; empty where the rules cannot be used."""
    from fedtui.config import FRESHNESS, ConfigError
    from fedtui.history.rows import result_to_json
    from fedtui.results import judge, rules_of
    from fedtui.runs.run_text import output_at, renewal_at

    try:
        rules = rules_of(*order.rules)
    except ConfigError as error:
        print(f"fedtui: the output was not read: {error}", file=sys.stderr)
        return ""
    run = record.to_run()
    home = order.environment[b"HOME"].decode("utf-8", "surrogateescape")
    command = order.command.decode("utf-8", "replace")
    notes = Path(order.database).with_name(FRESHNESS)
    product = renewal_at(order.product, run.start, run.end, notes)
    result = judge(record.by_status(), output_at(run, home), rules, command, product=product)
    return result_to_json(result)


def _kept(write: Any) -> None:
    """Do one of the two recordings; the other is there for the case that it fails."""
    from fedtui.history.database import HistoryError

    try:
        write()
    except (OSError, HistoryError) as error:
        print(f"fedtui: a run was not recorded: {error}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
