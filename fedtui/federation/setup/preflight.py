"""The look around before a set-up: ROOT, the scripts, the log folder, who runs what already. Writes nothing.

Its issues are shown before anything is scheduled; an ERROR about a job keeps that job out, one about none
of them the whole pack.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from fedtui.action_result import Refused
from fedtui.federation import find_scripts, log_folder
from fedtui.federation.job_account import (
    JobAccount,
    TableSettings,
    account_of,
    given_environment,
    table_settings,
)
from fedtui.federation.managed_job import ManagedJob
from fedtui.federation.profile import Profile, ProfileJob, load_profile
from fedtui.federation.setup.adoption import (
    Running,
    backend_of,
    candidates,
    insisted_keys,
    proposed_root,
    running_issues,
    running_jobs,
    taken_over,
)
from fedtui.federation.setup.request import SetupRequest, check_privilege, default_backend
from fedtui.federation.setup_issue import SetupIssue, note_issue, warning_issue
from fedtui.model import Job, Severity, Snapshot
from fedtui.pack import Pack, load_pack
from fedtui.ports import Ports
from fedtui.schedule.patterns import listing
from fedtui.system import accounts


@dataclass(frozen=True, slots=True)
class Preflight:
    """All that a plan is made from. `request` is settled, `was` what was set up before, if anything.

    `environment` is what the scheduler gives a job, `settings` what the owner's crontab sets. `lingers` is
    None where that does not matter. `running` are the jobs of the user's own that run the scripts already,
    `taken` those of them that are taken over, or were before, by key. `have` are the keys of the pack's jobs.
    """

    request: SetupRequest
    was: Pack | None
    root: Path
    profile: Profile
    owner: JobAccount
    logs: log_folder.LogFolder
    found: tuple[find_scripts.FoundScript, ...]
    issues: tuple[SetupIssue, ...]
    settings: TableSettings
    environment: Mapping[bytes, bytes]
    lingers: bool | None
    taken: Mapping[str, Job] = field(default_factory=dict)
    running: Running = field(default_factory=dict)
    have: frozenset[str] = frozenset()

    @property
    def backend(self) -> str:
        """Where the jobs are to run: "cron", "user" or "system"."""
        return self.request.backend or "cron"

    @property
    def undecided(self) -> Running:
        """The jobs that could be taken over, by the keys of which none is."""
        open_keys = [key for key in self.running if key not in self.taken and key not in self.have]
        fit = {key: candidates(self.running, key, self.owner) for key in open_keys}
        return {key: jobs for key, jobs in fit.items() if jobs}

    @property
    def insisted(self) -> frozenset[str]:
        """The keys of the jobs that are scheduled all the same: though they fail, or run twice."""
        return insisted_keys(self.request, self.was, self.profile)

    def blocked(self) -> frozenset[str]:
        """The keys of the jobs that are not to be scheduled; "" among them: none of them is."""
        return frozenset(issue.key for issue in self.issues if issue.severity is Severity.ERROR)

    def jobs(self) -> tuple[ManagedJob, ...]:
        """Every job whose script is there, blocked or not."""
        return tuple(self._managed(one.job, one.argv) for one in self.found if one.path is not None)

    def _managed(self, job: ProfileJob, argv: tuple[str, ...]) -> ManagedJob:
        own = self.taken.get(job.key)
        return ManagedJob(
            key=job.key,
            name=job.name,
            description=job.description,
            argv=argv,
            schedule=job.schedule,
            log=str(self.logs.path / job.log) if own is None else own.log_path or "",
            adopts=own.id if own is not None else "",
            timer=job.timer,
            spread=job.spread,
        )


async def run_preflight(request: SetupRequest, snapshot: Snapshot, ports: Ports) -> Preflight:
    """Look at everything that the request touches. Raises Refused or ConfigError for what makes no sense.

    `snapshot` is what is on the schedules of the machine now.
    """
    was = await asyncio.to_thread(load_pack)
    request = request.settled(was, default_backend(ports))
    check_privilege(request, ports)
    profile = await asyncio.to_thread(load_profile, request.profile or "")
    wanted = request.root or ""
    if request.adopt and not wanted:
        wanted = await asyncio.to_thread(proposed_root, profile, snapshot)
    root = await asyncio.to_thread(find_scripts.root_folder, wanted)
    owner = account_of(request.run_as or "", ports)
    backend = request.backend or "cron"
    settings = await table_settings(owner, ports)
    environment = await given_environment(backend, owner, ports)
    before = was.log_dir if was is not None and request.log_dir is None else ""
    adopted = was.adopted if was is not None else {}
    found = await asyncio.to_thread(find_scripts.find_scripts, root, profile)
    running = await asyncio.to_thread(running_jobs, found, snapshot, owner)
    have = {job.managed for job in snapshot.jobs if job.managed and job.user in (owner.name, "")}
    taken = taken_over(running, request, owner, have)
    rows = {job.managed: job for job in snapshot.jobs if job.managed in adopted and backend_of(job, owner)}
    unfit = [job_id for job_id in request.adopt_jobs if job_id not in {job.id for job in taken.values()}]
    if unfit:
        said = "runs no script of the profile, or another one too, or is not the only one named"
        raise Refused(
            f"{listing(unfit)} {said}.", advice="fedtui setup --adopt --dry-run shows what was found."
        )
    logs = [(job.key, job.log) for job in profile.jobs if job.key not in {*taken, *rows}]
    names = [log for _, log in logs]
    choose = log_folder.choose_log_folder
    folder = await asyncio.to_thread(choose, request.log_dir or "", before, names, owner)
    scheduler = "cron" if backend == "cron" else "systemd"

    def file_issues() -> Iterator[SetupIssue]:
        for one in found:
            yield from find_scripts.script_issues(one, root, environment, scheduler)
        yield from log_folder.log_issues(folder.path, logs, owner, of_root=backend == "system")
        for key, job in taken.items():
            log, of_root = Path(job.log_path or ""), backend_of(job, owner) == "system"
            names = [(key, log.name)] if log.name else []
            for issue in log_folder.log_issues(log.parent, names, owner, of_root=of_root):
                yield warning_issue(issue.text, key, issue.advice)  # it runs so already

    issues = await asyncio.to_thread(lambda: list(file_issues()))
    issues += running_issues(running, taken, profile, request, was, owner, have)
    issues += _asleep(profile, backend, snapshot)
    lingers = await asyncio.to_thread(_lingers, owner) if backend == "user" else None
    if lingers is False and not request.linger:
        text = f"{owner.name} does not linger: user timers do not run while {owner.name} is logged out."
        advice = "Add --linger, which turns lingering on (loginctl enable-linger)."
        issues.append(warning_issue(text, "", advice))
    return Preflight(
        request,
        was,
        root,
        profile,
        owner,
        folder,
        found,
        tuple(issues),
        settings,
        environment,
        lingers,
        {**rows, **taken},
        running,
        frozenset(have),
    )


def _asleep(profile: Profile, backend: str, snapshot: Snapshot) -> Iterator[SetupIssue]:
    """What the scheduler will do otherwise than one may think."""
    if backend == "cron" and any(one.name == "cron" and one.up is False for one in snapshot.schedulers):
        text = "No cron daemon runs on this machine: what is scheduled does not start until one does."
        yield warning_issue(text, "", "sudo systemctl enable --now cron, or --backend user.")
    for job in profile.jobs:
        if backend != "cron" and not job.timer and job.times.reboot:
            text = f"The timer of {job.name} counts from the boot, which is past: it runs once when it is "
            yield note_issue(f"{text}set up, then at each boot.", job.key)


def _lingers(owner: JobAccount) -> bool | None:
    try:
        return accounts.lingers(owner.name)
    except OSError:
        return None
