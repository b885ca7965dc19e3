"""`fedtui metrics`: what Prometheus reads of it, and the file it is written to."""

from __future__ import annotations

import stat
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

from hypothesis import given
from hypothesis import strategies as st

from fedtui.cli.metrics import _older_runs, finding_families, job_families
from fedtui.cli.openmetrics import Family, exposition
from fedtui.cli.records import JsonRecords
from fedtui.history.database import History
from fedtui.model import (
    CronFacts,
    Finding,
    Job,
    Location,
    Outcome,
    Result,
    Run,
    Scheduler,
    Severity,
    Snapshot,
    SourceName,
    State,
)
from tests.judged import judged_snapshot
from tests.unit.cli.conftest import Shell
from tests.unit.cli.test_check import FINE, folder, samples, table

__all__ = ["folder", "table"]

NOW = datetime(2026, 11, 24, 13, 5, 12, tzinfo=UTC)
RECORDS = JsonRecords(UTC)
FAILED, OK = Result(Outcome.FAILED, exit_code=1, duration=2.5), Result(Outcome.OK, duration=1.25)


def job(**more: object) -> Job:
    place, facts = Location("crontab", 1), CronFacts("crontab", b"", b"true")
    plain = Job("crontab:1", "sync", SourceName.CRONTAB, "fed", "0 * * * *", "", place, facts)
    return replace(plain, **more)  # type: ignore[arg-type]  # shorthand


def runs(*results: Result | None) -> tuple[Run, ...]:
    """Runs of an hour each apart, the last one of this hour."""
    first = NOW - timedelta(hours=len(results) - 1)
    return tuple(
        Run(f"r{n}", "crontab:1", first + timedelta(hours=n), first + timedelta(hours=n, seconds=5), result)
        for n, result in enumerate(results)
    )


def read(snapshot: Snapshot, known: tuple[Run, ...] = ()) -> dict[str, float]:
    """The samples of the one job, by name, and those without labels of a job."""
    seen = judged_snapshot(replace(snapshot, runs={"crontab:1": known}))
    families = (*job_families(seen, {"crontab:1": known}, RECORDS), *finding_families(snapshot, RECORDS))
    return {name: value for (name, _), value in samples(exposition(families)).items()}


def test_a_job_with_its_times_and_its_result() -> None:
    known = runs(OK, FAILED, FAILED)
    last = known[-1]
    one = job(next_run=NOW + timedelta(minutes=55), last_run=last.start, last_result=FAILED)
    found = read(Snapshot(NOW, (one,)), known)
    assert found["fedtui_job_next_run_timestamp_seconds"] == NOW.timestamp() + 3300
    assert found["fedtui_job_last_run_timestamp_seconds"] == NOW.timestamp()
    assert found["fedtui_job_last_success_timestamp_seconds"] == NOW.timestamp() - 7200 + 5
    assert found["fedtui_job_last_duration_seconds"] == 2.5
    assert found["fedtui_job_last_run_failed"] == 1
    assert found["fedtui_job_consecutive_failures"] == 2
    assert found["fedtui_job_running"] == 0


def test_what_is_not_known_has_no_sample() -> None:
    unknown = job(last_run=NOW, last_result=Result(Outcome.UNKNOWN))
    found = read(Snapshot(NOW, (unknown,)), runs(Result(Outcome.UNKNOWN)))
    assert "fedtui_job_last_run_failed" not in found
    assert "fedtui_job_last_success_timestamp_seconds" not in found
    assert "fedtui_job_consecutive_failures" not in found
    assert "fedtui_job_next_run_timestamp_seconds" not in found


def test_a_run_in_progress_ends_no_row_of_failures() -> None:
    one = job(running_since=NOW, last_run=NOW, last_result=FAILED)
    found = read(Snapshot(NOW, (one,)), runs(OK, FAILED, None))
    assert found["fedtui_job_consecutive_failures"] == 1
    assert found["fedtui_job_running"] == 1


def test_a_run_with_warnings_did_its_work() -> None:
    warned = Result(Outcome.WARNINGS, exit_code=0, warnings=3)
    found = read(Snapshot(NOW, (job(last_result=warned),)), runs(warned))
    assert found["fedtui_job_last_run_failed"] == 0
    assert found["fedtui_job_last_success_timestamp_seconds"] == NOW.timestamp() + 5


def test_a_run_that_printed_errors_is_no_success() -> None:
    errors = Result(Outcome.WARNINGS, exit_code=0, warnings=1, errors=1)
    found = read(Snapshot(NOW, (job(last_result=errors),)), runs(errors))
    assert "fedtui_job_last_run_failed" not in found
    assert "fedtui_job_last_success_timestamp_seconds" not in found


def test_the_last_success_may_be_on_record_under_a_former_id(tmp_path: Path) -> None:
    """The job was moved: its runs from before count, and the newest of them all come last."""
    history = History(tmp_path / "history.db")
    old = [replace(run, job_id="crontab:0") for run in runs(OK, FAILED, FAILED)[:2]]
    history.keep_runs(old)
    failed = runs(OK, FAILED, FAILED)[2]
    snapshot = Snapshot(NOW, (job(),), runs={"crontab:1": (failed,)}, heirs={"crontab:0": "crontab:1"})
    workspace = SimpleNamespace(ports=SimpleNamespace(history=history))
    found = _older_runs(snapshot, workspace)["crontab:1"]  # type: ignore[arg-type]  # what is asked of one
    assert [run.id for run in found] == ["r0", "r1", "r2"]


def test_schedulers_findings_and_checks() -> None:
    snapshot = Snapshot(
        NOW,
        (job(state=State.PAUSED),),
        schedulers=(Scheduler("cron", False), Scheduler("systemd", None)),
        findings=(Finding("FT301", Severity.ERROR, "t", "", job_id="crontab:1"),),
        passed=("FT101", "FT102"),
    )
    families = (*job_families(snapshot, {}, RECORDS), *finding_families(snapshot, RECORDS))
    found = samples(exposition(families))
    assert found["fedtui_scheduler_up", frozenset({("scheduler", "cron")})] == 0
    assert not any(("scheduler", "systemd") in labels for _, labels in found)
    labels = {("id", "crontab:1"), ("name", "sync"), ("source", "crontab"), ("user", "fed")}
    assert found["fedtui_job_state", frozenset({*labels, ("state", "paused")})] == 1
    finding = {("code", "FT301"), ("severity", "error"), ("id", "crontab:1"), ("name", "sync")}
    assert found["fedtui_finding", frozenset(finding)] == 1
    assert found["fedtui_checks_passed", frozenset()] == 2
    assert found["fedtui_checked_timestamp_seconds", frozenset()] == NOW.timestamp()


SHOWN = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc", "Zl", "Zp"]))


@given(st.dictionaries(st.sampled_from(["id", "name"]), SHOWN, min_size=1))
def test_any_label_reads_back(labels: dict[str, str]) -> None:
    family = Family("fedtui_test", 'a "help"\nwith \\ in it')
    family.add(1.5, **labels)
    assert samples(exposition([family])) == {("fedtui_test", frozenset(labels.items())): 1.5}


def test_the_file_is_replaced_in_one_rename_and_readable_to_its_collector(
    shell: Shell, table: Path, tmp_path: Path
) -> None:
    table.write_text(FINE)
    file = tmp_path / "textfile" / "fedtui.prom"
    file.parent.mkdir()
    file.write_text("old")
    before = file.stat().st_ino
    assert shell("metrics", "--output", str(file)) == (0, "", "")
    found = samples(file.read_text())
    assert sum(name == "fedtui_job_state" for name, _ in found) == 1
    assert stat.S_IMODE(file.stat().st_mode) == 0o644
    assert file.stat().st_ino != before
    assert list(file.parent.iterdir()) == [file]


def test_a_file_that_cannot_be_written_is_said(shell: Shell, table: Path, tmp_path: Path) -> None:
    table.write_text(FINE)
    status, out, err = shell("metrics", "--output", str(tmp_path / "gone" / "fedtui.prom"))
    assert (status, out) == (3, "")
    assert "cannot be written: No such file or directory" in err


def test_standard_output_is_the_same(shell: Shell, table: Path) -> None:
    table.write_text(FINE)
    status, out, _ = shell("metrics")
    assert status == 0
    assert out.endswith("# EOF\n")
    assert samples(out)
