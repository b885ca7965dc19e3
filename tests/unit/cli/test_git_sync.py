"""`fedtui git-sync`: what is printed, how it is judged, and the exit status."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fedtui.__main__ import main
from fedtui.model import Outcome, Result
from fedtui.results import OutputPart, RunOutputText, judge, rules_of
from tests.unit.cli.json_shape import misfits
from tests.unit.federation.repositories import Federation, git, identity


@pytest.fixture
def federation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Federation:
    for name, value in identity(tmp_path).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    made = Federation(tmp_path)
    made.state = tmp_path / "state" / "fedtui"
    return made


def judged(status: int, text: str) -> Outcome:
    """The verdict that a schedule's log gets."""
    ended = Result(Outcome.OK if status == 0 else Outcome.FAILED, exit_code=status)
    return judge(ended, RunOutputText((OutputPart("log", text.encode()),)), rules_of()).outcome


def test_a_sync_is_told_line_by_line_and_judged_ok(
    federation: Federation, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    federation.learn(2)
    assert main(["git-sync", "--root", str(federation.root)]) == 0
    out = capfdbinary.readouterr().out.decode()
    lines = out.splitlines()
    assert lines[0] == f"git-sync: running {federation.root}/scripts/sync-learning-data.sh"
    assert lines[1] == "[SUCCESS] synced"
    assert lines[-1].startswith("git-sync: ok: 1 file committed; origin has ")
    assert judged(0, out) is Outcome.OK


def test_a_failure_says_what_is_kept_and_what_to_do(
    federation: Federation, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    git(federation.root, "remote", "set-url", "origin", "ssh://127.0.0.1:1/nowhere")
    git(federation.root, "branch", "automation/federated-sync")
    federation.learn(2)
    assert main(["git-sync", "--root", str(federation.root)]) == 13
    out = capfdbinary.readouterr().out.decode()
    assert "[ERROR] no network: origin could not be asked: ssh: connect to host 127.0.0.1 port 1: " in out
    assert "\n  kept: What was committed is on the local branch.\n" in out
    assert "\n  do: The next run tries again" in out
    assert judged(13, out) is Outcome.FAILED


def test_a_skip_is_judged_a_skip_and_warnings_as_warnings(
    federation: Federation, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    federation.sync()
    federation.write("scripts/sync-learning-data.sh", "echo 'nothing to sync'\n")
    assert main(["git-sync", "--root", str(federation.root)]) == 0
    out = capfdbinary.readouterr().out.decode()
    assert out.splitlines()[-1].startswith("[SKIPPED] skipped: no new data; origin has ")
    assert judged(0, out) is Outcome.SKIPPED
    federation.write("data/x.tmp", "1")
    federation.write(".gitignore", "*.tmp\n")
    federation.write("scripts/sync-learning-data.sh", "echo done\n")
    assert main(["git-sync", "--root", str(federation.root)]) == 0
    out = capfdbinary.readouterr().out.decode()
    assert "[WARNING] ignored by git, and so left out: data/x.tmp" in out
    assert judged(0, out) is Outcome.WARNINGS
    assert judged(4, "[SKIPPED] busy: Another git sync of /x is already running.\n") is Outcome.SKIPPED


def test_json_is_one_object(federation: Federation, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    federation.learn(2)
    assert main(["git-sync", "--root", str(federation.root), "--json"]) == 0
    record = json.loads(capfdbinary.readouterr().out)
    assert misfits(record, "GitSyncAnswer") == []
    assert (record["status"], record["files"]) == ("ok", 1)
    assert record["commit"] == federation.remote_tip()
    assert record["script"]["status"] == "ok"


def test_without_a_root_and_without_a_federation(
    federation: Federation, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    assert main(["git-sync"]) == 2
    assert main(["git-sync", "--root", "/nowhere/at/all"]) == 3
    assert main(["demo", "--folder", str(federation.folder / "demo"), "git-sync", "--root", "/"]) == 3


def test_the_pack_names_root_script_and_branch(
    federation: Federation, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    federation.write("elsewhere/own-sync.sh", "echo mine\n")
    folder = tmp_path / "config" / "fedtui"
    folder.mkdir(parents=True)
    (folder / "federation.toml").write_text(
        f'root = "{federation.root}"\nprofile = "conservative"\nbackend = "cron"\nlog_dir = "/tmp"\n'
        f'since = "2026-11-24"\ngit = true\nbranch = "data/auto"\n'
        f'[scripts]\nsync = "{federation.root}/elsewhere/own-sync.sh"\n'
    )
    assert main(["git-sync"]) == 0
    assert "\nmine\n" in capfdbinary.readouterr().out.decode()
    assert federation.remote_tip("data/auto")
