"""Whose lines are in a log: one answer for a run, for growth that nobody saw, and for a sighting."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from fedtui.history.run_provenance import LOG_SIGHTING
from fedtui.logs.log_ownership import LogWriters, Ownership, of_sighting
from fedtui.model import Job, LogSlice, Run
from fedtui.system import service_outputs
from tests.unit.test_evidence import JUDGED_OK, UNSEEN, at, line, run_at, timer

LOG = Path("/var/log/sync.log")
NOW = at("12:30")


def ownership(mine: Run, *others: Run, jobs: tuple[Job, ...]) -> Ownership:
    runs: dict[str, list[Run]] = {}
    for run in sorted((mine, *others), key=lambda one: one.start):
        runs.setdefault(run.job_id, []).append(run)
    return LogWriters(jobs).company(mine, runs, NOW).ownership


def lines(clock: str, job: Job, end: datetime | None = None) -> Run:
    run = run_at(clock, JUDGED_OK, job=job.id, log=LogSlice(str(LOG), 0, 9))
    return run if end is None else replace(run, end=end)


def test_a_log_with_one_writer_holds_the_lines_of_its_run() -> None:
    one, other = line("one", LOG), line("other", Path("/var/log/other.log"))
    assert ownership(lines("12:00:01", one), lines("12:00:01", other), jobs=(one, other)) is Ownership.OWN


@pytest.mark.parametrize(("clock", "answer"), [("12:10:00", Ownership.APART), ("12:00:02", Ownership.MIXED)])
def test_lines_of_two_jobs_are_apart_where_their_runs_were(clock: str, answer: Ownership) -> None:
    one, other = line("one", LOG, "0 12 1 1 *"), line("other", LOG, "0 12 1 1 *")
    assert ownership(lines("12:00:01", one), lines(clock, other), jobs=(one, other)) is answer


def test_a_line_that_was_due_may_have_written_though_nobody_saw_it() -> None:
    one, other = line("one", LOG, "0 12 1 1 *"), line("other", LOG, "0 12 * * *")
    assert ownership(lines("12:00:01", one), jobs=(one, other)) is Ownership.MIXED
    assert ownership(lines("12:05:01", one), jobs=(one, other)) is Ownership.APART


def test_a_timers_lines_begin_where_its_run_before_ended() -> None:
    timed, other = timer(LOG), line("other", LOG, "0 12 1 1 *")
    last, mine = lines("11:00:01", timed), lines("12:00:01", timed)
    between = lines("11:30:00", other)
    assert ownership(mine, last, between, jobs=(timed, other)) is Ownership.MIXED
    assert ownership(mine, last, jobs=(timed, other)) is Ownership.APART
    assert ownership(mine, jobs=(timed, other)) is Ownership.MIXED, "nobody knows where they begin"


def test_a_service_may_write_at_any_time_unless_a_timer_starts_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service_outputs, "_SYSTEM", (tmp_path,))
    monkeypatch.setattr(service_outputs, "_OF_USERS", tmp_path / "none")
    log = tmp_path / "sync.log"
    log.touch()
    one, timed = line("one", log), timer(log)
    mine = replace(lines("12:00:01", one), log=LogSlice(str(log), 0, 9))

    def answers(*jobs: Job) -> tuple[Ownership, Ownership]:
        service_outputs._outputs.cache_clear()
        writers = LogWriters(jobs)
        return writers.of_growth(one), writers.company(mine, {one.id: [mine]}, NOW).ownership

    assert answers(one) == (Ownership.OWN, Ownership.OWN)
    (tmp_path / "sync.service").write_text(f"[Service]\nStandardOutput=append:{log}\n")
    assert answers(one) == (Ownership.MIXED, Ownership.MIXED)
    assert answers(one, timed) == (Ownership.MIXED, Ownership.APART), "a job's runs are known"
    assert LogWriters((timed,)).of_growth(timed) is Ownership.OWN
    (tmp_path / "sync.service").write_text(f"[Service]\nStandardOutput=append:{log}.other\n")
    assert answers(one) == (Ownership.OWN, Ownership.OWN)
    (tmp_path / "sync.service.d").mkdir()
    (tmp_path / "sync.service.d/log.conf").write_text(f"[Service]\nStandardError=file:{log}\n")
    assert answers(one) == (Ownership.OWN, Ownership.OWN), "standard output decides where both name a file"
    service_outputs._outputs.cache_clear()


def test_a_job_that_overlaps_itself_mixes_its_lines() -> None:
    one = line("one", LOG)
    long, short = lines("12:00:01", one, at("12:05")), lines("12:01:01", one)
    assert ownership(long, short, jobs=(one,)) is Ownership.MIXED
    assert ownership(short, long, jobs=(one,)) is Ownership.MIXED
    assert ownership(short, lines("12:02", one), jobs=(one,)) is Ownership.OWN


def test_growth_of_a_shared_log_is_nobodys() -> None:
    one, other = line("one", LOG), line("other", LOG)
    assert LogWriters((one, other)).of_growth(one) is Ownership.MIXED
    assert LogWriters((one,)).of_growth(one) is Ownership.OWN


def test_what_a_run_in_progress_wrote_is_no_sighting_of_another() -> None:
    one = line("one", LOG)
    sighting = replace(lines("12:03:00", one), id=f"{LOG_SIGHTING}1", end=at("12:03:02"), result=UNSEEN)
    assert of_sighting(sighting, (lines("12:00:01", one, at("12:04")), sighting), NOW) is Ownership.FOREIGN
    assert of_sighting(sighting, (lines("12:00:01", one), sighting), NOW) is Ownership.OWN
    running = replace(run_at("12:00:01", None, job=one.id), end=None)
    assert of_sighting(sighting, (running, sighting), NOW) is Ownership.FOREIGN
    seen = replace(sighting, also=("rec-1",))
    assert of_sighting(seen, (running, seen), NOW) is Ownership.OWN, "somebody saw it too"
