"""Time zones for the comparison: the world's, and made-up ones whose clocks jump by any number of minutes.

The rules for a jump have borders at 5 minutes and at 3 hours, near which no real zone jumps.
"""

from __future__ import annotations

import io
import struct
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

# Zones whose clock changes are unlike the others': half hours, midnight, two hours, a day left out, "winter"
# time in summer, changes around Ramadan.
ODD = (
    "Africa/Cairo",
    "Africa/Casablanca",
    "America/Asuncion",
    "America/Havana",
    "America/New_York",
    "America/Santiago",
    "America/Scoresbysund",
    "America/St_Johns",
    "Antarctica/Troll",
    "Asia/Beirut",
    "Asia/Gaza",
    "Asia/Pyongyang",
    "Asia/Tehran",
    "Australia/Lord_Howe",
    "Europe/Berlin",
    "Europe/Dublin",
    "Europe/Moscow",
    "Pacific/Apia",
    "Pacific/Chatham",
)
JUMPS = (1, 2, 3, 4, 5, 6, 7, 10, 30, 59, 61, 90, 119, 120, 121, 178, 179, 180, 181, 182, 240, 300)


@cache
def all_zones() -> tuple[str, ...]:
    """The names of the world's zones that cron's machine knows as well."""
    return tuple(sorted(zone for zone in available_timezones() if not zone.startswith("Etc/")))


def made_up(jump: int) -> str:
    """A zone that is `jump` minutes ahead from March to October, as a value for TZ (see tzset(3))."""
    ahead = f"{jump // 60}:{jump % 60:02}"
    return f"AAA0BBB-{ahead},M3.5.0/2,M10.5.0/{1 + (60 + jump) // 60}:{jump % 60:02}"


@cache
def zone_named(name: str) -> ZoneInfo:
    """The zone that a value of TZ stands for: a zone of the world or one that is `made_up`."""
    if "," not in name:
        return ZoneInfo(name)
    # RFC 8536: an empty version 1 block, then a version 2 block with one type and no change, then the rule.
    block = (
        struct.pack(">4sc15x6l", b"TZif", b"2", 0, 0, 0, 0, 1, 4) + struct.pack(">lbb", 0, 0, 0) + b"AAA\0"
    )
    return ZoneInfo.from_file(io.BytesIO(block + block + b"\n" + name.encode() + b"\n"), key=name)
