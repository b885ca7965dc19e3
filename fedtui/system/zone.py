"""The time zone that this machine's daemons live in: /etc/localtime, whatever TZ the terminal has."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


def local_zone(etc: Path = Path("/etc")) -> tuple[str, ZoneInfo]:
    """The machine's zone: its IANA name ("Europe/Berlin") and rules, UTC where none is set (localtime(5)).

    A copied /etc/localtime (no symbolic link) is named after /etc/timezone if that zone has the same rules,
    else "localtime".
    """
    localtime = etc / "localtime"
    try:
        rules = localtime.read_bytes()
    except OSError:
        return "UTC", ZoneInfo("UTC")
    name = _linked_name(localtime) or _written_name(etc / "timezone", rules)
    try:
        if name:
            return name, ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        pass  # not in the zone database of this machine: the file itself has the rules
    return _from_file(localtime)


def _linked_name(localtime: Path) -> str:
    """The part after `zoneinfo/` of the file that the link leads to; empty for a plain file."""
    parts = localtime.resolve().parts
    if "zoneinfo" not in parts:
        return ""
    return "/".join(parts[len(parts) - parts[::-1].index("zoneinfo") :])


def _written_name(path: Path, rules: bytes) -> str:
    """The name in /etc/timezone, if the zone of that name has exactly these rules."""
    try:
        name = path.read_text(encoding="utf-8").strip()
        return name if Path("/usr/share/zoneinfo", name).read_bytes() == rules else ""
    except (OSError, UnicodeDecodeError, ValueError):
        return ""


def _from_file(path: Path) -> tuple[str, ZoneInfo]:
    try:
        return "localtime", _read(path, path.stat().st_mtime_ns)
    except (OSError, ValueError):
        return "UTC", ZoneInfo("UTC")


@lru_cache(maxsize=4)
def _read(path: Path, _modified: int) -> ZoneInfo:
    """The rules of a file, the same object as long as the file is the same."""
    with path.open("rb") as file:
        return ZoneInfo.from_file(file, key="localtime")
