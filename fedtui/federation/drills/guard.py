"""The process that cleans up after a drill that was killed.

`python -P -m fedtui.federation.drills.guard JOURNAL` leaves the terminal, and waits for the end of its
standard input, which the drill holds open as long as it lives, however it ends. A drill that ended by itself
has cleaned up, and the guard finds nothing to do.
"""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

from fedtui.federation.drills.drill_journal import clean_up
from fedtui.system.self_command import interpreter_environment, module_command

READY = b"ready\n"
_READY_WITHIN = 30.0
_TRIES = 5
_PAUSE = 3.0


class GuardError(Exception):
    """The guard could not be started; without it no drill is run."""


class Guard:
    """A guard over one journal, as the drill holds it; `dismiss` it after cleaning up."""

    def __init__(self, journal: Path) -> None:
        """Start it and wait until it is on its post. Blocking; raises GuardError."""
        try:
            self._process = subprocess.Popen(
                (*module_command("fedtui.federation.drills.guard"), str(journal)),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
                cwd="/",
                env=interpreter_environment(),
            )
        except OSError as error:
            raise GuardError(f"the guard of the drill could not be started: {error}") from error
        out = self._process.stdout
        if out is None or not select.select([out], [], [], _READY_WITHIN)[0] or out.readline() != READY:
            self._process.kill()
            self._process.wait()
            raise GuardError("the guard of the drill did not come to its post")

    @property
    def pid(self) -> int:
        """The guard's process."""
        return self._process.pid

    def dismiss(self) -> None:
        """Let it go. It looks once whether something is left to do, and ends."""
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
        try:
            self._process.wait(timeout=5.0)
        except subprocess.TimeoutExpired:
            return  # it has something to do, and does it without us


def main() -> int:
    """Wait until the drill is gone, then clean up; what fails is tried again a few times."""
    journal = Path(sys.argv[1])
    for ignored in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM, signal.SIGPIPE):
        signal.signal(ignored, signal.SIG_IGN)
    os.write(1, READY)
    while os.read(0, 4096):
        pass
    for attempt in range(_TRIES):
        if attempt:
            time.sleep(_PAUSE)
        if not clean_up(journal):
            return 0
    return 1  # the journal stays, and the next look at the drills tells of it


if __name__ == "__main__":
    sys.exit(main())
