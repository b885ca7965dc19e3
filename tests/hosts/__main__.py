"""`python -m tests.hosts [pytest's arguments]`: the tests on each host, then docs/hosts.md from what passed.

The page is written only by a run of all of them.
"""

from __future__ import annotations

import inspect
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET
from pathlib import Path

from tests.box.base import BASES
from tests.box.machine import CHECKOUT
from tests.hosts import test_daemons

PAGE = CHECKOUT / "docs" / "hosts.md"
NAMES = {
    "debian": "Debian 12 cron",
    "debian-13": "Debian 13 cron",
    "cronie": "cronie",
    "systemd-cron": "systemd-cron",
    "bcron": "bcron",
    "busybox": "BusyBox crond",
}
HEAD = """# Crons that fedtui works with

Written by `make hosts` from the booted tests in `tests/hosts`; `yes` is a test that passed with that daemon,
from its Debian package. Of systemd, Debian 12 has 252, Debian 13 has 257.

"""
NOTES = """
- **systemd-cron** makes a timer of each line: the row is the line, its runs and exit codes the timer's. It
  misses a change of a table while it reads another one; such a line is shown as not loaded, with the command
  that has it read again (FT010). Its crontab(1) turns CRLF into LF.
- **bcron** of Debian reads a changed table after the next minute has begun, and writes no starts to the log.
  Its init script cannot stop it.
- **BusyBox's crond** reads the tables of users only, and of settings only SHELL, PATH and MAILTO. As root,
  another user's table is compared and then written, not both in one step.
- **cronie** without a mailer writes the output of jobs to the system's log.
"""


def capabilities() -> list[tuple[str, str]]:
    """Each test that runs on every host: its name, and what it shows."""
    return [
        (name, (inspect.getdoc(test) or name).rstrip("."))
        for name, test in vars(test_daemons).items()
        if name.startswith("test_") and "host" in inspect.signature(test).parameters
    ]


def page(passed: set[str]) -> str:
    """The page, where the tests of these ids ("test_x[cronie]") passed."""
    rows = [["", *NAMES.values()], ["---", *("---" for _ in NAMES)]]
    for name, words in capabilities():
        rows.append([words, *("yes" if f"{name}[{base}]" in passed else "no" for base in NAMES)])
    return HEAD + "".join(f"| {' | '.join(row)} |\n" for row in rows) + NOTES


def main(arguments: list[str]) -> int:
    """Run the tests, several hosts side by side; pytest's exit status."""
    with tempfile.TemporaryDirectory(prefix="fedtui-hosts-") as folder:
        report = Path(folder) / "report.xml"
        chosen = ["--numprocesses=6", "--dist=loadgroup", f"--junitxml={report}", *arguments]
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "tests/hosts", *chosen], check=False, cwd=CHECKOUT
        )
        if not arguments and report.exists():
            passed = {
                case.attrib["name"].partition("@")[0]
                for case in ET.parse(report).iter("testcase")
                if not len(case)
            }
            PAGE.write_text(page(passed), encoding="utf-8")
    return done.returncode


if __name__ == "__main__":
    assert set(NAMES) == set(BASES)
    sys.exit(main(sys.argv[1:]))
