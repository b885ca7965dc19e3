"""FT215, FT216: what is wrong with the service that a timer starts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

from fedtui.health.checks import TIMERS, CheckReport, check, error_rule, warning_rule
from fedtui.health.file_facts import FileFacts
from fedtui.health.timer_units import systemctl
from fedtui.model import Snapshot, TimerFacts, timer_jobs
from fedtui.safe_text import sanitize_and_mask
from fedtui.schedule.period import period_of
from fedtui.schedulers import driver_of

NO_SHELL = error_rule(
    "FT215",
    "shell syntax in ExecStart=",
    "systemd starts the program without a shell: >>, |, &&, $(date), ~/ and *.log are arguments to it as "
    "they are; its log is never written.",
    "Write StandardOutput=append:/path/to/log, or ExecStart=/bin/sh -c '...'.",
)
STILL_UP = warning_rule(
    "FT216",
    "a service that never ends, under a timer",
    "systemd does not start a unit that is still active: while the service is up, its timer starts nothing.",
    "Use Type=oneshot for a job that ends, or no timer for a daemon.",
    needs=TIMERS,
)

_QUOTED = re.compile(r"'[^']*'|\"(?:\\.|[^\"\\])*\"")
_SHELL_WORD = re.compile(
    r"(?<=\s)(?:[012]?>>?(?:&[012])?|&>>?|\|\|?|&&|<{1,3})(?=[\s/~$.]|$)|\$\([^)]*\)?|`[^`]*`|(?<=\s)~/\S*"
)
_TAKES_FILES = re.compile(r"[-@:+!]*(?:/\S*/)?(?:rm|cp|mv|cat|chmod|chown|gzip)\s")
_PATTERN = re.compile(r"(?<=\s)/\S*[*?]\S*")


@check(NO_SHELL)
def no_shell(snapshot: Snapshot, host: FileFacts) -> Iterator[CheckReport]:
    """FT215: words of ExecStart= that only a shell would understand."""
    for job, facts in timer_jobs(snapshot.jobs):
        if not facts.service_fragment:
            continue
        if why := host.unread(facts.service_fragment):
            yield NO_SHELL.hidden(facts.service_fragment, why)
        for key, value in host.unit_lines(facts.service_fragment, "Service"):
            bare = _QUOTED.sub("''", value) if key == "ExecStart" else ""
            word = _SHELL_WORD.search(bare) or (_TAKES_FILES.match(bare) and _PATTERN.search(bare))
            if word:
                yield NO_SHELL.found(
                    f"systemd hands {word[0]} to the program of {facts.activates} as an argument.",
                    (f"ExecStart=  {sanitize_and_mask(value)}", f"file  {facts.service_fragment}"),
                    job=job,
                )
                break


@check(STILL_UP)
def still_up(snapshot: Snapshot, host: FileFacts) -> Iterator[CheckReport]:
    """FT216: a service that never ends by its settings, or that was due to start again and is still up."""
    for job, facts in timer_jobs(snapshot.jobs):
        if endless := _restart(facts, host):
            yield STILL_UP.found(
                f"systemd restarts {facts.activates} each time that it ends: its timer starts nothing.",
                (endless, f"file  {facts.service_fragment}"),
                command=f"{systemctl(facts, change=True)} edit --full {facts.activates}",
                job=job,
            )
            continue
        if facts.service_active_state != "active" or job.running_since is None:
            continue
        period = period_of(job, snapshot.at)
        up = snapshot.at - job.running_since - driver_of(job).grace
        if period is None or up <= timedelta(seconds=period):
            continue
        yield STILL_UP.found(
            f"{facts.activates} stays up, so its timer cannot start it: {job.name} is overdue.",
            (
                f"up since  {job.running_since:%Y-%m-%d %H:%M}",
                f"schedule  {job.schedule}",
                f"file  {facts.service_fragment}",
            ),
            title=f"{job.name} is overdue: its service is still up",
            command=f"{systemctl(facts)} status {facts.activates}",
            job=job,
        )


def _restart(facts: TimerFacts, host: FileFacts) -> str:
    """The line by which a service never ends; empty for none, or where a drop-in may say otherwise."""
    path = facts.service_fragment
    if not path or host.names(f"{path}.d"):
        return ""
    value = dict(host.unit_lines(path, "Service")).get("Restart", "")
    return f"Restart={value}" if value in ("always", "on-success") else ""
