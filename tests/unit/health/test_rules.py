"""The frame of the checks: rules, what passed, what could not be checked, what is silenced."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from fedtui.config import ConfigError, load
from fedtui.crontab import Document
from fedtui.crontab.comments import silenced_codes
from fedtui.health import CHECKS, RULES, checkup
from fedtui.health.checks import Rule
from fedtui.model import (
    CronFacts,
    Job,
    Location,
    Outcome,
    Problem,
    Result,
    Scheduler,
    SourceName,
    TimerFacts,
)
from tests.findings_page import PAGE, page
from tests.unit.health.answers import machine, seen

NOW = datetime(2026, 11, 24, 13, 5, 12, tzinfo=UTC)
FAILED = Result(Outcome.FAILED, exit_code=1)


def cron_job(name: str = "sync", silenced: tuple[str, ...] = ()) -> Job:
    cron = CronFacts("crontab", b"0 * * * * true", b"true", silenced=silenced)
    place = Location("crontab", 7)
    job = Job(f"crontab:{name}", name, SourceName.CRONTAB, "fed", "0 * * * *", "hourly", place, cron)
    return replace(job, last_result=FAILED)


def timer(path: Path) -> Job:
    facts = TimerFacts(
        "a.timer", "a.service", True, "active", "enabled", fragment=str(path), drop_ins=(str(path / "gone"),)
    )
    place = Location("a.timer", None)
    job = Job("user-timer:a.timer", "a", SourceName.USER_TIMER, "fed", "daily", "daily", place, facts)
    return replace(job, last_result=FAILED)


def codes(*jobs: Job, ignore: tuple[str, ...] = ()) -> list[str]:
    return [finding.code for finding in checkup(seen(NOW, jobs), machine(), ignore).findings]


def test_the_page_of_findings_says_what_the_code_says() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "write it anew: make findings"


def test_a_code_stands_for_one_rule() -> None:
    rules = [rule for check in CHECKS for rule in check.rules]
    by_code = {rule.code: rule for rule in rules}
    assert all(by_code[rule.code] == rule for rule in rules)
    assert list(RULES) == sorted(by_code)


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_a_rule_says_why_it_matters_and_how_to_fix_it(rule: Rule) -> None:
    assert not rule.title.endswith("."), rule.title
    for text in (rule.why, rule.fix):
        assert text.strip() == text, text
        assert text.endswith("."), text


def test_what_was_looked_for_and_not_found_has_passed() -> None:
    checked = checkup(seen(NOW, (cron_job(),)), machine())
    assert {*checked.passed, "FT301"} == set(RULES)
    assert checked.unchecked == ()


def test_codes_of_a_source_that_cannot_be_read_have_not_passed() -> None:
    problem = Problem("crontab", "crontab(1) does not answer.", advice="Is it installed?")
    checked = checkup(seen(NOW, problems=(problem,)), machine())
    (missed,) = checked.unchecked
    assert (missed.what, missed.reason, missed.advice) == ("crontab", problem.message, problem.advice)
    assert {"FT101", "FT110", "FT301", "FT401"} <= set(missed.codes)
    assert set(checked.passed).isdisjoint(missed.codes)
    assert "FT002" in checked.passed


def test_a_note_of_a_source_takes_nothing_from_what_passed() -> None:
    note = Problem("cron-log", "cron's lines are not readable", note=True)
    checked = checkup(seen(NOW, problems=(note,)), machine())
    assert checked.unchecked == ()
    assert {*checked.passed, "FT505"} == set(RULES)


def test_what_has_not_answered_yet_has_not_passed() -> None:
    checked = checkup(seen(NOW, loading=frozenset({"crontab"})), machine())
    assert "FT101" not in checked.passed
    assert "FT002" in checked.passed


def test_whether_cron_runs_is_not_known() -> None:
    unknown = (Scheduler("cron", None, "/proc is hidden"), Scheduler("systemd", True))
    down = seen(NOW, (cron_job(),), schedulers=unknown)
    checked = checkup(down, machine())
    assert [(one.codes, one.reason) for one in checked.unchecked] == [(("FT001",), "/proc is hidden")]
    assert "FT001" not in checked.passed


def test_a_note_above_the_line_silences_its_code_there_alone() -> None:
    assert codes(cron_job(), cron_job("b", silenced=("FT301",)), cron_job("c", silenced=("FT402",))) == [
        "FT301",
        "FT301",
    ]
    snapshot = seen(NOW, (cron_job(silenced=("FT301",)),))
    assert checkup(snapshot, machine()).silenced == 1
    assert "FT301" not in checkup(snapshot, machine()).passed


@pytest.mark.parametrize(
    ("ignore", "left"), [((), 2), (("FT301",), 0), (("FT301 crontab:b",), 1), (("FT402",), 2)]
)
def test_the_config_silences_a_code_or_a_code_of_one_job(ignore: tuple[str, ...], left: int) -> None:
    assert len(codes(cron_job("a"), cron_job("b"), ignore=ignore)) == left


def test_a_comment_in_a_unit_file_silences_its_timer(tmp_path: Path) -> None:
    unit = tmp_path / "a.timer"
    unit.write_text("[Timer]\n# fedtui: ignore FT402\nOnCalendar=daily\n")
    assert codes(timer(unit)) == ["FT301"]
    unit.write_text("[Timer]\n# fedtui: ignore FT402 FT301 (known)\nOnCalendar=daily\n")
    assert codes(timer(unit)) == []


@pytest.mark.parametrize(
    ("above", "found"),
    [
        (b"# fedtui: ignore FT402\n", ("FT402",)),
        (b"# fedtui: ignore FT402, FT118\n# a note\n", ("FT402", "FT118")),
        (b"# fedtui: ignore FT402\r\n# fedtui: ignore FT118\r\n", ("FT118", "FT402")),
        (b"# fedtui: ignore FT402\n\n", ()),
        (b"# fedtui: ignore FT402\n1 * * * * true\n", ()),
        (b"# to ignore FT402 say fedtui: ignore FT402\n", ()),
        (b"# fedtui: was FT402\n", ()),
    ],
)
def test_which_lines_silence_the_line_below(above: bytes, found: tuple[str, ...]) -> None:
    document = Document.parse(above + b"0 * * * * true\n")
    assert silenced_codes(document.lines, document.lines[-1].number) == found


def test_ignore_in_the_config(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text('ignore = ["FT402", "FT301 crontab:sync"]\n')
    assert load(file).ignore == ("FT402", "FT301 crontab:sync")
    file.write_text('ignore = ["402"]\n')
    with pytest.raises(ConfigError, match="ignore lists codes"):
        load(file)
    file.write_text('ignore = "FT402"\n')
    with pytest.raises(ConfigError, match="ignore must be a list"):
        load(file)
