"""What the environment screen says below its table: why, a fix, and where the two sides come from.

Pure functions from a comparison to rows of content. Text from outside is made safe here.
"""

from __future__ import annotations

import posixpath

from textual.content import Content

from fedtui.environment import Comparison, Reason, Variable
from fedtui.environment.values import masked
from fedtui.model import Severity
from fedtui.presentation.environment_rows import EnvironmentView, homely, value_of
from fedtui.presentation.glyphs import SEVERITIES
from fedtui.safe_text import sanitize, sanitize_and_mask
from fedtui.widgets.lines import fact, fact_rows, fill, hanging, wrap, wrap_content

_MOST_REASONS = 6


def why_rows(comparison: Comparison, width: int, view: EnvironmentView, *, roomy: bool) -> list[Content]:
    """The reasons, the line that would fix it, and where the facts come from."""
    gap = [Content("")] if roomy else []
    rows: list[Content] = []
    for reason in comparison.reasons[:_MOST_REASONS]:
        rows += _reason_rows(reason, width, view)
    more = len(comparison.reasons) - _MOST_REASONS
    if more > 0:
        rows.append(Content.styled(f"  and {more} more", "$muted"))
    if not comparison.reasons:
        rows += [Content.styled(row, "") for row in wrap(_nothing(comparison), width)]
    if comparison.fixes:
        rows += [*gap, *_fix_rows(comparison, width, view), *gap]
    rows += _source_rows(comparison, width, view)
    return rows


def value_rows(
    variable: Variable, comparison: Comparison, width: int, view: EnvironmentView
) -> list[Content]:
    """Both values of a variable in full; a PATH folder by folder."""
    sides = (
        (f"{comparison.given.scheduler} gives", variable.given),
        ("your shell has", variable.shell),
    )
    if variable.name == "PATH" and None not in (variable.given, variable.shell):
        return _path_rows(variable, comparison.given.scheduler, width, view)
    rows: list[Content] = []
    for label, value in sides:
        rows += fact_rows(label, wrap(value_of(variable, value, view), width - 16), 16)
    if variable.read_at:
        rows.append(fact("read by", sanitize(variable.read_at), 16))
    return rows


def _path_rows(variable: Variable, scheduler: str, width: int, view: EnvironmentView) -> list[Content]:
    """Every folder of either PATH in the shell's order, and who has it."""
    given = _folders(variable.given)
    shell = _folders(variable.shell)
    rows = []
    for folder in dict.fromkeys([*shell, *given]):
        if folder in given and folder in shell:
            glyph, tone, words = "=", "$muted", "both"
        elif folder in shell:
            glyph, tone, words = "–", "$fail", f"not in {scheduler}"
        else:
            glyph, tone, words = "+", "$muted", f"only in {scheduler}"
        name = homely(sanitize(folder), view.home) or "(empty: the working directory)"
        rows.append(Content.assemble((f"{glyph} ", tone), f"{name}  ", (words, "$muted")).truncate(width))
    return rows


def _folders(value: bytes | None) -> list[str]:
    return (value or b"").decode("utf-8", "replace").split(":")


def _reason_rows(reason: Reason, width: int, view: EnvironmentView) -> list[Content]:
    sign = SEVERITIES[reason.severity]
    text = homely(sanitize_and_mask(reason.sentence), view.home)
    parts: list[tuple[str, str]] = [(f"{reason.lead} ", "bold")]
    for name in reason.names:
        before, found, after = text.partition(f" {sanitize_and_mask(name)}")
        if found:
            parts += [(f"{before} ", ""), (found[1:], "bold")]
            text = after
    content = Content.assemble(*parts, (text, ""))
    tone = f"${sign.tone}" if reason.severity is not Severity.ERROR else f"bold ${sign.tone}"
    return hanging(Content.styled(f"{sign.glyph} ", tone), wrap_content(content, width - 2))


def _nothing(comparison: Comparison) -> str:
    read = " and in ".join(posixpath.basename(path) for path in comparison.scripts)
    place = f"on the line and in {sanitize(read)}" if read else "on the line"
    return f"Nothing known {place} depends on what differs."


def _fix_rows(comparison: Comparison, width: int, view: EnvironmentView) -> list[Content]:
    if comparison.given.unit:
        return _drop_in_rows(comparison, width, view)
    line = comparison.job.location.line
    head = f"{'':>3}   above line {line}" if line is not None else ""
    rows = [Content.styled(head, "$muted")] if head else []
    for name, value in comparison.fixes.items():
        rows += _added(f"{name}={_safe(name, value, view)}", width)
    return rows


def _drop_in_rows(comparison: Comparison, width: int, view: EnvironmentView) -> list[Content]:
    """What to write for a unit; fedtui only shows it."""
    user = "--user " if comparison.job.facts.user_manager else ""
    command = f"{'' if user else 'sudo '}systemctl {user}edit {comparison.given.unit}"
    by_hand = (("by hand  ", "$muted"), (sanitize(command), "bold"), ("  adds a drop-in:", "$muted"))
    rows = [Content.assemble(*by_hand), *_added("[Service]", width)]
    for name, value in comparison.fixes.items():
        escaped = _safe(name, value, view).replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
        rows += _added(f'Environment="{name}={escaped}"', width)
    return rows


def _safe(name: str, value: str, view: EnvironmentView) -> str:
    return sanitize(value if view.unmasked else masked(name, value))


def _added(text: str, width: int) -> list[Content]:
    """A line that is not there yet, as a diff shows it: never cut."""
    rows = hanging(Content("    + "), wrap(text, width - 6))
    return [fill(row, width).stylize("$ok on $add") for row in rows]


def _source_rows(comparison: Comparison, width: int, view: EnvironmentView) -> list[Content]:
    scheduler = comparison.given.scheduler
    said = [f"{scheduler}'s side: {comparison.given.how}."]
    if not comparison.shell.notes:
        said.append(f"your shell: {comparison.shell.program}, asked as a login shell.")
    pieces = [piece for text in said for piece in wrap(homely(sanitize(text), view.home), width)]
    rows = [Content.styled(piece, "$muted") for piece in pieces]
    for text in (*comparison.given.notes, *comparison.shell.notes):
        pieces = wrap(homely(sanitize_and_mask(text), view.home), width - 2)
        rows += hanging(Content.styled("▲ ", "$warn"), pieces)
    return rows
