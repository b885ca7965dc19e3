"""`fedtui check`: what is printed in each format, and its own exit statuses."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families
from prometheus_client.parser import text_string_to_metric_families as older_parser

from fedtui.model import Finding, Severity, Snapshot, Unchecked
from fedtui.presentation.finding_groups import Counts, grouped, status
from tests.unit.cli.conftest import Shell

NOW = datetime(2026, 11, 24, 13, 5, 12, tzinfo=UTC)


@pytest.fixture
def table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The crontab of a demo workspace, where a scheduler's state is written so that cron counts as up."""
    for name in ("XDG_STATE_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.setenv(name, str(tmp_path / "xdg"))
    monkeypatch.setattr("fedtui.demo.workspace.scheduler_state", lambda _: _Up())
    folder = tmp_path / "demo"
    folder.mkdir()
    return folder / "crontab"


@pytest.fixture
def folder(table: Path) -> Path:
    return table.parent


class _Up:
    up = True
    detail = ""


FINE = "0 * * * * true\n"
WARNS = "0 4 1-7 * mon true\n"
WRONG = "# name: sync\n0 * * * * bash /nowhere/at/all.sh\n"


def test_a_table_without_fault_is_fine(shell: Shell, table: Path) -> None:
    table.write_text(FINE)
    exit_status, out, err = shell("check")
    assert (exit_status, err) == (0, "")
    assert out.endswith(" passed\n")
    assert "not checked" not in out


@pytest.mark.parametrize(
    ("text", "expected"), [(FINE, 0), (WARNS, 1), (WRONG, 2), (WARNS + WRONG, 2), (WRONG + WARNS, 2)]
)
@pytest.mark.parametrize("form", ["text", "json", "nagios", "openmetrics"])
def test_the_worst_finding_is_the_exit_status_in_each_format(
    shell: Shell, table: Path, text: str, expected: int, form: str
) -> None:
    table.write_text(text)
    assert shell("check", "--format", form)[0] == expected


def test_a_test_message_is_one_of_the_alerts(shell: Shell, table: Path) -> None:
    assert shell("check", "--test") == (3, "", "check: --test belongs to --alert\n")


def test_the_demo_tells_nobody(shell: Shell, table: Path) -> None:
    assert shell("check", "--alert") == (3, "", "The demo tells nobody of anything. Nothing was sent.\n")


@pytest.mark.parametrize("words", [["--bogus"], ["--format", "xml"], ["sync"]])
def test_wrong_usage_is_3_and_not_an_error_found(shell: Shell, table: Path, words: list[str]) -> None:
    exit_status, out, err = shell("check", *words)
    assert (exit_status, out) == (3, "")
    assert err.startswith("fedtui demo check: ")


def test_wrong_usage_of_other_verbs_stays_2(shell: Shell, table: Path) -> None:
    assert shell("list", "--bogus")[0] == 2


def test_a_finding_is_told_with_evidence_why_and_fix(shell: Shell, table: Path) -> None:
    table.write_text(WRONG)
    lines = shell("check")[1].splitlines()
    assert lines[0] == "✗ FT110  sync  script is missing"
    assert "    /nowhere/at/all.sh" in lines
    assert any(line.startswith("    Fix: Put the script there") for line in lines)
    assert lines[-1].startswith("1 error, ")


def test_ascii(shell: Shell, table: Path) -> None:
    table.write_text(WRONG)
    assert shell("--ascii", "check")[1].isascii()


def test_json_has_every_finding_with_its_job(shell: Shell, table: Path) -> None:
    table.write_text(WRONG)
    record = json.loads(shell("check", "--json")[1])
    assert (record["status"], record["exit_status"]) == ("errors", 2)
    assert record["counts"]["errors"] == 1
    (finding,) = record["findings"]
    assert (finding["code"], finding["severity"], finding["group"]) == ("FT110", "error", "line")
    assert (finding["job_name"], finding["location"]) == ("sync", "crontab:2")
    assert finding["job"].startswith("crontab:")
    assert finding["evidence"][0] == "/nowhere/at/all.sh"
    assert finding["why"]
    assert "FT110" not in record["passed"]
    assert "FT101" in record["passed"]
    assert record["unchecked"] == []


def test_nagios_says_all_in_one_line_with_numbers(shell: Shell, table: Path) -> None:
    table.write_text(WRONG.replace("all.sh", "a|cat"))
    first, *more = shell("check", "--format", "nagios")[1].splitlines()
    head, numbers = first.split(" | ")
    assert head.startswith("FEDTUI CRITICAL - 1 error, ")
    assert head.endswith("FT110 sync: script is missing")
    assert numbers.startswith("errors=1 warnings=0 notes=0 passed=")
    assert more == ["FT110 sync: script is missing"]


def test_nagios_ok(shell: Shell, table: Path) -> None:
    table.write_text(FINE)
    assert shell("check", "--format", "nagios")[1].startswith("FEDTUI OK - ")


def samples(text: str) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    """What both parsers of Prometheus read in the text: they must agree."""
    new = {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
    old = {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in older_parser(text)
        for sample in family.samples
    }
    assert new == old
    return new


def test_openmetrics_of_the_findings(shell: Shell, table: Path) -> None:
    table.write_text(WRONG)
    found = samples(shell("check", "--format", "openmetrics")[1])
    assert found["fedtui_findings", frozenset({("severity", "error")})] == 1
    assert found["fedtui_findings", frozenset({("severity", "warning")})] == 0
    assert found["fedtui_checks_unchecked", frozenset()] == 0
    (finding,) = [dict(labels) for name, labels in found if name == "fedtui_finding"]
    assert (finding["code"], finding["name"]) == ("FT110", "sync")


def test_what_is_silenced_is_counted_and_not_told(shell: Shell, table: Path) -> None:
    table.write_text("# fedtui: ignore FT110\n" + WRONG)
    exit_status, out, _ = shell("check")
    assert exit_status == 0
    assert out.splitlines()[-1].endswith("passed, 1 silenced")


def test_a_table_that_cannot_be_read_is_not_fine(shell: Shell, table: Path) -> None:
    table.mkdir()
    exit_status, out, _ = shell("check")
    assert exit_status != 0
    assert "? not checked  crontab" in out
    assert "FT110" in out
    record = json.loads(shell("check", "--json")[1])
    assert "FT110" in record["unchecked"][0]["codes"]
    assert "FT110" not in record["passed"]


def test_what_is_not_checked_says_why_and_what_to_do_in_sentences_of_a_shell(
    monkeypatch: pytest.MonkeyPatch, shell: Shell, table: Path
) -> None:
    reason = "systemd's user manager of fed cannot be reached: no such file"
    advice = "Next try in 1 s, R tries now. Where it should run: loginctl enable-linger fed"
    unseen = Snapshot(NOW, unchecked=(Unchecked(("FT007",), "user timers", reason, advice),))
    monkeypatch.setattr("fedtui.workspace.Workspace.checked", lambda _: unseen)
    table.write_text("")
    assert shell("check")[1].splitlines()[:3] == [
        "? not checked  user timers",
        "    systemd's user manager of fed cannot be reached: no such file. Where it should run: loginctl",
        "    enable-linger fed.",
    ]
    (record,) = json.loads(shell("check", "--json")[1])["unchecked"]
    assert record["advice"] == "Where it should run: loginctl enable-linger fed"


def test_a_reader_that_goes_away_makes_nothing_fine(table: Path) -> None:
    table.write_text("0 25 * * * true\n")
    command = [sys.executable, "-m", "fedtui", "demo", "--folder", str(table.parent), "check"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.close()
        assert process.wait(30) == 2


# The status, over snapshots


def finding(severity: Severity, code: str = "FT110", title: str = "t", job: str | None = None) -> Finding:
    return Finding(code, severity, title, "", job_id=job)


MISSED = Unchecked(("FT110",), "crontab", "no answer")


@pytest.mark.parametrize(
    ("findings", "unchecked", "passed", "expected"),
    [
        ((), (), ("FT101",), 0),
        ((Severity.NOTE,), (), ("FT101",), 0),
        ((Severity.WARNING, Severity.NOTE), (), ("FT101",), 1),
        ((Severity.WARNING, Severity.ERROR), (MISSED,), (), 2),
        ((), (MISSED,), ("FT101",), 1),
        ((), (MISSED,), (), 3),
    ],
)
def test_the_exit_status(
    findings: tuple[Severity, ...],
    unchecked: tuple[Unchecked, ...],
    passed: tuple[str, ...],
    expected: int,
) -> None:
    found = tuple(finding(severity) for severity in findings)
    assert status(Snapshot(NOW, findings=found, unchecked=unchecked, passed=passed)) == expected


def test_related_findings_are_one_group() -> None:
    jobs = [finding(Severity.ERROR, "FT118", "jq is not on cron's PATH", f"j{n}") for n in range(12)]
    other = finding(Severity.ERROR, "FT118", "yq is not on cron's PATH", "k")
    failed = [finding(Severity.ERROR, "FT301", f"j{n} failed", f"j{n}") for n in range(5)]
    groups = grouped([*jobs, other, *failed])
    assert [(group.title, len(group.findings)) for group in groups] == [
        ("jq is not on cron's PATH", 12),
        ("yq is not on cron's PATH", 1),
        ("the last run failed", 5),
    ]
    assert len(grouped(failed[:4])) == 4


def test_counts_in_words() -> None:
    found = (finding(Severity.ERROR), finding(Severity.WARNING), finding(Severity.WARNING))
    counts = Counts.of(Snapshot(NOW, findings=found, unchecked=(MISSED,), passed=("FT101",), silenced=2))
    assert counts.words() == ["1 error", "2 warnings", "1 passed", "1 not checked", "2 silenced"]
