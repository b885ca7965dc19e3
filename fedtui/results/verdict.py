"""The verdict on a finished run, from how it ended and what it printed.

Exit status and signal come first: text never turns a failure into anything better, but for the few skips
whose rules name that very status. Then errors and warnings in the text, then a skip, and only then ok.
Where nobody saw the exit status the outcome stays unknown, whatever the text says.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from fedtui.model import Mark, Outcome, Result, Run
from fedtui.results.product import Renewal
from fedtui.results.reading import OutputFindings, RunOutputText, quoted, read_output
from fedtui.results.rules import Rules, SkipRule
from fedtui.schedule.patterns import counted

QUOTES = 5
"""How many lines are quoted as reasons."""


def judge(
    ended: Result,
    output: RunOutputText,
    rules: Rules,
    command: str = "",
    *,
    product: Renewal | None = None,
) -> Result:
    """`ended` (the verdict by exit status alone) with what the output says; `judged` is set.

    `command` is the job's command line, `product` whether the run renewed its product.
    """
    if ended.outcome in (Outcome.NEVER, Outcome.SKIPPED):
        return replace(ended, judged=True)
    found = read_output(output, rules)
    result = _by_text(ended, output, found, rules, command)
    result = replace(result, evidence=(*result.evidence, *_evidence(output, found)), judged=True)
    if output.parts and not found.lines:
        result = result.marked(Mark.SILENT)
    return _with_product(result, *product) if product is not None else result


def _by_text(
    ended: Result, output: RunOutputText, found: OutputFindings, rules: Rules, command: str
) -> Result:
    errors = found.count("error")
    noted = errors + found.count("warning")
    skip = _skip(ended, output, found, rules, command)
    if ended.outcome is Outcome.FAILED:
        if skip is None or errors:
            return replace(ended, warnings=noted, errors=errors, reasons=(*ended.reasons, *_failure(found)))
        ended = replace(ended, outcome=Outcome.OK, reasons=())
    doubt = (f"some of it may be of earlier runs: {output.unclear}",) if output.unclear and noted else ()
    reasons = (*ended.reasons, *_quotes(found), *doubt)
    excuse = _skip_words(*skip) if skip else ()
    if skip and skip[0].reason == Mark.LOCKED.value:
        ended = ended.marked(Mark.LOCKED)
    if ended.outcome is Outcome.UNKNOWN:
        return replace(ended, warnings=noted, errors=errors, reasons=(*reasons, *excuse))
    if noted:
        said = (*_quotes(found), *doubt, *excuse)
        return replace(ended, outcome=Outcome.WARNINGS, warnings=noted, errors=errors, reasons=said)
    return replace(ended, outcome=Outcome.SKIPPED, reasons=excuse) if skip is not None else ended


Skip = tuple[SkipRule, str]


def _skip(
    ended: Result, output: RunOutputText, found: OutputFindings, rules: Rules, command: str
) -> Skip | None:
    """The first rule by which the run did nothing, with the line that says so."""
    status = 0 if ended.exit_code is None and ended.outcome is Outcome.OK else ended.exit_code
    if ended.signal is not None or (status is None and ended.outcome is Outcome.FAILED):
        return None
    whole = not output.unread and not output.left_out and not output.unclear
    for rule in rules.skips:
        if status is not None and status not in rule.exits_for(command):
            continue
        if rule.within and ended.duration is not None and ended.duration > rule.within:
            continue
        if rule.silent:
            # An output that could not be read is not known to be empty.
            if status is not None and whole and found.lines == 0:
                return rule, ""
            continue
        if rule.match is None:
            if status is not None:
                return rule, ""
            continue
        for place, text in found.skip_lines if rule.anywhere else (found.last,):
            if text and rule.match.search(text):
                return rule, f"{place} {quoted(text)}"
    return None


def _skip_words(rule: SkipRule, line: str) -> tuple[str, ...]:
    return tuple(part for part in (rule.reason, rule.because, line) if part)


def _quotes(found: OutputFindings) -> tuple[str, ...]:
    """`3 warnings: line 12 no telemetry found`, then the other lines, as far as they are few."""
    if not found.notable:
        return ()
    counts = [(found.count(kind), kind) for kind in ("error", "warning")]
    head = ", ".join(counted(count, kind) for count, kind in counts if count)
    lines = [f"{place} {quoted(text)}" for _, place, text in found.notable]
    more = [f"and {len(lines) - QUOTES} more"] if len(lines) > QUOTES else []
    return (f"{head}: {lines[0]}", *lines[1:QUOTES], *more)


def _failure(found: OutputFindings) -> tuple[str, ...]:
    """What a failed run said of it: its errors; where it named none, its last line."""
    if found.notable:
        return _quotes(found)
    text = found.last[1]
    return (f"its last line: {quoted(text)}",) if text else ()


def _evidence(output: RunOutputText, found: OutputFindings) -> tuple[str, ...]:
    said = []
    if output.parts:
        wheres = ", ".join(dict.fromkeys(part.where for part in output.parts))
        lines = f"{counted(found.lines, 'line')} read" if found.lines else "no output"
        said.append(f"{lines}, {wheres}")
    if output.left_out:
        said.append(f"{output.left_out:,} bytes in the middle of the output were not read")
    if output.unclear:
        said.append(output.unclear)
    if output.unread:
        said.append(f"output not read: {output.unread}")
    return tuple(said)


def _with_product(result: Result, renewed: bool | None, words: str) -> Result:
    """A product that was not renewed is a warning beside an ok; a renewed one makes nothing better."""
    if renewed is not False:
        return replace(result, evidence=(*result.evidence, words))
    result = result.marked(Mark.PRODUCT)
    if result.outcome not in (Outcome.OK, Outcome.WARNINGS):
        return replace(result, reasons=(*result.reasons, words))
    return replace(
        result,
        outcome=Outcome.WARNINGS,
        warnings=result.warnings + 1,
        reasons=(*result.reasons, words) if result.warnings else (f"1 warning: {words}", *result.reasons),
    )


def overlaps(runs: Sequence[Run], now: datetime) -> int:
    """How many of these runs of one job began while an earlier one was still running.

    A run whose end is not known counts as ended: nobody saw it running.
    """
    count = 0
    latest: datetime | None = None
    for run in sorted(runs, key=lambda one: one.start):
        if latest is not None and run.start < latest:
            count += 1
        end = now if run.result is None and run.end is None else run.end
        if end is not None and (latest is None or end > latest):
            latest = end
    return count
