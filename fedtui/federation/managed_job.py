"""A job that the pack schedules: a script of the profile, the git sync, the rotation, the alert check.

What it is says nothing of where it runs: `placement` turns it into lines of a crontab or into a pair of
units.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class ManagedJob:
    """`key` names it within the pack: "sync", "export", "metrics", or "git", "rotate", "alert".

    `argv` is the argument vector, its program's path absolute unless it is an interpreter (`bash SCRIPT`).
    `schedule` is five cron fields; `timer` holds lines such as ("OnBootSec", "5min") that a timer gets
    instead of the schedule's OnCalendar=. `log` is the absolute path of the file that output is appended
    to, empty for a timer's journal. `spread` is RandomizedDelaySec in seconds. `custom` are five fields that
    somebody chose in place of the schedule, and `why` what was written down of it ("was 0 * * * *; reason:
    ..."): a job that is new on its scheduler begins with them. `adopts` is the id of a job of the user's own
    that becomes this one: its command stays, and `log` is where that writes, if anywhere.
    """

    key: str
    name: str
    description: str
    argv: tuple[str, ...]
    schedule: str
    log: str = ""
    timer: tuple[tuple[str, str], ...] = ()
    spread: int = 0
    note: str = ""
    custom: str = ""
    why: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)
    adopts: str = ""
