"""The drill "git-conflict": two sides change the same data, and the git sync must keep both and say so."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path

from fedtui.federation.drills.drill import DrillPlan, DrillResult, DrillSetting
from fedtui.federation.drills.drill_events import DrillError, DrillPhase
from fedtui.federation.drills.drill_runner import DrillRunner, ProgramRun
from fedtui.safe_text import decode
from fedtui.system.path_lookup import look_up
from fedtui.system.self_command import interpreter_environment, module_command

BRANCH = "automation/federated-sync"
_DATA = Path("data/patterns/skills-patterns.jsonl")
_SCRIPT = "scripts/sync-learning-data.sh"
_DEADLINE = 180.0


class GitConflictDrill:
    """Played in a scratch clone of a scratch remote, with `fedtui git-sync` itself."""

    name = "git-conflict"
    title = "Git conflict"
    about = "Somebody else pushed other data to the automation branch since the last sync."
    expected = "git-sync fails and says conflict; the remote keeps their commit, the clone keeps our work"

    def blocked_reason(self, setting: DrillSetting) -> str:
        """No git."""
        found = look_up("git", os.environ.get("PATH", os.defpath), "/").path
        return "" if found else "git is not installed"

    def plan(self, setting: DrillSetting) -> DrillPlan:
        """All of it in the scratch folder."""
        return DrillPlan(
            (
                "Make a bare remote and a clone of it in a scratch folder, with a script of the drill's own.",
                "fedtui git-sync in that clone, which must work.",
            ),
            (
                f"From a second clone push other data to {BRANCH}.",
                "fedtui git-sync again, with new data of its own.",
            ),
            ("Remove the scratch folder; no repository of yours is looked at.",),
        )

    async def run(self, setting: DrillSetting, runner: DrillRunner) -> DrillResult:
        """Build, sync, break, sync."""
        play = _Play(runner)
        await play.build()
        runner.say(DrillPhase.BEFORE, f"a remote and a clone of it in {runner.scratch}; fedtui git-sync")
        first = await play.sync("ours, first")
        if first.status != 0:
            raise DrillError(f"git-sync does not work in the scratch clone: {first.ending}, {first.last}")
        runner.say(DrillPhase.DOING, f"other data is pushed to {BRANCH}; fedtui git-sync")
        their_diff = await play.break_it()
        second = await play.sync("ours, second")
        runner.say(DrillPhase.AFTER, f"git-sync ended with {second.ending}")
        return await play.verdict(second, their_diff)


class _Play:
    """The scratch repositories."""

    def __init__(self, runner: DrillRunner) -> None:
        self._runner = runner
        self._folder = runner.scratch
        self._environment = _environment(runner.scratch)

    async def build(self) -> None:
        """A bare remote with one commit on main, and a clone of it."""
        for name in ("home", "config", "state"):
            (self._folder / name).mkdir()
        identity = "[user]\n\tname = drill\n\temail = drill@localhost\n[init]\n\tdefaultBranch = main\n"
        (self._folder / "home/.gitconfig").write_text(identity, encoding="utf-8")
        await self._git("init", "--quiet", "--bare", "remote.git")
        await self._git("clone", "--quiet", "remote.git", "root")
        root = self._folder / "root"
        (root / "scripts").mkdir()
        new = shlex.quote(str(self._folder / "new-data"))
        (root / _SCRIPT).write_text(
            f"#!/bin/sh\nset -e\nmkdir -p {_DATA.parent}\ncp -- {new} {_DATA}\necho 'sync: done'\n",
            encoding="utf-8",
        )
        (root / _DATA).parent.mkdir(parents=True)
        (root / _DATA).write_text('{"timestamp": 1, "text": "the beginning"}\n', encoding="utf-8")
        await self._git("add", "--all", within="root")
        await self._git("commit", "--quiet", "-m", "Begin", within="root")
        await self._git("push", "--quiet", "-u", "origin", "HEAD:main", within="root")

    async def sync(self, text: str) -> ProgramRun:
        """`fedtui git-sync` in the clone, with new data."""
        data = f'{{"timestamp": 2, "text": "{text}"}}\n'
        (self._folder / "new-data").write_text(data, encoding="utf-8")
        argv = (*module_command("fedtui"), "git-sync", "--root", str(self._folder / "root"))
        return await self._run(argv)

    async def break_it(self) -> str:
        """Push other data to the branch from elsewhere; returns that commit."""
        await self._git("clone", "--quiet", "--branch", BRANCH, "remote.git", "other")
        other = self._folder / "other"
        (other / _DATA).parent.mkdir(parents=True, exist_ok=True)
        (other / _DATA).write_text('{"timestamp": 3, "text": "theirs"}\n', encoding="utf-8")
        await self._git("commit", "--quiet", "--all", "-m", "Theirs", within="other")
        await self._git("push", "--quiet", "origin", BRANCH, within="other")
        return await self._tip()

    async def verdict(self, ran: ProgramRun, their_diff: str) -> DrillResult:
        """It said so, nothing was pushed over, nothing of ours was lost."""
        said = decode(ran.output).replace(str(self._folder), "")  # whose name has the word in it
        ours = (self._folder / "root" / _DATA).read_text("utf-8", "replace")
        tip = await self._tip()
        conflict = next((one.strip() for one in said.splitlines() if "conflict" in one.lower()), ran.last)
        evidence = (ran.ending, conflict or "it printed nothing", f"the remote is at their {their_diff[:12]}")
        if ran.status == 0:
            fault = "git-sync reports success although the data did not reach the remote."
        elif tip != their_diff:
            evidence = (*evidence[:2], f"the remote is at {tip[:12]}, not at their {their_diff[:12]}")
            fault = "The remote no longer has the commit that was pushed meanwhile."
        elif "ours, second" not in ours:
            fault = "The new data is gone from the clone."
        elif "conflict" not in said.lower():
            fault = "git-sync fails without a word of the conflict."
        else:
            fault = "A rebase is left half done." if self._rebasing() else ""
        fine = "git-sync told the conflict, kept the work, and left the remote alone."
        return DrillResult(not fault, fault or fine, evidence)

    async def _tip(self) -> str:
        ran = await self._git("rev-parse", f"refs/heads/{BRANCH}", within="remote.git")
        return decode(ran.output).strip()

    def _rebasing(self) -> bool:
        folder = self._folder / "root/.git"
        return any(True for name in ("rebase-merge", "rebase-apply") for _ in folder.rglob(name))

    async def _git(self, *words: str, within: str = "") -> ProgramRun:
        ran = await self._run(("git", *words), within)
        if ran.status != 0:
            raise DrillError(f"git {words[0]} ended with {ran.ending}: {ran.last}")
        return ran

    async def _run(self, argv: Sequence[str], within: str = "") -> ProgramRun:
        where = self._folder / within
        return await self._runner.run(argv, environment=self._environment, cwd=where, deadline=_DEADLINE)


def _environment(folder: Path) -> Mapping[bytes, bytes]:
    """An environment in which git and fedtui find nothing of the user's."""
    kept = ("PATH", "PYTHONPATH", "LANG", "LC_ALL")
    ours = {name: value for name, value in interpreter_environment().items() if name in kept}
    ours |= {
        "HOME": str(folder / "home"),
        "XDG_CONFIG_HOME": str(folder / "config"),
        "XDG_STATE_HOME": str(folder / "state"),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_TERMINAL_PROMPT": "0",
    }
    return {os.fsencode(name): os.fsencode(value) for name, value in ours.items()}
