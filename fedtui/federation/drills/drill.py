"""What a drill is: a rehearsal of one failure, with a before, a doing, an after and an expected result.

A drill is given what there is (`DrillSetting`) and is given a `DrillRunner`, which writes down what it is
about to do; it touches nothing of the user's by any other way. `run_drill.run_drill` is the frame.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Protocol

from fedtui.federation.drills.drill_events import ScriptAccount
from fedtui.federation.drills.drill_runner import DrillRunner
from fedtui.results import RuleBook
from fedtui.schedule.cron import CronSchedule


@dataclass(frozen=True, slots=True)
class ScheduledScript:
    """A job of the federation as cron starts it: `argv` appended to `log`, in `environment` and HOME."""

    key: str
    name: str
    script: Path
    argv: tuple[str, ...]
    log: Path
    environment: Mapping[bytes, bytes]

    def command(self, log: Path | None = None) -> str:
        """The line's command, with another log where one is given."""
        return f"{shlex.join(self.argv)} >> {shlex.quote(str(log or self.log))} 2>&1"

    @property
    def shell(self) -> str:
        """The shell that cron gives the line to."""
        return self.environment.get(b"SHELL", b"/bin/sh").decode("utf-8", "surrogateescape")

    @property
    def home(self) -> Path:
        """The folder that cron starts the job in."""
        return Path(self.environment.get(b"HOME", b"/").decode("utf-8", "surrogateescape"))


@dataclass(frozen=True, slots=True)
class TimedJob:
    """A job of the profile and when it runs."""

    name: str
    schedule: CronSchedule


@dataclass(frozen=True, slots=True)
class DrillSetting:
    """What drills rehearse with.

    `lines` are the federation's jobs by key, as far as their scripts are there; `missing` says why there are
    none, `no_view` why no script can be given a view of the disk of its own. `drills` is the folder below
    which each drill has a scratch folder of its own. `stop` and `start`
    are the commands that take a service away and bring it back, `program` the one to lose from PATH, as the
    user gave them. `zone` is the machine's, or the one to pretend.
    """

    drills: Path
    account: ScriptAccount
    lines: Mapping[str, ScheduledScript] = field(default_factory=dict)
    missing: str = ""
    root: Path | None = None
    profile: str = ""
    times: tuple[TimedJob, ...] = ()
    zone: tzinfo | None = None
    zone_name: str = ""
    now: datetime | None = None
    book: RuleBook = field(default_factory=lambda: RuleBook({}, {}))
    no_view: str = ""
    stop: tuple[str, ...] = ()
    start: tuple[str, ...] = ()
    program: str = ""


@dataclass(frozen=True, slots=True)
class DrillPlan:
    """What a drill would do, to be shown before it is done: sentences, one for each step."""

    before: tuple[str, ...]
    doing: tuple[str, ...]
    after: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DrillResult:
    """What came of a drill: whether it went as expected, a sentence that says so, and the facts behind it."""

    passed: bool
    text: str
    evidence: tuple[str, ...] = ()


class Drill(Protocol):
    """One failure that can be rehearsed. `about` and `expected` are sentences."""

    name: str
    title: str
    about: str
    expected: str

    def blocked_reason(self, setting: DrillSetting) -> str:
        """Why it cannot be run here, with what would help; empty where it can. Blocking."""
        ...

    def plan(self, setting: DrillSetting) -> DrillPlan:
        """What it would do. Only where nothing hinders it. Blocking."""
        ...

    async def run(self, setting: DrillSetting, runner: DrillRunner) -> DrillResult:
        """Do it. Raises DrillError."""
        ...
