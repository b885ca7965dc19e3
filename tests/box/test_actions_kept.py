"""Timers that a stop would lose: paused instances stay in the list; what cannot be kept is not stopped."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.box.actor import Actor
from tests.box.machine import Box, wait_until

UNITS = "/home/fed/.config/systemd/user"
SYSTEM = "/etc/systemd/system"
MARKER = "zz-fedtui-paused.conf"
SERVICE = "[Service]\nType=oneshot\nExecStart=/bin/echo %i\n"
TIMER = "[Timer]\nOnCalendar=*:0/2\n"
INSTALL = "[Install]\nWantedBy=timers.target\n"
NAME = "tmpl@srv-data.timer"


def ctl(box: Box, *words: str, user: str = "fed") -> str:
    scope = [] if user == "root" else ["--user"]
    return box.run(["systemctl", *scope, *words], user=user).stdout.strip()


def jobs(box: Box, user: str = "fed") -> dict[str, dict[str, Any]]:
    return {job["name"]: job for job in json.loads(box.output(["fedtui", "list", "--json"], user))["jobs"]}


def listed(box: Box, name: str, user: str = "fed") -> dict[str, Any]:
    """The row of a timer that is not loaded: on a busy machine the states of unit files come later."""
    return wait_until(lambda: jobs(box, user).get(name), 30, f"{name} is in the list")


def tree(box: Box) -> list[str]:
    return sorted(box.output(["find", UNITS, "-printf", "%P %l\n"]).splitlines())


@pytest.fixture
def template(box: Box) -> Box:
    box.write(f"{UNITS}/tmpl@.service", SERVICE)
    box.write(f"{UNITS}/tmpl@.timer", TIMER + INSTALL)
    ctl(box, "daemon-reload")
    ctl(box, "enable", "--now", NAME)
    assert ctl(box, "is-active", NAME) == "active"
    return box


def restart(box: Box) -> None:
    """A new manager, as after a reboot."""
    box.run(["systemctl", "restart", "user@1000.service"], user="root", check=True)
    wait_until(box.path("/run/user/1000/bus").is_socket, 30, "the user bus is back")
    wait_until(lambda: ctl(box, "is-active", "timers.target") == "active", 30, "timers.target is reached")


def test_a_paused_instance_stays_in_the_list_and_resumes(template: Box) -> None:
    before = tree(template)
    paused = template.run(["fedtui", "pause", NAME, "--yes"])
    assert paused.returncode == 0
    assert f"{NAME}.d/{MARKER}" in paused.stdout
    for again in (lambda: None, lambda: ctl(template, "daemon-reload"), lambda: restart(template)):
        again()
        assert ctl(template, "is-active", NAME) == "inactive"
        assert (jobs(template)[NAME]["state"], jobs(template)[NAME]["next_run"]) == ("paused", None)
    resumed = template.run(["fedtui", "resume", NAME, "--yes"])
    assert resumed.returncode == 0
    assert (ctl(template, "is-active", NAME), ctl(template, "is-enabled", NAME)) == ("active", "enabled")
    assert jobs(template)[NAME]["state"] == "on"
    assert tree(template) == before


def test_it_is_found_on_disk_alone(template: Box) -> None:
    template.run(["fedtui", "pause", NAME, "--yes"], check=True)
    template.run(["rm", "-r", "/home/fed/.local/state/fedtui"], check=True)
    assert listed(template, NAME)["state"] == "paused"
    wait_until(lambda: not template.run(["fedtui", "resume", NAME, "--yes"]).returncode, 30, "it resumes")
    assert (ctl(template, "is-active", NAME), ctl(template, "is-enabled", NAME)) == ("active", "enabled")
    template.run(["fedtui", "undo", "--yes"], check=True)
    assert template.read(f"{UNITS}/{NAME}.d/{MARKER}").startswith(
        b"# Written by fedtui: this timer is paused."
    )
    assert b"[Unit]" not in template.read(f"{UNITS}/{NAME}.d/{MARKER}")
    template.run(["fedtui", "redo", "--yes"], check=True)
    assert jobs(template)[NAME]["state"] == "on"


def test_the_record_alone_is_enough(template: Box) -> None:
    """As versions before left it: without the drop-in."""
    template.run(["fedtui", "pause", NAME, "--yes"], check=True)
    template.run(["rm", "-r", f"{UNITS}/{NAME}.d"], check=True)
    ctl(template, "daemon-reload")
    assert jobs(template)[NAME]["state"] == "paused"
    template.run(["fedtui", "resume", NAME, "--yes"], check=True)
    assert ctl(template, "is-active", NAME) == "active"


def test_switching_it_on_by_hand_is_not_held_back(template: Box) -> None:
    template.run(["fedtui", "pause", NAME, "--yes"], check=True)
    ctl(template, "enable", "--now", NAME)
    assert jobs(template)[NAME]["state"] == "on"


def test_an_enabled_instance_that_is_stopped_stays_in_the_list(template: Box) -> None:
    ctl(template, "enable", "tmpl@other.timer")
    job = listed(template, "tmpl@other.timer")
    assert (job["state"], job["state_reason"]) == ("off", "enabled, but not started")


@pytest.mark.parametrize("folder", [UNITS, "/usr/lib/systemd/user"], ids=["drop-in", "mask"])
def test_a_static_instance_that_is_held_off(box: Box, folder: str) -> None:
    act = Actor(box)
    user = "fed" if folder == UNITS else "root"
    box.write(f"{folder}/held@.service", SERVICE, user=user)
    box.write(f"{folder}/held@.timer", TIMER, user=user)
    ctl(box, "daemon-reload")
    ctl(box, "start", "held@a.timer")
    before = tree(box)
    try:
        assert act("pause", "held@a.timer", "hold")["warnings"] == []
        for again in (lambda: None, lambda: restart(box)):
            again()
            assert jobs(box)["held@a.timer"]["state"] == "paused"
        act("resume", "held@a.timer")
        assert (ctl(box, "is-active", "held@a.timer"), tree(box)) == ("active", before)
        act("pause", "held@a.timer")
        assert jobs(box)["held@a.timer"]["state"] == "paused", "stopped only"
        act("resume", "held@a.timer")
        assert (ctl(box, "is-active", "held@a.timer"), tree(box)) == ("active", before)
    finally:
        ctl(box, "stop", "held@a.timer")
        box.run(["sh", "-c", f"rm {folder}/held@.*"], user=user, check=True)


def test_an_instance_of_the_systems_is_seen_by_everybody(own_box: Box) -> None:
    own_box.write(f"{SYSTEM}/sys@.service", SERVICE, user="root")
    own_box.write(f"{SYSTEM}/sys@.timer", TIMER + INSTALL, user="root")
    ctl(own_box, "daemon-reload", user="root")
    ctl(own_box, "enable", "--now", "sys@a.timer", user="root")
    own_box.run(["fedtui", "pause", "sys@a.timer", "--yes"], "root", check=True)
    assert ctl(own_box, "is-active", "sys@a.timer", user="root") == "inactive"
    for user in ("root", "fed"):
        assert listed(own_box, "sys@a.timer", user)["state"] == "paused"
    own_box.run(["fedtui", "resume", "sys@a.timer", "--yes"], "root", check=True)
    assert ctl(own_box, "is-active", "sys@a.timer", user="root") == "active"
    assert not own_box.path(f"{SYSTEM}/sys@a.timer.d").exists()


STOPPING = (
    ["pause", "NAME", "--yes"],
    ["pause", "NAME", "--dry-run"],
    ["reschedule", "NAME", "hourly", "--yes"],
    ["convert", "NAME", "--to", "cron", "--yes"],
    ["delete", "NAME", "--yes"],
)


def refusals(box: Box, name: str, user: str = "fed") -> set[str]:
    """What each verb that would stop the timer says; each is refused."""
    said = set()
    for words in STOPPING:
        done = box.run(["fedtui", *(word.replace("NAME", name) for word in words)], user)
        assert (done.returncode, done.stdout) == (3, ""), (words, done.stdout)
        assert "Nothing was changed." in done.stderr
        said.add(done.stderr)
    return said


def test_a_transient_timer_is_not_stopped(box: Box) -> None:
    command = ["systemd-run", "--user", "-q", "--on-calendar=*:0/3", "--unit=trans", "/bin/echo", "x"]
    box.run(command, check=True)
    said = refusals(box, "trans.timer")
    sentence = "trans.timer has no unit file to keep: systemd-run made it, and stopping it would delete it."
    assert sum(one.startswith(sentence) for one in said) == 1
    assert any("systemctl --user cat trans.timer trans.service" in one for one in said)
    assert ctl(box, "is-active", "trans.timer") == "active"
    assert jobs(box)["trans.timer"]["state"] == "on"
    assert not box.path(f"{UNITS}/trans.timer.d").exists()


def test_a_transient_timer_of_the_systems_is_not_said_to_need_root(box: Box) -> None:
    command = ["systemd-run", "-q", "--on-calendar=*:0/3", "--unit=systrans", "/bin/echo", "x"]
    box.run(command, user="root", check=True)
    try:
        for user in ("fed", "root"):
            done = box.run(["fedtui", "pause", "systrans.timer", "--yes"], user)
            assert done.returncode == 3
            assert "To delete it: sudo systemctl stop systrans.timer" in done.stderr
            assert "disable --now" not in done.stderr
        assert ctl(box, "is-active", "systrans.timer", user="root") == "active"
    finally:
        ctl(box, "stop", "systrans.timer", user="root")


def test_a_timer_whose_file_is_gone_is_not_stopped(box: Box) -> None:
    box.write(f"{UNITS}/rm.service", SERVICE)
    box.write(f"{UNITS}/rm.timer", TIMER + INSTALL)
    ctl(box, "daemon-reload")
    ctl(box, "start", "rm.timer")
    box.run(["rm", f"{UNITS}/rm.timer"], check=True)
    done = box.run(["fedtui", "pause", "rm.timer", "--yes"])
    assert done.returncode == 3
    where = f"its file {UNITS}/rm.timer is gone. Nothing was changed."
    assert done.stderr.startswith(f"systemd would forget rm.timer once it is stopped: {where}")
    assert ctl(box, "is-active", "rm.timer") == "active"


GENERATOR = """#!/bin/sh
printf '[Unit]\\nSourcePath=/etc/gen.conf\\n[Timer]\\nOnCalendar=daily\\n' > "$1/gen.timer"
printf '[Service]\\nType=oneshot\\nExecStart=/bin/true\\n' > "$1/gen.service"
"""


def test_a_generated_timer_is_changed_where_it_comes_from(own_box: Box) -> None:
    own_box.write("/etc/systemd/system-generators/gen", GENERATOR, user="root", mode=0o755)
    ctl(own_box, "daemon-reload", user="root")
    ctl(own_box, "start", "gen.timer", user="root")
    said = refusals(own_box, "gen.timer", "root")
    assert sum(one.startswith("gen.timer is generated from /etc/gen.conf.") for one in said) == 1
    assert ctl(own_box, "is-active", "gen.timer", user="root") == "active"


def test_converting_never_takes_away_a_link(box: Box) -> None:
    for name, text in (("rep.service", SERVICE), ("rep.timer", TIMER + INSTALL)):
        box.write(f"/home/fed/repo/{name}", text)
        box.run(["systemctl", "--user", "link", f"/home/fed/repo/{name}"], check=True)
    ctl(box, "enable", "--now", "rep.timer")
    done = box.run(["fedtui", "convert", "rep.timer", "--to", "cron", "--yes"])
    assert done.returncode == 3
    assert done.stderr.startswith(f"rep.timer is linked from elsewhere: its link {UNITS}/rep.timer would be")
    assert box.path(f"{UNITS}/rep.timer").is_symlink()
    assert ctl(box, "is-active", "rep.timer") == "active"


def test_a_timer_in_run_is_gone_after_the_next_boot(box: Box) -> None:
    for name, text in (("soon.service", SERVICE), ("soon.timer", TIMER)):
        box.write(f"/run/user/1000/systemd/user/{name}", text)
    ctl(box, "daemon-reload")
    ctl(box, "start", "soon.timer")
    act = Actor(box)
    (warning,) = act("pause", "soon.timer")["warnings"]
    assert warning == (
        "/run/user/1000/systemd/user/soon.timer is in /run: after the next boot the timer is gone."
    )
    act("resume", "soon.timer")
    assert ctl(box, "is-active", "soon.timer") == "active"
