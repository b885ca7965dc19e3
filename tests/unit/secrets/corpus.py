"""The lines of samples.txt and lookalikes.txt, with random text of the right shape where they have «…».

The same line is filled with the same text each time. No file holds a token, so no scanner of pushes objects.
"""

from __future__ import annotations

import random
import re
import string
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

_LOWER, _UPPER, _DIGITS = string.ascii_lowercase, string.ascii_uppercase, string.digits
_ALPHABETS = {
    "a": string.ascii_letters + _DIGITS,
    "b": string.ascii_letters + _DIGITS + "+/",
    "d": _DIGITS,
    "g": "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L",
    "h": "0123456789abcdef",
    "l": _LOWER + _DIGITS,
    "m": string.ascii_letters,
    "p": string.ascii_letters + _DIGITS + "!#*+-./:=?@^_~,",
    "t": _UPPER + "234567",
    "u": _UPPER + _DIGITS,
}


@dataclass(frozen=True)
class Line:
    """A line of a corpus; `secrets` are the texts of its «…»."""

    group: str
    text: str
    secrets: tuple[str, ...]


def lines(name: str) -> list[Line]:
    """The lines of the file, filled."""
    found, group = [], ""
    for line in Path(__file__).with_name(name).read_text().splitlines():
        if line.startswith("## "):
            group = line.removeprefix("## ")
        elif line and not line.startswith("#"):
            found.append(_filled(group, line))
    return found


def _filled(group: str, line: str) -> Line:
    chance, secrets = random.Random(line), []

    def fill(match: re.Match[str]) -> str:
        secrets.append(re.sub(r"%(?:([a-z])(\d+)|U)", lambda one: _random(one, chance), match[1]))
        return secrets[-1]

    return Line(group, re.sub("«(.*?)»", fill, line), tuple(secrets))


def _random(match: re.Match[str], chance: random.Random) -> str:
    if match[0] == "%U":
        return str(UUID(int=chance.getrandbits(128), version=4))
    while True:
        text = "".join(chance.choices(_ALPHABETS[match[1]], k=int(match[2])))
        if match[1] == "p" and (text[0] in "~-./@=,:?#" or text[-1] in ".,:/" or not re.search(r"\d", text)):
            continue  # as it would not be typed without quotes
        if len(text) < 6 or match[1] in "dm" or (re.search(r"\d", text) and re.search(r"\D", text)):
            return text
