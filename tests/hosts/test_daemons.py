"""What a user of each cron sees and does: recognised, once each, changed and undone, run, down."""

from __future__ import annotations

import time
from datetime import datetime

from tests.box.base import BASES
from tests.box.machine import between_looks_of_cron, wait_until
from tests.hosts.host import Host

TABLE = (
    b"# jobs of fed\n"
    b"GREETING='hello there'\n"
    b"# name: stamp\n"
    b"* * * * *\tdate -u +%s >> $HOME/stamps\n"
    b"# name: broken\n"
    b'*/1 * * * *  [ "$GREETING" = "hello there" ] && exit 3\n'
    b"# name: weekly\n"
    b"5 4 * * 0 echo caf\xc3\xa9 >> weekly.log\n"
)
OF_SYSTEM = b"*/7 * * * * root : of the system\n"
UNITS = {
    "debian": "cron.service",
    "debian-13": "cron.service",
    "cronie": "cronie.service",
    "systemd-cron": "cron.target",
    "systemd-cron-2": "cron.target",
    "bcron": "bcron-sched.service",
    "busybox": "crond.service",
}
"""What starts and stops each."""
PERCENT = ("systemd-cron", "busybox", "bcron")
"""Those to which a per cent sign is a character like any other."""


READS_5 = (0, " 04:05:00 UTC\n")  # and nothing behind it
GARBLED = (2, "systemd-cron makes no timer: garbled time '5~10'")
EXPRESSION = {
    "debian": READS_5,
    "debian-13": READS_5,
    "cronie": (0, "cron chooses minute 5 to 10 when it loads the table"),
    "systemd-cron": GARBLED,
    "systemd-cron-2": GARBLED,
    "bcron": (2, "'~10' is not a number"),
    "busybox": READS_5,
}
"""How `next --expr` reads 5~10 4 * * *: status and words."""
UPDATE = ("cron-update.path", "cron-update.service")


def table_of(daemon: str) -> bytes:
    """The table as it is written for that cron; BusyBox's takes the setting for a bad line, and skips it."""
    return TABLE.replace(b"+%s", b"+%s" if daemon in PERCENT else b"+\\%s")


def in_force(host: Host, daemon: str, name: str) -> None:
    """Wait until the line is on; systemd-cron, which may miss a change, is asked as FT010 says."""

    def on() -> bool:
        return bool(host.job(name)["state"] == "on")

    if daemon.startswith("systemd-cron"):
        time.sleep(3)
        missed = None if on() else host.findings().get("FT010")
        if missed is not None:
            assert missed["command"] == f"sudo systemctl restart {' '.join(UPDATE)}"
            host.run(["systemctl", "restart", *UPDATE], "root", check=True)
    wait_until(on, 20, f"{name} is on", pause=0.5)


def test_a_first_job_of_a_user_without_a_table(host: Host, daemon: str) -> None:
    """A first job, without a table before."""
    assert host.table() == b""
    host.change("new", "--schedule", "1 2 3 * *", "--command", "true", "--name", "first")
    assert host.table() == b"# name: first\n1 2 3 * * true\n"
    in_force(host, daemon, "first")
    host.change("undo")
    assert host.table() == b""


def test_the_daemon_is_recognised_and_each_job_is_one_row(host: Host, daemon: str) -> None:
    """Recognised; every job is one row."""
    between_looks_of_cron()
    host.write("/etc/cron.d/of-system", OF_SYSTEM, user="root")
    host.install(table_of(daemon))
    in_force(host, daemon, "stamp")
    names = ("stamp", "broken", "weekly")

    def rows() -> dict[str, str] | None:
        found = {job["name"]: job["state"] for job in host.jobs() if job["source"] == "crontab"}
        bad = found.pop("crontab:2", "")
        assert (bad == "bad_line") is (daemon == "busybox")
        return found if set(found.values()) == {"on"} else None

    assert wait_until(rows, 20, "the lines are in force", pause=1) == dict.fromkeys(names, "on")
    jobs = host.jobs()
    system = [job for job in jobs if ": of the system" in (job["command"] or "")]
    assert [job["state"] for job in system] == ["not_loaded" if daemon == "busybox" else "on"]
    assert not [job["name"] for job in jobs if job["name"].startswith(("cron-fed", "cron-of-system"))]
    expected = {"debian-13": "debian"}.get(daemon, daemon)
    assert host.fedtui("show", "stamp")["job"]["dialect"] == expected
    found = host.findings()
    assert not {"FT001", "FT002", "FT003", "FT004"} & set(found), found
    assert ("FT102" in found) is (daemon == "busybox")  # which does not read /etc/cron.d


def test_changes_leave_every_other_byte_and_are_undone(host: Host, daemon: str) -> None:
    """Pause, resume, reschedule, delete, undo, restore."""
    table = table_of(daemon)
    host.change("pause", "weekly")
    assert host.table() == table.replace(b"5 4 *", b"#fedtui:paused# 5 4 *")
    assert host.job("weekly")["state"] == "paused"
    host.change("resume", "weekly")
    assert host.table() == table
    host.change("reschedule", "weekly", "30 5 * * 6")
    assert host.table() == table.replace(b"5 4 * * 0 echo", b"30 5 * * 6 echo")
    host.change("delete", "weekly")
    kept = host.fedtui("restore")["tables"]
    host.change("undo")
    host.change("undo")
    assert host.table() == table
    host.change("restore", kept[0]["name"])
    assert b"30 5 * * 6 echo" in host.table()
    host.change("undo")
    assert host.table() == table


def test_a_line_becomes_a_timer_and_a_line_again(host: Host, daemon: str) -> None:
    """Converted to a timer, and back at once."""
    table = host.table()
    host.change("convert", "weekly", "--to", "user")
    assert b"weekly.log" not in host.table()
    timer = next(job for job in host.jobs() if job["source"] == "user-timer" and "weekly" in job["name"])
    assert timer["state"] == "on"
    host.change("convert", timer["id"], "--to", "cron")
    assert host.table().count(b"weekly.log") == 1
    host.change("undo")
    host.change("undo")
    assert host.table() == table


def test_a_line_is_run_as_its_daemon_would(host: Host, daemon: str) -> None:
    """Run at once, with its exit code."""
    done = host.run(["fedtui", "run", "--wait", "broken", "--yes"], timeout=60)
    exit_code = 1 if daemon == "busybox" else 3  # whose tables set no GREETING
    assert (done.returncode, f"exit {exit_code}" in done.stdout + done.stderr) == (1, True)


def test_the_next_run_comes_when_it_was_promised_and_its_exit_code_is_recorded(
    host: Host, daemon: str
) -> None:
    """The next run comes when promised; exit codes are recorded."""
    between_looks_of_cron()
    host.change("record", "broken")
    if daemon == "bcron":  # Debian's has no trigger: it reads a changed table after the next minute has begun
        wait_until(lambda: time.time() % 60 < 3, 60, "bcron reads the table")
        time.sleep(3)
    promised = datetime.fromisoformat(host.job("stamp")["next_run"]).timestamp()

    def stamps() -> list[int]:
        path = host.path("/home/fed/stamps")
        ran = path.read_bytes().split() if path.exists() else []
        return [stamp for stamp in map(int, ran) if stamp >= promised]

    # systemd gives a timer a minute of tolerance; the others start a job in the first seconds of its minute.
    late = 60 if daemon.startswith("systemd-cron") else 5
    assert wait_until(stamps, promised - time.time() + late + 5, "the job runs")[0] <= promised + late

    def known() -> bool:
        return bool(host.job("broken")["last_result"]["exit_code"] is not None)

    wait_until(known, 70, "the recorded exit code is known", pause=1)
    broken = host.job("broken")
    expected = 1 if daemon == "busybox" else 3  # whose tables set no variables
    assert (broken["last_result"]["exit_code"], broken["severity"]) == (expected, "error")
    assert "FT301" in host.findings()


def test_a_cron_that_is_down_is_said_with_the_command_that_starts_it(host: Host, daemon: str) -> None:
    """Down is said, with the command that starts it."""
    stop = ["kill", "--signal=KILL"] if daemon == "bcron" else ["stop"]  # which its script cannot
    host.run(["systemctl", *stop, UNITS[daemon]], "root", check=True)

    def down() -> bool:
        return host.job("weekly")["state"] == "scheduler_down"

    wait_until(down, 15, "the rows say that cron is down", pause=0.5)
    command = host.findings()["FT001"]["command"]
    verb = "restart" if daemon == "bcron" else "start"
    assert command == f"sudo systemctl {verb} {UNITS[daemon]}"
    host.run(command.split()[1:], "root", check=True)
    wait_until(lambda: not down(), 15, "the rows say that cron is back", pause=0.5)
    assert "FT001" not in host.findings()


def test_an_expression_is_read_as_this_host_reads_it(host: Host, daemon: str) -> None:
    """Next --expr reads the host's dialect."""
    done = host.run(["fedtui", "next", "--expr", "5~10 4 * * *", "--tz", "UTC"])
    status, said = EXPRESSION[daemon]
    assert (done.returncode, said in done.stdout + done.stderr) == (status, True), done


def test_every_base_is_tested() -> None:
    assert set(UNITS) == set(BASES)
