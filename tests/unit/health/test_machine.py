"""FT003-FT009, FT2xx, FT303-FT308, FT4xx-FT6xx: each finding once true, and once silent."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from fedtui.health import checkup, file_facts
from fedtui.health.daemons import PROGRAMS
from fedtui.health.file_facts import FileFacts
from fedtui.health.probes import LATER, ProbeCache
from fedtui.health.table_not_loaded import SPOOL
from fedtui.model import Job, Mark, Outcome, Problem, Result, Run, Scheduler, Severity, State
from fedtui.system.program import Ended
from tests.unit.health.answers import CLOCK, CRON_UNITS, SINCE, machine, seen
from tests.unit.health.rows import NOW, by_code, loud, table, timer

LINE = "0 * * * * /opt/sync.sh >> /tmp/sync.log 2>&1\n"


# The scheduler


def test_cron_that_is_not_started_at_boot() -> None:
    disabled = machine({"systemctl show": CRON_UNITS.format(state="disabled")})
    finding = by_code(*table(LINE), host=disabled)["FT003"]
    assert finding.evidence == ("cron.service  disabled, active",)
    assert finding.command == "sudo systemctl enable cron.service"
    assert "FT003" not in by_code(host=disabled)
    assert "FT003" not in by_code(*table(LINE))


def test_cron_that_is_not_installed_is_said_instead_of_not_running() -> None:
    down = (Scheduler("cron", False, "no process"),)
    gone = machine(files=dict.fromkeys(("/usr/sbin/cron", "/usr/bin/cron", "/usr/sbin/crond"), False))
    found = by_code(*table(LINE), host=gone, schedulers=down)
    assert found["FT004"].command == "sudo apt install cron"
    assert "FT001" not in found
    no_apt = machine(files={**dict.fromkeys(PROGRAMS, False), "/usr/bin/apt": False})
    assert by_code(*table(LINE), host=no_apt, schedulers=down)["FT004"].command == ""
    assert set(by_code(*table(LINE), schedulers=down)) & {"FT001", "FT004"} == {"FT001"}


def test_the_unit_that_there_is_starts_cron() -> None:
    down = (Scheduler("cron", False, "no process"),)
    crond = {"/usr/sbin/cron": False, "/usr/sbin/crond": True, "/usr/lib/systemd/system/crond.service": True}
    bcron = {"/usr/sbin/cron": False, "/usr/sbin/crond": False, "/usr/sbin/bcron-start": True}
    hosts = {
        "sudo systemctl start cron.service": machine(),
        "sudo systemctl start crond.service": machine(files=crond),
        "sudo systemctl restart bcron-sched.service": machine(files=bcron),
        "sudo service cron start": machine(systemd=False),
        "sudo crond": machine(files=crond, systemd=False),
    }
    for command, host in hosts.items():
        assert by_code(*table(LINE), host=host, schedulers=down)["FT001"].command == command


def test_a_cron_that_is_held_by_a_signal_is_let_go_on() -> None:
    host, up = machine(), (Scheduler("cron", True, "cron, pid 88"),)
    assert "FT001" not in by_code(*table(LINE), host=host, schedulers=up)
    host.held = 88
    finding = by_code(*table(LINE), host=host, schedulers=up)["FT001"]
    assert finding.title == "cron is held by a signal"
    assert finding.command == "sudo kill -CONT 88"


def test_a_table_that_was_written_past_crontab() -> None:
    host = machine()
    written = (NOW - timedelta(minutes=5)).timestamp()
    assert "FT010" not in by_code(*table(LINE), host=host)
    host.times = {f"{SPOOL}/fed": written}
    finding = by_code(*table(LINE), host=host)["FT010"]
    assert finding.evidence == (
        "written  2026-11-24 13:00:12 UTC  /var/spool/cron/crontabs/fed",
        "folder  2026-01-01 00:00:00 UTC  /var/spool/cron/crontabs",
        "cron  since 2026-11-23 13:05:12 UTC",
    )
    assert finding.command == "sudo touch /var/spool/cron/crontabs"
    for later in (SPOOL, "/etc/crontab", "/etc/cron.d"):  # cron has read all tables since
        host.times = {f"{SPOOL}/fed": written, later: written + 60}
        assert "FT010" not in by_code(*table(LINE), host=host)
    host.times = {f"{SPOOL}/fed": written, SPOOL: written - 10}  # cron looked after both
    assert "FT010" not in by_code(*table(LINE), host=host)
    host.times = {f"{SPOOL}/fed": written, SPOOL: written - 75}  # and between them
    assert "FT010" in by_code(*table(LINE), host=host)
    host.times = {f"{SPOOL}/fed": NOW.timestamp() - 30}  # cron has not looked yet
    assert "FT010" not in by_code(*table(LINE), host=host)
    host.times = {f"{SPOOL}/fed": SINCE.timestamp() - 60}  # cron began after it
    assert "FT010" not in by_code(*table(LINE), host=host)


def test_whose_eyes_the_spool_is_closed_to_is_told_that_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    host = machine()
    monkeypatch.setattr(host, "names", lambda _: ())
    assert by_code(*table(LINE), host=host)["FT010"].severity is Severity.NOTE
    assert "FT010" not in by_code(host=host)


def test_systemd_that_is_degraded_by_a_unit_of_a_timer(tmp_path: Path) -> None:
    row = timer(tmp_path, "[Timer]\nOnCalendar=daily\n")
    said = "a.service loaded failed failed Sync the data\nother.service loaded failed failed Other\n"
    finding = by_code(row, host=machine({"systemctl --user --failed": said}))["FT011"]
    assert finding.title == "the user's systemd is degraded by a.service"
    assert finding.evidence == ("a.service  loaded failed failed Sync the data",)
    assert finding.command == "systemctl --user --failed"
    other = machine({"systemctl --user --failed": said.splitlines()[1]})
    assert "FT011" not in by_code(row, host=other)
    silent = machine({"systemctl --user --failed": Ended(1, b"", b"Failed to connect to bus")})
    unseen = checkup(seen(NOW, (row,)), silent).unchecked
    assert [(one.codes, one.what) for one in unseen if "FT011" in one.codes] == [
        (("FT011",), "the failed units of the user's systemd")
    ]


def test_user_timers_without_lingering(tmp_path: Path) -> None:
    row = timer(tmp_path, "[Timer]\nOnCalendar=daily\n")
    finding = by_code(row, host=machine(files={"/var/lib/systemd/linger/fed": False}))["FT005"]
    assert (finding.evidence, finding.command) == (("a.timer",), "loginctl enable-linger fed")
    assert "FT005" not in by_code(row)


@pytest.mark.parametrize(
    ("on", "is_set", "severity"),
    [("yes", "no", Severity.WARNING), ("no", "no", Severity.NOTE), ("yes", "yes", None), ("no", "yes", None)],
)
def test_the_clock(on: str, is_set: str, severity: Severity | None) -> None:
    finding = by_code(host=machine({"timedatectl show": CLOCK.format(on=on, set=is_set)})).get("FT006")
    assert (finding.severity if finding else None) is severity


def test_a_clock_of_which_nothing_is_known_is_unchecked() -> None:
    silent = machine({"timedatectl show": Ended(1, b"", b"Failed to connect to bus")})
    checked = checkup(seen(NOW), silent)
    assert [(one.codes, one.reason) for one in checked.unchecked] == [
        (("FT006",), "Failed to connect to bus")
    ]


def test_without_systemd_nothing_is_asked_of_it() -> None:
    silent = machine({"timedatectl show": "", "systemctl show": ""}, systemd=False)
    assert set(by_code(*table(LINE), host=silent)) == {"FT110"}
    assert checkup(seen(NOW, table(LINE)), silent).unchecked == ()


def test_a_timer_that_is_enabled_and_not_active(tmp_path: Path) -> None:
    row = timer(tmp_path, "[Timer]\nOnCalendar=daily\n", active_state="inactive", state=State.OFF)
    started = machine({"systemctl --user show": "ConditionResult=yes\nConditionTimestampMonotonic=0\n"})
    finding = by_code(row, host=started)["FT007"]
    assert (finding.severity, finding.command) == (Severity.WARNING, "systemctl --user start a.timer")
    held = machine({"systemctl --user show": "ConditionResult=no\nConditionTimestampMonotonic=123\n"})
    assert by_code(row, host=held)["FT007"].severity is Severity.NOTE
    disabled = timer(
        tmp_path, "[Timer]\n", active_state="inactive", state=State.OFF, unit_file_state="disabled"
    )
    assert "FT007" not in by_code(disabled, host=started)


def test_an_active_timer_whose_dates_are_over(tmp_path: Path) -> None:
    over = {"state": State.NEVER_FIRES, "state_reason": "systemd computes no further run"}
    row = timer(tmp_path, "[Timer]\n", calendar=("2020..2022-01-01 00:00:00",), **over)
    assert "no date of its schedule" in by_code(row)["FT008"].sentence
    once = timer(tmp_path, "[Timer]\n", monotonic=(("OnBootSec", 900.0),), **over)
    assert "FT008" not in by_code(once)


def test_a_timer_that_systemd_refuses(tmp_path: Path) -> None:
    refused = {"state": State.OFF, "state_reason": "systemd cannot load it: bad-setting"}
    row = timer(tmp_path, "[Timer]\n", active_state="inactive", calendar=("*-*-* 00:00:00",), **refused)
    found = by_code(row)
    assert found["FT009"].sentence == "systemd does not run a.timer: systemd cannot load it: bad-setting."
    assert "FT007" not in found


# The timer


def test_a_nickname_beside_a_fixed_hour(tmp_path: Path) -> None:
    both = {"calendar": ("*-*-* 00:00:00", "*-*-* 03:00:00")}
    row = timer(tmp_path, "[Timer]\nOnCalendar=daily\nOnCalendar=*-*-* 03:00\n", **both)
    assert by_code(row)["FT201"].evidence[:2] == ("OnCalendar=  daily", "OnCalendar=  *-*-* 03:00")
    reset = timer(
        tmp_path, "[Timer]\nOnCalendar=daily\nOnCalendar=\nOnCalendar=3:00\nOnCalendar=6:00\n", **both
    )
    assert "FT201" not in by_code(reset)


def test_a_drop_in_that_adds(tmp_path: Path) -> None:
    unit = "[Timer]\nOnCalendar=daily\n"
    row = timer(tmp_path, unit, "[Timer]\nOnCalendar=Mon 04:00\n")
    finding = by_code(row)["FT202"]
    assert finding.evidence[:2] == ("OnCalendar=  daily", "OnCalendar=  Mon 04:00  (drop-in)")
    for words in ("[Timer]\nOnCalendar=\nOnCalendar=Mon 04:00\n", "[Timer]\nPersistent=true\n"):
        assert "FT202" not in by_code(timer(tmp_path, unit, words))


def test_a_line_that_systemd_ignores_in_its_own_words(tmp_path: Path) -> None:
    row = timer(tmp_path, "[Timer]\nOnCalendar=daily # at night\n")
    said = f"{tmp_path}/a.timer:2: Failed to parse calendar specification, ignoring: daily # at night\n"
    other = f"/lib/systemd/system/b.service:3: Unknown key\n{said}{said}"
    finding = by_code(row, host=machine({"systemd-analyze verify": Ended(0, b"", other.encode())}))["FT203"]
    assert finding.evidence[:-1] == (
        "a.timer:2  Failed to parse calendar specification, ignoring: daily # at night",
    )
    assert "FT203" not in by_code(row, host=machine({"systemd-analyze verify": ""}))


def test_a_timer_that_starts_its_job_with_itself(tmp_path: Path) -> None:
    row = timer(tmp_path, "[Unit]\nRequires=b.service a.service\n[Timer]\nOnCalendar=daily\n")
    assert by_code(row)["FT204"].evidence[0] == "Requires=b.service a.service"
    after = timer(tmp_path, "[Unit]\nAfter=a.service\nRequires=b.service\n[Timer]\nOnCalendar=daily\n")
    assert "FT204" not in by_code(after)


@pytest.mark.parametrize(
    ("expression", "title"),
    [
        ("*-*-* *:*:00/5", "a.timer starts every 5 seconds"),
        ("*:*:*", "a.timer starts every second"),
        ("*-*-* *:00/5:00", None),
        ("*-*-* *:*:00", None),
        ("*-*-* 03:00:00", None),
    ],
)
def test_seconds_that_read_as_minutes(tmp_path: Path, expression: str, title: str | None) -> None:
    finding = by_code(timer(tmp_path, "[Timer]\n", calendar=(expression,))).get("FT205")
    assert (finding.title if finding else None) == title


def test_a_service_that_stays_marked_as_failed(tmp_path: Path) -> None:
    skipped = Result(Outcome.SKIPPED, reasons=("a condition of the unit does not hold",))
    row = timer(tmp_path, "[Timer]\n", service_active_state="failed", last_result=skipped)
    assert by_code(row)["FT206"].command == "systemctl --user reset-failed a.service"
    bad = timer(tmp_path, "[Timer]\n", service_active_state="failed", last_result=Result(Outcome.FAILED))
    assert "FT206" not in by_code(bad)


# Results


def runs(row: Job, *ends: tuple[Outcome, float], every: float = 3600.0) -> dict[str, tuple[Run, ...]]:
    """Runs of a job by its schedule, with how each ended and what it took; the last began an hour ago."""
    found = []
    for number, (outcome, took) in enumerate(ends):
        start = NOW - timedelta(seconds=every * (len(ends) - number))
        end = start + timedelta(seconds=took)
        found.append(Run(f"{number}", row.id, start, end, Result(outcome, duration=took)))
    return {row.id: tuple(found)}


def test_a_start_limit_is_said_once(tmp_path: Path) -> None:
    reason = "systemd refused: it was started too often in a short time"
    row = timer(
        tmp_path, "[Timer]\n", last_result=Result(Outcome.FAILED, reasons=(reason,)).marked(Mark.START_LIMIT)
    )
    found = by_code(row)
    assert found["FT303"].command == "systemctl --user reset-failed a.service"
    assert "FT301" not in found
    failed = timer(tmp_path, "[Timer]\n", last_result=Result(Outcome.FAILED, exit_code=1))
    assert {"FT301", "FT303"} & set(by_code(failed)) == {"FT301"}


def test_runs_that_overlap() -> None:
    (row,) = table(LINE)
    ok = Outcome.OK
    long = runs(row, (ok, 4000.0), (ok, 4000.0), (ok, 10.0))
    assert by_code(row, runs=long)["FT304"].sentence.startswith("2 of the last 3 runs of sync began")
    assert "FT304" not in by_code(row, runs=runs(row, (ok, 3000.0), (ok, 3000.0)))


def test_a_run_that_a_lock_keeps_out_overlaps_nothing() -> None:
    long = ((Outcome.UNKNOWN, 4000.0), (Outcome.UNKNOWN, 4000.0), (Outcome.UNKNOWN, 10.0))
    (held,) = table("0 * * * * /usr/bin/flock -E 75 -n /tmp/lock sh /srv/sync.sh\n")
    assert "FT304" not in by_code(held, runs=runs(held, *long))
    (waits,) = table("0 * * * * /usr/bin/flock /tmp/lock sh /srv/sync.sh -n\n")
    assert "FT304" in by_code(waits, runs=runs(waits, *long))
    (row,) = table(LINE)
    assert "FT304" not in by_code(row, runs=runs(row, (Outcome.OK, 4000.0), (Outcome.SKIPPED, 1.0)))


def test_runs_that_take_longer_and_longer() -> None:
    (row,) = table(LINE)
    took = [(Outcome.OK, seconds) for seconds in (60.0, 61.0, 59.0, 60.0, 130.0, 200.0, 300.0)]
    assert (
        by_code(row, runs=runs(row, *took))["FT305"].sentence
        == "sync used to take 60 s, and takes 300 s now."
    )
    steady = [(Outcome.OK, seconds) for seconds in (60.0, 61.0, 59.0, 60.0, 130.0, 62.0, 300.0)]
    assert "FT305" not in by_code(row, runs=runs(row, *steady))


def test_runs_that_fail_now_and_then() -> None:
    (row,) = table(LINE)
    good, bad = (Outcome.OK, 1.0), (Outcome.FAILED, 1.0)
    mixed = by_code(row, runs=runs(row, good, bad, good, bad, good, good))["FT306"]
    assert mixed.evidence == ("runs  ok failed ok failed ok ok",)
    assert "FT306" not in by_code(row, runs=runs(row, good, good, bad, bad, good, good))


def test_a_product_that_was_not_renewed() -> None:
    (row,) = table(LINE)
    words = "1 warning: its product /srv/out.json was not renewed; it is from 2026-11-20 03:00:00"
    stale = replace(
        row, last_result=Result(Outcome.WARNINGS, 0, warnings=1, reasons=(words,)).marked(Mark.PRODUCT)
    )
    assert "its product /srv/out.json was not renewed" in by_code(stale)["FT307"].sentence
    other = ("nothing new in /srv/out.json",)
    reworded = replace(stale, last_result=replace(stale.last_result, reasons=other))
    assert by_code(reworded)["FT307"].evidence == other
    assert "FT307" not in by_code(
        replace(
            row, last_result=Result(Outcome.WARNINGS, 0, reasons=("1 warning: line 3 its product was late",))
        )
    )


class OldTables(FileFacts):
    """A machine whose tables were last written at `at`."""

    at = datetime(2026, 11, 20, tzinfo=UTC)

    def changed(self, path: str) -> datetime | None:
        """When any file was written."""
        return self.at


def test_runs_that_cron_left_out() -> None:
    (row,) = table(LINE)
    row = replace(row, last_run=NOW - timedelta(hours=3, minutes=5))
    known = {"starts_since": NOW - timedelta(days=1)}
    finding = by_code(row, host=OldTables(), **known)["FT308"]
    assert finding.title == "sync missed 3 runs"
    assert finding.evidence[:2] == ("last run  2026-11-24 10:00", "due  2026-11-24 11:00")
    assert "FT308" not in by_code(row, host=OldTables())
    assert "FT308" not in by_code(replace(row, last_run=NOW), host=OldTables(), **known)
    new = OldTables()
    new.at = NOW - timedelta(minutes=1)
    assert "FT308" not in by_code(row, host=new, **known)


def test_hidden_starts_are_a_note_and_not_passed() -> None:
    note = Problem("cron-log", "fed is not in the group adm", note=True, advice="sudo usermod -aG adm fed")
    found = by_code(*table(LINE), problems=(note,))
    assert (found["FT505"].severity, found["FT505"].fix) == (Severity.NOTE, "sudo usermod -aG adm fed")
    assert found["FT308"].severity is Severity.NOTE
    assert not {"FT505", "FT308"} & set(by_code(*table(LINE)))


# Logs, disk, rights


def test_a_disk_that_is_nearly_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = table(f"0 * * * * /opt/a.sh >> {tmp_path}/a.log 2>&1\n")
    monkeypatch.setattr(file_facts, "free_space", lambda path: ("/srv", 2 * 10**9, 100 * 10**9))
    assert by_code(*rows)["FT403"].evidence == ("/srv  2000 MB of 100000 MB free",)
    monkeypatch.setattr(file_facts, "free_space", lambda path: ("/srv", 6 * 10**9, 100 * 10**9))
    assert "FT403" not in by_code(*rows)


def test_a_log_that_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = tmp_path / "a.log"
    log.write_text("well\n")
    rows = table(f"0 * * * * /opt/a.sh >> {log} 2>&1\n")
    assert "FT404" not in by_code(*rows)
    monkeypatch.setattr(file_facts, "read_tail", lambda path: None)
    assert by_code(*rows)["FT404"].command == f"chmod u+r {log}"


def test_a_journal_that_is_lost_at_boot() -> None:
    assert by_code(host=machine(files={"/var/log/journal": False}))["FT405"].severity is Severity.NOTE
    assert "FT405" not in by_code()


def test_crontab_is_not_allowed() -> None:
    words = "You (fed) are not allowed to use this program (crontab)"
    finding = by_code(problems=(Problem("crontab", words, advice="Ask the administrator."),))["FT501"]
    assert (finding.evidence[0], finding.fix) == (words, "Ask the administrator.")
    assert "FT501" not in by_code(problems=(Problem("crontab", "crontab is missing"),))


# Security


def owned(tmp_path: Path, mode: int, folder_mode: int = 0o755) -> tuple[Job, ...]:
    path = tmp_path / "bin" / "sync.sh"
    path.parent.mkdir(exist_ok=True)
    path.write_text("true\n")
    path.chmod(mode)
    path.parent.chmod(folder_mode)
    return table(f"0 * * * * bash {path} >> /tmp/x.log 2>&1\n")


def test_a_script_that_others_can_change(tmp_path: Path) -> None:
    (row,) = owned(tmp_path, 0o777)
    by_root = replace(row, user="root")
    finding = by_code(by_root)["FT601"]
    assert (finding.severity, finding.command) == (Severity.ERROR, f"chmod go-w {tmp_path}/bin/sync.sh")
    assert "everybody can change" in finding.sentence
    assert by_code(row)["FT601"].severity is Severity.WARNING
    (folder,) = owned(tmp_path, 0o755, 0o777)
    assert by_code(folder)["FT601"].command == f"chmod go-w {tmp_path}/bin"
    for mode in (0o755, 0o1777):
        assert "FT601" not in by_code(replace(owned(tmp_path, 0o755, mode)[0], user="root"))


def test_a_script_of_somebody_else_is_given_to_the_jobs_user(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (row,) = owned(tmp_path, 0o755)
    monkeypatch.setattr(FileFacts, "mode", lambda self, path: (0o100755, 65534, 65534))
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    finding = by_code(row)["FT601"]
    assert finding.sentence == "sync runs as fed what nobody can change."
    assert finding.command == f"sudo chown fed {tmp_path}/bin/sync.sh"  # whatever the mode, an owner can


def test_secrets_in_lines_are_shown_masked() -> None:
    finding = by_code(*table("0 * * * * /usr/bin/curl --token s3cr3tv4lue http://x >> /tmp/a 2>&1\n"))[
        "FT602"
    ]
    assert "s3cr3tv4lue" not in repr(finding)
    assert "••••••" in finding.evidence[0]
    setting = by_code(*table("API_TOKEN=s3cr3tv4lue\n" + LINE))["FT602"]
    assert setting.evidence == ("API_TOKEN=••••••",)


@pytest.mark.parametrize(
    ("service", "shown"),
    [
        ("Environment=API_TOKEN=s3cr3tv4lue\nExecStart=/srv/a", "Environment=API_TOKEN=••••••"),
        ('Environment="A=1" "DB_PASSWORD=s3cr3tv4lue"', 'Environment="A=1" "DB_PASSWORD=••••••"'),
        (
            "ExecStart=/usr/bin/curl -u joe:s3cr3tv4lue https://h",
            "ExecStart=/usr/bin/curl -u joe:•••••• https://h",
        ),
        ("EnvironmentFile=/etc/a.env\nExecStart=/srv/a --token ${TOKEN}", None),
        ("LoadCredential=token:/etc/token\nExecStart=/srv/a", None),
    ],
)
def test_a_secret_in_a_unit(tmp_path: Path, service: str, shown: str | None) -> None:
    unit = tmp_path / "a.service"
    unit.write_text(f"[Service]\n{service}\n")
    row = timer(tmp_path, "[Timer]\nOnCalendar=daily\n", service_fragment=str(unit))
    finding = by_code(row).get("FT602")
    assert (finding.evidence[0] if finding else None) == shown
    if finding:
        assert "s3cr3tv4lue" not in repr(finding)
        assert finding.title == "a secret in a.service"
    unit.write_text(f"{unit.read_text()}# fedtui: ignore FT602\n")
    assert "FT602" not in by_code(row)


@pytest.mark.parametrize(
    "command",
    [
        "mysqldump -u app -pS3cretPw99 shop > /srv/app/shop.sql",
        "curl -u admin:S3cretPw99 https://h/x",
        "sshpass -p S3cretPw99 rsync -a /srv/app h:/b",
        "curl -X POST https://hooks.slack.com/services/T0000/B0000/S3cretPw99 -d hi",
        "ldapsearch -x -w S3cretPw99",
    ],
)
def test_a_secret_that_a_program_takes_is_found(command: str) -> None:
    finding = by_code(*table(f"0 * * * * {command}\n"))["FT602"]
    assert "S3cretPw99" not in repr(finding)


@pytest.mark.parametrize(
    "command",
    [
        "/bin/x --token $TOKEN",
        'curl -H "Authorization: Bearer $TOKEN" http://h/x',
        'curl -u "joe:$(cat /run/secrets/x)" http://h/x',
        "restic --password-file /etc/restic/pw backup /srv",
        "PGPASSWORD=$(pass show db) pg_dump shop",
    ],
)
def test_a_reference_to_a_secret_is_no_finding(command: str) -> None:
    assert "FT602" not in by_code(*table(f"0 * * * * {command} >> /tmp/a 2>&1\n"))


def test_a_log_with_secrets_that_all_may_read(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    for folder in list(tmp_path.parents)[:-2]:
        folder.chmod(folder.stat().st_mode | 0o055)
    log = tmp_path / "a.log"
    log.write_text("12:00 start\npassword=hunter2hunter2\n")
    log.chmod(0o644)
    rows = table(f"0 * * * * /opt/a.sh >> {log} 2>&1\n")
    finding = by_code(*rows)["FT603"]
    assert finding.evidence[1] == "password=••••••"
    log.chmod(0o640)
    assert "FT603" not in by_code(*rows)
    log.chmod(0o644)
    log.write_text("12:00 start\n")
    assert "FT603" not in by_code(*rows)


def test_a_private_key_that_others_can_read(tmp_path: Path) -> None:
    key = tmp_path / ".ssh" / "id_ed25519"
    key.parent.mkdir()
    key.write_text("key")
    key.with_suffix(".pub").write_text("public")
    key.chmod(0o644)
    rows = table("0 * * * * /opt/a.sh >> /tmp/a 2>&1\n", tmp_path)
    assert by_code(*rows)["FT604"].command == f"chmod 600 {key}"
    key.chmod(0o600)
    assert "FT604" not in by_code(*rows)
    deploy = tmp_path / "deploy"
    deploy.write_text("key")
    deploy.chmod(0o640)
    named = table(f"0 * * * * ssh -i {deploy} host true >> /tmp/a 2>&1\n", tmp_path)
    assert by_code(*named)["FT604"].job_id == named[0].id


# What programs are asked


def test_an_answer_is_fetched_aside_and_told_once() -> None:
    import threading

    answered, asked = threading.Event(), []

    def run(argv: object, deadline: float) -> Ended:
        asked.append(argv)
        return Ended(0, b"NTP=yes\nNTPSynchronized=no\n", b"")

    probes = ProbeCache(run, systemd=True, on_answer=answered.set)
    first = checkup(seen(NOW), FileFacts(probes=probes))
    assert [(one.codes, one.reason) for one in first.unchecked if "FT006" in one.codes] == [
        (("FT006",), LATER)
    ]
    assert "FT006" not in first.passed
    assert answered.wait(10)
    second = checkup(seen(NOW), FileFacts(probes=probes))
    assert "FT006" in {finding.code for finding in second.findings}
    assert len(asked) == 1


def test_a_thousand_lines_cost_little() -> None:
    import time

    text = "".join(f"{n % 60} {n % 24} * * * /opt/job{n}.sh >> /tmp/job{n}.log 2>&1\n" for n in range(1000))
    rows, on = table(text), machine()
    snapshot = seen(NOW, rows)
    checkup(snapshot, on)
    begun = time.process_time()
    checkup(snapshot, on)
    assert time.process_time() - begun < 1.0


def test_what_the_distribution_shipped_is_a_note(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    row = timer(tmp_path, "[Unit]\nWants=a.service\n[Timer]\nOnCalendar=daily\n")
    assert loud(row) == {"FT204"}
    monkeypatch.setattr(file_facts, "shipped", lambda path: True)
    assert loud(row) == set()
    assert by_code(row)["FT204"].severity is Severity.NOTE


# What the services of timers start


def test_the_script_of_a_timers_service_is_looked_at_as_that_of_a_line(tmp_path: Path) -> None:
    script = tmp_path / "sync.sh"
    row = timer(tmp_path, "[Timer]\nOnCalendar=daily\n")
    started = replace(row, command=f"/bin/bash {script}")
    found = by_code(started)["FT110"]
    assert found.sentence == "a.service, which a.timer starts, runs a script that is not there."
    assert found.evidence[0] == str(script)
    script.write_text("#!/bin/bash\necho fine\n")
    script.chmod(0o755)
    assert not {"FT110", "FT111", "FT113", "FT601"} & set(by_code(started))
    script.write_bytes(b"#!/bin/bash\r\necho fine\r\n")
    script.chmod(0o777)
    assert {"FT113", "FT601"} <= set(by_code(started))
    direct = replace(row, command=str(script))
    script.chmod(0o644)
    assert "FT111" in by_code(direct)
    assert "FT111" not in by_code(started)
