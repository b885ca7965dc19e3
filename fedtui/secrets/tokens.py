"""Tokens known by their shape: the rules of gitleaks in gitleaks.json."""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from fedtui.secrets import Secret

_PRIVATE_KEY = re.compile(
    r"(?P<begin>-----BEGIN [A-Z0-9 ]{0,30}PRIVATE KEY(?: BLOCK)?-----)"
    r"(?P<key>(?:[A-Za-z0-9+/=\s\\\u240a\u240d:,.()]|-(?!----)){16,})"
)


class Rule(NamedTuple):
    """The shape of a token, which has at least `entropy` bits a character."""

    name: str
    regex: str
    entropy: float


@lru_cache(1)
def rules() -> dict[str, list[Rule]]:
    """All of them, by the words (in lower case) of which a text must hold one."""
    found: dict[str, list[Rule]] = {}
    for one in json.loads(Path(__file__).with_name("gitleaks.json").read_text(encoding="utf-8"))["rules"]:
        for word in one["keywords"]:
            found.setdefault(word, []).append(Rule(one["id"], one["regex"], one["entropy"]))
    return found


def private_keys(text: str) -> Iterator[Secret]:
    """What PEM and PGP have between the lines that begin and end a private key, or as far as it is there."""
    for match in _PRIVATE_KEY.finditer(text):
        start, end = match.span("key")
        last = text.find("-----END", start)
        yield Secret(start, end if last < 0 else last, match["begin"])


def tokens(text: str, low: str) -> Iterator[Secret]:
    """The tokens in `text`, of which `low` is the lower case."""
    known = rules()
    for word in [word for word in known if word in low]:
        for rule in known[word]:
            for match in _compiled(rule.regex).finditer(text):
                group = match.lastindex and next((at for at, one in enumerate(match.groups(), 1) if one), 0)
                start, end = match.span(group or 0)
                if entropy(text[start:end]) >= rule.entropy:
                    yield Secret(start, end, rule.name)


@lru_cache(256)
def _compiled(regex: str) -> re.Pattern[str]:
    return re.compile(regex, re.ASCII)


def entropy(text: str) -> float:
    """Shannon's, in bits a character."""
    return -sum(count / len(text) * math.log2(count / len(text)) for count in Counter(text).values())
