"""Words of jobs, runs and moments, held to the examples of the visual design."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fedtui.model import (
    UNSEEN,
    CronFacts,
    Finding,
    Location,
    Outcome,
    Problem,
    Result,
    Run,
    Severity,
    Snapshot,
    State,
    Unchecked,
)
from fedtui.presentation import times
from fedtui.presentation.finding_groups import grouped, of_jobs, title_beside
from fedtui.presentation.glyphs import (
    Span,
    Tone,
    cells,
    exit_meaning,
    fit,
    outcome_glyph,
    plain,
    state_glyph,
    to_ascii,
)
from fedtui.presentation.job_rows import (
    Column,
    detail_lines,
    heading,
    layout,
    name_words,
    next_words,
    ordered,
    row,
    strip,
)
from fedtui.presentation.log_lines import read_line, rule_places, run_rule, stamps
from fedtui.presentation.next_runs import next_line, next_rows
from fedtui.presentation.notes import folded, health_count, health_lines
from tests.fixtures import mockup_data as mock

NOW = mock.NOW


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, " 0 s  "),
        (99.9, "99 s  "),
        (100, " 1 min"),
        (54 * 60 + 48, "54 min"),
        (99 * 60 + 59, "99 min"),
        (100 * 60, " 1 h  "),
        (3 * 3600 + 3599, " 3 h  "),
        (48 * 3600 - 1, "47 h  "),
        (48 * 3600, " 2 d  "),
        (6.9 * 86400, " 6 d  "),
        (-5, " 0 s  "),
    ],
)
def test_spans_are_rounded_down_and_padded(seconds: float, words: str) -> None:
    assert times.relative(seconds) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.0, "0.0 s"),
        (0.3, "0.3 s"),
        (2.0, "2 s"),
        (9.19, "9.1 s"),
        (12.9, "12 s"),
        (64, "1 m 04 s"),
        (192, "3 m 12 s"),
        (7500, "2 h 05 m"),
    ],
)
def test_durations(seconds: float, words: str) -> None:
    assert times.duration(seconds) == words


def test_clock_of_the_head_line() -> None:
    assert times.head_clock(NOW, wide=False) == "14:05:12 CET"
    assert times.head_clock(NOW, wide=True) == "Tue 24 Nov 14:05:12 CET"


def test_a_span_over_a_clock_change_counts_real_seconds() -> None:
    before = mock.at("2026-10-24 12:00")
    after = mock.at("2026-10-25 12:00")
    assert times.seconds_between(before, after) == 25 * 3600


@pytest.mark.parametrize(("octets", "words"), [(812, "812 B"), (4200, "4.2 kB"), (212_400_000, "212 MB")])
def test_sizes(octets: int, words: str) -> None:
    assert times.size(octets) == words


def test_rows_at_80_are_those_of_the_picture() -> None:
    columns = layout(80)
    assert plain(heading(columns)).rstrip() == (
        "   JOB                     SCHEDULE    NEXT         LAST RUN              AGO"
    )
    assert [plain(row(job, NOW, columns)).rstrip() for job in mock.JOBS] == [
        " ● sync-learning-data      hourly :00  in 54 min    ▲ ok, 3 warnings    5 min",
        " ► generate-dashboard-data every 5 min running 12 s ✓ ok                5 min",
        " ‖ export-collections      Sun 02:00   paused       ✓ ok                2 d",
        " ● federated-git           every 6 h   in  3 h      ✗ exit 1            2 h",
        " ● monitor-federation      every 10 m  in  4 min    » skipped (locked)  5 min",
        " ● rotate-logs             day 1 04:00 in  6 d      ○ never ran",
        " ● e2scrub_all             Sun 03:30   in  4 d      ? ran               2 d",
        " ● backup-notes.timer      Mo–Fr 18:30 in  4 h      ✓ ok               19 h",
        " ● logrotate.timer         daily 00:00 in  9 h      ✓ ok               14 h",
    ]


def test_a_wide_table_has_source_and_last_ten() -> None:
    columns = layout(126)
    assert plain(heading(columns)).rstrip() == (
        "   JOB                      SOURCE        SCHEDULE          NEXT          "
        "LAST RUN              AGO   LAST 10"
    )
    runs = mock.RUNS[mock.GIT.id]
    assert plain(row(mock.GIT, NOW, columns, runs)).rstrip() == (
        " ● federated-git            crontab       every 6 h at :00  in  3 h       "
        "✗ exit 1            2 h     ✓✓✓✓✗✓✓✗✗✗"
    )


def test_a_table_of_86_shows_the_long_words() -> None:
    assert plain(row(mock.NOTES, NOW, layout(86))).startswith(
        " ● backup-notes.timer       Mon–Fri 18:30     in  4 h"
    )


def test_a_bad_line_shows_its_error_where_the_outcome_would_be() -> None:
    assert plain(row(mock.BAD, NOW, layout(80))).rstrip() == (
        " ! crontab:12              61 * * * *  bad line     ! bad minute"
    )


@pytest.mark.parametrize(
    ("state", "words", "tone"),
    [
        (State.PAUSED, "paused", Tone.MUTED),
        (State.BAD_LINE, "bad line", Tone.FAIL),
        (State.NOT_LOADED, "not loaded", Tone.FAIL),
        (State.NEVER_FIRES, "never fires", Tone.WARN),
        (State.OFF, "off", Tone.MUTED),
        (State.SCHEDULER_DOWN, "cron down", Tone.MUTED),
    ],
)
def test_states_without_a_promise_show_no_countdown(state: State, words: str, tone: Tone) -> None:
    job = replace(mock.SYNC, state=state)
    assert next_words(job, NOW) == Span(words, tone)


def test_a_dead_bus_is_named_in_the_timers_rows() -> None:
    job = replace(mock.NOTES, state=State.UNREACHABLE, next_run=None)
    assert next_words(job, NOW).text == "bus down"
    assert {piece.tone for piece in row(job, NOW, layout(80)) if piece.text.strip()} == {Tone.MUTED}


def test_long_waits_keep_a_gap() -> None:
    running = replace(mock.METRICS, running_since=NOW - timedelta(minutes=12))
    overdue = replace(mock.SYNC, state=State.OVERDUE, next_run=NOW - timedelta(minutes=4))
    assert next_words(running, NOW, 13).text == "running 12 m"
    assert next_words(overdue, NOW, 14).text == "overdue 4 min"
    assert next_words(overdue, NOW, 13).text == "overdue 4 m"


def test_a_job_started_at_boot_and_one_whose_next_run_is_not_known() -> None:
    job = replace(mock.SYNC, schedule="@reboot", next_run=None)
    assert next_words(job, NOW).text == "at boot"
    assert next_words(replace(mock.SYNC, next_run=None), NOW).text == "not known"


def test_a_run_in_progress_outranks_on_but_not_paused() -> None:
    running = replace(mock.SYNC, running_since=NOW)
    assert state_glyph(running).word == "running"
    assert state_glyph(replace(running, state=State.PAUSED)).word == "paused"


@pytest.mark.parametrize(
    ("result", "words"),
    [
        (Result(Outcome.OK, 0), "✓ ok"),
        (Result(Outcome.WARNINGS, 0, warnings=1), "▲ ok, 1 warning"),
        (Result(Outcome.FAILED, 127), "✗ exit 127"),
        (Result(Outcome.FAILED, None, "SIGKILL"), "✗ SIGKILL"),
        (Result(Outcome.SKIPPED, reasons=("no work",)), "» skipped (no work)"),
        (Result(Outcome.NEVER), "○ never ran"),
        (Result(Outcome.UNKNOWN), "? ran"),
        (Result(Outcome.UNKNOWN, 0, reasons=("pipe: exit 0 is that of tee",)), "? ran (pipe)"),
        (Result(Outcome.UNKNOWN, 0, reasons=("its output is being read",)), "? ran"),
        (Result(Outcome.UNKNOWN, reasons=("its log: 3 lines",)), "? ran"),
        (UNSEEN, "– none seen"),
        (Result(Outcome.UNKNOWN, warnings=1, errors=1), "? log: 1 error"),
        (Result(Outcome.UNKNOWN, warnings=3, errors=2), "? log: 2 errors"),
        (Result(Outcome.UNKNOWN, warnings=2), "? log: 2 warnings"),
    ],
)
def test_outcomes(result: Result, words: str) -> None:
    assert plain(outcome_glyph(result).line) == words


def test_unknown_is_never_dressed_as_ok() -> None:
    sign = outcome_glyph(Result(Outcome.UNKNOWN, exit_code=0))
    assert (sign.glyph, sign.tone) == ("?", Tone.MUTED)


def test_names_that_are_too_long_lose_timer_first() -> None:
    job = replace(mock.NOTES, name="systemd-tmpfiles-clean.timer")
    assert name_words(job, 23) == "systemd-tmpfiles-clean"
    assert name_words(job, 21) == "systemd-tmpfiles-cle…"


def test_outside_text_is_made_safe_in_a_row() -> None:
    job = replace(mock.SYNC, name="[/x]\x1b[31m\u202eevil")
    assert "\x1b" not in plain(row(job, NOW, layout(80)))
    assert "[/x]␛[31m" in plain(row(job, NOW, layout(80)))


def test_every_glyph_has_a_one_cell_ascii_stand_in() -> None:
    rows = "".join(
        plain(row(job, NOW, layout(126), mock.RUNS.get(job.id, ()))) for job in (*mock.JOBS, mock.BAD)
    )
    assert to_ascii(rows).isascii()
    assert len(to_ascii(rows)) == len(rows)


@settings(max_examples=200)
@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=40), st.integers(80, 200))
def test_a_row_is_exactly_as_wide_as_the_table(name: str, width: int) -> None:
    job = replace(mock.SYNC, name=name)
    assert cells(plain(row(job, NOW, layout(width)))) == width


@given(st.text(max_size=30), st.integers(0, 40))
def test_fit_gives_the_width_asked_for(text: str, width: int) -> None:
    assert cells(plain(fit((Span(text.replace("\n", "")),), width))) == width


def test_next_runs_fold_repeats_until_a_new_job_comes() -> None:
    rows = next_rows(mock.JOBS, NOW, lambda job, after: ())
    assert [plain(next_line(one, NOW, 30)) for one in rows][:11] == [
        "14:10  generate-dashboard-data",
        "14:10  monitor-federation",
        "14:15  generate-dashboard-data",
        "14:20  generate-dashboard-data",
        "14:20  monitor-federation",
        "14:25  generate-dashboard-data",
        "       9 more until 15:00",
        "15:00  sync-learning-data",
        "       58 more until 18:00",
        "18:00  federated-git",
        "       10 more until 18:30",
    ]
    assert "Wed 25 Nov" in [plain(next_line(one, NOW, 30)) for one in rows]


def test_next_runs_ask_the_schedule_for_what_comes_later() -> None:
    job = replace(mock.SYNC, later_runs=())
    rows = next_rows(
        [job], NOW, lambda one, after: iter([after + timedelta(hours=1), after + timedelta(hours=2)])
    )
    assert [plain(next_line(one, NOW, 30))[:5] for one in rows] == ["15:00", "16:00", "17:00"]


def test_next_runs_do_not_list_what_will_not_run() -> None:
    paused = replace(mock.SYNC, state=State.PAUSED)
    lost = replace(mock.GIT, state=State.NOT_LOADED)
    assert next_rows([paused, lost, mock.ROTATE], NOW, lambda job, after: ())[-1].job == mock.ROTATE


def test_next_runs_end_though_a_job_runs_every_minute_until_next_year() -> None:
    def minutely(job: object, after: object) -> object:
        when = after
        while True:
            when += timedelta(minutes=1)  # type: ignore[operator]
            yield when

    often = replace(mock.METRICS, later_runs=())
    rows = next_rows([often, replace(mock.ROTATE, next_run=NOW + timedelta(days=400))], NOW, minutely)  # type: ignore[arg-type]
    assert rows[-1].job is not None
    assert rows[-1].job.name == "rotate-logs"
    assert plain(next_line(rows[6], NOW, 30)) == "       more until Wed 29 Dec"


def test_strip_is_oldest_left() -> None:
    assert plain(strip(mock.RUNS[mock.GIT.id], 10)) == "✓✓✓✓✗✓✓✗✗✗"
    assert plain(strip(mock.RUNS[mock.GIT.id], 3)) == "✗✗✗"


def test_detail_rows() -> None:
    first, second = detail_lines(mock.SYNC, mock.RUNS[mock.SYNC.id], "/home/fed")
    assert plain(first) == (
        "crontab:7   0 * * * *  "
        "bash ~/federation/scripts/sync-learning-data.sh >> ~/logs/federated-sync.log 2>&1"
    )
    assert plain(second) == "last 24  ✓✓✓✓✓✓✓✓✓✓✓✓✓✓✓✓✓✓✓✓▲✓✓▲   took 2 s, usual 2 s"


def test_detail_rows_give_the_reason_of_a_job_that_is_not_loaded() -> None:
    job = replace(mock.SYNC, state=State.NOT_LOADED, state_reason="cron drops the table: line 12, bad minute")
    assert plain(detail_lines(job, ())[1]) == "! not loaded  cron drops the table: line 12, bad minute"


def test_a_finding_stands_in_its_jobs_row_and_below_the_table() -> None:
    found = of_jobs(mock.FINDINGS)
    assert plain(row(mock.SYNC, NOW, layout(80), (), found[mock.SYNC.id])).startswith("▲● sync-learning-data")
    assert plain(row(mock.GIT, NOW, layout(80), (), found[mock.GIT.id])).startswith("✗● federated-git")
    assert plain(row(mock.EXPORT, NOW, layout(80))).startswith(" ‖ export-collections")
    second = detail_lines(mock.SYNC, mock.RUNS[mock.SYNC.id], "", found[mock.SYNC.id])[1]
    assert plain(second).endswith("   took 2 s, usual 2 s   ▲ FT402 log grows unrotated")
    many = (*found[mock.GIT.id], *found[mock.GIT.id])
    assert "   ✗ FT301 failed and 1 more: d" in plain(detail_lines(mock.GIT, (), "", many)[1])


def test_notes_stay_out_of_the_rows() -> None:
    assert of_jobs([replace(mock.FINDINGS[1], severity=Severity.NOTE)]) == {}


@pytest.mark.parametrize(("count", "groups"), [(1, 1), (4, 4), (5, 1), (100, 1)])
def test_many_findings_of_one_code_are_one_group(count: int, groups: int) -> None:
    """Each of these has a title of its own; with one title for all they are a group from two on."""
    findings = [
        Finding("FT301", Severity.ERROR, f"job{number} failed", "", job_id=f"crontab:{number}")
        for number in range(count)
    ]
    assert len(grouped(findings)) == groups
    assert len(grouped([replace(finding, title="failed") for finding in findings])) == 1


def test_a_title_leaves_out_the_name_that_stands_beside_it() -> None:
    (group,) = grouped(mock.FINDINGS[:1])
    assert title_beside(group, {mock.GIT.id: mock.GIT}) == "failed"
    assert title_beside(group, {}) == "federated-git failed"


def test_detail_rows_mask_secrets() -> None:
    assert isinstance(mock.SYNC.facts, CronFacts)
    cron = replace(mock.SYNC.facts, raw=b"0 * * * * API_TOKEN=abc123 run")
    assert "abc123" not in plain(detail_lines(replace(mock.SYNC, facts=cron), ())[0])


def test_sorting() -> None:
    assert [job.name for job in ordered(mock.JOBS, Column.NEXT)][:3] == [
        "generate-dashboard-data",
        "monitor-federation",
        "sync-learning-data",
    ]
    assert ordered(mock.JOBS, Column.LAST_RUN)[0] is mock.GIT
    assert ordered(mock.JOBS, Column.JOB)[0].name == "backup-notes.timer"
    assert ordered(mock.JOBS, None) == list(mock.JOBS)


@pytest.mark.parametrize(
    ("text", "time", "level", "tone", "rest"),
    [
        ("14:00:00 WARN node2: no answer", "14:00:00", "WARN", Tone.WARN, "node2: no answer"),
        ("2026-11-24T13:00:01+00:00 [ERROR] boom", "14:00:01", "ERROR", Tone.FAIL, "boom"),
        ("[2026-11-24 14:00:01,123] INFO: fine", "14:00:01", "INFO", Tone.TEXT, "fine"),
        ("Error: cannot read", "", "ERROR", Tone.FAIL, "cannot read"),
        ("error handling is tested", "", "", Tone.TEXT, "error handling is tested"),
        ("ERRORS none", "", "", Tone.TEXT, "ERRORS none"),
        ("12 patterns", "", "", Tone.TEXT, "12 patterns"),
        ("99:99:99 odd", "99:99:99", "", Tone.TEXT, "odd"),
    ],
)
def test_log_lines(text: str, time: str, level: str, tone: Tone, rest: str) -> None:
    line = read_line(text, NOW)
    assert (line.time, line.level, line.tone, line.text) == (time, level, tone, rest)


def test_the_colours_of_a_log_line_do_not_hide_its_level() -> None:
    line = read_line("\x1b[1;33m[WARNING]\x1b[0m No telemetry found", NOW)
    assert (line.level, line.tone, line.text) == ("WARNING", Tone.WARN, "No telemetry found")


def test_a_control_sequence_in_a_log_is_shown_not_obeyed() -> None:
    assert read_line("\x1b]0;title\x07 hello", NOW).text == "␛]0;title␇ hello"


def test_times_without_a_date_find_their_midnights() -> None:
    texts = ["23:59:00 a", "00:10:00 b", "no time", "23:50:00 c", "14:00:00 d"]
    assert [moment for moment in stamps(texts, NOW) if moment] == [
        mock.at("2026-11-22 23:59"),
        mock.at("2026-11-23 00:10"),
        mock.at("2026-11-23 23:50"),
        mock.at("2026-11-24 14:00"),
    ]


def test_each_run_gets_its_rule_before_its_first_line() -> None:
    places = rule_places(stamps(mock.LOG, NOW), mock.RUNS[mock.SYNC.id])
    assert [(mock.LOG[line][:8], run.start.hour) for line, run in places] == [
        ("10:00:00", 10),
        ("11:00:00", 11),
        ("12:00:00", 12),
        ("13:00:00", 13),
        ("14:00:00", 14),
    ]


def test_the_rule_of_a_run_carries_its_verdict() -> None:
    run = mock.RUNS[mock.SYNC.id][-1]
    assert plain(run_rule(run, NOW)) == "── Tue 14:00  ▲ ok, 3 warnings  2 s"
    assert plain(run_rule(replace(run, result=None, end=None), NOW)) == "── Tue 14:00  ► running"
    assert len(plain(run_rule(run, NOW, 60))) == 60


def test_exit_statuses_that_mean_something() -> None:
    assert "PATH" in exit_meaning(127)
    assert exit_meaning(1) == ""


def test_location_of_a_run_without_lines() -> None:
    job = replace(mock.SYNC, location=Location("/home/fed/x.timer"))
    assert plain(detail_lines(job, (), "/home/fed")[0]).startswith("~/x.timer   ")
    assert plain(detail_lines(job, (), "/home/fed")[1]) == "no runs recorded yet"


def test_an_open_run_is_no_part_of_the_strip() -> None:
    run = Run("a", mock.SYNC.id, NOW)
    assert strip([run], 10) == ()


def test_a_command_in_a_note_is_copied_as_it_is() -> None:
    """Shown on lines of its own and never with a capital: `Sudo` is no command."""
    problem = Problem("cron-log", "cron's lines cannot be read", advice="sudo usermod -aG adm fed", note=True)
    shown = [plain(line).rstrip() for line in health_lines(Snapshot(NOW, problems=(problem,)), 40)]
    assert shown[-2:] == ["· Cron's lines cannot be read", "  sudo usermod -aG adm fed"]


def test_a_very_long_title_leaves_room_for_other_findings() -> None:
    finding = Finding("FT118", Severity.WARNING, "x" * 985 + " is not on PATH", "", ("crontab:7",))
    shown = [plain(line).rstrip() for line in health_lines(Snapshot(NOW, findings=(finding,)), 33)]
    assert shown == [
        "▲ FT118  " + "x" * 24,
        "         " + "x" * 24,
        "         " + "x" * 23 + "…",
        "  crontab:7",
    ]


def test_a_long_message_is_folded_and_hangs_under_its_text() -> None:
    line = (Span("▲ ", Tone.WARN), Span("/home/fed/l/bin.log holds binary data, not text.", bold=True))
    rows = folded(line, 30)
    assert [plain(row) for row in rows] == ["▲ /home/fed/l/bin.log holds", "  binary data, not text."]
    assert rows[1][0].bold
    assert folded(line, 60) == [line]


def test_related_findings_are_one_in_the_pane() -> None:
    same = tuple(
        Finding("FT118", Severity.ERROR, "jq is not on cron's PATH", "", job_id=str(number))
        for number in range(12)
    )
    snapshot = Snapshot(NOW, findings=same)
    shown = [plain(line).rstrip() for line in health_lines(snapshot, 40)]
    assert shown == ["✗ FT118  jq is not on cron's PATH", "  12 jobs; d lists them"]
    assert health_count(snapshot) == 1


def test_what_was_not_checked_is_not_called_passed_in_the_pane() -> None:
    missed = Unchecked(("FT120",), "bash -n", "no answer")
    snapshot = Snapshot(NOW, passed=("FT101", "FT102"), unchecked=(missed,))
    text = " ".join(plain(line).rstrip() for line in health_lines(snapshot, 200))
    assert text == "Health: nothing to report; 2 checks passed, 1 not possible: d tells why."


def test_a_recorded_line_is_shown_as_the_job_it_is_and_an_unknown_end_offers_the_recorder() -> None:
    facts = CronFacts("crontab", b"0 * * * * fedtui_run='x'; ...", b"x", record_key="1a2b3c4d")
    line = replace(
        mock.SYNC, schedule="0 * * * *", command="x", facts=facts, last_result=Result(Outcome.UNKNOWN)
    )
    runs = (Run("r", line.id, NOW, NOW, Result(Outcome.UNKNOWN)),)
    first, second = detail_lines(line, runs)
    assert plain(first).endswith("0 * * * *  x  (recorded)")
    assert "C: record" not in plain(second)
    seen = replace(line, editable=True, facts=replace(facts, record_key=""))
    offered = plain(detail_lines(seen, runs, unrecorded=True)[1])
    assert offered.endswith("ran, exit code not recorded   C: record exit codes")
    assert "C: record" not in plain(detail_lines(seen, runs)[1]), "it cannot be recorded, or that was refused"
    warned = Result(Outcome.WARNINGS, 0, warnings=1, reasons=("1 warning: line 2 slow",))
    assert "   1 warning: line 2 slow" in plain(detail_lines(replace(seen, last_result=warned), runs)[1])
