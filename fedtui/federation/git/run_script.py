"""The sync script, run by the git sync in ROOT before it commits: found, run within a deadline, judged.

It gets the environment that the git sync itself was given by its scheduler. What it prints is passed on as
it comes, and then read by the rules of `results`, as any other job's output is.
"""

from __future__ import annotations

import os
import selectors
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from fedtui.federation import find_scripts
from fedtui.federation.git.sync_result import SyncFailed, SyncResult
from fedtui.federation.profile import DEFAULT_PROFILE, load_profile
from fedtui.model import Outcome, Result
from fedtui.pack import Pack
from fedtui.results import Rules, judge
from fedtui.results.reading import CapturedOutput
from fedtui.system.git_checkout import CancelFlag
from fedtui.system.processes import signal_name
from fedtui.system.program import end_program

KEY = "sync"
"""The key of its job in a profile."""

AFTER = 5.0
"""Seconds that are waited for output of what the script left running in the background."""

PassOutput = Callable[[bytes], None]


@dataclass(frozen=True, slots=True)
class SyncScript:
    """How it is started, and the file that it is."""

    path: Path
    argv: tuple[str, ...]


def find_script(root: Path, pack: Pack | None) -> SyncScript | None:
    """The script that was set up for this ROOT, else the first that is there; None for none.

    Raises ConfigError where the profile cannot be read.
    """
    set_up = pack is not None and Path(pack.root) == root
    job = load_profile(pack.profile if pack is not None and set_up else DEFAULT_PROFILE).job(KEY)
    if pack is not None and set_up and KEY in pack.scripts:
        path: Path | None = Path(pack.scripts[KEY])
    else:
        path = None if job is None else find_scripts.find_script(root, job.scripts)
    if path is None or not path.is_file():
        return None
    return SyncScript(
        path, (*find_scripts.program_for(path, job.program if job is not None else ("bash",)), str(path))
    )


def run_script(
    script: SyncScript, root: Path, rules: Rules, passed: PassOutput, stop: CancelFlag, deadline: float
) -> Result:
    """Run it to its end; the verdict on it. Raises SyncFailed where it cannot be run, fails or is late."""
    began = time.monotonic()
    try:
        process = subprocess.Popen(
            script.argv,
            cwd=root,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    except OSError as error:
        what = f"{script.argv[0]} could not be started: {error.strerror}."
        raise SyncFailed(SyncResult.SCRIPT, what) from error
    stop.started(process)
    output = CapturedOutput()
    in_time = _copy(process, (passed, output.add), began + deadline)
    if stop.asked:
        end_program(process)
        raise SyncFailed(SyncResult.STOPPED, f"{script.path.name} was ended.", "Nothing was committed.")
    if not in_time:
        end_program(process)
        what = f"{script.path.name} ran for more than {deadline:g} s and was ended."
        raise SyncFailed(SyncResult.LATE, what, "Nothing was committed.")
    return _judged(process.wait(), output, rules, script, time.monotonic() - began)


def _judged(code: int, output: CapturedOutput, rules: Rules, script: SyncScript, took: float) -> Result:
    ended = Result(
        Outcome.OK if code == 0 else Outcome.FAILED,
        exit_code=code if code >= 0 else None,
        signal=signal_name(-code) if code < 0 else None,
        duration=took,
    )
    result = judge(ended, output.output(), rules, " ".join(script.argv))
    if result.outcome is Outcome.FAILED:
        how = signal_name(-code) if code < 0 else f"exit status {code}"
        why = f": {result.reasons[0]}" if result.reasons else ""
        kept = "Nothing was committed; what it wrote to data/ is as it left it."
        advice = f"Try it by hand: cd {script.path.parent} && bash {script.path.name}"
        raise SyncFailed(SyncResult.SCRIPT, f"{script.path.name} failed, {how}{why}.", kept, advice)
    return result


def _copy(process: subprocess.Popen[bytes], takers: Sequence[PassOutput], until: float) -> bool:
    """Hand on what the script prints until it has ended; whether it did in time.

    What it left in the background may hold the pipe: that is not waited for much longer than for itself.
    """
    assert process.stdout is not None  # noqa: S101 (PIPE)
    pipe = process.stdout.fileno()
    ended_at: float | None = None
    with selectors.DefaultSelector() as selector:
        selector.register(pipe, selectors.EVENT_READ)
        while (now := time.monotonic()) < until:
            if ended_at is None and process.poll() is not None:
                ended_at = now
            if ended_at is not None and now > ended_at + AFTER:
                return True
            if not selector.select(timeout=0.2):
                continue
            data = os.read(pipe, 65536)
            if not data:
                return _ends(process, until)
            for taker in takers:
                taker(data)
    return process.poll() is not None


def _ends(process: subprocess.Popen[bytes], until: float) -> bool:
    """Wait for the end of a script that closed its output."""
    try:
        process.wait(timeout=max(0.1, until - time.monotonic()))
    except subprocess.TimeoutExpired:
        return False
    return True
