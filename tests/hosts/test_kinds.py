"""What works on a host that lacks something, or has it otherwise, and what it says there."""

from __future__ import annotations

import json
from typing import Any

from tests.hosts.kinds import JOB, KINDS, BareHost

UNITS = {
    "job.service": "[Service]\nType=oneshot\nExecStart=/bin/sh -c 'exit 3'\n",
    "job.timer": "[Timer]\nOnCalendar=*-*-* 03:07:00\n[Install]\nWantedBy=timers.target\n",
}
SCRIPTS = ("sync-learning-data.sh", "export-collections.sh", "generate-dashboard-data.sh")
NAMES = ("federated-sync", "federated-export", "dashboard-metrics")
NO_PLACE = ("read-only-home", "read-only-root")
"""Where nothing of the user's can be written, or no table: there the line is from before."""


def give_a_job(host: BareHost, name: str) -> None:
    """A job that ends with 3: a line, or a timer where there is no cron, or units are what it is about."""
    kind = host.kind
    if not (kind.timers or name == "read-only-units"):
        if name not in NO_PLACE:
            host.run(["crontab", "-"], kind.user, input=JOB, check=True)
        return
    folder, scope = ("/home/fed/.config/systemd/user", ["--user"])
    if kind.user == "root":
        folder, scope = "/usr/lib/systemd/system", []
    for unit, text in UNITS.items():
        host.write(f"{folder}/{unit}", text, kind.user)
    host.run(["systemctl", *scope, "daemon-reload"], kind.user, check=True)
    host.run(["systemctl", *scope, "start", "job.timer"], kind.user, check=True)


def test_list_says_what_there_is_and_nothing_else(bare: BareHost, name: str) -> None:
    """List is whole, and silent beside."""
    done = bare.verb("list")
    expected = ""
    if name == "read-only-home":
        expected = "fedtui works without history: /home/fed is on a read-only file system.\n"
    assert (done.returncode, done.stderr) == (0, expected)
    shown = done.stdout.encode("utf-8", "surrogateescape").decode("latin-1" if name == "latin-1" else "utf-8")
    assert shown.startswith("   JOB")


def test_what_does_not_apply_is_neither_found_nor_unchecked(bare: BareHost, name: str) -> None:
    """Check finds nothing, and leaves nothing out."""
    done = bare.verb("check", "--json")
    found = json.loads(done.stdout)
    errors = {one["code"] for one in found["findings"] if one["severity"] != "note"}
    counts = found["counts"]
    if name == "no-bash":  # /etc/cron.d of Debian runs two scripts of bash
        errors.discard("FT127")
    unchecked = {code for one in found["unchecked"] for code in one["codes"]}
    assert (errors, unchecked) == (set(), {"FT304", "FT305", "FT306"} if name == "read-only-home" else set())
    assert len(found["not_applicable"]) == counts["not_applicable"]
    assert (counts["not_applicable"] > 20) is (name in ("no-cron", "container", "syslog"))
    status = bare.verb("check", "--format", "nagios").returncode
    assert status == found["exit_status"] == {"no-bash": 2, "read-only-home": 1}.get(name, 0)
    metrics = bare.verb("check", "--format", "openmetrics").stdout
    assert f"fedtui_checks_not_applicable {counts['not_applicable']}" in metrics
    assert f"fedtui_checks_unchecked {len(unchecked)}" in metrics


def test_a_job_is_paused_and_resumed(bare: BareHost, name: str) -> None:
    """Pause, resume, reschedule, undo."""
    give_a_job(bare, name)
    if name in NO_PLACE:
        done = bare.verb("pause", "job", "--yes")
        assert (done.returncode, "Nothing was changed." in done.stderr) == (3, True)
        assert "ead-only file system" in done.stderr
        assert bare.table() == JOB
        return
    for verb in (("pause", "job"), ("resume", "job"), ("reschedule", "job", schedule(bare, name))):
        done = bare.verb(*verb, "--yes")
        assert done.returncode == 0, done.stdout + done.stderr
    if name == "read-only-units":
        assert "holds until the next boot" in done.stdout
        assert bare.read("/run/systemd/system/job.timer.d/zz-fedtui-schedule.conf")
    assert bare.verb("undo", "--yes").returncode == 0
    [job] = [one for one in jobs(bare) if one["name"] in ("job", "job.timer")]
    assert job["state"] == "on"
    assert "03:07" in job["schedule_text"]


def schedule(bare: BareHost, name: str) -> str:
    timer = bare.kind.timers or name == "read-only-units"
    return "OnCalendar=*-*-* 04:08:00" if timer else "8 4 * * *"


def jobs(bare: BareHost) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(bare.verb("list", "--json").stdout)["jobs"]
    return found


def test_a_job_is_run_and_its_end_is_known(bare: BareHost, name: str) -> None:
    """Run at once, with its exit code."""
    done = bare.verb("run", "job", "--wait", "--yes")
    if name == "read-only-home":
        assert (done.returncode, "Nothing was run." in done.stderr) == (3, True)
        return
    assert (done.returncode, "exit 3" in done.stdout + done.stderr) == (1, True), done.stdout + done.stderr


def test_the_federation_is_set_up_and_taken_away(bare: BareHost, name: str) -> None:
    """Set up a federation, and take it away."""
    kind, root = bare.kind, "/srv/federation"
    if name == "read-only-root":
        root = "/tmp/federation"
    for script in SCRIPTS:
        bare.write(f"{root}/scripts/{script}", "#!/bin/sh\necho done\n", "root", mode=0o755)
    bare.run(["chown", "-R", kind.user, root], "root", check=True)
    options = ["--linger"] if name == "no-linger" else []
    done = bare.verb("setup", "--root", root, "--yes", *options)
    if name in NO_PLACE:
        assert done.returncode == 3, done.stdout + done.stderr
        return
    assert done.returncode == 0, done.stdout + done.stderr
    expected = "user-timer" if kind.timers else "crontab"
    assert managed(bare) == [(expected, "on")] * 3
    assert bare.verb("setup", "--remove", "--yes").returncode == 0
    assert managed(bare) == []


def managed(bare: BareHost) -> list[tuple[str, str]]:
    """Source and state of the federation's jobs."""
    names = {f"{name}{end}" for name in NAMES for end in ("", ".timer")}
    return [(one["source"], one["state"]) for one in jobs(bare) if one["name"] in names]


def test_every_kind_has_a_title() -> None:
    assert len({kind.title for kind in KINDS.values()}) == len(KINDS)
