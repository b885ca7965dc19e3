"""The system's tables below a root of the test's own."""

import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from fedtui.model import Answer, CronFacts, Job, Outcome, SourceName, State
from fedtui.sources.system_tables import SystemTablesSource
from fedtui.system.cron_daemon import CronDaemon

NOW = datetime(2026, 11, 24, 14, 3, 7, tzinfo=UTC)
# As Debian 12 installs it.
CRONTAB = b"""\
SHELL=/bin/sh
PATH=/usr/local/sbin:/usr/local/bin:/sbin:/bin:/usr/sbin:/usr/bin

# Example of job definition:
# .---------------- minute (0 - 59)
# *  *  *  *  * user-name command to be executed
17 *	* * *	root	cd / && run-parts --report /etc/cron.hourly
25 6	* * *	root	test -x /usr/sbin/anacron || { cd / && run-parts --report /etc/cron.daily; }
47 6	* * 7	root	test -x /usr/sbin/anacron || { cd / && run-parts --report /etc/cron.weekly; }
#
"""
# As Debian's anacron 2.3 installs it.
ANACRONTAB = b"""\
SHELL=/bin/sh
HOME=/root
LOGNAME=root

1	5	cron.daily	run-parts --report /etc/cron.daily
7	10	cron.weekly	run-parts --report /etc/cron.weekly
@monthly	15	cron.monthly	run-parts --report /etc/cron.monthly
"""
E2SCRUB = (
    b"30 3 * * 0 root test -e /run/systemd/system || SERVICE_MODE=1 "
    b"/usr/lib/x86_64-linux-gnu/e2fsprogs/e2scrub_all_cron\n"
)
JOB = b"*/5 * * * * root /usr/local/bin/collect >> /var/log/collect.log 2>&1\n"


class Machine:
    """A root folder with /etc, and its tables as a source."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.source = SystemTablesSource(
            root=root,
            owner=os.geteuid(),
            daemon=lambda: CronDaemon(True, self.dialect, "cron, pid 88", 88),
            zone=lambda: ("UTC", ZoneInfo("UTC")),
            clock=lambda: NOW,
        )
        self.dialect = "debian"
        (root / "etc/cron.d").mkdir(parents=True)

    def put(self, path: str, data: bytes = b"", mode: int = 0o644) -> Path:
        place = self.root / path.lstrip("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)
        place.chmod(mode)
        return place

    def answer(self) -> Answer:
        return self.source.look()

    def jobs(self) -> tuple[Job, ...]:
        answer = self.answer()
        assert answer.problems == ()
        assert answer.jobs is not None
        return answer.jobs


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_the_users_column_and_the_place_of_each_line(machine: Machine) -> None:
    machine.put("/etc/cron.d/collect", b"MAILTO=ops\n" + JOB)
    (job,) = machine.jobs()
    assert (job.source, job.user, str(job.location)) == (SourceName.CRON_D, "root", "/etc/cron.d/collect:2")
    assert (job.name, job.schedule_text, job.state) == ("collect", "every 5 min", State.ON)
    assert job.next_run == datetime(2026, 11, 24, 14, 5, tzinfo=UTC)
    assert job.log_path == "/var/log/collect.log"
    assert isinstance(job.facts, CronFacts)
    assert (job.facts.table, job.facts.home) == ("/etc/cron.d/collect", "/root")


def test_run_parts_lines_tell_what_they_run_and_what_they_leave_out(machine: Machine) -> None:
    machine.put("/etc/crontab", CRONTAB)
    machine.put("/etc/cron.daily/logrotate", mode=0o755)
    machine.put("/etc/cron.daily/0first", mode=0o755)
    machine.put("/etc/cron.daily/backup.sh", mode=0o755)
    machine.put("/etc/cron.daily/notes", mode=0o644)
    machine.put("/etc/cron.daily/.placeholder")
    daily = machine.jobs()[1]
    assert (daily.name, daily.schedule_text, daily.state) == ("cron.daily", "daily 06:25", State.ON)
    assert isinstance(daily.facts, CronFacts)
    assert daily.facts.parts == ("0first", "logrotate")
    assert daily.facts.ignored_parts == (
        "backup.sh: run-parts takes names of letters, digits, _ and - only",
        "notes: it is not executable",
    )


def test_with_anacron_the_guarded_lines_do_nothing_and_anacrons_jobs_are_shown(machine: Machine) -> None:
    machine.put("/etc/crontab", CRONTAB)
    machine.put("/etc/anacrontab", ANACRONTAB)
    assert [job.state for job in machine.jobs()] == [State.ON, State.ON, State.ON]
    machine.put("/usr/sbin/anacron", mode=0o755)
    hourly, daily, weekly, *by_anacron = machine.jobs()
    assert (hourly.state, hourly.next_run) == (State.ON, datetime(2026, 11, 24, 14, 17, tzinfo=UTC))
    for job in (daily, weekly):
        assert (job.state, job.next_run) == (State.OFF, None)
        assert job.state_reason == "does nothing here: anacron does its work"
    assert [(job.name, job.schedule_text, str(job.location)) for job in by_anacron] == [
        ("cron.daily", "daily by anacron", "/etc/anacrontab:5"),
        ("cron.weekly", "weekly by anacron", "/etc/anacrontab:6"),
        ("cron.monthly", "monthly by anacron", "/etc/anacrontab:7"),
    ]
    assert all(job.next_run is None for job in by_anacron)
    assert by_anacron[0].state_reason == "anacron runs it 5 min after it starts, if it is due"


def test_a_bad_line_of_anacrontab_is_a_row_and_harms_no_other(machine: Machine) -> None:
    machine.put("/usr/sbin/anacron", mode=0o755)
    machine.put("/etc/anacrontab", b"1 5 daily.x date\nsometimes 5 x date\n30 5 long date\n")
    found = [(job.schedule_text, job.state) for job in machine.jobs()]
    assert found == [
        ("daily by anacron", State.ON),
        ("sometimes 5", State.BAD_LINE),
        ("every 30 days by anacron", State.ON),
    ]


def test_a_line_that_leaves_its_work_to_a_systemd_timer_does_nothing(machine: Machine) -> None:
    machine.put("/etc/cron.d/e2scrub_all", E2SCRUB)
    assert machine.jobs()[0].state is State.ON
    (machine.root / "run/systemd/system").mkdir(parents=True)
    machine.put("/etc/cron.d/e2scrub_all", E2SCRUB)
    os.utime(machine.root / "etc/cron.d/e2scrub_all", (1, 1))
    (job,) = machine.jobs()
    assert (job.state, job.state_reason) == (State.OFF, "does nothing here: a systemd timer does its work")


@pytest.mark.parametrize(
    ("name", "spoil", "reason"),
    [
        ("backup.sh", lambda path: None, "letters, digits, _ and - only, and backup.sh has others"),
        ("a", lambda path: path.chmod(0o664), "its mode 0664 lets others than root write it"),
        ("a", lambda path: os.link(path, path.parent.parent / "other"), "it has 2 hard links"),
        ("a", lambda path: os.chown(path, 65534, -1), "the file belongs to nobody, not to root"),
    ],
)
def test_files_that_cron_ignores_are_shown_as_not_loaded(
    machine: Machine, name: str, spoil: Callable[[Path], object], reason: str
) -> None:
    path = machine.put(f"/etc/cron.d/{name}", JOB)
    if "belongs" in reason and os.geteuid() != 0:
        pytest.skip("only root can give a file away")
    spoil(path)
    (job,) = machine.jobs()
    assert (job.state, job.next_run) == (State.NOT_LOADED, None)
    assert reason in job.state_reason


def test_cronie_takes_other_names_than_debian(machine: Machine) -> None:
    machine.put("/etc/cron.d/backup.sh", JOB)
    machine.put("/etc/cron.d/old.rpmsave", JOB)
    machine.dialect = "cronie"
    assert [job.state for job in machine.jobs()] == [State.ON, State.NOT_LOADED]


def test_a_bad_line_and_an_unknown_user_keep_their_own_file_from_loading(machine: Machine) -> None:
    machine.put("/etc/cron.d/good", JOB)
    machine.put("/etc/cron.d/worse", JOB + b"* * * * * no-such-user true\n")
    good, dropped, bad = machine.jobs()
    assert (good.state, dropped.state, bad.state) == (State.ON, State.NOT_LOADED, State.BAD_LINE)
    assert bad.state_reason.startswith("bad username")
    assert bad.name == "worse:2"


def test_an_unreadable_table_is_a_problem_and_the_others_stay(machine: Machine) -> None:
    machine.put("/etc/cron.d/good", JOB)
    (machine.root / "etc/cron.d/loop").symlink_to("loop")
    answer = machine.answer()
    assert answer.jobs is not None
    assert len(answer.jobs) == 1
    assert [problem.message for problem in answer.problems] == [
        "/etc/cron.d/loop: Too many levels of symbolic links"
    ]


def test_a_machine_without_tables_has_no_jobs(tmp_path: Path) -> None:
    source = SystemTablesSource(root=tmp_path, daemon=lambda: CronDaemon(False, "debian", "none"))
    assert (source.look().jobs, source.look().problems) == ((), ())


async def test_watch_sees_a_new_file_a_changed_one_and_a_new_script(machine: Machine) -> None:
    machine.put("/etc/crontab", CRONTAB)
    await machine.source.read()
    watch = machine.source.watch()
    machine.put("/etc/cron.d/new", JOB)
    await anext(watch)
    assert (await machine.source.read()).jobs[-1].name == "collect"  # type: ignore[index]  # there are jobs
    machine.put("/etc/cron.daily/script", mode=0o755)
    await anext(watch)
    daily = (await machine.source.read()).jobs[1]  # type: ignore[index]  # there are jobs
    assert isinstance(daily.facts, CronFacts)
    assert daily.facts.parts == ("script",)


def test_nobody_says_that_the_systems_jobs_never_ran(machine: Machine) -> None:
    """They are older than any record: cron.weekly of a machine up for a day has run, and nothing tells."""
    machine.put("/etc/crontab", CRONTAB)
    machine.put("/etc/cron.d/collect", JOB)
    machine.put("/usr/sbin/anacron", b"#!/bin/sh\n", 0o755)
    machine.put("/etc/anacrontab", ANACRONTAB)
    jobs = machine.jobs()
    assert {job.location.path for job in jobs} == {"/etc/crontab", "/etc/cron.d/collect", "/etc/anacrontab"}
    assert {job.last_result.outcome for job in jobs} == {Outcome.UNKNOWN}
