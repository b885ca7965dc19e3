"""The git automation on a real Debian: cron's own environment, a real sshd on loopback, a bare remote."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.box.inside import inside
from tests.box.machine import Box, between_looks_of_cron, wait_until

BRANCH = "automation/federated-sync"
PATTERNS = "data/patterns/skills-patterns.jsonl"
CASES = ("fine", "conflict", "rejected", "wrong-key", "stranger", "late-key")

# One federation for each case: ~/CASE is ROOT, ~/remotes/CASE.git its remote over ssh.
MAKE = r"""
set -eu
cd
git config --global user.name Fed
git config --global user.email fed@example.org
git config --global init.defaultBranch main
git config --global advice.detachedHead false
mkdir -p .ssh remotes logs
chmod 700 .ssh
ssh-keygen -q -t ed25519 -N '' -f .ssh/id_ed25519
ssh-keygen -q -t ed25519 -N '' -f .ssh/another
ssh-keygen -q -t ed25519 -N 'a passphrase' -f .ssh/locked
cp .ssh/id_ed25519.pub .ssh/authorized_keys
cat .ssh/locked.pub >> .ssh/authorized_keys
for key in /etc/ssh/ssh_host_*_key.pub; do echo "127.0.0.1 $(cut -d' ' -f1,2 "$key")"; done > .ssh/known_hosts
for case in "$@"; do
    git init -q --bare "remotes/$case.git"
    mkdir -p "$case/scripts" "$case/data/patterns"
    cd "$case"
    printf '%s\n' '#!/usr/bin/env bash' 'cat new.jsonl >> data/patterns/skills-patterns.jsonl' \
        'echo "[SUCCESS] synced"' > scripts/sync-learning-data.sh
    echo '{"pattern": 1}' > data/patterns/skills-patterns.jsonl
    echo 'new.jsonl' > .gitignore
    echo '{"pattern": 2}' > new.jsonl
    git init -q
    git remote add origin "ssh://fed@127.0.0.1/home/fed/remotes/$case.git"
    git add --all
    git commit -q -m begin
    git push -q origin main
    cd ..
done
git -C wrong-key config core.sshCommand 'ssh -i ~/.ssh/another -oIdentitiesOnly=yes'
git -C late-key config core.sshCommand 'ssh -i ~/.ssh/locked -oIdentitiesOnly=yes'
git -C stranger config core.sshCommand 'ssh -oUserKnownHostsFile=/home/fed/.ssh/nobody'
"""
CONFLICT = r"""
set -eu
cd
fedtui git-sync --root ~/conflict
git clone -q --branch automation/federated-sync remotes/conflict.git other
echo '{"pattern": "theirs"}' > other/data/patterns/skills-patterns.jsonl
git -C other commit -q -am theirs
git -C other push -q
"""
REJECT = '#!/bin/sh\necho x >> /home/fed/tries\necho "this branch is closed" >&2\nexit 1\n'


@pytest.fixture(scope="module")
def synced(box: Box) -> Iterator[Box]:
    """Every case, as the first minute of cron found and left it."""
    box.run(["systemctl", "start", "ssh.service"], user="root", check=True)
    box.run(["bash", "-c", MAKE, "make", *CASES], check=True, timeout=60)
    box.run(["bash", "-c", CONFLICT], check=True, timeout=60)
    box.write("/home/fed/remotes/rejected.git/hooks/pre-receive", REJECT, mode=0o755)
    cron(box, "first", CASES)
    yield box
    box.run(["crontab", "-r"])
    box.run(["systemctl", "stop", "ssh.service"], user="root", check=True)


def cron(box: Box, name: str, cases: tuple[str, ...]) -> None:
    """Have cron run the sync of these cases once, and wait for their ends."""
    logs = f"/home/fed/logs/{name}-"
    sync = "* * * * * fedtui git-sync --root ~/{case} > {logs}{case}.log 2>&1; echo $? > {logs}{case}.exit\n"
    table = "PATH=/usr/local/bin:/usr/bin:/bin\n"
    table += "".join(sync.format(case=case, logs=logs) for case in cases)
    between_looks_of_cron()
    box.run(["crontab", "-"], input=table, check=True)
    ends = [box.path(f"{logs}{case}.exit") for case in cases]
    wait_until(
        lambda: any(box.path(f"{logs}{case}.log").exists() for case in cases), 70, "cron's minute", 0.2
    )
    box.run(["crontab", "-r"], check=True)
    wait_until(lambda: all(end.exists() and end.stat().st_size for end in ends), 60, "all syncs end", 0.2)


def said(box: Box, name: str, case: str) -> tuple[int, str]:
    logs = f"/home/fed/logs/{name}-{case}"
    return int(box.read(f"{logs}.exit")), box.read(f"{logs}.log").decode()


def on_remote(box: Box, case: str, name: str = PATTERNS) -> str:
    return box.run(["git", "-C", f"/home/fed/remotes/{case}.git", "show", f"{BRANCH}:{name}"]).stdout


def test_out_of_cron_the_data_reaches_the_remote(synced: Box) -> None:
    status, log = said(synced, "first", "fine")
    assert (status, "[SUCCESS] synced" in log) == (0, True), log
    assert "git-sync: ok: 1 file committed; origin has " in log
    assert on_remote(synced, "fine") == '{"pattern": 1}\n{"pattern": 2}\n'
    assert synced.output(["git", "-C", "/home/fed/fine", "symbolic-ref", "--short", "HEAD"]) == "main"


def test_a_conflict_is_reported_and_the_work_kept(synced: Box) -> None:
    status, log = said(synced, "first", "conflict")
    assert status == 11, log
    assert f"[ERROR] conflict: origin has other changes of the same lines: {PATTERNS}" in log
    assert on_remote(synced, "conflict") == '{"pattern": "theirs"}\n'
    local = synced.output(["git", "-C", "/home/fed/conflict", "show", f"{BRANCH}:{PATTERNS}"])
    assert local.count('{"pattern": 2}') == 2
    assert synced.read(f"/home/fed/conflict/{PATTERNS}").count(b'{"pattern": 2}') == 2


def test_a_rejected_push_is_tried_twice(synced: Box) -> None:
    status, log = said(synced, "first", "rejected")
    assert (status, "this branch is closed" in log) == (12, True), log
    assert synced.read("/home/fed/tries") == b"x\nx\n"


@pytest.mark.parametrize(
    ("case", "status", "words"),
    [
        ("wrong-key", 14, "[ERROR] no key: origin could not be asked: "),
        ("late-key", 14, "[ERROR] no key: origin could not be asked: "),
        ("stranger", 15, "[ERROR] unknown host: origin could not be asked: Host key verification failed."),
    ],
)
def test_nobody_is_asked_for_a_key_a_passphrase_or_a_host(
    synced: Box, case: str, status: int, words: str
) -> None:
    ended, log = said(synced, "first", case)
    assert (ended, words in log) == (status, True), log
    assert on_remote(synced, case) == ""


def test_a_stopped_sshd_is_no_success_and_the_next_sync_makes_up_for_it(synced: Box) -> None:
    synced.run(["systemctl", "stop", "ssh.service"], user="root", check=True)
    synced.run(["pkill", "-x", "sshd"], user="root")
    cron(synced, "down", ("fine",))
    status, log = said(synced, "down", "fine")
    assert (status, "Connection refused" in log) == (13, True), log
    assert on_remote(synced, "fine").count("pattern") == 2
    synced.run(["systemctl", "start", "ssh.service"], user="root", check=True)
    synced.write("/home/fed/fine/new.jsonl", "")
    done = synced.run(["fedtui", "git-sync", "--root", "/home/fed/fine", "--json"], timeout=60)
    record = json.loads(done.stdout)
    assert (done.returncode, record["status"]) == (0, "ok"), done.stderr
    assert on_remote(synced, "fine").count("pattern") == 3
    tip = synced.output(["git", "-C", "/home/fed/remotes/fine.git", "rev-parse", f"refs/heads/{BRANCH}"])
    assert record["commit"] == tip


PLAN = """
from fedtui.federation.git.git_job import git_plan
from fedtui.runs.cron_environment import job_environment
from fedtui.federation.job_account import account_of
from fedtui.config import load
from fedtui.machine import host_workspace
async def plan():
    ports = host_workspace(load()).ports
    owner = account_of({run_as!r}, ports)
    given = job_environment(owner, ())
    found = await git_plan(
        Path("/home/fed/{case}"), "origin", "automation/federated-sync", "/home/fed/logs", owner, given, ports
    )
    show({{
        "argv": found.job.argv,
        "parts": [type(part).__name__ for part in found.edits],
        "said": [[one.severity.value, one.text, one.advice] for one in found.issues],
    }})
asyncio.run(plan())
"""


def plan(box: Box, case: str, user: str = "fed", run_as: str = "") -> Any:
    return inside(box, PLAN.format(case=case, run_as=run_as), user)


@pytest.mark.parametrize(("user", "run_as"), [("fed", ""), ("root", "fed")])
def test_the_set_up_finds_a_remote_that_answers(synced: Box, user: str, run_as: str) -> None:
    found = plan(synced, "fine", user, run_as)
    program, *words = found["argv"]
    assert program.endswith("/bin/fedtui")
    assert words == ["git-sync", "--root", "/home/fed/fine"]
    assert [text for severity, text, _ in found["said"] if severity != "note"] == []
    notes = [text for severity, text, _ in found["said"] if severity == "note"]
    assert "ssh will use /home/fed/.ssh/id_ed25519 (ssh-ed25519)." in notes
    assert any(note.startswith(f"origin answers; it has {BRANCH} at ") for note in notes)


@pytest.mark.parametrize(
    ("case", "words"),
    [
        ("wrong-key", "origin could not be asked: fed@127.0.0.1: Permission denied (publickey,password)"),
        ("late-key", "/home/fed/.ssh/locked cannot be used without a person: it has a passphrase."),
        ("stranger", "The host key of 127.0.0.1 is not known: ssh would ask, and nobody is there to answer."),
    ],
)
def test_the_set_up_says_what_keeps_the_remote_away(synced: Box, case: str, words: str) -> None:
    errors = [text for severity, text, _ in plan(synced, case)["said"] if severity == "error"]
    assert any(text.startswith(words) for text in errors), errors
    assert not any("BEGIN OPENSSH" in text for text in errors)


PACK = """\
root = "/home/fed/{case}"
profile = "conservative"
backend = "cron"
log_dir = "/home/fed/logs"
since = "2026-11-24"
git = true
"""


def codes(box: Box, case: str) -> dict[str, Any]:
    box.write("/home/fed/.config/fedtui/federation.toml", PACK.format(case=case), mode=0o600)
    done = box.run(["fedtui", "check", "--json"], timeout=60)
    found = json.loads(done.stdout)["findings"]
    return {one["code"]: one for one in found if one["code"].startswith("FT70")}


def test_the_doctor_knows_what_is_wrong(synced: Box) -> None:
    assert codes(synced, "fine") == {}
    assert set(codes(synced, "conflict")) == {"FT705"}
    assert set(codes(synced, "wrong-key")) == {"FT703"}
    assert set(codes(synced, "late-key")) == {"FT701", "FT703"}
    strange = codes(synced, "stranger")
    assert set(strange) == {"FT703"}
    assert "Host key verification failed." in strange["FT703"]["evidence"]
