"""A dashboard that is open while systemd's manager stops to answer."""

from __future__ import annotations

import asyncio
from typing import Any

from fedtui.store import Store
from tests.fixtures.mockup_app import MockupApp
from tests.pilot.test_dashboard import settled
from tests.unit.bus.replay import ReplayBus
from tests.unit.sources.test_timers import World
from tests.unit.sources.test_timers import _runs as _runs


class Hung(ReplayBus):
    """Answers no call, however long it is waited for."""

    async def call(self, *arguments: Any, **_: Any) -> tuple[Any, ...]:
        await asyncio.Event().wait()
        raise AssertionError(arguments)


async def test_an_open_dashboard_says_that_systemd_answers_no_longer_before_any_deadline() -> None:
    world = World()
    app = MockupApp(store=Store((world.source,), lambda: world.now))
    async with app.run_test(size=(120, 40)) as pilot:
        text = await settled(pilot, lambda text: "backup" in text)
        assert "systemd ● up" in text
        world.bus.__class__ = Hung
        world.source._link.touch_all()  # a signal says that something changed
        text = await settled(pilot, lambda text: "systemd ? no answer" in text and "Health  1" in text)
        assert "backup" in text
        assert "systemd's user manager has not" in text
        assert "the rows show what was" in text
