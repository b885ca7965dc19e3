"""FT701-FT706 on real repositories and real keys: each finding once true, and once silent."""

from __future__ import annotations

import subprocess
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from fedtui.health import checkup
from fedtui.health.file_facts import FileFacts
from fedtui.health.probes import AGAIN, ProbeCache, run_probe
from fedtui.model import Checkup, Finding, Severity
from fedtui.pack import Pack
from fedtui.system.program import Ended
from tests.unit.federation.repositories import PATTERNS, Federation, git, identity
from tests.unit.health.answers import seen

CODES = {"FT701", "FT702", "FT703", "FT704", "FT705", "FT706"}


class Machine(FileFacts):
    """A machine on which the git automation of that federation was set up."""

    def __init__(self, pack: Pack | None, probes: ProbeCache, state: Path) -> None:
        super().__init__(probes=probes, state=state)
        self._pack = pack

    def pack(self) -> Pack | None:
        """As set up here."""
        return self._pack


@pytest.fixture
def federation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Federation:
    for name, value in identity(tmp_path).items():
        monkeypatch.setenv(name, value)
    made = Federation(tmp_path)
    assert made.sync().commit
    return made


def pack_of(federation: Federation, **changes: object) -> Pack:
    made = Pack(
        root=str(federation.root),
        profile="conservative",
        backend="cron",
        log_dir=str(federation.folder / "logs"),
        since="2026-11-24",
        git=True,
    )
    return replace(made, **changes)  # type: ignore[arg-type]  # fields of Pack, given by tests


def checked(federation: Federation, pack: Pack | None, probes: ProbeCache | None = None) -> Checkup:
    host = Machine(pack, probes or ProbeCache(run_probe, systemd=False), federation.state)
    return checkup(seen(datetime.now(UTC)), host)


def found(federation: Federation, pack: Pack | None = None) -> dict[str, Finding]:
    done = checked(federation, pack or pack_of(federation))
    return {finding.code: finding for finding in done.findings if finding.code in CODES}


def key(federation: Federation, passphrase: str) -> Path:
    path = federation.folder / "key"
    subprocess.run(
        ["ssh-keygen", "-q", "-t", "ed25519", "-N", passphrase, "-f", str(path)], check=True, timeout=20
    )
    return path


def over_ssh(federation: Federation, monkeypatch: pytest.MonkeyPatch, path: Path) -> None:
    """The remote over ssh, on a port where nobody listens; ssh's own configuration names that key alone."""
    config = federation.folder / "ssh_config"
    config.write_text(f"Host *\n  IdentityFile {path}\n  IdentitiesOnly yes\n")
    asked = ["ssh", "-F", str(config), "-G"]

    def run(argv: list[str] | tuple[str, ...], deadline: float) -> Ended:
        words = [*asked, *argv[2:]] if tuple(argv[:2]) == ("ssh", "-G") else argv
        return run_probe(words, deadline)

    monkeypatch.setattr("fedtui.health.probes.run_probe", run)
    git(federation.root, "remote", "set-url", "origin", "ssh://fed@127.0.0.1:1/srv/federation.git")


def test_a_federation_that_is_well_shows_nothing(federation: Federation) -> None:
    assert found(federation) == {}
    passed = set(checked(federation, pack_of(federation)).passed)
    assert passed >= CODES


def test_a_machine_without_a_federation_asks_nothing(federation: Federation) -> None:
    asked: list[str] = []

    def run(argv: list[str] | tuple[str, ...], deadline: float) -> Ended:
        asked.append(argv[0])
        return Ended(0, b"", b"")

    checked(federation, None, ProbeCache(run, systemd=False))
    checked(federation, pack_of(federation, git=False), ProbeCache(run, systemd=False))
    assert {"git", "ssh", "env"}.isdisjoint(asked)


def test_a_key_is_missing_or_wants_a_passphrase(
    federation: Federation, monkeypatch: pytest.MonkeyPatch
) -> None:
    over_ssh(federation, monkeypatch, federation.folder / "none")
    import fedtui.health.probes as asking

    def of_key() -> Finding | None:
        done = checked(federation, pack_of(federation), ProbeCache(asking.run_probe, systemd=False))
        return next((one for one in done.findings if one.code == "FT701"), None)

    missing = of_key()
    assert missing is not None
    assert missing.command is not None
    assert missing.command.startswith("ssh-keygen -t ed25519 -N '' -f /")
    assert not Path(missing.command.rpartition(" ")[2]).exists()
    path = key(federation, "a passphrase")
    over_ssh(federation, monkeypatch, path)
    locked = of_key()
    assert locked is not None
    assert locked.evidence == (f"{path}  it has a passphrase",)
    path.unlink()
    path.with_suffix(".pub").unlink()
    key(federation, "")
    assert of_key() is None
    path.chmod(0o644)
    wide = of_key()
    assert wide is not None
    assert wide.command == f"chmod 600 {path}"


def test_the_remote_is_https_or_none(federation: Federation) -> None:
    git(federation.root, "remote", "set-url", "origin", "https://fed:t0ken@127.0.0.1:1/federation.git")
    finding = found(federation)["FT702"]
    assert finding.severity is Severity.WARNING
    assert "t0ken" not in finding.evidence[0]
    git(federation.root, "remote", "remove", "origin")
    assert found(federation)["FT702"].severity is Severity.ERROR


def test_a_remote_that_does_not_answer(federation: Federation) -> None:
    git(federation.root, "remote", "set-url", "origin", str(federation.folder / "gone.git"))
    finding = found(federation)["FT703"]
    assert "does not appear to be a git repository" in " ".join(finding.evidence)


def test_the_dashboard_asks_the_remote_only_when_told_to(federation: Federation) -> None:
    asked: list[tuple[str, ...]] = []

    def run(argv: list[str] | tuple[str, ...], deadline: float) -> Ended:
        asked.append(tuple(argv))
        return run_probe(argv, deadline)

    answers: list[bool] = []
    probes = ProbeCache(run, systemd=False, on_answer=lambda: answers.append(True))
    host = Machine(pack_of(federation), probes, federation.state)

    def look() -> Checkup:
        return checkup(seen(datetime.now(UTC)), host)

    def settled() -> Checkup:
        for _ in range(400):
            done = look()
            if not any("not looked at yet" in one.reason for one in done.unchecked):
                return done
            time.sleep(0.02)
        raise AssertionError("its questions find no answer")

    done = settled()
    assert [one.reason for one in done.unchecked if "FT703" in one.codes] == [AGAIN]
    assert not any("ls-remote" in argv for argv in asked)
    probes.forget()
    look()
    done = settled()
    assert "FT703" in done.passed
    assert sum("ls-remote" in argv for argv in asked) == 1


def test_the_branch_is_checked_out_elsewhere(federation: Federation) -> None:
    git(federation.root, "worktree", "remove", "--force", str(next((federation.state / "git").iterdir())))
    place = federation.folder / "mine"
    git(federation.root, "worktree", "add", "--quiet", str(place), pack_of(federation).branch)
    assert found(federation)["FT704"].command == f"git -C {place} switch --detach"


def test_data_that_conflicts(federation: Federation) -> None:
    federation.elsewhere(PATTERNS, "theirs\n")
    federation.write(PATTERNS, "ours\n")
    federation.sync()
    finding = found(federation)["FT705"]
    where = next((federation.state / "git").iterdir())
    assert finding.command == f"git -C {where} rebase origin/automation/federated-sync"
    git(where, "rebase", "origin/automation/federated-sync", check=False)
    assert found(federation)["FT705"].title == "somebody's rebase holds the git sync up"
    (where / PATTERNS).write_text("both\n")
    git(where, "add", "data")
    git(where, "-c", "core.editor=true", "rebase", "--continue")
    assert federation.sync().commit
    assert found(federation) == {}


def test_a_commit_that_was_kept_aside(federation: Federation) -> None:
    federation.elsewhere(PATTERNS, "theirs\n")
    federation.sync()
    federation.write(PATTERNS, "ours\n")
    federation.sync()
    assert found(federation)["FT705"].evidence[0].startswith("kept as  ")


def test_commits_that_were_not_pushed_in_time(
    federation: Federation, monkeypatch: pytest.MonkeyPatch
) -> None:
    git(federation.root, "remote", "set-url", "origin", str(federation.folder / "gone.git"))
    federation.write("data/fresh", "1")
    federation.sync()
    assert "FT706" not in found(federation)
    federation.write("data/old", "1")
    monkeypatch.setenv("GIT_COMMITTER_DATE", f"{int(time.time()) - 50_000} +0000")
    federation.sync()
    finding = found(federation)["FT706"]
    assert "2 commits" in finding.sentence
    assert "13 hours" in finding.sentence
    monkeypatch.delenv("GIT_COMMITTER_DATE")
    git(federation.root, "remote", "set-url", "origin", str(federation.remote))
    assert federation.sync().commit
    assert found(federation) == {}


def test_another_users_automation_is_unchecked(federation: Federation) -> None:
    done = checked(federation, pack_of(federation, run_as="nobody"))
    (missed,) = [one for one in done.unchecked if "FT701" in one.codes]
    assert missed.advice == "Ask as that user: sudo -u nobody fedtui check"
