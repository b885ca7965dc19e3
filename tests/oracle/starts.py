"""The starts that fedtui computes in a stretch, and words for where they differ from cron's."""

from __future__ import annotations

from datetime import UTC, datetime

from fedtui.schedule.cron import ScheduleError, parse_schedule
from tests.oracle.expressions import Stretch
from tests.oracle.zones import zone_named


def own_starts(
    text: str, stretch: Stretch, count: int, dialect: str, table_zone: str = ""
) -> list[int] | None:
    """The first `count` starts, as minutes since the epoch; None for a schedule that fedtui refuses.

    `table_zone` as in `Cron.starts`.
    """
    after = datetime.fromtimestamp(stretch.after * 60, UTC)
    zones = [zone_named(zone) for zone in (table_zone, stretch.zone) if zone]
    try:
        runs = parse_schedule(text, dialect).runs(after, *zones)
    except ScheduleError:
        return None
    found: list[int] = []
    for at in runs:
        minute = int(at.timestamp()) // 60
        if minute >= stretch.until or len(found) == count:
            break
        found.append(minute)
    return found


def disagreement(text: str, stretch: Stretch, cron: list[int] | None, own: list[int] | None) -> str:
    """One line that shows the first starts that differ."""
    if cron is not None and own is not None:
        same = next((at for at, pair in enumerate(zip(cron, own, strict=False)) if pair[0] != pair[1]), None)
        first = min(len(cron), len(own)) if same is None else same
        cron, own = cron[first : first + 2], own[first : first + 2]
    return f"{text!r} in {stretch}: cron {_local(cron, stretch)}; fedtui {_local(own, stretch)}"


def _local(minutes: list[int] | None, stretch: Stretch) -> str:
    if minutes is None:
        return "refused"
    zone = zone_named(stretch.zone)
    shown = [datetime.fromtimestamp(minute * 60, zone).isoformat()[:22] for minute in minutes[:3]]
    return ", ".join(shown) or "none"
