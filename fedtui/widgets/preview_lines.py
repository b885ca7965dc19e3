"""The rows that say what a schedule means while it is typed: fields, words, a strip, the next runs, pitfalls.

Pure functions from a preview to rows, used by the reschedule dialog and the job form.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import islice, pairwise
from typing import TYPE_CHECKING

from textual.content import Content

from fedtui.presentation.times import day, here, in_words, relative, seconds_between
from fedtui.safe_text import sanitize_and_mask
from fedtui.schedule.cron import CronSchedule
from fedtui.schedule.fields import KINDS
from fedtui.widgets.lines import boxed, fact, fact_rows, paragraph, rule

if TYPE_CHECKING:
    from fedtui.changes.schedule_preview import Preview
    from fedtui.schedule.pitfalls import Pitfall

LABEL = 9
"""Width of the labels at the left of these dialogs."""

FIELDS = ("minute", "hour", "day", "month", "weekday")
_NAMES_OF_CRON = {"day-of-month": "day", "day-of-week": "weekday"}
_LOOK_AHEAD = 60
_DAY_CELLS = 48


def verdict(preview: Preview | None, checking: bool, width: int) -> Content:
    """`✓ valid   Debian cron, zone Europe/Berlin`, or what is wrong in cron's own words."""
    if checking or preview is None:
        return Content.styled("… checking" if checking else "", "$muted")
    dialect = sanitize_and_mask(preview.dialect)
    if preview.valid:
        parts = [f"   {dialect}, zone {sanitize_and_mask(preview.zone)}", f"  {dialect}", ""]
        room = width - len("✓ valid")
        return Content.assemble(
            ("✓ valid", "$ok"), (next(part for part in parts if len(part) <= room or not part), "$muted")
        )
    in_short = sanitize_and_mask(preview.message).partition(":")[0]
    return Content.assemble(("✗ " + (in_short if in_short.startswith("bad ") else "not valid"), "bold $fail"))


def cron_fields(text: str) -> list[tuple[int, int]]:
    """Where the words of a cron schedule begin and end."""
    return [match.span() for match in re.finditer(r"\S+", text)]


def caption(text: str, cursor: int, preview: Preview | None) -> Content:
    """`minute  hour  day  month  weekday   any weekday`: the field under the cursor, and what it may hold."""
    if text.lstrip().startswith("@"):
        return Content.styled("a nickname stands for all five fields", "$muted")
    spans = cron_fields(text)
    at = next((index for index, (_, end) in enumerate(spans) if cursor <= end), len(spans))
    bad = _NAMES_OF_CRON.get(preview.field or "", preview.field) if preview and not preview.valid else None
    parts: list[str | Content | tuple[str, str]] = []
    for index, name in enumerate(FIELDS):
        style = "bold $fail" if name == bad else "$accent" if index == at else "$muted"
        parts += ["  " if index else "", (name, style)]
    if at < len(FIELDS):
        word = text[slice(*spans[at])] if at < len(spans) else ""
        parts.append((f"   {_holds(at, word)}", "$muted"))
    return Content.assemble(*parts)


def _holds(field: int, word: str) -> str:
    if word == "*":
        return f"any {FIELDS[field]}"
    kind = KINDS[field]
    names = f", {kind.names[0]} to {kind.names[-1]}" if kind.names else ""
    return f"{kind.low} to {kind.high}{names}"


def meaning(preview: Preview | None, width: int) -> list[Content]:
    """The schedule in words, or why it is none."""
    if preview is None:
        return [fact("means", "", LABEL)]
    style = "" if preview.valid else "$fail"
    words = preview.words if preview.valid else preview.message
    return fact_rows("means", paragraph(words, width - LABEL, style), LABEL)


def strip(schedule: CronSchedule | None) -> list[Content]:
    """Where in the hour, or in the day, it runs: one cell a minute, or half an hour."""
    if schedule is None or schedule.reboot or schedule.never_fires or schedule.random:
        return []
    if len(schedule.hours) == 24:
        ticks = set(schedule.minutes)
        marks = "".join(f":{minute:02}".ljust(15) for minute in (0, 15, 30, 45)) + ":00"
        return _ticks("hour", ticks, 60, marks)
    ticks = {hour * 2 + minute // 30 for hour in schedule.hours for minute in schedule.minutes}
    marks = "".join(f"{hour:02}:00".ljust(12) for hour in (0, 6, 12, 18)) + "24:00"
    return _ticks("day", ticks, _DAY_CELLS, marks)


def _ticks(label: str, ticks: set[int], cells: int, marks: str) -> list[Content]:
    drawn = "".join("▮" if cell in ticks else "·" for cell in range(cells))
    row = Content.styled(drawn, "$muted")
    for match in re.finditer("▮+", drawn):
        row = row.stylize("$accent", *match.span())
    return [fact(label, row, LABEL), fact("", Content.styled(marks, "$muted"), LABEL)]


def next_five(
    preview: Preview | None, schedule: CronSchedule | None, now: datetime, width: int
) -> list[Content]:
    """The next runs with their distance, and the first gap that differs from the usual one."""
    runs = preview.runs if preview is not None else ()
    if not runs:
        return []
    rows = [rule(width, Content.styled("next five" if len(runs) > 1 else "next run", "$muted"))]
    dates = [day(run) for run in runs]
    widest = max(map(len, dates))
    for index, run in enumerate(runs):
        gap = f"   +{in_words(seconds_between(runs[index - 1], run))}" if index else ""
        ahead = relative(seconds_between(now, run)) if run > now else "now   "
        date = (f"{'':{LABEL}}{dates[index]:{widest}}  ", "$muted")
        rows.append(Content.assemble(date, f"{run:%H:%M:%S}", (f"   in {ahead}{gap}".rstrip(), "$muted")))
    other = _other_gap(runs, schedule)
    if other is not None:
        rows.append(_gap_row(runs, *other, widest))
    return rows


def _other_gap(runs: Sequence[datetime], schedule: CronSchedule | None) -> tuple[datetime, datetime] | None:
    if schedule is None or len(runs) < 3 or runs[-1].tzinfo is None:
        return None
    usual = seconds_between(runs[0], runs[1])
    later: Iterator[datetime] = islice(schedule.runs(runs[-1], runs[-1].tzinfo), _LOOK_AHEAD)
    if any(seconds_between(*pair) != usual for pair in pairwise(runs)):
        return None  # it is among the five already
    for before, after in pairwise((runs[-1], *later)):
        if seconds_between(before, after) != usual:
            return before, after
    return None


def _gap_row(runs: Sequence[datetime], before: datetime, after: datetime, widest: int) -> Content:
    gap = seconds_between(before, after)
    shorter = gap < seconds_between(runs[0], runs[1])
    date = "…" if before.date() == runs[-1].date() else f"… {day(before)}"
    next_day = "" if after.date() == before.date() else f"{day(after)} "
    return Content.assemble(
        (f"{'':{LABEL}}{date:>{widest}}  ", "$muted"),
        f"{before:%H:%M:%S}",
        ("   then ", "$muted"),
        f"{next_day}{here(after, before):%H:%M:%S}",
        (f"   +{in_words(gap)}", "$warn" if shorter else "$muted"),
    )


def pitfalls(preview: Preview | None, width: int, most: int) -> list[Content]:
    """The note boxes: the first `most` pitfalls, each with what could be written instead."""
    found = preview.pitfalls if preview is not None else ()
    offered = suggestion(preview)
    rows: list[Content] = []
    for pitfall in found[:most]:
        first, dot, rest = sanitize_and_mask(pitfall.text).partition(". ")
        text = Content.assemble((first + dot.rstrip(), "$warn"), " " if rest else "", rest)
        rows += boxed("▲", "$warn", text, width)
        if pitfall.suggestions:
            rows += boxed(" ", "", _instead(pitfall, offered), width)
    if len(found) > most:
        more = ", ".join(sanitize_and_mask(pitfall.title) for pitfall in found[most:])
        rows += boxed("▲", "$warn", Content.styled(f"and {more}", "$muted"), width)
    return rows


def _instead(pitfall: Pitfall, offered: str | None) -> Content:
    parts: list[str | Content | tuple[str, str]] = [
        ("Even steps: " if pitfall.code == "uneven-step" else "Instead: ", "$muted")
    ]
    parts.append(("  ".join(map(sanitize_and_mask, pitfall.suggestions)), "$accent"))
    if offered is not None and offered in pitfall.schedules:
        nearest = pitfall.suggestions[pitfall.schedules.index(offered)]
        parts.append((f"   (ctrl+n takes the nearest: {sanitize_and_mask(nearest)})", "$muted"))
    return Content.assemble(*parts)


def suggestion(preview: Preview | None) -> str | None:
    """The whole schedule that ctrl+n puts in place of the typed one."""
    if preview is None:
        return None
    return next((pitfall.schedules[0] for pitfall in preview.pitfalls if pitfall.schedules), None)
