"""A timer whose service is simple enough as a line of a crontab, and the units taken away, in one change.

Simple enough is a service that runs one command line, with nothing that a crontab cannot say: every setting
of its files is known here, as one that the line keeps, one that is lost with a warning, or one that refuses.
"""

from __future__ import annotations

import asyncio
import os
import pwd
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fedtui.action_result import Refused
from fedtui.bus.systemd_manager import open_systemd
from fedtui.bus.systemd_names import SERVICE
from fedtui.changes.cron_text import words_of
from fedtui.changes.edits import Edit, FileEdit, FolderEdit, UnitEdit
from fedtui.changes.open_table import OpenTable, Tables
from fedtui.changes.timer_unit import TimerTarget, TimerUnit, read_timer, require_kept, require_privilege
from fedtui.changes.unit_edits import open_manager, switched
from fedtui.changes.wording import UNDO_ALL, Wording
from fedtui.conversion.to_cron_command import Inexpressible, field_with_input, shell_command, split_arguments
from fedtui.crontab import edit
from fedtui.crontab.edit import EditError
from fedtui.crontab.managed_lines import ManagedLine, with_lines
from fedtui.crontab.splice import default_name
from fedtui.environment.units import unit_side
from fedtui.environment.values import SchedulerSide
from fedtui.federation.backends.unit_pairs import pack_mark
from fedtui.federation.backends.unit_text import MARK
from fedtui.model import Job, SourceName, TimerFacts
from fedtui.ports import Ports
from fedtui.runs.cron_environment import CronAccount, job_environment
from fedtui.schedule.cron import parse_schedule
from fedtui.schedule.dialect import dialect_named
from fedtui.schedule.translate import TranslationError, clock_words, to_cron
from fedtui.system.regular_file import read_regular
from fedtui.system.unit_files import assignments, output_file
from fedtui.system.zone import local_zone

_KEPT = frozenset(
    (
        "Description",
        "Documentation",
        "Unit",
        "OnCalendar",
        "OnBootSec",
        "OnStartupSec",
        "OnActiveSec",
        "OnUnitActiveSec",
        "OnUnitInactiveSec",
        "WantedBy",
        "Alias",
        "Also",
        "Type",
        "ExecStart",
        "User",
        "WorkingDirectory",
        "Environment",
        "StandardOutput",
        "StandardError",
        "StandardInput",
        "StandardInputText",
        "StandardInputData",
        "KillMode",
        "SyslogIdentifier",
    )
)
_LOST = {
    "Persistent": "a run that is missed while the machine is off stays missed",
    "RandomizedDelaySec": "it starts at the full minute, without the random delay",
    "AccuracySec": "",
    "FixedRandomDelay": "",
    "After": "cron waits for no other unit",
    "Wants": "cron starts no other unit with it",
    "TimeoutStartSec": "cron ends no run that takes too long",
    "TimeoutSec": "cron ends no run that takes too long",
    "Nice": "its priority is cron's",
    "IOSchedulingClass": "its priority is cron's",
    "IOSchedulingPriority": "its priority is cron's",
    "CPUSchedulingPolicy": "its priority is cron's",
}
"""What a crontab cannot say and a job can mostly do without: a warning."""


@dataclass(frozen=True, slots=True)
class _TimerUnits:
    """A timer and its service: facts of the bus, lines of the files, their texts by path."""

    target: TimerTarget
    timer: TimerUnit
    service_name: str
    service: Mapping[str, Any]
    service_unit: Mapping[str, Any]
    lines: Sequence[tuple[str, str]]
    files: Mapping[str, bytes]
    state: tuple[bool, bool]


async def propose_line(
    job: Job, timer: TimerFacts, tables: Tables, ports: Ports
) -> tuple[list[Edit], Wording]:
    """Put a line of a crontab in the place of a timer. Raises Refused."""
    units = await _look(job, timer, ports)
    lost = _simple_enough(units)
    fields = _fields(units)
    given = await unit_side(job, timer, ports)
    user = str(units.service.get("User") or "") or ("root" if not units.target.user_manager else ports.user)
    table = await asyncio.to_thread(tables.of_user, user)
    await asyncio.to_thread(_add_line, units, given, fields, tables, table)
    line = tables.of_user(user).document.entries[-1]
    words = words_of(fields)
    return _units_gone(units), Wording(
        "convert",
        job.id,
        job.name,
        f"Convert: the {table.port.title} runs it {words}, and {units.target.unit} no longer.",
        f"{job.name} is run by cron now.",
        tuple(_warnings(units, fields, lost, ports)),
        undo=UNDO_ALL,
        moves=((job.id, f"{SourceName.CRONTAB}:{line.id_key}"),),
    )


async def _look(job: Job, known: TimerFacts, ports: Ports) -> _TimerUnits:
    target = TimerTarget.of(job, known)
    require_privilege(target, "fedtui", "convert", job.id, "--to", "cron")
    async with open_systemd(ports.bus, ports.user, user_manager=target.user_manager) as systemd:
        timer = await read_timer(systemd, target)
        await asyncio.to_thread(require_kept, target, timer)
        name = str(timer.timer["Unit"])
        if not name.endswith(".service"):
            raise Refused(f"{target.unit} starts {name}, which runs no command.")
        path, unit = await systemd.unit(name)
        service = await systemd.properties(path, SERVICE)
    for facts, what in ((timer.unit, target.unit), (unit, name)):
        if facts["NeedDaemonReload"]:
            raise Refused(
                f"systemd has not read the newest unit files; those of {what} may be among them.",
                advice=f"Run: {' '.join(systemd.command('daemon-reload'))}",
            )
        path = str(facts["FragmentPath"])
        if not path or open_manager(path) is None:
            whose = "yours" if target.user_manager else "the administrator"
            why = f"{what} is not a file of {whose}: {path or 'it has no file'}."
        elif Path(path).is_symlink():
            why = f"{what} is linked from elsewhere: its link {path} would be removed."
        else:
            continue
        raise Refused(why, advice="p pauses the timer, and n writes a line of your own.")
    paths = [str(timer.unit["FragmentPath"]), *timer.unit["DropInPaths"]]
    of_service = [str(unit["FragmentPath"]), *unit["DropInPaths"]]
    sections = (("Unit", "Timer", "Install"), ("Unit", "Service", "Install"))
    lines = [
        pair
        for files, names in ((paths, sections[0]), (of_service, sections[1]))
        for section in names
        for pair in await asyncio.to_thread(assignments, files, section)
    ]
    texts = await asyncio.to_thread(lambda: {path: read_regular(path) for path in (*paths, *of_service)})
    state = await switched(target.unit, ports, user_manager=target.user_manager)
    return _TimerUnits(target, timer, name, service, unit, lines, texts, state)


def _simple_enough(units: _TimerUnits) -> list[str]:
    """What is lost, in words. Raises Refused for a setting that no line of a crontab can stand for."""
    lost: list[str] = []
    for name, value in units.lines:
        if name in _LOST:
            lost += [f"{name}={value}: {_LOST[name]}."] if _LOST[name] and value else []
        elif name not in _KEPT and value:
            raise Refused(
                f"{units.service_name} has {name}={value}, which a line of a crontab cannot say.",
                advice="Write a script that does it, and a line for that.",
            )
    others = [unit for unit in units.service_unit.get("TriggeredBy", ()) if unit != units.target.unit]
    if others:
        raise Refused(f"{units.service_name} is started by {', '.join(others)} as well.")
    if units.service.get("Type") not in ("oneshot", "simple", "exec"):
        raise Refused(f"{units.service_name} is of Type={units.service.get('Type')}, a service that stays.")
    return list(dict.fromkeys(lost))


def _fields(units: _TimerUnits) -> str:
    state = units.timer.state
    bases = {name for name, _ in state.monotonic}
    if not state.calendar and bases and bases <= {"OnBootSec", "OnStartupSec"}:
        return "@reboot"
    if bases:
        named = ", ".join(sorted(bases))
        raise Refused(f"{units.target.unit} counts from an event ({named}), and cron knows only the clock.")
    try:
        return to_cron(state.calendar, local_zone()[0])
    except TranslationError as error:
        raise Refused(f"A crontab has no word for its schedule: {error}.") from error


def _add_line(
    units: _TimerUnits, given: SchedulerSide, fields: str, tables: Tables, table: OpenTable
) -> None:
    user = table.port.user
    account = pwd.getpwnam(user)
    cron = job_environment(
        CronAccount(user, account.pw_uid, account.pw_gid, account.pw_dir, account.pw_shell),
        table.document.environment,
    )
    lines = dict(units.lines)
    try:
        log = output_file(units.lines, units.service_name, user if units.target.user_manager else None)
        text = shell_command(
            split_arguments(units.service),
            _apart(units, given, cron),
            given.directory,
            log or "",
            home=cron[b"HOME"].decode("utf-8", "surrogateescape"),
            shell=cron[b"SHELL"].decode(),
            output=lines.get("StandardOutput", ""),
        )
        stdin = bytes(units.service.get("StandardInputData", b""))
        field = field_with_input(text, stdin, percent=dialect_named(table.document.dialect).percent)
        tables.put(table, _with_line(units, table, fields, field))
    except Inexpressible as error:
        raise Refused(f"{units.service_name}: {error}.") from error
    except EditError as error:
        raise Refused(f"The crontab cannot hold it: {error}.") from error


def _apart(units: _TimerUnits, given: SchedulerSide, cron: Mapping[bytes, bytes]) -> dict[str, str]:
    """The variables that the unit sets, and its PATH, where cron would give something else."""
    names = {str(word).partition("=")[0] for word in units.service.get("Environment", ())} | {"PATH"}
    return {
        name: os.fsdecode(value)
        for name in sorted(names)
        if (value := given.environment.get(os.fsencode(name))) is not None
        and cron.get(os.fsencode(name)) != value
    }


def _with_line(units: _TimerUnits, table: OpenTable, fields: str, field: bytes) -> bytes:
    """The table with the line; one of the pack's is marked as such, one of a timer that is off is paused."""
    timer_text = units.files[str(units.timer.unit["FragmentPath"])]
    mark = pack_mark(timer_text)
    name = str(units.service_unit.get("Description") or "") if _ours(timer_text) else ""
    name = name or units.target.unit.removesuffix(".timer")
    if mark is not None:
        line = ManagedLine(mark[0], mark[1] if "=" not in mark[1] else fields, field, name)
        new = with_lines(table.document, [line])
        placed = table.document.reparse(new)
        if placed.entries[-1].schedule.split() != fields.split():
            new = edit.reschedule(placed, placed.entries[-1], fields)
    else:
        named = "" if name == default_name(field) else name
        new = edit.add(table.document, fields, field, name=named, note=_note(timer_text))
    if units.state[0] or units.state[1]:
        return new
    document = table.document.reparse(new)
    return edit.pause(document, document.entries[-1])


def _ours(timer_text: bytes) -> bool:
    return timer_text.startswith(f"# {MARK}\n".encode())


def _note(timer_text: bytes) -> str:
    """The note that came along when a line became a timer: comments below the first two lines."""
    if not _ours(timer_text):
        return ""
    found = []
    for line in timer_text.decode("utf-8", "replace").splitlines()[2:]:
        if not line.startswith("# "):
            break
        found.append(line[2:])
    return "\n".join(found)


def _units_gone(units: _TimerUnits) -> list[Edit]:
    """The timer off, and the files of both; what others than we put beside them stays in the undo step."""
    edits: list[Edit] = []
    if units.state != (False, False):
        switch = UnitEdit(units.target.unit, units.target.user_manager, units.state, (False, False))
        edits.append(switch)
    folders: dict[str, None] = {}
    for path, text in units.files.items():
        edits.append(FileEdit(path, text, None))
        if Path(path).parent.suffix == ".d":
            folders[str(Path(path).parent)] = None
    return [*edits, *(FolderEdit(path, there=False) for path in folders)]


def _warnings(units: _TimerUnits, fields: str, lost: list[str], ports: Ports) -> list[str]:
    found = [*lost]
    if fields == "@reboot":
        found.append(
            "cron starts it as soon as cron itself is up, whatever time after the boot was asked for."
        )
    else:
        found.append(clock_words(parse_schedule(fields), local_zone()[1], ports.clock()))
    if not output_file(units.lines, units.service_name, None):
        found.append("What it prints went to the journal; cron mails it, where there is a mailer.")
    if units.state == (False, False):
        found.append("The timer is off, and so the line is paused until it is resumed.")
    found.append("cron starts a run even while one is running; systemd does not.")
    return [text for text in found if text]
