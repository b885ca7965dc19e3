"""The loaded units of a manager, in one answer where it can give one.

A list is all or nothing: one unit whose description is no UTF-8 (an instance `caf\\xe9` with %I in its
Description=) makes systemd refuse it, to systemctl as well. Then the names are taken from the tree of
objects, and the list is asked for in halves until only such units are left, which are read one by one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from fedtui.bus.port import Bus, BusError
from fedtui.bus.systemd_names import INTROSPECTABLE, MANAGER, MANAGER_PATH, SYSTEMD, UNIT_PATHS, unit_name
from fedtui.sources.systemd.facts import UnitListing, UnitReader
from fedtui.sources.systemd.outage import of_one_unit

_NODE = re.compile(r'<node name="([A-Za-z0-9_]+)"')


async def loaded(bus: Bus, reader: UnitReader, names: Sequence[str] | None = None) -> dict[str, UnitListing]:
    """The loaded units by name, or those of `names`. Raises BusError where nobody answers."""
    try:
        if names is not None:
            return await _list(bus, "ListUnitsByPatterns", "asas", [], list(names))
        return await _list(bus, "ListUnits")
    except BusError as error:
        if not of_one_unit(error):
            raise
        if names is None:
            names = await _all_names(bus)
        elif len(names) == 1:
            return await _alone(reader, names[0])
    middle = len(names) // 2
    halves = [half for half in (names[:middle], names[middle:]) if half]
    return {name: row for half in halves for name, row in (await loaded(bus, reader, half)).items()}


async def _list(bus: Bus, member: str, signature: str = "", *arguments: list[str]) -> dict[str, UnitListing]:
    (units,) = await bus.call(SYSTEMD, MANAGER_PATH, MANAGER, member, signature, *arguments)
    return {unit[0]: UnitListing(unit[0], unit[1], unit[2], unit[3], unit[4], loaded=True) for unit in units}


async def _alone(reader: UnitReader, name: str) -> dict[str, UnitListing]:
    """A unit that spoils the list, as far as it can be read; none where it is gone."""
    try:
        return {name: await reader.row(name)}
    except BusError as error:
        if not of_one_unit(error):
            raise
        return {}


async def _all_names(bus: Bus) -> list[str]:
    path = UNIT_PATHS.rstrip("/")
    (tree,) = await bus.call(SYSTEMD, path, INTROSPECTABLE, "Introspect")
    found = (unit_name(UNIT_PATHS + node) for node in _NODE.findall(tree))
    return sorted({name for name in found if name is not None})
