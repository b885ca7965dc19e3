"""What the drills rehearse with: of the federation that was set up, or of the ROOT that the user names."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from fedtui.action_result import Refused
from fedtui.config import Config
from fedtui.federation import log_folder
from fedtui.federation.drills.drill import DrillSetting, ScheduledScript, TimedJob
from fedtui.federation.drills.drill_events import ScriptAccount
from fedtui.federation.drills.drill_runner import cannot_stage
from fedtui.federation.find_scripts import find_scripts, root_folder
from fedtui.federation.job_account import JobAccount, account_of, given_environment
from fedtui.federation.profile import DEFAULT_PROFILE, Profile, load_profile
from fedtui.pack import Pack, load_pack
from fedtui.ports import Ports
from fedtui.schedule.cron import parse_schedule
from fedtui.system.zone import local_zone

_NOT_SET_UP = "no federation is set up; --root DIR says where its checkout is"


@dataclass(frozen=True, slots=True)
class DrillOptions:
    """What the user gave along; empty is "as it was set up". `zone` is an IANA name to pretend."""

    root: str = ""
    profile: str = ""
    zone: str = ""
    stop: tuple[str, ...] = ()
    start: tuple[str, ...] = ()
    program: str = ""


def drills_folder(config: Config) -> Path:
    """Where drills have their journals and scratch folders."""
    return config.state.absolute() / "drills"


async def gather_setting(asked: DrillOptions, ports: Ports) -> DrillSetting:
    """Look at what is set up. Raises Refused or ConfigError for what makes no sense."""
    was = None if ports.demo else await asyncio.to_thread(load_pack)
    profile = await asyncio.to_thread(
        load_profile, asked.profile or (was.profile if was else "") or DEFAULT_PROFILE
    )
    owner = account_of("" if was is None or os.geteuid() != 0 else was.run_as, ports)
    zone_name, zone = _zone(asked.zone)
    root_text = asked.root or ("" if was is None else was.root)
    root = await asyncio.to_thread(root_folder, root_text) if root_text else None
    lines: Mapping[str, ScheduledScript] = {}
    if root is not None:
        environment = await given_environment("cron", owner, ports)
        lines = await asyncio.to_thread(_lines, root, profile, owner, was, environment)
    missing = _NOT_SET_UP if root is None else "" if lines else f"no script of {profile.name} is in {root}"
    no_view = await asyncio.to_thread(cannot_stage, drills_folder(ports.config))
    return DrillSetting(
        drills=drills_folder(ports.config),
        account=ScriptAccount(owner.name, None if owner.own else _ids(owner)),
        lines=lines,
        missing=missing,
        root=root,
        profile=profile.name,
        times=tuple(TimedJob(job.name, parse_schedule(job.schedule)) for job in profile.jobs),
        zone=zone,
        zone_name=zone_name,
        now=ports.clock(),
        book=ports.rules,
        no_view=no_view,
        stop=asked.stop,
        start=asked.start,
        program=asked.program,
    )


def _lines(
    root: Path, profile: Profile, owner: JobAccount, was: Pack | None, environment: Mapping[bytes, bytes]
) -> Mapping[str, ScheduledScript]:
    names = [job.log for job in profile.jobs]
    same = was is not None and was.root == str(root)
    folder = log_folder.choose_log_folder(
        "", was.log_dir if was is not None and same else "", names, owner
    ).path
    return {
        one.job.key: ScheduledScript(
            one.job.key, one.job.name, one.path, one.argv, folder / one.job.log, environment
        )
        for one in find_scripts(root, profile)
        if one.path is not None
    }


def _ids(owner: JobAccount) -> tuple[int, int, tuple[int, ...]]:
    return owner.uid, owner.gid, tuple(os.getgrouplist(owner.name, owner.gid))


def _zone(name: str) -> tuple[str, tzinfo]:
    if not name:
        return local_zone()
    try:
        return name, ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise Refused(
            f"There is no time zone {name}.", "Nothing was done.", "Such as Europe/Berlin."
        ) from None
