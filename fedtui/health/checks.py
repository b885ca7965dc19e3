"""What a check is made of: the rules it looks for, and what it says of them.

A rule is the part of a finding that is always the same: its code, how grave it is, why it matters and how
it is fixed. The rules are beside the checks that find them; `RULES` in `fedtui.health` is all of them,
and `docs/findings.md` is written from it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from fedtui.health.file_facts import FileFacts
from fedtui.model import Finding, Job, Remedy, Severity, Snapshot, Unchecked
from fedtui.system.self_command import sudo_command


class FindingGroupKey(StrEnum):
    """What a rule speaks of; the value is its heading, its place the hundreds of the code."""

    SCHEDULER = "the scheduler"
    LINE = "the line"
    TIMER = "the timer"
    RESULTS = "results"
    LOGS = "logs and disk"
    RIGHTS = "this user's rights and the machine"
    SECURITY = "security"
    FEDERATION = "the federation"


GROUPS = tuple(FindingGroupKey)

CRON_TABLES = ("crontab", "system-tables")
TIMERS = ("user-timers", "system-timers")
EVERY_JOB = (*CRON_TABLES, *TIMERS)
"""Names of sources, for `needs`."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One code. `title` says what is wrong in a few words, `why` why it matters, `fix` how to fix it.

    `needs` are the names of the sources that must have answered before its absence means anything; by its
    group where it is empty.
    """

    code: str
    severity: Severity
    title: str
    why: str
    fix: str
    needs: tuple[str, ...] = ()

    @property
    def group(self) -> FindingGroupKey:
        """The group that the code's first digit names."""
        return GROUPS[int(self.code[2])]

    @property
    def sources(self) -> tuple[str, ...]:
        """The sources whose jobs it is looked for in."""
        by_group = {
            FindingGroupKey.SCHEDULER: (),
            FindingGroupKey.LINE: CRON_TABLES,
            FindingGroupKey.TIMER: TIMERS,
        }
        by_group |= {FindingGroupKey.RIGHTS: (), FindingGroupKey.FEDERATION: ()}
        return self.needs or by_group.get(self.group, EVERY_JOB)

    def found(
        self,
        sentence: str,
        evidence: tuple[str, ...] = (),
        *,
        job: Job | None = None,
        title: str = "",
        fix: str = "",
        command: str = "",
        remedy: Remedy | None = None,
        severity: Severity | None = None,
    ) -> Finding:
        """The rule found to hold: the finding. What is not given is as the rule says."""
        return Finding(
            self.code,
            severity or self.severity,
            title or self.title,
            sentence,
            evidence,
            fix or self.fix,
            job.id if job is not None else None,
            command,
            remedy,
        )

    def hidden(self, path: str, reason: str) -> Unchecked:
        """The rule could not be looked for at `path`, which this user may not see."""
        return self.unchecked(path, reason, f"Look as root: {sudo_command('check')}")

    def unchecked(self, what: str, reason: str, advice: str = "") -> Unchecked:
        """The rule could not be looked for in `what`."""
        return Unchecked((self.code,), what, reason, advice)


def error_rule(code: str, title: str, why: str, fix: str, needs: tuple[str, ...] = ()) -> Rule:
    return Rule(code, Severity.ERROR, title, why, fix, needs)


def warning_rule(code: str, title: str, why: str, fix: str, needs: tuple[str, ...] = ()) -> Rule:
    return Rule(code, Severity.WARNING, title, why, fix, needs)


def note_rule(code: str, title: str, why: str, fix: str, needs: tuple[str, ...] = ()) -> Rule:
    return Rule(code, Severity.NOTE, title, why, fix, needs)


CheckReport = Finding | Unchecked
CheckFunction = Callable[[Snapshot, FileFacts], Iterator[CheckReport]]


@dataclass(frozen=True, slots=True)
class Check:
    """One check: a generator `(snapshot, host) -> findings`, and the rules it can find to hold.

    What it yields is a finding, or an `Unchecked` where a fact is missing: of what it is silent about it has
    seen that all is well. `systemd`: it speaks of systemd alone, and of nothing where that runs no jobs.
    """

    rules: tuple[Rule, ...]
    look: CheckFunction
    systemd: bool = False

    @property
    def name(self) -> str:
        """As it is called in the code."""
        return self.look.__name__

    def __call__(self, snapshot: Snapshot, host: FileFacts) -> Iterator[CheckReport]:
        """What it finds."""
        return self.look(snapshot, host)


def check(*rules: Rule, systemd: bool = False) -> Callable[[CheckFunction], Check]:
    """Make a check of a generator: `@check(BAD_LINE)` above it. It is run from then on."""
    return lambda look: Check(rules, look, systemd)
