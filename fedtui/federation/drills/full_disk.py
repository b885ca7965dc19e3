"""The drill "full-disk": not one byte fits any more, and the run must be seen as failed."""

from __future__ import annotations

import shlex
from dataclasses import replace

from fedtui.federation.drills.drill import DrillPlan, DrillResult, DrillSetting, ScheduledScript
from fedtui.federation.drills.drill_events import DrillPhase
from fedtui.federation.drills.drill_runner import DrillRunner, ProgramRun
from fedtui.federation.drills.script_runs import PRIVATE, ROOM, facts, no_line, run_in_view, view_of, works
from fedtui.model import Result

_KEY = "sync"
_SMALL = 4 * 1024 * 1024


class FullDiskDrill:
    """The scheduled line, its log included, on a disk of memory: first with room, then without any."""

    name = "full-disk"
    title = "Full disk"
    about = "The disk of the log and of the data has no byte left while a job runs."
    expected = "the run fails with an exit status; it does not lose its log or its data in silence"

    def blocked_reason(self, setting: DrillSetting) -> str:
        """No script, or no view of its own for it."""
        return no_line(setting, _key(setting)) or setting.no_view

    def plan(self, setting: DrillSetting) -> DrillPlan:
        """Twice the same line."""
        line = setting.lines[_key(setting)]
        run = f"Run {line.command()} in cron's environment"
        return DrillPlan(
            (f"{run}, on a disk of memory with room. {PRIVATE}",),
            (f"{run}, on a disk of memory of {_SMALL // 2**20} MiB that is filled to the last byte.",),
            ("Let both disks go; they end with the script.",),
        )

    async def run(self, setting: DrillSetting, runner: DrillRunner) -> DrillResult:
        """With room it must work, or nothing is proved by its failing without."""
        line = setting.lines[_key(setting)]
        runner.say(DrillPhase.BEFORE, f"{line.command()}   with room")
        ran, result = await _run(setting, line, runner, full=False)
        reason = works(line, result, "with room on the disk")
        if reason:
            return DrillResult(False, f"Nothing was rehearsed: {reason}.", facts(result, ran))
        runner.say(DrillPhase.DOING, f"{line.command()}   with no byte left")
        ran, result = await _run(setting, line, runner, full=True)
        runner.say(DrillPhase.AFTER, f"the line ended with {ran.ending}")
        evidence = facts(result, ran)
        if ran.status == 0:
            text = f"{line.script.name} reports success although nothing it wrote was kept: "
            text += "cron sees exit 0. Let it end with a status where it cannot write (set -e)."
            return DrillResult(False, text, evidence)
        return DrillResult(True, f"The run ended with {ran.ending}, and is seen as failed.", evidence)


def _key(setting: DrillSetting) -> str:
    return _KEY if _KEY in setting.lines else next(iter(setting.lines), _KEY)


async def _run(
    setting: DrillSetting, line: ScheduledScript, runner: DrillRunner, *, full: bool
) -> tuple[ProgramRun, Result]:
    """The line with its log; one in the scratch folder replaces a log folder that does not exist yet."""
    folder = line.log.parent
    if not folder.is_dir():
        folder = runner.scratch / "logs"
        folder.mkdir(exist_ok=True)
    log = folder / line.log.name
    room = view_of(setting, line, _SMALL if full else ROOM)
    view = replace(room, logs=str(folder), names=(log.name,), full=full)
    command = line.command(log)
    if not full:  # what the run says in its log is read before its disk is gone
        command = f"{command}; ended=$?; cat -- {shlex.quote(str(log))}; exit $ended"
    return await run_in_view(setting, line, runner, view, (line.shell, "-c", command))
