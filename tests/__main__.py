"""`python -m tests [pytest's arguments]`: every test, the booted ones beside the others.

The booted tests mostly wait for a minute of cron's to come, and the others mostly compute: side by side they
take little more than half the time. Each half prints as a whole, the booted one (four machines at a time, a
file's tests on one of them) when it has ended. With a `-m` of the caller's it is plain pytest, which runs
the same tests one after the other.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile

SIDE_BY_SIDE = ("--numprocesses=4", "--dist=loadfile", "--no-loadscope-reorder")
"""Files in the order of their collection: tests/box/conftest.py begins with the longest."""

NO_TESTS = 5
"""pytest's exit status where nothing was selected: `-k crontab` may leave one half empty, never both."""


def main(arguments: list[str]) -> int:
    """Run both halves; 0 where both passed, else the exit status of one that did not."""
    pytest = [sys.executable, "-m", "pytest"]
    if "-m" in arguments:
        return subprocess.run([*pytest, *arguments], check=False).returncode
    with tempfile.TemporaryFile() as said:
        booted = subprocess.Popen(
            [
                *pytest,
                "-m",
                "box",
                "--numprocesses=4",
                "--dist=loadfile",
                "--no-loadscope-reorder",
                *arguments,
            ],
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=subprocess.STDOUT,
        )
        try:
            others = subprocess.run([*pytest, "-m", "not box", *arguments], check=False).returncode
            status = booted.wait()
        finally:
            booted.terminate()
        if status != NO_TESTS:
            said.seek(0)
            sys.stdout.buffer.write(b"\n" + said.read())
            sys.stdout.buffer.flush()
    if others == status == NO_TESTS:
        return NO_TESTS
    return next((code for code in (others, status) if code not in (0, NO_TESTS)), 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
