"""Advice that names keys of the dashboard, as it reads in a shell."""

from __future__ import annotations

import re

_VERBS = {
    "u": "undo",
    "U": "undo --list",
    "ctrl+r": "redo",
    "r": "run",
    "t": "stop",
    "l": "logs",
    "h": "history",
    "w": "watch",
    "p": "pause",
    "C": "record",
    "x": "delete",
    "n": "new",
    "E": "edit",
    "e": "reschedule",
}
_KEY = re.compile(
    r"(?<!\S)(ctrl\+r|[A-Za-z])(?= (?!is\b|was\b|has\b)(?:[a-z]+s|took|what)\b)"
    r"|^u(?=,)|(?<=with )E\b|(?<=: )[Eex](?=\.)"
)
_REFRESH = re.compile(r"(?:^|(?<=\. ))(?:Next try in [^,.]+, )?R [a-z]+s\b[^.]*\.? ?|[,;] R [a-z]+s\b[^.]*")


def in_shell(advice: str) -> str:
    """The verbs in place of the keys, and nothing of R, since each verb reads the present state."""
    return _KEY.sub(_verb, _REFRESH.sub("", advice))


def _verb(found: re.Match[str]) -> str:
    if found[1] == "e":  # "e fixes it": a line that cron refuses, which no verb edits
        return "crontab -e"
    return f"fedtui {_VERBS[found[0]]}" if found[0] in _VERBS else found[0]
