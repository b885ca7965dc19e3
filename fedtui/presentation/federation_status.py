"""The words of `setup --status`: what is set up, each job's state, and what comes next in the rollout."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from datetime import datetime

from fedtui.federation.setup.rollout import RolloutStage
from fedtui.federation.setup.status import JobStatus, PackStatus
from fedtui.pack import BACKENDS, Pack
from fedtui.presentation.job_rows import last_glyph
from fedtui.presentation.times import in_words, size, when


def status_lines(status: PackStatus, now: datetime) -> Iterator[str]:
    if status.pack is not None:
        yield from _pack_lines(status.pack, status.jobs)
    elif status.jobs:
        yield "Another user, who alone has its settings, set up these jobs of a federation for you."
    else:
        yield "No federation pack is set up."
    for one in status.jobs:
        yield ""
        yield from _job_lines(one, now)
    for problem in status.problems:
        yield f"✗ {problem}"
    yield ""
    yield from standing_lines(status.standing)


def _places(pack: Pack, jobs: Sequence[JobStatus]) -> str:
    """Where the profile's jobs are; single ones may have been moved to another scheduler."""
    there = {one.backend for one in jobs if one.placed is not None and one.key in pack.scripts}
    return " and ".join(
        words
        for backend, words in BACKENDS.items()
        if backend in there or (not there and backend == pack.backend)
    )


def _pack_lines(pack: Pack, jobs: Sequence[JobStatus]) -> Iterator[str]:
    as_whom = f" as {pack.run_as}" if pack.run_as else ""
    recorded = f", exit codes {'' if pack.record else 'not '}recorded" if pack.backend == "cron" else ""
    yield f"profile {pack.profile} on {_places(pack, jobs)}{as_whom}, set up on {pack.since}{recorded}"
    yield f"  root      {pack.root}"
    yield f"  logs      {pack.log_dir}{', rotated weekly' if pack.rotate else ', not rotated'}"
    yield f"  commits   {f'to {pack.remote}, branch {pack.branch}' if pack.git else 'none'}"
    channels = [f"{len(pack.alerts)} alert URL{'' if len(pack.alerts) == 1 else 's'}"] if pack.alerts else []
    channels += [f"mail to {pack.mail_to}"] if pack.mail_to else []
    channels += ["a heartbeat"] if pack.heartbeat else []
    yield f"  alerts    {', '.join(channels) or 'none'}"


def _job_lines(one: JobStatus, now: datetime) -> Iterator[str]:
    if one.left_out:
        yield f"– {one.name}: not scheduled, {one.left_out}"
        return
    if one.placed is None:
        yield f"✗ {one.name}: it is not there any more; fedtui setup puts it back"
        return
    state = "paused" if one.placed.paused else ""
    if one.job is not None and one.job.state_reason:
        state = f"{one.job.state.value}: {one.job.state_reason}"
    yield f"{one.name}   {one.placed.schedule}   {one.placed.where}" + (f"   {state}" if state else "")
    if one.placed.adopted:
        yield "  adopted   it was there before; setup --remove gives it back"
    if one.custom:
        why = f"; {one.why}" if one.why else "; no reason is written down"
        yield f"  custom    the profile has {one.of_profile or one.placed.planned}{why}"
    job = one.job
    if job is None:
        yield "  its row was not read"
        return
    yield f"  next      {when(job.next_run, now) if job.next_run else '-'}"
    sign = last_glyph(job, now)
    reasons = f": {job.last_result.why[0]}" if job.last_result.why else ""
    last = when(job.last_run, now) if job.last_run else "-"
    yield f"  last      {last}  {sign.glyph} {sign.word}{reasons}"
    if one.log:
        yield f"  log       {one.log}  {size(one.log_size) if one.log_size is not None else 'not there yet'}"
    if one.product:
        yield _data_line(one, now)


def _data_line(one: JobStatus, now: datetime) -> str:
    """How new what the job should renew is: by its newest timestamp, else by its age."""
    newest = (one.data.newest or one.data.modified) if one.data is not None else None
    if one.data is None or newest is None:
        return f"  data      {one.product}: not there, or not readable"
    age = (now - newest).total_seconds()
    judged = ""
    if one.stale is not None and one.fresh_for is not None:
        judged = f", ✗ stale: at most {in_words(one.fresh_for)}" if one.stale else ", ✓ fresh"
    parts = [f"  data      newest {when(newest, now)}, {in_words(max(age, 0))} old{judged}"]
    if one.data.newest is None:
        parts.append("by the file's time")
    if one.data.broken:
        parts.append(f"{one.data.broken} of {one.data.lines} lines broken")
    return "; ".join(parts)


def standing_lines(standing: RolloutStage) -> Iterator[str]:
    """Where the operator is in the rollout."""
    yield f"rollout: {standing.title}" + (f", day {standing.days + 1}" if standing.days else "")
    if standing.week > 1:
        known = f"{standing.good} ended well, {standing.failed} failed"
        yield f"  runs of the last 7 days: {known}, of {standing.unknown} the end is unknown"
    for wait in standing.waits:
        yield f"  still to come: {wait}"
    yield f"  {'next' if standing.ready else 'then'}: {standing.then}"
    if standing.command:
        yield f"    {shlex.join(standing.command)}"
