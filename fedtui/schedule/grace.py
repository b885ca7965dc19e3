"""How late a run may begin, and the states in which nothing starts a job."""

from __future__ import annotations

from datetime import timedelta

from fedtui.model import Job, State

CRON = timedelta(seconds=60)
TIMER = timedelta(seconds=30)
"""What a timer has beyond its AccuracySec= and RandomizedDelaySec=."""

HELD_BACK = {
    State.PAUSED: "it is paused",
    State.OFF: "its timer is off",
    State.NOT_LOADED: "cron does not load its table",
    State.BAD_LINE: "cron refuses its line",
    State.SCHEDULER_DOWN: "its scheduler is down",
    State.NEVER_FIRES: "no date meets its schedule any more",
}
"""States in which nothing will start the job, in words."""


def grace(job: Job) -> timedelta:
    """How late a run of `job` may begin."""
    if job.timer is None:
        return CRON
    return TIMER + timedelta(seconds=job.timer.accuracy + job.timer.randomized_delay)


def blocked_reason(job: Job) -> str:
    """Why nothing will start the job, in words; empty where something will."""
    words = HELD_BACK.get(job.state, "")
    return f"{words}: {job.state_reason}" if words and job.state_reason else words
