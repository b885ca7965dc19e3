"""Plans for cron lines: what is shown, what is written, and how it is taken back."""

from __future__ import annotations

import stat
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from fedtui.action_result import Applied, Refused
from fedtui.changes import (
    BadTable,
    Conflict,
    Draft,
    Plan,
    apply,
    plan_fix,
    plan_new,
    plan_redo,
    plan_undo,
    preview,
    seen,
)
from fedtui.changes.backup import kept_texts
from fedtui.changes.request import Request
from fedtui.crontab import Document
from fedtui.engine import alternative
from fedtui.history.database import History
from fedtui.model import CronFacts, Job, Location, SourceName, State
from fedtui.ports import Ports
from fedtui.schedule.contention import Contention
from fedtui.schedulers.planning import (
    load_draft,
    plan_delete,
    plan_edit,
    plan_pause,
    plan_reschedule,
    plan_resume,
)
from fedtui.system.zone import local_zone
from tests.unit.changes.conftest import NOW
from tests.unit.changes.table_file import TableFile

TABLE = (
    b"# m h dom mon dow command\n"
    b"PATH = /usr/bin:/bin\n"
    b"\n"
    b"0 *\t* * *   bash ~/sync-learning-data.sh >> ~/logs/sync.log 2>&1\n"
    b"*/5 * * * *  bash ~/generate-dashboard-data.sh  \n"
    b"# drills, first Monday by hand\n"
    b"\n"
    b"05 8 * * 0\techo caf\xe9 100\\% %input\r\n"
)


_, ZONE = local_zone()
FIRST_MIDNIGHT = f"run {(NOW.astimezone(ZONE) + timedelta(days=1)):%a %d %b} 00:00"


@pytest.fixture
def port(tmp_path: Path) -> TableFile:
    path = tmp_path / "crontab"
    path.write_bytes(TABLE)
    return TableFile(path, "fed")


@pytest.fixture
def world(ports: Ports, port: TableFile) -> Ports:
    return replace(ports, user="fed", crontabs={"fed": port})


def job(port: TableFile, name: str) -> Job:
    """The job as the crontab source shows it."""
    document = Document.parse(port.read() or b"", user="fed")
    entry = next(entry for entry in document.entries if entry.name == name)
    return Job(
        id=f"crontab:{entry.id_key}",
        name=entry.name,
        source=SourceName.CRONTAB,
        user="fed",
        schedule=entry.schedule,
        schedule_text="",
        location=Location("crontab", entry.line_number),
        facts=CronFacts("crontab", entry.raw, entry.command, zone="Europe/Berlin"),
    )


def shown_diff(plan: Plan) -> list[str]:
    (diff,) = plan.diffs
    return [f"{line.number} {line.sign} {line.text}".rstrip() for line in diff.lines]


def steps(plan: Plan) -> list[str]:
    return [" ".join(filter(None, (step.verb, *step.command, step.text))) for step in plan.steps]


async def test_reschedule_as_the_confirm_dialog_shows_it(world: Ports, port: TableFile) -> None:
    plan = await plan_reschedule(
        job(port, "generate-dashboard-data"), "*/6 * * * *", world, reason="node2 is slow", ticket="OPS-118"
    )
    assert plan.summary == "Reschedule from every 5 min to every 6 min. 48 fewer runs a day."
    assert shown_diff(plan) == [
        "4   0 * * * *   bash ~/sync-learning-data.sh >> ~/logs/sync.log 2>&1",
        "5 + # fedtui: was */5 until 2026-11-24; reason: node2 is slow; ticket OPS-118",
        "5 - */5 * * * *  bash ~/generate-dashboard-data.sh",
        "6 + */6 * * * *  bash ~/generate-dashboard-data.sh",
        "7   # drills, first Monday by hand",
    ]
    (diff,) = plan.diffs
    assert (diff.title, diff.changed, diff.added, diff.removed, diff.untouched) == (
        "crontab of fed",
        1,
        1,
        0,
        7,
    )
    backup = world.config.backups / f"crontab.{NOW.astimezone(ZONE):%Y%m%d-%H%M%S}"
    assert steps(plan) == [
        f"keep {backup}  mode 0600",
        "check the crontab is still as shown, else stop and show the new state",
        "run crontab -e whose editor step puts the text above in place of the old",
        "verify crontab -l equals it, byte for byte",
        "undo u, also after a restart",
    ]
    assert (plan.destructive, plan.alternative, plan.warnings) == (False, "", ())
    assert port.read() == TABLE, "a plan writes nothing"


async def test_reschedule_changes_the_five_fields_and_no_other_byte(world: Ports, port: TableFile) -> None:
    before = job(port, "generate-dashboard-data")
    applied = await apply(await plan_reschedule(before, "*/2 * * * *", world), world)
    assert applied.message == "generate-dashboard-data runs every 2 min now."
    assert port.read() == TABLE.replace(b"*/5 * * * *  bash", b"*/2 * * * *  bash")
    assert job(port, "generate-dashboard-data").id == before.id


async def test_the_old_text_is_kept_first(world: Ports, port: TableFile) -> None:
    await apply(await plan_pause(job(port, "sync-learning-data"), world), world)
    await apply(await plan_pause(job(port, "generate-dashboard-data"), world), world)
    kept = [one.path for one in reversed(kept_texts(world.config))]
    assert kept[0].read_bytes() == TABLE
    assert kept[1].name == kept[0].name + ".2"
    assert kept[1].read_bytes().count(b"#fedtui:paused# ") == 1
    assert {stat.S_IMODE(path.stat().st_mode) for path in kept} == {0o600}
    assert stat.S_IMODE(world.config.backups.stat().st_mode) == 0o700


@pytest.mark.parametrize("name", ["sync-learning-data", "generate-dashboard-data", "echo"])
async def test_pause_and_resume_give_the_same_bytes(world: Ports, port: TableFile, name: str) -> None:
    target = job(port, name)
    plan = await plan_pause(target, world)
    assert plan.summary.startswith("Pause: it does not run until you resume it.")
    await apply(plan, world)
    paused = port.read() or b""
    assert [line for line in paused.split(b"\n") if line not in TABLE.split(b"\n")] == [
        b"#fedtui:paused# " + target.facts.raw
    ]
    with pytest.raises(Refused, match="is paused already"):
        await plan_pause(target, world)
    await apply(await plan_resume(target, world), world)
    assert port.read() == TABLE


async def test_resume_says_when_it_runs_next(world: Ports, port: TableFile) -> None:
    target = job(port, "sync-learning-data")
    await apply(await plan_pause(target, world), world)
    plan = await plan_resume(target, world)
    assert plan.summary == "Resume: hourly at :00, next run Tue 24 Nov 16:00."


async def test_delete_is_destructive_and_offers_pause(world: Ports, port: TableFile) -> None:
    target = job(port, "generate-dashboard-data")
    plan = await plan_delete(target, world)
    assert plan.summary == "One line leaves the crontab. The script, its log and its history stay."
    assert (plan.destructive, plan.alternative) == (True, "pause")
    assert steps(plan)[-1] == "undo u puts the same bytes back in the same place"
    assert alternative(plan) == Request("pause", (target.id,), {"hold": False})
    await apply(plan, world)
    assert port.read() == TABLE.replace(b"*/5 * * * *  bash ~/generate-dashboard-data.sh  \n", b"")
    await apply(await plan_undo(world), world)
    assert port.read() == TABLE


async def test_new_into_no_table_and_back_to_none(world: Ports, port: TableFile) -> None:
    port.path.unlink()
    plan = await plan_new(Draft("@daily", "~/backup.sh", "backup", "keeps a week"), world)
    assert plan.summary == f"New job backup: daily 00:00, first {FIRST_MIDNIGHT}."
    assert steps(plan)[0] == "check the crontab is still as shown, else stop and show the new state"
    assert "run crontab -e whose editor step puts the text above in place of the old" in steps(plan)
    await apply(plan, world)
    assert port.read() == b"# keeps a week\n# name: backup\n@daily ~/backup.sh\n"
    assert plan.job_id == job(port, "backup").id
    undo = await plan_undo(world)
    assert "run crontab -r by the editor step of crontab -e, which looks once more" in steps(undo)
    await apply(undo, world)
    assert port.read() is None
    await apply(await plan_redo(world), world)
    assert port.read() == b"# keeps a week\n# name: backup\n@daily ~/backup.sh\n"


async def test_undo_of_the_first_job_keeps_what_others_added(world: Ports, port: TableFile) -> None:
    port.path.unlink()
    await apply(await plan_new(Draft("@daily", "~/backup.sh"), world), world)
    port.path.write_bytes((port.read() or b"") + b"0 1 * * * other\n")
    await apply(await plan_undo(world), world)
    assert port.read() == b"0 1 * * * other\n"


async def test_edit_form(world: Ports, port: TableFile) -> None:
    target = job(port, "echo")
    draft = await load_draft(target, world)
    assert draft == Draft("05 8 * * 0", "echo caf\xe9 100\\% %input\r", "echo", "")
    with pytest.raises(Refused, match="Nothing was changed"):
        await plan_edit(target, lambda _: draft, world)
    plan = await plan_edit(target, lambda _: replace(draft, schedule="10 8 * * 0", name="brunch"), world)
    assert plan.summary == "Change the schedule and name. From Sun 08:05 to Sun 08:10."
    await apply(plan, world)
    assert port.read() == TABLE.replace(b"05 8 * * 0\techo", b"# name: brunch\n10 8 * * 0\techo")


async def test_a_new_command_keeps_the_history(world: Ports, port: TableFile) -> None:
    target = job(port, "sync-learning-data")
    draft = await load_draft(target, world)
    plan = await plan_edit(target, lambda _: replace(draft, command="true"), world)
    assert plan.warnings == ()
    await apply(plan, world)
    (pair,) = world.history.jobs()[1]
    document = Document.parse(port.read() or b"", user=world.user)
    assert pair == (
        target.id,
        next(f"crontab:{one.id_key}" for one in document.entries if one.command == b"true"),
    )
    await apply(await plan_undo(world), world)
    assert world.history.jobs()[1] == (pair,)
    draft = await load_draft(target, world)
    assert (await plan_edit(target, lambda _: replace(draft, schedule="1 1 * * *"), world)).moves == ()


async def test_undo_and_redo_of_one_change(world: Ports, port: TableFile) -> None:
    target = job(port, "sync-learning-data")
    await apply(await plan_pause(target, world), world)
    paused = port.read()
    for expected, verb in ((TABLE, "undo"), (paused, "redo"), (TABLE, "undo"), (paused, "redo")):
        plan = await (plan_undo if verb == "undo" else plan_redo)(world)
        assert plan.verb == verb
        seen((await apply(plan, world)).undo_id or 0, world)
        assert port.read() == expected


async def test_undo_survives_a_restart_and_takes_an_older_change_by_number(
    world: Ports, port: TableFile
) -> None:
    first = await apply(await plan_pause(job(port, "sync-learning-data"), world), world)
    await apply(await plan_reschedule(job(port, "echo"), "1 1 * * *", world), world)
    again = replace(world, history=History(world.config.database))
    plan = await plan_undo(again, first.undo_id)
    assert plan.summary.startswith("Undo: pause sync-learning-data, Tue 24 Nov ")
    assert plan.summary.endswith("Other lines were changed since; they stay as they are.")
    await apply(plan, again)
    assert port.read() == TABLE.replace(b"05 8 * * 0\t", b"1 1 * * *\t")
    with pytest.raises(Refused, match="was undone already"):
        await plan_undo(again, first.undo_id)


async def test_undo_that_would_lose_somebodys_edit_is_refused(world: Ports, port: TableFile) -> None:
    await apply(await plan_reschedule(job(port, "sync-learning-data"), "1 * * * *", world), world)
    port.path.write_bytes((port.read() or b"").replace(b"1 *\t*", b"2 *\t*"))
    now = port.read()
    with pytest.raises(Refused, match="would lose that edit"):
        await plan_undo(world)
    assert port.read() == now


async def test_nothing_to_undo(world: Ports) -> None:
    with pytest.raises(Refused, match=r"There is nothing to undo\."):
        await plan_undo(world)
    with pytest.raises(Refused, match=r"There is no change 7\."):
        await plan_undo(world, 7)


async def test_a_table_that_changed_meanwhile(world: Ports, port: TableFile) -> None:
    target = job(port, "generate-dashboard-data")
    plan = await plan_reschedule(target, "*/6 * * * *", world)
    their_diff = TABLE.replace(b"\n\n0 *", b"\nMAILTO=ops@example.org\n\n0 *")
    port.path.write_bytes(their_diff)
    with pytest.raises(Conflict) as caught:
        await apply(plan, world)
    assert (
        str(caught.value)
        == "Someone changed the crontab of fed after your plan was made. Nothing was written."
    )
    (diff,) = caught.value.their_diff
    assert [(line.sign, line.text) for line in diff.lines if line.sign != " "] == [
        ("+", "MAILTO=ops@example.org")
    ]
    assert port.read() == their_diff
    assert not world.config.backups.exists()
    await apply(await plan_reschedule(target, "*/6 * * * *", world), world)
    assert port.read() == their_diff.replace(b"*/5 * * * *  bash", b"*/6 * * * *  bash")


async def test_a_job_that_is_gone(world: Ports, port: TableFile) -> None:
    target = job(port, "echo")
    port.path.write_bytes(b"")
    with pytest.raises(Refused, match="echo is no longer in the crontab of fed"):
        await plan_pause(target, world)


async def test_a_schedule_that_cron_refuses(world: Ports, port: TableFile) -> None:
    with pytest.raises(Refused, match="Bad hour"):
        await plan_reschedule(job(port, "echo"), "0 25 * * *", world)


async def test_a_trap_is_a_warning(world: Ports, port: TableFile) -> None:
    plan = await plan_reschedule(job(port, "generate-dashboard-data"), "*/7 * * * *", world)
    assert plan.warnings == ("*/7 starts again every hour. From :56 to :00 is 4 min, not 7.",)


async def test_the_wrong_one_of_two_equal_jobs_is_never_taken(world: Ports, port: TableFile) -> None:
    port.path.write_bytes(b"1 * * * * same\n2 * * * * same\n")
    document = Document.parse(port.read() or b"", user="fed")
    first, second = document.entries
    assert first.id_key != second.id_key
    target = replace(job(port, "same"), id=f"crontab:{second.id_key}")
    await apply(await plan_pause(target, world), world)
    assert port.read() == b"1 * * * * same\n#fedtui:paused# 2 * * * * same\n"


BAD = b"61 * * * * broken\n" + TABLE


async def test_a_bad_line_refuses_and_is_fixed_in_the_same_plan(world: Ports, port: TableFile) -> None:
    port.path.write_bytes(BAD)
    target = job(port, "echo")
    with pytest.raises(BadTable, match=r"Line 1 of the crontab of fed is bad \(bad minute\)") as caught:
        await plan_pause(target, world)
    assert [line.number for line in caught.value.lines] == [1]
    plan = await plan_pause(target, world, fixes={"1": "1 * * * * broken"})
    assert plan.warnings == ("Line 1 is fixed in the same plan.",)
    assert plan.diffs[0].changed == 2
    await apply(plan, world)
    expected = BAD.replace(b"61 *", b"1 *").replace(b"05 8", b"#fedtui:paused# 05 8")
    assert port.read() == expected
    await apply(await plan_undo(world), world)
    assert port.read() == BAD.replace(b"61 *", b"1 *"), "the fix stays: crontab takes no bad line back"


async def test_a_bad_line_becomes_a_comment_byte_for_byte(world: Ports, port: TableFile) -> None:
    bad = b"61 * * * * caf\xe9\r\n" + TABLE
    port.path.write_bytes(bad)
    target = job(port, "sync-learning-data")
    with pytest.raises(BadTable) as caught:
        await plan_pause(target, world)
    await apply(await plan_pause(target, world, fixes=caught.value.as_comments), world)
    assert port.read() == b"# " + bad.replace(b"0 *\t*", b"#fedtui:paused# 0 *\t*")
    await apply(await plan_undo(world), world)
    assert port.read() == b"# " + bad


async def test_fixing_a_line_from_its_own_row(world: Ports, port: TableFile) -> None:
    port.path.write_bytes(BAD)
    row = replace(
        job(port, "echo"), name="broken", location=Location("crontab", 1), state_reason="bad minute"
    )
    with pytest.raises(Refused, match=r"Line 1 cannot be fixed so: .*still be refused: bad minute"):
        await plan_fix(row, "62 * * * * broken", world)
    plan = await plan_fix(row, "# 61 * * * * broken", world)
    assert plan.summary == "Fix line 1, which cron refuses: bad minute."
    await apply(plan, world)
    assert port.read() == b"# " + BAD


async def test_a_bad_line_is_no_job_to_pause_or_delete(world: Ports, port: TableFile) -> None:
    port.path.write_bytes(BAD)
    row = replace(job(port, "echo"), name="crontab:1", location=Location("crontab", 1), state=State.BAD_LINE)
    for plan in (plan_pause, plan_resume, plan_delete):
        with pytest.raises(Refused, match="crontab:1 is a line that cron refuses, not a job") as caught:
            await plan(row, world)
        assert caught.value.advice == "e fixes it."
    assert port.read() == BAD


async def test_a_line_is_fixed_while_other_bad_lines_become_comments(world: Ports, port: TableFile) -> None:
    port.path.write_bytes(BAD + b"* * * * * a\0b\n")
    row = replace(job(port, "echo"), name="broken", location=Location("crontab", 1))
    with pytest.raises(BadTable) as caught:
        await plan_fix(row, "1 * * * * broken", world)
    await apply(await plan_fix(row, "1 * * * * broken", world, fixes=caught.value.as_comments), world)
    assert port.read() == BAD.replace(b"61 *", b"1 *") + b"# * * * * * a\0b\n"


async def test_a_missing_last_newline_is_fixed_and_said(world: Ports, port: TableFile) -> None:
    port.path.write_bytes(TABLE.removesuffix(b"\r\n"))
    plan = await plan_pause(job(port, "sync-learning-data"), world)
    assert plan.warnings == ("The last line gets the newline without which cron drops the table.",)
    await apply(plan, world)
    assert (port.read() or b"").endswith(b"%input\n")


async def test_crontab_refuses_at_the_write(
    world: Ports, port: TableFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = await plan_pause(job(port, "echo"), world)
    monkeypatch.setattr(
        TableFile, "check", lambda self, table: "you (fed) are not allowed to use this program"
    )
    with pytest.raises(
        Refused, match=r"crontab refuses: you \(fed\) are not allowed .* The old table is unchanged\."
    ):
        await apply(plan, world)
    assert port.read() == TABLE
    assert world.history.undo_steps() == []


async def test_without_an_undo_step_nothing_is_changed(world: Ports, port: TableFile) -> None:
    plan = await plan_pause(job(port, "echo"), world)
    world.config.state.mkdir(parents=True, exist_ok=True)
    world.config.database.write_bytes(b"not a database at all" * 64)
    with pytest.raises(Refused, match="How to undo this cannot be kept"):
        await apply(plan, world)
    assert port.read() == TABLE


async def test_secrets_and_control_bytes_in_a_diff(world: Ports, port: TableFile) -> None:
    port.path.write_bytes(b"API_TOKEN=hunter2\n1 * * * * x \x1b[31m\n")
    plan = await plan_pause(job(port, "x"), world)
    assert shown_diff(plan) == [
        "1   API_TOKEN=••••••",
        "2 - 1 * * * * x ␛[31m",
        "2 + #fedtui:paused# 1 * * * * x ␛[31m",
    ]


async def test_another_users_table(world: Ports, port: TableFile) -> None:
    target = replace(job(port, "echo"), user="eve")
    with pytest.raises(Refused, match="The crontab of eve is not yours") as caught:
        await plan_pause(target, world)
    assert caught.value.advice == "Run: sudo crontab -u eve -e"


async def test_preview_of_a_cron_schedule(world: Ports, port: TableFile) -> None:
    target = job(port, "generate-dashboard-data")
    seen = await preview(target, "*/7 * * * *", world, NOW)
    assert (seen.valid, seen.dialect, seen.zone) == (True, "Debian cron", "Europe/Berlin")
    assert seen.words == "every 7 min from :00 to :56 of each hour, 9 runs an hour"
    assert [f"{run:%H:%M}" for run in seen.runs] == ["15:07", "15:14", "15:21", "15:28", "15:35"]
    assert seen.pitfalls[0].suggestions[0] == "*/6"
    bad = await preview(target, "*/7 25 * * *", world, NOW)
    assert (bad.valid, bad.field, bad.runs) == (False, "hour", ())
    assert bad.message.startswith("bad hour")
    quartz = await preview(None, "0 0 L * *", world, NOW)
    assert "of another dialect than Debian cron" in quartz.message


async def test_a_new_job_is_read_by_the_daemon_that_runs_here(world: Ports) -> None:
    """`0~30` is a minute that cronie chooses; Debian's cron reads the 0 and passes over the rest."""
    cronie = replace(world, dialect=lambda: "cronie")
    draft = Draft("0~30 3 * * *", "echo new", "", "")
    assert "random: 0~30 3 * * *" in (await plan_new(draft, cronie)).summary
    seen = await preview(None, draft.schedule, cronie, NOW)
    assert (seen.valid, seen.dialect, seen.runs) == (True, "cronie", ())
    assert seen.words.startswith("cron chooses minute 0 to 30")
    debian = await preview(None, draft.schedule, world, NOW)
    assert (debian.dialect, debian.pitfalls[0].code) == ("Debian cron", "ignored-text")


async def test_preview_of_a_minute_in_which_many_start(
    world: Ports, port: TableFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    berlin = ZoneInfo("Europe/Berlin")
    monkeypatch.setattr("fedtui.changes.schedule_preview.zone_of", lambda _: (berlin.key, berlin))
    target = job(port, "generate-dashboard-data")
    midnight = datetime(2026, 11, 25, tzinfo=berlin)
    others = [replace(target, id=name, name=name, schedule="0 0 * * *", next_run=midnight) for name in "abcd"]
    seen = await preview(target, "0 0 * * *", world, NOW, Contention([*others, target], NOW, but=target.id))
    assert [(pitfall.code, pitfall.schedules) for pitfall in seen.pitfalls] == [("pile-up", ("5 0 * * *",))]
    assert "4 other jobs start at 00:00 too" in seen.pitfalls[0].text
    new = await preview(None, "0 0 * * *", world, NOW, Contention(others, NOW))
    assert [pitfall.code for pitfall in new.pitfalls] == ["pile-up"]
    alone = await preview(target, "0 0 * * *", world, NOW, Contention((target,), NOW, but=target.id))
    assert alone.pitfalls == ()


async def test_applied_values(world: Ports, port: TableFile) -> None:
    applied = await apply(await plan_pause(job(port, "echo"), world), world)
    assert applied == Applied("Paused echo.", 1)


@pytest.mark.parametrize("verb", ["new", "pause", "delete"])
async def test_a_change_of_a_table_without_its_last_newline_can_be_undone(
    world: Ports, port: TableFile, verb: str
) -> None:
    """The newline stays: without it cron drops the table, and crontab would refuse it."""
    bare = b"0 1 * * * echo one\n0 2 * * * echo two"
    port.path.write_bytes(bare)
    target = job(port, "echo")
    if verb == "new":
        plan = await plan_new(Draft("1 1 * * *", "echo new"), world)
    else:
        plan = await (plan_pause if verb == "pause" else plan_delete)(target, world)
    await apply(plan, world)
    changed = port.read()
    seen((await apply(await plan_undo(world), world)).undo_id or 0, world)
    assert port.read() == bare + b"\n"
    await apply(await plan_redo(world), world)
    assert port.read() == changed
