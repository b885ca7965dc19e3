"""Actions on cron jobs, against the real crontab(1) and the real cron daemon."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.box.actor import Actor
from tests.box.machine import Box, between_looks_of_cron, wait_until

TABLE = (
    b"# the jobs of fed\n"
    b"GREETING = 'hello there'\n"
    b"# name: sync\n"
    b"0 *\t* * *   echo synced >> ~/sync.log 2>&1\n"
    b"# name: export\n"
    b'0 2 * * 0 echo "$GREETING"; echo oops >&2; exit 3\n'
    b"# name: odd\n"
    b"05 8 * * 0\techo caf\xe9 100\\% ; cat%first%second\n"
)
SPOOL = "/var/spool/cron/crontabs/fed"


def install(box: Box, table: bytes) -> None:
    box.write("/home/fed/table", table)
    box.run(["crontab", "/home/fed/table"], check=True)


def listed(box: Box) -> bytes:
    return box.run(["crontab", "-l"], check=True).stdout.encode("utf-8", "surrogateescape")


@pytest.fixture
def act(box: Box) -> Iterator[Actor]:
    install(box, TABLE)
    yield Actor(box)
    box.run(["crontab", "-r"])


def test_output_and_exit_status_of_a_run(act: Actor) -> None:
    ended = act("run", "export")
    assert ended["output"] == "hello there\noops\n"
    assert (ended["run"]["outcome"], ended["run"]["exit_code"]) == ("failed", 3)
    ended = act("run", "odd")
    assert ended["output"] == "caf\xe9 100%\nfirst\nsecond\n".encode().decode("utf-8").encode(
        "latin-1"
    ).decode("latin-1")
    assert (ended["run"]["outcome"], ended["run"]["exit_code"]) == ("ok", 0)


def test_what_a_job_writes_to_its_own_log_is_its_output(act: Actor) -> None:
    act.box.write("/home/fed/sync.log", "yesterday\n")
    assert act("run", "sync")["output"] == "synced\n"
    assert act.box.read("/home/fed/sync.log") == b"yesterday\nsynced\n"


def test_a_run_is_found_again_by_another_process(act: Actor) -> None:
    install(
        act.box,
        b"# name: slow\n0 0 1 1 * echo begun; until [ -e go-on ]; do sleep 0.1; done; echo done; exit 5\n",
    )
    run = act("start", "slow")
    assert act("current", "slow")["id"] == run["id"]
    assert act("start", "slow")["refused"].startswith("slow is running since ")
    act.box.write("/home/fed/go-on", "")
    ended = act("watch", run["id"])
    assert (ended["output"], ended["run"]["exit_code"]) == ("begun\ndone\n", 5)
    assert act("current", "slow") is None


def test_pause_resume_reschedule_and_undo_leave_every_other_byte(act: Actor) -> None:
    paused = act("pause", "odd")
    assert paused["message"] == "Paused odd."
    assert "run crontab -e whose editor step puts the text above in place of the old" in paused["steps"]
    assert listed(act.box) == TABLE.replace(b"05 8 *", b"#fedtui:paused# 05 8 *")
    act("resume", "odd")
    assert listed(act.box) == TABLE
    act("reschedule", "sync", "*/2 * * * *")
    assert listed(act.box) == TABLE.replace(b"0 *\t* * *   echo", b"*/2 *\t* * *   echo")
    act("undo")
    assert listed(act.box) == TABLE
    act("delete", "export")
    assert b"export" not in listed(act.box)
    act("undo")
    assert listed(act.box) == TABLE
    backups = act.box.output(
        ["find", ".local/state/fedtui/backup", "-name", "crontab.*", "-printf", "%m\n"]
    ).split()
    assert len(backups) == 6
    assert set(backups) == {"600"}


def test_the_first_job_of_a_user_without_a_table(act: Actor) -> None:
    act.box.run(["crontab", "-r"], check=True)
    added = act("new", "*/5 * * * *", "true", "nothing")
    assert "run crontab -e whose editor step puts the text above in place of the old" in added["steps"]
    assert listed(act.box) == b"# name: nothing\n*/5 * * * * true\n"
    assert "run crontab -r by the editor step of crontab -e, which looks once more" in act("undo")["steps"]
    assert "no crontab for fed" in act.box.run(["crontab", "-l"]).stderr


def test_an_edit_by_someone_else_is_never_lost(act: Actor) -> None:
    their_diff = TABLE + b"1 1 * * * theirs\n"
    act.box.write("/home/fed/theirs", their_diff)
    said = act("meanwhile", "sync", "*/2 * * * *", "crontab", "/home/fed/theirs")
    assert said == {
        "stale": "Someone changed the crontab of fed after your plan was made. Nothing was written."
    }
    assert listed(act.box) == their_diff


def test_a_table_with_a_bad_line_is_fixed_in_the_same_plan(act: Actor) -> None:
    bad = b"61 * * * * broken\n" + TABLE
    act.box.write(SPOOL, bad, mode=0o600)
    act.box.run(["chgrp", "crontab", SPOOL], user="root", check=True)
    said = act("pause", "sync")["refused"]
    assert said.startswith(
        "Line 1 of the crontab of fed is bad (bad minute), and crontab refuses the whole table"
    )
    assert act.box.read(SPOOL) == bad
    done = act("mended-pause", "sync", "1", "# 61 * * * * broken")
    assert done["warnings"] == ["Line 1 is fixed in the same plan."]
    assert listed(act.box) == b"# " + bad.replace(b"0 *\t*", b"#fedtui:paused# 0 *\t*")


def test_a_change_with_an_error_after_the_write_is_rolled_back(act: Actor) -> None:
    sweeper = (
        '#!/bin/sh\n/usr/bin/crontab "$@"\ncode=$?\n[ "$1" = -e ] && rm -r /tmp/fedtui-tmp-*\nexit $code\n'
    )
    act.box.write("/home/fed/bin/crontab", sweeper, mode=0o755)
    env = {"PATH": "/home/fed/bin:/usr/local/bin:/usr/bin:/bin"}
    before = act.box.output(["fedtui", "undo", "--list"])
    done = act.box.run(["fedtui", "pause", "odd", "--yes"], env=env)
    assert done.returncode == 3
    assert "What had been done before was rolled back" in done.stderr
    assert listed(act.box) == TABLE
    assert act.box.output(["fedtui", "undo", "--list"]) == before, "no step is kept of it"


def test_a_user_whom_crontab_does_not_allow(act: Actor) -> None:
    act.box.write("/etc/cron.deny", "fed\n", user="root")
    try:
        said = act("new", "1 1 * * *", "true")["refused"]
    finally:
        act.box.path("/etc/cron.deny").unlink()
    assert "You (fed) are not allowed to use this program (crontab)" in said
    assert "Nothing was changed." in said
    assert listed(act.box) == TABLE


ENVIRONMENT = """\
# comment
PATH="/usr/local/sbin:/env/bin"
export EXPORTED=1
QUOTED='a b'
TAIL="x y" # tail
SHELL=/bin/false
HOME=/nowhere
EMPTY=
BAD NAME=2
HASH=a=b #c
HALF="half
NOT_EXPANDED=$HOME
MIDDLE=pre"mid"post
no assignment
BLANKS=1   \n\
JOINED=a\\
NEXT=2
"""
PAM_ENV = '\nP1 DEFAULT=value\nP2 DEFAULT=${HOME}/x OVERRIDE=\nP3 DEFAULT=@{HOME}/y\nP4 OVERRIDE="q q"\n'
PROBE = (
    "(env; umask; pwd; stat -c \\%F -L /proc/self/fd/0; ps -o sid=,pgid=,tty= -p $$ | tr -d 0-9; echo end)"
)


def test_the_environment_is_exactly_crons(own_box: Box) -> None:
    """The same command, run by the real daemon in its minute and by fedtui, prints the same."""
    own_box.write("/etc/environment", ENVIRONMENT, user="root")
    own_box.write("/etc/default/locale", "LANG=C.UTF-8\nLC_TIME=C\n", user="root")
    own_box.write("/etc/security/pam_env.conf", PAM_ENV, user="root")
    own = b"A = 'b c'\nPATH=/bin:/usr/bin\nLOGNAME=zz\nUSER=uu\nMAILTO=\"\"\nTZ=Asia/Tokyo\nQ=a\\%b\n"
    probes = f"# name: by-cron\n* * * * * {PROBE} > by-cron 2>&1\n"
    probes += f"# name: by-hand\n0 0 1 1 * {PROBE} > by-hand 2>&1\n"
    slow = "# name: slow\n* * * * * sleep 40; true\n"
    between_looks_of_cron()
    install(own_box, own + probes.encode() + slow.encode())
    act = Actor(own_box)
    assert act("run", "by-hand")["run"]["exit_code"] == 0
    current = wait_until(lambda: act("current", "slow"), 75, "cron starts the job", pause=1)
    wait_until(lambda: own_box.read("/home/fed/by-cron").endswith(b"end\n"), 10, "cron's probe has ended")
    by_cron = sorted(own_box.read("/home/fed/by-cron").splitlines())
    by_hand = sorted(own_box.read("/home/fed/by-hand").splitlines())
    assert by_hand == by_cron
    assert b"P2=/nowhere/x" in by_cron
    assert b"PATH=/bin:/usr/bin" in by_cron

    assert current["trigger"] == "schedule"
    assert current["id"].startswith("cron-")
    assert "started by cron, pid" in act("start", "slow")["refused"]
    watching = act.begin("watch", current["id"], "slow")
    assert act("stop", "slow").startswith("Stopped slow: SIGTERM, ended after")
    assert act("current", "slow") is None
    watched = act.ended(watching)["run"]
    assert (watched["outcome"], watched["exit_code"]) == ("unknown", None)
    assert watched["reasons"] == ["cron started it, and tells nobody how its jobs end"]


def test_root_changes_and_runs_lines_of_cron_d(own_box: Box) -> None:
    table = b"# packaged\nMAILTO=root\n# name: nightly\n5 4 * * *\tops  id -un; pwd; exit 7\n"
    before = own_box.output(["ls", "-A", "/etc/cron.d"], user="root").split()
    own_box.write("/etc/cron.d/packaged", table, user="root")
    root, fed = Actor(own_box, "root"), Actor(own_box)
    assert fed("pause", "nightly")["refused"] == (
        "/etc/cron.d/packaged belongs to root. Nothing was changed. Run: sudoedit /etc/cron.d/packaged"
    )
    assert "Run: sudo fedtui run cron.d:" in fed("run", "nightly")["refused"]
    told = root("run", "nightly")
    assert (told["output"], told["run"]["exit_code"]) == ("ops\n/home/ops\n", 7)
    assert "write /etc/cron.d/packaged, in one rename" in root("pause", "nightly")["steps"]
    assert own_box.read("/etc/cron.d/packaged") == table.replace(b"5 4", b"#fedtui:paused# 5 4")
    root("undo")
    root("reschedule", "nightly", "@daily")
    assert own_box.read("/etc/cron.d/packaged") == table.replace(b"5 4 * * *", b"@daily")
    root("undo")
    assert own_box.read("/etc/cron.d/packaged") == table
    assert set(own_box.output(["ls", "-A", "/etc/cron.d"], user="root").split()) == {*before, "packaged"}


def test_all_jobs_are_recorded_in_one_change_and_undone_in_one(act: Actor) -> None:
    box = act.box
    box.output(["fedtui", "record", "--all", "--yes"])
    assert listed(box).count(b"fedtui_run=") == 3
    again = box.run(["fedtui", "record", "--all", "--yes"])
    assert (again.returncode, "recorded already" in again.stderr) == (3, True)
    box.output(["fedtui", "undo", "--yes"])
    assert listed(box) == TABLE


def test_nothing_offers_to_record_once_that_was_refused(act: Actor) -> None:
    box = act.box
    box.output(["fedtui", "record", "--never", "--yes"])
    assert box.read("/home/fed/.config/fedtui/config.toml") == b'ignore = ["FT309"]\n'
    assert "FT309" not in box.run(["fedtui", "check"]).stdout
    box.output(["fedtui", "undo", "--yes"])
    assert listed(box) == TABLE
