"""The rows of the doctor's list: groups of findings, those of an opened group, and what was not checked."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import NamedTuple

from fedtui.model import Finding, Job, Severity, Snapshot, Unchecked
from fedtui.presentation.finding_groups import Counts, FindingGroup, grouped, title_beside, where
from fedtui.presentation.glyphs import SEVERITIES, Span, StyledText, Tone, cut, fit
from fedtui.safe_text import sanitize_and_mask

CODE, WHERE, FIX = 8, 22, 6
"""Widths of the columns but FINDING, which takes the rest."""


class DoctorRow(NamedTuple):
    """One row: a group, a finding of a group that was opened, or something that was not checked."""

    key: str
    group: FindingGroup | None = None
    finding: Finding | None = None
    unchecked: Unchecked | None = None
    inner: bool = False

    @property
    def job_id(self) -> str | None:
        return self.finding.job_id if self.finding is not None else None


def rows_of(snapshot: Snapshot, opened: Collection[str]) -> list[DoctorRow]:
    """The rows, the worst first; groups of several whose key is in `opened` are followed by their own."""
    rows: list[DoctorRow] = []
    for group in grouped(snapshot.findings):
        key = f"{group.code} {group.title}"
        if len(group.findings) == 1:
            rows.append(DoctorRow(f"{key} {group.first.job_id}", finding=group.first))
            continue
        rows.append(DoctorRow(key, group=group))
        if key in opened:
            rows += [
                DoctorRow(f"{key} {one.job_id} {one.evidence[:1]}", finding=one, inner=True)
                for one in group.findings
            ]
    return rows + [DoctorRow(f"? {one.what} {one.codes}", unchecked=one) for one in snapshot.unchecked]


def heading(width: int) -> StyledText:
    finding = max(0, width - 3 - CODE - WHERE - FIX)  # a window may be smaller than any that can be read
    text = f"   {'CODE':<{CODE}}{'WHERE':<{WHERE}}{'FINDING':<{finding}}FIX"
    return fit((Span(text, Tone.MUTED),), width)


def row_line(row: DoctorRow, jobs: Mapping[str, Job], width: int) -> StyledText:
    """One row in exactly `width` cells."""
    room = max(2, width - 3 - CODE - WHERE - FIX)
    if row.unchecked is not None:
        one = row.unchecked
        code = one.codes[0] + ("+" if len(one.codes) > 1 else "") if one.codes else "-"
        cells = ("?", code, one.what, f"not checked: {one.reason}", "how" if one.advice else "")
        tone, words = Tone.MUTED, Tone.MUTED
    else:
        finding = row.finding or _group(row).first
        sign = SEVERITIES[finding.severity]
        group = row.group or FindingGroup(finding.title, (finding,))
        place = ("  " if row.inner else "") + where(group, jobs, WHERE - 2)
        cells = (sign.glyph, finding.code, place, title_beside(group, jobs), fix_word(row))
        tone = sign.tone
        words = Tone.MUTED if finding.severity is Severity.NOTE else Tone.TEXT
    glyph, code, place, title, fix = cells
    return fit(
        (
            Span(f" {glyph} ", tone),
            Span(f"{code:<{CODE}}", tone),
            *fit((Span(cut(sanitize_and_mask(place), WHERE - 2)),), WHERE),
            *fit((Span(cut(sanitize_and_mask(title), room - 2), words),), room),
            Span(fix, Tone.ACCENT),
        ),
        width,
    )


def _group(row: DoctorRow) -> FindingGroup:
    if row.group is None:
        raise ValueError(row.key)
    return row.group


def fix_word(row: DoctorRow) -> str:
    """`fix` where fedtui can make it, `how` where it can say it, `open` for a group."""
    if row.group is not None:
        return "open"
    finding = row.finding
    if finding is None:
        return ""
    return "fix" if finding.remedy is not None else "how" if finding.fix or finding.command else ""


def counts_line(snapshot: Snapshot, wide: bool, checked: str) -> StyledText:
    """What the rule over the list says: how many of each, what passed, and where there is room when."""
    counts = Counts.of(snapshot)
    pieces: list[Span] = []
    for number, name, severity in (
        (counts.errors, "error", Severity.ERROR),
        (counts.warnings, "warning", Severity.WARNING),
    ):
        if number:
            sign = SEVERITIES[severity]
            pieces.append(Span(f"  {sign.glyph} {_many(number, name)}", sign.tone, bold=True))
    if counts.notes:
        pieces.append(Span(f"  {_many(counts.notes, 'note')}", Tone.MUTED))
    passed = f"   {counts.passed} passed"
    if counts.unchecked:
        passed += f", {counts.unchecked} not checked"
    if counts.not_applicable and wide:
        passed += f", {counts.not_applicable} not applicable"
    if counts.silenced and wide:
        passed += f", {counts.silenced} silenced"
    pieces.append(Span(passed, Tone.MUTED))
    if wide:
        pieces.append(Span(f"   {checked}", Tone.MUTED))
    return tuple(pieces)


def _many(count: int, name: str) -> str:
    return f"{count} {name}{'' if count == 1 else 's'}"


def facts(finding: Finding) -> list[tuple[str, str]]:
    """The evidence as label and value; the first fact without a label is what was seen."""
    found: list[tuple[str, str]] = []
    for line in finding.evidence:
        label, blanks, value = line.partition("  ")
        if blanks and value.strip() and len(label) <= _LABEL and ":" not in label:
            found.append((label, value.strip()))
        else:
            found.append(("" if any(not one or one == "seen" for one, _ in found) else "seen", line))
    return found


_LABEL = 14
"""The longest label of a fact; longer beginnings are the fact itself."""
