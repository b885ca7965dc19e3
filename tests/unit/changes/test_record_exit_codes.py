"""The plan that puts the recorder around a line, what stands beside the table then, and the way back."""

from __future__ import annotations

import stat
from dataclasses import replace
from pathlib import Path

import pytest

from fedtui import changes
from fedtui.action_result import Refused
from fedtui.changes import Draft
from fedtui.crontab import Document, Entry
from fedtui.model import CronFacts, Job, Location, SourceName, TimerFacts
from fedtui.ports import Ports
from fedtui.schedulers import driver_of, planning
from tests.unit.changes.table_file import TableFile

TABLE = b"# name: sync\n0 *\t* * *   bash ~/sync.sh >> ~/sync.log 2>&1\n5 4 * * * cat%in\n"


@pytest.fixture
def port(tmp_path: Path) -> TableFile:
    path = tmp_path / "crontab"
    path.write_bytes(TABLE)
    return TableFile(path, "fed")


@pytest.fixture
def world(ports: Ports, port: TableFile) -> Ports:
    return replace(ports, user="fed", crontabs={"fed": port})


def entry_of(port: TableFile, index: int = 0) -> Entry:
    return Document.parse(port.read() or b"", user="fed").entries[index]


def job(port: TableFile, index: int = 0) -> Job:
    entry = entry_of(port, index)
    return Job(
        id=f"crontab:{entry.id_key}",
        name=entry.name,
        source=SourceName.CRONTAB,
        user="fed",
        schedule=entry.schedule,
        schedule_text="",
        location=Location("crontab", entry.line_number),
        facts=CronFacts("crontab", entry.raw, entry.command),
    )


async def test_the_recorder_stands_before_the_table_names_it(world: Ports, port: TableFile) -> None:
    before = job(port)
    plan = await planning.plan_record(before, world)
    program = world.config.recorder / "record"
    assert not program.exists()
    assert [step.verb for step in plan.steps][:3] == ["keep", "check", "write"]
    assert plan.steps[2].text.endswith("recorder/record, the recorder")
    assert [line.sign for line in plan.diffs[0].lines] == [" ", "-", "+", " "]
    applied = await changes.apply(plan, world)
    assert applied.message == "sync is recorded from its next run on."
    assert job(port).id == before.id
    entry = entry_of(port)
    assert entry.recorder is not None
    assert entry.recorder.path == str(program)
    assert stat.S_IMODE(program.stat().st_mode) == 0o700
    assert stat.S_IMODE((world.config.recorder / "runs").stat().st_mode) == 0o700
    link = world.config.recorder / "logs" / entry.recorder.key
    assert link.readlink() == Path.home() / "sync.log"


async def test_off_and_undo_give_the_bytes_back(world: Ports, port: TableFile) -> None:
    await changes.apply(await planning.plan_record(job(port, 1), world), world)
    recorded = port.read()
    assert recorded is not None
    assert recorded.endswith(b'; eval "$fedtui_run"%in\n')
    await changes.apply(await planning.plan_record(job(port, 1), world, off=True), world)
    assert port.read() == TABLE
    (world.config.recorder / "record").unlink()
    changes.seen((await changes.apply(await changes.plan_undo(world), world)).undo_id or 0, world)
    assert port.read() == recorded
    assert (world.config.recorder / "record").exists()
    await changes.apply(await changes.plan_redo(world), world)
    assert port.read() == TABLE


async def test_a_recorded_line_is_paused_rescheduled_and_edited_as_the_job_it_is(
    world: Ports, port: TableFile
) -> None:
    await changes.apply(await planning.plan_record(job(port), world), world)
    recorded = port.read() or b""
    await changes.apply(await planning.plan_pause(job(port), world), world)
    await changes.apply(await planning.plan_reschedule(job(port), "*/5 * * * *", world), world)
    await changes.apply(await planning.plan_resume(job(port), world), world)
    assert port.read() == recorded.replace(b"0 *\t* * *   fedtui", b"*/5 *\t* * *   fedtui")
    assert (await driver_of(job(port)).load_draft(world)).command == "bash ~/sync.sh >> ~/sync.log 2>&1"
    draft = Draft("*/5 * * * *", "bash ~/sync.sh --all >> ~/all.log 2>&1", "sync", "")
    await changes.apply(await planning.plan_edit(job(port), draft, world), world)
    entry = entry_of(port)
    assert entry.command == b"bash ~/sync.sh --all >> ~/all.log 2>&1"
    assert entry.recorder is not None
    assert entry.recorder.key == entry.id_key
    assert (world.config.recorder / "logs" / entry.id_key).readlink() == Path.home() / "all.log"


async def test_what_cannot_be_recorded_says_why(world: Ports, port: TableFile) -> None:
    facts = TimerFacts("a.timer", "a.service", True, "active", "enabled")
    timer = replace(job(port), name="a.timer", facts=facts)
    with pytest.raises(Refused, match="systemd itself keeps the exit status"):
        await planning.plan_record(timer, world)
    with pytest.raises(Refused, match="sync is in the crontab of eve"):
        await planning.plan_record(replace(job(port), user="eve"), world)
    with pytest.raises(Refused, match="nothing needs a recorder"):
        await planning.plan_record(job(port), replace(world, demo=True))
    with pytest.raises(Refused, match="sync is not recorded"):
        await planning.plan_record(job(port), world, off=True)
    port.path.write_bytes(b"SHELL=/usr/bin/fish\n" + TABLE)
    with pytest.raises(Refused, match="the line's shell is fish"):
        await planning.plan_record(job(port), world)


async def test_nothing_is_written_where_the_recorder_cannot_be_put(world: Ports, port: TableFile) -> None:
    plan = await planning.plan_record(job(port), world)
    world.config.state.mkdir(exist_ok=True)
    world.config.recorder.write_text("in the way")
    with pytest.raises(Refused, match="The recorder cannot be put in its place"):
        await changes.apply(plan, world)
    assert port.read() == TABLE
