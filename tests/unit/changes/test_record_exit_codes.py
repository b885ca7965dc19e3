"""The plan that puts the recorder around a line, what stands beside the table then, and the way back."""

from __future__ import annotations

import stat
from dataclasses import replace
from pathlib import Path

import pytest

from fedtui import changes
from fedtui.action_result import Refused
from fedtui.changes import Draft
from fedtui.changes.apply_edit import EditExecutor, state_of
from fedtui.changes.edits import Edit, RecorderEdit, TableEdit, inverse, is_no_op
from fedtui.changes.plan import EditState
from fedtui.changes.record_exit_codes import unrecorded
from fedtui.crontab import Document, Entry
from fedtui.model import CronFacts, Job, Location, Problem, Snapshot, SourceName, State, TimerFacts, cron_jobs
from fedtui.ports import Ports
from fedtui.schedulers import planning
from fedtui.system.crontab_port import CrontabRefused
from tests.unit.changes.conftest import NOW
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
        facts=CronFacts(
            *("crontab", entry.raw, entry.command, entry.stdin, entry.environment),
            record_key=entry.recorder.key if entry.recorder is not None else "",
        ),
        state=State.PAUSED if entry.paused else State.ON,
        editable=True,
    )


def snapshot(port: TableFile) -> Snapshot:
    """All jobs of the table, as their source would tell of them."""
    entries = Document.parse(port.read() or b"", user="fed").entries
    return Snapshot(NOW, tuple(job(port, index) for index in range(len(entries))))


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


async def test_the_recorder_is_an_edit_of_the_plan_only_where_it_is_not_in_its_place(
    world: Ports, port: TableFile
) -> None:
    first = await planning.plan_record(job(port), world)
    assert [type(edit) for edit in first.change.edits] == [RecorderEdit, TableEdit]
    assert first.steps[1].text == "the crontab is still as shown, else stop and show the new state"
    await changes.apply(first, world)
    second = await planning.plan_record(job(port, 1), world)
    assert [type(edit) for edit in second.change.edits] == [TableEdit], "it has no log to link to"
    (world.config.recorder / "record").write_text("of another version")
    third = await planning.plan_reschedule((job(port),), "5 * * * *", world)
    assert isinstance(third.change.edits[0], RecorderEdit), "a line that is recorded needs it"
    await changes.apply(third, world)
    fourth = await planning.plan_reschedule((job(port),), "6 * * * *", world)
    assert [type(edit) for edit in fourth.change.edits] == [TableEdit]


async def test_a_change_that_is_rolled_back_leaves_the_recorder_and_says_nothing_of_it(
    world: Ports, port: TableFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = await planning.plan_record(job(port), world)

    def refuse(*_: object) -> None:
        raise CrontabRefused("bad minute")

    monkeypatch.setattr(TableFile, "replace", refuse)
    with pytest.raises(Refused) as refused:
        await changes.apply(plan, world)
    assert str(refused.value).startswith("crontab refuses: bad minute.")
    assert "recorder" not in str(refused.value)
    assert port.read() == TABLE
    assert (world.config.recorder / "record").exists()


async def test_the_inverse_of_the_recorder_changes_nothing(world: Ports) -> None:
    back = inverse(RecorderEdit((("0a1b2c3d", None),)))
    assert is_no_op(back)
    assert await state_of(back, world) is EditState.AFTER
    await EditExecutor(world).make(back)
    assert not world.config.recorder.exists()


async def test_a_recorder_that_others_placed_since_the_plan_is_no_conflict(
    world: Ports, port: TableFile
) -> None:
    plan = await planning.plan_record(job(port), world)
    await EditExecutor(world).make(plan.change.edits[0])
    await changes.apply(plan, world)
    assert entry_of(port).recorder is not None


@pytest.mark.parametrize("placed", [False, True])
async def test_a_killed_redo_puts_the_recorder_in_its_place(
    world: Ports, port: TableFile, monkeypatch: pytest.MonkeyPatch, placed: bool
) -> None:
    await changes.apply(await planning.plan_record(job(port), world), world)
    recorded = port.read()
    changes.seen((await changes.apply(await changes.plan_undo(world), world)).undo_id or 0, world)
    (world.config.recorder / "record").unlink()
    real = EditExecutor.make

    async def killed(executor: EditExecutor, edit: Edit) -> None:
        if placed:
            await real(executor, edit)
        raise KeyboardInterrupt

    monkeypatch.setattr(EditExecutor, "make", killed)
    with pytest.raises(KeyboardInterrupt):
        await changes.apply(await changes.plan_redo(world), world)
    monkeypatch.undo()
    await changes.apply(await changes.plan_redo(world), world)
    assert port.read() == recorded
    assert (world.config.recorder / "record").exists()


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
    assert (await planning.load_draft(job(port), world)).command == "bash ~/sync.sh >> ~/sync.log 2>&1"
    draft = Draft("*/5 * * * *", "bash ~/sync.sh --all >> ~/all.log 2>&1", "sync", "")
    await changes.apply(await planning.plan_edit(job(port), lambda _: draft, world), world)
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


MANY = (
    b"0 1 * * * cat a b\n0 2 * * * cat a b\n#fedtui:paused# 0 3 * * * paused\n"
    b"0 4 * * * printf 'it\\'s' 5\\%%in\n"
    b"0 5 * * * echo "
    + b"x" * 900
    + b"\nSHELL=/usr/bin/fish\n0 6 * * * fishy\nSHELL=/bin/bash\n0 7 * * * last\n"
)


async def test_all_jobs_that_can_be_recorded_are_recorded_in_one_plan_with_one_undo(
    world: Ports, port: TableFile
) -> None:
    port.path.write_bytes(MANY)
    able = unrecorded(snapshot(port).jobs, "fed", world.config)
    assert [cron.raw[-8:] for _, cron in cron_jobs(able)] == [
        *(b" cat a b", b" cat a b", b"* paused", b"' 5\\%%in", b"* * last")
    ]
    assert unrecorded(snapshot(port).jobs, "eve", world.config) == []
    plan = await planning.plan_record_all(snapshot(port), world)
    assert plan.summary.startswith(
        "Wraps the lines of 5 jobs, cat, cat, paused and 2 more in fedtui's recorder,"
    )
    assert "which writes start, end, exit code and log size to" in plan.summary
    assert "Command, output and exit code don't change" in plan.summary
    assert (plan.diffs[0].changed, plan.diffs[0].added, plan.diffs[0].removed) == (5, 0, 0)
    assert (await changes.apply(plan, world)).message == "5 jobs are recorded from their next runs on."
    after = Document.parse(port.read() or b"", user="fed").entries
    before = Document.parse(MANY, user="fed").entries
    assert [entry.recorder is not None for entry in after] == [True, True, True, True, False, False, True]
    assert [(one.id_key, one.command, one.stdin, one.paused) for one in after] == [
        (one.id_key, one.command, one.stdin, one.paused) for one in before
    ]
    with pytest.raises(Refused, match="Every job that can be recorded is recorded already"):
        await planning.plan_record_all(snapshot(port), world)
    recorded = port.read()
    off = await planning.plan_record_all(snapshot(port), world, off=True)
    assert off.summary.startswith("Removes fedtui's recorder from 5 jobs, ")
    await changes.apply(off, world)
    assert port.read() == MANY
    changes.seen((await changes.apply(await changes.plan_undo(world), world)).undo_id or 0, world)
    assert port.read() == recorded
    changes.seen((await changes.apply(await changes.plan_undo(world), world)).undo_id or 0, world)
    assert port.read() == MANY
    with pytest.raises(Refused, match="No job is recorded"):
        await planning.plan_record_all(snapshot(port), world, off=True)


async def test_a_line_whose_owner_refused_is_left_out_and_an_unread_table_is_no_empty_one(
    world: Ports, port: TableFile
) -> None:
    one, two = snapshot(port).jobs
    assert isinstance(one.facts, CronFacts)
    refused = replace(one, facts=replace(one.facts, silenced=("FT309",)))
    plan = await planning.plan_record_all(Snapshot(NOW, (refused, two)), world)
    assert plan.jobs == ((two.id, "cat"),)
    config = replace(world.config, ignore=("FT402", f"FT402 {two.id}", f"FT309 {one.id}"))
    plan = await planning.plan_record_all(snapshot(port), replace(world, config=config))
    assert plan.jobs == ((two.id, "cat"),)
    unread = Snapshot(
        NOW, problems=(Problem("crontab", "crontab(1) does not answer.", advice="R asks again."),)
    )
    with pytest.raises(Refused, match=r"crontab\(1\) does not answer"):
        await planning.plan_record_all(unread, world)
    with pytest.raises(Refused, match="nothing needs a recorder"):
        await planning.plan_record_all(snapshot(port), replace(world, demo=True))


async def test_a_job_that_is_recorded_again_leaves_the_records_of_before_alone(
    world: Ports, port: TableFile
) -> None:
    await changes.apply(await planning.plan_record(job(port), world), world)
    key = entry_of(port).id_key
    runs = world.config.recorder / "runs"
    for expected in (key, f"{key}-2", f"{key}-3"):
        recorder = entry_of(port).recorder
        assert recorder is not None
        assert recorder.key == expected
        (runs / f"{expected}.last").write_text("1\n")
        await changes.apply(await planning.plan_record(job(port), world, off=True), world)
        await changes.apply(await planning.plan_record(job(port), world), world)
