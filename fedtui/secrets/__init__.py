"""Finds secrets in a line of text: by a name before them, as option of a program, in URLs, by their shape.

`find_secrets` is all that others need. Most lines hold no secret: they have none of a few words, which are
looked for first, and each part is loaded when a line needs it.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from fedtui.secrets.habits import PROGRAMS, SIGNS

MARK = "•••"
"""In every mask: what holds it is not a secret any more."""

_NAMES = (
    *(
        "pass",
        "token",
        "secret",
        "key",
        "auth",
        "pwd",
        "pw=",
        "pw:",
        "_pat",
        "pat=",
        "cred",
        "cookie",
        "sig=",
    ),
    *("code=", "?k=", "&k=", "bearer", "basic", "identified", "pk="),
)
_URLS = ("://", "ntfy.sh/", "hc-ping", "hooks")
_WORDS = str.maketrans("/'\"`()=;|", " " * 9)
_LONG = re.compile(r"[a-z0-9_-]{16}")
_CUT = ("glc_", "pscale_", "q~")
"""In tokens with signs that need not have a long part without one."""


class Secret(NamedTuple):
    """Where a secret is in the text; `head` is what it belongs to (`TOKEN=`, `mysql -p`)."""

    start: int
    end: int
    head: str


def find_secrets(text: str) -> list[Secret]:
    """The secrets in order, none overlapping; what is masked already and references (`$TOKEN`) are none."""
    low = text.lower()
    found: list[Secret] = []
    holds = low.__contains__
    if any(map(holds, _NAMES)):
        from fedtui.secrets.names import named

        found += named(text)
    if any(map(holds, _URLS)):
        from fedtui.secrets.urls import in_urls

        found += in_urls(text)
    if any(map(holds, SIGNS)) and not PROGRAMS.isdisjoint(low.translate(_WORDS).split()):
        from fedtui.secrets.commands import in_commands

        found += in_commands(text)
    if "private key" in low:
        from fedtui.secrets.tokens import private_keys

        found += private_keys(text)
    if _LONG.search(low) or any(map(holds, _CUT)):
        from fedtui.secrets.tokens import tokens

        found += tokens(text, low)
    return _merged(sorted(one for one in found if MARK not in text[one.start : one.end])) if found else found


def _merged(found: list[Secret]) -> list[Secret]:
    merged: list[Secret] = []
    for one in found:
        if merged and one.start < merged[-1].end:
            merged[-1] = merged[-1]._replace(end=max(merged[-1].end, one.end))
        else:
            merged.append(one)
    return merged
