"""The drill "path-loss": a program that a script needs is no longer on cron's PATH."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator
from pathlib import Path

from fedtui.crontab.lookups import script_lookups
from fedtui.federation.drills.drill import DrillPlan, DrillResult, DrillSetting, ScheduledScript
from fedtui.federation.drills.drill_events import DrillPhase
from fedtui.federation.drills.drill_runner import DrillRunner
from fedtui.federation.drills.script_runs import PRIVATE, facts, run_script, text_of, works
from fedtui.model import Outcome
from fedtui.safe_text import decode
from fedtui.system.path_lookup import look_up

_FIRST = ("jq", "curl", "git", "rsync", "podman", "docker", "sqlite3", "python3", "node")
"""What is lost first, if the script needs it: not a part of every system."""


class PathLossDrill:
    """The script runs twice: with cron's PATH, and with one that leads to all the same programs but one."""

    name = "path-loss"
    title = "PATH loss"
    about = "A program that a script needs is missing from cron's PATH."
    expected = "the run is seen as failed, or says what it did without; it is no plain ok"

    def blocked_reason(self, setting: DrillSetting) -> str:
        """No script that looks a program up in the PATH that cron gives it."""
        if not setting.lines:
            return setting.missing
        if _choice(setting) is None:
            named = setting.program or "any program"
            return f"no script was found to look {named} up in cron's PATH; --program NAME takes another"
        return setting.no_view

    def plan(self, setting: DrillSetting) -> DrillPlan:
        """Which program is lost, and who needs it."""
        chosen = _choice(setting)
        if chosen is None:
            return DrillPlan((), (), ())
        line, program, where, number = chosen
        run = f"Run {shlex.join(line.argv)} in cron's environment"
        return DrillPlan(
            (f"{run}. {PRIVATE}",),
            (f"{run}, with a PATH on which {program} ({where}, line {number} of the script) is missing.",),
            ("Remove that PATH, a folder of links.",),
        )

    async def run(self, setting: DrillSetting, runner: DrillRunner) -> DrillResult:
        """With the program it must work, or nothing is proved by its failing without."""
        chosen = _choice(setting)
        if chosen is None:
            return DrillResult(False, "Nothing was rehearsed: no script looks a program up any more.")
        line, program, where, _ = chosen
        runner.say(DrillPhase.BEFORE, f"{shlex.join(line.argv)}   with {where}")
        ran, result = await run_script(setting, line, runner)
        reason = works(line, result, f"with {program}")
        if reason:
            return DrillResult(False, f"Nothing was rehearsed: {reason}.", facts(result, ran))
        folder = _path_without(program, _path(line), runner.scratch / "bin")
        runner.say(DrillPhase.DOING, f"{shlex.join(line.argv)}   without {program}")
        ran, result = await run_script(setting, line, runner, PATH=os.fsencode(folder))
        runner.say(DrillPhase.AFTER, f"the script ended with {ran.ending}")
        evidence = facts(result, ran)
        name = line.script.name
        if result.outcome is Outcome.FAILED:
            return DrillResult(True, f"{name} failed with {ran.ending} without {program}.", evidence)
        if result.outcome in (Outcome.WARNINGS, Outcome.SKIPPED):
            how = f"with exit 0; what it said shows it as {result.outcome.value}"
            return DrillResult(True, f"{name} ended {how}, without {program}.", evidence)
        text = f"{name} reports success without {program}, which it calls: exit 0, and no line says so."
        return DrillResult(False, text, evidence)


Choice = tuple[ScheduledScript, str, str, int]


def _choice(setting: DrillSetting) -> Choice | None:
    """The script, the program that it loses, where that is, and the line that calls it."""
    found = [one for line in setting.lines.values() for one in _lookups(line)]
    found = [one for one in found if setting.program in ("", one[1])]
    ranked = sorted(found, key=lambda one: _FIRST.index(one[1]) if one[1] in _FIRST else len(_FIRST))
    return ranked[0] if ranked else None


def _lookups(line: ScheduledScript) -> Iterator[Choice]:
    """The programs that a script looks up in the very PATH that cron gives it, sure ones first."""
    path = _path(line)
    home = str(line.home)
    known = {decode(name): decode(value) for name, value in line.environment.items()}
    lookups = script_lookups(text_of(line.script), home, known)
    for lookup in sorted(lookups, key=lambda one: one.tested):
        if lookup.path != path:
            continue
        found = look_up(lookup.name, path, home)
        if found.path is not None:
            yield line, lookup.name, found.path, lookup.line


def _path(line: ScheduledScript) -> str:
    return decode(line.environment.get(b"PATH", b"/usr/bin:/bin"))


def _path_without(program: str, path: str, folder: Path) -> Path:
    """A folder of links to every program on `path` but one."""
    folder.mkdir(mode=0o700)
    for place in path.split(":"):
        try:
            names = [entry.name for entry in Path(place or ".").iterdir()]
        except OSError:
            continue  # a part of PATH that is not there, or not ours to see: a shell passes it over, too
        for name in names:
            link = folder / name
            if name != program and not link.is_symlink():
                link.symlink_to(Path(place, name))
    return folder
