"""What systemd says of one timer and of the unit it starts, read over the bus into plain values.

The frugal plan: lists for the states, one GetAll on the timer, one on the service, and single properties
of the Unit interface, whose GetAll is dear (it looks at files).
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from fedtui.bus.port import Bus, BusError
from fedtui.bus.systemd_names import PROPERTIES, SERVICE, SYSTEMD, TIMER, UNIT, unit_path, wall
from fedtui.sources.systemd.outage import ODD, of_one_unit
from fedtui.system import unit_files


@dataclass(frozen=True, slots=True)
class UnitListing:
    """A unit as ListUnits tells it, or as it is when it is not loaded."""

    name: str
    description: str = ""
    load_state: str = "loaded"
    active_state: str = "inactive"
    sub_state: str = "dead"
    loaded: bool = False


@dataclass(frozen=True, slots=True)
class ServiceProperties:
    """The unit that a timer starts. Times are aware, in UTC; None means that it did not happen.

    `commands` are the argument vectors of ExecStart=, `ignores_failure` that one has the prefix `-`.
    `main_code` is CLD_EXITED (1), CLD_KILLED (2) or CLD_DUMPED (3), 0 where no process has ended yet.
    `output` is the file its output goes to, `output_mode` how it is opened, `kind` its Type=. `error` is why
    systemd does not tell of its runs.
    """

    row: UnitListing
    fragment: str = ""
    user: str = ""
    commands: tuple[tuple[str, ...], ...] = ()
    output: str | None = None
    result: str = "success"
    main_code: int = 0
    main_status: int = 0
    main_pid: int = 0
    main_start: datetime | None = None
    main_exit: datetime | None = None
    left_inactive: datetime | None = None
    condition_ok: bool = True
    condition_at: datetime | None = None
    invocation_id: str = ""
    error: str = ""
    kind: str = ""
    ignores_failure: bool = False
    output_mode: str = ""


@dataclass(frozen=True, slots=True)
class TimerProperties:
    """A timer as systemd knows it. `monotonic` holds (directive, microseconds), `calendar` expressions.

    `next_realtime` and `next_monotonic` are in microseconds as D-Bus gives them. `written` are the On...=
    lines of the files in order, empty where they do not agree with what is loaded. `comments` are fedtui's
    own ones in them. `error` is why systemd does not tell of it: then there is no more than the row.
    """

    row: UnitListing
    activates: str
    unit_file_state: str = ""
    fragment: str = ""
    drop_ins: tuple[str, ...] = ()
    comments: tuple[str, ...] = ()
    calendar: tuple[str, ...] = ()
    monotonic: tuple[tuple[str, int], ...] = ()
    on_change: tuple[str, ...] = ()
    written: tuple[tuple[str, str], ...] = ()
    persistent: bool = False
    randomized_delay: int = 0
    accuracy: int = 60_000_000
    next_realtime: int = 0
    next_monotonic: int = 0
    last_trigger: datetime | None = None
    made_at: float = 0.0
    result: str = "success"
    activated: ServiceProperties | None = None
    error: str = ""

    def unloaded(self) -> TimerProperties:
        """The same timer once systemd has dropped it from memory."""
        row = replace(self.row, active_state="inactive", sub_state="dead", loaded=False)
        return replace(self, row=row)

    def with_file_state(self, state: str) -> TimerProperties:
        """The same timer with the state of its unit file."""
        return self if state == self.unit_file_state else replace(self, unit_file_state=state)


@dataclass(frozen=True, slots=True)
class UnitFiles:
    """What changes only by a reload: where a unit is written, and what its files say."""

    fragment: str
    drop_ins: tuple[str, ...]
    lines: tuple[tuple[str, str], ...]
    comments: tuple[str, ...] = ()
    made_at: float = 0.0

    @property
    def paths(self) -> tuple[str, ...]:
        """The unit file and its drop-ins in the order in which systemd reads them."""
        return (self.fragment, *self.drop_ins) if self.fragment else self.drop_ins


class UnitReader:
    """Reads units over one bus; remembers what only a reload can change."""

    def __init__(self, bus: Bus, user: str | None) -> None:
        self._bus = bus
        self._user = user
        self._files: dict[str, UnitFiles] = {}
        self._known_commands: dict[str, tuple[tuple[tuple[str, ...], ...], bool]] = {}

    def forget_files(self) -> None:
        """A reload happened: unit files are looked at again."""
        self._files.clear()
        self._known_commands.clear()

    async def _get(self, name: str, interface: str, member: str) -> Any:
        (value,) = await self._bus.call(SYSTEMD, unit_path(name), PROPERTIES, "Get", "ss", interface, member)
        return value

    async def _all(self, name: str, interface: str) -> Mapping[str, Any]:
        (values,) = await self._bus.call(SYSTEMD, unit_path(name), PROPERTIES, "GetAll", "s", interface)
        known: Mapping[str, Any] = values
        return known

    async def _file_facts(self, name: str, section: str) -> UnitFiles:
        if name not in self._files:
            fragment, drop_ins, stale = await asyncio.gather(
                self._get(name, UNIT, "FragmentPath"),
                self._get(name, UNIT, "DropInPaths"),
                self._get(name, UNIT, "NeedDaemonReload"),
            )
            paths = [fragment, *drop_ins] if fragment else list(drop_ins)
            lines: list[tuple[str, str]] = []
            comments: tuple[str, ...] = ()
            if section == "Timer":
                comments = await asyncio.to_thread(unit_files.own_comments, paths)
            if not stale:  # else the files say what is not in force
                lines = await asyncio.to_thread(unit_files.assignments, paths, section)
            made_at = unit_files.made_at(fragment)
            self._files[name] = UnitFiles(fragment, tuple(drop_ins), tuple(lines), comments, made_at)
        return self._files[name]

    async def timer(
        self, row: UnitListing, rows: Mapping[str, UnitListing], unit_file_state: str
    ) -> TimerProperties | None:
        """Everything about one timer; None where it is no longer there. Raises BusError."""
        if not row.loaded:
            load_state = await self._get(row.name, UNIT, "LoadState")
            if load_state == "not-found":
                return None
            description = await self.description(row.name)
            row = UnitListing(row.name, description, load_state)
        facts, files = await asyncio.gather(self._all(row.name, TIMER), self._file_facts(row.name, "Timer"))
        activates = str(facts["Unit"])
        activated = (
            await self._activated(rows.get(activates) or UnitListing(activates)) if activates else None
        )
        calendar = tuple(str(entry[1]) for entry in reversed(facts["TimersCalendar"]))
        monotonic = tuple((str(entry[0]), int(entry[1])) for entry in reversed(facts["TimersMonotonic"]))
        return TimerProperties(
            row=row,
            activates=activates,
            unit_file_state=unit_file_state,
            fragment=files.fragment,
            drop_ins=files.drop_ins,
            comments=files.comments,
            calendar=calendar,
            monotonic=monotonic,
            on_change=tuple(name for name in ("OnClockChange", "OnTimezoneChange") if facts.get(name)),
            written=_written(files.lines, len(calendar), len(monotonic)),
            persistent=bool(facts["Persistent"]),
            randomized_delay=int(facts["RandomizedDelayUSec"]),
            accuracy=int(facts["AccuracyUSec"]),
            next_realtime=int(facts["NextElapseUSecRealtime"]),
            next_monotonic=int(facts["NextElapseUSecMonotonic"]),
            last_trigger=wall(facts["LastTriggerUSec"]),
            made_at=files.made_at,
            result=str(facts["Result"]),
            activated=activated,
        )

    async def _activated(self, row: UnitListing) -> ServiceProperties:
        if not row.name.endswith(".service") or row.load_state in ("not-found", "masked"):
            return ServiceProperties(row)
        unit = ServiceProperties(row)
        try:
            files, left, condition_at = await asyncio.gather(
                self._file_facts(row.name, "Service"),
                self._get(row.name, UNIT, "InactiveExitTimestamp"),
                self._get(row.name, UNIT, "ConditionTimestamp"),
            )
            if not files.fragment and not row.loaded:  # no file of that name, or a mask
                row = replace(row, load_state=str(await self._get(row.name, UNIT, "LoadState")))
            unit = ServiceProperties(
                row=row,
                fragment=files.fragment,
                user=dict(files.lines).get("User", ""),
                output=unit_files.output_file(files.lines, row.name, self._user),
                output_mode=unit_files.output_mode(files.lines),
                left_inactive=wall(left),
                condition_at=wall(condition_at),
            )
            commands, ignores_failure = await self._commands(row.name)
            unit = replace(unit, commands=commands, ignores_failure=ignores_failure)
            if not left and not condition_at and row.active_state == "inactive":
                return unit  # it was never started: there is no more to tell
            return await self._with_last_run(unit)
        except (BusError, *ODD) as error:
            # A single byte that is no UTF-8 (ExecStart=/bin/echo \351) makes systemd refuse all properties of
            # a service. Its timer is known all the same.
            said = of_one_unit(error)
            if not said:
                raise
            return replace(unit, error=f"{said} ({row.name})")

    async def description(self, name: str) -> str:
        """Description=, which an odd instance name makes unreadable (%I of `caf\\xe9`): then empty."""
        try:
            return str(await self._get(name, UNIT, "Description"))
        except BusError as error:
            if not of_one_unit(error):
                raise
            return ""

    async def row(self, name: str) -> UnitListing:
        """A loaded unit property by property, where it spoils every list that it is in. Raises BusError."""
        load, active, sub = await asyncio.gather(
            *(self._get(name, UNIT, state) for state in ("LoadState", "ActiveState", "SubState"))
        )
        return UnitListing(name, await self.description(name), str(load), str(active), str(sub), loaded=True)

    async def _commands(self, name: str) -> tuple[tuple[tuple[str, ...], ...], bool]:
        """The arguments of ExecStart=, and whether one has the prefix `-`; only a reload changes them."""
        if name not in self._known_commands:
            commands = await self._get(name, SERVICE, "ExecStart")
            # Not the first argument: with ExecStart=@ that is free text.
            argvs = tuple((str(command[0]), *map(str, command[1][1:])) for command in commands)
            self._known_commands[name] = argvs, any(command[2] for command in commands)
        return self._known_commands[name]

    async def _with_last_run(self, unit: ServiceProperties) -> ServiceProperties:
        name = unit.row.name
        facts, condition_ok, invocation = await asyncio.gather(
            self._all(name, SERVICE),
            self._get(name, UNIT, "ConditionResult"),
            self._get(name, UNIT, "InvocationID"),
        )
        return replace(
            unit,
            result=str(facts["Result"]),
            main_code=int(facts["ExecMainCode"]),
            main_status=int(facts["ExecMainStatus"]),
            main_pid=int(facts["ExecMainPID"]),
            main_start=wall(facts["ExecMainStartTimestamp"]),
            main_exit=wall(facts["ExecMainExitTimestamp"]),
            condition_ok=bool(condition_ok),
            invocation_id=bytes(invocation).hex(),
            kind=str(facts.get("Type", "")),
        )


def _written(lines: tuple[tuple[str, str], ...], calendars: int, spans: int) -> tuple[tuple[str, str], ...]:
    """The On...= lines, if there are as many of each kind as systemd has loaded (it ignores bad ones)."""
    kept = unit_files.in_force(lines)
    flags = ("OnClockChange", "OnTimezoneChange")
    written = [sum(key == "OnCalendar" for key, _ in kept)]
    written.append(sum(key not in ("OnCalendar", *flags) for key, _ in kept))
    return tuple(kept) if written == [calendars, spans] else ()
