"""The operator's story on one machine: from nothing to a federation that runs by itself, and back to nothing.

Each test is one step and continues where the one before it stopped; after a step that failed the rest is
skipped. Everything is real: cron's minutes, the user's systemd, sshd and git over it, logrotate, a mailbox.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.box.federation import install, table
from tests.box.machine import Box, wait_until

ROOT = "/home/fed/federation"
DATA = f"{ROOT}/data/patterns/skills-patterns.jsonl"
LOGS = "/home/fed/logs"
REMOTE = "/srv/git/federation.git"
BRANCH = "automation/federated-sync"
MAILS = "/var/tmp/mails"
THEIR_TABLE = b'# mine\nMAILTO=""\n30 4 * * 1\techo mine  \n'

# What it learns is dated by ~/learnt, so that a test can let the data grow old.
SYNC = """#!/usr/bin/env bash
set -eu
cd "$(dirname "$0")/.."
mkdir -p data/patterns
when=$(cat "$HOME/learnt" 2>/dev/null || date -u +%Y-%m-%dT%H:%M:%SZ)
printf '{"skill": "skill-%s", "timestamp": "%s"}\\n' "$$" "$when" >> data/patterns/skills-patterns.jsonl
sort -u data/patterns/skills-patterns.jsonl > data/patterns/.new
mv data/patterns/.new data/patterns/skills-patterns.jsonl
echo "[SUCCESS] synced"
"""
EXPORT = """#!/usr/bin/env bash
set -eu
cd "$(dirname "$0")/.."
mkdir -p data/collections
date > data/collections/export.txt
echo "exported 1 collection"
"""
METRICS = """#!/usr/bin/env bash
cd "$(dirname "$0")/.."
echo "metrics of $(date +%T)"
"""
SENDMAIL = f"""#!/bin/sh
mail=$(mktemp {MAILS}/XXXXXX) && cat > "$mail" && chmod 644 "$mail" && mv "$mail" "$mail.eml"
"""


class Story:
    """The machine, and what was seen of it at the start."""

    def __init__(self, box: Box) -> None:
        self.box = box
        self.failed = False
        self.start = ""

    def fedtui(self, *words: str, status: int = 0, timeout: float = 120) -> str:
        """A verb as fed types it; what it printed."""
        done = self.box.run(["fedtui", *words], timeout=timeout)
        said = done.stdout + done.stderr
        assert done.returncode == status, f"fedtui {' '.join(words)}: {done.returncode}\n{said}"
        assert "Traceback" not in said
        return said

    def status(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.box.output(["fedtui", "setup", "--status", "--json"]))
        return found

    def job(self, key: str) -> dict[str, Any]:
        return next(job for job in self.status()["jobs"] if job["key"] == key)

    def git(self, *words: str) -> str:
        return self.box.output(["git", "-C", ROOT, *words])

    def remote(self, *words: str) -> str:
        return self.box.output(["git", f"--git-dir={REMOTE}", *words])

    def mails(self) -> list[str]:
        """What was delivered, oldest first."""
        folder = self.box.path(MAILS)
        found = sorted(folder.glob("*.eml"), key=lambda path: path.stat().st_mtime_ns)
        return [path.read_text() for path in found]

    def tree(self) -> str:
        """The files of fed's with modes and sums, the units, the table; not what fedtui keeps for itself."""
        find = (
            "cd; find . -xdev \\( -path ./.local/state/fedtui -o -path ./federation -o -path ./.cache \\)"
            " -prune -o"
        )
        names = "-printf '%y %m %u %p\\n' | grep -v -E ' [.]/[.]local(/state)?$' | sort"
        sums = "-type f -exec sha256sum {} + | sort"
        rest = "ls -R /etc/systemd/system /etc/logrotate.d; ls /var/lib/systemd/linger; crontab -l | cat -A"
        checkout = f"git -C {ROOT} rev-parse HEAD; git -C {ROOT} worktree list; git -C {ROOT} remote -v"
        return self.box.output(["sh", "-c", f"{find} {names}; {find} {sums}; {rest}; {checkout}"])


@pytest.fixture(scope="module")
def story(box_possible: None) -> Iterator[Story]:
    with Box() as box:
        _machine(box)
        _operator(box)
        yield Story(box)


def _machine(box: Box) -> None:
    """What the administrator has there: sshd, a bare repository, a mailer."""
    script = (
        f"mkdir -p /run/sshd {REMOTE} {MAILS} && chmod 1777 {MAILS} && ssh-keygen -q -A && /usr/sbin/sshd"
        f" && git init -q --bare {REMOTE} && chown -R fed:fed {REMOTE} /srv/git"
    )
    box.run(["sh", "-c", script], "root", check=True)
    box.write("/usr/sbin/sendmail", SENDMAIL, user="root", mode=0o755)


def _operator(box: Box) -> None:
    """What the operator has at home: a key, a checkout with three scripts, a crontab of their own."""
    box.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", "/home/fed/.ssh/id_ed25519"], check=False)
    script = """
set -eu
mkdir -p ~/.ssh && chmod 700 ~/.ssh
[ -e ~/.ssh/id_ed25519 ] || ssh-keygen -q -t ed25519 -N '' -f ~/.ssh/id_ed25519
cp ~/.ssh/id_ed25519.pub ~/.ssh/authorized_keys
ssh-keyscan -T 10 127.0.0.1 > ~/.ssh/known_hosts 2>/dev/null
git config --global user.name fed
git config --global user.email fed@localhost
git config --global init.defaultBranch main
"""
    box.run(["sh", "-c", script], check=True, timeout=60)
    for name, text in (
        ("sync-learning-data.sh", SYNC),
        ("export-collections.sh", EXPORT),
        ("generate-dashboard-data.sh", METRICS),
    ):
        box.write(f"{ROOT}/scripts/{name}", text, mode=0o755)
    script = f"""
set -eu
cd {ROOT}
git init -q && git add . && git commit -qm "The scripts"
git remote add origin ssh://fed@127.0.0.1{REMOTE}
git push -q origin main
"""
    box.run(["sh", "-c", script], check=True, timeout=60)
    install(box, THEIR_TABLE)


@pytest.fixture(autouse=True)
def _in_order(story: Story, request: pytest.FixtureRequest) -> Iterator[None]:
    if story.failed:
        pytest.skip("an earlier step of the story failed")
    failures = request.session.testsfailed
    yield
    story.failed = request.session.testsfailed > failures


def test_1_from_nothing_to_the_conservative_profile_on_cron(story: Story) -> None:
    story.start = story.tree()
    dry = story.fedtui("setup", "--root", ROOT, "--profile", "conservative", "--backend", "cron", "--dry-run")
    assert "Dry run" in dry
    assert story.tree() == story.start
    story.fedtui("setup", "--root", ROOT, "--profile", "conservative", "--backend", "cron", "--yes")
    now = table(story.box)
    assert now is not None
    assert now.startswith(THEIR_TABLE)
    command = f"bash {ROOT}/scripts/sync-learning-data.sh >> {LOGS}/federated-sync.log 2>&1"
    assert f"\n0 * * * * fedtui_run='{command}'; [ -s " in now.decode()
    assert "\n*/5 * * * * fedtui_run='bash" in now.decode()
    assert story.status()["pack"]["profile"] == "conservative"


def test_2_watches_a_cycle_of_the_dashboard_metrics(story: Story) -> None:
    """The longest step: the minute that is divisible by five is up to five minutes away."""
    said = story.fedtui("watch", story.job("metrics")["name"], "--cycles", "1", timeout=400)
    assert "good" in said
    assert story.box.read(f"{LOGS}/dashboard-metrics.log").startswith(b"metrics of ")


def test_3_switches_to_aggressive_and_watches_two_cycles(story: Story) -> None:
    before = table(story.box) or b""
    story.fedtui("setup", "--root", ROOT, "--profile", "aggressive", "--backend", "cron", "--yes")
    now = table(story.box) or b""
    assert now.startswith(THEIR_TABLE)
    assert now != before
    assert b"*/15 * * * * fedtui_run='bash" in now
    assert story.fedtui("setup", "--root", ROOT, "--profile", "aggressive", "--backend", "cron", "--yes")
    assert table(story.box) == now
    said = story.fedtui("watch", story.job("metrics")["name"], "--cycles", "2", timeout=240)
    assert "good" in said


def test_4_converts_to_user_timers(story: Story) -> None:
    story.fedtui("convert", story.job("metrics")["name"], "--to", "user", "--yes")
    assert b"generate-dashboard-data" not in (table(story.box) or b"")
    story.fedtui("setup", "--root", ROOT, "--profile", "aggressive", "--backend", "user", "--linger", "--yes")
    assert table(story.box) == THEIR_TABLE
    timers = story.box.output(["systemctl", "--user", "list-timers", "--all", "--no-legend"])
    assert timers.count(".timer") >= 3
    assert {job["key"] for job in story.status()["jobs"]} == {"sync", "export", "metrics"}
    metrics = story.job("metrics")["name"]
    said = story.fedtui("watch", metrics, "--cycles", "1", timeout=200)
    assert "good" in said


def test_5_turns_on_git_automation_and_the_data_reaches_the_remote(story: Story) -> None:
    story.fedtui("setup", "--root", ROOT, "--git", "--yes", timeout=200)
    name = story.job("git")["name"]
    head = story.git("rev-parse", "HEAD")
    story.fedtui("run", name, "--wait", timeout=200)
    assert DATA.removeprefix(f"{ROOT}/") in story.remote("ls-tree", "-r", "--name-only", BRANCH)
    assert story.git("rev-parse", "HEAD") == head
    assert story.git("symbolic-ref", "HEAD") == "refs/heads/main"


def test_6_a_conflict_is_told_and_no_work_is_lost(story: Story) -> None:
    before = story.remote("rev-parse", BRANCH)
    script = f"""
set -eu
cd ~ && git clone -q -b {BRANCH} {REMOTE} other && cd other
echo '{{"skill": "theirs", "timestamp": "2020-01-01T00:00:00Z"}}' > data/patterns/skills-patterns.jsonl
git commit -qam theirs && git push -q && cd .. && rm -rf other
"""
    story.box.run(["sh", "-c", script], check=True, timeout=60)
    their_diff = story.remote("rev-parse", BRANCH)
    ours = story.box.read(DATA)
    done = story.box.run(["fedtui", "git-sync", "--root", ROOT], timeout=200)
    assert done.returncode not in (0, 3)
    assert "conflict" in (done.stdout + done.stderr).lower()
    assert story.remote("rev-parse", BRANCH) == their_diff
    assert ours.splitlines()[0] in story.box.read(DATA).splitlines()
    assert "FT70" in story.box.run(["fedtui", "check"], timeout=60).stdout
    # They take their push back, and the next sync brings all that was kept.
    story.remote("update-ref", f"refs/heads/{BRANCH}", before)
    story.fedtui("git-sync", "--root", ROOT, timeout=200)
    published = story.remote("show", f"{BRANCH}:data/patterns/skills-patterns.jsonl")
    assert ours.splitlines()[0].decode() in published.splitlines()


def test_7_rotates_the_logs(story: Story) -> None:
    story.fedtui("setup", "--root", ROOT, "--rotate", "--yes", timeout=200)
    log = f"{LOGS}/dashboard-metrics.log"
    before = story.box.read(log)
    program = story.box.output(
        ["sh", "-c", "cat ~/.config/systemd/user/*.service | sed -n 's/^ExecStart=//p' | grep logrotate"]
    )
    words = program.replace('"', "").split()
    story.box.run([words[0], "--force", *words[1:]], check=True)
    assert story.box.read(f"{log}.1").startswith(before)
    wait_until(lambda: story.box.path(log).exists() and story.box.read(log), 90, "the next run writes")
    assert story.box.path(log).stat().st_mode & 0o777 == 0o644


def test_8_one_mail_when_the_sync_goes_stale_and_one_when_it_recovers(story: Story) -> None:
    story.fedtui("setup", "--root", ROOT, "--mail-to", "fed@localhost", "--yes", timeout=200)
    story.fedtui("check", "--alert", "--test")
    wait_until(lambda: len(story.mails()) == 1, 20, "the test message comes")
    old = datetime.now(UTC) - timedelta(hours=5)
    story.box.write("/home/fed/learnt", f"{old:%Y-%m-%dT%H:%M:%SZ}")
    story.box.run(["rm", DATA], check=True)
    sync = story.job("sync")["name"]
    # With a limit of one's own the age of the data counts, also after a run that ended well.
    config = "/home/fed/.config/fedtui/config.toml"
    story.box.write(config, '[alert.stale]\nsync = "30 min"\n')
    story.fedtui("run", sync, "--wait")
    for _ in range(3):
        story.box.run(["fedtui", "check", "--alert"], timeout=120)
    # Where cron's own check comes just then, it is the one that is still sending.
    wait_until(lambda: len(story.mails()) > 1, 20, "the mail of the stale sync comes")
    stale = [mail for mail in story.mails()[1:] if "sync" in mail]
    assert len(stale) == 1, stale
    assert "h old, ✗ stale: at most 30 min" in story.fedtui("setup", "--status")
    assert "stale" in stale[0].lower()
    story.box.run(["rm", "/home/fed/learnt"], check=True)
    story.fedtui("run", sync, "--wait")
    for _ in range(3):
        story.box.run(["fedtui", "check", "--alert"], timeout=120)
    wait_until(lambda: len(story.mails()) > 2, 20, "the mail of its recovery comes")
    assert len([mail for mail in story.mails()[1:] if "sync" in mail]) == 2
    assert len(story.mails()) == 3
    story.box.run(["rm", config], check=True)


def test_9_removed_it_is_as_it_was_at_the_start(story: Story) -> None:
    story.fedtui("setup", "--remove", "--yes", timeout=200)
    assert table(story.box) == THEIR_TABLE
    assert story.tree() == story.start
    assert "no federation pack" in story.fedtui("setup", "--status").lower()
