"""Unit files, names, spans and systemd-analyze: the small conversions behind the timers."""

from __future__ import annotations

import os
import pwd
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fedtui.bus.systemd_names import INFINITY, span, unit_name, unit_path, wall
from fedtui.sources.systemd.facts import ServiceProperties, TimerProperties, UnitListing
from fedtui.sources.systemd.installed import names, states
from fedtui.sources.systemd.timer_jobs import ClockReading, ManagerInfo, make_job
from fedtui.system import systemd_analyze
from fedtui.system.program import ProgramError
from fedtui.system.unit_files import assignments, expand, in_force, output_file, output_mode

RECORDED = Path(__file__).parents[2] / "recordings" / "systemd-analyze"
ME = pwd.getpwuid(os.getuid())


@settings(max_examples=200)
@given(st.text(st.characters(codec="utf-8"), min_size=1, max_size=40))
def test_a_units_name_survives_its_object_path(name: str) -> None:
    path = unit_path(name)
    assert path.isascii()
    assert unit_name(path) == name


@settings(max_examples=200)
@given(st.text("abc_0f/2e", max_size=20))
def test_no_path_breaks_the_reading_of_names(tail: str) -> None:
    name = unit_name("/org/freedesktop/systemd1/unit/" + tail)
    assert name is None or isinstance(name, str)


def test_names_that_systemd_escapes() -> None:
    assert unit_path("dev-disk\\x2d1.timer") == "/org/freedesktop/systemd1/unit/dev_2ddisk_5cx2d1_2etimer"
    assert unit_path("1a.timer") == "/org/freedesktop/systemd1/unit/_31a_2etimer"
    assert unit_name("/org/freedesktop/systemd1/job/17") is None


@pytest.mark.parametrize(
    ("microseconds", "text"),
    [
        (0, "0"),
        (300_000_000, "5min"),
        (5_400_000_000, "1h 30min"),
        (2_500_000, "2s 500ms"),
        (86_400_000_000, "1d"),
        (INFINITY, "infinity"),
    ],
)
def test_spans_are_written_as_systemd_writes_them(microseconds: int, text: str) -> None:
    assert span(microseconds) == text


def test_a_time_that_never_comes_is_none() -> None:
    assert wall(0) is None
    assert wall(INFINITY) is None
    assert wall(2**63) is None
    assert wall(1_795_559_703_886_982) == datetime(2026, 11, 24, 22, 35, 3, 886982, tzinfo=UTC)


def test_a_drop_in_resets_what_stands_before_it(tmp_path: Path) -> None:
    unit, drop_in = tmp_path / "a.timer", tmp_path / "a.conf"
    unit.write_text(
        "[Timer]\n# no\nOnCalendar=daily\nOnBootSec = 5min\nPersistent=yes\n[Install]\nOnCalendar=x\n"
    )
    drop_in.write_text("[Timer]\nOnCalendar=\nOnCalendar=Mon \\\n  04:00\n")
    lines = assignments([str(unit), str(tmp_path / "gone"), str(drop_in)], "Timer")
    assert in_force(lines) == [("OnCalendar", "Mon    04:00")]
    assert in_force(lines[:3]) == [("OnCalendar", "daily"), ("OnBootSec", "5min")]


def test_the_file_that_output_goes_to() -> None:
    lines = [("StandardOutput", "journal"), ("StandardOutput", "append:%h/logs/%N-%i.log")]
    assert output_file(lines, "sync@a.service", ME.pw_name) == f"{ME.pw_dir}/logs/sync@a-a.log"
    assert output_file([("StandardError", "file:/var/log//x")], "x.service", None) == "/var/log/x"
    assert output_file([("StandardOutput", "journal")], "x.service", None) is None
    assert [output_mode(given) for given in (lines, [("StandardError", "truncate:/x")], [])] == [
        *("append", "truncate", ""),
    ]


def test_a_specifier_that_is_not_known_gives_no_path() -> None:
    assert expand("/x/%b", "a.service", None) is None
    assert expand("%n", "a.service", None) is None
    assert expand("/x/100%%/%n", "a.service", None) == "/x/100%/a.service"


def analyze(folder: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    path = folder / "systemd-analyze"
    path.write_text(f"#!/bin/sh\n{script}")
    path.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")


async def test_many_expressions_in_one_call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    replay = f"cat {RECORDED}/calendar.out\ncat {RECORDED}/calendar.err >&2\nexit 1\n"
    replay = f"echo $TZ >> {tmp_path}/calls\n{replay}"
    analyze(tmp_path, monkeypatch, replay)
    asked = ["daily", "nope", "*-*-* 02:30:00", "2020-01-01", "daily"]
    base = datetime.fromtimestamp(1774648800, UTC)
    daily, nope, half_past, past, again = await systemd_analyze.calendar(asked, 3, base, "Europe/Berlin")
    assert (tmp_path / "calls").read_text() == ":Europe/Berlin\n"
    assert daily.normalized == "*-*-* 00:00:00"
    assert daily == again
    assert daily.runs == (
        datetime(2026, 3, 27, 23, tzinfo=UTC),
        datetime(2026, 3, 28, 23, tzinfo=UTC),
        datetime(2026, 3, 29, 22, tzinfo=UTC),
    )
    assert (nope.ok, nope.error) == (False, "systemd does not understand it")
    assert half_past.runs[1] == datetime(2026, 3, 30, 0, 30, tzinfo=UTC)  # 02:30 does not exist on the 29th
    assert (past.ok, past.runs) == (True, ())


async def test_systemd_257_words_the_later_runs_otherwise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    analyze(tmp_path, monkeypatch, f"cat {RECORDED}/calendar-257-utc.out\n")
    base = datetime.fromtimestamp(1774650600, UTC)
    daily, _ = await systemd_analyze.calendar(["daily", "02:30"], 3, base, "UTC")
    assert daily.runs == tuple(datetime(2026, 3, day, tzinfo=UTC) for day in (28, 29, 30))


async def test_what_falls_out_of_step_is_asked_one_by_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = f"""shift 2; echo "$#" >> {tmp_path}/calls
for text in "$@"; do
  case $text in --) ;; loop) echo "Infinite loop in calendar calculation: loop" >&2; bad=1;;
  *) echo "Normalized form: $text"; echo "    Next elapse: Wed 2026-11-25 00:00:00 UTC";; esac
done
exit $bad
"""
    analyze(tmp_path, monkeypatch, script)
    checks = await systemd_analyze.calendar(["a", "loop", "b"], 1, None, "UTC")
    assert [(check.ok, check.error) for check in checks] == [
        (True, ""),
        (False, "systemd cannot compute this"),
        (True, ""),
    ]
    assert (tmp_path / "calls").read_text().split() == ["4", "2", "3", "2", "2"]


async def test_a_missing_program_is_an_error_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ProgramError, match="systemd-analyze could not be started"):
        await systemd_analyze.calendar(["daily"])


async def test_only_messages_about_our_files_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ours = "/x/a.timer:3: Unknown key 'Foo' in section [Timer], ignoring."
    analyze(tmp_path, monkeypatch, f"echo \"{ours}\" >&2; echo 'other.service: odd' >&2; exit 0\n")
    assert await systemd_analyze.verify([Path("/x/a.timer")], user_manager=True) == [ours]


def test_states_of_unit_files_where_there_are_too_many_to_ask(tmp_path: Path) -> None:
    own, vendor = tmp_path / "own", tmp_path / "vendor"
    (own / "timers.target.wants").mkdir(parents=True)
    vendor.mkdir()
    install = "[Timer]\nOnCalendar=daily\n[Install]\nWantedBy=timers.target\n"
    for name in ("enabled", "disabled", "masked", "template@"):
        (vendor / f"{name}.timer").write_text(install)
    (vendor / "static.timer").write_text("[Timer]\nOnCalendar=daily\n")
    (vendor / "other.service").write_text("")
    (own / "masked.timer").symlink_to("/dev/null")
    (own / "timers.target.wants" / "enabled.timer").symlink_to(vendor / "enabled.timer")
    search = [str(own), str(tmp_path / "gone"), str(vendor)]
    assert states(search) == {
        "disabled.timer": "disabled",
        "enabled.timer": "enabled",
        "masked.timer": "masked",
        "static.timer": "static",
    }
    assert names(search) == set(states(search))


@pytest.mark.parametrize(
    ("script", "log"),
    [
        ("/opt/x/run.sh >> /var/log/x.log 2>&1", "/var/log/x.log"),
        ("cd /srv && ./x >> logs/x.log 2>&1", "/srv/logs/x.log"),
        ("(cd /srv; ./x; ./y) >> /var/log/x.log 2>&1", "/var/log/x.log"),
        ("./x >> /var/log/x.log", None),  # errors go to the journal
        ("./y; ./x >> /var/log/x.log 2>&1", None),
        ("cd /srv; ./x >> /var/log/x.log 2>&1", None),
        ("echo $(./x) >> /var/log/x.log 2>&1", None),
        ("./x >> x.log 2>&1", None),  # in a folder that is not known here
        ("/opt/x/run.sh >> ~/x.log 2>&1", None),  # systemd sets no HOME
        ("/opt/x/run.sh > /var/log/x.log 2>&1", None),  # each run takes the lines of the one before
    ],
)
def test_the_file_that_a_shell_of_a_service_appends_to(script: str, log: str | None) -> None:
    service = ServiceProperties(UnitListing("x.service"), commands=(("/bin/bash", "-c", script),))
    timer = TimerProperties(UnitListing("x.timer"), "x.service", "enabled", activated=service)
    clock = ClockReading(datetime(2026, 11, 24, 13, 5, tzinfo=UTC), 3600.0)
    job = make_job(timer, ManagerInfo(False, "root", True), clock, False, lambda _: (), None)
    assert job.log_path == log
