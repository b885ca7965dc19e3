"""Run a job now, follow it, find it again, stop it: one door for cron jobs and systemd jobs.

A run belongs to nobody's window: it is started detached, and whoever asks for it by id, now or after a
restart, gets its output from the beginning and its end.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

from fedtui.actions import run_cron, run_store
from fedtui.actions.plan import Applied, Refused
from fedtui.actions.ports import Ports
from fedtui.model import Job, Run


@dataclass(frozen=True, slots=True)
class RunUpdate:
    """News of a run: bytes it printed since the last update, and the run, whose `result` comes last."""

    output: bytes
    run: Run | None
