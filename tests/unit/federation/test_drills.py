"""Each drill with scripts that behave and scripts that do not: what it says, and that nothing is changed."""

from __future__ import annotations

import shlex
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from fedtui.action_result import Refused
from fedtui.federation.drills.drill import DrillSetting, TimedJob
from fedtui.federation.drills.drill_events import DrillEvent, DrillPhase, ScriptAccount
from fedtui.federation.drills.drill_list import ALL, find
from fedtui.federation.drills.run_drill import DrillOutcome, run_drill
from fedtui.schedule.cron import parse_schedule
from tests.unit.federation.drilling import EXPORT, SYNC, lay, left, picture, setting


async def run(name: str, given: DrillSetting, events: list[DrillEvent] | None = None) -> DrillOutcome:
    drill = find(name)
    assert drill is not None
    if given.no_view and not drill.blocked_reason.__qualname__.startswith(("Missing", "Clock", "Git")):
        pytest.skip(given.no_view)
    seen = events if events is not None else []
    return await run_drill(drill, given, seen.append)


def output(events: list[DrillEvent]) -> str:
    return "\n".join(event.text for event in events if event.phase is DrillPhase.OUTPUT)


async def test_an_export_that_fails_without_its_service_passes(tmp_path: Path) -> None:
    given = setting(tmp_path, lay(tmp_path))
    before = picture(tmp_path)
    events: list[DrillEvent] = []
    outcome = await run("service-offline", given, events)
    assert outcome.passed, outcome
    assert outcome.found.text == "export-collections.sh failed with exit 1, and is seen as failed."
    assert "Connection refused" in output(events)
    assert picture(tmp_path) == before
    assert left(tmp_path) == []


@pytest.mark.parametrize(
    ("script", "says"),
    [
        (EXPORT.replace("set -euo pipefail", "").replace("exec 3", "echo x 3"), "reports success without"),
        (EXPORT.replace("set -euo", "curl-of-nowhere; exit 127; set -euo"), "did not come as far"),
        (": $QDRANT_URL; echo 'deprecated: use other.sh'; exit 2\n", "says that it is deprecated"),
        (": $QDRANT_URL; echo 'nothing to export'\n", "skipped its work"),
    ],
    ids=["a fake success", "a program is missing", "a stub", "a skip"],
)
async def test_an_export_that_proves_nothing_or_lies_fails_the_drill(
    tmp_path: Path, script: str, says: str
) -> None:
    outcome = await run("service-offline", setting(tmp_path, lay(tmp_path, export=script)))
    assert not outcome.passed
    assert says in outcome.found.text


async def test_a_script_that_cannot_be_told_another_address_is_refused(tmp_path: Path) -> None:
    given = setting(tmp_path, lay(tmp_path, export="#!/bin/bash\n# QDRANT_URL is not read\ncurl localhost\n"))
    with pytest.raises(Refused, match="names no QDRANT_URL"):
        await run("service-offline", given)
    assert not given.drills.exists() or left(tmp_path) == []


async def test_the_service_is_stopped_and_started_by_the_commands_given(tmp_path: Path) -> None:
    service, log = tmp_path / "service", tmp_path / "commands"
    service.write_text("up")
    root = lay(tmp_path, export=f"test -e {shlex.quote(str(service))} && echo exported\n")
    given = setting(
        tmp_path,
        root,
        stop=("sh", "-c", f"rm {service}; echo stop >> {log}"),
        start=("sh", "-c", f"echo up > {service}; echo start >> {log}"),
    )
    outcome = await run("service-offline", given)
    assert outcome.passed, outcome
    assert log.read_text() == "stop\nstart\n"
    assert service.exists()


async def test_a_start_that_fails_is_told_and_the_drill_has_not_passed(tmp_path: Path) -> None:
    root = lay(tmp_path, export="exit 4\n")
    given = setting(
        tmp_path, root, stop=("true",), start=("sh", "-c", "echo no such container >&2; exit 125")
    )
    outcome = await run("service-offline", given)
    assert not outcome.passed
    assert "ended with 125: no such container" in outcome.found.text
    assert len(outcome.complaints) == 1
    assert [name for name in left(tmp_path) if name.endswith(".json")], "the next look has to try again"


async def test_a_stop_that_fails_rehearses_nothing_and_starts_all_the_same(tmp_path: Path) -> None:
    started = tmp_path / "started"
    given = setting(tmp_path, lay(tmp_path), stop=("false",), start=("touch", str(started)))
    outcome = await run("service-offline", given)
    assert (outcome.passed, outcome.found.text) == (False, "Nothing was rehearsed: false ended with exit 1.")
    assert started.exists()
    assert left(tmp_path) == []


async def test_stop_without_start_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="belong together"):
        await run("service-offline", setting(tmp_path, lay(tmp_path), stop=("true",)))


async def test_a_sync_that_stops_at_a_full_disk_passes(tmp_path: Path) -> None:
    given = setting(tmp_path, lay(tmp_path))
    before = picture(tmp_path)
    events: list[DrillEvent] = []
    outcome = await run("full-disk", given, events)
    assert outcome.passed, outcome
    assert "is seen as failed" in outcome.found.text
    assert "sync: done" in output(events), "with room the script works"
    assert picture(tmp_path) == before
    assert left(tmp_path) == []


async def test_a_sync_that_loses_its_data_in_silence_fails_the_drill(tmp_path: Path) -> None:
    root = lay(tmp_path, sync=SYNC.replace("set -euo pipefail", "") + "exit 0\n")
    outcome = await run("full-disk", setting(tmp_path, root))
    assert not outcome.passed
    assert "reports success although nothing it wrote was kept" in outcome.found.text


async def test_a_sync_that_never_works_proves_nothing(tmp_path: Path) -> None:
    outcome = await run("full-disk", setting(tmp_path, lay(tmp_path, sync="exit 3\n")))
    assert not outcome.passed
    assert outcome.found.text.startswith(
        "Nothing was rehearsed: sync-learning-data.sh ends with failed (exit 3)"
    )


async def test_a_missing_script_is_status_127_and_a_finding(tmp_path: Path) -> None:
    given = setting(tmp_path, lay(tmp_path))
    before = picture(tmp_path)
    outcome = await run("missing-script", given)
    assert outcome.passed, outcome
    assert outcome.found.evidence[0] == "exit 127"
    assert outcome.found.evidence[2].startswith("FT110: ")
    assert picture(tmp_path) == before
    assert left(tmp_path) == []


async def test_root_does_not_start_the_shell_that_the_table_of_another_names(tmp_path: Path) -> None:
    given = replace(setting(tmp_path, lay(tmp_path)), account=ScriptAccount("fed", (1000, 1000, ())))
    with pytest.raises(
        Refused, match="it starts the shell of fed, and not as fed: sudo -u fed -i fedtui drill"
    ):
        await run("missing-script", given)


async def test_a_git_conflict_is_told_and_loses_nothing(tmp_path: Path) -> None:
    given = setting(tmp_path, lay(tmp_path))
    before = picture(tmp_path)
    events: list[DrillEvent] = []
    outcome = await run("git-conflict", given, events)
    assert outcome.passed, outcome
    assert "conflict: origin has other changes of the same lines" in outcome.found.evidence[1]
    assert picture(tmp_path) == before
    assert left(tmp_path) == []


async def test_a_lost_program_is_seen(tmp_path: Path) -> None:
    given = setting(tmp_path, lay(tmp_path), program="sort")
    before = picture(tmp_path)
    events: list[DrillEvent] = []
    outcome = await run("path-loss", given, events)
    assert outcome.passed, outcome
    assert "failed with exit 127 without sort" in outcome.found.text
    assert "sort: command not found" in output(events)
    assert picture(tmp_path) == before


async def test_a_lost_program_that_nobody_misses_fails_the_drill(tmp_path: Path) -> None:
    root = lay(tmp_path, sync="sort /dev/null 2>/dev/null\necho 'sync: done'\n")
    outcome = await run("path-loss", setting(tmp_path, root, program="sort"))
    assert not outcome.passed
    assert "reports success without sort" in outcome.found.text


async def test_a_script_with_a_path_of_its_own_has_none_to_lose(tmp_path: Path) -> None:
    root = lay(tmp_path, sync="PATH=/opt/own/bin:/usr/bin\nsort /dev/null\n", export="echo\n")
    with pytest.raises(Refused, match="--program NAME"):
        await run("path-loss", setting(tmp_path, root, program="sort"))


async def test_the_profiles_come_through_the_clock_changes(tmp_path: Path) -> None:
    events: list[DrillEvent] = []
    outcome = await run("clock-change", setting(tmp_path, lay(tmp_path)), events)
    assert outcome.passed
    seen = [event.text for event in events if event.phase in (DrillPhase.DOING, DrillPhase.AFTER)]
    assert seen == [
        "On Sun 28 Mar 2027 the clock goes from 02:00 to 03:00",
        "sync: skips the hour that is not there; its pauses stay as they are",
        "export: 02:00 is skipped by the clock, and made up for at 03:00",
        "On Sun 31 Oct 2027 the clock goes back from 03:00 to 02:00",
        "sync: runs through the repeated hour; its pauses stay as they are",
        "export: 02:00 comes twice, the run once",
    ]


async def test_a_job_that_loses_its_only_hour_fails_the_clock_change(tmp_path: Path) -> None:
    given = setting(tmp_path, lay(tmp_path), times=(TimedJob("often", parse_schedule("*/5 2 * * *")),))
    outcome = await run("clock-change", given)
    assert not outcome.passed
    assert outcome.found.evidence == (
        "often: 02:00, 02:05, 02:10 … is skipped with the hour: a pause of 46 h",
    )


async def test_a_zone_without_changes_is_refused(tmp_path: Path) -> None:
    given = setting(tmp_path, lay(tmp_path), zone=ZoneInfo("UTC"), zone_name="UTC", now=datetime.now(UTC))
    with pytest.raises(Refused, match="not changed in the coming year; --zone Europe/Berlin"):
        await run("clock-change", given)


async def test_without_a_federation_only_what_needs_none_can_be_run(tmp_path: Path) -> None:
    given = setting(tmp_path, lay(tmp_path), lines={}, missing="no federation is set up")
    reasons = {drill.name: drill.blocked_reason(given) for drill in ALL}
    assert {name for name, reason in reasons.items() if not reason} == {"git-conflict", "clock-change"}
    assert set(reasons.values()) - {""} == {"no federation is set up"}


def _hosts() -> bytes | None:
    path = Path("/etc/hosts")
    return path.read_bytes() if path.exists() else None


async def test_what_a_script_writes_anywhere_is_not_kept(tmp_path: Path) -> None:
    away = tmp_path.parent / "elsewhere.txt"
    script = (
        f"echo 1 > {away}; echo 2 > ~/mine; rm -r ~/.keep ../*; echo 3 > /etc/hosts; exit 5 # QDRANT_URL\n"
    )
    given = setting(tmp_path, lay(tmp_path, export=script.replace("exit 5", ": $QDRANT_URL; exit 5")))
    keep = tmp_path / "home/.keep/folder"
    keep.mkdir(parents=True)
    (keep / "file").write_text("kept")
    before, hosts = picture(tmp_path), _hosts()
    outcome = await run("service-offline", given)
    assert outcome.passed, outcome
    assert picture(tmp_path) == before
    assert _hosts() == hosts
    assert not away.exists()
