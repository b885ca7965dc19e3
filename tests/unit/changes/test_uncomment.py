"""A line that was switched off with a `#`, switched on again as any other change: plan, diff, write, undo."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from fedtui.action_result import Refused
from fedtui.changes import apply, plan_uncomment, plan_undo
from fedtui.crontab import Document
from fedtui.engine import Engine
from fedtui.health.remedies import remedy_request
from fedtui.model import CommentedOut, Finding, Remedy, Severity, Snapshot, SourceName
from fedtui.ports import Ports
from fedtui.sources.cron_jobs import TableFacts, TableJobs
from tests.unit.changes.conftest import NOW
from tests.unit.changes.table_file import TableFile

TABLE = b"# nightly, off for the move\n#0 5 * * *  backup --all\n0 1 * * * b\n"


@pytest.fixture
def port(tmp_path: Path) -> TableFile:
    path = tmp_path / "crontab"
    path.write_bytes(TABLE)
    return TableFile(path, "fed")


@pytest.fixture
def mine(ports: Ports, port: TableFile) -> Ports:
    return replace(ports, user="fed", crontabs={"fed": port})


def line() -> CommentedOut:
    facts = TableFacts(SourceName.CRONTAB, "crontab", lambda _: "/home/fed", True)
    (found,) = TableJobs(Document.parse(TABLE, user="fed"), facts).commented
    return found


async def test_the_hash_goes_and_undo_brings_it_back(mine: Ports, port: TableFile) -> None:
    finding = Finding("FT122", Severity.NOTE, "", "", remedy=Remedy("uncomment", "", line=line()))
    engine = Engine(mine, lambda: Snapshot(NOW, commented=(line(),)))
    plan = await engine.plan(remedy_request(finding, None))
    assert plan.summary.startswith("Take the # away: daily 05:00, next run ")
    assert [(one.sign, one.text) for one in plan.diffs[0].lines if one.sign != " "] == [
        ("-", "#0 5 * * *  backup --all"),
        ("+", "0 5 * * *  backup --all"),
    ]
    assert port.read() == TABLE
    await apply(plan, mine)
    assert port.read() == TABLE.replace(b"#0", b"0")
    await apply(await plan_undo(mine), mine)
    assert port.read() == TABLE


async def test_a_line_that_was_changed_meanwhile_is_not_touched(mine: Ports, port: TableFile) -> None:
    port.path.write_bytes(TABLE.replace(b"#0", b"#1"))
    with pytest.raises(Refused, match="Line 2 is no longer a job that is commented out"):
        await plan_uncomment(line(), mine)
