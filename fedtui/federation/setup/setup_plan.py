"""The set-up as one change: what a survey and its trial runs came to, turned into a plan.

Everything is one bundle: folders, logs, lines or units, lingering, and the file that says what was set up. So
it is shown whole, made whole or not at all, and undone in one step. Only what is the pack's is touched.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from fedtui.action_result import Refused
from fedtui.changes.change_set import plan_change_set
from fedtui.changes.edits import Edit, FolderEdit, LingerEdit
from fedtui.changes.plan import Plan
from fedtui.changes.unit_edits import file_stamps
from fedtui.crontab import id_key
from fedtui.crontab.managed_lines import command_field
from fedtui.federation import log_folder
from fedtui.federation.backends.created_files import pack_edit
from fedtui.federation.backends.placement import InstalledJob, install_edits, removal_edits
from fedtui.federation.backends.unit_text import unit_name
from fedtui.federation.managed_job import ManagedJob
from fedtui.federation.rotation.rotation import pack_logs
from fedtui.federation.setup.additions import AddedJob, Additions, additions_of
from fedtui.federation.setup.merge_request import merge_with_current
from fedtui.federation.setup.placements import InstalledJobs, Placement, placement_of
from fedtui.federation.setup.preflight import Preflight
from fedtui.federation.setup.test_run import TestRun
from fedtui.model import Severity
from fedtui.pack import BACKENDS, Origin, Pack, pack_file
from fedtui.ports import Ports
from fedtui.schedule.translate import TranslationError, to_cron

JOB_ID = "federation"
"""What the change is filed under: it is about no single job."""


@dataclass(frozen=True, slots=True)
class SetupIntent:
    """What is to be: the jobs of the profile that are scheduled, and the keys of those left as they stand.

    `missing` are the names of jobs that were asked for and are not scheduled.
    """

    jobs: tuple[ManagedJob, ...]
    left: frozenset[str]
    missing: tuple[str, ...] = ()


def planned_job_id(job: ManagedJob, backend: str, user: str) -> str:
    """The id that the job's row will have."""
    if backend == "cron":
        line = command_field(job.argv, job.log, job.environment)
        return f"crontab:{id_key('crontab', user.encode(), line, 1)}"
    source = "user-timer" if backend == "user" else "system-timer"
    return f"{source}:{unit_name(job.name)}.timer"


def main_placement(survey: Preflight) -> Placement:
    """Where the profile's jobs stand, or are to."""
    return placement_of(survey.backend, _run_as(survey))


def to_try(survey: Preflight, now: Mapping[str, InstalledJob]) -> tuple[ManagedJob, ...]:
    """The jobs that want a trial run: those not blocked, and not running already as they would."""
    blocked = survey.blocked()
    if "" in blocked:
        return ()
    fresh = []
    for job in survey.jobs():
        there = now.get(job.key)
        same = there is not None and there.job_id == planned_job_id(job, survey.backend, survey.owner.name)
        if job.key not in blocked and not same:
            fresh.append(job)
    return tuple(fresh)


def intent_of(survey: Preflight, trials: Sequence[TestRun], now: Mapping[str, InstalledJob]) -> SetupIntent:
    """What is to be scheduled. Raises Refused where nothing can be."""
    issues = (*survey.issues, *(trial.remark(force=survey.request.force) for trial in trials))
    blocked = {remark.key for remark in issues if remark.severity is Severity.ERROR}
    whole = next((one for one in issues if one.severity is Severity.ERROR and not one.key), None)
    if whole is not None:
        raise Refused(whole.text, advice=whole.advice)
    jobs = tuple(job for job in survey.jobs() if job.key not in blocked)
    left = frozenset(blocked & set(now))
    if not jobs and not left:
        raise Refused(
            "None of the profile's jobs can be scheduled.", advice="What was found says why, for each."
        )
    scheduled = {job.key for job in jobs}
    missing = tuple(one.job.name for one in survey.found if one.job.key not in scheduled | left)
    return SetupIntent(jobs, left, missing)


def draft(survey: Preflight, intent: SetupIntent, ports: Ports) -> Pack:
    """The pack as it is to be, before the additions have said what of them can be."""
    was, request = survey.was, survey.request
    root, profile, logs_in = str(survey.root), survey.profile.source, str(survey.logs.path)
    base = was or Pack(root, profile, survey.backend, logs_in, _today(ports.clock()))
    kept = {job.key for job in intent.jobs} | intent.left
    return replace(
        base,
        root=root,
        profile=profile,
        backend=survey.backend,
        log_dir=logs_in,
        run_as=_run_as(survey),
        scripts={one.job.key: str(one.path) for one in survey.found if one.job.key in kept and one.path},
        products={
            one.job.key: str(survey.root / one.job.product)
            for one in survey.found
            if one.job.key in kept and one.job.product
        },
        git=bool(request.git),
        rotate=bool(request.rotate),
        alerts=request.alerts or (),
        mail_to=request.mail_to or "",
        heartbeat=request.heartbeat or "",
    )


async def additions_for(survey: Preflight, intent: SetupIntent, ports: Ports) -> Additions:
    """What is asked for beside the jobs, as far as it can be set up. Raises Refused."""
    return await additions_of(
        draft(survey, intent, ports),
        survey.was,
        survey.owner,
        survey.environment,
        [str(path) for path in pack_logs(survey.profile, survey.logs.path)],
        ports,
        ssh_url=survey.request.ssh_url,
    )


async def plan_setup(
    survey: Preflight, intent: SetupIntent, additions: Additions, now: InstalledJobs, ports: Ports
) -> Plan:
    """The plan by which the pack is as asked for. Raises NothingToChange, Refused."""
    main = main_placement(survey)
    parts: list[Edit] = []
    # A unit's log is made with its unit.
    names = [Path(job.log).name for job in intent.jobs if job.log] if main.backend == "cron" else []
    of_root = main.backend == "system"  # systemd opens the logs as root
    parts += await asyncio.to_thread(
        log_folder.log_edits, survey.logs.path, names, survey.owner, of_root=of_root
    )
    parts += additions.parts
    wanted = _wanted(survey, intent, additions, now)
    for spot in sorted({*now, *wanted}, key=lambda one: one == main):
        left = (intent.left if spot == main else frozenset()) | additions.left
        keys = {one.job.key for one in wanted.get(spot, ())}
        gone = set(now.get(spot, ())) - keys - left
        parts += await _on(spot, wanted.get(spot, ()), gone, survey, ports)
    if main.backend == "user":
        parts[:0] = await asyncio.to_thread(_stamp_folders)
    if survey.request.linger and main.backend == "user" and survey.lingers is False:
        parts.append(LingerEdit(survey.owner.name, False, True))
    pack = await merge_with_current(
        draft(survey, intent, ports), survey, additions, parts, wanted, now, ports
    )
    before = await asyncio.to_thread(pack_file().read_bytes) if survey.was is not None else None
    parts.append(pack_edit(before, pack))
    return await plan_change_set(
        "setup",
        JOB_ID,
        "federation pack",
        _summary(survey, intent),
        parts,
        ports,
        _done(survey, intent, additions),
        additions.failures,
    )


def _stamp_folders() -> list[FolderEdit]:
    """Where systemd will keep the timers' stamps: made by us, so that it goes with an undo."""
    return [FolderEdit(str(folder), True) for folder in log_folder.missing(file_stamps(user_manager=True))]


def _run_as(survey: Preflight) -> str:
    return "" if survey.owner.own else survey.owner.name


def _wanted(
    survey: Preflight, intent: SetupIntent, additions: Additions, now: InstalledJobs
) -> dict[Placement, list[AddedJob]]:
    """Every job that is to be, by place."""
    wanted: dict[Placement, list[AddedJob]] = {}
    main, run_as = main_placement(survey), _run_as(survey)
    jobs = _carried(survey, intent.jobs, now)
    for one in (*(AddedJob(job, main.backend, run_as) for job in jobs), *additions.jobs):
        wanted.setdefault(placement_of(one.backend, one.run_as), []).append(one)
    return wanted


async def _on(
    spot: Placement, jobs: Sequence[AddedJob], gone: set[str], survey: Preflight, ports: Ports
) -> tuple[Edit, ...]:
    """The parts for one place; units of one place may run as several users."""
    if not jobs:
        if not gone:
            return ()
        origin = survey.was.origin if survey.was else Origin()
        return await removal_edits(gone, spot.backend, spot.user, ports, no_table=_no_table(origin, spot))
    force = survey.request.force
    parts: list[Edit] = []
    for run_as in dict.fromkeys(one.run_as for one in jobs):
        these = [one.job for one in jobs if one.run_as == run_as]
        reset = [job.key for job in these] if force else ()
        parts += await install_edits(these, spot.backend, run_as, ports, gone=gone, reset=reset)
        gone = set()
    return tuple(parts)


def _no_table(origin: Origin, spot: Placement) -> bool:
    return spot.backend == "cron" and spot.user in origin.no_crontab


def _carried(survey: Preflight, jobs: tuple[ManagedJob, ...], now: InstalledJobs) -> tuple[ManagedJob, ...]:
    """The jobs; one that moves to another backend takes a schedule of somebody's own along."""
    was, main = survey.was, main_placement(survey)
    if was is None or was.backend == survey.backend or survey.request.force:
        return jobs
    before = {key: one for spot, there in now.items() if spot != main for key, one in there.items()}
    return tuple(_with_custom(job, before.get(job.key)) for job in jobs)


def _with_custom(job: ManagedJob, before: InstalledJob | None) -> ManagedJob:
    if before is None or not before.custom:
        return job
    schedule = before.schedule
    if len(schedule.split()) != 5 or "=" in schedule:
        schedule = _as_fields(schedule)
    if not schedule:
        return job
    why = f"was {before.why.removeprefix('was ')}" if before.why else ""
    return replace(job, custom=schedule, why=why)


def _as_fields(triggers: str) -> str:
    """A timer's triggers as five fields; empty where cron has no word for them."""
    pairs = [part.partition("=") for part in triggers.split("; ")]
    if any(name != "OnCalendar" for name, _, _ in pairs):
        return ""
    try:
        return to_cron([value for _, _, value in pairs])
    except TranslationError:
        return ""


def _today(now: datetime) -> str:
    return now.astimezone().date().isoformat()


def _summary(survey: Preflight, intent: SetupIntent) -> str:
    was = survey.was
    verb = f"Set up{' anew' if was is not None else ''} the {survey.profile.name} profile:"
    if was is not None and was.profile != survey.profile.source:
        verb = f"Switch from {Path(was.profile).stem} to {survey.profile.name}:"
    names = ", ".join(job.name for job in intent.jobs)
    kept = f"; as they were: {', '.join(sorted(intent.left))}" if intent.left else ""
    without = f"; not scheduled: {', '.join(intent.missing)}" if intent.missing else ""
    return f"{verb} {names or 'nothing'} on {BACKENDS[survey.backend]}{kept}{without}."


def not_set_up(intent: SetupIntent, additions: Additions) -> list[str]:
    """The names of what was asked for and is not, or cannot be looked at now."""
    return [*intent.missing, *(_NAMES[key] for key in sorted(additions.left | additions.missing))]


def _done(survey: Preflight, intent: SetupIntent, additions: Additions) -> str:
    without = not_set_up(intent, additions)
    rest = f" Not set up: {', '.join(without)}." if without else ""
    count = _counted(len(intent.jobs))
    return f"The {survey.profile.name} profile is set up: {count} on {BACKENDS[survey.backend]}.{rest}"


_NAMES = {"git": "commits", "rotate": "rotation", "alert": "alerts"}


def _counted(count: int) -> str:
    return f"{count} job{'' if count == 1 else 's'}"
