"""What is asked of the set-up, and what holds where something was not said: as before, or a default."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from fedtui.action_result import Refused
from fedtui.federation.profile import DEFAULT_PROFILE
from fedtui.pack import BACKENDS, Pack
from fedtui.ports import Ports
from fedtui.system.crontab_program import SystemCrontab, crontab_path
from fedtui.system.self_command import sudo_command


@dataclass(frozen=True, slots=True)
class SetupRequest:
    """What `fedtui setup` was asked for; None is "as it is now". `alerts` are apprise URLs.

    `branch` is the one that the git automation commits on. `record` puts the recorder of exit codes around
    cron lines, which a first set-up does by default. `force` schedules what failed its test run, doubles a
    line of the user's own, and drops custom schedules; what was so scheduled before stays, unless `no_force`.
    `adopt` takes over jobs that run the scripts already: those of the ids `adopt_jobs`, or without them each
    that is the only one of its script; with `profile_schedules` they run by the profile's schedules.
    """

    root: str | None = None
    profile: str | None = None
    backend: str | None = None
    log_dir: str | None = None
    git: bool | None = None
    branch: str | None = None
    rotate: bool | None = None
    alerts: tuple[str, ...] | None = None
    mail_to: str | None = None
    heartbeat: str | None = None
    record: bool | None = None
    linger: bool = False
    run_as: str | None = None
    ssh_url: bool = False
    force: bool = False
    no_force: bool = False
    adopt: bool = False
    adopt_jobs: tuple[str, ...] = ()
    profile_schedules: bool = False

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> SetupRequest:
        """The request of these fields, as JSON has them. Raises Refused for a field that there is not."""
        alerts, jobs = given.get("alerts"), tuple(given.get("adopt_jobs", ()))
        try:
            return cls(**{**given, "alerts": None if alerts is None else tuple(alerts), "adopt_jobs": jobs})
        except TypeError as error:
            raise Refused(f"The request does not fit: {error}.") from error

    def settled(self, was: Pack | None, backend: str = "cron") -> SetupRequest:
        """The same with the current values, or the defaults, in place of what was not said."""
        now = was or Pack(root="", profile=DEFAULT_PROFILE, backend=backend, log_dir="", since="")
        unsaid = [one.name for one in fields(self) if getattr(self, one.name) is None]
        kept: dict[str, Any] = {name: getattr(now, name) for name in unsaid if name != "log_dir"}
        kept |= {"profile": self.profile or now.profile, "backend": self.backend or now.backend}
        return replace(self, **kept)

    def words(self) -> tuple[str, ...]:
        """The arguments of fedtui that ask for the same. Alert URLs, secrets, are left out."""
        words = ["setup"]
        for name in ("root", "profile", "backend", "log_dir", "branch", "run_as"):
            if value := getattr(self, name):
                words += [_option(name), value]
        flags = ("git", "rotate", "linger", "ssh_url", "force", "no_force", "profile_schedules")
        unrecorded = ("--no-record",) if self.record is False else ()
        adopt = ("--adopt", *self.adopt_jobs) if self.adopt else ()
        return (*words, *(_option(name) for name in flags if getattr(self, name)), *unrecorded, *adopt)


def default_backend(ports: Ports) -> str:
    """Cron, and timers on a host without it: of the user, or as root of the system."""
    if crontab_path() is not None or not isinstance(ports.crontabs.get(ports.user), SystemCrontab):
        return "cron"
    return "system" if os.geteuid() == 0 else "user"


def _option(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def check_privilege(request: SetupRequest, ports: Ports) -> None:
    """Raise Refused where this user may not do what a settled request asks for, with the command that may."""
    if ports.demo:
        raise Refused(
            "The demo workspace has no federation to set up.",
            advice="On this machine: fedtui setup --root DIR --dry-run",
        )
    if request.backend not in BACKENDS:
        raise Refused(f"{request.backend!r} is no backend; there are {', '.join(BACKENDS)}.")
    root = os.geteuid() == 0
    command = sudo_command(*request.words())
    if request.backend == "system" and not root:
        raise Refused("Units of the system are root's to make.", advice=f"Run: {command}")
    if request.run_as and request.run_as != ports.user:
        if not root:
            raise Refused(f"Only root sets up jobs that run as {request.run_as}.", advice=f"Run: {command}")
        if request.backend == "user":
            own = shlex.join(("fedtui", *replace(request, run_as="").words()))
            raise Refused(
                f"The manager of {request.run_as} is not reached from here.",
                advice=f"Run as {request.run_as}: {own}",
            )
