"""The verbs over a demo workspace, as a user at a shell meets them: what is printed, and the exit status."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from fedtui.__main__ import main
from fedtui.action_result import Applied, Refused
from fedtui.cli.find_job import Unavailable, choose, find_job
from fedtui.cli.list_jobs import _report
from fedtui.cli.parser import UsageError
from fedtui.config import Config
from fedtui.history.database import History
from fedtui.model import CronFacts, Job, Location, Problem, Snapshot, SourceName
from fedtui.ports import Ports
from fedtui.runs import control
from fedtui.workspace import Workspace
from tests.unit.cli.conftest import Shell, demo_folder

TABLE = """\
# my table
QDRANT_API_KEY=abc123
# name: sync
0 * * * * echo synced
*/5 * * * * echo to stderr >&2; exit 3
0 2 * * 0 echo twin
30 2 * * 0 echo twin
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return demo_folder(tmp_path, monkeypatch, TABLE)


def jobs(shell: Shell) -> dict[str, dict[str, Any]]:
    status, out, _ = shell("list", "--json")
    assert status == 0
    return {job["location"]: job for job in json.loads(out)["jobs"]}


def table(folder: Path) -> str:
    return (folder / "crontab").read_text()


def test_list_has_the_promised_fields_with_their_values(shell: Shell) -> None:
    sync = jobs(shell)["crontab:4"]
    assert sync["id"].startswith("crontab:")
    assert sync["name"] == "sync"
    assert (sync["source"], sync["schedule"], sync["schedule_text"]) == (
        "crontab",
        "0 * * * *",
        "hourly at :00",
    )
    assert (sync["command"], sync["log_path"], sync["editable"]) == ("echo synced", None, True)
    assert (sync["paused"], sync["running"], sync["last_run"]) == (False, False, None)
    assert sync["last_result"]["status"] == "never"
    assert sync["last_result"]["exit_code"] is None


def test_nothing_is_promised_while_no_scheduler_runs(shell: Shell) -> None:
    sync = jobs(shell)["crontab:4"]
    assert (sync["state"], sync["next_run"]) == ("scheduler_down", None)


def test_list_for_people_has_a_line_a_job_with_its_id(shell: Shell) -> None:
    status, out, _ = shell("list")
    assert status == 0
    assert "hourly at :00" in out
    assert jobs(shell)["crontab:4"]["id"] in out


def test_ascii_lists_are_ascii(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--ascii", "demo", "--folder", str(folder), "list"]) == 0
    out = capsys.readouterr().out
    assert "hourly at :00" in out
    assert out.isascii()


def test_a_run_that_fails_is_status_1_with_its_output_shown(shell: Shell) -> None:
    job_id = jobs(shell)["crontab:5"]["id"]
    status, out, err = shell("run", job_id, "--wait")
    assert status == 1
    assert "to stderr" in out
    assert "exit 3" in err
    last = jobs(shell)["crontab:5"]["last_result"]
    assert (last["status"], last["exit_code"]) == ("failed", 3)
    assert last["duration_s"] >= 0


def test_a_run_that_ends_well_is_status_0(shell: Shell) -> None:
    status, out, err = shell("run", "sync", "--wait")
    assert (status, out) == (0, "synced\n")
    assert err.startswith("-- ok  exit 0  in ")


def test_a_run_whose_end_is_not_known_is_status_3_as_for_watch(shell: Shell) -> None:
    assert shell("edit", "sync", "--command", "false | cat", "--yes")[0] == 0
    status, _, err = shell("run", "sync", "--wait")
    assert (status, err.startswith("-- unknown  exit 0  in ")) == (3, True)


def test_dry_run_runs_nothing(shell: Shell) -> None:
    status, out, _ = shell("run", "sync", "--dry-run")
    assert (status, out) == (0, "Would run sync: echo synced\n")
    assert jobs(shell)["crontab:4"]["last_run"] is None


def test_pause_resume_and_undo_leave_every_other_byte_alone(shell: Shell, folder: Path) -> None:
    assert shell("pause", "sync", "--yes")[0] == 0
    assert table(folder) == TABLE.replace("0 * * * * echo synced", "#fedtui:paused# 0 * * * * echo synced")
    assert jobs(shell)["crontab:4"]["state"] == "paused"
    assert shell("resume", "sync", "--yes")[0] == 0
    assert table(folder) == TABLE
    assert shell("undo", "--yes")[0] == 0
    assert "#fedtui:paused# 0 * * * * echo synced" in table(folder)


def test_the_id_survives_pause_and_reschedule(shell: Shell) -> None:
    job_id = jobs(shell)["crontab:4"]["id"]
    shell("pause", job_id, "--yes")
    assert shell("reschedule", job_id, "*/7 * * * *", "--yes")[0] == 0
    assert jobs(shell)["crontab:4"]["id"] == job_id
    assert jobs(shell)["crontab:4"]["schedule"] == "*/7 * * * *"


def test_without_a_terminal_and_without_yes_the_diff_is_printed_and_the_status_is_3(
    shell: Shell, folder: Path
) -> None:
    status, out, err = shell("reschedule", "sync", "*/7 * * * *")
    assert status == 3
    assert "4 - 0 * * * * echo synced" in out
    assert "4 + */7 * * * * echo synced" in out
    assert "--yes applies this" in err
    assert table(folder) == TABLE


def test_dry_run_shows_and_changes_nothing(shell: Shell, folder: Path) -> None:
    status, out, _ = shell("delete", "sync", "--dry-run")
    assert status == 0
    assert "Dry run: nothing was changed." in out
    assert table(folder) == TABLE


def test_a_schedule_that_cron_refuses_is_wrong_usage_with_the_field_named(shell: Shell, folder: Path) -> None:
    status, _, err = shell("reschedule", "sync", "0 25 * * *", "--yes")
    assert status == 2
    assert "bad hour" in err
    assert table(folder) == TABLE


def test_new_edit_delete_and_undo(shell: Shell, folder: Path) -> None:
    assert shell("new", "--schedule", "@daily", "--command", "echo new", "--name", "fresh", "--yes")[0] == 0
    assert table(folder) == TABLE + "# name: fresh\n@daily echo new\n"
    assert shell("edit", "fresh", "--command", "echo newer", "--yes")[0] == 0
    assert table(folder).endswith("# name: fresh\n@daily echo newer\n")
    assert shell("delete", "fresh", "--yes")[0] == 0
    assert table(folder) == TABLE
    assert shell("undo", "--yes")[0] == 0
    assert table(folder).endswith("# name: fresh\n@daily echo newer\n")


def test_undo_list_names_what_was_done(shell: Shell) -> None:
    shell("pause", "sync", "--yes")
    steps = json.loads(shell("undo", "--list", "--json")[1])["steps"]
    assert [(step["verb"], step["name"], step["undone"]) for step in steps] == [("pause", "sync", False)]


def test_an_unknown_job_and_an_ambiguous_name_are_wrong_usage(shell: Shell) -> None:
    status, _, err = shell("show", "nobody")
    assert status == 2
    assert "there is no job 'nobody'" in err
    status, _, err = shell("show", "echo")
    assert status == 2
    assert "use one of these ids" in err
    candidates = [line.split() for line in err.splitlines()[1:]]
    assert [line[-1] for line in candidates] == ["crontab:5", "crontab:6", "crontab:7"]


NAMES = """\
0 1 * * * cd /srv/app && php artisan report:send >> /tmp/r.log 2>&1
0 2 * * * sh backup-home.sh >> a.log 2>&1
0 3 * * * sh backup-home.sh >> b.log 2>&1
"""


def test_a_name_from_before_and_a_shared_name_are_known(shell: Shell, folder: Path) -> None:
    (folder / "crontab").write_text(NAMES)
    found = jobs(shell)
    assert [found[f"crontab:{line}"]["name"] for line in (1, 2, 3)] == [
        "report:send",
        "backup-home → a.log",
        "backup-home → b.log",
    ]
    for name, line in (("artisan", 1), ("report:send", 1), ("backup-home -> b.log", 3)):
        shown = json.loads(shell("show", name, "--json")[1])
        assert shown["job"]["id"] == found[f"crontab:{line}"]["id"]
    status, _, err = shell("pause", "backup-home", "--yes")
    assert status == 2
    head, *candidates = err.splitlines()
    assert head.endswith("'backup-home' names 2 jobs; use one of these ids or names:")
    assert [line.split(maxsplit=1)[1] for line in candidates] == [
        "backup-home → a.log  0 2 * * *  crontab:2",
        "backup-home → b.log  0 3 * * *  crontab:3",
    ]


def test_equal_commands_are_two_jobs_in_their_order(shell: Shell) -> None:
    found = jobs(shell)
    assert found["crontab:7"]["id"] == found["crontab:6"]["id"] + "-2"


def test_secrets_are_masked_unless_asked_for(shell: Shell) -> None:
    assert "abc123" not in shell("show", "sync", "--json")[1]
    assert "QDRANT_API_KEY=abc123" in shell("show", "sync", "--json", "--show-secrets")[1]


def test_logs_of_a_job_that_writes_nowhere(shell: Shell) -> None:
    status, _, err = shell("logs", "sync")
    assert status == 3
    assert "writes its output nowhere" in err


def test_stop_of_a_job_that_does_not_run_is_refused(shell: Shell) -> None:
    status, _, err = shell("stop", "sync", "--yes")
    assert status == 3
    assert "does not run" in err


def test_of_several_jobs_those_that_run_are_stopped(
    shell: Shell, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "crontab").write_text("# name: one\n0 1 * * * true\n# name: two\n0 2 * * * true\n")

    async def stop(job: Job, ports: Ports) -> Applied:
        if job.name == "two":
            raise Refused("two does not run.", "Nothing was stopped.")
        return Applied(f"Stopped {job.name}: SIGTERM, ended after 0.1 s.")

    monkeypatch.setattr(control, "stop", stop)
    status, out, err = shell("stop", "one", "two", "--yes")
    assert (status, out) == (4, "Stop one and two: SIGTERM, then SIGKILL after a grace.\n")
    assert err == "Stopped one: SIGTERM, ended after 0.1 s. two does not run.\n"
    status, out, _ = shell("stop", "one", "--yes")
    assert (status, out.splitlines()[-1]) == (0, "Stopped one: SIGTERM, ended after 0.1 s.")


def test_several_jobs_are_edited_with_one_plan_and_one_undo(shell: Shell, folder: Path) -> None:
    text = "# name: one\n0 1 * * * true\n# name: two\n0 2 * * * false\n"
    (folder / "crontab").write_text(text)
    status, _, err = shell("edit", "one", "two", "--name", "both", "--yes")
    assert (status, "--name is for one job" in err) == (2, True)
    status, out, _ = shell("edit", "one", "two", "--schedule", "30 4 * * *", "--yes")
    assert status == 0, out
    assert table(folder) == text.replace("0 1 *", "30 4 *").replace("0 2 *", "30 4 *")
    assert shell("undo", "--yes")[0] == 0
    assert table(folder) == text


@pytest.mark.parametrize("words", [["fly"], ["list", "--source", "moon"], ["next"], ["run"], ["undo", "x"]])
def test_wrong_usage_is_status_2_in_words(shell: Shell, words: list[str]) -> None:
    status, _, err = shell(*words)
    assert status == 2
    assert "Traceback" not in err
    assert err


def test_next_of_an_expression_is_later_than_from_and_in_the_zone(shell: Shell) -> None:
    words = ("--from", "2026-03-29T00:00:00Z", "--tz", "Europe/Berlin", "--count", "2", "--json")
    status, out, _ = shell("next", "--expr", "30 2 * * *", *words)
    assert status == 0
    assert json.loads(out)["times"] == ["2026-03-29T03:00:00+02:00", "2026-03-30T02:30:00+02:00"]


def test_next_of_an_expression_in_the_dialect_that_is_named(shell: Shell) -> None:
    words = ("next", "--expr", "0 9 1-7 * 1", "--from", "2026-03-03T00:00:00Z", "--count", "1", "--tz", "UTC")
    assert shell(*words)[1] == "Tue 03 Mar 2026 09:00:00 UTC\n"
    assert shell(*words, "--dialect", "bcron")[1] == "Mon 06 Apr 2026 09:00:00 UTC\n"
    status, _, err = shell(*words, "--dialect", "vixie")
    assert status == 2
    assert "there are debian, cronie, busybox, bcron, systemd-cron, systemd-cron-2, other" in err


def test_next_of_a_schedule_that_never_fires_is_an_empty_array(shell: Shell) -> None:
    status, out, _ = shell("next", "--expr", "0 0 30 2 *", "--json")
    assert (status, json.loads(out)) == (0, {"schema": 1, "times": [], "incomplete": []})


def test_the_runs_of_another_cron_are_labelled(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    facts = CronFacts("crontab", b"", b"x", dialect="other", zone="Europe/Berlin")
    place = Location("crontab", 1)
    first = datetime(2026, 11, 25, 4, tzinfo=UTC)
    job = Job(
        "crontab:1", "x", SourceName.CRONTAB, "fed", "0 5 * * *", "", place, next_run=first, facts=facts
    )

    async def found(*_: object) -> Job:
        return job

    monkeypatch.setattr("fedtui.cli.show.find_job", found)
    status, out, err = shell("next", "x", "--from", "2026-11-24T14:00:00+01:00", "--count", "1", "--json")
    assert (status, [datetime.fromisoformat(run) for run in json.loads(out)["times"]]) == (0, [first])
    assert err == "another cron, computed by croniter\n"
    assert "dialect          other: another cron, computed by croniter" in shell("show", "x")[1]
    assert json.loads(shell("show", "x", "--json")[1])["job"]["dialect"] == "other"


NO_CONFIG = Config(Path("/nowhere"))


def test_a_note_on_an_empty_table_is_no_failure(capsys: pytest.CaptureFixture[str]) -> None:
    note = Problem("history", "less is seen", note=True)
    known, absent = Problem("cron-log", "as ever", note=True), Problem("user-timers", "none", absent=True)
    asked = ["crontab"]
    assert _report(NO_CONFIG, Snapshot(datetime.now(UTC), problems=(note, known, absent)), asked) == 0
    assert _report(NO_CONFIG, Snapshot(datetime.now(UTC), problems=(replace(note, note=False),)), asked) == 3
    assert capsys.readouterr().err == "less is seen.\n" * 2


def test_a_list_without_one_of_the_sources_that_were_asked_for_is_partly_done() -> None:
    place, facts = Location("crontab", 1), CronFacts("crontab", b"", b"x")
    job = Job("crontab:1", "x", SourceName.CRONTAB, "fed", "0 5 * * *", "", place, facts)
    snapshot = Snapshot(
        datetime.now(UTC), jobs=(job,), problems=(Problem("system-tables", "cannot be read"),)
    )
    assert [_report(NO_CONFIG, snapshot, asked) for asked in (["crontab", "cron.d"], ["crontab"], [])] == [
        4,
        0,
        0,
    ]


def test_next_of_a_refused_schedule_is_status_2_with_the_field(shell: Shell) -> None:
    status, out, err = shell("next", "--expr", "61 * * * *", "--json")
    assert (status, json.loads(out)["error"]["kind"]) == (2, "usage")
    assert "bad minute" in err


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('colour = "red"', "unknown setting 'colour'"),
        ("log_size_warning = 0", "log_size_warning must be a number of bytes above 0"),
        ('[keys]\n"job.run" = 5', 'the keys of job.run must be a text such as "r" or "r,f5"'),
        ('[keys]\n"job.run" = "r,"', "the keys of job.run must be a text"),
    ],
)
def test_a_config_with_a_mistake_is_named(shell: Shell, tmp_path: Path, text: str, said: str) -> None:
    config = tmp_path / "xdg" / "fedtui" / "config.toml"
    config.parent.mkdir(parents=True)
    config.write_text(text)
    status, _, err = shell("list")
    assert status == 3
    assert said in err


def test_the_dashboard_needs_a_terminal(shell: Shell) -> None:
    status, _, err = shell()
    assert status == 2
    assert "needs a terminal" in err


def test_paths_that_are_not_utf8_are_json_all_the_same(
    folder: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    (folder / "crontab").write_bytes(b"* * * * * echo >> /tmp/x\xff.log\n")
    for words in (["list", "--json"], ["show", "--json", "echo"]):
        capfdbinary.readouterr()
        assert main(["demo", "--folder", str(folder), *words]) == 0
        found = json.loads(capfdbinary.readouterr().out.decode("utf-8"))
        job = found["job"] if "job" in found else found["jobs"][0]
        assert job["log_path"] == "/tmp/xÿ.log"


def test_a_source_that_sees_less_does_not_make_a_wrong_name_a_failure() -> None:
    """Who may not read cron's log still learns that there is no such job: wrong usage, not unavailable."""
    less = Problem("cron-log", "cron's lines cannot be read", note=True)
    moment = datetime(2026, 11, 24, 13, 5, tzinfo=UTC)
    with pytest.raises(UsageError, match="there is no job 'nothere'"):
        choose(Snapshot(moment, problems=(less,)), "nothere")
    with pytest.raises(Unavailable, match="not every source could be read: cron's lines"):
        choose(Snapshot(moment, problems=(replace(less, note=False),)), "nothere")


def test_from_the_first_year_is_a_moment_like_any_other(shell: Shell) -> None:
    status, out, err = shell("next", "--json", "--expr", "@daily", "--from", "0001-01-01T00:00:00+14:00")
    assert status == 2, out
    assert "--from" in err


@pytest.mark.parametrize("more", [[], ["--json"]])
def test_output_that_nobody_takes_ends_in_words(folder: Path, more: list[str]) -> None:
    """`fedtui list | head -1` is no failure; a full disk is one, and is said without a traceback."""
    (folder / "crontab").write_text("* * * * * echo a line that is long enough\n" * 400)
    argv = [sys.executable, "-m", "fedtui", "demo", "--folder", str(folder), "list", *more]
    with Path("/dev/full").open("wb") as full:
        ended = subprocess.run(argv, stdout=full, stderr=subprocess.PIPE, timeout=60, check=False)
    assert ended.returncode == 3
    assert ended.stderr.decode().splitlines()[-1] == (
        "The output could not be written: No space left on device."
    )
    with subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as left:
        assert left.stdout is not None
        assert left.stderr is not None
        left.stdout.close()
        complaint = left.stderr.read()
        assert (left.wait(timeout=60), complaint) == (0, b"")


def test_a_change_whose_plan_nobody_reads_to_its_end_is_not_called_done(folder: Path) -> None:
    """`fedtui record --all --yes | grep -q x`: the reader leaves while the plan is printed."""
    table = "".join(f"* * * * * echo a line that is long enough {number}\n" for number in range(400))
    (folder / "crontab").write_text(table)
    argv = [sys.executable, "-m", "fedtui", "demo", "--folder", str(folder), "record", "--all", "--yes"]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as left:
        assert left.stdout is not None
        left.stdout.close()
        assert left.wait(timeout=60) == 3
    assert (folder / "crontab").read_text() == table


def test_a_jobs_name_begins_a_sentence_as_it_is_written(shell: Shell) -> None:
    _, _, err = shell("resume", "sync", "--yes")
    assert "sync is not paused." in err


def test_history_is_newest_first_with_the_promised_fields(shell: Shell, folder: Path) -> None:
    assert shell("history")[:2] == (0, "No run is on record yet.\n")
    names = {job["location"]: job["id"] for job in jobs(shell).values()}
    warns = names["crontab:5"]
    assert shell("run", "sync", "--wait")[0] == 0
    assert shell("run", warns, "--wait")[0] == 1
    status, out, _ = shell("history", "--json")
    assert status == 0
    failed, ok = json.loads(out)["runs"]
    assert {
        *("job", "start", "end", "exit_code", "signal", "status", "trigger", "duration_s", "reasons"),
        "evidence",
    } <= failed.keys()
    assert (failed["job"], failed["status"], failed["exit_code"], failed["trigger"]) == (
        *(warns, "failed", 3),
        "fedtui",
    )
    assert failed["reasons"] == ["its last line: to stderr"]
    assert (ok["job"], ok["status"], ok["reasons"]) == (names["crontab:4"], "ok", [])
    assert ok["evidence"] == ["exit status, fedtui", "1 line read, output"]
    assert datetime.fromisoformat(failed["start"]) >= datetime.fromisoformat(ok["start"])
    status, out, _ = shell("history", "sync", "--json")
    assert [run["job"] for run in json.loads(out)["runs"]] == [names["crontab:4"]]
    assert len(json.loads(shell("history", "--json", "--count", "1")[1])["runs"]) == 1
    lines = shell("history")[1].splitlines()
    assert ["✗ exit 3" in lines[0], "✓ ok" in lines[1]] == [True, True]
    assert "fedtui    its last line: to stderr" in lines[0]
    status, _, err = shell("record", "sync", "--yes")
    assert (status, "nothing needs a recorder" in err) == (3, True)


def test_the_history_of_a_job_follows_its_edit_and_its_undo(shell: Shell) -> None:
    assert shell("run", "sync", "--wait")[0] == 0
    before = jobs(shell)["crontab:4"]["id"]
    status, out, _ = shell("edit", "sync", "--command", "echo moved", "--yes")
    assert (status, "starts empty" in out) == (0, False)
    after = jobs(shell)["crontab:4"]
    assert after["id"] != before
    assert (after["last_result"]["status"], after["last_run"] is None) == ("ok", False)
    assert shell("run", "sync", "--wait")[0] == 0
    for key in ("sync", after["id"]):
        runs = json.loads(shell("history", key, "--json")[1])["runs"]
        assert [(run["job"], run["name"], run["status"]) for run in runs] == [(after["id"], "sync", "ok")] * 2
    assert shell("undo", "--yes")[0] == 0
    runs = json.loads(shell("history", "sync", "--json")[1])["runs"]
    assert [(run["job"], run["name"]) for run in runs] == [(before, "sync")] * 2
    assert jobs(shell)["crontab:4"]["last_run"] == runs[0]["start"]


def test_a_job_is_found_by_the_name_that_it_had_before(shell: Shell, folder: Path) -> None:
    (folder / "crontab").write_text("0 1 * * * echo one >> one.log\n0 2 * * * echo two >> two.log\n")
    first = jobs(shell)["crontab:1"]
    assert first["name"] == "echo → one.log"
    assert shell("edit", first["id"], "--command", "true >> one.log", "--yes")[0] == 0
    now = jobs(shell)["crontab:1"]
    assert (now["name"], now["id"] != first["id"]) == ("true", True)
    for key in ("echo → one.log", "echo -> one.log", first["id"]):
        assert json.loads(shell("show", key, "--json")[1])["job"]["id"] == now["id"]
        assert shell("history", key)[0] == shell("next", key)[0] == 0
    for verb in ("pause", "run"):
        status, _, err = shell(verb, "echo → one.log", "--yes")
        assert status == 2
        assert f"there is no job 'echo → one.log' any more; its name is now true ({now['id']})" in err
    assert shell("undo", "--yes")[0] == 0
    assert json.loads(shell("show", now["id"], "--json")[1])["job"]["id"] == first["id"]


def test_a_job_like_one_that_was_removed_does_not_get_its_history(shell: Shell, folder: Path) -> None:
    ids = [jobs(shell)[f"crontab:{line}"]["id"] for line in (6, 7)]
    assert ids[1] == f"{ids[0]}-2"
    assert shell("run", ids[1], "--wait")[0] == 0
    (folder / "crontab").write_text(TABLE.replace("30 2 * * 0 echo twin\n", ""))
    assert jobs(shell)["crontab:6"]["last_run"] is None
    (line,) = shell("history")[1].splitlines()
    assert "echo → Sun 02:30 (gone)" in line


def test_a_job_that_was_removed_keeps_its_name_in_the_history(shell: Shell) -> None:
    assert shell("run", "sync", "--wait")[0] == 0
    gone = jobs(shell)["crontab:4"]["id"]
    assert shell("delete", "sync", "--yes")[0] == 0
    (line,) = shell("history")[1].splitlines()
    assert line.split()[4:6] == ["sync", "(gone)"]
    assert shell("history", "sync")[1] == shell("history", gone)[1] == f"{line}\n"
    (run,) = json.loads(shell("history", "sync", "--json")[1])["runs"]
    assert (run["job"], run["name"]) == (gone, "sync")
    assert shell("history", "nobody")[0] == 2


def test_record_wants_jobs_or_all_or_never(shell: Shell, tmp_path: Path) -> None:
    for words in ((), ("sync", "--all"), ("--all", "--never"), ("sync", "--never")):
        status, _, err = shell("record", *words)
        assert (status, "record: name jobs, or give --all or --never" in err) == (2, True), words
    status, _, err = shell("record", "--all", "--yes")
    assert (status, "nothing needs a recorder" in err) == (3, True)
    status, _, err = shell("record", "--all", "--off", "--yes")
    assert (status, "No job is recorded." in err) == (3, True)
    config = tmp_path / "xdg/fedtui/config.toml"
    status, out, _ = shell("record", "--never", "--dry-run")
    assert (status, '+ ignore = ["FT309"]' in out, config.exists()) == (0, True, False)
    assert shell("record", "--never", "--yes")[0] == 0
    assert config.read_text() == 'ignore = ["FT309"]\n'
    assert "FT309 is silenced already." in shell("record", "--never", "--yes")[2]
    assert shell("undo", "--yes")[0] == 0
    assert not config.exists()


def test_env_prints_what_cron_gives_and_masks_secrets(shell: Shell, folder: Path) -> None:
    status, out, _ = shell("env", "sync")
    assert status == 0
    assert "QDRANT_API_KEY=•••••• (masked)\n" in out
    assert f"HOME={folder}\n" in out
    assert "PATH=/usr/bin:/bin\n" in out
    assert "QDRANT_API_KEY=abc123\n" in shell("env", "sync", "--show-secrets")[1]


def test_env_set_writes_above_the_job_and_says_whom_it_touches(shell: Shell, folder: Path) -> None:
    status, out, _ = shell("env", "sync", "--set", "A=~/x", "--set", "TZ=UTC", "--dry-run")
    assert status == 0
    assert "! It holds for 3 other jobs below it, too: " in out
    assert "! cron expands neither $ nor ~: the job gets A exactly as it is written." in out
    assert (folder / "crontab").read_text() == TABLE
    assert shell("env", "sync", "--set", "A=~/x", "--set", "TZ=UTC", "--yes")[0] == 0
    assert (folder / "crontab").read_text() == TABLE.replace("# name", "A=~/x\nTZ=UTC\n# name")
    assert shell("undo", "--yes")[1].endswith("Undone: the environment of sync. Redo: fedtui redo\n")
    assert (folder / "crontab").read_text() == TABLE


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (("env", "sync", "--set", "PATH"), 2, "'PATH' sets nothing; write NAME=VALUE"),
        (("env", "sync", "--set", "QDRANT_API_KEY=abc123", "--yes"), 3, "has that QDRANT_API_KEY already"),
        (("env", "sync", "--set", "A B=1", "--yes"), 3, "Bad name 'A B'"),
        (("env", "nobody"), 2, "there is no job 'nobody'"),
    ],
)
def test_env_refuses(shell: Shell, folder: Path, words: tuple[str, ...], status: int, said: str) -> None:
    got, _, err = shell(*words)
    assert (got, said in err) == (status, True), err
    assert (folder / "crontab").read_text() == TABLE


class LateTimers:
    """A workspace whose timers have answered, but for those that are only installed."""

    def __init__(self, folder: Path) -> None:
        self.ports = SimpleNamespace(history=History(folder / "history.db"))

    async def read(self, sources: Sequence[str] = (), *, later_runs: bool = False) -> Snapshot:
        late = {"system-timers": "the states of its unit files have not come yet"}
        return Snapshot(datetime.now(UTC), late=late)


async def test_a_job_that_may_be_among_what_has_not_come_is_not_called_missing(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="not every source could be read: system-timers: the states of"):
        await find_job(cast(Workspace, LateTimers(tmp_path)), "old")


def test_undo_walks_back_and_redo_forward(shell: Shell, folder: Path) -> None:
    for words in (("pause", "sync"), ("resume", "sync")):
        assert shell(*words, "--yes")[0] == 0
    assert shell("undo", "--yes")[1].endswith("Undone: resume sync. Redo: fedtui redo\n")
    assert shell("undo", "--yes")[1].endswith("Undone: pause sync. Redo: fedtui redo\n")
    assert table(folder) == TABLE
    assert shell("redo", "--dry-run")[1].startswith("Redo: pause sync.\n")
    assert json.loads(shell("redo", "--yes", "--json")[1])["result"]["message"] == "Redone: pause sync."
    assert "#fedtui:paused# 0 * * * * echo synced" in table(folder)
    assert shell("undo", "--yes")[1].endswith("Undone: pause sync. Redo: fedtui redo\n")
    assert shell("undo", "--yes")[2].startswith("There is nothing to undo.")


def test_undo_list_shows_where_and_with_an_id_what(shell: Shell) -> None:
    shell("pause", "sync", "--yes")
    shell("undo", "--yes")
    states = [(row.split()[0], row.split()[2:]) for row in shell("undo", "--list")[1].splitlines()]
    assert states == [
        ("2", ["undo", "sync", "demo", "in", "force"]),
        ("1", ["pause", "sync", "demo", "undone"]),
    ]
    assert shell("undo", "--list", "--count", "1")[1].split()[0] == "2"
    out = shell("undo", "--list", "1")[1]
    assert "    4 + #fedtui:paused# 0 * * * * echo synced" in out
    assert "echo twin" not in out
    assert "    4 + 0 * * * * echo synced" in shell("undo", "--list", "--diff")[1]
    (step,) = json.loads(shell("undo", "--list", "1", "--json")[1])["steps"]
    assert (step["host"], [diff["changed"] for diff in step["diffs"]]) == ("demo", [1])
    assert shell("undo", "--list", "7")[::2] == (
        3,
        "There is no change 7. Nothing was changed. List them: fedtui undo --list\n",
    )


def test_restore_lists_kept_tables_and_puts_one_back(shell: Shell, folder: Path) -> None:
    assert shell("restore")[:2] == (0, "No tables kept yet.\n")
    shell("delete", "sync", "--yes")
    (folder / "crontab").write_bytes(b"")
    (kept,) = json.loads(shell("restore", "--json")[1])["tables"]
    assert (kept["lines"], kept["lost"], kept["gained"]) == (7, 0, 7)
    heading, row, *_ = shell("restore")[1].splitlines()
    assert (heading.split(), row.split()[0], row.split()[-3:]) == (
        ["NAME", "KEPT", "LINES", "LOST", "GAINED"],
        kept["name"],
        ["7", "0", "7"],
    )
    assert "    4 + 0 * * * * echo synced" in shell("restore", kept["name"], "--dry-run")[1]
    assert table(folder) == ""
    status, out, _ = shell("restore", kept["name"], "--yes")
    assert (status, table(folder)) == (0, TABLE)
    assert "abc123" not in out
    assert shell("restore", kept["name"], "--yes")[0] == 3
    shell("undo", "--yes")
    assert table(folder) == ""
    assert shell("restore", "crontab.x")[2].startswith("No kept table is called crontab.x.")


def test_check_reports_a_table_that_lost_its_jobs_and_how_to_restore_it(shell: Shell, folder: Path) -> None:
    shell("pause", "sync", "--yes")
    (folder / "crontab").write_text("# nothing\n")
    (found,) = [one for one in json.loads(shell("check", "--json")[1])["findings"] if one["code"] == "FT013"]
    (kept,) = json.loads(shell("restore", "--json")[1])["tables"]
    assert found["title"] == "the crontab lost all its 4 jobs"
    assert found["command"] == f"fedtui restore {kept['name']}"


def test_where_no_event_loop_can_be_made_one_sentence_says_so(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> None:
        raise OSError(24, "Too many open files")

    monkeypatch.setattr("socket.socketpair", refused)
    monkeypatch.setattr(sys, "unraisablehook", sys.unraisablehook)
    status, out, err = shell("pause", "sync", "--yes")
    assert (status, out) == (3, "")
    assert err == "fedtui cannot start here: Too many open files. Nothing was changed.\n"
