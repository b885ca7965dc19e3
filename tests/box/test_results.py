"""How runs ended, as seen in a booted machine: recorded cron jobs, units, and what they printed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.box.machine import Box, between_looks_of_cron, wait_until

SYNC = """\
#!/bin/bash
YELLOW='\\033[1;33m' NC='\\033[0m'
echo "[INFO] Starting learning data sync..."
for what in telemetry dataset snapshot; do
    echo -e "${YELLOW}[WARNING]${NC} No $what found"
done
echo "[SUCCESS] Learning data sync complete!"
"""
EXPORT = '#!/bin/bash\necho "[SUCCESS] Exported 3 collections"\nexit 1\n'
COLLECT = '#!/bin/sh\necho "already running; skipping"\n'
LATE = "#!/bin/sh\nsleep 1\nexit 3\n"
PROBE = "(env | grep -v ^_= | sort; umask; pwd; grep Sig.gn /proc/self/status; ps -o tty= -p $$)"
GONE = "fedtui_run='echo ran > gone.out'; [ -s /nowhere/record ] && exec /bin/sh /nowhere/record 12345678"
TABLE = f"""\
# the jobs of fed
SHELL=/bin/bash
# name: sync
* * * * * bash ~/sync.sh >> ~/sync.log 2>&1
# name: export
* * * * *\tcd ~ && bash export.sh >> export.log 2>&1
# name: collect
* * * * * sh ~/collect.sh >> ~/collect.log 2>&1
# name: locked
* * * * * flock -n ~/lock bash ~/sync.sh >> ~/locked.log 2>&1
# name: odd
* * * * *   echo "caf\udce9 100\\% it's $(cat)" >> odd.log%first%second
# name: slow
* * * * * trap 'echo ended >> ~/slow.log; exit 9' TERM; sleep 50 & wait $!; exit 8
# name: probe
* * * * * {PROBE} > probe.out
# name: plain-probe
* * * * * {PROBE} > plain.out
# name: back
* * * * * (sleep 2; exit 3) >> ~/back.log 2>&1 &
# name: pipe
* * * * * false | tee -a ~/pipe.log
# name: piped
* * * * * set -o pipefail; echo good | tee -a ~/piped.log
# name: mailed
* * * * * echo "sent"; exit 3
# name: plain
* * * * * bash ~/sync.sh >> ~/plain.log 2>&1
# name: gone
* * * * * {GONE} "$fedtui_run"; eval "$fedtui_run"
SHELL=/bin/sh
# name: amp
* * * * * sh ~/late.sh &> ~/amp.log
"""
RECORDED = ("sync", "export", "collect", "locked", "odd", "slow", "probe", "amp", "back", "pipe", "piped")
# As an MTA delivers: the whole message at once, below a line of its own.
MTA = """\
#!/bin/sh
message=$(sed 's/^From />From /')
printf 'From root@box %s\\n%s\\n\\n' "$(LC_ALL=C date '+%a %b %e %H:%M:%S %Y')" "$message" >> /var/mail/fed
"""
HELD = "exec 9>lock; flock -n 9; exec sleep 300"


@pytest.fixture(scope="module")
def recorded(box: Box) -> Iterator[Box]:
    """The table above, recorded, one minute of the real daemon later."""
    for name, text in (("sync", SYNC), ("export", EXPORT), ("collect", COLLECT), ("late", LATE)):
        box.write(f"/home/fed/{name}.sh", text)
    box.popen(["sh", "-c", HELD])
    box.run(
        ["install", "-o", "fed", "-g", "mail", "-m", "660", "/dev/null", "/var/mail/fed"], "root", check=True
    )
    box.run(["install", "-m", "755", "/dev/stdin", "/usr/sbin/sendmail"], "root", input=MTA, check=True)
    box.write("/home/fed/table", TABLE.encode("utf-8", "surrogateescape"))
    box.run(["systemctl", "stop", "cron"], "root", check=True)  # till the seven lines are recorded
    box.run(["crontab", "table"], check=True)
    before = {job["name"]: (job["id"], job["command"]) for job in jobs(box)}
    for name in RECORDED:
        box.run(["fedtui", "record", name, "--yes"], check=True)
    assert {job["name"]: (job["id"], job["command"]) for job in jobs(box)} == before
    box.run(["systemctl", "start", "cron"], "root", check=True)
    wait_until(lambda: box.path("/home/fed/plain.out").exists(), 75, "cron has begun its minute", 0.1)
    yield box
    box.run(["crontab", "-r"], check=True)
    box.run(["rm", "/usr/sbin/sendmail", "/var/mail/fed"], "root", check=True)


def jobs(box: Box, *more: str) -> list[dict[str, Any]]:
    found = json.loads(box.output(["fedtui", "list", "--source", "crontab", "--json", *more]))["jobs"]
    assert isinstance(found, list)
    return found


def runs(box: Box, *words: str) -> list[dict[str, Any]]:
    found = json.loads(box.output(["fedtui", "history", *words, "--json"]))["runs"]
    assert isinstance(found, list)
    return found


def last(box: Box, name: str) -> dict[str, Any]:
    """The newest run that is over; waits for one."""
    return wait_until(
        lambda: next((run for run in runs(box, name) if run["status"] != "running"), None),
        20,
        f"{name} is over",
    )


def test_the_line_reads_as_the_job_it_was(recorded: Box) -> None:
    table = recorded.run(["crontab", "-l"], check=True).stdout
    assert table.count("fedtui_run=") == len(RECORDED) + 1
    assert "100\\% it'\\''s $(cat)\" >> odd.log'; [ -s /home/fed/" in table
    assert '; eval "$fedtui_run"%first%second\n' in table
    modes = recorded.output(
        ["find", ".local/state/fedtui/recorder", "-maxdepth", "1", "-printf", "%m %y %f\n"]
    )
    assert {"700 d recorder", "700 f record", "700 d runs"} <= set(modes.splitlines())


@pytest.mark.parametrize(
    ("name", "status", "exit_code", "reason"),
    [
        ("sync", "warnings", 0, "3 warnings: line 2 [WARNING] No telemetry found"),
        ("export", "failed", 1, "its last line: [SUCCESS] Exported 3 collections"),
        ("collect", "skipped", 0, "locked"),
        ("locked", "skipped", 1, "locked"),
        ("odd", "ok", 0, None),
    ],
)
def test_how_a_recorded_run_ended(
    recorded: Box, name: str, status: str, exit_code: int, reason: str | None
) -> None:
    run = last(recorded, name)
    assert (run["status"], run["exit_code"], run["trigger"]) == (status, exit_code, "schedule")
    assert run["reasons"][:1] == ([reason] if reason else [])
    assert run["evidence"][0] == "exit status, recorder"
    assert run["end"] is not None
    assert 0 <= run["duration_s"] < 10
    job = next(job for job in jobs(recorded) if job["name"] == name)
    assert (job["last_result"]["status"], job["last_result"]["reasons"]) == (status, run["reasons"])


def test_percent_apostrophes_and_latin_1_mean_what_they_meant(recorded: Box) -> None:
    last(recorded, "odd")
    assert recorded.read("/home/fed/odd.log").splitlines()[:2] == [b"caf\xe9 100% it's first", b"second"]


def test_the_job_finds_what_it_would_find_without_the_recorder(recorded: Box) -> None:
    last(recorded, "probe")

    def printed(name: str) -> bytes:
        """All that the probe prints: each minute it does so from the first byte on."""
        look = lambda: found if (found := recorded.read(name)).endswith(b"?\n") else b""  # noqa: E731
        return wait_until(look, 20, f"{name} is written")

    assert printed("/home/fed/probe.out") == printed("/home/fed/plain.out")


def test_a_recorded_job_that_runs_is_seen_and_stopped(recorded: Box) -> None:
    between_looks_of_cron(25)  # it sleeps till second 50
    slow = next(job for job in jobs(recorded) if job["name"] == "slow")
    assert (slow["state"], slow["running"]) == ("running", True)
    assert runs(recorded, "slow", "--count", "1")[0]["status"] == "running"
    said = recorded.output(["fedtui", "stop", "slow", "--yes"])
    assert "SIGTERM, ended after" in said
    run = last(recorded, "slow")
    assert (run["status"], run["exit_code"]) == ("failed", 9)


def test_without_the_recorder_the_end_is_unknown_whatever_the_log_says(recorded: Box) -> None:
    wait_until(lambda: recorded.path("/home/fed/plain.log").exists(), 10, "the plain job has run")
    wait_until(lambda: b"complete!" in recorded.read("/home/fed/plain.log"), 10, "it has ended")
    job = next(job for job in jobs(recorded) if job["name"] == "plain")
    assert (job["last_result"]["status"], job["last_result"]["exit_code"]) == ("unknown", None)


def test_a_job_too_short_to_be_seen_is_told_of_by_crons_mail(recorded: Box) -> None:
    run = wait_until(lambda: next(iter(runs(recorded, "mailed")), None), 10, "the mail has come", 0.5)
    assert (run["status"], run["exit_code"], run["trigger"]) == ("unknown", None, "schedule")
    assert run["evidence"][0].startswith("cron mailed its output at ")
    assert run["start"].endswith(":00+00:00")


def test_a_line_whose_recorder_is_gone_runs(recorded: Box) -> None:
    written = recorded.path("/home/fed/gone.out")
    wait_until(lambda: written.exists() and written.read_bytes() == b"ran\n", 10, "the line runs")
    gone = next(job for job in jobs(recorded) if job["name"] == "gone")
    assert gone["command"] == "echo ran > gone.out"


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("amp", "background: exit 0 does not say how late.sh ends"),
        ("back", "background: exit 0 does not say how it ends"),
        ("pipe", "pipe: exit 0 is that of tee, it does not say how false ended"),
    ],
)
def test_a_status_that_is_not_the_jobs_is_no_ok(recorded: Box, name: str, reason: str) -> None:
    run = last(recorded, name)
    assert (run["status"], run["exit_code"], run["reasons"][0]) == ("unknown", 0, reason)
    assert run["evidence"][0] == "exit status, recorder"
    job = next(job for job in jobs(recorded) if job["name"] == name)
    assert (job["last_result"]["status"], job["last_result"]["reasons"][0]) == ("unknown", reason)
    assert reason in recorded.output(["fedtui", "history", name])
    assert reason in recorded.output(["fedtui", "show", name])
    assert last(recorded, "piped")["status"] == "ok"


def test_a_run_by_hand_of_such_a_line_is_no_ok(recorded: Box) -> None:
    done = recorded.run(["fedtui", "run", "pipe", "--wait"])
    assert done.returncode == 3
    assert "-- unknown  exit 0" in done.stderr
    assert "pipe: exit 0 is that of tee" in done.stderr


def test_root_sees_the_exit_codes_of_a_users_lines_and_leaves_the_folder_alone(recorded: Box) -> None:
    listing = ["find", "/home/fed/.local/state", "-printf", "%p %u %i\n"]
    job = last(recorded, "collect")
    before = recorded.output(listing, "root")
    found = json.loads(recorded.output(["fedtui", "history", job["job"], "--json"], "root"))["runs"]
    assert job["exit_code"] in {run["exit_code"] for run in found}
    assert job["exit_code"] is not None
    assert {line for line in recorded.output(listing, "root").splitlines() if " root " in line} == set()
    assert {line.split()[0] for line in before.splitlines()} <= {
        line.split()[0] for line in recorded.output(listing, "root").splitlines()
    }


def test_off_gives_the_bytes_back(recorded: Box) -> None:
    for name in RECORDED:
        recorded.run(["fedtui", "record", name, "--off", "--yes"], check=True)
    spool = recorded.read("/var/spool/cron/crontabs/fed")
    assert spool.endswith(b"\n" + TABLE.encode("utf-8", "surrogateescape"))
    known = [run["status"] for run in runs(recorded, "sync") if run["exit_code"] is not None]
    assert known[0] == "warnings"  # of before; a minute that began meanwhile is on no record
    refused = recorded.run(["fedtui", "record", "sync", "--off", "--yes"])
    assert (refused.returncode, refused.stderr) == (3, "sync is not recorded. Nothing was changed.\n")


# Units

TIMER = "[Timer]\nOnCalendar=hourly\nPersistent=no\n[Install]\nWantedBy=timers.target\n"
UNITS = "/home/fed/.config/systemd/user"


@pytest.fixture(scope="module")
def timers(box: Box) -> Box:
    box.write("/home/fed/sync.sh", SYNC)
    log = "StandardOutput=append:/home/fed/filed.log\nStandardError=append:/home/fed/filed.log\n"
    for name, more in (("journaled", ""), ("filed", log)):
        service = f"[Service]\nType=oneshot\nExecStart=/bin/bash /home/fed/sync.sh\n{more}"
        box.write(f"{UNITS}/{name}.service", service)
        box.write(f"{UNITS}/{name}.timer", TIMER)
    box.run(["systemctl", "--user", "daemon-reload"], check=True)
    box.run(["systemctl", "--user", "start", "journaled.timer", "filed.timer"], check=True)
    return box


def test_the_output_of_a_unit_is_read_by_its_invocation(timers: Box) -> None:
    timers.run(["systemctl", "--user", "start", "journaled.service"], check=True)
    run = last(timers, "journaled.timer")
    assert (run["status"], run["warnings"], run["trigger"]) == ("warnings", 3, "other")
    assert run["reasons"][0] == "3 warnings: line 2 [WARNING] No telemetry found"
    assert run["evidence"] == ["exit status, systemd", "5 lines read, journal"]


def test_a_run_by_hand_has_its_verdict_and_its_trigger(timers: Box) -> None:
    done = timers.run(["fedtui", "run", "journaled.timer", "--wait"])
    assert done.returncode == 0
    assert "-- warnings  exit 0" in done.stderr
    run = last(timers, "journaled.timer")
    assert (run["status"], run["warnings"], run["trigger"]) == ("warnings", 3, "fedtui")


def test_the_lines_of_a_unit_in_its_log_begin_where_the_last_run_ended(timers: Box) -> None:
    timers.run(["systemctl", "--user", "start", "filed.service"], check=True)
    first = last(timers, "filed.timer")
    assert (first["status"], first["warnings"]) == ("warnings", 3)
    assert first["evidence"][-1] == "where its lines begin in /home/fed/filed.log is not known"
    timers.run(["systemctl", "--user", "start", "filed.service"], check=True)
    second = wait_until(
        lambda: next((run for run in runs(timers, "filed.timer") if run["id"] != first["id"]), None),
        10,
        "the next",
    )
    assert (second["status"], second["warnings"]) == ("warnings", 3)
    assert second["reasons"][0] == "3 warnings: line 2 [WARNING] No telemetry found"


@pytest.mark.parametrize(
    ("name", "service", "status", "reason"),
    [
        ("pipe", "ExecStart=/bin/sh -c 'false | cat'", "unknown", "pipe: exit 0 is that of cat"),
        (
            "back",
            "ExecStart=/bin/sh -c '/bin/false &'",
            "unknown",
            "background: exit 0 does not say how false",
        ),
        ("failed", "ExecStart=/bin/bash -o pipefail -c 'false | cat'", "failed", ""),
        ("proven", "ExecStart=/bin/bash -o pipefail -c 'true | cat'", "ok", ""),
        ("forks", "Type=forking\nExecStart=/bin/sh -c '/bin/sh -c \"sleep 1; exit 3\" &'", "failed", ""),
    ],
)
def test_the_status_of_a_units_shell(box: Box, name: str, service: str, status: str, reason: str) -> None:
    box.write(f"{UNITS}/shell-{name}.service", f"[Service]\nType=oneshot\n{service}\n")
    box.write(f"{UNITS}/shell-{name}.timer", TIMER)
    box.run(["systemctl", "--user", "daemon-reload"], check=True)
    box.run(["systemctl", "--user", "start", f"shell-{name}.timer"], check=True)
    box.run(["fedtui", "run", f"shell-{name}.timer", "--wait"])
    by_hand = last(box, f"shell-{name}.timer")
    box.run(["systemctl", "--user", "start", f"shell-{name}.service"])
    listed = wait_until(
        lambda: next(
            (
                job["last_result"]
                for job in jobs(box, "--source", "user-timer")
                if job["name"] == f"shell-{name}.timer" and not job["running"]
            ),
            None,
        ),
        10,
        "it is over",
    )
    for result in (by_hand, listed):
        assert result["status"] == status
        assert next(iter(result["reasons"]), "").startswith(reason)


def test_the_product_of_a_job_is_judged_apart(timers: Box) -> None:
    timers.write(
        "/home/fed/.config/fedtui/config.toml", '[job."journaled.timer"]\nproduct = "~/data.jsonl"\n'
    )
    try:
        timers.run(["fedtui", "run", "journaled.timer", "--wait"], check=True)
    finally:
        timers.path("/home/fed/.config/fedtui/config.toml").unlink()
    run = last(timers, "journaled.timer")
    assert (run["status"], run["warnings"]) == ("warnings", 4)
    assert run["reasons"][-1] == "its product /home/fed/data.jsonl is not there"
