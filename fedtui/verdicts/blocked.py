"""Why no run of a job is due at all: states in which nothing starts it."""

from __future__ import annotations

from fedtui.model import Job, State

HELD_BACK = {
    State.PAUSED: "it is paused",
    State.OFF: "its timer is off",
    State.NOT_LOADED: "cron does not load its table",
    State.BAD_LINE: "cron refuses its line",
    State.SCHEDULER_DOWN: "its scheduler is down",
    State.NEVER_FIRES: "no date meets its schedule any more",
}
"""States in which nothing will start the job, in words."""


def blocked_reason(job: Job) -> str:
    """Why nothing will start the job, in words; empty where something will."""
    words = HELD_BACK.get(job.state, "")
    return f"{words}: {job.state_reason}" if words and job.state_reason else words
