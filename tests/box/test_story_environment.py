"""One story, in a real terminal, with the real daemon: a job that works in the shell and fails in cron.

It is run with `r` and fails as it does under cron, `v` says why, `a` fixes it, `C` has its exit status kept,
and `w` watches three real cycles to a good verdict. Five cron minutes: no other test need wait so long.
"""

from __future__ import annotations

import json
import re
import subprocess
from typing import Any

from tests.box.federation import install, table
from tests.box.machine import Box, between_looks_of_cron, wait_until
from tests.box.terminal import Terminal

A_CRON_MINUTE = 75.0
THREE_CYCLES = 260.0
LOG = "/home/fed/broken.log"
PROFILE = 'export PATH="$HOME/.local/bin:$PATH" API_TOKEN=s3cr3t-1\n'
SCRIPT = """#!/bin/sh
echo begin
names=$(jq .names) || exit
echo "$names"
"""
TABLE = (
    b"# before\n"
    b'MAILTO=""\n'
    b"0 0 1 1 * true\n"
    b"\n"
    b"# The export\n"
    b"# name: broken\n"
    b'* * * * * sh ~/broken.sh >> ~/broken.log 2>&1; code=$?; echo "exit $code" >> ~/broken.log; exit $code\n'
)
PATH = b"/home/fed/.local/bin:/usr/local/bin:/usr/bin:/bin:/usr/local/games:/usr/games"
MENDED = TABLE.replace(b"# The export\n", b"PATH=" + PATH + b"\n# The export\n")
FAILS = "begin\n/home/fed/broken.sh: 3: jq: not found\nexit 127\n"
WORKS = "begin\njq: found\nexit 0\n"


def log(box: Box) -> str:
    path = box.path(LOG)
    return path.read_text() if path.exists() else ""


def confirm(terminal: Terminal) -> None:
    """Apply the plan that is shown; `y` counts from the first paint on, so it may be pressed again."""
    terminal.wait_for("what will be done")

    def applied() -> bool:
        if terminal.row("y apply"):
            terminal.press("y")
        return not terminal.row("Apply this change?")

    wait_until(applied, 15, "the plan is applied", pause=0.5)


def history(box: Box) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(box.output(["fedtui", "history", "broken", "--json"]))["runs"]
    return found


def test_a_job_that_works_in_the_shell_and_fails_in_cron(box: Box) -> None:
    box.write("/home/fed/.profile", PROFILE)
    box.write("/home/fed/.local/bin/jq", "#!/bin/sh\necho jq: found\n", mode=0o755)
    box.write("/home/fed/broken.sh", SCRIPT)
    assert box.output(["bash", "-lc", "sh ~/broken.sh"]) == "begin\njq: found"
    between_looks_of_cron()
    install(box, TABLE)
    wait_until(lambda: "exit" in log(box), A_CRON_MINUTE, "cron runs the job", pause=0.2)
    assert log(box) == FAILS
    with Terminal(box, ["fedtui"]) as terminal:
        terminal.wait_for("broken", timeout=20)
        terminal.press("j")
        terminal.wait_for("crontab:7 ")
        by_hand_fails_as_under_the_daemon(box, terminal)
        the_environment_says_why_and_fixes_it(box, terminal)
        terminal.press("escape", "escape")
        terminal.wait_for("1 Jobs")
        between_looks_of_cron()
        terminal.wait_for("record exit codes (C")
        terminal.press("C")
        terminal.wait_for("1  record exit codes of broken")
        terminal.press("1")
        confirm(terminal)
        assert (table(box) or b"").count(b"fedtui_run=") == 1
        three_cycles_are_good(box, terminal)
        shown = the_history_has_them(box, terminal)
        box.run(["pkill", "-KILL", "-t", terminal.device.removeprefix("/dev/")], "root", check=True)
    with Terminal(box, ["fedtui"]) as terminal:
        terminal.wait_for("broken", timeout=20)
        assert set(shown) <= set(the_history_has_them(box, terminal)), "a kill loses no row that was shown"
        terminal.press("escape")
        terminal.wait_for("1 Jobs")
        terminal.press("u")
        confirm(terminal)
    assert table(box) == MENDED


def by_hand_fails_as_under_the_daemon(box: Box, terminal: Terminal) -> None:
    between_looks_of_cron()  # whose run of the same minute would write between the lines
    box.write(LOG, "")
    terminal.press("r")
    terminal.wait_for("✗ exit 127")
    terminal.wait_for("127: the shell did not find a command on its PATH.")
    assert log(box).startswith(FAILS)
    run = next(run for run in history(box) if run["trigger"] == "fedtui")
    assert (run["status"], run["exit_code"]) == ("failed", 127)


def the_environment_says_why_and_fixes_it(box: Box, terminal: Terminal) -> None:
    terminal.press("v")
    terminal.wait_for(
        "✗ Works in your shell, fails in cron: line 3 of broken.sh calls jq, and cron's PATH has no"
    )
    assert terminal.row(" ≠ PATH ").split()[2] == "/usr/bin:/bin"
    assert terminal.row(" ✗ jq ").split()[2:] == ["not", "found", "~/.local/bin/jq"]
    assert "s3cr3t" not in terminal.text()
    terminal.wait_for("a add PATH line")
    terminal.press("a")
    confirm(terminal)
    assert table(box) == MENDED
    terminal.wait_gone("Works in your shell")
    terminal.press("r")
    terminal.wait_for("✓ ok")


def three_cycles_are_good(box: Box, terminal: Terminal) -> None:
    """On the screen, and by the verb, which joins the same watch and tells by its exit status."""
    terminal.press("w")
    terminal.wait_for("3 of 3")
    beside = box.popen(["fedtui", "watch", "broken", "--cycles", "3", "--json"], stderr=subprocess.PIPE)
    terminal.wait_for("1 of 3 good so far", timeout=THREE_CYCLES)
    box.run(["pkill", "-KILL", "-u", "fed", "-f", "watch --keep"], check=True)  # whoever looks starts another
    terminal.wait_for("3 of 3 good", timeout=THREE_CYCLES)
    assert len([row for row in terminal.rows() if "✓ ok" in row and "good" in row]) == 3, terminal.text()
    out, err = beside.communicate(timeout=30)
    assert beside.returncode == 0, err
    watch = json.loads(out)["watch"]
    assert [cycle["verdict"] for cycle in watch["cycles"]] == ["ok"] * 3
    for cycle in watch["cycles"]:
        assert (cycle["result"]["exit_code"], cycle["log_lines"]) == (0, 3)
        assert cycle["result"]["evidence"][0] == "exit status, recorder"
        assert 0 <= cycle["late_s"] < 5
    assert log(box).endswith(WORKS * 3)


def the_history_has_them(box: Box, terminal: Terminal) -> list[str]:
    """On the screen, and by the verb; returns the rows of the screen, but for how long ago they were."""
    terminal.press("escape")
    terminal.wait_for("1 Jobs")
    terminal.wait_for_match(r"broken .*✓ ok")
    runs = [(run["status"], run["exit_code"]) for run in history(box) if run["trigger"] == "schedule"]
    assert runs[:3] == [("ok", 0)] * 3
    terminal.press("h")
    terminal.wait_for("its log")
    terminal.wait_for_match(r"✗ .* broken +exit 127")
    rows = [row for row in terminal.rows() if re.search(r"\d\d:\d\d:\d\d broken ", row)]
    assert sum("✓" in row and " cron " in row for row in rows) >= 3, terminal.text()
    return rows
