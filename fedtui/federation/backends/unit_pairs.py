"""The pack's pairs of units: those in a folder of units, and the edits that make and remove them.

A timer of the pack's says so in its second line, `# fedtui: pack KEY (SCHEDULE)`, as a crontab's does above
the job's line (crontab/managed_lines.py). A drop-in of fedtui's own beside it is a schedule of somebody's
choice.
"""

from __future__ import annotations

import asyncio
import os
import pwd
import re
import shutil
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from fedtui.action_result import Refused
from fedtui.bus.systemd_manager import open_systemd
from fedtui.bus.systemd_names import PAUSE_FILE
from fedtui.changes.edits import Edit, FileEdit, FolderEdit, UnitEdit
from fedtui.changes.timer_unit import SCHEDULE_FILE, SYSTEM_UNITS
from fedtui.changes.unit_edits import file_stamps, switched, user_units
from fedtui.federation.backends.unit_text import (
    MARK,
    UnitPair,
    UnitTextError,
    service_text,
    timer_text,
    unit_name,
)
from fedtui.federation.managed_job import ManagedJob
from fedtui.ports import Ports
from fedtui.safe_text import decode, display_path
from fedtui.schedule.cron import ScheduleError, parse_schedule
from fedtui.schedule.translate import TranslationError, to_calendar
from fedtui.system.regular_file import read_regular
from fedtui.system.safe_folder import folder_fault

_HEAD = re.compile(
    rb"# " + MARK.encode() + rb"\n# fedtui: pack (?P<key>[a-z0-9-]+) \((?P<planned>[^()\n]*)\)\n"
)
_TRIGGER = re.compile(rb"(?m)^(On[A-Z][A-Za-z]+)=(.+)$")
_WAS = re.compile(rb"(?m)^# fedtui: was (.*\S)")
_CRON_PATH = "/usr/bin:/bin"

Triggers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class InstalledPair:
    """A pair of the pack's as it is: its texts, what it was given, and whether it is on."""

    key: str
    path: Path
    text: bytes
    planned: str
    triggers: Triggers
    drop_in: bytes | None
    state: tuple[bool, bool]

    @property
    def name(self) -> str:
        """The units' name without its end."""
        return self.path.stem

    @property
    def timer(self) -> str:
        """The timer's name."""
        return self.path.name

    @property
    def edited(self) -> bool:
        """Whether the triggers in the file are not those that it was given."""
        return self.triggers != planned_triggers(self.planned)

    @property
    def custom(self) -> bool:
        """Whether it runs by a schedule of somebody's own."""
        return self.edited or self.drop_in is not None

    @property
    def paused(self) -> bool:
        """Whether it is off."""
        return self.state != (True, True)

    @property
    def schedule(self) -> str:
        """The triggers in force, such as "OnCalendar=*-*-* *:00:00"."""
        return "; ".join(f"{name}={value}" for name, value in _triggers(self.drop_in or self.text))

    @property
    def why(self) -> str:
        """What was said of the schedule when it was changed."""
        found = _WAS.search(self.drop_in or self.text)
        return decode(found[1]) if found else ""


def pack_mark(timer_text: bytes) -> tuple[str, str] | None:
    """The key and the schedule as given of a timer of the pack's; None for any other."""
    head = _HEAD.match(timer_text)
    return None if head is None else (head["key"].decode(), head["planned"].decode("utf-8", "replace"))


def folder(*, user_manager: bool) -> Path:
    """Where the units of a manager lie that are one's own."""
    return user_units() if user_manager else SYSTEM_UNITS


async def installed_pairs(ports: Ports, *, user_manager: bool) -> Mapping[str, InstalledPair]:
    """The pack's units in their folder, by key."""
    found: dict[str, InstalledPair] = {}
    files = await asyncio.to_thread(_files, folder(user_manager=user_manager))
    for path, text, drop_in in files:
        if mark := pack_mark(text):
            key, planned = mark
            state = await switched(path.name, ports, user_manager=user_manager)
            found[key] = InstalledPair(key, path, text, planned, _triggers(text), drop_in, state)
    return found


def _files(units: Path) -> list[tuple[Path, bytes, bytes | None]]:
    """The timers of ours: path, text, and fedtui's own drop-in with a schedule."""
    found = []
    try:
        for path in sorted(units.glob("*.timer")):
            text = read_regular(path)
            if text.startswith(f"# {MARK}\n".encode()):
                drop_in = units / f"{path.name}.d" / SCHEDULE_FILE
                found.append((path, text, read_regular(drop_in) if drop_in.exists() else None))
    except OSError as error:
        raise Refused(f"{error.filename}: {error.strerror}.") from error
    return found


def _triggers(text: bytes) -> Triggers:
    return tuple((name.decode(), decode(value).strip()) for name, value in _TRIGGER.findall(text))


def planned_triggers(planned: str) -> Triggers:
    """The triggers for what a mark says: five fields, or triggers parted by `; `. Raises Refused."""
    if "=" in planned:
        pairs = (word.partition("=") for word in planned.split("; "))
        return tuple((name, value) for name, _, value in pairs)
    try:
        found = to_calendar(parse_schedule(planned))
    except (ScheduleError, TranslationError) as error:
        raise Refused(f"systemd has no word for {planned}: {error}.") from error
    return (("OnBootSec", "1min"),) if found.at_boot else tuple(("OnCalendar", one) for one in found.calendar)


async def pair_edits(
    jobs: Sequence[ManagedJob],
    run_as: str,
    ports: Ports,
    gone: Collection[str],
    reset: Collection[str],
    *,
    user_manager: bool,
) -> tuple[Edit, ...]:
    """The edits by which these pairs are as described, and those of `gone` no longer; see `placement`."""
    there = await installed_pairs(ports, user_manager=user_manager)
    edits: list[Edit] = []
    for key in gone:
        if key in there:
            edits += await asyncio.to_thread(_gone, there[key], user_manager=user_manager)
    for job in jobs:
        unit = there.get(job.key)
        name = unit.name if unit is not None else unit_name(job.name)
        if unit is None:
            await free(name, ports, user_manager=user_manager)
        pair = _pair(job, name, "" if user_manager else run_as, unit, reset, user_manager=user_manager)
        edits += await asyncio.to_thread(_written, pair, unit, user_manager=user_manager)
        if unit is not None and job.key in reset:
            edits += await asyncio.to_thread(_without_drop_in, unit)
    return tuple(edits)


def _pair(
    job: ManagedJob,
    name: str,
    run_as: str,
    unit: InstalledPair | None,
    reset: Collection[str],
    *,
    user_manager: bool,
) -> UnitPair:
    planned = "; ".join(f"{word}={value}" for word, value in job.timer) or " ".join(job.schedule.split())
    triggers = planned_triggers(planned)
    why = ""
    if unit is not None and unit.edited and job.key not in reset:
        triggers, why = unit.triggers, unit.why and f"was {unit.why}"
    elif unit is None and job.custom:
        triggers, why = planned_triggers(job.custom), job.why
    return UnitPair(
        name=name,
        description=job.description or job.name,
        argv=(whole_path(job.argv[0]), *job.argv[1:]),
        triggers=triggers,
        mark=f"fedtui: pack {job.key} ({planned})",
        log=job.log,
        user=run_as if run_as != "root" else "",
        directory="" if user_manager else home_of(run_as or "root"),
        environment=job.environment,
        persistent=True,
        spread=job.spread,
        why=why,
    )


def whole_path(program: str) -> str:
    """The path of a program that is given by its name, as cron would find it, else as we do."""
    if program.startswith("/"):
        return program
    return shutil.which(program, path=_CRON_PATH) or shutil.which(program) or program


def home_of(user: str) -> str:
    """A user's home folder. Raises Refused for nobody."""
    try:
        return pwd.getpwnam(user).pw_dir
    except KeyError as error:
        raise Refused(f"There is no user {user}.") from error


def texts(pair: UnitPair) -> tuple[bytes, bytes]:
    """The service's text and the timer's. Raises Refused for what no unit file can hold."""
    try:
        return service_text(pair), timer_text(pair)
    except UnitTextError as error:
        raise Refused(f"{pair.name} cannot be written as a unit: {error}.") from error


def _written(pair: UnitPair, unit: InstalledPair | None, *, user_manager: bool) -> list[Edit]:
    place = folder(user_manager=user_manager)
    service, timer = texts(pair)
    edits: list[Edit] = [*log_made(pair)]
    for name, text in ((pair.service, service), (pair.timer, timer)):
        path = place / name
        before = read_regular(path) if path.exists() else None
        if before != text:
            edits.append(FileEdit(str(path), before, text))
    if unit is None:
        edits.append(UnitEdit(pair.timer, user_manager, (False, False), (True, True), due=True))
    return edits


def log_made(pair: UnitPair) -> list[Edit]:
    """An empty log of the user's own, where systemd would make one of root's.

    Raises Refused where somebody could lead the log elsewhere: systemd opens it as root, at each run.
    """
    if not (pair.log and pair.user):
        return []
    unsafe = led_elsewhere(pair.log)
    if unsafe:
        raise Refused(
            f"systemd opens {pair.log} as root at each run, and {unsafe}.",
            advice="Choose a folder of root's, such as --log-dir /var/log, or --backend cron.",
        )
    if os.path.lexists(pair.log):
        return []
    account = pwd.getpwnam(pair.user)
    return [FileEdit(pair.log, None, b"", owner=(account.pw_uid, account.pw_gid), grows=True)]


def led_elsewhere(log: str) -> str:
    """Why root must not open a log: another could put a link in its place. Empty where it may."""
    if Path(log).is_symlink():
        return f"{log} is a symbolic link"
    return folder_fault(Path(log).parent, 0) if os.geteuid() == 0 else ""


def _gone(unit: InstalledPair, *, user_manager: bool) -> list[Edit]:
    edits: list[Edit] = []
    if unit.state != (False, False):
        edits.append(UnitEdit(unit.timer, user_manager, unit.state, (False, False)))
    stamp = file_stamps(user_manager=user_manager) / f"stamp-{unit.timer}"
    if stamp.exists() and not stamp.stat().st_size:
        edits.append(FileEdit(str(stamp), b"", None, grows=True))
    edits += _without_drop_in(unit)
    service = unit.path.with_suffix(".service")
    edits.append(FileEdit(str(unit.path), unit.text, None))
    if service.exists():
        edits.append(FileEdit(str(service), service.read_bytes(), None))
    return edits


def _without_drop_in(unit: InstalledPair) -> list[Edit]:
    """fedtui's own drop-ins go; the folder only where nobody else's is in it."""
    extra = unit.path.with_name(f"{unit.timer}.d")
    own = [extra / name for name in (SCHEDULE_FILE, PAUSE_FILE)]
    edits: list[Edit] = [FileEdit(str(path), path.read_bytes(), None) for path in own if path.exists()]
    return [*edits, FolderEdit(str(extra), there=False)] if edits else []


async def free(name: str, ports: Ports, *, user_manager: bool) -> None:
    """Raise Refused where a unit of that name is there already: it is somebody's."""
    async with open_systemd(ports.bus, ports.user, user_manager=user_manager) as systemd:
        for unit in (f"{name}.service", f"{name}.timer"):
            _, facts = await systemd.unit(unit)
            path = str(facts.get("FragmentPath") or "") or str(folder(user_manager=user_manager) / unit)
            if facts["LoadState"] != "not-found" or await asyncio.to_thread(os.path.lexists, path):
                raise Refused(
                    f"There is a unit {unit} already, which is not fedtui's: {display_path(Path(path))}.",
                    advice="Give the job another name, or move that unit away.",
                )
