"""What each line of a user's table becomes, with a table in memory and a clock that stands still."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from fedtui.model import CronFacts, Job, Location, State
from fedtui.sources.user_crontab import UserCrontabSource
from fedtui.system.cron_daemon import CronDaemon
from fedtui.system.crontab_port import CrontabError, CrontabPort

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 24, 14, 3, 7, tzinfo=BERLIN)
UP = CronDaemon(True, "debian", "cron, pid 88", 88)

TABLE = b"""\
# Kept by hand, see ticket 123
PATH=/usr/bin:/bin
LOGS=/var/log/fed

# name: sync-learning-data
# Pulls and pushes patterns.
0 * * * * bash /opt/fed/sync.sh --token=abc >> ~/logs/federated-sync.log 2>&1
#fedtui:paused# 0 2 * * 0\tbash /opt/fed/export-collections.sh >> /var/log/export.log 2>&1
@reboot\t/opt/fed/warm-up
0 0 30 2 * /opt/fed/never
5 4 * * fri-sun echo \xe4 50\\% done%read me%twice
"""


class Table:
    """A crontab in memory."""

    user = "fed"
    title = "crontab of fed"

    def __init__(self, table: bytes | None) -> None:
        self.table = table
        self.error: CrontabError | None = None

    def read(self) -> bytes | None:
        if self.error is not None:
            raise self.error
        return self.table

    def stamp(self) -> object:
        return self.table

    def check(self, table: bytes) -> str | None:
        return None

    def replace(self, base: bytes | None, table: bytes | None) -> None:
        self.table = table

    def commands(self, *, removes: bool) -> tuple[tuple[str, ...], ...]:
        return (("crontab", "-r" if removes else "-e"),)


class Now:
    """A clock that is set by hand."""

    def __init__(self, at: datetime = NOW) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at


def source(
    table: bytes | None,
    daemon: CronDaemon = UP,
    clock: Callable[[], datetime] | None = None,
    fault: str = "",
    port: CrontabPort | None = None,
) -> UserCrontabSource:
    return UserCrontabSource(
        port or Table(table),
        "fed",
        "/home/fed",
        daemon=lambda: daemon,
        zone=lambda: ("Europe/Berlin", BERLIN),
        clock=clock or Now(),
        fault=lambda: fault,
    )


def rows(table: bytes, daemon: CronDaemon = UP, fault: str = "") -> tuple[Job, ...]:
    answer = source(table, daemon, fault=fault).look()
    assert answer.jobs is not None
    assert answer.problems == ()
    return answer.jobs


def test_a_job_is_told_in_full() -> None:
    job = rows(TABLE)[0]
    assert (job.name, job.user, str(job.location)) == ("sync-learning-data", "fed", "crontab:7")
    assert (job.schedule, job.schedule_text, job.schedule_short) == (
        "0 * * * *",
        "hourly at :00",
        "hourly :00",
    )
    assert (job.state, job.next_run) == (State.ON, datetime(2026, 11, 24, 15, 0, tzinfo=BERLIN))
    assert job.log_path == "/home/fed/logs/federated-sync.log"
    assert job.editable
    assert job.command is not None
    assert "abc" not in job.command
    assert isinstance(job.facts, CronFacts)
    assert job.facts.command.endswith(b"sync.sh --token=abc >> ~/logs/federated-sync.log 2>&1")
    assert job.facts.environment == ((b"PATH", b"/usr/bin:/bin"), (b"LOGS", b"/var/log/fed"))
    assert (job.facts.note, job.facts.zone, job.facts.home) == (
        "Pulls and pushes patterns.",
        "Europe/Berlin",
        "/home/fed",
    )


def test_every_kind_of_line_has_its_state() -> None:
    found = [(job.name, job.state, job.next_run is not None) for job in rows(TABLE)]
    assert found == [
        ("sync-learning-data", State.ON, True),
        ("export-collections", State.PAUSED, False),
        ("warm-up", State.ON, False),
        ("never", State.NEVER_FIRES, False),
        ("echo", State.NEVER_FIRES, False),
    ]
    assert rows(TABLE)[2].schedule_text == "at boot"


def test_percent_and_foreign_bytes_reach_the_facts_unchanged_and_the_screen_made_safe() -> None:
    job = rows(b"* * * * * echo \xe4\x1b[31m 50\\% done%read me%twice\n")[0]
    assert isinstance(job.facts, CronFacts)
    assert job.facts.command == b"echo \xe4\x1b[31m 50% done"
    assert job.facts.stdin == b"read me\ntwice\n"
    assert job.command == "echo ä␛[31m 50% done"


def test_one_bad_line_is_shown_in_place_and_keeps_the_others_from_loading() -> None:
    first, bad, last = rows(b"0 5 * * * /bin/a\n61 5 * * * /bin/b\n0 6 * * * /bin/c\n")
    assert (bad.state, bad.schedule, bad.location) == (State.BAD_LINE, "61 5 * * *", Location("crontab", 2))
    assert bad.state_reason.startswith("bad minute")
    assert (bad.name, bad.next_run, bad.command) == ("crontab:2", None, None)
    for job in (first, last):
        assert (job.state, job.next_run) == (State.NOT_LOADED, None)
        assert job.state_reason == "cron ignores the whole table: line 2: bad minute"


def test_cronie_drops_only_the_bad_line() -> None:
    cronie = CronDaemon(True, "cronie", "crond, pid 7", 7)
    good, bad = rows(b"0 5 * * * /bin/a\n61 5 * * * /bin/b\n", cronie)
    assert (good.state, bad.state) == (State.ON, State.BAD_LINE)


def test_cronie_reads_schedules_in_the_zone_that_crontz_names() -> None:
    cronie = CronDaemon(True, "cronie", "crond, pid 7", 7)
    table = b"0 5 * * * /bin/a\nCRON_TZ=Asia/Tokyo\n0 5 * * * /bin/b\n"
    here, tokyo = rows(table, cronie)
    assert here.next_run == datetime(2026, 11, 25, 5, 0, tzinfo=BERLIN)
    assert tokyo.next_run == datetime(2026, 11, 25, 5, 0, tzinfo=ZoneInfo("Asia/Tokyo"))
    assert tokyo.facts.zone == "Asia/Tokyo"
    debian = rows(table)[1]
    assert debian.next_run == datetime(2026, 11, 25, 5, 0, tzinfo=BERLIN)


def test_without_the_daemon_no_run_is_promised() -> None:
    down = CronDaemon(False, "debian", "no process named cron or crond runs as root")
    states = {(job.state, job.next_run) for job in rows(b"0 5 * * * /bin/a\n@reboot /bin/b\n", down)}
    assert states == {(State.SCHEDULER_DOWN, None)}
    assert source(TABLE, down).look().schedulers[0].up is False


def test_a_fault_of_the_file_keeps_the_table_from_loading() -> None:
    job = rows(b"0 5 * * * /bin/a\n", fault="it has mode 0644; cron wants 0600")[0]
    assert (job.state, job.next_run) == (State.NOT_LOADED, None)
    assert job.state_reason.endswith("it has mode 0644; cron wants 0600")


def test_no_table_is_no_jobs_and_no_problem() -> None:
    answer = source(None).look()
    assert (answer.jobs, answer.problems) == ((), ())


def test_a_table_that_cannot_be_read_is_a_problem_in_crontabs_words() -> None:
    port = Table(TABLE)
    port.error = CrontabError(
        "You (fed) are not allowed to use this program (crontab)\nSee crontab(1)", "Ask."
    )
    answer = source(None, port=port).look()
    assert answer.jobs is None
    assert [problem.message for problem in answer.problems] == [
        "You (fed) are not allowed to use this program (crontab). See crontab(1)"
    ]
    assert answer.problems[0].advice == "Ask."


def test_next_runs_move_on_with_the_clock_and_back_when_it_is_set_back() -> None:
    clock = Now()
    jobs = source(b"*/5 * * * * a\n0 0 * * * b\n", clock=clock)
    assert jobs.look().jobs is not None
    assert jobs.next_due == NOW.replace(minute=5, second=0)
    clock.at = NOW.replace(minute=5, second=0)
    moved = jobs.look().jobs
    assert moved is not None
    assert [job.next_run for job in moved] == [
        NOW.replace(minute=10, second=0),
        datetime(2026, 11, 25, 0, 0, tzinfo=BERLIN),
    ]
    clock.at = NOW - timedelta(hours=2)
    back = jobs.look().jobs
    assert back is not None
    assert back[0].next_run == datetime(2026, 11, 24, 12, 5, tzinfo=BERLIN)


def test_ids_stay_when_another_line_is_added() -> None:
    before = {job.id for job in rows(TABLE)}
    after = {job.id for job in rows(b"* * * * * first\n" + TABLE)}
    assert before < after


def test_a_schedule_whose_every_time_is_left_out_by_the_clock() -> None:
    (job,) = rows(b"*/5 2 25-31 3 */7 x\n")
    said = "never: each of its times is one that the clock leaves out in Europe/Berlin"
    assert (job.state, job.state_reason, job.next_run) == (State.NEVER_FIRES, said, None)


def test_cronie_makes_up_for_the_changes_of_its_own_zone_only() -> None:
    cronie = CronDaemon(True, "cronie", "crond, pid 88", 88)
    before = Now(datetime(2027, 3, 13, 12, 0, tzinfo=BERLIN))
    answer = source(b"CRON_TZ=America/New_York\n30 2 * * * x\n", cronie, before).look()
    assert answer.jobs is not None
    assert answer.jobs[0].next_run is not None
    # 02:30 on 14 March is left out in New York, and nothing is started in its place.
    assert answer.jobs[0].next_run.isoformat() == "2027-03-15T02:30:00-04:00"


def test_another_daemon_s_runs_are_labelled() -> None:
    other = CronDaemon(True, "other", "crond, pid 88", 88)
    (note,) = source(b"0 5 * * * x\n", other).look().problems
    assert note.note
    assert note.message == "another cron runs here (crond, pid 88): its runs are computed by croniter"
    assert source(b"# nothing\n", other).look().problems == ()
    assert source(b"0 5 * * * x\n").look().problems == ()


def test_another_daemon_has_its_own_dialect() -> None:
    other = CronDaemon(True, "other", "crond, pid 88", 88)
    (job,) = source(b"0 22-2 * * sat-mon x\n", other).look().jobs or ()
    assert job.next_run == datetime(2026, 11, 28, 0, 0, tzinfo=BERLIN)
    assert isinstance(job.facts, CronFacts)
    assert job.facts.dialect == "other"
    assert rows(b"0 22-2 * * sat-mon x\n")[0].state is State.NEVER_FIRES


@pytest.mark.parametrize("count", [20, 9990])
def test_each_line_of_a_long_table_is_a_row(count: int) -> None:
    jobs = rows(b"".join(b"%d 3 * * * /bin/job%d\n" % (number % 60, number) for number in range(count)))
    assert len({job.id for job in jobs}) == count
    assert all(job.next_run is not None for job in jobs)


async def test_watch_speaks_up_when_the_table_changes_and_when_a_run_is_due() -> None:
    port = Table(b"0 5 * * * a\n")
    clock = Now(datetime.now(UTC))
    jobs = source(None, clock=clock, port=port)
    await jobs.read()
    port.table = b"0 6 * * * a\n"
    await asyncio.wait_for(anext(jobs.watch()), 2)
    answer = await jobs.read()
    assert answer.jobs is not None
    assert answer.jobs[0].schedule == "0 6 * * *"
    clock.at = answer.jobs[0].next_run or clock.at
    await asyncio.wait_for(anext(jobs.watch()), 2)
