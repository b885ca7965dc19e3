"""Requests are plain data: each goes through JSON and is planned the same."""

from __future__ import annotations

import asyncio
import getpass
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fedtui import changes, engine
from fedtui.action_result import Refused
from fedtui.changes.edits import TableEdit
from fedtui.changes.plan import Plan
from fedtui.changes.request import Request
from fedtui.changes.restore import kept_tables
from fedtui.config import ConfigError
from fedtui.crontab import Document
from fedtui.engine import Engine
from fedtui.federation.setup.request import SetupRequest
from fedtui.model import Snapshot, SourceName
from fedtui.ports import Ports
from fedtui.sources.cron_jobs import CronClock, TableFacts, TableJobs
from fedtui.system.cron_daemon import CronDaemon
from tests.unit.changes.conftest import NOW
from tests.unit.changes.table_file import TableFile

USER = getpass.getuser()
TABLE = (
    b"# name: sync\n0 * * * * sh ~/sync.sh >> ~/sync.log 2>&1\n"
    b"#fedtui:paused# 5 4 * * * cat%in\n#0 5 * * * backup --all\n@daily caf\xe9\n"
)
BAD = b"* * bad\n"
CLOCK = CronClock(CronDaemon(True, "debian", "cron", 1, NOW), "UTC", ZoneInfo("UTC"))
WORDS = st.text(max_size=12) | st.sampled_from(["say it", "caf\udce9"])
SCHEDULE = st.sampled_from(["*/5 * * * *", "5 5 * * *", "@daily", "nonsense", ""])
FLAG = st.booleans()


def some(
    needed: Mapping[str, st.SearchStrategy[Any]] = MappingProxyType({}), **more: st.SearchStrategy[Any]
) -> st.SearchStrategy[dict[str, Any]]:
    """What is needed, and any of the rest."""
    return st.fixed_dictionaries(dict(needed), optional=more)


OF_JOBS = {
    "pause": some(hold=FLAG),
    "resume": some(),
    "reschedule": some({"schedule": SCHEDULE}, reason=WORDS, ticket=WORDS),
    "delete": some(),
    "record": some(off=FLAG),
    "environment": some({"settings": st.dictionaries(st.sampled_from(["PATH", "A_B"]), WORDS, max_size=2)}),
    "edit": some(schedule=SCHEDULE, command=WORDS, name=WORDS, note=WORDS),
    "fix": some({"text": st.sampled_from(["5 5 * * * true", "# bad", "* * still bad"])}),
    "silence": some({"code": st.sampled_from(["FT106", "FT001", "nonsense"])}),
    "convert": some({"to": st.sampled_from(["user", "cron"])}, linger=FLAG),
}
OF_NONE = {
    "new": some({"schedule": SCHEDULE, "command": WORDS}, name=WORDS, note=WORDS),
    "record": some(off=FLAG),
    "uncomment": some({"table": st.just("crontab"), "user": st.just(USER), "line": st.sampled_from([4, 2])}),
    "silence": some({"code": st.sampled_from(["FT001", "nonsense"])}),
    "setup": some(
        {"root": st.just("ROOT"), "log_dir": st.just("ROOT/logs")},
        profile=st.sampled_from(["conservative", "aggressive", "none"]),
        backend=st.sampled_from(["cron", "none"]),
        alerts=st.lists(st.sampled_from(["json://localhost/a"]), max_size=2).map(tuple),
        mail_to=st.just("fed@localhost"),
        record=FLAG,
        force=FLAG,
        failed=st.lists(st.sampled_from(["sync", "export", "metrics"]), unique=True),
    ),
    "remove-setup": some(),
    "undo": some(id=st.none() | st.integers(1, 2)),
    "redo": some(),
    "restore": some({"name": st.sampled_from(["KEPT", "none"])}),
}


@pytest.fixture
def ports(ports: Ports, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Ports:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    root = tmp_path / "federation"
    (root / "scripts").mkdir(parents=True)
    (root / "logs").mkdir()
    for name in ("sync-learning-data", "export-collections", "generate-dashboard-data"):
        (root / f"scripts/{name}.sh").write_text("#!/bin/bash\n")
    path = tmp_path / "crontab"
    path.write_bytes(TABLE)
    return replace(ports, user=USER, crontabs={USER: TableFile(path, USER)})


def snapshot_of(ports: Ports) -> Snapshot:
    table = ports.crontabs[USER].read() or b""
    facts = TableFacts(SourceName.CRONTAB, "crontab", lambda _: "/home/fed", True)
    found = TableJobs(Document.parse(table, user=USER), facts)
    return Snapshot(NOW, found.at(NOW, CLOCK), commented=found.commented)


def as_json(request: Request) -> Request:
    return Request(**json.loads(json.dumps(asdict(request))))


def outcome(request: Request, ports: Ports) -> Plan | str:
    snapshot = snapshot_of(ports)
    try:
        return asyncio.run(Engine(ports, lambda: snapshot).plan(request))
    except (Refused, ConfigError) as refusal:
        return f"{type(refusal).__name__}: {refusal}"


def test_every_verb_of_the_engine_is_tried() -> None:
    verbs = re.findall(r'case "([a-z-]+)"', Path(engine.__file__).read_text())
    assert sorted(verbs) == sorted([*OF_JOBS, *OF_NONE])


@pytest.mark.parametrize("verb", OF_JOBS)
@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_a_request_about_jobs_is_planned_the_same_after_json(
    verb: str, data: st.DataObject, ports: Ports, tmp_path: Path
) -> None:
    one_only = verb in ("fix", "silence")
    (tmp_path / "crontab").write_bytes(TABLE + BAD * (verb == "fix"))
    ids = [job.id for job in snapshot_of(ports).jobs][-1 if verb == "fix" else 0 :]
    jobs = data.draw(st.lists(st.sampled_from(ids), min_size=1, max_size=1 if one_only else 2, unique=True))
    request = Request(verb, tuple(jobs), data.draw(OF_JOBS[verb]))
    assert outcome(as_json(request), ports) == outcome(request, ports)


def test_a_line_that_cron_refuses_is_commented_out_by_a_request(ports: Ports, tmp_path: Path) -> None:
    """Its bytes stay, also those that are no UTF-8."""
    bad = b"* * caf\xe9\n"
    (tmp_path / "crontab").write_bytes(TABLE + bad)
    snapshot = snapshot_of(ports)
    request = Request("pause", (snapshot.jobs[0].id,))
    with pytest.raises(changes.BadTable) as caught:
        asyncio.run(Engine(ports, lambda: snapshot).plan(request))
    fixed = replace(request, fixes=caught.value.as_comments)
    assert outcome(as_json(fixed), ports) == outcome(fixed, ports)
    (edit,) = planned(fixed, ports).change.edits
    assert isinstance(edit, TableEdit)
    assert (edit.after or b"").endswith(b"# " + bad)


@pytest.mark.parametrize("verb", OF_NONE)
@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_a_request_about_no_job_is_planned_the_same_after_json(
    verb: str, data: st.DataObject, ports: Ports, tmp_path: Path
) -> None:
    if not ports.history.undo_steps():
        paused = Request("pause", (snapshot_of(ports).jobs[0].id,))
        asyncio.run(changes.apply(planned(paused, ports), ports))
        if verb == "redo":
            asyncio.run(changes.apply(planned(Request("undo"), ports), ports))
    words = {"ROOT": str(tmp_path / "federation"), "KEPT": kept_tables(ports)[0].kept.name}

    def filled(value: Any) -> Any:
        for word, text in words.items():
            value = value.replace(word, text) if isinstance(value, str) else value
        return value

    arguments = {name: filled(value) for name, value in data.draw(OF_NONE[verb]).items()}
    request = Request(verb, (), arguments)
    assert outcome(as_json(request), ports) == outcome(request, ports)


def planned(request: Request, ports: Ports) -> Plan:
    plan = outcome(request, ports)
    assert isinstance(plan, Plan), plan
    return plan


async def test_a_prepared_setup_is_planned_the_same_by_an_engine_that_did_not_prepare_it(
    ports: Ports, tmp_path: Path
) -> None:
    root, snapshot = tmp_path / "federation", snapshot_of(ports)
    mine, other = Engine(ports, lambda: snapshot), Engine(ports, lambda: snapshot)
    wish = SetupRequest(root=str(root), log_dir=str(root / "logs"), backend="cron")
    prepared = await mine.setup.prepare(await mine.setup.preflight(wish), ())
    plan = await mine.plan(prepared.request)
    assert plan.summary.startswith("Set up the conservative profile: ")
    assert await other.plan(as_json(prepared.request)) == plan
    failed = replace(prepared.request, arguments={**prepared.request.arguments, "failed": ["sync"]})
    assert "; not scheduled: federated-sync." in (await other.plan(as_json(failed))).summary
