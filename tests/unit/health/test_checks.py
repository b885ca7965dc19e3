"""Each finding: a case that makes it true, and one where it is silent."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from fedtui.changes.request import Request
from fedtui.health import checkup, file_facts
from fedtui.health.file_facts import FileFacts
from fedtui.health.remedies import remedy_request
from fedtui.model import (
    CronFacts,
    Finding,
    Job,
    Location,
    Mark,
    Outcome,
    Remedy,
    Result,
    Run,
    Scheduler,
    Severity,
    SourceName,
    State,
    TimerFacts,
)
from tests.unit.health.answers import machine, seen

NOW = datetime(2026, 11, 24, 13, 5, 12, tzinfo=UTC)


def cron_job(command: str = "true", name: str = "sync", home: str = "/nonexistent", **more: object) -> Job:
    raw = command.encode()
    cron = CronFacts("crontab", b"0 * * * * " + raw, raw, home=home)
    place = Location("crontab", 7)
    base = Job(f"crontab:{name}", name, SourceName.CRONTAB, "fed", "0 * * * *", "hourly", place, cron)
    return replace(base, editable=True, command=command, **more)  # type: ignore[arg-type]  # shorthand


def found(*jobs: Job, **more: object) -> dict[str, Finding]:
    snapshot = seen(NOW, jobs, **more)
    return {
        finding.code: finding for finding in checkup(snapshot, FileFacts(log_limit=1000, user="fed")).findings
    }


def test_a_healthy_job_has_no_finding(tmp_path: Path) -> None:
    script = tmp_path / "sync.sh"
    script.write_text("true\n")
    job = cron_job(f"sh {script} >> {tmp_path}/sync.log 2>&1", log_path=str(tmp_path / "sync.log"))
    assert found(job, schedulers=(Scheduler("cron", True), Scheduler("systemd", True))) == {}


def test_cron_down_is_an_error_only_where_there_are_cron_jobs() -> None:
    down = (Scheduler("cron", False, "no process cron"),)
    finding = found(cron_job(), schedulers=down)["FT001"]
    assert (finding.severity, finding.evidence) == (Severity.ERROR, ("no process cron",))
    assert found(schedulers=down) == {}
    assert found(cron_job(), schedulers=(Scheduler("cron", None),)) == {}


def test_systemd_down_is_a_warning() -> None:
    assert (
        found(schedulers=(Scheduler("systemd", False, "connection refused"),))["FT002"].severity
        is Severity.WARNING
    )


def test_a_bad_line_names_the_jobs_that_do_not_run_because_of_it() -> None:
    bad = cron_job("x", name="crontab:12", state=State.BAD_LINE, state_reason="bad minute")
    dropped = cron_job(name="export", state=State.NOT_LOADED)
    findings = found(bad, dropped)
    assert "bad minute" in findings["FT101"].sentence
    assert "1 other jobs do not run" in findings["FT101"].sentence
    assert "export" in findings["FT101"].evidence
    assert "FT102" not in findings


def test_a_table_without_final_newline_is_one_finding() -> None:
    jobs = [
        cron_job(name=n, state=State.NOT_LOADED, state_reason="no newline at the end") for n in ("a", "b")
    ]
    assert found(*jobs)["FT102"].sentence.endswith("no newline at the end.")
    assert len(checkup(seen(NOW, tuple(jobs)), FileFacts()).findings) == 1


def test_a_schedule_that_never_fires() -> None:
    assert (
        found(cron_job(state=State.NEVER_FIRES, state_reason="no 30 February"))["FT103"].job_id
        == "crontab:sync"
    )


def test_a_timer_with_no_run_to_come_is_not_told_of_as_a_line_of_cron() -> None:
    facts = TimerFacts("a.timer", "a.service", False, "active", "enabled", monotonic=(("OnBootSec", 60.0),))
    done = replace(cron_job(state=State.NEVER_FIRES), source=SourceName.USER_TIMER, facts=facts)
    assert "FT103" not in found(done)


def test_a_missing_script_is_named(tmp_path: Path) -> None:
    finding = found(cron_job(f"bash {tmp_path}/gone.sh"))["FT110"]
    assert finding.evidence[0] == f"{tmp_path}/gone.sh"


def test_a_paused_job_with_a_missing_script_is_left_alone(tmp_path: Path) -> None:
    assert found(cron_job(f"bash {tmp_path}/gone.sh", state=State.PAUSED)) == {}


def test_a_command_that_only_the_shell_finds() -> None:
    finding = found(cron_job("no-such-tool-of-mine --now"))["FT132"]
    assert finding.title == "no-such-tool-of-mine is not installed"
    assert finding.evidence[0] == "cron's PATH  /usr/bin:/bin"


def test_where_a_command_lies_that_only_the_shell_finds_is_set_above_the_line(tmp_path: Path) -> None:
    tool = tmp_path / "mytool"
    tool.write_text("#!/bin/sh\n")
    tool.chmod(0o755)
    job = replace(cron_job("mytool --now"), editable=True)
    snapshot = seen(NOW, (job,))
    host = FileFacts(user_path=("", "relative", str(tmp_path)))
    finding = next(one for one in checkup(snapshot, host).findings if one.code == "FT118")
    assert finding.evidence[:2] == ("cron's PATH  /usr/bin:/bin", f"found  {tool}")
    assert finding.remedy == Remedy(
        "setting", f"set a PATH= with {tmp_path} above the line", f"PATH=/usr/bin:/bin:{tmp_path}"
    )
    their_diff = seen(NOW, (replace(job, editable=False),))
    assert next(f for f in checkup(their_diff, host).findings if f.code == "FT118").remedy is None


def test_the_tables_own_path_is_the_one_that_counts(tmp_path: Path) -> None:
    tool = tmp_path / "mytool"
    tool.write_text("#!/bin/sh\n")
    tool.chmod(0o755)
    job = cron_job("mytool")
    assert isinstance(job.facts, CronFacts)
    with_path = replace(job, facts=replace(job.facts, environment=((b"PATH", f"{tmp_path}:/bin".encode()),)))
    assert "FT132" in found(job)
    assert found(with_path) == {}


def test_a_failed_run_counts_how_many_in_a_row() -> None:
    failed = Result(Outcome.FAILED, exit_code=1, reasons=("push rejected",))
    runs = tuple(
        Run(
            str(n),
            "crontab:sync",
            NOW - timedelta(hours=3 - n),
            NOW,
            Result(Outcome.OK) if n == 0 else failed,
        )
        for n in range(3)
    )
    finding = found(cron_job(last_result=failed), runs={"crontab:sync": runs})["FT301"]
    assert finding.evidence[:2] == ("exit 1, 2 in a row", "push rejected")


def test_an_unknown_result_is_not_called_a_failure() -> None:
    (note,) = found(cron_job(last_run=NOW, last_result=Result(Outcome.UNKNOWN))).values()
    assert (note.code, note.severity, note.fix) == (
        *("FT309", Severity.NOTE),
        "C records them: fedtui record JOB, or of all jobs fedtui record --all.",
    )
    assert note.remedy == Remedy("record", "record exit codes of this job")
    assert remedy_request(note, cron_job()) == Request("record", ("crontab:sync",))
    recorded = cron_job(last_result=Result(Outcome.UNKNOWN))
    assert isinstance(recorded.facts, CronFacts)
    recorded = replace(recorded, facts=replace(recorded.facts, record_key="1a2b3c4d"))
    assert found(recorded) == {}


ERROR = Result(Outcome.WARNINGS, 0, warnings=1, errors=1, reasons=("1 error: line 1 [ERROR] a",))
SEEN = replace(ERROR, outcome=Outcome.UNKNOWN, exit_code=None)


@pytest.mark.parametrize(
    ("result", "said"),
    [
        (SEEN, "The last run of sync printed 1 error; how it ended is not known."),
        (replace(SEEN, errors=0), "The last run of sync printed 1 warning; how it ended is not known."),
        (SEEN.marked(Mark.NOT_APART), "The last run of sync printed 1 error; how it ended is not known."),
        (replace(SEEN, exit_code=0), "The last run of sync printed 1 error; how it ended is not known."),
        (ERROR, "The last run of sync printed 1 error; it ended with exit 0."),
        (replace(ERROR, errors=0), ""),
        (replace(ERROR, errors=0).marked(Mark.PRODUCT), ""),
        (replace(SEEN, exit_code=0).marked(Mark.NOT_APART), ""),
        (replace(ERROR, outcome=Outcome.SKIPPED), ""),
    ],
)
def test_errors_in_what_a_run_printed_are_found_also_where_it_ended_with_exit_0(
    result: Result, said: str
) -> None:
    finding = found(cron_job(last_run=NOW, last_result=result)).get("FT310")
    assert (finding.sentence if finding is not None else "") == said
    assert finding is None or (finding.title, finding.severity) == (
        f"sync: log shows {result.trouble}",
        Severity.WARNING,
    )


def test_jobs_that_could_be_recorded_are_named_until_nobody_wants_to_hear_of_it() -> None:
    host = machine()
    host.user = "fed"
    plain, other, eve = cron_job("a", "plain"), cron_job("b", "other"), cron_job("c", "eve", user="eve")
    assert isinstance(other.facts, CronFacts)
    recorded = replace(other, id="crontab:x", facts=replace(other.facts, record_key="1a2b3c4d"))
    fish = replace(
        other, id="crontab:fish", facts=replace(other.facts, environment=((b"SHELL", b"/bin/fish"),))
    )
    refused = replace(other, id="crontab:no", facts=replace(other.facts, silenced=("FT309",)))
    table = replace(other, id="cron.d:y", source=SourceName.CRON_D)
    snapshot = seen(NOW, (plain, other, eve, recorded, fish, refused, table))
    assert checkup(snapshot, host).unrecorded == ("crontab:plain", "crontab:other")
    assert checkup(snapshot, host, ("FT309 crontab:plain",)).unrecorded == ("crontab:other",)
    assert checkup(snapshot, host, ("FT309",)).unrecorded == ()
    assert checkup(snapshot, FileFacts(user="fed")).unrecorded == (), "the demo keeps every exit code"


def test_lines_whose_records_have_one_key_are_named() -> None:
    one, copy = cron_job("/opt/a.sh", "a"), cron_job("/opt/b.sh", "b")

    def recorded(job: Job, key: str) -> Job:
        assert isinstance(job.facts, CronFacts)
        return replace(job, facts=replace(job.facts, record_key=key))

    finding = found(recorded(one, "1a2b3c4d"), recorded(copy, "1a2b3c4d"))["FT139"]
    assert (finding.title, finding.job_id) == ("a and b are recorded as one", "crontab:b")
    assert finding.evidence == ("crontab:7  0 * * * *  a", "crontab:7  0 * * * *  b")
    assert "FT139" not in found(recorded(one, "1a2b3c4d"), recorded(copy, "1a2b3c4e"))


def test_a_log_whose_folder_is_missing(tmp_path: Path) -> None:
    finding = found(cron_job(log_path=str(tmp_path / "logs" / "a.log")))["FT401"]
    assert finding.evidence[0] == f"the folder {tmp_path}/logs is missing"


def test_a_log_that_is_a_directory(tmp_path: Path) -> None:
    assert found(cron_job(log_path=str(tmp_path)))["FT401"].evidence[0] == f"{tmp_path} is a directory"


def test_a_big_log_is_reported_until_something_rotates_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = tmp_path / "a.log"
    log.write_bytes(b"x" * 1001)
    job = cron_job(log_path=str(log))
    assert found(job)["FT402"].severity is Severity.WARNING
    config = tmp_path / "logrotate.conf"
    config.write_text(f"# weekly\n{tmp_path}/*.log {{\n  weekly\n}}\n")
    monkeypatch.setattr(file_facts, "LOGROTATE_CONF", config)
    assert "FT402" not in found(job)


def test_a_users_own_rotation_counts_while_a_job_runs_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    log, config = tmp_path / "a.log", tmp_path / "fedtui" / "logrotate.conf"
    log.write_bytes(b"x" * 1001)
    config.parent.mkdir()
    config.write_text(f'"{log}" {{\n  weekly\n}}\n')
    job = cron_job(log_path=str(log))
    rotates = cron_job(f"/usr/sbin/logrotate --state /s {config}", name="rotate")
    assert "FT402" not in found(job, rotates)
    paused = found(job, replace(rotates, state=State.PAUSED))["FT402"]
    assert paused.sentence.endswith("and what would rotate it does not run.")


def test_a_rotated_file_beside_the_log_tells_of_rotation(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    log.write_bytes(b"x" * 1001)
    (tmp_path / "a.log.1.gz").write_bytes(b"")
    assert "FT402" not in found(cron_job(log_path=str(log)))


def test_names_that_no_file_can_have_end_no_check() -> None:
    """A word of 985 letters is a name that the kernel refuses, one with a NUL is none at all."""
    long, null = cron_job("x" * 985, name="long"), cron_job("/bin/a\0b >> /tmp/a\0b.log", name="null")
    null = replace(null, log_path="/tmp/a\0b.log")
    codes = found(long, null)
    assert codes["FT132"].job_id == "crontab:long"


def test_a_check_that_cannot_look_stops_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(self: FileFacts, path: str) -> bool:
        raise PermissionError(13, "Permission denied", path)

    monkeypatch.setattr(FileFacts, "executable", refused)
    failed = cron_job("sync", last_run=NOW, last_result=Result(Outcome.FAILED, exit_code=1))
    checked = checkup(seen(NOW, (failed,)), machine())
    (missed,) = checked.unchecked
    assert (missed.codes, missed.what) == (("FT118", "FT132"), "sync")
    assert missed.reason == "[Errno 13] Permission denied: '/usr/bin/sync'"
    assert "FT118" not in checked.passed
    assert [finding.code for finding in checked.findings] == ["FT301"]


def test_a_shipped_line_counts_where_its_folder_holds_a_script_of_ones_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """/etc/crontab of the package, and the administrator's backup in /etc/cron.daily."""
    shipped = {"/etc/crontab", "/etc/cron.daily/dpkg"}
    monkeypatch.setattr(FileFacts, "shipped", lambda _, path: path in shipped)
    down = (Scheduler("cron", False, "no process cron"),)
    daily = cron_job("run-parts /etc/cron.daily")
    run = b"cd / && run-parts --report /etc/cron.daily"
    facts = CronFacts("/etc/crontab", b"", run, parts=("dpkg",))
    assert "FT001" not in found(replace(daily, facts=facts), schedulers=down)
    facts = replace(facts, parts=("dpkg", "backup"))
    assert "FT001" in found(replace(daily, facts=facts), schedulers=down)
