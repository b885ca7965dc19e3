"""Random schedules, lines of cron tables, and stretches of time in which to look at them.

Everything comes from one `random.Random`, so a seed gives the same cases again. The schedules are made to
hurt: names in any case, leading zeros, values at and beyond the limits, text behind an element, steps that
are too large; the stretches lie mostly around the clock changes of zones from all over the world.
"""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache

from fedtui.schedule.daemon import changes
from tests.oracle.zones import JUMPS, ODD, all_zones, made_up, zone_named

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
NICKNAMES = ("@daily", "@hourly", "@weekly", "@monthly", "@yearly", "@annually", "@midnight")
ODD_NICKNAMES = ("@reboot", "@Daily", "@every", "@", "@daily5", "@daily;", "@HOURLY", "@reboot@")
_FIELDS: tuple[tuple[int, int, tuple[str, ...]], ...] = (
    (0, 59, ()),
    (0, 23, ()),
    (1, 31, ()),
    (1, 12, MONTHS),
    (0, 7, WEEKDAYS),
)
_STEPS = (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 13, 15, 20, 23, 30, 45, 100)
_ODD_STEPS = ("0", "", "x", "-1", "2147483646", "2147483647", "4294967298", "00")
_ODD_VALUES = ("L", "W", "?", "H", "x", "-1", "", "1a", "\xe9", "\xff", "Monday", "~", "R", "4294967297")
_ODD_ENDS = ("/5", ";x", "#2", "~3", "-", "L", "/", "\xff", "\xe9", "**", ".", "-1-2", "\r", "=")
_BLANKS = (" ", " ", " ", "\t", "  ", " \t")
_FIRST_YEAR, _LAST_YEAR = 1975, 2037
"""Before 1972 a zone's offset may have seconds; on 2038-01-19 cron itself overflows."""
_LATEST = int(datetime(2037, 12, 31, tzinfo=UTC).timestamp()) // 60
_MARCH_2000 = datetime(2000, 3, 3, tzinfo=UTC).timestamp()
_DAY = 1440


@dataclass(frozen=True, slots=True)
class Stretch:
    """The time in (after, until) in a zone, a value of TZ; both are minutes since the epoch.

    `hour` is an hour of the day at which much may happen in it: there, or next to it, the clock is changed.
    """

    zone: str
    after: int
    until: int
    hour: int = 2


def certain(text: str, dialect: str) -> bool:
    """False for a text that its daemon itself is not certain about.

    That is a time that cronie chooses by chance, or its `-` in front of a line, which is no schedule's; a
    step of 0, or one beyond an int, with which bcron counts for ever, or its blank `\\r` in a field, behind
    which the command begins; a number that BusyBox's crond would write elsewhere.
    """
    match dialect:
        case "cronie":
            return "~" not in text and not text.startswith("-")
        case "bcron":
            return re.search(r"/(?:0+(?![0-9])|[0-9]{10})|\r.", text) is None
        case "busybox":
            return re.search(r"[0-9]{10}", text) is None
        case _:
            return True


def settled(stretch: Stretch, dialect: str) -> bool:
    """False for a stretch in which the daemon itself is lost.

    That is bcron before March 2000, whose 29 February it cannot pass, and in zones without summer time
    today, of which a C library may tell it that they never had any.
    """
    zone = zone_named(stretch.zone)
    offsets = {datetime(2036, month, 1, tzinfo=zone).utcoffset() for month in (1, 3, 7, 11)}
    return dialect != "bcron" or (len(offsets) > 1 and stretch.after * 60 > _MARCH_2000)


class Expressions:
    """The cases of one seed."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def schedule(self, hour: int = 2) -> str:
        """A schedule that cron mostly accepts, often of the hours next to `hour`.

        It has five fields or is a nickname, and no `=`, with which its line might be a setting.
        """
        if self._random.random() < 0.55:
            return self._near(hour)
        if self._random.random() < 0.03:
            return self._random.choice(NICKNAMES)
        return self._fields(odd=0.01, whole=True).replace("=", ";")

    def text(self) -> str:
        """The beginning of a line, as a person might get it wrong: schedules good and bad."""
        if self._random.random() < 0.05:
            return self._random.choice(NICKNAMES + ODD_NICKNAMES)
        text = self._fields(odd=self._random.choice((0.0, 0.05, 0.2)))
        return self._random.choice(("", "", "", " ", "\t", " \t ")) + text

    def wrong_or_right(self) -> str:
        """Such a text that its line is neither a setting nor a comment."""
        while True:
            text = self.text()
            if "=" not in text and not text.lstrip(" \t").startswith("#"):
                return text

    def line(self) -> str:
        """A whole line of a table: mostly a schedule with a command, or a setting, or what looks like one."""
        kind = self._random.random()
        if kind < 0.65:
            command = self._pick("x", "", "echo a%b", "\\% %", "A=b c", "* x", "=", "caf\xe9 \t", " #", "x\r")
            return f"{self.text()}{self._pick(' ', ' ', chr(9), '  ', '')}{command}"
        if kind < 0.9:
            quote, other = self._pick("", "", "'", '"'), self._pick("", "", "'", '"')
            name = self._pick("A", "MAILTO", "a b", "", "TZ", "5 * * * *", "@daily", "P\xe9", " X")
            value = self._pick("", "b", "b c ", "'b' c", '"', "$HOME/x", "#", "a=b", " b", "'b\"", "\xff")
            blank = self._pick("", " ", "\t", "  ")
            return f"{quote}{name}{quote}{blank}={self._pick('', ' ')}{other}{value}{self._pick(other, '')}"
        return self._pick("# x", "", " \t", " # A=b", "x", "=", "'", '"a', "a b=c", "\r", "A\xa0= b", "* * *")

    def stretch(self) -> Stretch:
        """Mostly hours or some days around a clock change; else a year or more, from any moment on."""
        chance = self._random
        kind = chance.random()
        if kind < 0.2:
            zone = made_up(chance.choice(JUMPS))
        else:
            zone = chance.choice(ODD if kind < 0.65 else all_zones())
        moments = _moments(zone)
        if moments and chance.random() < 0.9:
            change = chance.choice(moments)
            before = ((0, 200), (0, 200), (-200, 0), (200, 2000))
            after = change - chance.randint(*chance.choice(before))
            length = chance.choice((6 * 60, 6 * 60, _DAY, 3 * _DAY, 40 * _DAY))
        else:
            year = chance.randint(_FIRST_YEAR, _LAST_YEAR - 1)
            change = after = int(datetime(year, 1, 1, tzinfo=UTC).timestamp()) // 60 + chance.randrange(
                366 * _DAY
            )
            length = chance.choice((40, 40, 40, 400, 400, 400, 400, 1500)) * _DAY
        after = min(after, _LATEST - 4 * 60)
        hour = datetime.fromtimestamp(change * 60, zone_named(zone)).hour
        return Stretch(zone, after, min(after + length, _LATEST), hour)

    def number(self, low: int, high: int) -> int:
        """A number from `low` to `high`."""
        return self._random.randint(low, high)

    def some(self, choices: Sequence[str], count: int) -> list[str]:
        """`count` different ones of the choices."""
        return self._random.sample(choices, count)

    def _pick(self, *choices: str) -> str:
        return self._random.choice(choices)

    def _near(self, hour: int) -> str:
        before, at, after = ((hour + shift) % 24 for shift in (-1, 0, 1))
        low, high = min(before, after), max(before, after)
        return " ".join(
            (
                self._pick(
                    "0", "30", "*/15", "0-59", "0-59/7", "59", "0,30", "*", "45", "10", "1,*", "*,1", "15-44"
                ),
                self._pick(
                    *(str(before), str(before), str(at), f"{low}-{high}", "*", f"{before},{at}", "*/2"),
                    *(f"{low}-{high}/2", "0-23", "0-5", "23,0", f"{before},{after}"),
                ),
                self._pick("*", "*", "*", "*/2", "1-31", "28", "25-31"),
                self._pick("*", "*", "*", "*", "3", "3,10", "*/3"),
                self._pick("*", "*", "*", "0", "sun", "5", "*/7", "0-6"),
            )
        )

    def _fields(self, odd: float, *, whole: bool = False) -> str:
        words = [self._word(place, odd) for place in range(5)]
        if whole:
            words, odd = [word or "*" for word in words], 0
        if self._random.random() < odd / 2:
            words = words[: self._random.randint(0, 4)]
        if self._random.random() < odd / 2:
            words.append("*")
        return "".join(word + self._pick(*_BLANKS) for word in words[:-1]) + (words[-1] if words else "")

    def _word(self, place: int, odd: float) -> str:
        if self._random.random() < 0.35:
            return "*"
        elements = (self._element(place, odd) for _ in range(self._random.choice((1, 1, 1, 1, 2, 3))))
        return ",".join(elements) + ("," if self._random.random() < odd / 3 else "")

    def _element(self, place: int, odd: float) -> str:
        kind = self._random.random()
        if kind < 0.2:
            text = "*"
        elif kind < 0.4:
            text = f"*/{self._step(odd)}"
        elif kind < 0.7:
            text = self._value(place, odd)
        else:
            low, high = self._value(place, odd), self._value(place, odd)
            if self._random.random() < 0.8 and low.isdigit() and high.isdigit() and int(low) > int(high):
                low, high = high, low
            text = f"{low}-{high}" + (f"/{self._step(odd)}" if self._random.random() < 0.4 else "")
        return text + (self._random.choice(_ODD_ENDS) if self._random.random() < odd else "")

    def _step(self, odd: float) -> str:
        return str(self._random.choice(_ODD_STEPS if self._random.random() < odd else _STEPS))

    def _value(self, place: int, odd: float) -> str:
        low, high, names = _FIELDS[place]
        if self._random.random() < odd:
            return self._pick(*_ODD_VALUES, str(high + 1), str(high + 2), str(2**63 + 5))
        value = self._random.randint(low, high)
        if names and self._random.random() < 0.4:
            name = names[(value - low) % len(names)]
            return self._pick(name, name.upper(), name.title())
        return "0" * self._random.choice((0, 0, 0, 0, 1, 2)) + str(value)


@cache
def _moments(zone: str) -> tuple[int, ...]:
    """The clock changes of a zone, as minutes since the epoch."""
    first, last = (datetime(year, 1, 1, tzinfo=UTC) for year in (_FIRST_YEAR, _LAST_YEAR))
    return tuple(int(at.timestamp()) // 60 for at, _ in changes(zone_named(zone), first, last))
