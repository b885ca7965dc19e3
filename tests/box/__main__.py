"""A box to look around in: a shell as fed (or the user named), and the box ends with it. Root only."""

from __future__ import annotations

import os
import subprocess
import sys

from tests.box.machine import Box, why_not


def main() -> int:
    """Boot, run a shell (or the command after the user's name) in this terminal, take the box down."""
    reason = why_not()
    if reason:
        print(reason, file=sys.stderr)
        return 2
    user, *argv = sys.argv[1:] or ["fed"]
    with Box() as box:
        command = box.command(argv or ["bash", "-l"], user, env={"TERM": os.environ.get("TERM", "dumb")})
        return subprocess.call(command)


if __name__ == "__main__":
    sys.exit(main())
