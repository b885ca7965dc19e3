"""The places where jobs of the pack may stand: crontabs, and the two managers of systemd.

More than one is looked at, since the alert check is put on the other scheduler than the jobs it watches.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import NamedTuple

from fedtui.changes.plan import Refused
from fedtui.federation.backends.placing import Placed, placed
from fedtui.federation.surroundings import owner_of
from fedtui.pack import Pack
from fedtui.ports import Ports


class Spot(NamedTuple):
    """A crontab (`backend` "cron"; `user` is empty for one's own) or a manager's units (`user` empty)."""

    backend: str
    user: str = ""


Standing = Mapping[Spot, Mapping[str, Placed]]
"""The pack's jobs that stand now, by place and key."""


def spot_of(backend: str, run_as: str) -> Spot:
    """The place of jobs on that backend that run as that user."""
    return Spot(backend, run_as if backend == "cron" else "")


def other_spots() -> tuple[Spot, ...]:
    """Where the alert check may stand: it is its own user's."""
    return Spot("cron"), Spot("system" if os.geteuid() == 0 else "user")


async def standing(main: Spot, was: Pack | None, ports: Ports) -> Standing:
    """What stands at `main` and wherever the pack that `was` set up may have put jobs.

    Raises Refused where a place cannot be looked at that holds jobs.
    """
    spots = [main]
    needed = {main}
    if was is not None:
        run_as = "" if owner_of(was.run_as, ports).own else was.run_as
        needed.add(spot_of(was.backend, run_as))
        spots += [*needed, *other_spots()]
        if was.alerts or was.mail_to or was.heartbeat:
            needed |= set(other_spots())
    found: dict[Spot, Mapping[str, Placed]] = {}
    for spot in dict.fromkeys(spots):
        try:
            found[spot] = await placed(spot.backend, ports, spot.user)
        except Refused:
            if spot in needed:
                raise
    return found
