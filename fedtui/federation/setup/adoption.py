"""Jobs of the user's own that run the profile's scripts already, and those of them that are taken over.

A line that is taken over stays as it is, below a mark (`crontab.managed_lines`). Reads files of units, and
else nothing but the snapshot.
"""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import assert_never

from fedtui.action_result import Refused
from fedtui.crontab.wrappers import SHELLS
from fedtui.federation.find_scripts import FOLDERS, FoundScript
from fedtui.federation.job_account import JobAccount
from fedtui.federation.profile import Profile
from fedtui.federation.setup.request import SetupRequest
from fedtui.federation.setup_issue import SetupIssue, error_issue, warning_issue
from fedtui.health.command_facts import read
from fedtui.model import CronFacts, Job, Snapshot, SourceName, State, TimerFacts, cron_jobs, timer_jobs
from fedtui.pack import SOURCES, Pack
from fedtui.schedule.patterns import listing

Running = Mapping[str, Sequence[Job]]
"""By a profile job's key the jobs, none of them the pack's, that run its script."""


def proposed_root(profile: Profile, snapshot: Snapshot) -> str:
    """ROOT by what the jobs run: the folder that all scripts of the profile's names are below.

    Empty where none is run. Raises Refused where there are several.
    """
    names = {name for job in profile.jobs for name in job.scripts}
    scripts = (Path(script) for _, every in _scripts(snapshot) for script in every)
    found = [_root_of(script) for script in scripts if script.name in names]
    roots = list({os.path.realpath(root): root for root in found}.values())
    if len(roots) > 1:
        raise Refused(
            f"The jobs run scripts in {listing(list(map(str, roots)))}.",
            advice="Say which of them is the federation: --root DIR.",
        )
    return str(roots[0]) if roots else ""


def _root_of(script: Path) -> Path:
    """The folder below which `find_scripts` looks for the script."""
    for place in sorted(filter(None, FOLDERS), key=len, reverse=True):
        if script.parent.as_posix().endswith(f"/{place}"):
            return script.parents[len(Path(place).parts)]
    return script.parent


def running_jobs(found: Sequence[FoundScript], snapshot: Snapshot, owner: JobAccount) -> Running:
    """Who runs each script already: lines of any table and timers, paused ones too.

    A job that runs one of the scripts counts for every other one that its command names.
    """
    there = [(one.job.key, one.path) for one in found if one.path is not None]
    by_script = {os.path.realpath(path): key for key, path in there}
    running: dict[str, list[Job]] = {}
    for job, scripts in _scripts(snapshot):
        mine = {by_script.get(os.path.realpath(script)) for script in scripts} - {None}
        if not mine or (job.managed and job.user in (owner.name, "")):
            continue
        for key, path in there:
            if key in mine or path.name in (job.command or ""):
                running.setdefault(key, []).append(job)
    return running


def _scripts(snapshot: Snapshot) -> Iterator[tuple[Job, list[str]]]:
    """The jobs with the scripts that they run, as far as their commands are read."""
    for job, cron in cron_jobs(snapshot.jobs):
        if job.state not in (State.BAD_LINE, State.UNREACHABLE):
            script = read(cron.command, cron.home, cron.environment, job.user).script
            if script:
                yield job, [script]
    for job, _ in timer_jobs(snapshot.jobs):
        yield job, re.findall(r"/[^\s'\";&|]+", job.command or "")


def candidates(running: Running, key: str, owner: JobAccount) -> list[Job]:
    """The jobs of a key that can be taken over: they run its script, no other one, and can be changed."""
    shared = {job.id for other, jobs in running.items() if other != key for job in jobs}
    return [
        job
        for job in running.get(key, ())
        if job.id not in shared and backend_of(job, owner) and _runs_script_alone(job)
    ]


def _runs_script_alone(job: Job) -> bool:
    """Whether a timer's service runs a script itself, or has a shell run it: `cp SCRIPT /tmp` does not."""
    match job.facts:
        case CronFacts():
            return True
        case TimerFacts():
            with suppress(ValueError):  # quotes that do not end
                words = shlex.split(job.command or "")
                words = words[1:] if words[:1] == ["/usr/bin/env"] else words
                return len(words) == 1 or (len(words) == 2 and Path(words[0]).name in SHELLS)
            return False
        case _ as never:
            assert_never(never)


def taken_over(
    running: Running, request: SetupRequest, owner: JobAccount, have: Collection[str] = ()
) -> Mapping[str, Job]:
    """The jobs that the request takes over, by key: those that it names, else each that is the only one.

    `have` are the keys of which the pack has a job already. A paused job is no rival of one that is not.
    """
    chosen: dict[str, Job] = {}
    for key, jobs in running.items() if request.adopt else ():
        fit = candidates(running, key, owner)
        named = [job for job in fit if job.id in request.adopt_jobs]
        awake = [job for job in jobs if not job.paused]
        only = jobs if len(jobs) == 1 else awake if len(awake) == 1 else ()
        mine = named or [job for job in only if job in fit]
        if len(mine) == 1 and key not in have:
            chosen[key] = mine[0]
    return chosen


def backend_of(job: Job, owner: JobAccount) -> str:
    """What a job is taken over on: the owner's crontab, or timers of a manager that may be changed from here.

    Empty where it cannot be: a line of a system table, a timer of another's or, but for root, of the system.
    """
    reached = {
        SourceName.CRONTAB: job.user == owner.name,
        SourceName.USER_TIMER: owner.own,
        SourceName.SYSTEM_TIMER: os.geteuid() == 0,
    }
    return next((name for name, source in SOURCES.items() if source is job.source and reached[source]), "")


def insisted_keys(request: SetupRequest, was: Pack | None, profile: Profile) -> frozenset[str]:
    """The keys of the jobs that are scheduled though they fail or run twice: as asked for, or as before."""
    if request.force:
        return frozenset(job.key for job in profile.jobs)
    return frozenset(was.insisted if was is not None and not request.no_force else ())


def running_issues(
    running: Running,
    taken: Mapping[str, Job],
    profile: Profile,
    request: SetupRequest,
    was: Pack | None,
    owner: JobAccount,
    have: Collection[str] = (),
) -> Iterator[SetupIssue]:
    """What is to be known of jobs that run a script of the profile and are not taken over."""
    insisted = insisted_keys(request, was, profile)
    settled = {*taken, *have}
    for of_profile in profile.jobs:
        others = running.get(of_profile.key, ())
        for job in others:
            if job is taken.get(of_profile.key) or (job.paused and not request.adopt):
                continue
            text = f"{job.name} ({job.location}) runs this script already, {job.schedule}."
            if of_profile.key in insisted or of_profile.key in settled:
                why = "since it is left alone" if of_profile.key in settled else "as you insist (--force)"
                yield warning_issue(text, of_profile.key, f"It runs twice, {why}.")
            elif fit := candidates(running, of_profile.key, owner):
                advice = f"Take it over: --adopt {job.id}" if job in fit else ""
                yield error_issue(text, of_profile.key, advice or f"Or take it out: fedtui pause {job.id}")
            else:
                advice = f"{of_profile.name} is not scheduled a second time. Take yours out "
                yield error_issue(
                    text, of_profile.key, f"{advice}(fedtui pause {job.id}), or insist with --force."
                )
