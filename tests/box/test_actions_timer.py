"""Actions on timers, against the real managers of systemd: of the user, and of the system."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from tests.box.actor import Actor
from tests.box.machine import Box, wait_until

UNITS = "/home/fed/.config/systemd/user"
QUIET = "2>/dev/null"
DROP_IN = "zz-fedtui-schedule.conf"


def ctl(box: Box, *words: str) -> str:
    """What systemctl --user prints; is-active and the like end with a status of their own."""
    return box.run(["systemctl", "--user", *words]).stdout.strip()


def unit(box: Box, name: str, service: str, timer: str, *, install: bool = True) -> None:
    """A timer of fed with its service; enabled and started where it can be enabled."""
    wanted = "\n[Install]\nWantedBy=timers.target\n" if install else ""
    box.write(f"{UNITS}/{name}.service", f"[Service]\nType=oneshot\n{service}\n")
    box.write(f"{UNITS}/{name}.timer", f"[Timer]\n{timer}\n{wanted}")
    box.run(["systemctl", "--user", "daemon-reload"], check=True)
    start = ["enable", "--now"] if install else ["start"]
    box.run(["systemctl", "--user", *start, f"{name}.timer"], check=True)


@pytest.fixture
def act(box: Box) -> Actor:
    return Actor(box)


def test_a_run_and_its_exit_status(act: Actor) -> None:
    unit(act.box, "good", "ExecStart=/bin/sh -c 'echo hello; sleep 0.3'", "OnCalendar=yearly")
    unit(act.box, "bad", "ExecStart=/bin/sh -c 'echo no >&2; exit 3'", "OnCalendar=yearly")
    unit(act.box, "killed", "ExecStart=/bin/sh -c 'kill -9 $$$$'", "OnCalendar=yearly")
    told = act("run", "good.timer")
    assert told["output"] == "hello\n"
    ended = told["run"]
    assert (ended["outcome"], ended["exit_code"], ended["trigger"]) == ("ok", 0, "manual")
    assert 0.2 < ended["duration"] < 10
    told = act("run", "bad.timer")
    assert told["output"] == "no\n"
    ended = told["run"]
    assert (ended["outcome"], ended["exit_code"]) == ("failed", 3)
    ended = act("run", "killed.timer")["run"]
    assert (ended["outcome"], ended["exit_code"], ended["signal"]) == ("failed", None, "SIGKILL")


def test_what_a_service_appends_to_its_log_file_is_its_output(act: Actor) -> None:
    act.box.write("/home/fed/kept.log", "yesterday\n")
    service = "ExecStart=/bin/echo today\nStandardOutput=append:/home/fed/kept.log"
    unit(act.box, "kept", service, "OnCalendar=yearly")
    assert act("run", "kept.timer")["output"] == "today\n"


@pytest.fixture
def of_system(act: Actor) -> Iterator[Actor]:
    """Root, with a timer of the system that was never started: its service is unloaded as soon as it ends."""
    text = "[Service]\nType=oneshot\nExecStart=/bin/echo from the system\n"
    act.box.write("/etc/systemd/system/sys.service", text, user="root")
    act.box.write("/etc/systemd/system/sys.timer", "[Timer]\nOnCalendar=yearly\n", user="root")
    act.box.run(["systemctl", "daemon-reload"], user="root", check=True)
    yield Actor(act.box, "root")
    for name in ("sys.service", "sys.timer"):
        act.box.path(f"/etc/systemd/system/{name}").unlink()


def test_root_runs_a_service_of_the_systems(of_system: Actor) -> None:
    told = of_system("run", "sys.timer")
    assert told.get("refused") is None
    assert (told["output"], told["run"]["outcome"]) == ("from the system\n", "ok")


def test_a_run_has_its_lines_where_journald_reads_them_after_the_unit_was_unloaded(of_system: Actor) -> None:
    def signal(name: str) -> None:
        argv = ["systemctl", "kill", f"--signal={name}", "systemd-journald.service"]
        of_system.box.run(argv, user="root", check=True)

    signal("STOP")
    try:
        run = of_system("start", "sys.timer")
        time.sleep(1)
    finally:
        signal("CONT")
    told = of_system("watch", run["id"])
    assert (told["output"], told["run"]["outcome"]) == ("from the system\n", "ok")


def test_a_unit_that_runs_is_not_started_twice_and_can_be_stopped(act: Actor) -> None:
    unit(act.box, "slow", "ExecStart=/bin/sleep 60", "OnCalendar=yearly")
    run = act("start", "slow.timer")
    assert act("start", "slow.timer") == {
        "refused": "slow.service is activating (start). It was not started twice. t stops it."
    }
    assert act("current", "slow.timer")["id"] == run["id"]
    assert act("stop", "slow.timer") == "Stopped slow.service; it is failed."
    assert act("current", "slow.timer") is None
    ended = act("watch", run["id"])["run"]
    assert (ended["outcome"], ended["signal"]) == ("failed", "SIGTERM")
    assert act("stop", "slow.timer")["refused"] == "slow.service does not run. Nothing was stopped."


def test_facts_of_another_invocation_are_never_taken_for_this_ones(act: Actor) -> None:
    unit(act.box, "twice", "ExecStart=/bin/sh -c 'exit 4'", "OnCalendar=yearly")
    first = act("start", "twice.timer")
    wait_until(lambda: ctl(act.box, "is-active", "twice.service") == "failed", 10, "it ends")
    act.box.write(f"{UNITS}/twice.service", "[Service]\nType=oneshot\nExecStart=/bin/true\n")
    ctl(act.box, "daemon-reload")
    assert act("run", "twice.timer")["run"]["outcome"] == "ok"
    ended = act("watch", first["id"])["run"]
    assert (ended["outcome"], ended["exit_code"]) == ("failed", 4), "by the manager's words in the journal"


def test_an_unmet_condition_is_no_run(act: Actor) -> None:
    unit(act.box, "never", "ExecStart=/bin/true", "OnCalendar=yearly")
    text = "[Unit]\nConditionPathExists=/no/such\n[Service]\nType=oneshot\nExecStart=/bin/true\n"
    act.box.write(f"{UNITS}/never.service", text)
    ctl(act.box, "daemon-reload")
    assert act("run", "never.timer")["refused"].startswith(
        "systemd did not start never.service: a condition of the unit is not met. Nothing was run."
    )


def test_pause_and_resume_of_an_enabled_timer(act: Actor) -> None:
    unit(act.box, "hourly", "ExecStart=/bin/true", "OnCalendar=hourly")
    extra = f"{UNITS}/default.target.wants"
    act.box.run(["mkdir", "-p", extra], check=True)
    act.box.run(["ln", "-s", f"{UNITS}/hourly.timer", f"{extra}/hourly.timer"], check=True)
    paused = act("pause", "hourly.timer")
    assert "run systemctl --user disable --now hourly.timer" in paused["steps"]
    assert (paused["warnings"], paused["milder"]) == ([], "")
    assert ctl(act.box, "is-active", "hourly.timer") == "inactive"
    assert ctl(act.box, "is-enabled", "hourly.timer") == "disabled"
    assert act("state", "hourly.timer") == ["paused", "OnCalendar=hourly"]
    resumed = act("resume", "hourly.timer")
    assert "run systemctl --user enable --now hourly.timer" in resumed["steps"]
    assert ctl(act.box, "is-active", "hourly.timer") == "active"
    assert ctl(act.box, "is-enabled", "hourly.timer") == "enabled"
    assert act.box.path(f"{extra}/hourly.timer").is_symlink(), "a link made by hand is put back, too"
    assert act("state", "hourly.timer")[0] == "on"
    act("undo")
    assert act("state", "hourly.timer")[0] == "paused"
    assert act("redo")["summary"] == "Redo: resume hourly.timer."
    assert act("state", "hourly.timer")[0] == "on"


def test_a_static_timer_of_ones_own_is_held_by_a_condition(act: Actor) -> None:
    unit(act.box, "static", "ExecStart=/bin/true", "OnCalendar=hourly", install=False)
    act.box.write(f"{UNITS}/timers.target.d/wants.conf", "[Unit]\nWants=static.timer\n")
    ctl(act.box, "daemon-reload")
    plain = act("pause", "static.timer")
    (warning,) = plain["warnings"]
    assert warning == (
        "static.timer is static: there is nothing to disable, so whatever starts it does so again at the "
        "next boot. A drop-in with a condition that is never true keeps it off."
    )
    assert plain["milder"] == "hold"
    assert ctl(act.box, "is-active", "static.timer") == "inactive"
    act("resume", "static.timer")
    held = act("pause", "static.timer", "hold")
    assert held["warnings"] == []
    assert "+ConditionPathExists=!/" in held["diff"]
    act.box.run(["systemctl", "restart", "user@1000.service"], user="root", check=True)
    wait_until(act.box.path("/run/user/1000/bus").is_socket, 30, "the user bus is back")
    wait_until(lambda: ctl(act.box, "is-active", "timers.target") == "active", 30, "timers.target is reached")
    assert ctl(act.box, "is-active", "static.timer") == "inactive"
    assert act("state", "static.timer")[0] == "paused"
    act("resume", "static.timer")
    assert ctl(act.box, "is-active", "static.timer") == "active"
    assert not act.box.path(f"{UNITS}/static.timer.d").exists()


def test_a_link_made_by_hand_counts_as_enabled_and_comes_back(act: Actor) -> None:
    unit(act.box, "linked", "ExecStart=/bin/true", "OnCalendar=hourly", install=False)
    link = f"{UNITS}/timers.target.wants/linked.timer"
    act.box.run(["mkdir", "-p", f"{UNITS}/timers.target.wants"], check=True)
    act.box.run(["ln", "-s", "../linked.timer", link], check=True)
    ctl(act.box, "daemon-reload")
    assert act("pause", "linked.timer")["warnings"] == []
    assert not act.box.path(link).is_symlink()
    act("resume", "linked.timer")
    assert str(act.box.path(link).readlink()) == "../linked.timer"
    assert ctl(act.box, "is-active", "linked.timer") == "active"


def test_disabling_never_takes_away_a_unit_that_was_linked_in(act: Actor) -> None:
    act.box.write("/home/fed/repo/repo.service", "[Service]\nType=oneshot\nExecStart=/bin/true\n")
    act.box.write(
        "/home/fed/repo/repo.timer", "[Timer]\nOnCalendar=hourly\n[Install]\nWantedBy=timers.target\n"
    )
    for name in ("repo.service", "repo.timer"):
        act.box.run(["systemctl", "--user", "link", f"/home/fed/repo/{name}"], check=True)
    act.box.run(["systemctl", "--user", "enable", "--now", "repo.timer"], check=True)
    act("pause", "repo.timer", "hold")
    assert ctl(act.box, "is-active", "repo.timer") == "inactive"
    act("undo")
    assert ctl(act.box, "is-active", "repo.timer") == "active"
    assert ctl(act.box, "is-enabled", "repo.timer") == "enabled"


def test_a_static_timer_of_a_package_is_masked(act: Actor) -> None:
    folder = "/usr/lib/systemd/user"
    act.box.write(f"{folder}/vendor.service", "[Service]\nType=oneshot\nExecStart=/bin/true\n", user="root")
    act.box.write(f"{folder}/vendor.timer", "[Timer]\nOnCalendar=hourly\n", user="root")
    ctl(act.box, "daemon-reload")
    ctl(act.box, "start", "vendor.timer")
    held = act("pause", "vendor.timer", "hold")
    assert "run systemctl --user mask vendor.timer" in held["steps"]
    assert ctl(act.box, "is-enabled", "vendor.timer") == "masked"
    act("undo")
    assert ctl(act.box, "is-enabled", "vendor.timer") == "static"
    assert ctl(act.box, "is-active", "vendor.timer") == "active"


def runs(box: Box, name: str) -> int:
    log = box.path(f"/home/fed/{name}.log")
    return len(log.read_bytes().splitlines()) if log.exists() else 0


def test_resuming_warns_where_it_runs_the_job_at_once_and_it_does(act: Actor) -> None:
    logs = "ExecStart=/bin/sh -c 'echo ran >> /home/fed/%p.log'"
    unit(act.box, "boot", logs, "OnBootSec=1us")
    wait_until(lambda: runs(act.box, "boot") == 1, 10, "it runs when it is started")
    act("pause", "boot.timer")
    resumed = act("resume", "boot.timer")
    assert resumed["warnings"] == ["OnBootSec=1us has passed: starting the timer runs the job at once."]
    wait_until(lambda: runs(act.box, "boot") == 2, 10, "the warning came true")

    unit(act.box, "missed", logs, "OnCalendar=minutely\nPersistent=true\nAccuracySec=1us")
    act("pause", "missed.timer")
    stamp = "/home/fed/.local/share/systemd/timers/stamp-missed.timer"
    act.box.run(["touch", "-d", "3 hours ago", stamp], check=True)
    ctl(act.box, "daemon-reload")
    resumed = act("resume", "missed.timer")
    assert len(resumed["warnings"]) == 1
    assert resumed["warnings"][0].startswith("Persistent=: the run of ")
    wait_until(lambda: runs(act.box, "missed") >= 1, 5, "the warning came true")

    unit(act.box, "later", logs, "OnCalendar=yearly\nPersistent=true")
    act("pause", "later.timer")
    assert act("resume", "later.timer")["warnings"] == []
    assert runs(act.box, "later") == 0


def test_reschedule_by_a_drop_in_and_back(act: Actor) -> None:
    timer = "OnCalendar=daily\nOnBootSec=5h\nPersistent=true"
    unit(act.box, "backup", "ExecStart=/bin/true", timer)
    original = act.box.read(f"{UNITS}/backup.timer")
    done = act("reschedule", "backup.timer", "Mon..Fri 18:30", "node2 is slow", "OPS-118")
    day = act.box.output(["date", "+%F"])
    path = f"{UNITS}/backup.timer.d/{DROP_IN}"
    assert act.box.read(path).decode().splitlines() == [
        f"# fedtui: was daily 00:00; 5 h after boot until {day}; reason: node2 is slow; ticket OPS-118",
        "[Timer]",
        "# An empty value takes all triggers away, of every kind.",
        "OnCalendar=",
        "OnCalendar=Mon..Fri 18:30",
    ]
    assert done["summary"] == "Reschedule from daily 00:00; 5 h after boot to Mon–Fri 18:30."
    assert "run systemctl --user daemon-reload" in done["steps"]
    shown = ctl(act.box, "show", "-p", "TimersCalendar", "-p", "TimersMonotonic", "backup.timer")
    assert "OnCalendar=Mon..Fri *-*-* 18:30:00" in shown
    assert "OnBootUSec" not in shown
    assert act.box.read(f"{UNITS}/backup.timer") == original
    act("reschedule", "backup.timer", "OnBootSec=10min OnUnitActiveSec=1h")
    assert act.box.read(path).decode().splitlines()[-2:] == ["OnBootSec=10min", "OnUnitActiveSec=1h"]
    act("undo")
    assert act.box.read(path).decode().endswith("OnCalendar=Mon..Fri 18:30\n")
    act("undo", str(done["undo"]))
    assert not act.box.path(f"{UNITS}/backup.timer.d").exists()
    shown = ctl(act.box, "show", "-p", "TimersCalendar", "-p", "TimersMonotonic", "backup.timer")
    assert "*-*-* 00:00:00" in shown
    assert "OnBootUSec=5h" in shown


def test_schedules_that_systemd_refuses(act: Actor) -> None:
    unit(act.box, "odd", "ExecStart=/bin/true", "OnCalendar=daily")
    assert "25:00" in act("reschedule", "odd.timer", "25:00")["refused"]
    assert act("reschedule", "odd.timer", "15min")["refused"].startswith("15min: ")
    assert "for a span write OnUnitActiveSec=15min" in act("reschedule", "odd.timer", "15min")["refused"]
    assert act("reschedule", "odd.timer", "OnBootSec=hourly")["refused"].startswith("OnBootSec=hourly: ")
    assert act("reschedule", "odd.timer", "daily")["refused"].startswith(
        "odd.timer has that schedule already."
    )
    assert not act.box.path(f"{UNITS}/odd.timer.d").exists()
    assert act("preview", "odd.timer", "*:0/20") == [True, "", None, "every 20 min, 3 runs an hour", 5]
    assert act("preview", "odd.timer", "*:0/99")[0] is False


def test_an_edit_by_someone_else(act: Actor) -> None:
    unit(act.box, "theirs", "ExecStart=/bin/true", "OnCalendar=daily")
    said = act(
        "meanwhile",
        "theirs.timer",
        "weekly",
        "sh",
        "-c",
        f"sed -i s/daily/monthly/ {UNITS}/theirs.timer; systemctl --user daemon-reload",
    )
    assert said == {"stale": "theirs.timer changed after your plan was made. Nothing was written."}
    act("reschedule", "theirs.timer", "weekly")
    path = f"{UNITS}/theirs.timer.d/{DROP_IN}"
    act.box.write(path, act.box.read(path) + b"OnCalendar=monthly\n")
    assert "would lose that edit" in act("undo")["refused"]
    assert act.box.read(path).endswith(b"OnCalendar=monthly\n")


def test_a_unit_that_vanishes_between_plan_and_apply(act: Actor) -> None:
    unit(act.box, "gone", "ExecStart=/bin/true", "OnCalendar=daily")
    script = f"systemctl --user disable --now gone.timer; rm {UNITS}/gone.*; systemctl --user daemon-reload"
    said = act("meanwhile", "gone.timer", "weekly", "sh", "-c", f"({script}) {QUIET}")
    assert said["refused"].startswith("gone.timer is no longer there. Nothing was changed.")


def test_an_elapsed_timer_gets_its_new_schedule(act: Actor) -> None:
    unit(act.box, "once", "ExecStart=/bin/true", "OnBootSec=1us")
    wait_until(lambda: ctl(act.box, "show", "-P", "SubState", "once.timer") == "elapsed", 10, "it elapses")
    done = act("reschedule", "once.timer", "hourly")
    assert done["warnings"] == ["The timer has elapsed for good, so it is restarted for the new schedule."]
    assert ctl(act.box, "show", "-P", "SubState", "once.timer") == "waiting"


def test_the_systems_timers_are_root_s(act: Actor) -> None:
    name = "dpkg-db-backup.timer"
    assert act("pause", name)["refused"].endswith(f"Run: sudo systemctl disable --now {name}")
    assert act("reschedule", name, "weekly")["refused"].endswith(f"Run: sudo systemctl edit {name}")
    assert act("start", name)["refused"].endswith("Run: sudo systemctl start dpkg-db-backup.service")
    root = Actor(act.box, "root")
    root("reschedule", name, "weekly")
    path = act.box.path(f"/etc/systemd/system/{name}.d/{DROP_IN}")
    assert path.read_text().endswith("OnCalendar=weekly\n")
    assert path.stat().st_mode & 0o777 == 0o644
    root("undo")
    assert not path.parent.exists()
    root("pause", name)
    assert act.box.run(["systemctl", "is-enabled", name]).stdout == "disabled\n"
    root("undo")
    assert act.box.run(["systemctl", "is-enabled", name]).stdout == "enabled\n"
    assert act.box.run(["systemctl", "is-active", name]).stdout == "active\n"
