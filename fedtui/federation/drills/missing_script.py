"""The drill "missing-script": the script was moved away, and cron and the doctor must both say so."""

from __future__ import annotations

import asyncio
import shutil
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from fedtui.crontab import Document
from fedtui.crontab.command_field import escape
from fedtui.federation.drills.drill import DrillPlan, DrillResult, DrillSetting, ScheduledScript
from fedtui.federation.drills.drill_events import DrillPhase
from fedtui.federation.drills.drill_runner import DrillRunner
from fedtui.health import checkup
from fedtui.health.file_facts import FileFacts
from fedtui.model import Finding, Snapshot, SourceName
from fedtui.sources.cron_jobs import CronClock, TableFacts, TableJobs
from fedtui.system.cron_daemon import CronDaemon

_CODE = "FT110"
_NOT_FOUND = 127


class MissingScriptDrill:
    """Played with a copy: a line like the scheduled one in a table of its own, and the script beside it."""

    name = "missing-script"
    title = "Missing script"
    about = "A scheduled script was renamed, or its folder moved."
    expected = f"the line ends with exit {_NOT_FOUND}, and the doctor says {_CODE}: the script is not there"

    def blocked_reason(self, setting: DrillSetting) -> str:
        """No script, or none that can be copied."""
        if not setting.lines:
            return setting.missing
        line = _line(setting)
        if setting.account.ids is not None:
            name = setting.account.name
            return f"it starts the shell of {name}, and not as {name}: sudo -u {name} -i fedtui drill"
        return "" if line.script.is_file() else f"{line.script} is not there"

    def plan(self, setting: DrillSetting) -> DrillPlan:
        """All of it with a copy."""
        line = _line(setting)
        return DrillPlan(
            (f"Copy {line.script} into a scratch folder; let the doctor look at a line that runs it.",),
            ("Move the copy away.", "Run that line as cron does; have the doctor look again."),
            ("Remove the scratch folder; the script itself is only read.",),
        )

    async def run(self, setting: DrillSetting, runner: DrillRunner) -> DrillResult:
        """Move the copy, run, look."""
        line = _line(setting)
        copy = runner.scratch / line.script.name
        log = runner.scratch / line.log.name
        await asyncio.to_thread(shutil.copyfile, line.script, copy)
        argv = tuple(str(copy) if word == str(line.script) else word for word in line.argv)
        played = replace(line, script=copy, log=log, argv=argv)
        if await asyncio.to_thread(_finding, played):
            text = f"Nothing was rehearsed: the doctor says {_CODE} of a script that is there."
            return DrillResult(False, text)
        runner.say(DrillPhase.BEFORE, f"{copy} is there, and the doctor has nothing to say of it")
        await asyncio.to_thread(copy.rename, copy.with_name(f"{copy.name}.moved"))
        runner.say(DrillPhase.DOING, f"the copy is moved away; {played.command()}")
        argv = (line.shell, "-c", played.command())
        ran = await runner.run(argv, environment=line.environment, cwd=runner.scratch, deadline=60.0)
        said = _said(log) or ran.last
        finding = await asyncio.to_thread(_finding, played)
        runner.say(DrillPhase.AFTER, f"{ran.ending}; {said}")
        evidence = (ran.ending, said, f"{_CODE}: {finding.sentence}" if finding else f"{_CODE} was not found")
        if ran.status == _NOT_FOUND and finding is not None:
            text = f"cron's line ends with {ran.ending}, and the doctor says why."
            return DrillResult(True, text, evidence)
        missed = "the doctor does not see it" if finding is None else f"the line ends with {ran.ending}"
        return DrillResult(False, f"The missing script is not told: {missed}.", evidence)


def _line(setting: DrillSetting) -> ScheduledScript:
    return setting.lines.get("sync") or next(iter(setting.lines.values()))


def _said(log: Path) -> str:
    try:
        return log.read_text("utf-8", "replace").strip().splitlines()[-1]
    except (OSError, IndexError):
        return ""


def _finding(line: ScheduledScript) -> Finding | None:
    """What the doctor says of the missing script, in a table of that line alone. Blocking."""
    command = escape(line.command().encode("utf-8", "surrogateescape"))
    table = Document.parse(b"0 * * * * " + command + b"\n", user="", dialect="debian")
    facts = TableFacts(SourceName.CRONTAB, "crontab", lambda _: str(line.home), editable=False)
    now = datetime.now(UTC)
    clock = CronClock(CronDaemon(True, "debian", "as in the drill"), "UTC", ZoneInfo("UTC"))
    jobs = TableJobs(table, facts).at(now, clock)
    found = checkup(Snapshot(now, jobs=jobs), FileFacts(), ()).findings
    return next((one for one in found if one.code == _CODE), None)
