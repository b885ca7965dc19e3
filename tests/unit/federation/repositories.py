"""Real repositories for the tests of the git sync: a bare remote, ROOT, and another machine's clone."""

from __future__ import annotations

import os
import subprocess
from dataclasses import replace
from pathlib import Path

from fedtui.federation.git.sync import BRANCH, GitSync, SyncReport, SyncRequest
from fedtui.results import rules_of

PATTERNS = "data/patterns/skills-patterns.jsonl"
SCRIPT = """\
#!/usr/bin/env bash
cd "$(dirname "$0")/.."
mkdir -p data/patterns
cat new.jsonl >> data/patterns/skills-patterns.jsonl 2>/dev/null && rm new.jsonl
echo "[SUCCESS] synced"
"""


def git(folder: Path, *words: str, check: bool = True) -> str:
    """What git prints in that folder."""
    done = subprocess.run(
        ["git", *words], cwd=folder, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0 or not check, f"git {words}: {done.stdout}{done.stderr}"
    return done.stdout.rstrip("\n")


class Federation:
    """ROOT with its remote. `root` is on main, which the remote has; `said` is what syncs told."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.remote = folder / "remote.git"
        self.root = folder / "federation"
        self.state = folder / "state"
        self.said: list[str] = []
        self.printed = b""
        self.root.mkdir()
        git(folder, "init", "--quiet", "--bare", "--initial-branch=main", str(self.remote))
        git(self.root, "init", "--quiet", "--initial-branch=main")
        git(self.root, "remote", "add", "origin", str(self.remote))
        self.write("scripts/sync-learning-data.sh", SCRIPT)
        self.write("README", "the federation\n")
        self.write(PATTERNS, '{"pattern": 1}\n')
        git(self.root, "add", "--all")
        git(self.root, "commit", "--quiet", "-m", "begin")
        git(self.root, "push", "--quiet", "origin", "main")

    def write(self, name: str, text: str | bytes) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode() if isinstance(text, str) else text)

    def order(self, **changes: object) -> SyncRequest:
        made = SyncRequest(root=self.root, state=self.state, rules=rules_of())
        return replace(made, **changes)  # type: ignore[arg-type]  # fields of Order, given by tests

    def sync(self, **changes: object) -> SyncReport:
        def passed(data: bytes) -> None:
            self.printed += data

        return GitSync(self.order(**changes), self.said.append, passed).run()

    def learn(self, *numbers: int) -> None:
        """What the sync script will add the next time."""
        self.write("new.jsonl", "".join(f'{{"pattern": {number}}}\n' for number in numbers))

    def on_remote(self, name: str, branch: str = BRANCH) -> str:
        """The text of a file as the remote has it."""
        return git(self.remote, "show", f"{branch}:{name}", check=False)

    def remote_tip(self, branch: str = BRANCH) -> str:
        return git(self.remote, "rev-parse", "--verify", "--quiet", f"refs/heads/{branch}", check=False)

    def elsewhere(self, name: str, text: str, branch: str = BRANCH) -> None:
        """Another machine pushes that text of a file to the branch."""
        other = self.folder / "other"
        if not other.exists():
            git(self.folder, "clone", "--quiet", str(self.remote), str(other))
        git(other, "fetch", "--quiet", "origin")
        git(other, "checkout", "--quiet", "-B", branch, f"origin/{branch}")
        (other / name).parent.mkdir(parents=True, exist_ok=True)
        (other / name).write_text(text)
        git(other, "add", "--all")
        git(other, "commit", "--quiet", "-m", "from elsewhere")
        git(other, "push", "--quiet", "origin", branch)

    def checkout_state(self) -> tuple[str, str, str]:
        """What must not change in the user's checkout: HEAD, the branch, what git says is changed."""
        return (
            git(self.root, "rev-parse", "HEAD"),
            git(self.root, "symbolic-ref", "HEAD"),
            git(self.root, "status", "--porcelain"),
        )

    def hook(self, where: Path, name: str, text: str) -> None:
        """A hook of a repository."""
        path = where / "hooks" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        path.chmod(0o755)


def identity(folder: Path) -> dict[str, str]:
    """The environment in which git knows who commits, and reads nobody else's configuration."""
    config = folder / "gitconfig"
    config.write_text("[user]\n\tname = Fed\n\temail = fed@example.org\n")
    return {
        "GIT_CONFIG_GLOBAL": str(config),
        "GIT_CONFIG_NOSYSTEM": "1",
        "HOME": str(folder),
        "PATH": os.environ["PATH"],
    }
