"""The checks on a real Debian: a healthy one has nothing to say, a broken one says what is broken."""

from __future__ import annotations

import json
from typing import Any

from tests.box.machine import Box, wait_until

UNITS = "/home/fed/.config/systemd/user/"


def check(box: Box, user: str = "fed") -> dict[str, Any]:
    done = box.run(["fedtui", "check", "--json"], user, timeout=60)
    assert done.returncode in (0, 1, 2), done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def findings(box: Box, user: str = "fed") -> dict[str, dict[str, Any]]:
    return {finding["code"]: finding for finding in check(box, user)["findings"]}


def test_a_fresh_machine_shows_no_warning(own_box: Box) -> None:
    for user in ("fed", "ops", "root"):
        checked = check(own_box, user)
        loud = [one for one in checked["findings"] if one["severity"] != "note"]
        assert loud == [], user
        assert checked["unchecked"] == [], user


def unit(box: Box, name: str, timer: str, service: str = "ExecStart=/bin/true\n", head: str = "") -> None:
    box.write(f"{UNITS}{name}.service", f"[Unit]\n{head}[Service]\nType=oneshot\n{service}")
    box.write(f"{UNITS}{name}.timer", f"{timer}[Install]\nWantedBy=timers.target\n")


def of_timer(box: Box) -> dict[str, set[str]]:
    """The codes of each of fed's own timers."""
    found: dict[str, set[str]] = {}
    for finding in check(box)["findings"]:
        if (finding["job"] or "").startswith("user-timer:"):
            found.setdefault(finding["job_name"].removesuffix(".timer"), set()).add(finding["code"])
    return found


def test_timers_that_systemd_takes_otherwise_than_they_read(own_box: Box) -> None:
    box = own_box
    unit(box, "good", "[Timer]\nOnCalendar=daily\n")
    unit(box, "twice", "[Timer]\nOnCalendar=daily\nOnCalendar=*-*-* 03:00\n")
    unit(box, "adds", "[Timer]\nOnCalendar=daily\n")
    box.write(f"{UNITS}adds.timer.d/more.conf", "[Timer]\nOnCalendar=Mon 04:00\n")
    unit(box, "comment", "[Timer]\nOnCalendar=daily\nRandomizedDelaySec=5m # or so\nNoSuchKey=1\n")
    unit(box, "pulls", "[Unit]\nRequires=pulls.service\n[Timer]\nOnCalendar=daily\n")
    unit(box, "often", "[Timer]\nOnCalendar=*:*:00/30\n")
    unit(box, "over", "[Timer]\nOnCalendar=2020-01-01\n")
    unit(box, "refused", "[Timer]\nOnBootSec=hourly\n")
    unit(box, "enabled", "[Timer]\nOnCalendar=daily\n")
    systemctl = ["systemctl", "--user"]
    box.output([*systemctl, "daemon-reload"])
    names = ("good", "twice", "adds", "comment", "pulls", "often", "over")
    box.output([*systemctl, "enable", *(f"{name}.timer" for name in (*names, "refused", "enabled"))])
    box.output([*systemctl, "start", *(f"{name}.timer" for name in names)])
    expected = {
        "twice": {"FT201"},
        "adds": {"FT202"},
        "comment": {"FT203"},
        "pulls": {"FT204"},
        "often": {"FT205"},
        "over": {"FT217"},
        "refused": {"FT218"},
        "enabled": {"FT007"},
    }
    found = of_timer(box)
    assert "good" not in found
    assert {name: codes & expected[name] for name, codes in found.items()} == expected
    ignored = findings(box)["FT203"]
    assert any("5m # or so" in fact for fact in ignored["evidence"]), ignored
    assert any("NoSuchKey" in fact for fact in ignored["evidence"]), ignored


def test_services_of_timers_that_fail(own_box: Box) -> None:
    box = own_box
    timer = "[Timer]\nOnCalendar=daily\n"
    unit(box, "limit", timer, head="StartLimitBurst=2\nStartLimitIntervalSec=1h\n")
    unit(box, "fails", timer, "ExecStart=/bin/sh -c 'exit 3'\n")
    unit(box, "latched", timer, "ExecStart=/bin/sh -c 'exit 3'\n", "ConditionPathExists=/tmp/go\n")
    box.write("/tmp/go", "")
    systemctl = ["systemctl", "--user"]
    box.output([*systemctl, "daemon-reload"])
    box.output([*systemctl, "start", "limit.timer", "fails.timer", "latched.timer"])
    for name in ("limit", "limit", "limit", "fails", "latched"):
        box.run([*systemctl, "start", f"{name}.service"])
    box.output(["rm", "/tmp/go"])
    box.run([*systemctl, "start", "latched.service"])
    found = of_timer(box)
    assert "FT303" in found["limit"]
    assert found["fails"] & {"FT301", "FT303"} == {"FT301"}
    assert found["latched"] & {"FT206", "FT301"} == {"FT206"}
    box.output([*systemctl, "reset-failed"])
    assert "FT206" not in of_timer(box).get("latched", set())


def test_a_scheduler_that_will_not_start_the_jobs(own_box: Box) -> None:
    box = own_box
    box.output(["crontab", "-"], input="0 4 * * * echo well >> /home/fed/well.log 2>&1\n")
    unit(box, "good", "[Timer]\nOnCalendar=daily\n")
    box.output(["systemctl", "--user", "daemon-reload"])
    box.output(["systemctl", "--user", "enable", "--now", "good.timer"])
    assert [one for one in check(box)["findings"] if one["severity"] != "note"] == []
    # A login: without one, and without lingering, fed's systemd ends at once, which is what FT005 warns of.
    session = ["systemd-run", "--uid=fed", "--property=PAMName=login", "--no-block", "sleep", "300"]
    box.output(session, "root")
    wait_until(lambda: " fed " in box.output(["loginctl", "list-sessions"]), 10, "the session of fed")
    box.output(["rm", "/var/lib/systemd/linger/fed"], "root")
    box.output(["systemctl", "disable", "cron"], "root")
    box.output(["rm", "-r", "/var/log/journal"], "root")
    found = findings(box)
    assert found["FT003"]["command"] == "sudo systemctl enable cron.service"
    assert found["FT005"]["command"] == "loginctl enable-linger fed"
    assert found["FT405"]["severity"] == "note"
    assert "FT001" not in found
    box.output(["systemctl", "stop", "cron"], "root")
    assert findings(box)["FT001"]["severity"] == "error"
    box.write("/etc/cron.allow", "root\n", user="root")
    assert "FT501" in findings(box)


def test_what_root_runs_and_all_may_change(own_box: Box) -> None:
    box = own_box
    box.write("/opt/job.sh", "#!/bin/sh\necho well\n", user="root", mode=0o777)
    box.write("/etc/cron.d/job", "0 4 * * * root /opt/job.sh >> /var/log/job.log 2>&1\n", user="root")
    for user, sudo in (("fed", "sudo "), ("root", "")):
        assert findings(box, user)["FT601"]["command"] == f"{sudo}chmod go-w /opt/job.sh"
    box.output(["chmod", "755", "/opt/job.sh"], "root")
    assert "FT601" not in findings(box)
