"""Whom the pack's jobs run as, and what their scheduler gives them before any job is there."""

from __future__ import annotations

import asyncio
import os
import pwd
from collections.abc import Mapping
from dataclasses import dataclass

from fedtui.action_result import Refused
from fedtui.bus.systemd_manager import open_systemd
from fedtui.bus.systemd_names import MANAGER, MANAGER_PATH
from fedtui.changes.open_table import Tables
from fedtui.environment.units import login_variables
from fedtui.ports import Ports
from fedtui.runs.cron_environment import CronAccount, job_environment

TableSettings = tuple[tuple[bytes, bytes], ...]


@dataclass(frozen=True, slots=True)
class JobAccount(CronAccount):
    """The user whom the jobs run as. `own` where that is the user who runs fedtui."""

    own: bool

    @property
    def run_as(self) -> str:
        """The name where it is another's; empty for our own, as backends take it."""
        return "" if self.own else self.name


def account_of(run_as: str, ports: Ports) -> JobAccount:
    """The user of that name; our own for an empty one. Raises Refused for one nobody knows."""
    name = run_as or ports.user
    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        raise Refused(f"This machine knows no user {name}.", advice="Look: getent passwd") from None
    own = entry.pw_uid == os.geteuid()
    return JobAccount(name, entry.pw_uid, entry.pw_gid, entry.pw_dir, entry.pw_shell, own)


async def table_settings(owner: JobAccount, ports: Ports) -> TableSettings:
    """What the owner's crontab sets at its end, where the pack's lines come. Raises Refused."""
    table = await asyncio.to_thread(Tables(ports).of_user, owner.name, to_write=False)
    return table.document.environment


async def given_environment(backend: str, owner: JobAccount, ports: Ports) -> Mapping[bytes, bytes]:
    """The environment of a job still to be made. Raises Refused where its scheduler does not answer."""
    if backend == "cron":
        return await asyncio.to_thread(job_environment, owner, await table_settings(owner, ports))
    async with open_systemd(ports.bus, ports.user, user_manager=backend == "user") as systemd:
        facts = await systemd.properties(MANAGER_PATH, MANAGER)
    words = (os.fsencode(word) for word in facts.get("Environment", ()))
    environment = dict(word.split(b"=", 1) for word in words if b"=" in word)
    if backend == "system" and owner.uid != 0:
        environment |= login_variables(owner.name, owner.home, owner.shell)
    return environment
