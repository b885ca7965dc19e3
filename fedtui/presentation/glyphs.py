"""Signs and tones: the glyph, the word and the tone of every state and outcome, in one place.

Everything that is drawn is made of `Span`s: text and a tone. A tone is a name of the palette, not a
colour; what paints it (a Textual widget, the command line) knows the colours. Glyphs are written in
Unicode here and turned into ASCII by `to_ascii` where the terminal needs it.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import NamedTuple

from fedtui.model import Job, Mark, Outcome, Result, Severity, State
from fedtui.schedulers import driver_of


class Tone(StrEnum):
    """A token of the palette. MUTED is the normal case; WARN and FAIL ask for something; LINE is no text."""

    TEXT = "text"
    MUTED = "muted"
    ACCENT = "accent"
    OK = "ok"
    WARN = "warn"
    FAIL = "fail"
    LINE = "line"


class Span(NamedTuple):
    """Some text in one tone. The text is safe to show."""

    text: str
    tone: Tone = Tone.TEXT
    bold: bool = False


StyledText = tuple[Span, ...]
"""One line of the screen, left to right."""


class Glyph(NamedTuple):
    """A glyph with its word. The word has a tone of its own: the "ok" beside a green check is muted."""

    glyph: str
    word: str
    tone: Tone
    word_tone: Tone
    bold: bool = False

    @property
    def line(self) -> StyledText:
        """Glyph, space, word."""
        return (Span(self.glyph + " ", self.tone), Span(self.word, self.word_tone, self.bold))


# Each glyph above its stand-in; the last one is U+FFFD.
_ASCII = str.maketrans(
    "●►‖◷✓▲✗»○…■▮·▁▂▃▄▅▆▇█≠–─━│×•↔→\ufffd",
    "*>=L+!x-o~#|..1235689#--=|x*->?",
)


def to_ascii(text: str) -> str:
    """`text` with every glyph of ours replaced by its one-cell ASCII stand-in."""
    return text if text.isascii() else text.translate(_ASCII)


_STATES: dict[State, Glyph] = {
    State.ON: Glyph("●", "on", Tone.OK, Tone.TEXT),
    State.RUNNING: Glyph("►", "running", Tone.ACCENT, Tone.ACCENT),
    State.PAUSED: Glyph("‖", "paused", Tone.MUTED, Tone.MUTED),
    State.OVERDUE: Glyph("◷", "overdue", Tone.WARN, Tone.WARN),
    State.BAD_LINE: Glyph("!", "bad line", Tone.FAIL, Tone.FAIL),
    State.NOT_LOADED: Glyph("!", "not loaded", Tone.FAIL, Tone.FAIL),
    State.NEVER_FIRES: Glyph("!", "never fires", Tone.WARN, Tone.WARN),
    State.OFF: Glyph("‖", "off", Tone.MUTED, Tone.MUTED),
    State.SCHEDULER_DOWN: Glyph("?", "down", Tone.MUTED, Tone.MUTED),
    State.UNREACHABLE: Glyph("?", "unreadable", Tone.MUTED, Tone.MUTED),
}

_GREY_ROWS = (State.PAUSED, State.OFF, State.SCHEDULER_DOWN, State.UNREACHABLE)

SEVERITIES: dict[Severity, Glyph] = {
    Severity.ERROR: Glyph("✗", "error", Tone.FAIL, Tone.FAIL, bold=True),
    Severity.WARNING: Glyph("▲", "warning", Tone.WARN, Tone.WARN),
    Severity.NOTE: Glyph("·", "note", Tone.MUTED, Tone.MUTED),
}


def effective_state(job: Job) -> State:
    """The state to show: a run in progress outranks `on` and `overdue`, nothing else."""
    if job.running and job.state in (State.ON, State.OVERDUE):
        return State.RUNNING
    return job.state


def state_glyph(job: Job) -> Glyph:
    """The sign of a job's schedule: the gutter's glyph and the word of NEXT."""
    state = effective_state(job)
    sign = _STATES[state]
    if state is State.SCHEDULER_DOWN:
        return sign._replace(word=driver_of(job).words.down)
    if state is State.UNREACHABLE and not job.unreadable:
        return sign._replace(word=driver_of(job).words.unreachable)
    return sign


def is_grey(job: Job) -> bool:
    """True where the whole row is muted: nothing of it will happen, or nothing of it is known."""
    return job.state in _GREY_ROWS


def exit_words(result: Result) -> str:
    """How a failed run ended, in words: the signal's name, `exit N`, or the first reason."""
    return result.ending or (result.why[0] if result.why else "failed")


def outcome_glyph(result: Result) -> Glyph:
    """The sign of a finished run. Unknown is never dressed as ok."""
    match result.outcome:
        case Outcome.OK:
            return Glyph("✓", "ok", Tone.OK, Tone.MUTED)
        case Outcome.WARNINGS:
            plural = "" if result.warnings == 1 else "s"
            word = f"ok, {result.warnings} warning{plural}" if result.warnings else "ok, warnings"
            return Glyph("▲", word, Tone.WARN, Tone.WARN)
        case Outcome.FAILED:
            return Glyph("✗", exit_words(result), Tone.FAIL, Tone.FAIL, bold=True)
        case Outcome.SKIPPED:
            word = f"skipped ({result.reasons[0]})" if result.reasons else "skipped"
            return Glyph("»", word, Tone.MUTED, Tone.MUTED)
        case Outcome.NEVER:
            return Glyph("○", "never ran", Tone.MUTED, Tone.MUTED)
        case Outcome.UNKNOWN:
            if result.warnings:
                return Glyph("?", f"log: {result.trouble}", Tone.WARN, Tone.WARN)
            if Mark.NO_RUN in result.marks:
                return Glyph("–", "none seen", Tone.MUTED, Tone.MUTED)
            why, colon, _ = next(iter(result.why), "").partition(": ")
            word = f"ran ({why})" if colon and result.exit_code == 0 else "ran"
            return Glyph("?", word, Tone.MUTED, Tone.MUTED)


_EXIT_MEANINGS = {
    124: "124 is what timeout(1) gives when it ended the command.",
    126: "126: the shell found the command but may not run it. Is it executable?",
    127: "127: the shell did not find a command on its PATH.",
    137: "137 is 128 + 9: something killed it with SIGKILL, often the kernel when memory ran out.",
    143: "143 is 128 + 15: something ended it with SIGTERM.",
}


def exit_meaning(exit_code: int | None) -> str:
    """What an exit status is known to mean (126, 127, 124, 137, 143), or an empty string."""
    return "" if exit_code is None else _EXIT_MEANINGS.get(exit_code, "")


def cells(text: str) -> int:
    """How many cells of a terminal `text` takes."""
    if text.isascii():
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)


def width_of(line: Iterable[Span]) -> int:
    """How many cells a line takes."""
    return sum(cells(piece.text) for piece in line)


def cut(text: str, width: int) -> str:
    """`text`, cut at the end with `…` so that it takes at most `width` cells."""
    if width <= 0:
        return ""
    if cells(text) <= width:
        return text
    if text.isascii():
        return text[: width - 1] + "…"
    from rich.cells import set_cell_size

    return set_cell_size(text, width - 1).rstrip(" ") + "…"


def plain(line: Iterable[Span]) -> str:
    """The text of a line without its tones."""
    return "".join(piece.text for piece in line)


def fit(line: StyledText, width: int) -> StyledText:
    """`line` in exactly `width` cells: cut with `…`, or padded with blanks at its end."""
    fitted: list[Span] = []
    room = width
    for piece in line:
        size = cells(piece.text)
        if size > room:
            fitted.append(Span(cut(piece.text, room), piece.tone, piece.bold))
            return _padded(fitted, width)
        fitted.append(piece)
        room -= size
    return _padded(fitted, width)


def _padded(pieces: list[Span], width: int) -> StyledText:
    missing = width - width_of(pieces)
    if missing > 0:
        pieces.append(Span(" " * missing, Tone.TEXT))
    return tuple(pieces)


def changed_cells(before: StyledText, after: StyledText) -> tuple[int, int] | None:
    """The first cell that differs and the one behind the last, for two lines of one width; None for none."""
    old = [(char, piece.tone, piece.bold) for piece in before for char in piece.text]
    new = [(char, piece.tone, piece.bold) for piece in after for char in piece.text]
    if old == new:
        return None
    if len(old) != len(new) or width_of(before) != len(old) or width_of(after) != len(new):
        return 0, max(width_of(before), width_of(after))
    differing = [at for at, (one, other) in enumerate(zip(old, new, strict=True)) if one != other]
    return differing[0], differing[-1] + 1
