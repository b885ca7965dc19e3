"""The rows of the set-up screen: the list of its steps, and the page of each. Values to rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from textual.content import Content

from fedtui.federation.setup.preflight import Preflight
from fedtui.federation.setup_issue import worst_first
from fedtui.pack import BACKENDS
from fedtui.presentation import setup_text as words
from fedtui.presentation.federation_status import status_lines
from fedtui.presentation.glyphs import Span, cut
from fedtui.presentation.home import tilde, tilde_words
from fedtui.presentation.setup_text import STEPS, Progress, SetupStep
from fedtui.safe_text import sanitize_and_mask
from fedtui.widgets.lines import (
    diff_head,
    diff_lines,
    fact,
    hanging,
    key_hint,
    note,
    paragraph,
    rule,
    step_lines,
)
from fedtui.widgets.palette import content
from fedtui.widgets.setup_profiles import profile_page
from fedtui.widgets.setup_rows import LABEL, PageState, choice, issue_rows, refused

EXTRAS = tuple(words.EXTRA_WORDS)
_BACKEND_WORDS = {
    "cron": ("cron", "lines in your crontab; output goes to the logs"),
    "user": ("user timers", "systemd units of your own; they want lingering to go on after logout"),
    "system": ("system timers", "systemd units of the machine: root's to make"),
}


def side_rows(progress: Progress, look: PageState, width: int) -> list[Content]:
    """The steps at the left of a wide screen, and the rollout below them."""
    rows: list[Content] = []
    for step in STEPS:
        here = step is progress.step
        style = "bold $accent" if here else "$foreground" if step <= progress.reached else "$muted"
        sign = content((words.step_glyph(progress, step), Span(" ")))
        rows.append(Content.assemble(" ", sign, (f"{step.value} {step.title}", style)))
        said = cut(sanitize_and_mask(words.step_fact(progress, step, look.home)), width - 6)
        rows.append(Content.styled(f"     {said}", "$muted"))
    return [*rows, Content(""), rule(width, Content.styled("rollout", "$muted")), *rollout_rows(progress)]


def rollout_rows(progress: Progress) -> list[Content]:
    """The three weeks; the one that it is in the text's tone."""
    rows: list[Content] = []
    for week, said, at, far in words.rollout(progress.status.standing if progress.status else None):
        rows.append(Content.styled(f" {week}  {said}", "$foreground" if at else "$muted"))
        if far:
            rows.append(Content.styled(f"         {far}", "$muted"))
    return rows


def strip_rows(progress: Progress, width: int) -> list[Content]:
    """The steps in one row, for a narrow screen."""
    parts: list[Content] = []
    for step in STEPS:
        style = "bold $accent" if step is progress.step else "$muted"
        sign = content((words.step_glyph(progress, step),))
        parts.append(Content.assemble(sign, " ", (step.title, style)))
    return [Content(" ") + Content("  ").join(parts)]


def page_rows(progress: Progress, look: PageState, width: int) -> list[Content]:
    pages: dict[SetupStep, Callable[[Progress, PageState, int], list[Content]]] = {
        SetupStep.STATUS: _status,
        SetupStep.SCRIPTS: _scripts,
        SetupStep.TEST_RUN: _test_runs,
        SetupStep.PROFILE: profile_page,
        SetupStep.LOGS: _logs,
        SetupStep.BACKEND: _backends,
        SetupStep.EXTRAS: _extras,
        SetupStep.REVIEW: _review,
    }
    if look.whole and progress.step is not SetupStep.REVIEW:
        return [rule(width, Content.styled("The whole change", "$muted")), *_review(progress, look, width)]
    inner = width - 2
    return [Content(" ") + row for row in pages[progress.step](progress, look, inner)]


# Steps


def _status(progress: Progress, look: PageState, width: int) -> list[Content]:
    if progress.status is None:
        return [Content.styled("Reading …", "$muted")]
    rows: list[Content] = []
    for line in status_lines(progress.status, look.now):
        said = tilde_words(line, look.home)
        indent = len(said) - len(said.lstrip())
        for row in paragraph(said.strip(), width - indent) if said.strip() else [Content("")]:
            rows.append(Content(" " * indent) + row)
    hints = (
        ("enter", "change profile, logs, backend or what is beside"),
        ("d", "drills: rehearse a failure"),
        ("x", "take everything away again"),
    )
    rows += [Content(""), rule(width, Content.styled("What next", "$muted"))]
    return rows + [Content.assemble((key.ljust(7), "bold $accent"), said) for key, said in hints]


def _scripts(progress: Progress, look: PageState, width: int) -> list[Content]:
    preflight = progress.preflight
    rows: list[Content] = []
    if preflight is None:
        rows += refused(progress.refusal, width)
        said = (
            "ROOT is the federation's checkout: the folder with scripts/ and data/ in it. The scripts are "
            "looked at and not run, and nothing is changed before you have seen it and said y."
        )
        return [*rows, *([Content("")] if rows else []), *paragraph(said, width, "$muted")]
    for one in preflight.found:
        found = one.path is not None
        sign = ("✓ ", "$ok") if found else ("✗ ", "bold $fail")
        where = tilde(str(one.path), look.home) if found else f"no {' or '.join(one.job.scripts)}"
        rows.append(
            Content.assemble(sign, one.job.key.ljust(LABEL), cut(sanitize_and_mask(where), width - LABEL - 2))
        )
        rows += _own_rows(preflight, one.job.key, width)
    about = list(preflight.issues)
    if about:
        rows += [Content(""), rule(width, Content.styled("What was found", "$muted"))]
    return rows + [row for one in worst_first(about) for row in issue_rows(one, look, width)]


def _own_rows(preflight: Preflight, key: str, width: int) -> list[Content]:
    """The jobs of the user's own that run a script already, and what becomes of each."""
    rows = []
    for job in preflight.running.get(key, ()):
        taken = job == preflight.taken.get(key)
        said = "taken over as it is" if taken else "left alone"
        place = cut(sanitize_and_mask(f"{job.location}  {job.schedule}"), width - LABEL - 26)
        style = "$ok" if taken else "$muted"
        rows.append(Content.assemble(" " * (LABEL + 2), (place, "$muted"), "  ", (said, style)))
    return rows


def _test_runs(progress: Progress, look: PageState, width: int) -> list[Content]:
    if progress.preflight is None:
        return [Content.styled("Looking …", "$muted")]
    rows: list[Content] = []
    if not progress.untried:
        rows += paragraph("Nothing is to be tested: every job runs already as it would.", width, "$muted")
    for job in progress.untried:
        sign = content((words.test_run_glyph(progress, job), Span(" ")))
        test_run = progress.test_runs.get(job.key)
        said = "running" if progress.running == job.key else "not tested yet"
        said = test_run.words if test_run is not None else said
        head = Content.assemble(sign, job.key.ljust(20))
        rows += hanging(head, paragraph(tilde_words(said, look.home), width - 22))
    if progress.to_do and not progress.running:
        scheduler = "cron's" if progress.backend == "cron" else "systemd's"
        rows += [Content(""), key_hint("t", f"runs each once, in {scheduler} environment")]
    if progress.output:
        name = progress.running or "the last one"
        rows += [Content(""), rule(width, Content.styled(f"Output of {name}", "$muted"))]
        room = max(4, look.height - len(rows) - 1)
        rows += [Content(cut(sanitize_and_mask(line), width)) for line in progress.output[-room:]]
    failed = [test_run.name for test_run in progress.test_runs.values() if not test_run.good]
    if failed and not progress.running:
        said = _left_out(failed, force=not progress.failed)
        rows += [Content(""), *note("✗", "bold $fail", said, width)]
    return rows


def _logs(progress: Progress, look: PageState, width: int) -> list[Content]:
    preflight = progress.preflight
    if preflight is None:
        return [Content.styled("Looking …", "$muted")]
    rows = [*paragraph(tilde_words(preflight.logs.why, look.home), width), Content("")]
    for job in preflight.profile.jobs:
        path = tilde(str(preflight.logs.path / job.log), look.home)
        rows.append(fact(job.key, cut(sanitize_and_mask(path), width - LABEL), LABEL))
    rotation = "rotated weekly" if progress.request.rotate else "not rotated; step 6 turns that on"
    rows += [fact("", Content.styled(rotation, "$muted"), LABEL), Content("")]
    return [*rows, key_hint("e", "another folder")]


def _backends(progress: Progress, look: PageState, width: int) -> list[Content]:
    rows = []
    for at, name in enumerate(BACKENDS):
        title, said = _BACKEND_WORDS[name]
        rows += choice(at == look.cursor, progress.backend == name, title, said, width)
    preflight = progress.preflight
    if progress.backend == "user":
        lingers = preflight.lingers if preflight is not None else None
        said = "lingering is on." if lingers else "lingering is turned on."
        if not lingers and not progress.request.linger:
            said = "you do not linger: the timers stand still while you are logged out."
        rows += [Content(""), *paragraph(said, width)]
        if not lingers:
            rows.append(key_hint("l", "turn lingering on, or not"))
    rows += [Content(""), *refused(progress.refusal, width)] if progress.refusal[0] else []
    return rows


def _extras(progress: Progress, look: PageState, width: int) -> list[Content]:
    rows: list[Content] = []
    for at, name in enumerate(EXTRAS):
        title, said = words.EXTRA_WORDS[name]
        value = getattr(progress.request, name)
        on = bool(value)
        shown_as = {"alerts": "set", "heartbeat": "set"}.get(
            name, str(value) if value not in (True, None) else ""
        )
        label = f"{title}  {sanitize_and_mask(shown_as)}" if on and shown_as else title
        rows += choice(at == look.cursor, on, label, said, width)
    rows += [Content(""), key_hint("space", "on or off    ") + key_hint("e", "type")]
    rows += [Content(""), *refused(progress.no_plan, width)] if progress.no_plan[0] else []
    found = worst_first(progress.beside)
    rows += [Content("")] if found else []
    return rows + [row for one in found for row in issue_rows(one, look, width)]


def _review(progress: Progress, look: PageState, width: int) -> list[Content]:
    if progress.to_do and not progress.nothing:
        names = ", ".join(job.name for job in progress.to_do)
        rows = note("▲", "$warn", f"not tested yet: {names}. t runs them once.", width)
    else:
        rows = []
    if progress.no_plan[0]:
        return [*rows, *refused(progress.no_plan, width)]
    if progress.nothing:
        return [*rows, *paragraph("Nothing changes: everything is as it should be already.", width)]
    plan = progress.plan
    if plan is None:
        return [*rows, Content.styled("working out the change …", "$muted")]
    rows += [Content("")] if rows else []
    rows += paragraph(tilde_words(plan.summary, look.home), width)
    for warning in plan.warnings:
        rows += note("▲", "$warn", tilde_words(warning, look.home), width)
    for test_run in progress.test_runs.values():
        if not test_run.good:
            how = "is not scheduled" if test_run.key in progress.failed else "is scheduled all the same"
            rows += note("✗", "bold $fail", f"{test_run.name} {how}: {test_run.words}", width)
    for diff in plan.diffs:
        rows += [Content(""), rule(width, diff_head(diff, width)), *diff_lines(diff, width, context=False)]
    head = rule(width, Content.styled("what will be done", "$muted"))
    return [*rows, Content(""), head, *step_lines(plan.steps, width)]


# Pieces


def _left_out(names: Sequence[str], *, force: bool) -> str:
    who = ", ".join(names)
    if force:
        return f"{who}: scheduled all the same, as you insist; F takes that back."
    return f"{who} will not be scheduled. Fix it, then t: test again. F: schedule anyway."
