"""What is set up and its state: each job of the pack, its logs, and how far the rollout is."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from fedtui.action_result import Refused
from fedtui.changes.undo_log import CUT_SHORT
from fedtui.config import ConfigError
from fedtui.federation.backends.placement import InstalledJob, installed_jobs
from fedtui.federation.find_scripts import find_script, find_scripts
from fedtui.federation.job_account import JobAccount, account_of
from fedtui.federation.profile import Profile, ProfileJob, load_profile
from fedtui.federation.rotation.rotation import KEY, faults
from fedtui.federation.setup.adoption import running_jobs
from fedtui.federation.setup.placements import InstalledJobs, jobs_by_placement, placement_of
from fedtui.federation.setup.rollout import RolloutStage, rollout_stage
from fedtui.history.database import KEPT_RUNS, HistoryError
from fedtui.model import Job, ProductAge, Snapshot
from fedtui.pack import BACKENDS, Pack, load_pack
from fedtui.ports import Ports
from fedtui.schedule.patterns import listing
from fedtui.system.file_stamp import file_size
from fedtui.system.patience import in_time, seconds_left
from fedtui.verdicts.evidence import known_age

LOOK_DEADLINE = 10.0
"""Seconds that all files of the pack may take to be looked at."""


@dataclass(frozen=True, slots=True)
class JobStatus:
    """One job of the pack. `placed` is None for one that should be there and is not; `job` its row, if seen.

    `backend` is where it is; `of_profile` the schedule that the profile gives it, empty for a job that is no
    profile's; `log_size` in bytes, None where there is no log. `product` is the file that it should renew,
    `data` what that holds, `fresh_for` how many seconds old its newest data
    may be, and `stale` whether it is too old (None: not known). `left_out` says why a job of the profile is
    not scheduled.
    """

    key: str
    name: str
    backend: str
    placed: InstalledJob | None
    job: Job | None
    script: str = ""
    of_profile: str = ""
    log: str = ""
    log_size: int | None = None
    product: str = ""
    data: ProductAge | None = None
    fresh_for: float | None = None
    stale: bool | None = None
    left_out: str = ""

    @property
    def custom(self) -> bool:
        """Whether somebody gave it another schedule than the profile's."""
        there = self.placed
        if there is None:
            return False
        moved = len(there.planned.split()) == 5 and there.planned != self.of_profile
        return there.custom or bool(self.of_profile and moved)

    @property
    def why(self) -> str:
        """What was written down of that: "was 0 * * * *; reason: ...; ticket 123"."""
        said = (self.job.changed if self.job is not None else "") or (self.placed.why if self.placed else "")
        return said.removeprefix("was ") and f"was {said.removeprefix('was ')}"


@dataclass(frozen=True, slots=True)
class PackStatus:
    """What `fedtui setup --status` tells. `pack` is None for none; `problems` say why less is known.

    Without a pack `jobs` are those that another user (root) set up for this one.
    """

    pack: Pack | None
    jobs: tuple[JobStatus, ...]
    standing: RolloutStage
    problems: tuple[str, ...] = ()


async def read_status(snapshot: Snapshot, ports: Ports) -> PackStatus:
    """The state of the pack. Raises ConfigError."""
    pack = await asyncio.to_thread(load_pack)
    now = ports.clock()
    problems = await asyncio.to_thread(_cut_short, ports)
    if pack is None:
        jobs = await _of_another(snapshot, ports)
        return PackStatus(None, jobs, rollout_stage(None, (), now), tuple(problems))
    run_as = account_of(pack.run_as, ports).run_as
    found: InstalledJobs = {}
    try:
        found = await jobs_by_placement(placement_of(pack.backend, run_as), pack, ports)
    except Refused as refused:
        problems.append(str(refused))
    profile: Profile | None = None
    try:
        profile = await asyncio.to_thread(load_profile, pack.profile)
    except ConfigError as error:
        problems.append(str(error))
    jobs = tuple(_jobs(pack, found, profile, snapshot, ports))
    runs = any(one.key == KEY and one.placed and not one.placed.paused for one in jobs)
    looks: dict[str, Callable[[], list[str]]] = {pack.root: lambda: _root_gone(pack)}
    if pack.rotate and profile is not None:
        looks["the rotation of logs"] = lambda: list(faults(pack, profile, runs=runs))
    files = {one.key: partial(_with_files, one, snapshot, ports) for one in jobs}
    said = await asyncio.to_thread(in_time, looks, seconds_left(LOOK_DEADLINE))
    looked = await asyncio.to_thread(in_time, files, seconds_left(LOOK_DEADLINE))
    problems += [line for lines in said.values() for line in lines]
    late = [what for what in looks if what not in said]
    late += [f"log and product of {one.name}" for one in jobs if one.key not in looked]
    problems += [f"Could not look at {what} in time." for what in late]
    jobs = tuple(looked.get(one.key, one) for one in jobs)
    if profile is not None:
        known = {one.key for one in jobs}
        rest = [job for job in profile.jobs if job.key not in known]
        why = partial(_left_out, rest, pack, profile, snapshot, account_of(pack.run_as, ports))
        jobs += (await asyncio.to_thread(in_time, {"": why}, seconds_left(LOOK_DEADLINE))).get("", ())
    ids = {one.placed.job_id for one in jobs if one.placed is not None and one.key in pack.scripts}
    heirs = snapshot.heirs
    past = await asyncio.to_thread(ports.history.runs, None, KEPT_RUNS)
    seen = [run for run in past if heirs.get(run.job_id, run.job_id) in ids]
    return PackStatus(pack, jobs, rollout_stage(pack, seen, now), tuple(problems))


async def _of_another(snapshot: Snapshot, ports: Ports) -> tuple[JobStatus, ...]:
    """The jobs of a federation that run as this user, whose federation.toml is another's."""
    found = []
    for backend in BACKENDS:
        with suppress(Refused):  # no such scheduler, or no answer: the snapshot says so
            for key, one in (await installed_jobs(backend, ports)).items():
                job = snapshot.job(one.job_id)
                if job is not None and job.user in (ports.user, ""):
                    found.append(JobStatus(key, one.name, backend, one, job, log=job.log_path or ""))
    return tuple(found)


def _cut_short(ports: Ports) -> list[str]:
    """That the last change was killed on its way, and what takes back the edit that was made."""
    try:
        last = ports.history.last_undo()
    except HistoryError as error:
        return [str(error)]
    if last is None or not last.summary.startswith(CUT_SHORT):
        return []
    undo = f"fedtui undo {last.undoes or last.id}"
    return [f"The last change was cut short; {undo} takes back what of it was made."]


def _root_gone(pack: Pack) -> list[str]:
    if Path(pack.root).is_dir():
        return []
    return [f"There is no folder {pack.root} any more: fedtui setup --root DIR tells where it is now."]


def _jobs(
    pack: Pack, found: InstalledJobs, profile: Profile | None, snapshot: Snapshot, ports: Ports
) -> Iterator[JobStatus]:
    of_profile = {job.key: job for job in profile.jobs} if profile is not None else {}
    there = {key: (spot.backend, one) for spot, jobs in found.items() for key, one in jobs.items()}
    for key in (*pack.scripts, *(key for key in there if key not in pack.scripts)):
        backend, one = there.get(key, (pack.backend, None))
        job = snapshot.job(one.job_id) if one is not None else None
        wanted = of_profile.get(key)
        log = (job.log_path if job is not None else None) or (
            str(Path(pack.log_dir) / wanted.log) if wanted is not None else ""
        )
        yield JobStatus(
            key=key,
            name=one.name if one is not None else wanted.name if wanted is not None else key,
            backend=backend,
            placed=one,
            job=job,
            script=pack.scripts.get(key, ""),
            of_profile=wanted.schedule if wanted is not None else "",
            log=log,
            product=pack.products.get(key, "") if job is None else ports.rules.product_of(job),
        )


def _left_out(
    rest: Sequence[ProfileJob], pack: Pack, profile: Profile, snapshot: Snapshot, owner: JobAccount
) -> tuple[JobStatus, ...]:
    """The jobs of the profile that were not scheduled, each with why."""
    root = Path(pack.root)
    running = running_jobs(find_scripts(root, profile), snapshot, owner)
    found = []
    for job in rest:
        others = [f"{one.name} ({one.location})" for one in running.get(job.key, ())]
        script = find_script(root, job.scripts)
        why = "its test run failed at the set-up, or it came later"
        if script is None:
            why = f"no {' or '.join(job.scripts)} below {root}"
        elif others:
            why = f"{listing(others)} run{'s' if len(others) == 1 else ''} its script"
        found.append(
            JobStatus(
                job.key, job.name, pack.backend, None, None, str(script or ""), job.schedule, left_out=why
            )
        )
    return tuple(found)


def _with_files(one: JobStatus, snapshot: Snapshot, ports: Ports) -> JobStatus:
    """With what its log and its product are now."""
    fresh = snapshot.freshness.get(one.job.id) if one.job is not None and one.product else None
    data = known_age(one.product, one.job, snapshot, ports.config.freshness) if one.product else None
    one = replace(one, log_size=file_size(one.log), data=data)
    return one if fresh is None else replace(one, fresh_for=fresh.limit, stale=fresh.stale)
