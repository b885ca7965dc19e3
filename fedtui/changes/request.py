"""What a screen or a verb asks for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Request:
    """A change to plan: its verb, the ids of its jobs, its arguments as JSON could hold them.

    Plain values only, so that another machine can answer it. `fedtui.engine` lists verbs and arguments.
    `fixes` are new texts for lines that cron refuses, by their numbers (`BadTable.as_comments`).
    """

    verb: str
    jobs: tuple[str, ...] = ()
    arguments: Mapping[str, Any] = field(default_factory=dict)
    fixes: Mapping[str, str] = field(default_factory=dict)
