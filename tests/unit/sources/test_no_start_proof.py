"""Proof that cron started nothing: the count of its children's page faults; the test gives the counts."""

from __future__ import annotations

from datetime import timedelta

from fedtui.sources.no_start_proof import DaemonSample, NoStartSource
from tests.unit.watching.world import NOON, after, cron_job


class World:
    def __init__(self) -> None:
        self.now = after(-5)
        self.sample: DaemonSample | None = DaemonSample(88, 1000)
        self.source = NoStartSource(
            lambda: (cron_job(), cron_job(id="crontab:2", next_run=after(3600))),
            sample=lambda: self.sample,
            clock=lambda: self.now,
        )

    def at(self, seconds: float) -> bool:
        self.source.pause()
        self.now = after(seconds)
        return self.source.notice()

    async def absent(self) -> list[tuple[str, str]]:
        return [(absence.job_id, absence.evidence) for absence in (await self.source.read()).no_start_proofs]


async def test_a_count_that_stood_still_proves_that_the_job_did_not_start() -> None:
    world = World()
    assert world.source.pause() == 4.5
    assert not world.at(-0.5)
    assert world.at(58)
    assert await world.absent() == [
        ("crontab:1", "cron started nothing from 12:00:00 on, by the kernel's count")
    ]


async def test_a_proof_ends_when_cron_starts_something_after_all() -> None:
    world = World()
    world.at(-0.5)
    assert world.at(58)
    assert world.source.pause() == 5
    assert not world.at(63)
    world.sample = DaemonSample(88, 1001)
    assert world.at(68)
    assert await world.absent() == []


async def test_a_count_that_moved_proves_nothing() -> None:
    world = World()
    world.at(-0.5)
    world.sample = DaemonSample(88, 1001)
    assert not world.at(58)
    assert await world.absent() == []


async def test_a_child_that_still_runs_is_a_start() -> None:
    world = World()
    world.at(-0.5)
    world.sample = DaemonSample(88, 1000, NOON + timedelta(seconds=0.2))
    assert not world.at(58)


async def test_another_daemon_proves_nothing() -> None:
    world = World()
    world.at(-0.5)
    world.sample = DaemonSample(99, 1000)
    assert not world.at(58)


async def test_a_first_look_that_came_too_late_proves_nothing() -> None:
    world = World()
    world.at(2)
    assert not world.at(58)
    assert await world.absent() == []


async def test_a_daemon_that_cannot_be_seen_proves_nothing() -> None:
    world = World()
    world.sample = None
    world.at(-0.5)
    assert not world.at(58)
