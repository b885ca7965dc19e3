"""One odd unit among the recorded answers of a real user manager takes nothing away from the others."""

from __future__ import annotations

import asyncio
import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from fedtui.bus.port import BusError
from fedtui.bus.systemd_names import UNIT_PATHS, made_by, unit_path
from fedtui.merging import with_runs
from fedtui.model import Job, Outcome, Result, Run, State
from fedtui.presentation.glyphs import plain
from fedtui.presentation.job_rows import Column, cell, next_words
from fedtui.sources.systemd.installed import instances, names, states
from fedtui.system.unit_files import assignments
from tests.unit.bus.replay import ReplayBus
from tests.unit.sources.test_timers import World, _runs

__all__ = ["_runs"]

REFUSED = BusError("org.freedesktop.DBus.Error.InvalidArgs", "Invalid argument")
INTERFACES = {"backup.timer": "Timer", "backup.service": "Service"}


def key(unit: str) -> str:
    return json.dumps([unit_path(unit), "GetAll", f"org.freedesktop.systemd1.{INTERFACES[unit]}"])


@pytest.mark.parametrize("unit", sorted(INTERFACES))
@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (REFUSED, "Invalid argument"),
        ([{}], "an odd answer of systemd (KeyError)"),
        ([7], "an odd answer of systemd (TypeError)"),
        ([], "an odd answer of systemd (ValueError)"),
        (BusError("org.example.Error", "\x1b[31mno\n"), "no"),
    ],
)
async def test_the_row_says_that_it_cannot_be_read_and_the_others_are_the_same(
    unit: str, answer: Any, reason: str
) -> None:
    good = await World().jobs()
    world = World()
    world.recording.calls[key(unit)] = answer
    found = await world.jobs()
    odd = found["backup"]
    assert {n: job for n, job in found.items() if n != "backup"} == {
        n: job for n, job in good.items() if n != "backup"
    }
    assert odd.last_result.outcome is Outcome.UNKNOWN
    assert reason in odd.unreadable
    assert "\x1b" not in odd.unreadable
    assert odd.last_result.reasons == (odd.unreadable,)
    if unit == "backup.timer":
        assert (odd.state, odd.next_run, odd.state_reason) == (State.UNREACHABLE, None, odd.unreadable)
        assert next_words(odd, world.now).text == "unreadable"
    else:
        assert (odd.state, odd.next_run) == (State.ON, good["backup"].next_run)
        assert odd.unreadable.endswith("(backup.service)")
    assert plain(cell(odd, Column.LAST_RUN, world.now, 60)).startswith(f"? {odd.unreadable}"[:50])


async def test_what_was_known_before_is_no_ok_of_a_unit_that_cannot_be_read_any_more() -> None:
    world = World()
    assert (await world.jobs())["backup"].last_result.outcome is Outcome.OK
    world.recording.calls[key("backup.service")] = REFUSED
    world.source._link.touch_all()
    assert (await world.jobs())["backup"].last_result.outcome is Outcome.UNKNOWN


def test_an_older_run_on_record_is_no_ok_either() -> None:
    run = Run(
        "1", "x", datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC), Result(Outcome.OK)
    )
    job = asyncio.run(_unreadable())
    assert with_runs(job, (run,), datetime(2026, 1, 2, tzinfo=UTC)).last_result.outcome is Outcome.UNKNOWN


async def _unreadable() -> Job:
    world = World()
    world.recording.calls[key("backup.timer")] = REFUSED
    return (await world.jobs())["backup"]


class Spoiled(ReplayBus):
    """Refuses every list that backup.timer is in, and its description; gives the tree of objects."""

    async def call(
        self,
        destination: str,
        path: str,
        interface: str,
        member: str,
        signature: str = "",
        *arguments: Any,
        timeout: float = 10.0,
    ) -> tuple[Any, ...]:
        call = super().call(destination, path, interface, member, signature, *arguments, timeout=timeout)
        if member == "Introspect":
            call.close()
            (units,) = self._recording.calls[json.dumps(["/org/freedesktop/systemd1", "ListUnits"])]
            nodes = (unit_path(unit[0]).removeprefix(UNIT_PATHS) for unit in units)
            return ("".join(f'<node name="{node}"/>' for node in nodes),)
        if member == "Get" and path == unit_path("backup.timer"):
            known = {"LoadState": "loaded", "ActiveState": "active", "SubState": "waiting"}
            if arguments[1] in known:
                call.close()
                return (known[arguments[1]],)
            if arguments[1] == "Description":
                call.close()
                raise REFUSED
        listed = member == "ListUnits" or (member == "ListUnitsByPatterns" and "backup.timer" in arguments[1])
        if listed:
            call.close()
            raise REFUSED
        return await call


class Hung(ReplayBus):
    """Gives no answer about one unit, or about any."""

    units: tuple[str, ...] = ("backup.timer",)

    async def call(
        self,
        destination: str,
        path: str,
        interface: str,
        member: str,
        signature: str = "",
        *arguments: Any,
        timeout: float = 10.0,
    ) -> tuple[Any, ...]:
        if path in map(unit_path, self.units) or (not self.units and path.startswith(UNIT_PATHS)):
            await asyncio.sleep(0.05)
            raise BusError(BusError.TIMEOUT, "no answer to Get in 10 s")
        return await super().call(
            destination, path, interface, member, signature, *arguments, timeout=timeout
        )


class OddWorld(World):
    kind: type[ReplayBus] = Spoiled

    async def open(self, user: bool) -> ReplayBus:
        self.buses.append(self.kind(self.recording))
        return self.bus


async def test_a_unit_that_spoils_the_list_of_units_is_read_alone() -> None:
    good, found = await World().jobs(), await OddWorld().jobs()
    assert sorted(found) == sorted(good)
    assert (found["backup"].state, found["backup"].next_run) == (State.ON, good["backup"].next_run)
    assert {n: job for n, job in found.items() if n != "backup"} == {
        n: job for n, job in good.items() if n != "backup"
    }


async def test_a_unit_that_gives_no_answer_is_not_a_manager_that_gives_none() -> None:
    world = OddWorld()
    world.kind = Hung
    found = await world.jobs()
    assert found["backup"].state_reason == "cannot be read: no answer in time"
    assert found["broken"].last_result.outcome is Outcome.FAILED
    world = OddWorld()
    world.kind = type("AllHung", (Hung,), {"units": ()})
    (problem,) = (await world.source.read()).problems
    assert problem.message == "systemd's user manager has not answered yet"


async def test_the_cause_named_is_the_cause() -> None:
    world = World()
    denied = BusError("org.freedesktop.DBus.Error.AccessDenied", "Access denied")
    world.recording.calls[json.dumps(["/org/freedesktop/systemd1", "ListUnits"])] = denied
    world.recording.calls[json.dumps([UNIT_PATHS.rstrip("/"), "Introspect"])] = denied
    answer = await world.source.read()
    (problem,) = answer.problems
    assert answer.jobs is None
    assert problem.message == "systemd refuses to list its user timers: Access denied"
    assert "linger" not in problem.advice
    assert not problem.note


def test_names_that_systemd_does_not_take_and_files_that_are_none(tmp_path: Path) -> None:
    for name in ("good.timer", os.fsdecode(b"caf\xe9.timer"), "a b.timer"):
        (tmp_path / name).write_text("[Install]\n")
    os.mkfifo(tmp_path / "pipe.timer")
    (tmp_path / "folder.timer").mkdir()
    assert names([str(tmp_path)]) == {"good.timer", "pipe.timer", "folder.timer"}
    assert states([str(tmp_path)]) == {
        "good.timer": "disabled",
        "pipe.timer": "static",
        "folder.timer": "static",
    }
    assert assignments([str(tmp_path / "pipe.timer"), "/a\0b", str(tmp_path)], "Timer") == []


def test_instances_are_found_by_what_is_on_disk_of_them(tmp_path: Path) -> None:
    for marked in ("t@a.timer", "plain.timer", "t@.timer"):
        (tmp_path / f"{marked}.d").mkdir()
        (tmp_path / f"{marked}.d" / "zz-fedtui-paused.conf").touch()
    (tmp_path / "t@other.timer.d").mkdir()
    (tmp_path / "timers.target.wants").mkdir()
    for enabled in ("t@b.timer", "t@.x.timer", "plain.timer"):
        (tmp_path / "timers.target.wants" / enabled).symlink_to(tmp_path / "t@.timer")
    assert instances([str(tmp_path)]) == {
        "t@a.timer": "disabled",
        "t@b.timer": "enabled",
        "t@.x.timer": "enabled",
    }


@pytest.mark.parametrize(
    ("fragment", "made"),
    [
        ("/run/user/1000/systemd/transient/a.timer", "transient"),
        ("/run/systemd/transient/a.timer", "transient"),
        ("/run/systemd/generator.late/a.timer", "generated"),
        ("/run/systemd/generator/a.timer", "generated"),
        ("/etc/systemd/system/transient.timer", ""),
        ("/run/systemd/system/a.timer", ""),
        ("", ""),
    ],
)
def test_unit_files_that_are_nobodys_own(fragment: str, made: str) -> None:
    assert made_by(fragment) == made
