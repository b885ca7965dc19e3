"""Which unit is this machine's cron, as systemd tells it: a name that is none of its says nothing of it."""

from __future__ import annotations

import pytest

from fedtui.sources.systemd.link import UnitChanges
from fedtui.sources.systemd.timer_catalog import TimerCatalog


class Manager:
    """The calls that list units, over units as (name, load state, active state)."""

    def __init__(self, *units: tuple[str, str, str]) -> None:
        self.units = units

    async def call(self, *words: object, timeout: float = 0.0) -> tuple[object, ...]:
        method, names = words[3], words[-1]
        if method not in ("ListUnits", "ListUnitsByPatterns"):
            return ([],)
        wanted = names if method == "ListUnitsByPatterns" and isinstance(names, list) else None
        rows = [[name, "", load, active, ""] for name, load, active in self.units]
        return ([row for row in rows if wanted is None or row[0] in wanted],)


CRON = ("cron.service", "loaded", "active")
NO_CROND = ("crond.service", "not-found", "inactive")


async def seen(manager: Manager, *named: str) -> list[bool | None]:
    catalog = TimerCatalog(None, cron=True)
    await catalog.refresh(manager, UnitChanges(), lambda: None)  # type: ignore[arg-type]  # what is asked of a bus
    if named:
        changes = UnitChanges(everything=False, files=False, units=set(named))
        await catalog.refresh(manager, changes, lambda: None)  # type: ignore[arg-type]  # as above
    return [scheduler.up for scheduler in catalog.cron()]


@pytest.mark.parametrize("others", [(), (NO_CROND,)])
async def test_a_look_at_a_cron_that_is_not_installed_stops_none(
    others: tuple[tuple[str, str, str], ...],
) -> None:
    """`systemctl show crond.service` has systemd load that name, say so, and drop it again."""
    assert await seen(Manager(CRON, *others), "crond.service") == [True]
    assert await seen(Manager(CRON, *others)) == [True]


async def test_a_cronie_beside_the_name_of_another() -> None:
    assert await seen(
        Manager(("cron.service", "not-found", "inactive"), ("crond.service", "loaded", "active"))
    ) == [True]


async def test_a_cron_that_stopped_is_down() -> None:
    assert await seen(Manager(("cron.service", "loaded", "inactive")), "cron.service") == [False]
    assert await seen(Manager(NO_CROND)) == []
