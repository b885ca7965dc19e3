"""The timers of one manager, as facts, kept up to date by reading again only what changed.

Lists first: ListUnits tells the states of all loaded units in one answer. Installed timers that are not
loaded come from the unit files, whose states are dear (see `installed`), so that they come beside the rest.
Reading a unit that is not loaded makes systemd load and drop it, and send signals about that: such a unit
is read once and not again until it is loaded or a reload happens.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterable, Mapping

from fedtui.bus.port import Bus, BusError
from fedtui.bus.systemd_names import MANAGER, MANAGER_PATH, PROPERTIES, SYSTEMD, is_instance
from fedtui.model import Scheduler
from fedtui.sources.systemd import installed, listing
from fedtui.sources.systemd.facts import TimerProperties, UnitListing, UnitReader
from fedtui.sources.systemd.link import UnitChanges
from fedtui.sources.systemd.outage import ODD, of_one_unit
from fedtui.system.cron_product import TELLING_UNITS
from fedtui.system.patience import patience_left

FILES_PATIENCE = 0.2
"""Seconds that an answer waits for the states of unit files, unless its reader has patience."""

FILES_DEADLINE = 60.0

CALL_DEADLINE = 10.5
"""Seconds after which a question about a unit has passed the bus's deadline, with some slack."""

ASK_AGAIN = 30.0
"""Seconds until a unit that gave no answer in time, while others did, is asked about again."""

NO_SUCH_UNIT = ("org.freedesktop.systemd1.NoSuchUnit", "org.freedesktop.DBus.Error.UnknownObject")


class TimerCatalog:
    """Facts of all timers of one manager. `user` is its user, None for the system manager.

    `paused` gives the units that fedtui holds back: systemd lists no paused instance of a template.
    """

    def __init__(self, user: str | None, cron: bool, paused: Callable[[], Collection[str]] = tuple) -> None:
        self._user = user
        self._answered = float("-inf")
        self.again: Callable[[], None] = lambda: None
        self._paused = paused
        self._watch_cron = cron
        self._reader: UnitReader | None = None
        self._bus: Bus | None = None
        self._timers: dict[str, TimerProperties] = {}
        self._activates: set[str] = set()
        self._file_states: dict[str, str] | None = None
        self._files_task: asyncio.Task[None] | None = None
        self._late = False
        self._cron_row: UnitListing | None = None

    def interesting(self, unit: str) -> bool:
        """True for a timer, for a unit that one starts, and for cron where it is watched."""
        return (
            unit.endswith(".timer") or unit in self._activates or (self._watch_cron and unit in TELLING_UNITS)
        )

    @property
    def late(self) -> str:
        """Which facts are still on their way: what is only installed, and whether it is enabled."""
        return "the states of its unit files have not come yet" if self._files_task is not None else ""

    def timers(self) -> list[TimerProperties]:
        return [self._timers[name] for name in sorted(self._timers)]

    def cron(self) -> tuple[Scheduler, ...]:
        """The cron daemon as the system manager sees it; empty where it has no such unit loaded."""
        row = self._cron_row
        if row is None:
            return ()
        up = row.active_state in ("active", "reloading")
        return (Scheduler("cron", up, "" if up else f"{row.name} is {row.active_state}"),)

    def forget(self) -> None:
        """The connection is gone: everything is read again over the next one."""
        self._timers.clear()
        self._file_states = None
        self._cancel_files()

    def _cancel_files(self) -> None:
        task, self._files_task = self._files_task, None
        if task is not None:
            task.cancel()

    async def refresh(self, bus: Bus, changes: UnitChanges, changed: Callable[[], None]) -> None:
        """Read what `changes` names; `changed` is called when slower facts come in later. Raises BusError."""
        if self._reader is None or bus is not self._bus:
            self._bus, self._reader = bus, UnitReader(bus, self._user)
        if changes.files:
            self._reader.forget_files()
            self._cancel_files()
            self._file_states = None
        if changes.everything:
            rows = await listing.loaded(bus, self._reader)
            self._cron_row = _cron_of(rows)
            for name, timer in self._timers.items():
                if name not in rows:  # whether it is still installed, the unit files will tell
                    self._timers[name] = timer.unloaded()
            held = {name for name in self._paused() if name.endswith(".timer")}  # not to wait for unit files
            await self._read_all(held.union(name for name in rows if name.endswith(".timer")), rows)
        elif changes.units:
            await self._refresh_units(bus, changes.units)
        await self._files(bus, changed)

    async def _refresh_units(self, bus: Bus, units: Iterable[str]) -> None:
        named = set(units)
        affected = {name for name in named if name.endswith(".timer")}
        affected |= {name for name, timer in self._timers.items() if timer.activates in named}
        asked = named | affected | {self._timers[name].activates for name in affected & set(self._timers)}
        crons = self._watch_cron and bool(named & set(TELLING_UNITS))
        if crons:  # all of them: one that is not installed is named, too, where somebody asked about it
            asked |= set(TELLING_UNITS)
        if self._reader is None:
            return
        rows = await listing.loaded(bus, self._reader, sorted(asked - {""}))
        if crons:
            known = self._cron_row
            self._cron_row = _cron_of(rows) or (UnitListing(known.name) if known else None)
        await self._read_all({name for name in affected if self._must_read(name, rows)}, rows)

    def _must_read(self, name: str, rows: Mapping[str, UnitListing]) -> bool:
        """True for a timer that is loaded, or was when it was last read.

        Any other would be loaded by our reading, which systemd tells us, and so on for ever: that goes for
        timers known to be idle, and for names of no timer at all, which someone asked systemctl about.
        """
        known = self._timers.get(name)
        return name in rows or (known is not None and known.row.loaded)

    async def _read_all(
        self, names: Iterable[str], rows: Mapping[str, UnitListing], beside: bool = False
    ) -> None:
        """Read these timers again. `beside`: what a newer read found loaded in the meantime is kept."""
        ordered = sorted(names)
        found = await asyncio.gather(*(self._read(name, rows) for name in ordered))
        for name, timer in zip(ordered, found, strict=True):
            if beside and name in self._timers and self._timers[name].row.loaded:
                continue
            if timer is None:
                self._timers.pop(name, None)
            else:
                self._timers[name] = timer
        self._activates = {timer.activates for timer in self._timers.values()}

    async def _read(self, name: str, rows: Mapping[str, UnitListing]) -> TimerProperties | None:
        """One timer; None where it vanished between the list and the question, which is no error."""
        if self._reader is None:
            return None
        row = rows.get(name) or UnitListing(name)
        if row.load_state == "not-found":
            return None
        state = (self._file_states or {}).get(name, "")
        try:
            timer = await self._reader.timer(row, rows, state)
        except (BusError, *ODD) as error:
            name_of_error = error.name if isinstance(error, BusError) else ""
            if name_of_error in NO_SUCH_UNIT:
                return None
            said = of_one_unit(error)
            if name_of_error == BusError.TIMEOUT and self._others_answer():
                said = "no answer in time"
            if not said:
                raise
            return TimerProperties(row, "", state, error=said)
        self._answered = asyncio.get_running_loop().time()
        return timer

    def _others_answer(self) -> bool:
        """True where systemd answered about another unit meanwhile; then the late one is asked again."""
        loop = asyncio.get_running_loop()
        if self._answered < loop.time() - CALL_DEADLINE:
            return False
        loop.call_later(ASK_AGAIN, self.again)
        return True

    async def _files(self, bus: Bus, changed: Callable[[], None]) -> None:
        """See that the states of unit files are known or on their way."""
        if self._file_states is None and self._files_task is None:
            self._late = False
            self._files_task = asyncio.get_running_loop().create_task(self._read_files(bus, changed))
            self._files_task.add_done_callback(lambda task: task.cancelled() or task.exception())
        task = self._files_task
        if task is None:
            return
        await asyncio.wait((task,), timeout=patience_left(FILES_PATIENCE))
        self._late = not task.done()
        if task.done():
            self._files_task = None
            if not task.cancelled() and (error := task.exception()) is not None:
                raise error

    async def _read_files(self, bus: Bus, changed: Callable[[], None]) -> None:
        states = await self._states(bus)
        self._file_states = {name: state for name, state in states.items() if not name.endswith("@.timer")}
        idle = {name for name, timer in self._timers.items() if not timer.row.loaded}
        for gone in idle - set(self._file_states):
            del self._timers[gone]
        absent = set(self._file_states) - set(self._timers)
        await self._read_all(absent | (idle & set(self._file_states)), {}, beside=True)
        for name, timer in self._timers.items():
            self._timers[name] = timer.with_file_state(states.get(name, ""))
        if self._late:
            changed()

    async def _states(self, bus: Bus) -> dict[str, str]:
        """The state of each timer's unit file, by name."""
        (search_path,) = await bus.call(SYSTEMD, MANAGER_PATH, PROPERTIES, "Get", "ss", MANAGER, "UnitPath")
        names = await asyncio.to_thread(installed.names, search_path)
        states: dict[str, str] = {}
        if len(names) <= installed.ASK_AT_MOST:
            try:
                (files,) = await bus.call(
                    *(SYSTEMD, MANAGER_PATH, MANAGER, "ListUnitFilesByPatterns", "asas", [], ["*.timer"]),
                    timeout=FILES_DEADLINE,
                )
                states = {path.rpartition("/")[2]: state for path, state in files}
            except BusError as error:  # a folder whose name is no UTF-8 spoils the whole list
                if not of_one_unit(error):
                    raise
        states = states or await asyncio.to_thread(installed.states, search_path)
        instances = await asyncio.to_thread(installed.instances, search_path)
        for name in filter(is_instance, (*instances, *self._paused())):
            state = instances.get(name, "disabled")
            static = state == "disabled" and states.get(f"{name.partition('@')[0]}@.timer") == "static"
            states.setdefault(name, "static" if static else state)
        return states


def _cron_of(rows: Mapping[str, UnitListing]) -> UnitListing | None:
    """The unit of the cron that is installed; some list a name that is only asked about as not found."""
    return next(
        (rows[name] for name in TELLING_UNITS if name in rows and rows[name].load_state == "loaded"), None
    )
