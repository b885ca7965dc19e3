"""`python -m tests.hosts [pytest's arguments]`: the tests on each host, then docs/hosts.md from what passed.

The page is written only by a run of all of them.
"""

from __future__ import annotations

import inspect
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET
from collections.abc import Sequence, Set
from pathlib import Path
from types import ModuleType

from tests.box.base import BASES
from tests.box.machine import CHECKOUT
from tests.hosts import test_daemons, test_kinds
from tests.hosts.kinds import KINDS

PAGE = CHECKOUT / "docs" / "hosts.md"
NAMES = {
    "debian": "Debian 12 cron",
    "debian-13": "Debian 13 cron",
    "cronie": "cronie",
    "systemd-cron": "systemd-cron 1",
    "systemd-cron-2": "systemd-cron 2",
    "bcron": "bcron",
    "busybox": "BusyBox crond",
}
HEAD = """# Crons and hosts that fedtui works with

Written by `make hosts` from the booted tests in `tests/hosts`; `yes` is a test that passed with that daemon,
from its Debian package. Of systemd, Debian 12 has 252, Debian 13 has 257.

"""
NOTES = """
- **systemd-cron** makes a timer of each line: the row is the line, its runs and exit codes the timer's. It
  misses a change of a table while it reads another one: fedtui then writes the table again, and where the old
  timers still run says so, with exit status 4, FT010 and the command that has it read again. Its version 2
  (Debian 13) reads nothing more after five changes in ten seconds. That of version 1 turns CRLF into LF.
- **bcron** of Debian reads a changed table after the next minute has begun, and writes no starts to the log.
  Its init script cannot stop it.
- **BusyBox's crond** reads the tables of users only, and of settings only SHELL, PATH and MAILTO. As root,
  another user's table is compared and then written, not both in one step.
- **cronie** without a mailer writes the output of jobs to the system's log.
"""


OTHERWISE = """
## Hosts that lack something

Each is Debian 12 (with rsyslog: 13), made so by the script in `tests/hosts/kinds.py`. What a host does not
have is counted as not applicable: it is no finding, and nothing is unchecked for it.

"""
REFUSED = "refused, nothing changed"
HELPED = "with the command that it names"
CELLS = {
    "test_changes_leave_every_other_byte_and_are_undone[systemd-cron-2]": HELPED,
    "test_what_does_not_apply_is_neither_found_nor_unchecked[no-bash]": "finds the scripts that need it",
    "test_what_does_not_apply_is_neither_found_nor_unchecked[read-only-home]": "not checked: series of runs",
    "test_a_job_is_paused_and_resumed[read-only-root]": REFUSED,
    "test_a_job_is_paused_and_resumed[read-only-home]": REFUSED,
    "test_a_job_is_paused_and_resumed[read-only-units]": "until the next boot, said",
    "test_a_job_is_run_and_its_end_is_known[read-only-home]": "refused, nothing run",
    "test_the_federation_is_set_up_and_taken_away[read-only-root]": REFUSED,
    "test_the_federation_is_set_up_and_taken_away[read-only-home]": REFUSED,
}
"""What the page says in place of yes, where a test shows that instead."""


def capabilities(module: ModuleType, fixture: str) -> list[tuple[str, str]]:
    """Each test of the module that runs on every host: its name, and what it shows."""
    return [
        (name, (inspect.getdoc(test) or name).rstrip("."))
        for name, test in vars(module).items()
        if name.startswith("test_") and fixture in inspect.signature(test).parameters
    ]


def page(passed: Set[str]) -> str:
    """The page, where the tests of these ids ("test_x[cronie]") passed."""

    def cell(test: str, name: str) -> str:
        case = f"{test}[{name}]"
        return CELLS.get(case, "yes") if case in passed else "no"

    crons = [
        [words, *(cell(test, base) for base in NAMES)] for test, words in capabilities(test_daemons, "host")
    ]
    tests = capabilities(test_kinds, "bare")
    kinds = [[kind.title, *(cell(test, name) for test, _ in tests)] for name, kind in KINDS.items()]
    words = [text for _, text in tests]
    return HEAD + _table(list(NAMES.values()), crons) + NOTES + OTHERWISE + _table(words, kinds)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [["", *head], ["---", *("---" for _ in head)], *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def main(arguments: list[str]) -> int:
    """Run the tests, several hosts side by side; pytest's exit status."""
    with tempfile.TemporaryDirectory(prefix="fedtui-hosts-") as folder:
        report = Path(folder) / "report.xml"
        chosen = ["--numprocesses=10", "--dist=loadgroup", f"--junitxml={report}", *arguments]
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
