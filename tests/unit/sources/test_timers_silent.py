"""A systemd that is there and answers nothing: said soon, and never called up."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from fedtui.action_result import Refused
from fedtui.bus.port import BusError
from fedtui.cli.metrics import job_families
from fedtui.cli.records import JsonRecords
from fedtui.model import Answer, Job, Location, Scheduler, Snapshot, SourceName, TimerFacts
from fedtui.ports import Ports
from fedtui.presentation.notes import health_lines
from fedtui.runs import start_unit
from fedtui.store import Store
from fedtui.system.patience import seconds_left
from fedtui.widgets.head_line import status_pieces
from tests.unit.bus.replay import ReplayBus
from tests.unit.changes.conftest import ports as ports
from tests.unit.sources.test_timers import World


class Silent(ReplayBus):
    """Takes every call and answers none within its deadline."""

    async def call(self, *arguments: Any, timeout: float = 10.0, **_: Any) -> tuple[Any, ...]:
        self.asked.append((arguments[3], arguments[1]))
        await asyncio.sleep(seconds_left(timeout))
        raise BusError(BusError.TIMEOUT, f"no answer to {arguments[3]}")


class SilentWorld(World):
    async def open(self, user: bool) -> ReplayBus:
        self.buses.append(Silent(self.recording))
        return self.bus


class SystemTimers:
    """The system's manager, which is well."""

    name = "system-timers"

    async def read(self) -> Answer:
        return Answer(self.name, World().now, (), schedulers=(Scheduler("systemd", True),))

    async def watch(self) -> AsyncIterator[None]:
        await asyncio.sleep(60)
        yield


def text_of(lines: Any) -> str:
    return "\n".join("".join(span.text for span in line) for line in lines)


async def test_a_dashboard_says_within_a_second_whom_it_waits_for() -> None:
    world = SilentWorld()
    store = Store((world.source, SystemTimers()), lambda: world.now)
    said: asyncio.Future[Snapshot] = asyncio.get_running_loop().create_future()
    store.subscribe(lambda now: said.set_result(now) if now.troubles and not said.done() else None)
    task = asyncio.create_task(store.run())
    try:
        snapshot = await asyncio.wait_for(said, 3.0)
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    assert snapshot.loading == {"user-timers"}
    health = text_of(health_lines(snapshot, 200))
    assert "systemd's user manager has not answered yet\n  its timers are not listed until it does" in health
    assert "last seen" not in health
    assert text_of(status_pieces(snapshot)[:1]) == "systemd ? no answer   ▲ 1 finding"
    families = job_families(snapshot, {}, JsonRecords(world.now.tzinfo))
    (up,) = (one for one in families if one.name == "fedtui_scheduler_up")
    assert up.samples == []


async def test_timers_that_are_known_stay_with_the_word_that_they_are_old() -> None:
    world = World()
    known = await world.source.read()
    assert known.runs
    world.now += timedelta(minutes=5)
    world.bus.__class__ = Silent
    world.source._link.touch_all()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tests.unit.sources.test_timers_silent.seconds_left", lambda _: 0.01)
        answer = await world.source.read()
    assert (answer.jobs, answer.runs) == (known.jobs, known.runs), "runs left out would count as lost"
    assert answer.at == known.at, "else a timer due since would seem not to have started"
    assert [problem.untouched for problem in answer.problems] == ["the rows show what was last seen"]
    assert [one.up for one in answer.schedulers if one.name == "systemd"] == [None]


async def test_a_start_that_systemd_does_not_answer_started_nothing(
    ports: Ports, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(start_unit, "ANSWER_DEADLINE", 0.3)
    world = SilentWorld()
    facts = TimerFacts("a.timer", "a.service", True, "active", "enabled")
    named = ("user-timer:a.timer", "a.timer", SourceName.USER_TIMER)
    job = Job(*named, "fed", "", "", Location(""), facts=facts)
    for ask in (start_unit.start, start_unit.current):
        with pytest.raises(Refused) as raised:
            await asyncio.wait_for(ask(job, facts, replace(ports, bus=world.open)), 3.0)
        assert raised.value.message == "systemd does not answer: no answer to LoadUnit."
        assert raised.value.untouched == "Nothing was started."
    assert {member for bus in world.buses for member, _ in bus.asked} == {"LoadUnit"}
