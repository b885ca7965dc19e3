"""What the doctor says of one row: evidence, why it matters, and the fix with its diff."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from textual.content import Content

from fedtui.changes.plan import Plan
from fedtui.model import Finding, Job, Snapshot
from fedtui.presentation.doctor_rows import DoctorRow, facts
from fedtui.presentation.finding_groups import FindingGroup, title_beside, where, why_it_matters
from fedtui.presentation.glyphs import cut
from fedtui.widgets.lines import diff_lines, fact_rows, outside, paragraph, rule, wrap

MEMBERS = 12
"""Findings of a group that are named one by one."""


def details(
    row: DoctorRow, snapshot: Snapshot, width: int, *, roomy: bool, plan: Plan | str | None
) -> list[Content]:
    """The rows below the list. `plan` is the fix, or why there is none; None while it is not known."""
    jobs = {job.id: job for job in snapshot.jobs}
    if row.unchecked is not None:
        sections = _unchecked(row, width)
    elif row.group is not None:
        sections = _group(row, jobs, width)
    elif row.finding is not None:
        sections = _finding(row.finding, jobs, width, plan)
    else:
        return []
    lines: list[Content] = []
    for section in sections:
        lines += ([Content("")] if roomy and lines else []) + section
    return lines


def _head(code: str, place: str, title: str, width: int) -> Content:
    room = width - len(code) - 12
    place = cut(outside(place), room // 2)
    rest = cut(outside(title), max(8, room - len(place)))
    return rule(width, Content.assemble((code, "$muted"), "  ", place, "  ", (rest, "$muted")))


def _section(heading: str, text: str, width: int) -> list[Content]:
    return [rule(width, Content.styled(heading, "$muted")), *_indented(paragraph(text, width - 2))]


def _indented(rows: Sequence[Content]) -> list[Content]:
    return [Content(" ") + row for row in rows]


def _finding(
    finding: Finding, jobs: Mapping[str, Job], width: int, plan: Plan | str | None
) -> list[list[Content]]:
    job = jobs.get(finding.job_id or "")
    place = "this machine" if finding.job_id is None else job.name if job is not None else finding.job_id
    sections = [
        [
            _head(finding.code, place, title_beside(FindingGroup(finding.title, (finding,)), jobs), width),
            *_indented(paragraph(finding.sentence, width - 2)),
            *_facts(finding, job, width),
        ]
    ]
    why = why_it_matters(finding)
    if why:
        sections.append(_section("why it matters", why, width))
    return [*sections, _fix(finding, width, plan)]


def _facts(finding: Finding, job: Job | None, width: int) -> list[Content]:
    named = facts(finding)
    if job is not None and not any(name == "line" or str(job.location) in value for name, value in named):
        named.append(("defined in", str(job.location)))
    label = max([9, *(len(name) for name, _ in named)]) + 2
    rows: list[Content] = []
    for name, value in named:
        room = width - label - 2
        whole = outside(value)
        rows += fact_rows(name, [cut(whole, room)] if name == "line" else wrap(whole, room), label)
    return _indented(rows)


def _fix(finding: Finding, width: int, plan: Plan | str | None) -> list[Content]:
    remedy = finding.remedy
    words = remedy.words if remedy is not None else ""
    head = Content.assemble(("fix", "$muted"), "   " if words else "", cut(outside(words), width - 12))
    rows = [rule(width, head)]
    if isinstance(plan, Plan):
        for diff in plan.diffs:
            rows += _indented(diff_lines(diff, width - 2))
        for warning in plan.warnings:
            rows += _indented(paragraph(warning, width - 2, "$muted"))
    elif plan is not None:
        rows += _indented(paragraph(plan, width - 2, "$muted"))
    elif remedy is not None:
        rows.append(Content.styled(" looking at what would change …", "$muted"))
    if finding.fix and not isinstance(plan, Plan):
        rows += _indented(paragraph(finding.fix, width - 2))
    if finding.command:
        rows += _indented(paragraph(finding.command, width - 2, "bold"))
    return rows


def _group(row: DoctorRow, jobs: Mapping[str, Job], width: int) -> list[list[Content]]:
    group = row.group
    if group is None:
        return []
    members = []
    for finding in group.findings[:MEMBERS]:
        job = jobs.get(finding.job_id or "")
        if job is None and finding.title == group.title:
            members += paragraph(finding.sentence, width - 2)
            continue
        name = cut(outside(job.name if job is not None else finding.title), 30)
        said = finding.title if finding.title != group.title else str(job.location) if job is not None else ""
        members.append(Content.assemble(f"{name:<32}", (cut(outside(said), max(8, width - 34)), "$muted")))
    more = len(group.findings) - MEMBERS
    if more > 0:
        members.append(Content.styled(f"and {more} more; enter lists them", "$muted"))
    sections = [[_head(group.code, where(group, jobs), group.title, width), *_indented(members)]]
    why = why_it_matters(group.first)
    if why:
        sections.append(_section("why it matters", why, width))
    if group.first.fix:
        sections.append(_section("fix", group.first.fix, width))
    return sections


def _unchecked(row: DoctorRow, width: int) -> list[list[Content]]:
    one = row.unchecked
    if one is None:
        return []
    head = _head("?", one.what, "could not be looked at: neither found nor fine", width)
    sections = [[head, *_indented(paragraph(one.reason, width - 2))]]
    if one.codes:
        sections.append(_section("not looked for everywhere", " ".join(one.codes), width))
    if one.advice:
        sections.append(_section("fix", one.advice, width))
    return sections
