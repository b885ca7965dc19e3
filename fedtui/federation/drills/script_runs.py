"""What the drills that start a script of the user's share: its view, and words for how it ended."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path

from fedtui.federation.drills.drill import DrillSetting, ScheduledScript
from fedtui.federation.drills.drill_runner import DrillRunner, ProgramRun
from fedtui.federation.drills.sandbox import SandboxView
from fedtui.model import Outcome, Result
from fedtui.safe_text import decode
from fedtui.system.regular_file import read_regular

ROOM = 256 * 1024 * 1024
"""Bytes that a script may write in its view; they are memory, and only as many as it really writes."""

PRIVATE = (
    "It sees the disk as it is, and nothing that it writes there is kept; what it asks of other machines and "
    "services is real."
)

_PASSING = ("/tmp", "/var/tmp")  # noqa: S108  # for passing files
_MOST = 1024 * 1024


def no_line(setting: DrillSetting, key: str) -> str:
    """Why the job `key` cannot be rehearsed with; empty where it can."""
    if key in setting.lines:
        return ""
    return setting.missing or f"there is no script of the job {key}"


def view_of(setting: DrillSetting, line: ScheduledScript, size: int = ROOM) -> SandboxView:
    """A view in which the script may write wherever it usually does."""
    must = _folders(str(setting.root or "/"), str(line.log.parent))
    return SandboxView((*must, *_folders(str(line.home), *_PASSING)), size, must, _folders(*_PASSING))


def _folders(*wanted: str) -> tuple[str, ...]:
    """Those that are there, by their true names; never the whole disk."""
    real = (os.path.realpath(place) for place in wanted)
    return tuple(place for place in dict.fromkeys(real) if place != "/" and Path(place).is_dir())


async def run_script(
    setting: DrillSetting, line: ScheduledScript, runner: DrillRunner, **extra: bytes
) -> tuple[ProgramRun, Result]:
    """Start the script as cron does, its output read by us; `extra` goes over its environment."""
    return await run_in_view(setting, line, runner, view_of(setting, line), line.argv, **extra)


async def run_in_view(
    setting: DrillSetting,
    line: ScheduledScript,
    runner: DrillRunner,
    view: SandboxView,
    argv: Sequence[str],
    **extra: bytes,
) -> tuple[ProgramRun, Result]:
    """Start `argv` in the place of the line's script; the verdict is the one that fedtui would show."""
    environment = {**line.environment, **{name.encode(): value for name, value in extra.items()}}
    home, account = line.home, setting.account
    ran = await runner.run_staged(argv, view, environment=environment, cwd=home, account=account)
    return ran, ran.judged(setting.book.of(line.name), line.command())


def works(line: ScheduledScript, result: Result, so_far: str) -> str:
    """Why a drill that needs the script to work would prove nothing; empty where it works."""
    if result.outcome in (Outcome.OK, Outcome.WARNINGS):
        return ""
    how = f"{result.outcome.value} ({result.ending})" if result.ending else result.outcome.value
    return f"{line.script.name} ends with {how} even {so_far}; fix that first"


def facts(result: Result, ran: ProgramRun) -> tuple[str, ...]:
    """How a run ended and what it said of it."""
    said = result.reasons or ((f"its last line: {ran.last}",) if ran.last else ("it printed nothing",))
    return (ran.ending, *said)


def text_of(script: Path) -> str:
    """The beginning of a script; empty where it cannot be read."""
    try:
        return decode(read_regular(script, _MOST))
    except OSError:
        return ""


def mentions(text: str, names: Sequence[str]) -> tuple[str, ...]:
    """The variables of these names that a script speaks of outside comments."""
    code = re.sub(r"(?m)^\s*#.*$", "", text)
    return tuple(name for name in names if re.search(rf"\b{re.escape(name)}\b", code))
