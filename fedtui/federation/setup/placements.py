"""The places where jobs of the pack may be installed: crontabs, and the two managers of systemd.

More than one is looked at, since the alert check is put on the other scheduler than the jobs it watches.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import NamedTuple

from fedtui.action_result import Refused
from fedtui.federation.backends.adopted_units import has_adopted
from fedtui.federation.backends.placement import InstalledJob, installed_jobs
from fedtui.federation.job_account import account_of
from fedtui.pack import Pack
from fedtui.ports import Ports


class Placement(NamedTuple):
    """A crontab (`backend` "cron"; `user` is empty for one's own) or a manager's units (`user` empty)."""

    backend: str
    user: str = ""


InstalledJobs = Mapping[Placement, Mapping[str, InstalledJob]]
"""The pack's installed jobs, by place and key."""


def placement_of(backend: str, run_as: str) -> Placement:
    """The place of jobs on that backend that run as that user."""
    return Placement(backend, run_as if backend == "cron" else "")


def other_placements() -> tuple[Placement, ...]:
    """Where the alert check may be installed: it is its own user's."""
    return Placement("cron"), Placement("system" if os.geteuid() == 0 else "user")


async def jobs_by_placement(main: Placement, was: Pack | None, ports: Ports) -> InstalledJobs:
    """What is installed at `main` and wherever the pack that `was` set up may have put jobs.

    Raises Refused where a place cannot be looked at that holds jobs.
    """
    placements = [main]
    needed = {main}
    if was is not None:
        needed.add(placement_of(was.backend, account_of(was.run_as, ports).run_as))
        if was.adopted:  # they stay where they were, in the crontab of whom they run as, too
            needed.add(Placement("cron", account_of(was.run_as, ports).run_as))
        placements += [*needed, *other_placements()]
        if was.alerts or was.mail_to or was.heartbeat:
            needed |= set(other_placements())
    found: dict[Placement, Mapping[str, InstalledJob]] = {}
    for placement in dict.fromkeys(placements):
        try:
            found[placement] = await installed_jobs(placement.backend, ports, placement.user)
        except Refused:
            units = placement.backend != "cron"
            if placement in needed or (units and has_adopted(user_manager=placement.backend == "user")):
                raise
    return found
