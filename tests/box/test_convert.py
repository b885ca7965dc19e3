"""Cron lines into timers and back, with the real cron and the real managers; the job really runs."""

from __future__ import annotations

import json
import sys

import pytest

from tests.box.actor import ENVIRONMENT
from tests.box.machine import Box, between_looks_of_cron, wait_until

UNITS = ".config/systemd/user"
TABLE = """\
# mine
PATH=/home/fed/bin:/usr/bin:/bin
GREETING = hello  100%

# what it does
# name: the sync
* * * * * bash "/home/fed/my scripts/sync.sh" one 'two  3' >> /home/fed/sync.log 2>&1
*/10 3 1,15 * 5 cat > out; (echo "$GREETING \\% $PATH"; pwd) >> out%first%second \\% line
@reboot true
5 5 * * * true
"""


@pytest.fixture
def table(box: Box) -> Box:
    box.write("/home/fed/my scripts/sync.sh", 'echo "$# $1 $2 $GREETING $SHELL $PWD $(command -v tool)"\n')
    box.write("/home/fed/bin/tool", "#!/bin/sh\n", mode=0o755)
    box.run(["crontab", "-"], input=TABLE, check=True)
    box.run(["rm", "-f", "sync.log"])
    return box


def fedtui(box: Box, *words: str, user: str = "fed", status: int = 0) -> str:
    done = box.run([sys.executable, "-P", "-m", "fedtui", *words], user, env=ENVIRONMENT, timeout=60)
    assert done.returncode == status, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout + done.stderr


def crontab(box: Box, user: str = "fed") -> str:
    return box.run(["crontab", "-l"], user).stdout


def ctl(box: Box, *words: str) -> str:
    return box.run(["systemctl", "--user", *words]).stdout.strip()


def test_a_line_becomes_a_timer_that_runs_it_and_a_line_again(table: Box) -> None:
    box = table
    told = fedtui(box, "convert", "the sync", "--to", "user", "--yes")
    assert "the-sync.timer of your systemd runs it every minute, and cron no longer" in told
    assert "systemctl --user enable --now the-sync.timer" in told
    assert "the sync is run by the-sync.timer now. Undo: fedtui undo 1" in told
    assert "sync.sh" not in crontab(box)
    assert "# mine" in crontab(box)
    service = box.run(["cat", f"{UNITS}/the-sync.service"]).stdout
    assert 'ExecStart=/usr/bin/bash "/home/fed/my scripts/sync.sh" one "two  3"\n' in service
    assert "StandardOutput=append:/home/fed/sync.log\n" in service
    assert 'Environment="GREETING=hello  100%%"\n' in service
    box.run(["systemctl", "--user", "start", "the-sync.service"], check=True)
    ran = box.run(["cat", "sync.log"]).stdout
    assert ran.splitlines()[0] == "2 one two  3 hello  100% /bin/sh /home/fed /home/fed/bin/tool"
    box.run(["rm", "sync.log"])
    wait_until(lambda: box.run(["cat", "sync.log"]).stdout, 75, "the timer runs it")
    between_looks_of_cron()
    told = fedtui(box, "convert", "the-sync", "--to", "cron", "--yes")
    assert "the-sync.timer is run by cron now." in told
    assert crontab(box).endswith(
        "5 5 * * * true\n"
        "# what it does\n"
        "# name: the sync\n"
        "* * * * * /usr/bin/bash '/home/fed/my scripts/sync.sh' one 'two  3' >> /home/fed/sync.log 2>&1\n"
    )
    assert box.run(["ls", UNITS]).stdout == ""
    assert ctl(box, "is-active", "the-sync.timer") == "inactive"
    box.run(["rm", "-f", "sync.log"])
    wait_until(lambda: box.run(["cat", "sync.log"]).stdout, 75, "cron runs it")
    assert box.run(["cat", "sync.log"]).stdout.splitlines()[0] == ran.splitlines()[0]


def test_the_history_of_a_job_follows_it_to_a_timer_and_back(table: Box) -> None:
    def oldest(key: str) -> tuple[str, str, str]:
        said = fedtui(table, "history", key, "--json")
        run = json.loads(said[: said.rindex("}") + 1])["runs"][-1]
        return run["id"], run["job"], run["name"]

    line = "crontab:" + key_of(table, "* * * * *")
    fedtui(table, "run", line, "--wait")
    first = oldest("the sync")
    assert first[1:] == (line, "the sync")
    fedtui(table, "convert", "the sync", "--to", "user", "--yes")
    timer = (first[0], "user-timer:the-sync.timer", "the-sync.timer")
    for key in ("the-sync", "user-timer:the-sync.timer", "the sync", line):
        assert oldest(key) == timer
        assert "never" not in fedtui(table, "show", key)
    fedtui(table, "convert", "the-sync", "--to", "cron", "--yes")
    again = oldest("the sync")
    assert (again[0], again[2]) == (first[0], "the sync")
    assert again[1] not in (first[1], timer[1])
    fedtui(table, "undo", "--yes")
    assert oldest("the-sync") == timer
    fedtui(table, "undo", "--yes")
    for key in ("the sync", "the-sync.timer", "user-timer:the-sync.timer"):
        assert oldest(key) == first
    told = fedtui(table, "pause", "the-sync.timer", "--yes", status=2)
    assert "there is no job 'the-sync.timer' any more; its name is now the sync" in told


def test_undo_puts_both_sides_back(table: Box) -> None:
    before = crontab(table)
    units = table.run(["sh", "-c", "find .config 2>/dev/null | sort"]).stdout
    fedtui(table, "convert", "the sync", "--to", "user", "--yes")
    fedtui(table, "undo", "--yes")
    assert crontab(table) == before
    assert table.run(["sh", "-c", "find .config 2>/dev/null | sort"]).stdout == units
    assert ctl(table, "is-active", "the-sync.timer") == "inactive"
    fedtui(table, "redo", "--yes")
    assert ctl(table, "is-active", "the-sync.timer") == "active"
    assert "sync.sh" not in crontab(table)
    fedtui(table, "undo", "--yes")
    assert crontab(table) == before


def test_a_timer_paused_meanwhile_comes_back_as_a_paused_line(table: Box) -> None:
    before = crontab(table)
    fedtui(table, "convert", "the sync", "--to", "user", "--yes")
    fedtui(table, "pause", "the-sync", "--yes")
    step = json.loads(fedtui(table, "undo", "--list", "--json"))["steps"][1]["id"]
    told = fedtui(table, "undo", str(step), "--yes")
    assert "the-sync.timer is off: its line comes back paused." in told
    assert crontab(table) == before.replace("\n* * * * * bash", "\n#fedtui:paused# * * * * * bash")
    told = fedtui(table, "undo", "--yes")
    assert "the-sync.timer is gone: it is not switched on." in told
    assert "#fedtui:paused# * * * * * bash" in crontab(table)
    fedtui(table, "resume", "the sync", "--yes")
    assert crontab(table) == before


def test_the_schedule_of_a_timer_that_is_gone_can_be_taken_back(table: Box) -> None:
    fedtui(table, "convert", "the sync", "--to", "user", "--yes")
    fedtui(table, "reschedule", "the-sync", "*:0/7", "--yes")
    step = json.loads(fedtui(table, "undo", "--list", "--json"))["steps"][1]["id"]
    fedtui(table, "undo", str(step), "--yes")
    fedtui(table, "undo", "--yes")
    assert not table.run(["sh", "-c", f"ls {UNITS}/the-sync.timer.d"]).stdout


def test_input_variables_and_shell_of_a_line_are_kept(table: Box) -> None:
    fedtui(table, "convert", "cat", "--to", "user", "--yes")
    timer = table.run(["cat", f"{UNITS}/cat.timer"]).stdout
    assert "OnCalendar=*-*-01,15 03:00..50/10:00\nOnCalendar=Fri *-*-* 03:00..50/10:00\n" in timer
    table.run(["systemctl", "--user", "start", "cat.service"], check=True)
    assert table.run(["cat", "out"]).stdout == (
        "first\nsecond % line\nhello  100% % /home/fed/bin:/usr/bin:/bin\n/home/fed\n"
    )
    fedtui(table, "convert", "cat", "--to", "cron", "--yes")
    line = crontab(table).splitlines()[-1]
    assert line == (
        r"""*/10 3 1,15 * 5 cat > out; (echo "$GREETING \% $PATH"; pwd) >> out%first%second \% line"""
    )


def test_a_unit_with_a_secret_of_the_table_is_its_users_alone(table: Box) -> None:
    table.run(["crontab", "-"], input="DB_PASSWORD=hunter2pass\n5 5 * * * true\n", check=True)
    fedtui(table, "convert", "true", "--to", "user", "--yes")
    modes = table.output(["stat", "-c", "%a", f"{UNITS}/true.service", f"{UNITS}/true.timer"])
    assert modes.split() == ["600", "644"]
    fedtui(table, "undo", "--yes")


def test_at_boot_a_pause_and_a_dry_run(table: Box) -> None:
    told = fedtui(table, "convert", "crontab:" + key_of(table, "@reboot"), "--to", "user", "--dry-run")
    assert "It first runs at the next boot" in told
    assert "Dry run: nothing was changed." in told
    assert crontab(table) == TABLE
    fedtui(table, "convert", "crontab:" + key_of(table, "@reboot"), "--to", "user", "--yes")
    assert (ctl(table, "is-enabled", "true.timer"), ctl(table, "is-active", "true.timer")) == (
        "enabled",
        "inactive",
    )
    fedtui(table, "undo", "--yes")
    fedtui(table, "pause", "the sync", "--yes")
    fedtui(table, "convert", "the sync", "--to", "user", "--yes")
    assert ctl(table, "is-enabled", "the-sync.timer") == "disabled"
    fedtui(table, "convert", "the-sync", "--to", "cron", "--yes")
    assert "#fedtui:paused# * * * * * /usr/bin/bash" in crontab(table)


def key_of(box: Box, schedule: str) -> str:
    listed = fedtui(box, "list", "--source", "crontab", "--json")
    jobs = json.loads(listed[: listed.rindex("}") + 1])["jobs"]
    return str(next(job["id"] for job in jobs if job["schedule"] == schedule)).removeprefix("crontab:")


def test_root_gives_the_line_of_a_user_to_the_system(table: Box) -> None:
    assert "Units of the system are root's" in fedtui(
        table, "convert", "the sync", "--to", "system", "--yes", status=3
    )
    before = crontab(table)
    job = "crontab:" + key_of(table, "* * * * *")
    told = fedtui(table, "convert", job, "--to", "system", "--yes", user="root")
    try:
        service = table.run(["cat", "/etc/systemd/system/the-sync.service"]).stdout
        assert "User=fed\nWorkingDirectory=/home/fed\n" in service
        table.run(["systemctl", "start", "the-sync.service"], user="root", check=True)
        assert table.run(["cat", "sync.log"]).stdout.splitlines()[0] == (
            "2 one two  3 hello  100% /bin/sh /home/fed /home/fed/bin/tool"
        )
        assert table.run(["stat", "-c", "%U", "sync.log"]).stdout == "fed\n"
        assert "append:" not in service  # systemd would open it as root, and fed may put a link there
    finally:
        fedtui(table, "convert", "system-timer:the-sync.timer", "--to", "cron", "--yes", user="root")
    assert crontab(table).splitlines()[-1] == (
        "* * * * * bash \"/home/fed/my scripts/sync.sh\" one 'two  3' >> /home/fed/sync.log 2>&1"
    )
    assert table.run(["ls", "/etc/systemd/system/the-sync.timer"]).returncode != 0
    fedtui(table, "undo", "--yes", user="root")
    fedtui(table, "undo", told.split()[-1], "--yes", user="root")
    assert crontab(table) == before


@pytest.mark.parametrize(
    ("service", "timer", "reason"),
    [
        ("ExecStart=/bin/true\nExecStartPre=/bin/true", "OnCalendar=daily", "ExecStartPre=/bin/true, which"),
        ("ExecStart=/bin/true\nEnvironmentFile=/x", "OnCalendar=daily", "EnvironmentFile=/x, which"),
        ("ExecStart=/bin/echo $HOME", "OnCalendar=daily", "variables that systemd fills in"),
        ("ExecStart=/bin/true", "OnBootSec=5min\nOnUnitActiveSec=1h", "knows only the clock"),
        ("ExecStart=/bin/true", "OnCalendar=*:*:0/30", "names seconds"),
        ("ExecStart=/bin/true", "OnCalendar=*-*~1", "end of the month"),
    ],
)
def test_what_no_line_can_say_is_said(table: Box, service: str, timer: str, reason: str) -> None:
    table.write(f"/home/fed/{UNITS}/odd.service", f"[Service]\nType=oneshot\n{service}\n")
    table.write(f"/home/fed/{UNITS}/odd.timer", f"[Timer]\n{timer}\n")
    table.run(["systemctl", "--user", "daemon-reload"], check=True)
    told = fedtui(table, "convert", "user-timer:odd.timer", "--to", "cron", "--yes", status=3)
    assert reason in told
    assert crontab(table) == TABLE
    table.run(["rm", f"{UNITS}/odd.service", f"{UNITS}/odd.timer"], check=True)
    table.run(["systemctl", "--user", "daemon-reload"], check=True)


def test_what_is_lost_on_the_way_to_cron_is_told(table: Box) -> None:
    table.write(
        f"/home/fed/{UNITS}/mine.service", "[Service]\nType=oneshot\nNice=5\nExecStart=/bin/echo a b\n"
    )
    table.write(
        f"/home/fed/{UNITS}/mine.timer",
        "[Timer]\nOnCalendar=Mon 04:00\nPersistent=true\nRandomizedDelaySec=90\n[Install]\n"
        "WantedBy=timers.target\n",
    )
    table.run(["systemctl", "--user", "daemon-reload"], check=True)
    table.run(["systemctl", "--user", "enable", "--now", "mine.timer"], check=True)
    told = fedtui(table, "convert", "mine", "--to", "cron", "--yes")
    assert "Persistent=true: a run that is missed while the machine is off stays missed." in told
    assert "RandomizedDelaySec=90: it starts at the full minute" in told
    assert "Nice=5: its priority is cron's." in told
    assert "cron mails it" in told
    last = crontab(table).splitlines()[-2:]
    assert last[-1].endswith("/bin/echo a b")
    assert last[-1].startswith("0 4 * * 1 ")
    fedtui(table, "undo", "--yes")
    assert ctl(table, "is-active", "mine.timer") == "active"
    assert crontab(table) == TABLE
