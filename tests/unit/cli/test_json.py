"""`--json` as a program reads it: each answer has the shape that docs/json.md promises, refusals too."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from fedtui.action_result import Applied, PartlyDone
from fedtui.changes.plan import Conflict, Plan
from fedtui.cli import report_errors
from fedtui.cli.records import JsonRecords, print_json
from fedtui.cli.send_alerts import _record as alert_record
from fedtui.federation.alerts.alert_check import AlertReport, Delivery
from fedtui.history.alert_memory import AlertEvent
from tests.json_page import PAGE, page, records
from tests.unit.cli.conftest import Shell, demo_folder
from tests.unit.cli.json_shape import misfits

TABLE = """\
API_KEY=abc123
# name: sync
0 * * * * echo synced
# name: other
0 2 * * 0 echo other >> /tmp/nowhere/other.log
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "other.log").write_text("one\ntwo\n")
    return demo_folder(tmp_path, monkeypatch, TABLE.replace("/tmp/nowhere", str(tmp_path)))


def answer(shell: Shell, *words: str, status: int = 0) -> dict[str, Any]:
    got, out, err = shell(*words)
    assert got == status, err
    found: dict[str, Any] = json.loads(out)
    assert found["schema"] == 1
    return found


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("ListAnswer", ("list", "--json")),
        ("NextAnswer", ("next", "sync", "--json")),
        ("ShowAnswer", ("show", "--json", "sync")),
        ("LogsAnswer", ("logs", "other", "--json")),
        ("RunAnswer", ("run", "sync", "--json")),
        ("RunAnswer", ("run", "sync", "--wait", "--json")),
        ("PlanAnswer", ("run", "sync", "--dry-run", "--json")),
        ("PlanAnswer", ("stop", "sync", "--dry-run", "--json")),
        ("PlanAnswer", ("pause", "sync", "--dry-run", "--json")),
        ("ResultAnswer", ("pause", "sync", "--yes", "--json")),
        ("ResultAnswer", ("reschedule", "sync", "@daily", "--yes", "--json")),
        ("ResultAnswer", ("delete", "sync", "--yes", "--json")),
        ("ResultAnswer", ("new", "--schedule", "@daily", "--command", "true", "--yes", "--json")),
        ("ResultAnswer", ("edit", "sync", "--note", "nightly", "--yes", "--json")),
        ("ResultAnswer", ("env", "sync", "--set", "A=1", "--yes", "--json")),
        ("EnvAnswer", ("env", "sync", "--json")),
        ("SetupStatusAnswer", ("setup", "--status", "--json")),
        ("DrillListAnswer", ("drill", "--json")),
        ("DrillPlanAnswer", ("drill", "clock-change", "--zone", "Europe/Berlin", "--dry-run", "--json")),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_an_answer_has_the_promised_shape(shell: Shell, kind: str, words: tuple[str, ...]) -> None:
    assert misfits(answer(shell, *words), kind) == []


def test_a_check_has_the_promised_shape(shell: Shell) -> None:
    for words in (("check", "--json"), ("check", "--format", "json")):
        status, out, _ = shell(*words)
        assert (misfits(json.loads(out), "CheckAnswer"), json.loads(out)["exit_status"]) == ([], status)


def test_runs_and_undo_steps_have_the_promised_shape(shell: Shell) -> None:
    shell("run", "sync", "--wait")
    shell("pause", "sync", "--yes")
    history, steps = answer(shell, "history", "--json"), answer(shell, "undo", "--list", "--json")
    assert (misfits(history, "HistoryAnswer"), len(history["runs"])) == ([], 1)
    assert (misfits(steps, "UndoListAnswer"), len(steps["steps"])) == ([], 1)
    shown, tables = answer(shell, "undo", "--list", "1", "--json"), answer(shell, "restore", "--json")
    assert (misfits(shown, "UndoListAnswer"), len(shown["steps"][0]["diffs"])) == ([], 1)
    assert (misfits(tables, "RestoreListAnswer"), len(tables["tables"])) == ([], 1)
    name = tables["tables"][0]["name"]
    assert misfits(answer(shell, "restore", name, "--yes", "--json"), "ResultAnswer") == []
    assert misfits(answer(shell, "undo", "--yes", "--json"), "ResultAnswer") == []
    assert misfits(answer(shell, "redo", "--yes", "--json"), "ResultAnswer") == []


def test_an_alert_check_has_the_promised_shape(capsys: pytest.CaptureFixture[str]) -> None:
    now = datetime(2026, 11, 24, 13, 5, tzinfo=UTC)
    event = AlertEvent("crontab:1", "sync", "failed", True, "exit 3", now)
    report = AlertReport(2, 1, (event,), (event,), (Delivery("mail", 1), Delivery("ntfy", 1, "refused")))
    print_json("1", alert_record(report, JsonRecords(UTC)))
    found = json.loads(capsys.readouterr().out)
    assert (misfits(found, "AlertAnswer"), found["sent"][1]["error"]) == ([], "refused")


def test_a_shape_that_is_not_the_promised_one_is_noticed(shell: Shell) -> None:
    found = answer(shell, "list", "--json")
    found["jobs"][0] |= {"user": None, "colour": "red"}
    del found["jobs"][0]["name"]
    assert sorted(misfits(found, "ListAnswer")) == [
        "$.jobs[0].colour: unknown",
        "$.jobs[0].name: missing",
        "$.jobs[0].user: None is no <class 'str'>",
    ]


def test_a_plan_is_printed_and_nothing_is_changed(shell: Shell, folder: Path) -> None:
    before = (folder / "crontab").read_bytes()
    plan = answer(shell, "reschedule", "sync", "*/7 * * * *", "--dry-run", "--json")["plan"]
    assert (plan["verb"], [job["name"] for job in plan["jobs"]]) == ("reschedule", ["sync"])
    lines = [(line["sign"], line["text"]) for line in plan["diffs"][0]["lines"] if line["sign"] != " "]
    assert lines == [("-", "0 * * * * echo synced"), ("+", "*/7 * * * * echo synced")]
    assert plan["steps"][-1]["verb"] == "undo"
    assert (folder / "crontab").read_bytes() == before


def test_the_undo_id_of_a_result_takes_it_back(shell: Shell, folder: Path) -> None:
    before = (folder / "crontab").read_bytes()
    result = answer(shell, "delete", "sync", "--yes", "--json")["result"]
    assert (result["verb"], result["message"]) == ("delete", "Deleted sync.")
    assert (folder / "crontab").read_bytes() != before
    undone = answer(shell, "undo", str(result["undo_id"]), "--yes", "--json")["result"]
    assert (undone["verb"], undone["undo_id"]) == ("undo", result["undo_id"] + 1)
    assert (folder / "crontab").read_bytes() == before


@pytest.mark.parametrize(
    ("words", "status", "kind", "message"),
    [
        (("show", "nobody"), 2, "usage", "there is no job 'nobody'"),
        (("pause",), 2, "usage", "the following arguments are required: JOB"),
        (("setup", "--profiles"), 2, "usage", "--profiles has no --json"),
        (("logs", "-f", "sync"), 2, "usage", "--follow and --json exclude each other"),
        (("check", "--fast"), 3, "usage", "unrecognized arguments: --fast"),
        (("resume", "sync", "--yes"), 3, "refused", "sync is not paused."),
        (("stop", "sync", "--yes"), 3, "refused", "does not run"),
        (("pause", "sync"), 3, "refused", "--json asks nothing."),
        (("drill", "missing-script", "--root", "/", "--yes"), 3, "refused", "cannot be run here"),
        (("logs", "sync"), 3, "unavailable", "writes its output nowhere"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_a_refusal_is_an_object_and_a_sentence(
    shell: Shell, folder: Path, words: tuple[str, ...], status: int, kind: str, message: str
) -> None:
    before = (folder / "crontab").read_bytes()
    got, out, err = shell(*words, "--json")
    found = json.loads(out)
    assert (got, found["error"]["kind"], misfits(found, "ErrorAnswer")) == (status, kind, [])
    assert message in found["error"]["message"]
    assert message in err
    assert (folder / "crontab").read_bytes() == before


def test_nothing_is_asked_with_json_also_at_a_terminal(
    shell: Shell, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr("sys.stdin", Terminal("y\n"))
    error = answer(shell, "delete", "sync", "--json", status=3)["error"]
    assert (error["untouched"], error["advice"]) == ("Nothing was changed.", "--yes applies this.")
    assert "echo synced" in (folder / "crontab").read_text()


def test_a_table_that_changed_meanwhile_is_a_conflict(
    shell: Shell, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from fedtui.changes import planning

    real = planning.apply

    async def late(plan: Plan, ports: Any) -> Applied:
        path = folder / "crontab"
        path.write_text(path.read_text() + "0 6 * * * echo theirs\n")
        return await real(plan, ports)

    monkeypatch.setattr(planning, "apply", late)
    error = answer(shell, "pause", "sync", "--yes", "--json", status=3)["error"]
    assert (error["kind"], error["untouched"]) == ("conflict", Conflict("").untouched)


def test_a_change_that_is_in_force_in_part_has_its_own_status(capsys: pytest.CaptureFixture[str]) -> None:
    def work() -> int:
        raise PartlyDone("The disk is full.", "The timer is not enabled.", "u takes the rest back.")

    assert report_errors(work, debug=False, as_json=True) == 4
    assert json.loads(capsys.readouterr().out)["error"] == {
        "kind": "partly_done",
        "message": "The disk is full.",
        "untouched": "The timer is not enabled.",
        "advice": "fedtui undo takes the rest back.",
    }


def test_a_fault_of_the_program_is_named_as_one(capsys: pytest.CaptureFixture[str]) -> None:
    def work() -> int:
        raise ValueError("TOKEN=abc")

    assert report_errors(work, debug=False, as_json=True) == 3
    out, err = capsys.readouterr()
    assert json.loads(out)["error"]["kind"] == "internal"
    assert "abc" not in out
    assert err.startswith("Internal error: ValueError(")


def test_json_0_has_the_shape_before_schema_1(shell: Shell) -> None:
    shell("pause", "sync", "--yes")
    assert [job["name"] for job in json.loads(shell("list", "--json=0")[1])] == ["sync", "other"]
    assert json.loads(shell("show", "--json=0", "sync")[1])["name"] == "sync"
    assert json.loads(shell("undo", "--list", "--json=0")[1])[0]["verb"] == "pause"
    check = json.loads(shell("check", "--json=0")[1])
    assert ("schema" in check, check["findings"][0]["group"]) == (False, "the scheduler")
    assert (
        answer(shell, "check", "--json", status=check["exit_status"])["findings"][0]["group"] == "scheduler"
    )
    status, out, err = shell("show", "nobody", "--json=0")
    assert (status, out) == (2, "")
    assert "there is no job 'nobody'" in err


def test_the_word_after_json_is_the_job(shell: Shell) -> None:
    assert answer(shell, "show", "--json", "sync")["job"]["name"] == "sync"
    assert shell("show", "--json=2", "sync")[0] == 2


def test_the_page_says_what_the_types_say() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "write it: make json"


def test_each_field_has_a_meaning_and_says_when_it_is_null() -> None:
    fields = [(record.name, field) for record in records() for field in record.fields]
    assert len(fields) > 200
    assert [(of, field.name) for of, field in fields if not field.meaning] == []
    assert [(of, field.name) for of, field in fields if field.nullable != bool(field.null_when)] == []
