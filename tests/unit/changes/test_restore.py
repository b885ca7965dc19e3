"""Tables put back from what is kept of them, and what counts as a table that was emptied by others."""

from __future__ import annotations

import os
import stat
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from fedtui import changes
from fedtui.action_result import Refused
from fedtui.changes.backup import keep_backup, kept_texts
from fedtui.changes.draft import Draft
from fedtui.changes.edits import TableEdit
from fedtui.changes.plan import Conflict
from fedtui.changes.restore import keep_own_table, kept_tables, lost_table, plan_restore
from fedtui.changes.table_edits import apply_table_edit
from fedtui.model import CronFacts, Job, Location, SourceName
from fedtui.ports import Ports
from fedtui.schedulers import planning
from tests.unit.changes.conftest import NOW
from tests.unit.changes.table_file import TableFile

TWO = b"# mine\n0 1 * * * one\n0 2 * * * two\n"
ONE = b"# mine\n0 1 * * * one\n"


class Clock:
    """A clock that the test moves."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now

    def later(self, minutes: int = 20) -> None:
        self.now += timedelta(minutes=minutes)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def table(tmp_path: Path, ports: Ports) -> TableFile:
    found = TableFile(tmp_path / "crontab", ports.user)
    found.path.write_bytes(TWO)
    return found


@pytest.fixture
def here(ports: Ports, table: TableFile, clock: Clock) -> Ports:
    return replace(ports, crontabs={ports.user: table}, clock=clock)


def job_of(ports: Ports, line: int, name: str) -> Job:
    from fedtui.crontab import Document

    table = ports.crontabs[ports.user].read() or b""
    entry = next(one for one in Document.parse(table, user=ports.user).entries if one.name == name)
    return Job(
        id=f"crontab:{entry.id_key}",
        name=name,
        source=SourceName.CRONTAB,
        user=ports.user,
        schedule=entry.schedule,
        schedule_text="",
        location=Location("crontab", line),
        facts=CronFacts("crontab", entry.raw, entry.command),
        editable=True,
    )


async def delete(ports: Ports, line: int, name: str) -> None:
    await changes.apply(await planning.plan_delete(job_of(ports, line, name), ports), ports)


async def test_the_list_says_what_each_would_lose_and_bring_back(here: Ports, clock: Clock) -> None:
    await delete(here, 3, "two")
    clock.later()
    await delete(here, 2, "one")
    rows = [(row.kept.name.partition(".")[0], row.lines, row.lost, row.gained) for row in kept_tables(here)]
    assert rows == [("crontab", 2, 0, 2), ("crontab", 3, 0, 3)]
    (here.config.backups / "config.toml.20261124-140512").write_bytes(b"a = 1\n")
    (here.config.backups / "federation-20261124").mkdir()
    assert [(row.kept.what, row.lost) for row in kept_tables(here)] == [
        ("crontab", 0),
        ("crontab", 0),
        ("config.toml", None),
    ]


async def test_a_table_is_put_back_byte_for_byte_and_that_is_undone_as_any_change(
    here: Ports, table: TableFile
) -> None:
    kept = keep_backup(here.config, "crontab", TWO, NOW)
    table.path.write_bytes(b"# mine\n0 3 * * * three\n")
    plan = await plan_restore(kept.name, here)
    assert plan.summary.endswith(": 1 line lost, 2 lines brought back.")
    assert (plan.verb, plan.destructive) == ("restore", True)
    assert [(line.sign, line.text) for diff in plan.diffs for line in diff.lines] == [
        (" ", "# mine"),
        ("-", "0 3 * * * three"),
        ("+", "0 1 * * * one"),
        ("+", "0 2 * * * two"),
    ]
    applied = await changes.apply(plan, here)
    assert table.read() == TWO
    await changes.apply(await changes.plan_undo(here, applied.undo_id), here)
    assert table.read() == b"# mine\n0 3 * * * three\n"


async def test_a_table_that_is_gone_is_put_back(here: Ports, table: TableFile) -> None:
    kept = keep_backup(here.config, "crontab", TWO, NOW)
    table.path.unlink()
    plan = await plan_restore(kept.name, here)
    assert not plan.destructive
    await changes.apply(plan, here)
    assert table.read() == TWO


async def test_what_cannot_be_put_back_is_refused_with_where_it_is(here: Ports) -> None:
    same = keep_backup(here.config, "crontab", TWO, NOW)
    other = keep_backup(here.config, "config.toml", b"", NOW)
    with pytest.raises(Refused, match=r"is that of .* already"):
        await plan_restore(same.name, here)
    with pytest.raises(Refused, match=r"config\.toml\..* is no cron table.*backup/config\.toml"):
        await plan_restore(other.name, here)
    for name in ("../history.db", "nothing"):
        with pytest.raises(Refused, match="No kept table is called"):
            await plan_restore(name, here)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root keeps other users' tables")
async def test_as_root_the_log_says_whose_table_a_text_is(here: Ports, tmp_path: Path) -> None:
    theirs = TableFile(tmp_path / "daemon", "daemon")
    theirs.path.write_bytes(ONE)
    both = replace(here, crontabs={**here.crontabs, "daemon": theirs})
    from fedtui.changes.change_set import plan_change_set
    from fedtui.changes.wording import Wording

    edit = TableEdit("daemon", "crontab", ONE, b"# none\n")
    await changes.apply(await plan_change_set(Wording("edit", "", "x", "", ""), (edit,), both), both)
    kept = kept_texts(here.config)[0]
    assert kept.what == "crontab@daemon"
    plan = await plan_restore(kept.name, both)
    assert plan.diffs[0].title == "crontab of daemon"
    await changes.apply(plan, both)
    assert theirs.read() == ONE
    assert lost_table(here.config, here.history, here.user, here.host) is None


@pytest.mark.skipif(os.geteuid() != 0, reason="only root keeps other users' tables")
async def test_a_change_of_anothers_table_that_failed_leaves_no_loss_of_ones_own(
    here: Ports, tmp_path: Path
) -> None:
    theirs = TableFile(tmp_path / "daemon", "daemon")
    theirs.path.write_bytes(ONE)
    both = replace(here, crontabs={**here.crontabs, "daemon": theirs})
    edit = TableEdit("daemon", "crontab", TWO, b"# none\n")  # since, they saved ONE
    with pytest.raises(Conflict):
        apply_table_edit(edit, both, backup=True)
    assert [one.what for one in kept_texts(here.config)] == ["crontab@daemon"]
    assert lost_table(here.config, here.history, here.user, here.host) is None


def test_a_table_of_another_host_is_not_lost_here(here: Ports, clock: Clock) -> None:
    """A home that machines share: what one has, another never had."""
    keep_own_table(TWO, replace(here, host="node1"))
    assert lost_table(here.config, here.history, here.user, "node2") is None
    lost = lost_table(here.config, here.history, here.user, "node1")
    assert lost is not None
    clock.later()
    keep_own_table(ONE, replace(here, host="node2"))
    keep_own_table(TWO, replace(here, host="node1"))  # no new copy: it is the newest there
    assert [one.path.read_bytes() for one in kept_texts(here.config)] == [ONE, TWO]
    found = lost_table(here.config, here.history, here.user, "node1")
    assert found is not None
    assert found[1] == TWO


def test_a_copy_is_kept_once_a_change_private_and_only_of_jobs(here: Ports, clock: Clock) -> None:
    for text in (TWO, TWO, None, b"# nothing\n", TWO):
        keep_own_table(text, here)
        clock.later()
    (kept,) = kept_texts(here.config)
    assert kept.path.read_bytes() == TWO
    assert stat.S_IMODE(kept.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(here.config.state.stat().st_mode) == 0o700
    keep_own_table(ONE, here)
    keep_own_table(TWO, here)
    assert [one.path.read_bytes() for one in kept_texts(here.config)] == [TWO, ONE, TWO]


def test_a_state_folder_that_cannot_be_used_costs_no_error(here: Ports) -> None:
    here.config.state.parent.joinpath("state").write_text("a file")
    keep_own_table(TWO, here)
    assert kept_tables(here) == []


def found(ports: Ports) -> bytes | None:
    lost = lost_table(ports.config, ports.history, ports.user, ports.host)
    return None if lost is None else lost[1]


async def test_a_table_emptied_by_others_is_told_from_one_emptied_here(here: Ports, clock: Clock) -> None:
    assert found(here) is None
    keep_own_table(TWO, here)
    assert found(here) == TWO
    clock.later()
    await delete(here, 3, "two")
    assert found(here) == TWO  # the newest text that is kept
    clock.later()
    await delete(here, 2, "one")
    assert found(here) is None  # it was emptied here
    clock.later()
    await changes.apply(await changes.plan_undo(here), here)
    assert found(here) == ONE
    clock.later()
    keep_own_table(TWO, here)
    assert found(here) == TWO


async def test_the_undo_of_a_first_job_is_no_loss(here: Ports, table: TableFile, clock: Clock) -> None:
    table.path.unlink()
    await changes.apply(await changes.plan_new(Draft("0 1 * * *", "one"), here), here)
    keep_own_table(table.read(), here)
    clock.later()
    await changes.apply(await changes.plan_undo(here), here)
    assert table.read() is None
    assert found(here) is None
