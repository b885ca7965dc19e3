"""The lines that dialogs are made of: facts, section rules, diffs, steps and note boxes.

Pure functions from values to Textual `Content`, one per row of the screen and never wider than they are
told, and `Body`, the one widget that draws such rows (each further widget in a dialog costs about 9 ms
when it opens). Text from outside passes through `safe_text.sanitize_and_mask` here and is never read as
markup.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable, Sequence

from rich.cells import cell_len
from textual.app import App
from textual.content import Content
from textual.geometry import Size
from textual.widget import Widget

from fedtui.action_result import Refused
from fedtui.changes.plan import DiffLine, FileDiff, Step
from fedtui.presentation.glyphs import cut, to_ascii
from fedtui.safe_text import sanitize_and_mask
from fedtui.widgets.palette import is_ascii

MOST_OF_A_LINE = 4000
"""Characters shown of one line; cron itself takes no command over 998 bytes."""

ROOMY_FROM = 30
"""Rows of the terminal from which a dialog has blank rows between its sections."""

_DIFF_STYLE = {"+": "$ok on $add", "-": "$fail on $rem", " ": "$muted"}
_VERB_WIDTH = 10


class Body(Widget):
    """Draws the rows that `build(width)` returns; its height is their number."""

    def __init__(
        self,
        build: Callable[[int], Sequence[Content]],
        *,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self._build = build

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """One row for each line at this width."""
        return len(self._build(width)) if width else 0

    def render(self) -> Content:
        """The rows, top to bottom."""
        return plainer(Content("\n").join(self._build(self.content_size.width)), self.app)

    def redraw(self) -> None:
        """Draw again; the number of rows may have changed."""
        self.refresh(layout=True)


def plainer(content: Content, app: App[object]) -> Content:
    """`content` with our glyphs in ASCII where the app was started so; each stand-in is one cell wide too."""
    if not is_ascii(app):
        return content
    return Content(to_ascii(content.plain), list(content.spans))


def breaks(text: str, width: int) -> list[tuple[int, int]]:
    """Where `text` is broken into rows of at most `width` cells: after a space where there is one.

    Every character lies in one of the spans (start, end), but for the one blank at which a full row ends.
    """
    width = max(1, width)
    spans: list[tuple[int, int]] = []
    start = 0
    while cell_len(text[start:]) > width:
        full = start + len(_head(text[start:], width))
        space = text.rfind(" ", start, full) + 1
        if text[full] == " ":
            spans.append((start, full))
            start = full + 1
        else:
            end = space if space and text[start:space].strip() else full
            spans.append((start, end))
            start = end
    spans.append((start, len(text)))
    return spans


def wrap(text: str, width: int) -> list[str]:
    """`text` in rows of at most `width` cells."""
    return [text[start:end] for start, end in breaks(text, width)]


def wrap_content(content: Content, width: int) -> list[Content]:
    """The same for text that has its styles already."""
    return [content[start:end] for start, end in breaks(content.plain, width)]


def _head(text: str, width: int) -> str:
    """The longest beginning of `text` that fits; at least one character."""
    used = 0
    for index, char in enumerate(text):
        used += cell_len(char)
        if used > width and index:
            return text[:index]
    return text


def cut_left(text: str, width: int, ellipsis: str = "…") -> str:
    """`text`, or its end with an ellipsis before it: for paths, whose end tells more."""
    while text and cell_len(text) + cell_len(ellipsis) > width:
        text = text[1:]
    return ellipsis + text


def fill(content: Content, width: int, style: str = "") -> Content:
    """`content` padded to `width`, the whole row on `style`."""
    row = content.append(" " * max(0, width - content.cell_length))
    return row.stylize_before(style) if style else row


def fact(label: str, value: Content | str, label_width: int) -> Content:
    return Content.assemble((label.ljust(label_width), "$muted"), value)


def fact_rows(label: str, rows: Iterable[Content | str], label_width: int) -> list[Content]:
    """A fact of several rows; only the first has the label."""
    return [fact("" if number else label, row, label_width) for number, row in enumerate(rows)]


def hanging(head: Content, rows: Iterable[Content | str]) -> list[Content]:
    """`rows` behind `head`, each under the beginning of the first."""
    blank = Content(" " * head.cell_length)
    return [Content.assemble(blank if number else head, row) for number, row in enumerate(rows)]


def key_hint(key: str, words: str) -> Content:
    return Content.assemble((key, "bold $accent"), f" {words}")


def rule(width: int, head: Content, dash: str = "─") -> Content:
    """A section's rule with its heading in it."""
    rest = width - head.cell_length - 3
    return Content.assemble(
        (dash + " ", "$line"), head, (" " + dash * max(0, rest), "$line") if rest > 0 else ""
    )


def paragraph(text: str, width: int, style: str = "") -> list[Content]:
    """Outside text as rows, wrapped."""
    return [Content.styled(piece, style) for piece in wrap(outside(text), width)]


def note(glyph: str, tone: str, text: str, width: int, lead: str = "") -> list[Content]:
    """The raised box of a warning: ` glyph lead text`, wrapped. `tone` colours the glyph and the lead."""
    lead, text = outside(lead), outside(text)
    whole = Content.assemble((lead, tone), " " if lead and text else "", text)
    return boxed(glyph, tone, whole, width)


def boxed(glyph: str, tone: str, content: Content, width: int) -> list[Content]:
    """A raised box around text that has its styles already."""
    rows = hanging(Content.assemble(" ", (glyph, tone), " "), wrap_content(content, width - 4))
    return [fill(row, width, "on $raised") for row in rows]


def refusal(refused: Refused, width: int) -> list[Content]:
    """The box that says what happened, what was left untouched, and what to do."""
    rows = note("✗", "bold $fail", "", width, lead=refused.message)
    for text in (refused.untouched, refused.advice):
        rows += note(" ", "", text, width) if text else []
    return rows


def outside(text: str) -> str:
    """Outside text made safe, and bounded: its first part and how much more there is."""
    more = len(text) - MOST_OF_A_LINE
    return (
        sanitize_and_mask(text)
        if more <= 0
        else f"{sanitize_and_mask(text[:MOST_OF_A_LINE])} … {more:,} more characters"
    )


def diff_head(diff: FileDiff, width: int) -> Content:
    """What a diff's rule says: the file, then how many lines change and how many do not."""
    counts = diff_counts(diff)
    room = width - 12 - len(counts)
    title = outside(diff.title)
    if cell_len(title) > room:
        title = cut_left(title, room)
    return Content.assemble(("diff   ", "$muted"), title, (f"   {counts}", "$muted"))


def diff_counts(diff: FileDiff) -> str:
    """For example "1 line changed, 1 added, 13 untouched"."""
    named = ((diff.changed, "changed"), (diff.added, "added"), (diff.removed, "removed"))
    parts = [f"{count} {word}" for count, word in named if count]
    if parts:
        count, word = parts[0].split()
        parts[0] = f"{count} {'line' if count == '1' else 'lines'} {word}"
    if diff.untouched:
        parts.append(f"{diff.untouched} untouched")
    return ", ".join(parts) or "no line changes"


def diff_lines(diff: FileDiff, width: int, context: bool = True) -> list[Content]:
    """The rows of a diff: number, sign and tint. Changed lines wrap and are never cut; context may be."""
    digits = max(4, *(len(str(line.number)) for line in diff.lines), 0) if diff.lines else 4
    rows: list[Content] = []
    for line in diff.lines:
        if line.sign != " " or context:
            rows += _diff_line(line, width, digits)
    return rows


def _diff_line(line: DiffLine, width: int, digits: int) -> list[Content]:
    style = _DIFF_STYLE.get(line.sign, "$muted")
    room = width - digits - 4
    text = outside(line.text)
    pieces = [cut(text, room)] if line.sign == " " else wrap(text, room)
    rows = []
    for index, piece in enumerate(pieces):
        gutter = f"{line.number:>{digits}} {line.sign} " if index == 0 else " " * (digits + 3)
        rows.append(fill(Content(gutter + piece), width).stylize(style))
    return rows


def step_lines(steps: Sequence[Step], width: int) -> list[Content]:
    """What will be done, numbered, with the exact commands bold; `undo` is no step of its own."""
    rows: list[Content] = []
    number = 0
    for step in steps:
        number += step.verb != "undo"
        mark = " " if step.verb == "undo" else str(number)
        label = f"{mark} {step.verb}".ljust(_VERB_WIDTH)
        command, text = outside(shlex.join(step.command)), outside(step.text)
        whole = Content.assemble((command, "bold"), "  " if command and text else "", _step_text(step, text))
        rows += fact_rows(label, wrap_content(whole, width - len(label)), len(label))
    return rows


def _step_text(step: Step, text: str) -> Content:
    if step.verb == "undo" and (text == "u" or text.startswith(("u ", "u,"))):
        return Content.assemble(("u", "bold $accent"), (text[1:], "$muted"))
    return Content.styled(text, "$muted" if step.verb == "undo" or step.command else "")


def commands_of(steps: Sequence[Step]) -> list[str]:
    """The exact commands, one a line, quoted for a POSIX shell."""
    return [shlex.join(step.command) for step in steps if step.command]
