"""The rows of the drills screen: the list, then the drill under the cursor with its output and verdict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from textual.content import Content

from fedtui.federation.drills.drill import Drill, DrillSetting
from fedtui.federation.drills.drill_events import DrillEvent, DrillPhase
from fedtui.federation.drills.drill_list import ALL
from fedtui.federation.drills.run_drill import DrillOutcome
from fedtui.presentation.glyphs import cut
from fedtui.presentation.home import tilde_words
from fedtui.safe_text import sanitize_and_mask
from fedtui.widgets.lines import fact_rows, fill, note, paragraph, rule

_LABEL = 10
_NAME = 18


@dataclass(frozen=True, slots=True)
class Drilled:
    """What is drawn: the cursor, why drills cannot be run, what came of those that were, which one runs."""

    cursor: int
    setting: DrillSetting | None
    refusal: str
    reasons: Mapping[str, str]
    outcomes: Mapping[str, DrillOutcome]
    events: Sequence[DrillEvent]
    running: str
    height: int


def drill_rows(drilled: Drilled, home: str, width: int) -> list[Content]:
    if drilled.refusal:
        return note("✗", "bold $fail", drilled.refusal, width)
    drill = ALL[drilled.cursor]
    rows = [_listed(drilled, at, width) for at in range(len(ALL))]
    rows.append(rule(width, Content.assemble((drill.title, "bold"))))
    inner = width - 2
    about = _page(drilled, drill, home, inner, drilled.height - len(rows))
    return [*rows, *(Content(" ") + row for row in about)]


def _listed(drilled: Drilled, at: int, width: int) -> Content:
    drill, here = ALL[at], at == drilled.cursor
    sign, said = _state(drilled, drill)
    name = (drill.name.ljust(_NAME), "bold" if here else "")
    row = Content.assemble(" ", sign, " ", name, (cut(said, width - _NAME - 4), "$muted"))
    return fill(row, width, "on $cursor") if here else row


def _state(drilled: Drilled, drill: Drill) -> tuple[tuple[str, str], str]:
    outcome = drilled.outcomes.get(drill.name)
    if drilled.running == drill.name:
        return ("►", "$accent"), "running"
    if outcome is not None:
        return (("✓", "$ok"), "passed") if outcome.passed else (("✗", "bold $fail"), "failed")
    if drilled.setting is None:
        return ("○", "$muted"), "looking …"
    reason = drilled.reasons.get(drill.name, "")
    if reason:
        return ("?", "$muted"), f"not here: {sanitize_and_mask(reason)}"
    return ("○", "$muted"), drill.about


def _page(drilled: Drilled, drill: Drill, home: str, width: int, height: int) -> list[Content]:
    outcome = drilled.outcomes.get(drill.name)
    rows: list[Content] = []
    reason = drilled.reasons.get(drill.name, "")
    if outcome is not None and not drilled.running:
        rows += _verdict(outcome, home, width)
    if drilled.events:
        room = max(3, height - len(rows) - 1)
        event_rows = [row for event in drilled.events for row in _event(event, home, width)]
        return [*rows, *event_rows[-room:]]
    rows += paragraph(drill.about, width)
    rows += _labelled("expected", drill.expected, home, width)
    if reason:
        return [*rows, Content(""), *note("▲", "$warn", f"It cannot be run here: {reason}.", width)]
    if drilled.setting is None:
        return rows
    plan = drill.plan(drilled.setting)
    for label, steps in (("before", plan.before), ("doing", plan.doing), ("after", plan.after)):
        for step in steps:
            rows += _labelled(label, step, home, width)
    hint = Content.assemble(("r", "bold $accent"), " runs it, after a ", ("y", "bold $accent"))
    return [*rows, Content(""), hint]


def _verdict(outcome: DrillOutcome, home: str, width: int) -> list[Content]:
    glyph, tone, lead = ("✓", "$ok", "passed") if outcome.passed else ("✗", "bold $fail", "failed")
    rows = note(glyph, tone, tilde_words(outcome.found.text, home), width, lead)
    for complaint in outcome.complaints:
        rows += note("✗", "bold $fail", tilde_words(complaint, home), width, lead="not cleaned up")
    for one in outcome.found.evidence[:4]:
        rows += [Content("   ") + row for row in paragraph(tilde_words(one, home), width - 3, "$muted")]
    return [*rows, Content("")]


def _event(event: DrillEvent, home: str, width: int) -> list[Content]:
    if event.phase is DrillPhase.OUTPUT:
        text = cut(sanitize_and_mask(event.text), width - _LABEL - 2)
        return [Content.assemble((" " * _LABEL + "| ", "$line"), text)]
    label = "clean" if event.phase is DrillPhase.CLEANING else event.phase.value
    return _labelled(label, event.text, home, width)


def _labelled(label: str, text: str, home: str, width: int) -> list[Content]:
    return fact_rows(label, paragraph(tilde_words(text, home), width - _LABEL), _LABEL)
