"""systemd's own names on D-Bus, and the small conversions between its words and ours.

Rules: org.freedesktop.systemd1(5), systemd.time(7), systemd.unit(5).
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

BOOTED = Path("/run/systemd/system")
"""A folder that is there where systemd is the init: sd_booted(3)."""

SYSTEMD = "org.freedesktop.systemd1"
MANAGER_PATH = "/org/freedesktop/systemd1"
UNIT_PATHS = "/org/freedesktop/systemd1/unit/"
MANAGER = "org.freedesktop.systemd1.Manager"
UNIT = "org.freedesktop.systemd1.Unit"
TIMER = "org.freedesktop.systemd1.Timer"
SERVICE = "org.freedesktop.systemd1.Service"
PROPERTIES = "org.freedesktop.DBus.Properties"
INTROSPECTABLE = "org.freedesktop.DBus.Introspectable"

PAUSE_FILE = "zz-fedtui-paused.conf"
"""The drop-in that marks a timer as paused by fedtui, or holds it off."""

INFINITY = 2**64 - 1
"""What systemd writes for a time that never comes."""

_SPANS = (
    ("y", 31_557_600_000_000),
    ("month", 2_629_800_000_000),
    ("w", 604_800_000_000),
    ("d", 86_400_000_000),
    ("h", 3_600_000_000),
    ("min", 60_000_000),
    ("s", 1_000_000),
    ("ms", 1_000),
    ("us", 1),
)


def unit_path(name: str) -> str:
    """The object path of a unit: every byte that is not a letter or digit becomes `_xx`.

    A digit at the very start is escaped too (sd_bus_path_encode(3)).
    """
    if not name:
        return UNIT_PATHS + "_"
    escaped = (
        chr(byte)
        if chr(byte).isalnum() and byte < 0x80 and not (at == 0 and chr(byte).isdigit())
        else f"_{byte:02x}"
        for at, byte in enumerate(name.encode("utf-8", "surrogateescape"))
    )
    return UNIT_PATHS + "".join(escaped)


def unit_name(path: str) -> str | None:
    """The unit of an object path, or None where the path is no unit's."""
    if not path.startswith(UNIT_PATHS):
        return None
    head, *escaped = path[len(UNIT_PATHS) :].split("_")
    try:
        raw = head.encode() + b"".join(bytes.fromhex(part[:2]) + part[2:].encode() for part in escaped)
    except ValueError:
        return None
    return raw.decode("utf-8", "surrogateescape")


def wall(microseconds: int) -> datetime | None:
    """A real-time stamp of systemd as an aware datetime in UTC; None for "never" (0, infinity)."""
    if microseconds in (0, INFINITY):
        return None
    try:
        seconds, rest = divmod(microseconds, 1_000_000)
        return datetime.fromtimestamp(seconds, UTC).replace(microsecond=rest)
    except (OverflowError, ValueError, OSError):
        return None


def span(microseconds: int) -> str:
    """A time span as systemd writes it: "1h 30min", "2s", "infinity"."""
    if microseconds == INFINITY:
        return "infinity"
    if microseconds == 0:
        return "0"
    words = []
    for name, size in _SPANS:
        count, microseconds = divmod(microseconds, size)
        if count:
            plural = "s" if name == "month" and count > 1 else ""
            words.append(f"{count}{name}{plural}")
    return " ".join(words)


def directive(base: str) -> str:
    """The unit file's word for a monotonic base: D-Bus says "OnBootUSec" for OnBootSec=."""
    return base[: -len("USec")] + "Sec" if base.endswith("USec") else base


def is_enabled(unit_file_state: str) -> bool:
    """True for what enabling leaves, for good or until the next boot."""
    return unit_file_state in ("enabled", "enabled-runtime")


def is_masked(unit_file_state: str) -> bool:
    """True for a mask, for good or until the next boot."""
    return unit_file_state.startswith("masked")


def made_by(fragment: str) -> str:
    """What made a unit file that is nobody's own: "transient" (by systemd-run), "generated", or ""."""
    folder = fragment.rpartition("/")[0].rpartition("/")[2]
    if folder == "transient":
        return folder
    return "generated" if folder in ("generator", "generator.early", "generator.late") else ""


def is_instance(unit: str) -> bool:
    """True for `name@instance.timer`; false for the template `name@.timer`, and for names without an @."""
    prefix, _, rest = unit.partition("@")
    return bool(prefix) and bool(rest.rpartition(".")[0])
