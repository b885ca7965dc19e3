"""Findings as people read them: grouped, counted, and where each belongs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from fedtui.model import Finding, Job, Severity, Snapshot, Unchecked
from fedtui.presentation.job_rows import name_words

if TYPE_CHECKING:
    from fedtui.health.checks import Rule

FLOOD = 4
"""Findings of one code, each with a title of its own, from which on they are shown as one."""


class FindingGroup(NamedTuple):
    """Findings that are one to the reader: the same code, and the same title or very many."""

    title: str
    findings: tuple[Finding, ...]

    @property
    def first(self) -> Finding:
        """The one that stands for the others."""
        return self.findings[0]

    @property
    def code(self) -> str:
        return self.first.code

    @property
    def severity(self) -> Severity:
        """How grave the gravest is."""
        return self.first.severity


def _rule(code: str) -> Rule | None:
    """The rule of a code. The checks are loaded here and not above: the first picture does without them."""
    from fedtui.health import RULES

    return RULES.get(code)


def grouped(findings: Iterable[Finding]) -> list[FindingGroup]:
    """The findings in their order, related ones as one group at the place of the first of them."""
    by_code: dict[tuple[str, Severity], dict[str, list[Finding]]] = {}
    for finding in findings:
        same = by_code.setdefault((finding.code, finding.severity), {})
        same.setdefault(finding.title, []).append(finding)
    found: list[FindingGroup] = []
    for (code, _), titles in by_code.items():
        if len(titles) > FLOOD:
            every = tuple(finding for same in titles.values() for finding in same)
            rule = _rule(code)
            found.append(FindingGroup(every[0].title if rule is None else rule.title, every))
        else:
            found.extend(FindingGroup(title, tuple(same)) for title, same in titles.items())
    return found


def of_jobs(findings: Iterable[Finding]) -> dict[str, tuple[Finding, ...]]:
    """What is found about each job, by its id: in their order, notes left out."""
    found: dict[str, tuple[Finding, ...]] = {}
    for finding in findings:
        if finding.job_id is not None and finding.severity is not Severity.NOTE:
            found[finding.job_id] = (*found.get(finding.job_id, ()), finding)
    return found


def where(group: FindingGroup, jobs: Mapping[str, Job], width: int = 24) -> str:
    """What the group is about: a job's name, how many jobs, or the machine."""
    ids = {finding.job_id for finding in group.findings}
    if len(ids) > 1:
        return f"{len(ids)} jobs"
    job_id = next(iter(ids))
    line = group.first.remedy.line if group.first.remedy is not None else None
    if job_id is None:
        return str(line.location) if line is not None and len(group.findings) == 1 else "this machine"
    job = jobs.get(job_id)
    return name_words(job, width) if job is not None else job_id.partition(":")[2]


def title_beside(group: FindingGroup, jobs: Mapping[str, Job]) -> str:
    """The title where the job's name is beside it already: `failed`, not `sync failed`."""
    job = jobs.get(group.first.job_id or "") if len(group.findings) == 1 else None
    if job is None:
        return group.title
    rest = group.title.removeprefix(job.name)
    return rest.lstrip(": ") if rest != group.title and rest[:1] in (" ", ":") else group.title


def why_it_matters(finding: Finding) -> str:
    """Why it matters, where the code is one of ours."""
    rule = _rule(finding.code)
    return rule.why if rule is not None else ""


class Counts(NamedTuple):
    """How much of what a checkup came to."""

    errors: int
    warnings: int
    notes: int
    passed: int
    unchecked: int
    not_applicable: int
    silenced: int

    @classmethod
    def of(cls, snapshot: Snapshot) -> Counts:
        by = [finding.severity for finding in snapshot.findings]
        errors, warnings, notes = map(by.count, (Severity.ERROR, Severity.WARNING, Severity.NOTE))
        left = unseen(snapshot.unchecked)
        idle = len(snapshot.not_applicable)
        return cls(errors, warnings, notes, len(snapshot.passed), left, idle, snapshot.silenced)

    def words(self) -> list[str]:
        """`1 error`, `3 warnings`, ...: what there is of each, and always what passed."""
        named = (
            (self.errors, "error", "errors"),
            (self.warnings, "warning", "warnings"),
            (self.notes, "note", "notes"),
            (self.passed, "passed", "passed"),
            (self.unchecked, "not checked", "not checked"),
            (self.not_applicable, "not applicable", "not applicable"),
            (self.silenced, "silenced", "silenced"),
        )
        counted = [(count, one if count == 1 else many) for count, one, many in named]
        return [f"{count} {word}" for count, word in counted if count or word == "passed"]


def unseen(unchecked: Sequence[Unchecked]) -> int:
    """How many codes could not be looked for everywhere; a source without codes of its own counts as one."""
    codes = {code for one in unchecked for code in one.codes}
    return len(codes) + sum(not one.codes for one in unchecked)


def status(snapshot: Snapshot) -> int:
    """The exit status of `fedtui check`: 0 fine, 1 warnings, 2 errors, 3 nothing could be checked.

    Where nothing was found and something could not be looked at it is 1: what was not seen is not fine.
    """
    counts = Counts.of(snapshot)
    if counts.errors:
        return 2
    if counts.warnings:
        return 1
    if not counts.passed:
        return 3
    return 1 if counts.unchecked else 0
