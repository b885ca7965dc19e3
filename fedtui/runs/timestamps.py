"""The moments that programs write into their data, by what they look like. Pure."""

from __future__ import annotations

import math
from datetime import UTC, datetime, tzinfo

_UNITS = ((1e17, 1e9), (1e14, 1e6), (1e11, 1e3))
"""From which number on a timestamp counts nano-, micro- and milliseconds; below, seconds (until 5138)."""


def read_timestamp(value: object, zone: tzinfo) -> datetime | None:
    """A timestamp as UTC: an ISO 8601 text, or a number of seconds, milli-, micro- or nanoseconds.

    None for what is no moment. A text without an offset is local time (ISO 8601), a text of digits a number.
    """
    if isinstance(value, str):
        text = value.strip()
        try:
            found = datetime.fromisoformat(text)
        except ValueError:
            return _of_number(text)
        if text.isdigit() and len(text) > len("20261124"):
            return _of_number(text)
        return (found if found.tzinfo is not None else found.replace(tzinfo=zone)).astimezone(UTC)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return _of_number(value)


def _of_number(value: float | str) -> datetime | None:
    try:
        number = float(value)
        if not math.isfinite(number) or number <= 0:
            return None
        number /= next((unit for least, unit in _UNITS if number >= least), 1.0)
        return datetime.fromtimestamp(number, UTC)
    except (ValueError, OverflowError, OSError):
        return None
