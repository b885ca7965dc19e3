"""The set-up as one change: what a survey and its trial runs came to, turned into a plan; and its removal.

Everything is one bundle: folders, logs, lines or units, lingering, and the file that says what was set up. So
it is shown whole, made whole or not at all, and undone in one step. Only what is the pack's is touched.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from fedtui.actions.bundle import plan_bundle
from fedtui.actions.parts import FileText, Folder, Lingering, Part, TableText, UnitSwitch
from fedtui.actions.plan import Plan, Refused
from fedtui.actions.ports import Ports
from fedtui.crontab import id_key
from fedtui.crontab.managed import command_field
from fedtui.federation import logs
from fedtui.federation.managed_job import ManagedJob
from fedtui.federation.placing import Placed, displace, place, placed
from fedtui.federation.remark import Remark
from fedtui.federation.survey import Survey
from fedtui.federation.trial import Trial
from fedtui.federation.unit_files import stamps
from fedtui.federation.unit_text import unit_name
from fedtui.model import Severity
from fedtui.pack import Origin, Pack, pack_file, written

PACK_MODE = 0o600
JOB_ID = "federation"
"""What the change is filed under: it is about no single job."""


@dataclass(frozen=True, slots=True)
class Addition:
    """What an optional part of the pack adds: jobs, each with its backend, parts, and what was found.

    `provides` names what holds once it is made ("rotate"); empty where it could not be had.
    """

    jobs: tuple[tuple[ManagedJob, str], ...] = ()
    parts: tuple[Part, ...] = ()
    remarks: tuple[Remark, ...] = ()
    provides: str = ""

    @property
    def failures(self) -> tuple[str, ...]:
        """Why what was asked for is not to be had, with what to do, for the plan to say."""
        errors = (remark for remark in self.remarks if remark.severity is Severity.ERROR)
        return tuple(f"{remark.text} {remark.advice}".rstrip() for remark in errors)


@dataclass(frozen=True, slots=True)
class Intent:
    """What is to be: the jobs of the profile that are scheduled, those left as they stand, the additions."""

    jobs: tuple[ManagedJob, ...]
    left: frozenset[str]
    additions: Sequence[Addition] = field(default=())


def job_id(job: ManagedJob, backend: str, user: str) -> str:
    """The id that the job's row will have."""
    if backend == "cron":
        line = command_field(job.argv, job.log, job.environment)
        return f"crontab:{id_key('crontab', user.encode(), line, 1)}"
    source = "user-timer" if backend == "user" else "system-timer"
    return f"{source}:{unit_name(job.name)}.timer"


async def standing(survey: Survey, ports: Ports) -> Mapping[str, Mapping[str, Placed]]:
    """The pack's jobs that stand now, by backend and key; only where the pack may have put some."""
    backends = {survey.backend}
    if survey.was is not None:
        backends |= {survey.was.backend, other_backend(survey.was.backend)}
    found: dict[str, Mapping[str, Placed]] = {}
    for backend in sorted(backends):
        try:
            found[backend] = await placed(backend, ports, _run_as(survey, backend))
        except Refused:
            if backend in (survey.backend, survey.was.backend if survey.was else ""):
                raise
    return found


def other_backend(backend: str) -> str:
    """The scheduler that tells of this one's death."""
    return "cron" if backend != "cron" else "user"


def to_try(survey: Survey, now: Mapping[str, Placed]) -> tuple[ManagedJob, ...]:
    """The jobs that want a trial run: those not blocked, and not running already as they would."""
    blocked = survey.blocked()
    if "" in blocked:
        return ()
    fresh = []
    for job in survey.jobs():
        there = now.get(job.key)
        same = there is not None and there.job_id == job_id(job, survey.backend, survey.owner.name)
        if job.key not in blocked and not same:
            fresh.append(job)
    return tuple(fresh)


def intent_of(survey: Survey, trials: Sequence[Trial], now: Mapping[str, Placed]) -> Intent:
    """What is to be scheduled. Raises Refused where nothing can be."""
    remarks = (*survey.remarks, *(trial.remark(force=survey.request.force) for trial in trials))
    blocked = {remark.key for remark in remarks if remark.severity is Severity.ERROR}
    whole = next((one for one in remarks if one.severity is Severity.ERROR and not one.key), None)
    if whole is not None:
        raise Refused(whole.text, advice=whole.advice)
    jobs = tuple(job for job in survey.jobs() if job.key not in blocked)
    left = frozenset(blocked & set(now))
    if not jobs and not left:
        raise Refused(
            "None of the profile's jobs can be scheduled.", advice="What was found says why, for each."
        )
    return Intent(jobs, left)


async def plan_setup(
    survey: Survey,
    intent: Intent,
    now: Mapping[str, Mapping[str, Placed]],
    ports: Ports,
) -> Plan:
    """The plan by which the pack is as asked for. Raises NothingToChange, Refused."""
    backend, owner = survey.backend, survey.owner
    parts: list[Part] = []
    # A unit's log is made with its unit.
    names = [Path(job.log).name for job in intent.jobs if job.log] if backend == "cron" else []
    parts += await asyncio.to_thread(logs.parts_of, survey.logs.path, names, owner)
    parts += [part for addition in intent.additions for part in addition.parts]
    jobs = await _carried(survey, intent, now)
    wanted: dict[str, list[ManagedJob]] = {backend: list(jobs)}
    for addition in intent.additions:
        for job, where in addition.jobs:
            wanted.setdefault(where, []).append(job)
    for where in sorted({*now, *wanted}, key=lambda one: one == backend):
        wanted_here = {job.key for job in wanted.get(where, ())}
        left = intent.left if where == backend else frozenset()
        gone = set(now.get(where, ())) - wanted_here - left
        parts += await _on(where, wanted.get(where, ()), gone, survey, ports)
    if survey.request.linger and backend == "user" and survey.lingers is False:
        parts.append(Lingering(owner.name, False, True))
    folders = await asyncio.to_thread(_new_folders, parts)
    kept = {job.key for job in jobs} | intent.left
    keys = [one.job.key for one in survey.found if one.job.key in kept]
    pack = await _pack(survey, keys, folders, parts, now, intent.additions, ports)
    parts.append(await asyncio.to_thread(_pack_part, survey.was, pack))
    return await plan_bundle(
        "setup",
        JOB_ID,
        "federation pack",
        _summary(survey, jobs, intent.left),
        parts,
        ports,
        f"The {survey.profile.name} profile is set up: {_counted(len(jobs))} on {_where(backend)}.",
        [failure for addition in intent.additions for failure in addition.failures],
    )


def _run_as(survey: Survey, backend: str) -> str:
    if backend == "user" or survey.owner.own:
        return ""
    return survey.owner.name


async def _on(
    where: str, jobs: Sequence[ManagedJob], gone: set[str], survey: Survey, ports: Ports
) -> tuple[Part, ...]:
    """The parts for one backend."""
    if not jobs and not gone:
        return ()
    run_as = _run_as(survey, where)
    if not jobs:
        origin = survey.was.origin if survey.was else Origin()
        return await displace(gone, where, run_as, ports, no_table=origin.no_crontab)
    reset = [job.key for job in jobs] if survey.request.force else ()
    return await place(jobs, where, run_as, ports, gone=gone, reset=reset)


async def _carried(
    survey: Survey, intent: Intent, now: Mapping[str, Mapping[str, Placed]]
) -> tuple[ManagedJob, ...]:
    """The jobs; one that moves to another backend takes a schedule of somebody's own along."""
    was = survey.was
    if was is None or was.backend == survey.backend or survey.request.force:
        return intent.jobs
    before = now.get(was.backend, {})
    return tuple(_with_custom(job, before.get(job.key)) for job in intent.jobs)


def _with_custom(job: ManagedJob, before: Placed | None) -> ManagedJob:
    if before is None or not before.custom or len(before.schedule.split()) != 5:
        return job
    return replace(
        job, schedule=before.schedule, timer=(), note=f"was {before.why}" if before.why else job.note
    )


def _new_folders(parts: Sequence[Part]) -> tuple[str, ...]:
    """The folders that these parts make, those that files need included; the outermost first."""
    made = [Path(part.path) for part in parts if isinstance(part, Folder) and part.there]
    files = [Path(part.path) for part in parts if isinstance(part, FileText) and part.after is not None]
    folders = [file.parent for file in (*files, pack_file())]
    if any(isinstance(part, UnitSwitch) and part.user_manager and part.after[0] for part in parts):
        folders.append(stamps(user_manager=True))  # systemd makes it
    for folder in folders:
        made += logs.missing(folder)
    return tuple(dict.fromkeys(str(path) for path in made if not path.exists()))


async def _pack(
    survey: Survey,
    keys: Sequence[str],
    folders: Sequence[str],
    parts: Sequence[Part],
    now: Mapping[str, Mapping[str, Placed]],
    additions: Sequence[Addition],
    ports: Ports,
) -> Pack:
    """What federation.toml says afterwards."""
    was, request = survey.was, survey.request
    origin = was.origin if was is not None else Origin(lingering=bool(survey.lingers))
    tables = [part for part in parts if isinstance(part, TableText) and part.after is not None]
    if tables and not now.get("cron"):
        origin = replace(origin, no_crontab=tables[0].before is None)
    if any(isinstance(part, Lingering) for part in parts):
        origin = replace(origin, made_lingering=True)
    new_logs = await asyncio.to_thread(_new_logs, survey, keys, additions)
    origin = replace(
        origin,
        made_folders=tuple(dict.fromkeys((*origin.made_folders, *folders))),
        made_files=tuple(dict.fromkeys((*origin.made_files, *new_logs))),
    )
    paths = {one.job.key: str(one.path) for one in survey.found if one.path is not None}
    root, profile, logs_in = str(survey.root), survey.profile.source, str(survey.logs.path)
    base = was or Pack(root, profile, survey.backend, logs_in, _today(ports.clock()))
    return replace(
        base,
        root=root,
        profile=profile,
        backend=survey.backend,
        log_dir=logs_in,
        run_as="" if survey.owner.own else survey.owner.name,
        scripts={key: paths[key] for key in keys if key in paths},
        git=bool(request.git),
        rotate=any(addition.provides == "rotate" for addition in additions),
        alerts=request.alerts or (),
        mail_to=request.mail_to or "",
        heartbeat=request.heartbeat or "",
        origin=origin,
    )


def _new_logs(survey: Survey, keys: Sequence[str], additions: Sequence[Addition]) -> list[str]:
    """The logs that are not there yet: whoever removes the pack moves them away."""
    logs = [survey.logs.path / job.log for job in survey.profile.jobs if job.key in keys]
    logs += [Path(job.log) for addition in additions for job, _ in addition.jobs if job.log]
    return [str(path) for path in logs if not path.exists()]


def _today(now: datetime) -> str:
    return now.astimezone().date().isoformat()


def _pack_part(was: Pack | None, pack: Pack) -> FileText:
    path = pack_file()
    before = path.read_bytes() if was is not None else None
    secret = bool(pack.alerts or pack.heartbeat or (was is not None and (was.alerts or was.heartbeat)))
    return FileText(str(path), before, written(pack), PACK_MODE, private=secret)


def _summary(survey: Survey, jobs: Sequence[ManagedJob], left: frozenset[str]) -> str:
    was = survey.was
    verb = "Set up" if was is None else "Set up anew"
    if was is not None and was.profile != survey.profile.source:
        verb = f"Switch from {Path(was.profile).stem} to {survey.profile.name}:"
    else:
        verb += f" the {survey.profile.name} profile:"
    names = ", ".join(job.name for job in jobs)
    kept = f"; as they were: {', '.join(sorted(left))}" if left else ""
    return f"{verb} {names or 'nothing'} on {_where(survey.backend)}{kept}."


def _counted(count: int) -> str:
    return f"{count} job{'' if count == 1 else 's'}"


def _where(backend: str) -> str:
    return {"cron": "cron", "user": "user timers", "system": "timers of the system"}[backend]
