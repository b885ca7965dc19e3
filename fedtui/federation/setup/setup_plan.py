"""The set-up as one change: what a preflight and its test runs came to, turned into a plan.

Everything is one change set: folders, logs, lines or units, lingering, and the file that says what was set
up. So it is shown whole, made whole or not at all, and undone in one step. Only what is the pack's is
touched.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from fedtui.action_result import Refused
from fedtui.changes.change_set import plan_change_set
from fedtui.changes.edits import Edit, FolderEdit, LingerEdit, TableEdit
from fedtui.changes.plan import Plan
from fedtui.changes.record_exit_codes import recorder_words
from fedtui.changes.recorder_place import program_path
from fedtui.changes.unit_edits import file_stamps
from fedtui.changes.wording import UNDO_ALL, Wording
from fedtui.crontab import Document, id_key
from fedtui.crontab.managed_lines import command_field, managed
from fedtui.crontab.record_edit import refusal_of
from fedtui.federation import log_folder
from fedtui.federation.backends.created_files import pack_edit
from fedtui.federation.backends.placement import InstalledJob, install_edits, removal_edits
from fedtui.federation.backends.unit_text import unit_name
from fedtui.federation.managed_job import ManagedJob
from fedtui.federation.setup.additions import AddedJob, Additions, additions_of
from fedtui.federation.setup.adoption import backend_of
from fedtui.federation.setup.merge_request import merge_with_current
from fedtui.federation.setup.placements import InstalledJobs, Placement, placement_of
from fedtui.federation.setup.preflight import Preflight
from fedtui.model import Severity
from fedtui.pack import BACKENDS, SOURCES, Pack, pack_file
from fedtui.ports import Ports
from fedtui.schedule.patterns import counted
from fedtui.schedule.translate import TranslationError, to_cron

JOB_ID = "federation"
"""What the change is filed under: it is about no single job."""


@dataclass(frozen=True, slots=True)
class SetupIntent:
    """What is to be: the jobs of the profile that are scheduled, and the keys of those left unchanged.

    `missing` are the names of jobs that were asked for and are not scheduled, `insisted` the keys of those
    that are, though they failed their test run or run twice.
    """

    jobs: tuple[ManagedJob, ...]
    left: frozenset[str]
    missing: tuple[str, ...] = ()
    insisted: frozenset[str] = frozenset()


def planned_job_id(job: ManagedJob, backend: str, user: str) -> str:
    """The id that the job's row will have."""
    if backend == "cron":
        line = command_field(job.argv, job.log, job.environment)
        return f"crontab:{id_key('crontab', user.encode(), line, 1)}"
    return f"{SOURCES[backend]}:{unit_name(job.name)}.timer"


def main_placement(preflight: Preflight) -> Placement:
    """Where the profile's jobs are, or are to be, installed."""
    return placement_of(preflight.backend, preflight.owner.run_as)


def to_try(preflight: Preflight, now: Mapping[str, InstalledJob]) -> tuple[ManagedJob, ...]:
    """The jobs that want a test run: those not blocked, and not running already as they would."""
    blocked = preflight.blocked()
    if "" in blocked:
        return ()
    user = preflight.owner.name
    running = {(key, there.job_id) for key, there in now.items()}
    return tuple(
        job
        for job in preflight.jobs()
        if job.key not in blocked
        and not job.adopts
        and (job.key, planned_job_id(job, preflight.backend, user)) not in running
    )


def intent_of(
    preflight: Preflight, failed: frozenset[str], insisted: frozenset[str], now: Mapping[str, InstalledJob]
) -> SetupIntent:
    """What is to be scheduled, but for the jobs of the `failed` keys. Raises Refused where nothing can be."""
    blocked = preflight.blocked() | failed
    whole = next((one for one in preflight.issues if one.severity is Severity.ERROR and not one.key), None)
    if whole is not None:
        raise Refused(whole.text, advice=whole.advice)
    jobs = tuple(job for job in preflight.jobs() if job.key not in blocked)
    left = blocked & set(now)
    if not jobs and not left:
        raise Refused(
            "None of the profile's jobs can be scheduled.", advice="What was found says why, for each."
        )
    scheduled = {job.key for job in jobs}
    missing = tuple(one.job.name for one in preflight.found if one.job.key not in scheduled | left)
    twice = {key for key, others in preflight.running.items() if preflight.taken.get(key) not in others}
    was, forgets = preflight.was, preflight.request.no_force
    before = was.insisted if was is not None and not forgets else ()
    return SetupIntent(jobs, left, missing, ((insisted | twice) & preflight.insisted) | {*before})


def draft(preflight: Preflight, intent: SetupIntent, ports: Ports) -> Pack:
    """The pack as it is to be, before the additions have said what of them can be."""
    was, request = preflight.was, preflight.request
    root, profile, logs_in = str(preflight.root), preflight.profile.source, str(preflight.logs.path)
    today = ports.clock().astimezone().date().isoformat()
    base = was or Pack(root, profile, preflight.backend, logs_in, today)
    keys = {job.key for job in intent.jobs} | intent.left
    kept = [one for one in preflight.found if one.job.key in keys]
    return replace(
        base,
        root=root,
        profile=profile,
        backend=preflight.backend,
        log_dir=logs_in,
        run_as=preflight.owner.run_as,
        scripts={one.job.key: str(one.path) for one in kept if one.path},
        products={one.job.key: str(preflight.root / one.job.product) for one in kept if one.job.product},
        git=bool(request.git),
        branch=request.branch or base.branch,
        rotate=bool(request.rotate),
        alerts=request.alerts or (),
        mail_to=request.mail_to or "",
        heartbeat=request.heartbeat or "",
        record=bool(request.record),
        insisted=tuple(sorted(intent.insisted)),
        adopted={key: _text(job.log_path) for key, job in preflight.taken.items() if key in keys},
    )


def _text(path: str | None) -> str:
    """A path as federation.toml can hold it; empty for one that is no UTF-8."""
    return path if path and path.isprintable() else ""


async def additions_for(preflight: Preflight, intent: SetupIntent, ports: Ports) -> Additions:
    """What is asked for beside the jobs, as far as it can be set up. Raises Refused."""
    return await additions_of(draft(preflight, intent, ports), preflight, ports)


async def plan_setup(
    preflight: Preflight, intent: SetupIntent, additions: Additions, now: InstalledJobs, ports: Ports
) -> Plan:
    """The plan by which the pack is as asked for. Raises NothingToChange, Refused."""
    main = main_placement(preflight)
    edits: list[Edit] = []
    # A unit's log is made with its unit.
    new = [job for job in intent.jobs if job.log and not job.adopts]
    new += [one.job for one in additions.jobs if placement_of(one.backend, one.run_as) == main]
    logs = [Path(job.log) for job in new if job.log] if main.backend == "cron" else []
    names = [log.name for log in logs if log.parent == preflight.logs.path]
    of_root = main.backend == "system"  # systemd opens the logs as root
    edits += await asyncio.to_thread(
        log_folder.log_edits, preflight.logs.path, names, preflight.owner, of_root=of_root
    )
    edits += additions.edits
    wanted = _wanted(preflight, intent, additions, now)
    for placement in sorted({*now, *wanted}, key=lambda one: one == main):
        left = (intent.left if placement == main else frozenset()) | additions.left
        keys = {one.job.key for one in wanted.get(placement, ())}
        gone = set(now.get(placement, ())) - keys - left
        edits += await _on(placement, wanted.get(placement, ()), gone, preflight, ports)
    if main.backend == "user":
        edits[:0] = await asyncio.to_thread(_stamp_folders)
    if preflight.request.linger and main.backend == "user" and preflight.lingers is False:
        edits.append(LingerEdit(preflight.owner.name, False, True))
    wish = draft(preflight, intent, ports)
    pack = await merge_with_current(wish, preflight, additions, edits, wanted, now, ports)
    before = await asyncio.to_thread(pack_file().read_bytes) if preflight.was is not None else None
    edits.append(pack_edit(before, pack))
    summary, done = _summary(preflight, intent), _done(preflight, intent, additions)
    about = ("setup", JOB_ID, "federation pack")
    recorded = _recorded_lines(edits, ports)
    if recorded > 0:
        summary += f" Wraps each cron line in {recorder_words(ports.config)}"
    elif recorded < 0:
        summary += " Removes fedtui's recorder from each cron line."
    warnings = (*additions.failures, *_unrecorded(pack, edits, ports))
    wording = Wording(*about, summary, done, warnings, undo=UNDO_ALL)
    return await plan_change_set(wording, edits, ports)


def _recorded_lines(edits: Sequence[Edit], ports: Ports) -> int:
    """How many lines the edits put the recorder around, less those from which they remove it."""

    def count(table: bytes | None, user: str) -> int:
        document = Document.parse(table or b"", user=user, dialect=ports.dialect())
        return sum(entry.recorder is not None for entry in document.entries)

    tables = [edit for edit in edits if isinstance(edit, TableEdit)]
    return sum(count(one.after, one.user) - count(one.before, one.user) for one in tables)


def _unrecorded(pack: Pack, edits: Sequence[Edit], ports: Ports) -> list[str]:
    """Why lines that are to be recorded are not."""
    said: list[str] = []
    for edit in edits:
        if not pack.record or not isinstance(edit, TableEdit) or edit.after is None:
            continue
        path, own = str(program_path(ports.config)), edit.user == ports.user
        for line in managed(Document.parse(edit.after, user=edit.user, dialect=ports.dialect())):
            why = refusal_of(line.entry, path) if own else f"it is in the crontab of {edit.user}"
            said += [f"{line.entry.name} is not recorded: {why}."] if why and not line.entry.recorder else []
    return said


def _stamp_folders() -> list[FolderEdit]:
    """Where systemd will keep the timers' stamps: made by us, so that it goes with an undo."""
    return [FolderEdit(str(folder), True) for folder in log_folder.missing(file_stamps(user_manager=True))]


def _wanted(
    preflight: Preflight, intent: SetupIntent, additions: Additions, now: InstalledJobs
) -> dict[Placement, list[AddedJob]]:
    """Every job that is to be, by place."""
    wanted: dict[Placement, list[AddedJob]] = {}
    jobs = _carried(preflight, intent.jobs, now)
    main = [_placed(job, preflight) for job in jobs]
    for one in (*main, *additions.jobs):
        wanted.setdefault(placement_of(one.backend, one.run_as), []).append(one)
    return wanted


def _placed(job: ManagedJob, preflight: Preflight) -> AddedJob:
    """Where a job belongs: one that is taken over stays where it is."""
    own = preflight.taken.get(job.key)
    backend = preflight.backend if own is None else backend_of(own, preflight.owner)
    return AddedJob(job, backend, "" if own is not None and backend != "cron" else preflight.owner.run_as)


async def _on(
    placement: Placement, jobs: Sequence[AddedJob], gone: set[str], preflight: Preflight, ports: Ports
) -> tuple[Edit, ...]:
    """The edits for one place; units of one place may run as several users."""
    own = preflight.was.adopted if preflight.was is not None else {}
    if not jobs:
        if not gone:
            return ()
        no_table = preflight.was is not None and placement.user in preflight.was.origin.no_crontab
        return await removal_edits(gone, placement.backend, placement.user, ports, no_table=no_table, own=own)
    force, was = preflight.request.force, preflight.was
    profile_schedules = preflight.request.profile_schedules
    record, recorded = bool(preflight.request.record), was is not None and was.record
    edits: list[Edit] = []
    for run_as in dict.fromkeys(one.run_as for one in jobs):
        these = [one.job for one in jobs if one.run_as == run_as]
        reset = [job.key for job in these if (profile_schedules if job.adopts else force)]
        edits += await install_edits(
            *(these, placement.backend, run_as, ports),
            gone=gone,
            reset=reset,
            record=record,
            recorded=recorded,
            own=own,
        )
        gone = set()
    return tuple(edits)


def _carried(
    preflight: Preflight, jobs: tuple[ManagedJob, ...], now: InstalledJobs
) -> tuple[ManagedJob, ...]:
    """The jobs; one that moves to another backend takes a schedule of somebody's own along."""
    was, main = preflight.was, main_placement(preflight)
    if was is None or was.backend == preflight.backend or preflight.request.force:
        return jobs
    before = {key: one for placement, there in now.items() if placement != main for key, one in there.items()}
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
    pairs = [word.partition("=") for word in triggers.split("; ")]
    if any(name != "OnCalendar" for name, _, _ in pairs):
        return ""
    try:
        return to_cron([value for _, _, value in pairs])
    except TranslationError:
        return ""


def _summary(preflight: Preflight, intent: SetupIntent) -> str:
    was = preflight.was
    verb = f"{'Set up' if was is None else 'Update'} the {preflight.profile.name} profile:"
    if was is not None and was.profile != preflight.profile.source:
        verb = f"Switch from {Path(was.profile).stem} to {preflight.profile.name}:"
    names = ", ".join(job.name for job in intent.jobs)
    kept = f"; as they were: {', '.join(sorted(intent.left))}" if intent.left else ""
    known = was.adopted if was is not None else {}
    own = [job.name for job in intent.jobs if job.adopts and job.key not in known]
    taken = f"; taken over: {', '.join(own)}" if own else ""
    without = f"; not scheduled: {', '.join(intent.missing)}" if intent.missing else ""
    return f"{verb} {names or 'nothing'} on {BACKENDS[preflight.backend]}{kept}{taken}{without}."


def not_set_up(intent: SetupIntent, additions: Additions) -> list[str]:
    """The names of what was asked for and is not, or cannot be looked at now."""
    return [*intent.missing, *(_NAMES[key] for key in sorted(additions.left | additions.missing))]


def _done(preflight: Preflight, intent: SetupIntent, additions: Additions) -> str:
    without = not_set_up(intent, additions)
    rest = f" Not set up: {', '.join(without)}." if without else ""
    where = f"{counted(len(intent.jobs), 'job')} on {BACKENDS[preflight.backend]}"
    return f"The {preflight.profile.name} profile is set up: {where}.{rest}"


_NAMES = {"git": "commits", "rotate": "rotation", "alert": "alerts"}
