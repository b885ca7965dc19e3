"""Findings about the scheduler, timers and results, each made true on a real Debian, and silent again."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.box.inside import inside
from tests.box.machine import Box, between_looks_of_cron, wait_until
from tests.box.test_findings import check, findings, of_timer, unit

SPOOL = "/var/spool/cron/crontabs"
SYSTEMCTL = ["systemctl", "--user"]
CONFIG = "/home/fed/.config/fedtui/config.toml"


def codes_of(box: Box, name: str, user: str = "fed") -> set[str]:
    """The codes that are found about the job of that name."""
    return {one["code"] for one in check(box, user)["findings"] if one["job_name"] == name}


# The scheduler


TABLE = """\
# name: slow
* * * * * sleep 75
# name: plain
* * * * * echo well >> /home/fed/plain.log 2>&1
"""


def test_a_table_that_is_written_past_crontab_and_runs_that_overlap(own_box: Box) -> None:
    box = own_box
    between_looks_of_cron()
    box.output(["crontab", "-"], input=TABLE)
    box.output(["fedtui", "record", "slow", "--yes"])
    plain = box.path("/home/fed/plain.log")
    wait_until(plain.exists, 65, "cron has read the table", 0.5)
    time.sleep(8)
    added = "* * * * * echo new >> /home/fed/new.log"
    # No O_CREAT: the kernel refuses that to root in a sticky folder (fs.protected_regular).
    append = ["dd", f"of={SPOOL}/fed", "oflag=append", "conv=notrunc,nocreat", "status=none"]
    box.output(append, "root", input=f"{added}\n")
    written = time.time()
    assert "FT010" not in findings(box, "root"), "cron looks once a minute"
    wait_until(lambda: time.time() > written + 80, 90, "cron has looked again", 1)
    assert plain.read_bytes().count(b"\n") >= 2
    assert not box.path("/home/fed/new.log").exists(), "cron did not read it"
    found = findings(box, "root")["FT010"]
    assert found["severity"] == "warning"
    assert found["sentence"] == "cron still runs the table of fed as it was before it was last written."
    assert findings(box)["FT010"]["severity"] == "note", "who cannot look into the spool is told so"
    assert "FT309" in codes_of(box, "plain")
    assert "FT304" not in codes_of(box, "plain")
    wait_until(lambda: "FT304" in codes_of(box, "slow"), 30, "two runs of slow overlap", 3)
    between_looks_of_cron()
    box.output(found["command"].removeprefix("sudo ").split(), "root")
    assert "FT010" not in findings(box, "root")
    wait_until(box.path("/home/fed/new.log").exists, 70, "cron has read the table", 0.5)


def test_a_machine_whose_daemons_are_not_as_they_should_be(own_box: Box) -> None:
    box = own_box
    box.write("/etc/cron.d/job", "0 4 * * * root /bin/true >> /var/log/job.log 2>&1\n", user="root")
    assert not {"FT001", "FT004"} & set(findings(box))
    box.output(["pkill", "-STOP", "-x", "cron"], "root")
    held = findings(box)["FT001"]
    assert held["title"] == "cron is held by a signal"
    box.output(held["command"].removeprefix("sudo ").split(), "root")
    assert "FT001" not in findings(box)
    box.output(["systemctl", "stop", "cron"], "root")
    box.output(["mv", "/usr/sbin/cron", "/usr/sbin/cron.away"], "root")
    for user in ("fed", "root"):
        found = findings(box, user)
        assert "FT001" not in found
        assert found["FT004"]["command"] == "sudo apt install cron"


def test_a_time_service_that_has_not_set_the_clock(own_box: Box) -> None:
    box = own_box
    assert check(box)["unchecked"] == []
    loud = [one["code"] for one in check(box)["findings"] if one["severity"] != "note"]
    assert "FT006" not in loud
    box.write("/etc/systemd/ntp-units.d/10-own.list", "own-ntp.service\n", user="root")
    service = "[Service]\nExecStart=/bin/sleep infinity\n[Install]\nWantedBy=multi-user.target\n"
    box.write("/etc/systemd/system/own-ntp.service", service, user="root")
    box.output(["systemctl", "daemon-reload"], "root")
    box.output(["systemctl", "restart", "systemd-timedated"], "root")
    box.output(["systemctl", "enable", "--now", "own-ntp.service"], "root")
    facts = dict(line.split("=", 1) for line in box.output(["timedatectl", "show"]).splitlines())
    assert facts["NTP"] == "yes"
    if facts["NTPSynchronized"] == "yes":
        assert "FT006" not in findings(box)
        pytest.skip("the clock of the machine that the tests run on is synchronised")
    assert findings(box)["FT006"]["severity"] == "warning"


def test_systemd_that_is_degraded_and_one_that_does_not_answer(own_box: Box) -> None:
    box = own_box
    unit(box, "mine", "[Timer]\nOnCalendar=daily\n", "ExecStart=/bin/sh -c 'exit 3'\n")
    fails = "[Service]\nType=oneshot\nExecStart=/bin/false\n"
    box.write("/etc/systemd/system/theirs.service", fails, user="root")
    box.write("/etc/systemd/system/theirs.timer", "[Timer]\nOnCalendar=daily\n", user="root")
    box.write("/etc/systemd/system/other.service", fails, user="root")
    box.output([*SYSTEMCTL, "daemon-reload"])
    box.output(["systemctl", "daemon-reload"], "root")
    box.output([*SYSTEMCTL, "start", "mine.timer"])
    box.output(["systemctl", "start", "theirs.timer"], "root")
    box.run(["systemctl", "start", "other.service"], "root")
    assert box.run(["systemctl", "is-system-running"]).stdout == "degraded\n"
    assert "FT011" not in findings(box), "other.service is none that a schedule starts"
    box.run(["systemctl", "start", "theirs.service"], "root")
    box.run([*SYSTEMCTL, "start", "mine.service"])
    titles = {one["title"]: one for one in check(box)["findings"] if one["code"] == "FT011"}
    assert set(titles) == {
        "systemd is degraded by theirs.service",
        "the user's systemd is degraded by mine.service",
    }
    evidence = titles["systemd is degraded by theirs.service"]["evidence"]
    assert evidence[0].startswith("theirs.service  loaded failed failed")
    box.output(["systemctl", "reset-failed"], "root")
    box.output([*SYSTEMCTL, "reset-failed"])
    assert not {"FT002", "FT011"} & set(findings(box))
    box.run([*SYSTEMCTL, "stop", "dbus.socket", "dbus.service"])
    box.run(["systemctl", "stop", "dbus.socket", "dbus.service"], "root")
    done = box.run(["fedtui", "check", "--json"], timeout=90)
    unseen = {one["what"] for one in json.loads(done.stdout)["unchecked"]}
    assert {"user-timers", "system-timers"} <= unseen, "nothing of them is called fine"
    assert done.returncode in (1, 2)


# The timer


def test_timers_that_do_less_than_they_seem_to_say(own_box: Box) -> None:
    box = own_box
    box.output(["ln", "-sf", "/usr/share/zoneinfo/Europe/Berlin", "/etc/localtime"], "root")
    unit(box, "good", "[Timer]\nOnCalendar=*-*-* 12:00\n")
    unit(box, "first", "[Timer]\nOnUnitActiveSec=1h\n")
    unit(box, "persists", "[Timer]\nOnBootSec=1d\nOnUnitActiveSec=1h\nPersistent=true\n")
    unit(box, "boot", "[Timer]\nOnUnitActiveSec=1h\n")
    unit(box, "stays", "[Timer]\nOnCalendar=hourly\n", "ExecStart=/bin/true\nRemainAfterExit=yes\n")
    unit(box, "night", "[Timer]\nOnCalendar=*-*-* 02:30\n")
    names = ("good", "first", "persists", "boot", "stays", "night")
    box.output([*SYSTEMCTL, "daemon-reload"])
    box.output([*SYSTEMCTL, "enable", "--now", *(f"{name}.timer" for name in names)])
    box.output([*SYSTEMCTL, "start", "boot.service", "stays.service"])
    expected = {
        "first": {"FT209"},
        "persists": {"FT210"},
        "boot": {"FT211"},
        "stays": {"FT212"},
        "night": {"FT213"},
    }
    found = of_timer(box)
    assert "good" not in found
    assert {name: codes & expected[name] for name, codes in found.items() if name in expected} == expected
    of_night = next(one for one in check(box)["findings"] if one["code"] == "FT213")
    assert of_night["severity"] == "note"


# Results


def test_a_job_that_fails_now_and_then_and_one_whose_product_is_old(own_box: Box) -> None:
    box = own_box
    box.output(
        ["crontab", "-"],
        input="# name: flaps\n0 4 * * * test ! -e /tmp/bad\n# name: makes\n0 5 * * * /bin/true\n",
    )
    for number in range(6):
        box.output(["rm", "-f", "/tmp/bad"] if number % 2 else ["touch", "/tmp/bad"])
        done = box.run(["fedtui", "run", "flaps", "--wait"])
        assert (done.returncode == 0) is bool(number % 2), done.stderr
    box.output(["fedtui", "run", "makes", "--wait"])
    assert codes_of(box, "flaps") & {"FT301", "FT306"} == {"FT306"}
    assert "FT307" not in codes_of(box, "makes")
    box.write(CONFIG, '[job."makes"]\nproduct = "~/data.jsonl"\n')
    box.run(["fedtui", "run", "makes", "--wait"])
    assert "FT307" in codes_of(box, "makes")
    box.write("/home/fed/make.sh", "date > ~/data.jsonl\n")
    box.run(["sh", "-c", "(sleep 1; date > ~/data.jsonl) & fedtui run makes --wait; wait"])
    box.write(CONFIG, "")
    box.output(["fedtui", "run", "makes", "--wait"])
    assert "FT307" not in codes_of(box, "makes")
    box.output(["touch", "/tmp/bad"])
    box.run(["fedtui", "run", "flaps", "--wait"])
    assert codes_of(box, "flaps") & {"FT301", "FT306"} == {"FT301"}, "of the last run FT301 speaks"


KEEP = """
from datetime import UTC, datetime, timedelta
from fedtui.config import load
from fedtui.history.database import History
from fedtui.model import Outcome, Result, Run
now = datetime.now(UTC)
runs = []
for number, seconds in enumerate(SECONDS):
    start = now - timedelta(hours=20 - number)
    result = Result(Outcome.OK, 0, duration=float(seconds), evidence=("exit status, recorder",), judged=True)
    runs.append(Run(f"{number:016x}", JOB, start, start + timedelta(seconds=seconds), result))
show(History(load().database).keep_runs(runs))
"""


def test_runs_that_take_longer_and_longer(own_box: Box) -> None:
    """Hours of runs are not waited for: they are put into the record that fedtui itself keeps."""
    box = own_box
    box.output(
        ["crontab", "-"], input="# name: grows\n0 4 * * * /bin/true\n# name: even\n0 5 * * * /bin/false\n"
    )
    listed = json.loads(box.output(["fedtui", "list", "--json", "--source", "crontab"]))["jobs"]
    ids = {job["name"]: job["id"] for job in listed}
    for name, seconds in (("grows", (60, 61, 60, 62, 150, 170, 200)), ("even", (60, 61, 60, 62, 61, 60, 63))):
        inside(box, f"JOB, SECONDS = {ids[name]!r}, {seconds}\n{KEEP}")
    found = findings(box)["FT305"]
    assert (found["job_name"], found["sentence"]) == (
        "grows",
        "grows used to take 60 s, and takes 200 s now.",
    )
    assert "FT305" not in codes_of(box, "even")


def test_runs_that_were_missed_while_cron_was_down(own_box: Box) -> None:
    """A syslog of the last hours in place of the journal; the table is older than they are."""
    box = own_box
    wait_until(lambda: time.time() % 600 < 570, 40, "no run comes due while it is looked at")
    now = time.time()
    box.output(["crontab", "-"], input="*/10 * * * * /bin/true gone\n*/10 * * * * /bin/true there\n")
    box.output(["touch", "-d", "@" + str(int(now - 4 * 3600)), SPOOL], "root")

    def line(ago: float, command: str) -> str:
        at = time.strftime("%b %e %H:%M:01", time.gmtime(now - ago - (now - ago) % 600))
        return f"{at} node CRON[{int(ago)}]: (fed) CMD ({command})\n"

    every = [3600 - 600 * number for number in range(7)]
    text = "".join(line(ago, "/bin/true there") for ago in every)
    box.write("/var/log/syslog", line(4000, "/bin/true gone") + text, user="root", mode=0o640)
    box.output(["mv", "/usr/bin/journalctl", "/usr/bin/journalctl.away"], "root")
    missed = [one for one in check(box, "root")["findings"] if one["code"] == "FT308"]
    assert [one["location"] for one in missed] == ["crontab:1"], missed
    assert missed[0]["severity"] == "warning"
    assert missed[0]["evidence"][1].startswith("due  ")


# A healthy machine


def usual_day(box: Box) -> None:
    """What a day does: the system's daily jobs, and jobs of a user's own that do their work."""
    box.run(["run-parts", "/etc/cron.daily"], "root", timeout=60)
    for name in ("logrotate", "systemd-tmpfiles-clean", "dpkg-db-backup"):
        box.run(["systemctl", "start", f"{name}.service"], "root", timeout=60)
    box.write("/home/fed/bin/sync.sh", "#!/bin/bash\necho '[INFO] synced'\n", mode=0o755)
    box.write(
        "/home/fed/table",
        "# nightly, in the quiet hours\n# name: sync\n"
        "15 3 * * * /home/fed/bin/sync.sh >> /home/fed/logs/sync.log 2>&1\n",
    )
    box.output(["mkdir", "-p", "/home/fed/logs"])
    box.output(["crontab", "table"])
    box.output(["fedtui", "record", "sync", "--yes"])
    unit(box, "notes", "[Timer]\nOnCalendar=*-*-* 12:00\nPersistent=true\n", "ExecStart=/bin/true\n")
    box.output([*SYSTEMCTL, "daemon-reload"])
    box.output([*SYSTEMCTL, "enable", "--now", "notes.timer"])
    for job in ("sync", "notes.timer"):
        done = box.run(["fedtui", "run", job, "--wait"])
        assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("user", ["fed", "ops", "root"])
def test_a_machine_after_a_usual_day_shows_no_warning(day: Callable[[], Box], user: str) -> None:
    box = day()
    done = box.run(["fedtui", "check", "--json"], user, timeout=60)
    said: dict[str, Any] = json.loads(done.stdout)
    loud = [(one["code"], one["sentence"]) for one in said["findings"] if one["severity"] != "note"]
    assert (loud, said["unchecked"], done.returncode) == ([], [], 0)
    assert said["counts"]["notes"] == len(said["findings"])
    nagios = box.run(["fedtui", "check", "--format", "nagios"], user, timeout=60)
    assert (nagios.returncode, nagios.stdout[:12]) == (0, "FEDTUI OK - ")


@pytest.fixture(scope="module")
def day(box_possible: None) -> Any:
    with Box() as box:
        usual_day(box)
        yield lambda: box
