"""A line of a cron table as a pair of units that does the same, and the line taken away, in one change.

What cron gives its jobs is written into the service: the environment in force above the line, its shell where
the command needs one, its working directory, the input behind a `%`. What a timer does otherwise than cron is
said in the plan's warnings.
"""

from __future__ import annotations

import asyncio
import os
import pwd
from dataclasses import dataclass
from pathlib import Path

from fedtui.action_result import Refused
from fedtui.changes.cron_change import edited_text
from fedtui.changes.cron_text import words_of, zone_of
from fedtui.changes.edits import Edit, FileEdit, LingerEdit, UnitEdit
from fedtui.changes.open_table import OpenTable, Tables
from fedtui.changes.wording import UNDO_ALL, Wording
from fedtui.conversion.to_timer_command import service_command
from fedtui.crontab import Entry, edit
from fedtui.crontab.managed_lines import PlacedLine, managed, without
from fedtui.federation.backends.created_files import created_files
from fedtui.federation.backends.unit_pairs import folder, free, log_made, texts
from fedtui.federation.backends.unit_text import UnitPair, unit_name
from fedtui.model import CronFacts, Job
from fedtui.ports import Ports
from fedtui.runs.cron_environment import CronAccount, job_environment
from fedtui.safe_text import decode, mask_secrets
from fedtui.schedule.cron import CronSchedule, ScheduleError, parse_schedule
from fedtui.schedule.translate import TimerTriggers, TranslationError, clock_words, to_calendar
from fedtui.system.accounts import lingers
from fedtui.system.zone import local_zone

_CRONS_OWN = frozenset({b"MAILTO", b"MAILFROM", b"CRON_TZ", b"LOGNAME", b"CONTENT_TYPE", b"RANDOM_DELAY"})
"""What is in a table for cron itself, and what systemd sets for every service."""


@dataclass(frozen=True, slots=True)
class _CronLine:
    """The line that is converted, as it is now: its table, its entry, its pack mark, whom it runs as."""

    table: OpenTable
    entry: Entry
    mark: PlacedLine | None
    account: CronAccount
    environment: dict[bytes, bytes]
    user_manager: bool
    """Whether the timer is to be the user's, and not the system's."""


async def propose_timer(
    job: Job, cron: CronFacts, to: str, tables: Tables, ports: Ports, *, linger: bool = False
) -> tuple[list[Edit], Wording]:
    """Put a timer of the user's or the system's in the place of a cron line.

    `linger` keeps the user's systemd running after logout. Raises Refused with what cannot be said.
    """
    user_manager = to == "user"
    linger = linger and user_manager
    _may(job, ports, user_manager=user_manager)
    line = await asyncio.to_thread(_line, job, tables, user_manager=user_manager)
    schedule, triggers = _triggers(cron, line.entry)
    pair = _pair(line, triggers)
    await free(pair.name, ports, user_manager=user_manager)
    edits = await asyncio.to_thread(_parts, line, pair, triggers, linger=linger)
    await asyncio.to_thread(_take_out, line, tables)
    if line.mark is not None:
        edits += await asyncio.to_thread(created_files, edits)
    manager = "your systemd" if user_manager else "the system's systemd"
    return edits, Wording(
        "convert",
        job.id,
        job.name,
        f"Convert: {pair.timer} of {manager} runs it {words_of(schedule.text, job)}, and cron no longer.",
        f"{job.name} is run by {pair.timer} now.",
        tuple(_warnings(job, line, pair, schedule, ports, linger=linger)),
        undo=UNDO_ALL,
        moves=((job.id, f"{to}-timer:{pair.timer}"),),
    )


def _may(job: Job, ports: Ports, *, user_manager: bool) -> None:
    if ports.demo:
        raise Refused("The demo has a scheduler of its own and no systemd.")
    if user_manager and job.user != ports.user:
        raise Refused(
            f"{job.name} runs as {job.user}, and your own systemd would run it as {ports.user}.",
            advice="--to system keeps the user that it runs as.",
        )
    if not user_manager and os.geteuid() != 0:
        raise Refused(
            "Units of the system are root's.", advice="Run the same command as root, with sudo, or --to user."
        )


def _line(job: Job, tables: Tables, *, user_manager: bool) -> _CronLine:
    table = tables.of_job(job)
    entry = table.entry(job)
    mark = next((found for found in managed(table.document) if found.entry == entry), None)
    try:
        user = pwd.getpwnam(job.user)
    except KeyError as error:
        raise Refused(f"There is no user {job.user}.") from error
    account = CronAccount(user.pw_name, user.pw_uid, user.pw_gid, user.pw_dir, user.pw_shell)
    return _CronLine(table, entry, mark, account, job_environment(account, entry.environment), user_manager)


def _triggers(cron: CronFacts, entry: Entry) -> tuple[CronSchedule, TimerTriggers]:
    try:
        schedule = parse_schedule(entry.schedule, cron.dialect)
        return schedule, to_calendar(schedule, cron.zone if cron.zone != local_zone()[0] else "")
    except (ScheduleError, TranslationError) as error:
        raise Refused(f"systemd has no word for {entry.schedule}: {error}.") from error


def _pair(line: _CronLine, triggers: TimerTriggers) -> UnitPair:
    entry, account, user_manager = line.entry, line.account, line.user_manager
    as_root = not user_manager and account.uid != 0
    found = service_command(entry.command, account, line.environment, opened_by_root=as_root)
    start = line.environment[b"HOME"].decode("utf-8", "surrogateescape")
    own = start == account.home
    lines = [("OnCalendar", one) for one in triggers.calendar]
    if triggers.at_boot:
        lines = [("OnStartupSec" if user_manager else "OnBootSec", "1s")]
    mark = f"fedtui: converted from the {line.table.port.title}"
    if line.mark is not None:
        mark = f"fedtui: pack {line.mark.key} ({line.mark.planned})"
    return UnitPair(
        name=unit_name(entry.name),
        description=entry.name,
        argv=found.argv,
        triggers=tuple(lines),
        mark=mark,
        log=found.log,
        user="" if user_manager else account.name,
        directory="" if user_manager and own else start,
        environment=_variables(line, own_home=own),
        stdin=entry.stdin,
        notes=tuple(filter(None, (text.strip() for text in entry.note.splitlines()))),
        more=("KillMode=process",) if found.background else (),
    )


def _variables(line: _CronLine, *, own_home: bool) -> dict[str, str]:
    """What cron gives the job and a service has not by itself. Raises Refused for what is no text."""
    try:
        return {
            name.decode("utf-8"): value.decode("utf-8")
            for name, value in line.environment.items()
            if name not in _CRONS_OWN and not (name == b"HOME" and own_home)
        }
    except UnicodeDecodeError as error:
        raise Refused("The table sets a variable that is not UTF-8, as unit files are.") from error


def _parts(line: _CronLine, pair: UnitPair, triggers: TimerTriggers, *, linger: bool) -> list[Edit]:
    place: Path = folder(user_manager=line.user_manager)
    service, timer = texts(pair)
    edits: list[Edit] = [*log_made(pair)]
    if linger and not lingers(line.account.name):
        edits.append(LingerEdit(line.account.name, before=False, after=True))
    # A crontab is its user's alone, a unit file everybody's to read.
    secret = mask_secrets(decode(service)) != decode(service)
    edits.append(FileEdit(str(place / pair.service), None, service, mode=0o600 if secret else 0o644))
    edits.append(FileEdit(str(place / pair.timer), None, timer))
    if not line.entry.paused:
        # A timer that counts from the boot would start the job now: it is left to the next boot.
        on = (True, not triggers.at_boot)
        edits.append(UnitEdit(pair.timer, line.user_manager, (False, False), on, due=True))
    return edits


def _take_out(line: _CronLine, tables: Tables) -> None:
    table = line.table
    if line.mark is not None:
        tables.put(table, without(table.document, {line.mark.key}))
    else:
        tables.put(table, edited_text(table, line.entry, edit.delete))


def _warnings(
    job: Job, line: _CronLine, pair: UnitPair, schedule: CronSchedule, ports: Ports, *, linger: bool
) -> list[str]:
    found = []
    if schedule.reboot:
        found.append("It first runs at the next boot; until then the timer is enabled and not active.")
    found.append(clock_words(schedule, zone_of(job)[1], ports.clock()))
    if line.entry.paused:
        found.append("The line is paused, and so is the timer: it is off until it is resumed.")
    if not pair.log and ">" not in " ".join(pair.argv):
        found.append(f"What it prints goes to the journal; {_mailed(line)}.")
    if pair.more:
        found.append("It leaves something in the background: KillMode=process lets that go on, as cron does.")
    if line.entry.recorder is not None:
        found.append("It is no longer recorded: systemd itself keeps the exit status of its runs.")
    if line.user_manager and not linger and not lingers(line.account.name):
        found.append(
            "Your systemd ends when you log out, and the timer with it: loginctl enable-linger, or --linger."
        )
    found.append("systemd starts no second run while one is running; cron does.")
    return [text for text in found if text]


def _mailed(line: _CronLine) -> str:
    to = line.environment.get(b"MAILTO")
    if to == b"":
        return "cron threw it away (MAILTO is empty)"
    whom = line.account.name if to is None else to.decode("utf-8", "replace")
    return f"cron mailed it to {whom}, where there is a mailer"
