"""The rows of the environment screen: what a scheduler gives, what the shell has, and how they relate."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass

from fedtui.environment import Comparison, Program, Relation, Variable
from fedtui.environment.values import masked
from fedtui.presentation.glyphs import Span, StyledText, Tone, cells, fit
from fedtui.safe_text import decode, sanitize
from fedtui.system.path_lookup import ProgramLookup

GUTTER = 2
_NAME_AT_LEAST, _NAME_AT_MOST = 16, 26
_ALWAYS = ("PATH", "SHELL", "HOME", "LOGNAME")
"""Shown also where both sides have the same: this screen is opened to look for these."""


@dataclass(frozen=True, slots=True)
class EnvironmentView:
    """How the comparison is looked at: with secrets, with what is the same, and whose home is `~`."""

    home: str
    unmasked: bool = False
    same: bool = False


@dataclass(frozen=True, slots=True)
class EnvironmentRow:
    """One row of the table. `name` is the variable that a key on this row is about; None for a heading.

    `rule`: it reaches from edge to edge.
    """

    line: StyledText
    name: str | None = None
    rule: bool = False


def title_facts(comparison: Comparison) -> StyledText:
    """What the screen's rule counts: `≠ 2 differ  – 4 missing in cron  = 28 same`."""
    scheduler = comparison.given.scheduler
    words = {
        Relation.DIFFERS: "≠ {} differ",
        Relation.MISSING: f"– {{}} missing in {scheduler}",
        Relation.EXTRA: f"+ {{}} only in {scheduler}",
        Relation.SAME: "= {} same",
    }
    counts = ((comparison.count(relation), text) for relation, text in words.items())
    return tuple(Span("  " + text.format(count), Tone.MUTED) for count, text in counts if count)


def table(comparison: Comparison, width: int, view: EnvironmentView) -> list[EnvironmentRow]:
    """Variables, then the programs that the job looks up, for a table of `width` cells."""
    given, shell = f"{comparison.given.scheduler} gives".upper(), "YOUR SHELL HAS"
    shown = [one for one in comparison.variables if _is_shown(one, view)]
    programs = sorted(comparison.programs, key=lambda one: _PROGRAM_ORDER.index(one.relation))
    names = [*(one.name for one in shown), *(one.name for one in programs)]
    columns = _columns(width, max((cells(sanitize(name)) for name in names), default=0))
    rows = [_heading(columns, "NAME", given, shell)]
    rows += [EnvironmentRow(_variable(one, view, columns), one.name) for one in shown]
    if programs:
        place = "on the line and in the script" if comparison.scripts else "on the line"
        rows.append(EnvironmentRow(_rule(f"Commands {place}", width + 1), rule=True))
        given, shell = f"IN {comparison.given.scheduler.upper()}", "IN YOUR SHELL"
        rows.append(_heading(columns, "COMMAND", given, shell))
        rows += [EnvironmentRow(_program(one, view.home, columns), "PATH") for one in programs]
    return rows


def value_of(variable: Variable, value: bytes | None, view: EnvironmentView) -> str:
    """One side's value for the eye."""
    if value is None:
        return "missing" if value is variable.given else "not set"
    text = decode(value)
    safe = sanitize(text if view.unmasked else masked(variable.name, text))
    return (safe if text == view.home else homely(safe, view.home)) or "(empty)"


def homely(text: str, home: str) -> str:
    """`text` with the home folder written `~` wherever a path begins with it, as in a PATH."""
    home = home.rstrip("/")
    return re.sub(rf"(?<![\w/.-]){re.escape(home)}(?=[/:\s,.]|$)", "~", text) if home else text


def _is_shown(variable: Variable, view: EnvironmentView) -> bool:
    return view.same or variable.relation is not Relation.SAME or variable.name in _ALWAYS


def _columns(width: int, longest: int) -> tuple[int, int, int]:
    """The widths of name, the scheduler's side and the shell's."""
    name = min(max(longest + 1, _NAME_AT_LEAST), _NAME_AT_MOST)
    rest = width - GUTTER - name
    return name, rest // 2, rest - rest // 2


def _heading(columns: tuple[int, int, int], *words: str) -> EnvironmentRow:
    return EnvironmentRow(_row(columns, *((text, Tone.MUTED) for text in ("  ", *words))))


def _row(columns: tuple[int, int, int], *texts: tuple[str, Tone]) -> StyledText:
    """A row in its columns, the glyph first; each cell but the last keeps a blank at its end."""
    first, second, third = columns
    glyph, name, given, shell = (Span(*text) for text in texts)
    gap = Span(" ")
    left = (*fit((glyph,), GUTTER), *fit((name,), first - 1), gap)
    return (*left, *fit((given,), second - 1), gap, *fit((shell,), third))


_GLYPHS = {
    Relation.DIFFERS: ("≠", Tone.WARN),
    Relation.MISSING: ("–", Tone.FAIL),
    Relation.EXTRA: ("+", Tone.MUTED),
    Relation.UNKNOWN: ("?", Tone.MUTED),
    Relation.SAME: ("=", Tone.MUTED),
}


def _variable(variable: Variable, view: EnvironmentView, columns: tuple[int, int, int]) -> StyledText:
    relation = variable.relation
    glyph, tone = _GLYPHS[relation]
    if relation is Relation.MISSING and not variable.matters:
        tone = Tone.MUTED
    here = relation in (Relation.DIFFERS, Relation.EXTRA)
    given = value_of(variable, variable.given, view), Tone.TEXT if here else tone
    there = relation in (Relation.DIFFERS, Relation.MISSING)
    shell = value_of(variable, variable.shell, view), Tone.TEXT if there else Tone.MUTED
    return _row(columns, (glyph, tone), (sanitize(variable.name), Tone.TEXT), given, shell)


_PROGRAM_ORDER = (
    *(Relation.MISSING, Relation.NOWHERE, Relation.DIFFERS),
    *(Relation.EXTRA, Relation.UNKNOWN, Relation.SAME),
)


def _program(program: Program, home: str, columns: tuple[int, int, int]) -> StyledText:
    bad = Tone.MUTED if program.tested else Tone.FAIL
    if program.relation in (Relation.MISSING, Relation.NOWHERE):
        sign = ("–" if program.tested else "✗", bad)
    else:
        sign = _GLYPHS[program.relation]
    usual = Tone.MUTED if program.relation is Relation.SAME else Tone.TEXT
    given = place_of(program.given, home), usual if program.given.path else bad
    shell = place_of(program.shell, home), usual if program.shell.path else Tone.MUTED
    return _row(columns, sign, (sanitize(program.name), Tone.TEXT), given, shell)


def place_of(found: ProgramLookup, home: str) -> str:
    """`/usr/bin/python3  → python3.11`, `not found`, or why it is not known."""
    if found.path is None:
        if not found.known:
            return f"not known: {homely(sanitize(found.note), home)}"
        return "not executable" if found.note else "not found"
    text = homely(sanitize(found.path), home)
    target = posixpath.basename(found.real or found.path)
    return text if target == posixpath.basename(found.path) else f"{text}  → {sanitize(target)}"


def _rule(head: str, width: int) -> StyledText:
    dashes = "─" * max(0, width - cells(head) - 3)
    return (Span("─ ", Tone.LINE), Span(head, Tone.MUTED), Span(f" {dashes}", Tone.LINE))


def text_rows(comparison: Comparison, view: EnvironmentView) -> Iterator[str]:
    """What differs, for a terminal without a screen."""
    for variable in comparison.variables:
        if variable.relation is Relation.SAME:
            continue
        glyph, _ = _GLYPHS[variable.relation]
        yield f"{glyph} {sanitize(variable.name)}"
        sides = ((comparison.given.scheduler, variable.given), ("shell", variable.shell))
        for side, value in sides:
            yield f"    {side:<8} {value_of(variable, value, view)}"
    for program in comparison.programs:
        if program.relation is Relation.SAME:
            continue
        yield f"command {sanitize(program.name)} ({sanitize(program.where)}): {program.relation.value}"
        yield f"    {comparison.given.scheduler:<8} {place_of(program.given, view.home)}"
        yield f"    {'shell':<8} {place_of(program.shell, view.home)}"
