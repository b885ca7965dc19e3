"""Reads the corpus; the form of a case is in README.md."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
HALVES = ("open", "frozen")
FAMILIES = ("lines", "units", "tables")
MARK = "[[case]]\n"


@dataclass(frozen=True)
class Answer:
    """What is right of one job; None is not scored."""

    name: str | None
    programs: frozenset[str]
    script: str
    directory: str
    log: str
    state: str
    findings: frozenset[str]
    allowed: frozenset[str]
    secrets: tuple[str, ...]
    runs: bool
    """False where the shell can run nothing of the line: there is nothing to look for then."""


def identity(case: Mapping[str, Any]) -> str:
    """What makes a case itself: its input, without answers."""
    if "line" in case:
        return f"{case.get('above', '')}\n{case['line']}"
    if "unit" in case:
        return f"{case['unit']}\n{case['timer']}\n{case.get('service', '')}"
    return f"{case['path']}\n{case['text']}"


def half_of(case: Mapping[str, Any]) -> str:
    """The half that a case belongs to."""
    return HALVES[hashlib.sha256(identity(case).encode()).digest()[-1] & 1]


def load(half: str, family: str) -> Iterator[dict[str, Any]]:
    """The cases of a family in one half."""
    for path in sorted((HERE / half / family).glob("*.toml")):
        yield from tomllib.loads(path.read_text(encoding="utf-8"))["case"]


def answer(case: Mapping[str, Any], home: str) -> Answer:
    """The answer of a line or a unit, or of one of a table's `jobs`."""
    return Answer(
        case.get("name"),
        frozenset(case.get("programs", ())),
        case.get("script", ""),
        case.get("directory") or home,
        case.get("log", ""),
        case.get("state", "on"),
        frozenset(case.get("findings", ())),
        frozenset(case.get("allowed", ())),
        tuple(case.get("secrets", ())),
        not (case.get("breaks") or "FT116" in case.get("findings", ()) or case.get("state") == "bad_line"),
    )
