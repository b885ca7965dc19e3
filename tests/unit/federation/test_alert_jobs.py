"""Which jobs are looked at without a pack, and the job of the check itself."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from fedtui.bus.port import BusError
from fedtui.config import Config
from fedtui.federation.alerts import alert_job as alert_jobs
from fedtui.federation.alerts.alert_job import alert_changes
from fedtui.federation.alerts.collect import is_alert_check, own_jobs
from fedtui.history.alert_memory import AlertMemory, Subject
from fedtui.history.database import History
from fedtui.model import Problem, Snapshot
from fedtui.pack import Pack
from fedtui.ports import Ports
from fedtui.results import RuleBook
from fedtui.system.cron_daemon import CronDaemon
from fedtui.system.crontab_file import CrontabFile
from tests.unit.health.rows import NOW, table, timer

LINES = (
    "0 * * * * bash /srv/sync.sh\n*/10 * * * * /opt/fedtui/bin/fedtui check --alert >> /tmp/alert.log 2>&1\n"
)
ANSWERED = {"crontab": NOW, "user-timers": NOW}


def names(snapshot: Snapshot, memory: AlertMemory | None = None) -> list[tuple[str, str]]:
    found = own_jobs(snapshot, "fed", RuleBook({}, {}), memory or AlertMemory())
    return [(one.name, one.unseen) for one in found]


def test_ones_own_lines_and_timers_but_not_the_check_itself_and_not_the_vendors(tmp_path: Path) -> None:
    own = timer(tmp_path, "[Timer]\nOnCalendar=daily\n")
    vendors = timer(tmp_path, "", fragment="/usr/lib/systemd/user/apt.timer")
    others = [replace(job, user="root") for job in table("0 1 * * * bash /root/x.sh\n")]
    snapshot = Snapshot(NOW, (*table(LINES), own, vendors, *others), answered=ANSWERED)
    assert names(snapshot) == [("sync", ""), ("a.timer", "")]


@pytest.mark.parametrize(
    ("command", "check"),
    [
        ("fedtui check --alert", True),
        ("cd /srv && /usr/bin/python3 -m fedtui check --json --alert", True),
        ("sleep 20; nice fedtui check --alert >> alert.log 2>&1", True),
        ("sh -c 'fedtui check --alert'", True),
        ("fedtui check --alert && bash backup.sh", False),
        ("bash backup.sh; fedtui check --alert", False),
        ("sh -c 'fedtui check --alert; bash backup.sh'", False),
        ("/opt/monitor check --alert disk", False),
        ("/opt/fedtui-report check --alert", False),
    ],
)
def test_only_the_check_itself_is_not_looked_at(command: str, check: bool) -> None:
    (job,) = table(f"0 1 * * * {command}\n")
    assert is_alert_check(job) is check


def test_a_crontab_that_could_not_be_read_is_never_no_jobs() -> None:
    problem = Problem("crontab", "crontab(1) does not answer")
    hidden = Snapshot(NOW, (), problems=(problem,), answered={"user-timers": NOW})
    assert names(hidden) == [("your crontab", "crontab(1) does not answer")]
    known = AlertMemory({"crontab:1a2b": Subject("sync", NOW - timedelta(days=1))})
    assert names(hidden, known) == [("sync", "crontab(1) does not answer")]
    assert names(Snapshot(NOW, (), answered=ANSWERED), known) == [], "its user took it away"


# The job of the check


class _NoBus:
    def __call__(self, *_: object, **__: object) -> object:
        raise BusError("org.freedesktop.DBus.Error.NoServer", "nobody listens")


@pytest.fixture
def ports(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Ports:
    """A machine with cron and without systemd."""
    monkeypatch.setattr(alert_jobs, "find_cron", lambda: CronDaemon(True, "debian", "cron, pid 1"))
    monkeypatch.setattr(alert_jobs, "mailer", lambda: "/usr/sbin/sendmail")
    monkeypatch.setattr(alert_jobs, "load", lambda: Config(state=tmp_path / "state"))
    config = Config(state=tmp_path / "state")
    file = CrontabFile(tmp_path / "crontab", "fed")
    return Ports(config, "fed", {"fed": file}, _NoBus(), History(config.database), lambda: NOW)  # type: ignore[arg-type]  # a bus that is not there


def pack(tmp_path: Path, backend: str = "user", **more: str) -> Pack:
    return Pack(
        root="/srv", profile="minimal", backend=backend, log_dir=str(tmp_path), since="2026-11-01", **more
    )


def test_timers_are_watched_from_cron(tmp_path: Path, ports: Ports) -> None:
    found = asyncio.run(alert_changes(pack(tmp_path, mail_to="ops"), ports))
    assert found.job is not None
    assert (found.backend, found.job.schedule) == ("cron", "*/10 * * * *")
    assert found.job.argv[-2:] == ("check", "--alert")
    assert found.job.argv[0].startswith("/"), "cron's PATH is short"
    assert found.job.log == str(tmp_path / "federated-alert.log")
    assert [issue.advice for issue in found.issues] == ["fedtui check --alert --test"]


def test_without_cron_timers_are_watched_by_a_timer_and_that_is_said(
    tmp_path: Path, ports: Ports, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(alert_jobs, "find_cron", lambda: CronDaemon(False, "debian", "no process"))
    found = asyncio.run(alert_changes(pack(tmp_path, mail_to="ops"), ports))
    assert found.backend == "user"
    assert "cannot tell that its own scheduler died" in found.issues[0].text


def test_a_machine_without_a_mailer_is_said_where_mail_is_wanted(
    tmp_path: Path, ports: Ports, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(alert_jobs, "mailer", lambda: None)
    wanted = asyncio.run(alert_changes(pack(tmp_path, mail_to="ops"), ports))
    assert "there is no sendmail on this machine" in wanted.issues[0].text
    other = asyncio.run(alert_changes(pack(tmp_path, heartbeat="https://hc.example.org/1"), ports))
    assert [issue.advice for issue in other.issues] == ["fedtui check --alert --test"]


def test_nobody_to_tell_is_no_job(tmp_path: Path, ports: Ports) -> None:
    assert asyncio.run(alert_changes(pack(tmp_path), ports)).job is None


def test_what_is_no_address_is_an_error_of_the_set_up(tmp_path: Path, ports: Ports) -> None:
    found = asyncio.run(alert_changes(pack(tmp_path, mail_to="a b"), ports))
    assert (found.job, found.issues[0].severity, found.issues[0].key) == (None, "error", "alert")
