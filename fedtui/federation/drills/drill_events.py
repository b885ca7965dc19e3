"""What a drill reports while it runs: its phases and events, and why it could not be run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum


class DrillError(Exception):
    """A step of the drill could not be done, so that nothing was rehearsed; the message is fit to show."""


class DrillPhase(StrEnum):
    """Which part of a drill is reported; OUTPUT is a line that a program printed meanwhile."""

    BEFORE = "before"
    DOING = "doing"
    OUTPUT = "output"
    AFTER = "after"
    CLEANING = "cleaning up"


@dataclass(frozen=True, slots=True)
class DrillEvent:
    """One thing that happened; `text` is outside text and not yet safe to show."""

    phase: DrillPhase
    text: str


OnEvent = Callable[[DrillEvent], None]


@dataclass(frozen=True, slots=True)
class ScriptAccount:
    """Whom scripts run as: (uid, gid, groups), None for ourselves."""

    name: str
    ids: tuple[int, int, tuple[int, ...]] | None = None
