"""The frame of every drill: journal, guard, the drill itself, cleaning up, and a verdict that counts both."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from fedtui.action_result import Refused
from fedtui.federation.drills.drill import Drill, DrillResult, DrillSetting
from fedtui.federation.drills.drill_events import DrillError, DrillEvent, DrillPhase, OnEvent
from fedtui.federation.drills.drill_journal import DrillJournal, begin_journal, clean_up, left_over
from fedtui.federation.drills.drill_runner import DrillRunner
from fedtui.federation.drills.guard import Guard, GuardError
from fedtui.system import lock_file

NOTHING = "Nothing was done."


@dataclass(frozen=True, slots=True)
class DrillOutcome:
    """What came of a drill. `complaints` are what could not be cleaned up; with any it has not passed."""

    drill: str
    expected: str
    found: DrillResult
    complaints: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether it went as expected and left nothing behind."""
        return self.found.passed and not self.complaints


async def run_drill(drill: Drill, setting: DrillSetting, tell: OnEvent) -> DrillOutcome:
    """Run a drill. Raises Refused where it cannot be run here; then nothing was done."""
    reason = await asyncio.to_thread(drill.blocked_reason, setting)
    if reason:
        raise Refused(f"The drill {drill.name} cannot be run here: {reason}.", NOTHING)
    with _alone(setting.drills):
        return await _guarded(drill, setting, tell)


async def _guarded(drill: Drill, setting: DrillSetting, tell: OnEvent) -> DrillOutcome:
    try:
        journal = await asyncio.to_thread(begin_journal, setting.drills, drill.name)
    except OSError as error:
        raise Refused(f"The drill has no place for its scratch folder: {error}.", NOTHING) from error
    guard: Guard | None = None
    try:
        guard = await asyncio.to_thread(Guard, journal.path)
        found = await _found(drill, setting, DrillRunner(journal, tell))
    except GuardError as error:
        raise Refused(f"{error}.", NOTHING) from error
    finally:
        complaints = await asyncio.shield(asyncio.to_thread(clean_up, journal.path))
        if guard is not None:
            guard.dismiss()
    tell(DrillEvent(DrillPhase.CLEANING, _cleaned(complaints)))
    return DrillOutcome(drill.name, drill.expected, found, tuple(complaints))


async def _found(drill: Drill, setting: DrillSetting, runner: DrillRunner) -> DrillResult:
    try:
        return await drill.run(setting, runner)
    except DrillError as error:
        return DrillResult(False, f"Nothing was rehearsed: {error}.")
    except OSError as error:
        return DrillResult(False, f"The drill could not continue: {error}.")


def _cleaned(complaints: list[str]) -> str:
    return "; ".join(complaints) if complaints else "the scratch folder is gone, nothing else was touched"


def tidy(folder: Path) -> list[tuple[DrillJournal, list[str]]]:
    """Clean up after drills killed together with their guards; each with what could not be. Blocking."""
    return [(journal, clean_up(journal.path)) for journal in left_over(folder)]


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One drill at a time. The lock is the kernel's: it ends with this process."""
    try:
        descriptor = lock_file.take(folder / ".running")
    except BlockingIOError:
        raise Refused("Another drill is running.", NOTHING, "Wait for its end.") from None
    except OSError as error:
        raise Refused(f"The drill has no place for its scratch folder: {error}.", NOTHING) from error
    try:
        yield
    finally:
        os.close(descriptor)
