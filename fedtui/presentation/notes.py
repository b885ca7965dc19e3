"""Whole sentences for panes: findings, problems of sources, what an empty pane says."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import replace

from fedtui.model import Finding, Job, Problem, Severity, Snapshot, SourceName, State, timer_jobs
from fedtui.presentation.finding_groups import grouped, unseen
from fedtui.presentation.glyphs import SEVERITIES, Span, StyledText, Tone, state_glyph, width_of
from fedtui.presentation.job_rows import source_words
from fedtui.safe_text import sanitize_and_mask

_TITLE_ROWS = 3
MOST_LISTED = 100
"""Findings that the pane lists: one mistake in a long table may make thousands."""

OWN = (SourceName.CRONTAB, SourceName.USER_TIMER)
OWN_SOURCES = frozenset({"crontab", "user-timers"})
"""The sources of these jobs, by the names that problems and answers carry."""


def wrapped(text: str, width: int) -> list[str]:
    """Outside text in rows of at most `width` characters; long words are broken, no word is lost."""
    return textwrap.wrap(sanitize_and_mask(text), max(8, width), break_on_hyphens=False) or [""]


def folded(line: StyledText, width: int) -> list[StyledText]:
    """A line whose last piece is wrapped so that nothing of it is cut, hanging under its beginning."""
    if not line or width_of(line) <= width:
        return [line]
    *head, last = line
    hang = width_of(head)
    first, *more = wrapped(last.text, width - hang)
    return [(*head, last._replace(text=first)), *((last._replace(text=" " * hang + row),) for row in more)]


def finding_lines(finding: Finding, width: int) -> list[StyledText]:
    """A finding in a narrow pane: sign, code and title, then its evidence, hanging under the code."""
    sign = SEVERITIES[finding.severity]
    head, *more = wrapped(finding.title, width - len(finding.code) - 4)
    if len(more) >= _TITLE_ROWS:  # a job may be called by a command of 985 letters
        more = [*more[: _TITLE_ROWS - 2], more[_TITLE_ROWS - 2][:-1] + "…"]
    lines: list[StyledText] = [
        (Span(f"{sign.glyph} {finding.code}", sign.tone), Span(f"  {head}", Tone.TEXT)),
    ]
    hang = " " * (len(finding.code) + 4)
    lines.extend((Span(hang + row),) for row in more)
    for evidence in finding.evidence:
        lines.extend((Span(f"  {row}", Tone.MUTED),) for row in wrapped(evidence, width - 2))
    return lines


def problem_lines(problem: Problem, width: int) -> list[StyledText]:
    """A source that could not be asked: what happened, what is untouched, what to do."""
    head, *more = wrapped(problem.message, width - 2)
    lines: list[StyledText] = [(Span("✗ ", Tone.FAIL), Span(head))]
    lines.extend((Span("  " + row),) for row in more)
    for text in (problem.untouched, problem.advice):
        if text:
            lines.extend((Span("  " + row, Tone.MUTED),) for row in wrapped(text, width - 2))
    return lines


def _note_lines(problem: Problem, width: int) -> list[StyledText]:
    """What is not seen, and what would help; nothing is wrong. Advice is a command: copied as it is."""
    rows = wrapped(problem.message[:1].upper() + problem.message[1:], width - 2)
    head, *more = rows + (wrapped(problem.advice, width - 2) if problem.advice else [])
    return [(Span("· " + head, Tone.MUTED),), *((Span("  " + row, Tone.MUTED),) for row in more)]


def recording_words(snapshot: Snapshot) -> tuple[str, ...]:
    """How many jobs have known exit codes, in words, the longest first; nothing where none can be recorded.

    systemd keeps those of timers. Jobs that cannot be recorded, such as system cron lines, do not count.
    """
    left = len(snapshot.unrecorded)
    if not left:
        return ()
    recorded = sum(bool(job.facts.record_key) for job in snapshot.jobs)
    known = recorded + sum(1 for _ in timer_jobs(snapshot.jobs))
    said = f"{known} of {known + left} jobs record exit codes"
    rest = "all" if not known else "the last one" if left == 1 else f"the other {left}"
    return f"{said} (C: record {rest})", f"{said} (C)", f"{known}/{known + left} record exit codes (C)"


def health_count(snapshot: Snapshot) -> int:
    """How many findings the pane lists; notes are not among them."""
    return len(snapshot.troubles) + len(_findings(snapshot))


def _findings(snapshot: Snapshot) -> list[Finding]:
    """The findings as the pane tells them: the worst first, related ones as one."""
    listed = [finding for finding in snapshot.findings if finding.severity is not Severity.NOTE]
    listed.sort(key=lambda finding: finding.severity is Severity.WARNING)
    return [
        group.first
        if len(group.findings) == 1
        else replace(group.first, title=group.title, evidence=(f"{len(group.findings)} jobs; d lists them",))
        for group in grouped(listed)
    ]


def health_lines(snapshot: Snapshot, width: int) -> list[StyledText]:
    """Everything the health pane says: problems, then findings, worst first, a blank line between."""
    blocks = [problem_lines(problem, width) for problem in snapshot.troubles]
    findings = _findings(snapshot)
    blocks += [finding_lines(finding, width) for finding in findings[:MOST_LISTED]]
    if len(findings) > MOST_LISTED:
        blocks.append([(Span(f"and {len(findings) - MOST_LISTED:,} more", Tone.MUTED),)])
    if not blocks:
        passed = f"; {len(snapshot.passed)} checks passed" if snapshot.passed else ""
        missed = unseen(snapshot.unchecked)
        if missed:
            passed += f", {missed} not possible: d tells why"
        text = "Reading …" if snapshot.loading else f"Health: nothing to report{passed}."
        blocks = [[(Span(row, Tone.MUTED),) for row in wrapped(text, width)]]
    blocks += [_note_lines(problem, width) for problem in snapshot.problems if problem.note]
    lines: list[StyledText] = []
    for number, block in enumerate(blocks):
        lines.extend([()] if number else [])
        lines.extend(block)
    return lines


def problem_of(job: Job, snapshot: Snapshot) -> Problem | None:
    """The problem of the source that a job which cannot be read belongs to."""
    if job.state is not State.UNREACHABLE or job.unreadable:
        return None
    return next((p for p in snapshot.problems if job.source.value in p.source), None) or next(
        iter(snapshot.troubles), None
    )


def reason_line(job: Job) -> StyledText | None:
    """Why a job does not run as its line says, for the pane under the table; None where it does."""
    if not job.state_reason or job.state in (State.ON, State.RUNNING, State.PAUSED):
        return None
    sign = state_glyph(job)
    return (Span(f"{sign.glyph} {sign.word}: ", sign.tone), Span(sanitize_and_mask(job.state_reason)))


def empty_lines(
    user: str, hidden: int, keys: Sequence[tuple[str, str]], unseen: Mapping[str, Problem]
) -> list[StyledText]:
    """What is shown where the table would be when the user has no job: what is absent, then the keys.

    `unseen` are the user's own sources that could not be asked: of those nothing is said to be absent.
    """
    if "crontab" in unseen:
        lines: list[StyledText] = [
            (Span("✗ ", Tone.FAIL), Span(sanitize_and_mask(unseen["crontab"].message), bold=True))
        ]
    else:
        timers = (
            "; your own timers cannot be seen" if "user-timers" in unseen else ", and no timers of your own"
        )
        lines = [(Span(f"No crontab for {sanitize_and_mask(user)}{timers}.", bold=True),)]
    lines.append(())
    for key, words in keys:
        lines.append((Span(f"{key:<4}", Tone.ACCENT, bold=True), Span(words)))
    if hidden:
        words = f"show the {hidden} job{'' if hidden == 1 else 's'} of the system"
        lines.append((Span(f"{'S':<4}", Tone.ACCENT, bold=True), Span(words)))
    return lines


def matches(job: Job, words: str) -> bool:
    """True where every word is found in the job; `source:cron.d` asks for a source alone.

    Looked at are name, schedule (as written and in words), command, state, source, user and id.
    """
    written = (job.name, job.schedule, job.schedule_text, job.command or "", job.user, job.id)
    shown = (str(job.location), job.source.value, source_words(job.source), state_glyph(job).word)
    text = "\n".join(written + shown).casefold()
    for word in words.casefold().split():
        wanted = word.removeprefix("source:")
        if wanted != word:
            if wanted not in job.source.value:
                return False
        elif word not in text:
            return False
    return True


def closeness(name: str, words: str) -> int:
    """How near a name comes to what was typed, the nearest first.

    0 is the name itself, 1 its beginning, 2 the beginning of a word in it, 3 elsewhere in it, 4 not in it.
    Several words that are not in it as typed are as near as the farthest of them.
    """
    name = name.casefold()
    wanted = [word for word in words.casefold().split() if not word.startswith("source:")]
    near = _closeness(name, " ".join(wanted))
    return near if near < 4 or len(wanted) < 2 else max(_closeness(name, word) for word in wanted)


def _closeness(name: str, text: str) -> int:
    if not text or text not in name:
        return 4
    if name.startswith(text):
        return 0 if name == text else 1
    at = name.find(text)
    while at > 0 and name[at - 1].isalnum():
        at = name.find(text, at + 1)
    return 3 if at < 0 else 2
