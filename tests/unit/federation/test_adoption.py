"""Lines that run the profile's scripts already become the pack's, and come back as they were."""

from __future__ import annotations

import getpass
import json
import re
from dataclasses import asdict, replace
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from fedtui.action_result import Refused
from fedtui.changes.pending_edits import NothingToChange
from fedtui.changes.plan import Plan
from fedtui.changes.request import Request
from fedtui.crontab import Document
from fedtui.engine import Engine
from fedtui.federation.setup import test_run
from fedtui.federation.setup.placements import Placement, jobs_by_placement
from fedtui.federation.setup.request import SetupRequest
from fedtui.model import Snapshot, SourceName
from fedtui.pack import load_pack, pack_file
from fedtui.ports import Ports
from fedtui.presentation.federation_status import status_lines
from fedtui.sources.cron_jobs import CronClock, TableFacts, TableJobs
from fedtui.system.cron_daemon import CronDaemon
from tests.unit.changes.conftest import NOW, ports
from tests.unit.changes.table_file import TableFile

__all__ = ["ports"]

USER = getpass.getuser()
CLOCK = CronClock(CronDaemon(True, "debian", "cron", 1, NOW), "UTC", ZoneInfo("UTC"))
GUIDE = """\
MAILTO=admin@example.com
# Hourly: Sync high-value patterns
0 * * * * bash ROOT/scripts/sync-learning-data.sh >> LOGS/federated-sync.log 2>&1

# Weekly (Sunday 3 AM): Export Qdrant collections
0  3 * * 0 bash ROOT/scripts/export-collections.sh >> LOGS/own-export.log 2>&1
@daily find LOGS -name "federated-*.log" -mtime +30 -delete
"""
GIT = "0 */6 * * * cd ROOT && bash scripts/sync-learning-data.sh && git push >> LOGS/git.log 2>&1\n"


class Operator:
    """The first user's machine: a checkout, the guide's lines, and an engine."""

    def __init__(self, ports: Ports, folder: Path) -> None:
        self.root = folder / "federation"
        self.logs = folder / "logs"
        self.path = folder / "crontab"
        (self.root / "scripts").mkdir(parents=True)
        self.logs.mkdir()
        for name in ("sync-learning-data", "export-collections", "generate-dashboard-data"):
            (self.root / f"scripts/{name}.sh").write_text("#!/bin/bash\n")
        self.ports = replace(ports, user=USER, crontabs={USER: TableFile(self.path, USER)})
        self.engine = Engine(self.ports, self.snapshot)
        self.install(GUIDE)

    def text(self, text: str) -> str:
        return text.replace("ROOT", str(self.root)).replace("LOGS", str(self.logs))

    def install(self, text: str) -> None:
        self.path.write_text(self.text(text))

    @property
    def table(self) -> str:
        """The crontab without the ids in its marks."""
        return re.sub(
            r"(; adopted(?: recorded)?) [0-9a-f]{8}|; line [0-9a-f]{8}", r"\1", self.path.read_text()
        )

    def snapshot(self) -> Snapshot:
        document = Document.parse(self.path.read_bytes(), user=USER)
        facts = TableFacts(SourceName.CRONTAB, "crontab", lambda _: "/home/fed", True)
        return Snapshot(NOW, TableJobs(document, facts).at(NOW, CLOCK))

    async def plan(self, **wish: object) -> Plan:
        request = SetupRequest(log_dir=str(self.logs), backend="cron", **wish)  # type: ignore[arg-type]
        arguments = json.loads(json.dumps(asdict(request)))
        return await self.engine.plan(Request("setup", (), arguments))

    async def set_up(self, **wish: object) -> None:
        await self.engine.apply(await self.plan(**wish))

    def job(self, text: str) -> str:
        return next(job.id for job in self.snapshot().jobs if text in (job.command or ""))


@pytest.fixture
def operator(ports: Ports, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Operator:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return Operator(ports, tmp_path)


async def test_the_guides_lines_are_taken_over_as_they_are_and_given_back(operator: Operator) -> None:
    before = operator.table
    await operator.set_up(adopt=True, record=False)
    assert operator.table == operator.text(
        "MAILTO=admin@example.com\n"
        "# fedtui: pack sync (0 * * * *); adopted\n"
        "# Hourly: Sync high-value patterns\n"
        "0 * * * * bash ROOT/scripts/sync-learning-data.sh >> LOGS/federated-sync.log 2>&1\n"
        "\n"
        "# fedtui: pack export (0 2 * * 0); adopted\n"
        "# Weekly (Sunday 3 AM): Export Qdrant collections\n"
        "0  3 * * 0 bash ROOT/scripts/export-collections.sh >> LOGS/own-export.log 2>&1\n"
        '@daily find LOGS -name "federated-*.log" -mtime +30 -delete\n'
        "# fedtui: pack metrics (*/5 * * * *)\n"
        "# name: dashboard-metrics\n"
        "*/5 * * * * bash ROOT/scripts/generate-dashboard-data.sh >> LOGS/dashboard-metrics.log 2>&1\n"
    )
    pack = load_pack()
    assert pack is not None
    assert pack.root == str(operator.root), "ROOT is proposed by what the lines run"
    logs = operator.logs
    assert pack.adopted == {"sync": f"{logs}/federated-sync.log", "export": f"{logs}/own-export.log"}
    await operator.engine.apply(await operator.engine.plan(Request("remove-setup")))
    assert operator.table == before
    assert load_pack() is None


async def test_adopted_lines_are_recorded_switched_by_profiles_and_given_back(operator: Operator) -> None:
    before = operator.table
    await operator.set_up(adopt=True, profile_schedules=True)
    entries = Document.parse(operator.path.read_bytes(), user=USER).entries
    assert [entry.schedule for entry in entries] == ["0 * * * *", "0  2 * * 0", "@daily", "*/5 * * * *"]
    assert [entry.recorder is not None for entry in entries] == [True, True, False, True]
    await operator.set_up(profile="aggressive")
    assert "adopted from 0 * * * *\n" in operator.table
    assert "adopted from 0  3 * * 0\n" in operator.table
    entries = Document.parse(operator.path.read_bytes(), user=USER).entries
    assert [entry.schedule for entry in entries] == ["*/15 * * * *", "0  3 * * *", "@daily", "* * * * *"]
    with pytest.raises(NothingToChange):
        await operator.plan(profile="aggressive")
    await operator.engine.apply(await operator.engine.plan(Request("remove-setup")))
    assert operator.table == before


async def test_a_script_with_two_lines_is_settled_by_choice(operator: Operator) -> None:
    operator.install(GUIDE + GIT)
    before = operator.table
    plan = await operator.plan(adopt=True)
    assert "taken over: federated-export; not scheduled: federated-sync" in plan.summary
    preflight = await operator.engine.setup.preflight(
        SetupRequest(log_dir=str(operator.logs), backend="cron", adopt=True)
    )
    advice = [issue.advice for issue in preflight.issues if issue.key == "sync" and issue.advice]
    assert [text for text in advice if text.startswith("Take it over: --adopt crontab:")] == advice
    await operator.set_up(adopt=True, adopt_jobs=(operator.job(">> " + str(operator.logs / "federated")),))
    assert "# fedtui: pack sync (0 * * * *); adopted\n# Hourly" in operator.table
    assert operator.text(GIT) in operator.table
    await operator.engine.apply(await operator.engine.plan(Request("remove-setup")))
    assert operator.table == before


async def test_the_status_says_which_jobs_are_not_scheduled_and_why(operator: Operator) -> None:
    operator.install(GUIDE + GIT)
    (operator.root / "scripts/generate-dashboard-data.sh").unlink()
    await operator.set_up(adopt=True, record=False)
    status = await operator.engine.setup.status()
    said = {one.key: one.left_out for one in status.jobs}
    assert said["export"] == ""
    assert said["metrics"] == f"no generate-dashboard-data.sh below {operator.root}"
    names = [
        f"{job.name} ({job.location})" for job in operator.snapshot().jobs if "sync-" in (job.command or "")
    ]
    assert said["sync"] == f"{names[0]} and {names[1]} run its script"
    lines = list(status_lines(status, NOW))
    assert f"– dashboard-metrics: not scheduled, {said['metrics']}" in lines
    assert "  adopted   it was there before; setup --remove gives it back" in lines


async def test_a_paused_line_is_taken_over_paused(operator: Operator) -> None:
    operator.install(GUIDE.replace("0 * * * *", "#fedtui:paused# 0 * * * *"))
    before = operator.table
    await operator.set_up(adopt=True, record=False)
    assert "adopted\n# Hourly: Sync high-value patterns\n#fedtui:paused# 0 * * * * bash" in operator.table
    await operator.engine.apply(await operator.engine.plan(Request("remove-setup")))
    assert operator.table == before


async def test_without_adoption_a_line_that_runs_the_script_keeps_it_out(operator: Operator) -> None:
    plan = await operator.plan(root=str(operator.root))
    assert "dashboard-metrics on cron; not scheduled: federated-sync, federated-export." in plan.summary


async def test_roots_that_differ_are_not_guessed_from(operator: Operator, tmp_path: Path) -> None:
    operator.install(GUIDE + f"5 5 * * * bash {tmp_path}/other/scripts/export-collections.sh\n")
    with pytest.raises(Refused, match=r"The jobs run scripts in .*/federation and .*/other"):
        await operator.plan(adopt=True)


async def test_a_job_that_runs_no_script_of_the_profile_cannot_be_taken_over(operator: Operator) -> None:
    with pytest.raises(Refused, match="runs no script of the profile"):
        await operator.plan(adopt=True, adopt_jobs=(operator.job("find "),))


async def test_what_was_insisted_on_is_scheduled_until_that_is_unsaid(operator: Operator) -> None:
    """A doubled line and a failed test run outlive a switch of the profile."""
    failed = test_run.TestRun("metrics", "dashboard-metrics", None, "it hangs")
    service = operator.engine.setup

    async def set_up(**wish: object) -> tuple[str, ...]:
        request = SetupRequest(log_dir=str(operator.logs), backend="cron", record=False, **wish)  # type: ignore[arg-type]
        prepared = await service.prepare(await service.preflight(request), (failed,))
        await operator.engine.apply(await operator.engine.plan(prepared.request))
        pack = load_pack()
        assert pack is not None
        return pack.insisted

    root = str(operator.root)
    assert await set_up(root=root, force=True) == ("export", "metrics", "sync")
    assert operator.table.count("# fedtui: pack ") == 3
    assert await set_up(profile="aggressive") == ("export", "metrics", "sync")
    assert "pack metrics (* * * * *)\n" in operator.table
    assert "pack sync (*/15 * * * *)\n" in operator.table
    assert await set_up(profile="minimal", no_force=True) == ()
    assert "pack metrics (* * * * *)\n" in operator.table, "left as it was, and not switched"
    assert "pack sync (0 1 * * *)\n" in operator.table


async def test_what_another_user_set_up_is_seen_by_whom_it_is_for(operator: Operator) -> None:
    """As after `sudo fedtui setup --run-as`: the lines are here, federation.toml is not."""
    await operator.set_up(adopt=True, record=False)
    pack_file().unlink()
    status = await operator.engine.setup.status()
    assert (status.pack, [one.key for one in status.jobs]) == (None, ["sync", "export", "metrics"])
    lines = list(status_lines(status, NOW))
    assert lines[0] == "Another user, who alone has its settings, set up these jobs of a federation for you."
    assert any(line.startswith("dashboard-metrics   */5 * * * *   crontab of ") for line in lines)


async def test_a_line_that_was_left_alone_keeps_no_later_set_up_from_its_work(operator: Operator) -> None:
    """The sync is adopted, its git line is not: no second mark, and profiles go on switching it."""
    operator.install(GUIDE + GIT)
    before = operator.table
    mine = operator.job(">> " + str(operator.logs / "federated"))
    await operator.set_up(adopt=True, adopt_jobs=(mine,))
    assert "(0 2 * * 0); adopted" in operator.table, "the export has one line, which nobody had to name"
    await operator.set_up(profile="aggressive", adopt=True)
    assert operator.table.count("# fedtui: pack sync (*/15 * * * *); adopted from 0 * * * *\n") == 1
    assert operator.text(GIT) in operator.table
    await operator.engine.apply(await operator.engine.plan(Request("remove-setup")))
    assert operator.table == before


async def test_a_line_that_runs_two_scripts_is_neither_taken_over_nor_doubled(
    operator: Operator,
) -> None:
    both = "5 5 * * * bash ROOT/scripts/sync-learning-data.sh && bash ROOT/scripts/export-collections.sh\n"
    operator.install(both)
    plan = await operator.plan(adopt=True)
    assert "dashboard-metrics on cron; not scheduled: federated-sync, federated-export." in plan.summary


async def test_lines_that_are_adopted_later_are_recorded_as_the_pack_is(operator: Operator) -> None:
    operator.install("1 1 1 1 1 true\n")
    await operator.set_up(root=str(operator.root), profile="conservative")
    (metrics,) = [line for line in operator.path.read_text().splitlines() if "dashboard-data" in line]
    assert "fedtui_run=" in metrics
    await operator.engine.apply(await operator.engine.plan(Request("remove-setup")))
    (operator.root / "scripts/sync-learning-data.sh").rename(operator.root / "scripts/hidden")
    operator.install(GUIDE)
    await operator.set_up(root=str(operator.root), adopt=True)
    (operator.root / "scripts/hidden").rename(operator.root / "scripts/sync-learning-data.sh")
    await operator.set_up(adopt=True)
    (sync,) = [line for line in operator.path.read_text().splitlines() if "sync-learning" in line]
    assert "fedtui_run=" in sync


async def test_a_recorder_of_the_users_own_stays(operator: Operator) -> None:
    snapshot = operator.snapshot()
    (sync,) = [job for job in snapshot.jobs if "sync-" in (job.command or "")]
    await operator.engine.apply(await operator.engine.plan(Request("record", (sync.id,))))
    before = operator.table
    await operator.set_up(adopt=True)
    await operator.set_up(record=False)
    assert "fedtui_run=" in next(line for line in operator.table.splitlines() if "sync-learning" in line)
    await operator.engine.apply(await operator.engine.plan(Request("remove-setup")))
    assert operator.table == before


async def test_lines_of_another_user_are_given_back_though_the_pack_is_on_timers(operator: Operator) -> None:
    await operator.set_up(adopt=True, record=False)
    pack = load_pack()
    assert pack is not None
    placements = await jobs_by_placement(Placement("cron"), replace(pack, backend="system"), operator.ports)
    assert "sync" in placements[Placement("cron")]
