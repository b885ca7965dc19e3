"""`python -m tests [pytest's arguments]`: every test, the booted ones beside the others.

The booted tests mostly wait for a minute of cron's to come, and the others mostly compute: side by side they
take little more than half the time. Each half prints as a whole, the booted one (four machines at a time, a
file's tests on one of them) when it has ended. With `--booted` as the first argument it is the booted half
alone; with a `-m` of the caller's it is plain pytest, which runs the same tests one after the other.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from typing import NoReturn

SIDE_BY_SIDE = ("--numprocesses=4", "--dist=loadfile", "--no-loadscope-reorder")
"""Files in the order of their collection: tests/box/conftest.py begins with the longest."""

NO_TESTS = 5
"""pytest's exit status where nothing was selected: `-k crontab` may leave one half empty, never both."""


PYTEST = [sys.executable, "-m", "pytest"]
PATIENCE = 30.0
"""Seconds within which a half that was interrupted takes down its machines."""


def main(arguments: list[str]) -> int:
    """Run both halves; 0 where both passed, else the exit status of one that did not."""
    # A shell has its jobs in the background ignore these two, and so would the tests that send them.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGQUIT, signal.SIG_DFL)
    if "-m" in arguments:
        os.execv(sys.executable, [*PYTEST, *arguments])
    booted_only = [*PYTEST, "-m", "box", *SIDE_BY_SIDE]
    if arguments[:1] == ["--booted"]:
        os.execv(sys.executable, [*booted_only, *arguments[1:]])
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:  # as nohup has it
            signal.signal(number, _end)
    with tempfile.TemporaryFile() as said:
        booted = subprocess.Popen(
            [*booted_only, *arguments], stdin=subprocess.DEVNULL, stdout=said, stderr=subprocess.STDOUT
        )
        others = subprocess.Popen([*PYTEST, "-m", "not box and not host", *arguments])
        try:
            codes = others.wait(), booted.wait()
        except KeyboardInterrupt:  # the terminal has interrupted both halves as well
            _await(others, booted)
            return 128 + signal.SIGINT
        except SystemExit:
            others.send_signal(signal.SIGINT)
            booted.send_signal(signal.SIGINT)
            _await(others, booted)
            raise
        if codes[1] != NO_TESTS:
            said.seek(0)
            sys.stdout.buffer.write(b"\n" + said.read())
            sys.stdout.buffer.flush()
    if set(codes) == {NO_TESTS}:
        return NO_TESTS
    return next((code for code in codes if code not in (0, NO_TESTS)), 0)


def _end(number: int, _: object) -> NoReturn:
    sys.exit(128 + number)


def _await(*halves: subprocess.Popen[bytes]) -> None:
    for half in halves:
        try:
            half.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            half.kill()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
