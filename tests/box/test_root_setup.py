"""Root sets the pack up for a user who puts links, pipes and other folders in the way, also meanwhile."""

from __future__ import annotations

import subprocess

import pytest

from tests.box.machine import Box

ROOT = "/home/fed/repo"
SECRET = "/srv/secret"
# As fed: a link to root's folder in place of the log folder, and away again, for ever.
SWAPS = f"""
import itertools, os
logs = "/home/fed/logs"
for number in itertools.count():
    aside = f"/home/fed/aside{{number}}"
    for step in (
        lambda: os.rename(logs, aside),
        lambda: os.symlink("{SECRET}", logs),
        lambda: os.unlink(logs),
        lambda: os.rmdir(aside),
    ):
        try:
            step()
        except OSError:
            pass
"""


@pytest.fixture(autouse=True)
def _repository(box: Box) -> None:
    box.reset()
    box.write(f"{ROOT}/scripts/sync-learning-data.sh", "#!/bin/sh\necho synced\n", mode=0o755)
    make = f"rm -rf {SECRET} && mkdir -m 700 {SECRET} && echo key > {SECRET}/key && chmod 600 {SECRET}/key"
    box.run(["sh", "-c", make], "root", check=True)


def set_up(box: Box, folder: str, *words: str) -> subprocess.CompletedProcess[str]:
    command = ["fedtui", "setup", "--root", ROOT, "--run-as", "fed", "--log-dir", folder, "--yes", *words]
    done = box.run(command, "root", timeout=120)
    assert "Internal error" not in done.stderr
    return done


def facts(box: Box, folder: str) -> str:
    return box.output(["sh", "-c", f"find {folder} -printf '%p %U %m %s\\n' | sort"], "root")


def test_the_folder_and_the_logs_are_the_users(box: Box) -> None:
    before = facts(box, "/home/fed")
    assert set_up(box, "/home/fed/logs/pack").returncode == 4  # one of three scripts is there
    made = box.output(["stat", "-c", "%n %U %a", *("/home/fed/logs", "/home/fed/logs/pack")], "root")
    assert made == "/home/fed/logs fed 755\n/home/fed/logs/pack fed 755"
    log = "/home/fed/logs/pack/federated-sync.log"
    assert box.output(["stat", "-c", "%U %a", log], "root") == "fed 644"
    assert box.run(["fedtui", "setup", "--remove", "--yes"], "root").returncode == 0
    assert facts(box, "/home/fed") == before


@pytest.mark.parametrize(
    ("prepare", "folder", "said"),
    [
        (f"ln -s {SECRET} logs", "logs", "/home/fed/logs is a symbolic link that fed can change."),
        (f"ln -s {SECRET} logs", "logs/pack", "/home/fed/logs is a symbolic link that fed can change."),
        ("ln -s /srv a", "a/secret/pack", "/home/fed/a is a symbolic link that fed can change."),
        ("ln -s repo logs", "logs/pack", "/home/fed/logs is a symbolic link that fed can change."),
        ("echo > logs", "logs", "/home/fed/logs is no folder."),
        ("mkfifo logs", "logs", "/home/fed/logs is no folder."),
    ],
)
def test_what_is_in_the_way_is_said_before_a_script_runs(
    prepare: str, folder: str, said: str, box: Box
) -> None:
    box.run(["sh", "-c", prepare], check=True)
    before = facts(box, "/home/fed /srv")
    done = set_up(box, f"/home/fed/{folder}")
    assert done.returncode == 3
    assert f"{said} Nothing was changed. Choose another folder: --log-dir DIR." in done.stderr
    assert "trial run" not in done.stdout
    assert facts(box, "/home/fed /srv") == before


def test_a_folder_of_roots_or_of_another_in_the_home(box: Box) -> None:
    for owner in ("root", "ops"):
        folder = f"/home/fed/{owner}"
        box.run(["install", "-d", "-o", owner, folder], "root", check=True)
        done = set_up(box, f"{folder}/logs")
        assert done.returncode == 3
        assert f"{folder} belongs to {owner} in a folder of fed's, who can replace it." in done.stderr
    done = box.run(["fedtui", "setup", "--root", ROOT, "--log-dir", "/home/fed/logs", "--yes"], "root")
    assert "/home/fed is controlled by fed, not by root." in done.stderr
    assert facts(box, "/home/fed/ops /home/fed/root").count("\n") == 1


@pytest.mark.parametrize("trap", ["ln -s /srv/secret/key", "mkfifo", "ln /srv/secret/key"])
def test_a_trap_in_place_of_a_log(trap: str, box: Box) -> None:
    script = f"cd /home/fed; mkdir logs; chown fed: logs; {trap} logs/federated-sync.log"
    box.run(["sh", "-c", script], "root")
    before = facts(box, "/home/fed /srv")
    done = set_up(box, "/home/fed/logs")
    assert done.returncode == 3
    assert "/home/fed/logs/federated-sync.log cannot be appended to: " in done.stdout
    assert facts(box, "/home/fed /srv") == before


def test_systemd_opens_no_log_that_the_user_could_lead_elsewhere(box: Box) -> None:
    box.run(["mkdir", "/home/fed/logs"], check=True)
    for folder in ("/home/fed/logs", "/home/fed/other/logs"):
        done = set_up(box, folder, "--backend", "system")
        assert done.returncode == 3
        assert "is controlled by fed, not by root." in done.stderr
    assert box.run(["sh", "-c", "ls /etc/systemd/system/federated*"], "root").returncode != 0
    assert set_up(box, "/srv/logs/pack", "--backend", "system").returncode == 4
    made = box.output(["sh", "-c", "cd /srv/logs; stat -c '%n %U %a' . pack pack/*"], "root")
    assert made == ". root 755\npack root 755\npack/federated-sync.log fed 644"
    box.run(["fedtui", "setup", "--remove", "--yes"], "root", check=True)
    assert box.run(["ls", "/srv/logs"], "root").returncode != 0


def test_a_loop_of_swaps_never_leads_root_elsewhere(box: Box) -> None:
    before = facts(box, SECRET)
    box.popen(["python3", "-c", SWAPS])
    for _ in range(6):
        table = box.run(["crontab", "-l"]).stdout  # a removal may have been refused before, too
        done = set_up(box, "/home/fed/logs/pack")
        assert facts(box, SECRET) == before
        if done.returncode != 4:  # one of three scripts is there
            assert done.returncode == 3
            assert box.run(["crontab", "-l"]).stdout == table
            continue
        removed = box.run(["fedtui", "setup", "--remove", "--yes"], "root")
        assert "Internal error" not in removed.stderr
        assert facts(box, SECRET) == before
