"""Records the hard cases for machines on which cron cannot be built: `python -m tests.oracle.record
DIALECT...`.

Writes tests/unit/schedule/DIALECT_starts.txt, the same each time: what the daemon answers, never what
fedtui does.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import groupby

from fedtui.schedule.daemon import changes
from tests.oracle.build import RECIPES, built
from tests.oracle.cron import Cron
from tests.oracle.expressions import Expressions, Stretch, certain, settled
from tests.oracle.recorded import recorded
from tests.oracle.text import encoded
from tests.oracle.zones import JUMPS, ODD, made_up, zone_named

SEED = 20261124
CASES = {"debian": 5_000, "cronie": 2_000, "busybox": 1_000, "bcron": 1_000}
TOGETHER, STARTS = 25, 8
UNSETTLED, SETTLED = "Africa/Casablanca", datetime(2026, 1, 1, tzinfo=UTC)
"""What tzdata says of this zone's later clock changes depends on its release: they are not recorded."""
NEAR = 200
"""Minutes after a clock change in which it may have moved, left out or repeated a start."""
HEAD = f"""\
# When NAME starts a job, and what it refuses: recorded by tests/oracle/record.py from its
# own source on a virtual clock. A group is '= TZ AFTER UNTIL' (minutes since the epoch), then per line
#   SCHEDULE | MINUTES    the first starts after AFTER (at most {STARTS}), as minutes from the one before;
#                         N*T is T times N; a full stop where no more come before UNTIL
#   SCHEDULE ! COMPLAINT  a schedule that cron refuses
# \\xHH is a byte that is not plain ASCII.
"""
NAMED = (
    "0 9 1-7 * 1", "0 9 13 * fri", "0 9 */2 * 1", "0 9 1 * */2", "0 0 29 2 *", "0 0 29 2 1",
    "0 0 30 2 *", "0 0 30 2 1", "0 0 31 * *", "*/7 * * * *", "*/100 * * * *", "0 0 * * fri-sun",
    "0 22-2 * * *", "5;x * * * *", "1#2 2 * * *", "0~30 2 * * *", "007 02 * * *", "0 0 * * 5-7",
    "0 0 * * 7", "@daily", "@hourly", "@weekly", "@monthly", "@yearly", "30 2 * * *",
    "*/30 2 * * *", "0-59 * * * *", "0,* 2 * * *", "*,0 2 * * *", "59 1 * * *", "0 3 * * *",
    "0 0-23 * * *", "0 2 */1 * sun", "* * * * *", "59 23 31 12 *", "0 12 * JAN,dec MON-FRI",
    "*/15 0-5 * * *", "0-59/15 0-5 * * *", "*/5 2 25-31 3 */7",
)  # fmt: skip


def stretches(made: Expressions) -> Iterator[Stretch]:
    """Jumps of every size in both directions, the odd zones, then whatever comes."""
    for jump in JUMPS:
        yield from _both_ways(made_up(jump), 2027, made)
    for zone in ODD:
        year = max((at.year for at, _ in _changes(zone, 1976, 2036)), default=2020)
        yield from _both_ways(zone, year, made)
    while True:
        yield made.stretch()


def _both_ways(zone: str, year: int, made: Expressions) -> Iterator[Stretch]:
    moments = list(_changes(zone, year - 1, year + 1))
    for forward in (True, False):
        of_kind = [at for at, jump in moments if (jump > 0) == forward]
        if of_kind:
            minute = int(of_kind[-1].timestamp()) // 60
            after = minute - made.number(1, 100)
            yield Stretch(zone, after, after + made.number(1, 40) * 1440, of_kind[-1].hour)


def _changes(zone: str, first: int, last: int) -> Iterator[tuple[datetime, int]]:
    return changes(zone_named(zone), datetime(first, 1, 1, tzinfo=UTC), datetime(last, 12, 1, tzinfo=UTC))


def chosen(cron: Cron, made: Expressions, stretch: Stretch) -> list[str]:
    """The lines of one group: named schedules, refused ones, most with a start after a clock change."""
    named = made.some(NAMED, 4)
    tried = [made.schedule(stretch.hour) for _ in range(150)]
    odd = [text for text in (made.text().strip(" \t") for _ in range(80)) if _alone(text)]
    texts = [text for text in dict.fromkeys([*named, *tried, *odd]) if _recordable(text, cron.dialect)]
    complaints = [read[1] if read[0] == "ERR" else "" for read in cron.read([f"{text} x" for text in texts])]
    starts = cron.starts(texts, stretch, STARTS + 1)
    shaken = _after_changes(stretch)
    refused, near, others = [], [], []
    for text, complaint, found in zip(texts, complaints, starts, strict=True):
        if complaint:
            refused.append(f"{encoded(text)} ! {complaint}")
        elif found is None:
            raise AssertionError(f"{text!r} is refused without a complaint")
        else:
            hard = any(minute in shaken for minute in found[:STARTS])
            kind = near if hard or text in named else others
            kind.append(f"{encoded(text)} | {_told(found, stretch)}")
    return [*near[: TOGETHER - 5], *refused[:5], *others][:TOGETHER]


def _recordable(text: str, dialect: str) -> bool:
    """True for one that is certain, and without a carriage return where that is a blank (bcron)."""
    return certain(text, dialect) and (dialect != "bcron" or "\r" not in text)


def _alone(text: str) -> bool:
    """True for what is certainly read as a schedule: five words or a nickname, and not as a setting."""
    if not text or "=" in text or text.startswith(("#", "@reboot")):
        return False
    return text.startswith("@") or len(re.split(r"[ \t]+", text)) == 5


def _after_changes(stretch: Stretch) -> set[int]:
    first, last = (datetime.fromtimestamp(at * 60, UTC) for at in (stretch.after - NEAR, stretch.until))
    moments = [int(at.timestamp()) // 60 for at, _ in changes(zone_named(stretch.zone), first, last)]
    return {minute for moment in moments for minute in range(moment, moment + NEAR)}


def _told(found: list[int], stretch: Stretch) -> str:
    minutes = found[:STARTS]
    steps = [minute - before for before, minute in zip([stretch.after, *minutes], minutes, strict=False)]
    words = []
    for step, repeated in groupby(steps):
        count = len(list(repeated))
        words.append(str(step) if count == 1 else f"{count}*{step}")
    return " ".join([*words, "."] if len(found) <= STARTS else words)


def main() -> int:
    """Record the cases of each dialect named, and say how many."""
    for dialect in sys.argv[1:]:
        record(dialect)
    return 0


def record(dialect: str) -> None:
    """Write the cases of one daemon."""
    recipe = RECIPES[dialect]
    cron, made = Cron(dialect, built(recipe) / "harness"), Expressions(SEED)
    lines, cases = [HEAD.rstrip("\n").replace("NAME", f"Debian's {recipe.name} {recipe.version}")], 0
    for stretch in stretches(made):
        group = chosen(cron, made, stretch)
        if stretch.zone == UNSETTLED and stretch.until * 60 > SETTLED.timestamp():
            continue
        if not settled(stretch, dialect):
            continue
        cases += len(group)
        lines += [f"= {stretch.zone} {stretch.after} {stretch.until}", *group]
        if cases >= CASES[dialect]:
            break
    path = recorded(dialect)
    path.write_text("\n".join(lines) + "\n", encoding="ascii")
    refused = sum(" ! " in line for line in lines)
    print(f"{cases} cases, {refused} of them refused, {path.stat().st_size // 1024} KB: {path}")


if __name__ == "__main__":
    sys.exit(main())
