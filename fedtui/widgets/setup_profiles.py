"""The page of the set-up screen on which a profile is chosen. Values to rows."""

from __future__ import annotations

from textual.content import Content

from fedtui.changes.plan import DiffLine
from fedtui.presentation import setup_text as words
from fedtui.presentation.glyphs import cut
from fedtui.presentation.home import tilde_words
from fedtui.presentation.setup_text import Progress
from fedtui.safe_text import sanitize_and_mask
from fedtui.widgets.lines import fill, paragraph, rule, wrap_content
from fedtui.widgets.palette import content
from fedtui.widgets.setup_rows import LABEL, PageState, failed_rows, refused


def profile_page(progress: Progress, look: PageState, width: int) -> list[Content]:
    """The profiles side by side, 24 hours of the one that is chosen, and the beginning of the change."""
    chosen = progress.profile
    rows = [
        _profile_head(width),
        *(_profile_row(progress, look, at, width) for at in range(len(progress.profiles))),
    ]
    if chosen is None:
        return rows
    head = Content.assemble(("24 hours of ", "$muted"), chosen.name)
    rows += [rule(width, head), *_day_rows(progress, look, width)]
    if chosen.reason and look.height >= 26:
        why = Content.assemble(("Why  ", "$muted"), sanitize_and_mask(chosen.reason))
        rows += [Content(""), *wrap_content(why, width)]
    return rows + _added(progress, look, width)


def _profile_head(width: int) -> Content:
    columns = f"{'PROFILE':<15}{'SYNC':<14}{'EXPORT':<14}{'METRICS':<15}{'RUNS/DAY':>8}"
    return Content.styled(cut(f"  {columns}  {'FOR' if width >= 84 else ''}", width), "$muted")


def _profile_row(progress: Progress, look: PageState, at: int, width: int) -> Content:
    profile = progress.profiles[at]
    here = at == look.cursor
    chosen = progress.profile is not None and profile.source == progress.profile.source
    times = [words.short(job) for job in profile.jobs[:3]]
    columns = "".join(text.ljust(room) for text, room in zip(times, (14, 14, 15), strict=False))
    runs = f"{words.runs_a_day(profile, look.now, look.zone):,}"
    suits = ("recommended" if profile.recommended else profile.suits.partition(",")[0]) if width >= 84 else ""
    row = Content.assemble(
        ("● " if chosen else "○ ", "$accent" if chosen else "$muted"),
        (cut(profile.name, 14).ljust(15), "bold" if here else ""),
        columns.ljust(43),
        runs.rjust(8),
        (f"  {cut(sanitize_and_mask(suits), max(1, width - 72))}", "$muted"),
    )
    return fill(row, width, "on $cursor") if here else row


def _day_rows(progress: Progress, look: PageState, width: int) -> list[Content]:
    chosen = progress.profile
    if chosen is None:
        return []
    marks = "".join(f"{hour:02}".ljust(8) for hour in range(0, 24, 4))
    rows = [Content.styled(f"{'':{LABEL}}{marks}  runs", "$muted")]
    for job in chosen.jobs:
        day = words.day_of(job, look.now, look.zone)
        later = f"  next: {day.next}" if day.next and width >= 84 else ""
        name, cells = (cut(day.name, LABEL - 1).ljust(LABEL), "$muted"), (day.cells, "$accent")
        rows.append(Content.assemble(name, cells, f" {day.runs or '–':>5}", (later, "$muted")))
    at = words.now_cell(look.now)
    rows.append(Content.styled(f"{'':{LABEL + at}}^ now {look.now:%H:%M}", "$muted"))
    return [*rows, Content.assemble(" " * LABEL, content(words.legend()))]


def _added(progress: Progress, look: PageState, width: int) -> list[Content]:
    """The beginning of the change that would be made, so far."""
    if progress.no_plan[0]:
        return [Content(""), *refused(progress.no_plan, width)]
    if progress.nothing:
        return [Content(""), *paragraph("Nothing would change: everything is so already.", width, "$muted")]
    if progress.plan is None:
        return [Content(""), Content.styled("working out what would change …", "$muted")]
    rows: list[Content] = []
    for diff in progress.plan.diffs[:1]:
        title = cut(sanitize_and_mask(diff.title), width - 30)
        rows += [Content(""), rule(width, Content.assemble(("What would change  ", "$muted"), title))]
        lines = [line for line in diff.lines if line.sign != " " and not line.text.startswith("#")]
        rows += [_short_line(line, look, width) for line in lines[:4]]
    more = len(progress.plan.diffs) - 1
    said = f"and {more} more file{'' if more == 1 else 's'}; " if more else ""
    hint = (" shows the whole change", "$muted")
    rows.append(Content.assemble((said, "$muted"), ("D", "bold $accent"), hint))
    for test_run in progress.test_runs.values():
        if test_run.key in progress.failed:
            rows += failed_rows(test_run, width)
    return rows


def _short_line(line: DiffLine, look: PageState, width: int) -> Content:
    """A changed line in one row; the whole change shows it whole."""
    style = "$ok on $add" if line.sign == "+" else "$fail on $rem"
    text = f"{line.number:>4} {line.sign} {tilde_words(sanitize_and_mask(line.text), look.home)}"
    return fill(Content(cut(text, width)), width).stylize(style)
