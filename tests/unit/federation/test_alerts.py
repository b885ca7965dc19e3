"""The alert check: what is told, once; what is not told; and what happens when a channel fails."""

from __future__ import annotations

import asyncio
import json
import os
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from fedtui.alert_addresses import APPRISE, HEARTBEAT, MAIL, Address
from fedtui.config import Config
from fedtui.federation.alerts import collect as collect_module
from fedtui.federation.alerts.alert_check import AlertCheck, AlertReport
from fedtui.federation.alerts.channels import Undelivered
from fedtui.federation.alerts.collect import WatchedJob
from fedtui.federation.alerts.message import Message
from fedtui.history.alert_memory import (
    AlertMemory,
    AlertMemoryError,
    CheckAlreadyRunning,
    load_memory,
    only_check,
    save_memory,
)
from fedtui.model import UNSEEN, Job, Outcome, Result, Run, Scheduler, Snapshot, State
from fedtui.verdicts import evidence
from tests.unit.health.rows import table

NOW = datetime(2026, 11, 24, 13, 5, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
OPS = Address(MAIL, "ops@example.org")
CHAT = Address(APPRISE, "slack://token-a/token-b/token-c")
BEAT = Address(HEARTBEAT, "https://hc.example.org/ping/1f0c")
OK = Result(Outcome.OK, exit_code=0)
FAILED = Result(Outcome.FAILED, exit_code=3)


class World:
    """A clock, the channels, and one job that is looked at again and again."""

    def __init__(self, tmp_path: Path, *addresses: Address) -> None:
        self.config = Config(state=tmp_path / "state")
        self.addresses = addresses or (OPS,)
        self.now = NOW
        self.down: dict[Address, str] = {}
        self.got: list[tuple[Address, Message]] = []
        (self.job,) = table("0 * * * * bash /srv/sync.sh\n")
        self.runs: tuple[Run, ...] = ()
        self.others: tuple[Job, ...] = ()
        self.key = "sync"
        self.heirs: dict[str, str] = {}
        self.product = ""
        self.unseen = ""
        self.there = True
        self.cron_up: bool | None = True
        self.starts_since: datetime | None = None
        self.loaded_at: datetime | None = None

    def send(self, address: Address, message: Message, now: datetime) -> None:
        if address in self.down:
            raise Undelivered(self.down[address])
        self.got.append((address, message))

    def check(self, later: timedelta = timedelta()) -> AlertReport:
        """Let time pass, then look once."""
        self.now += later
        job = self.job if self.there and not self.unseen else None
        snapshot = Snapshot(
            self.now,
            (*((job,) if job else ()), *self.others),
            schedulers=(Scheduler("cron", self.cron_up, "cron, pid 1" if self.cron_up else "no process"),),
            runs={self.job.id: self.runs},
            starts_since=self.starts_since,
            heirs=self.heirs,
        )
        watched = [WatchedJob(self.key, "sync", job, self.unseen, self.product)]
        return asyncio.run(self.alert_check().check(lambda _: watched, snapshot))

    def alert_check(self) -> AlertCheck:
        loaded = lambda *_: self.loaded_at  # noqa: E731
        return AlertCheck(self.config, self.addresses, "node1", lambda: self.now, self.send, loaded)

    def ended(self, result: Result, ago: timedelta = timedelta()) -> None:
        """A run of the job ends."""
        at = self.now - ago
        self.runs += (Run(f"r{len(self.runs)}", self.job.id, at, at, result),)

    @property
    def mails(self) -> list[str]:
        """The subject lines of what arrived."""
        return [message.subject for _, message in self.got]


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def subject(text: str) -> str:
    return f"[fedtui node1] {text}"


def test_a_failure_is_told_once_and_so_is_its_end(world: World) -> None:
    world.ended(FAILED)
    for _ in range(4):
        world.check(timedelta(minutes=10))
    assert world.mails == [subject("sync failed")]
    assert "its run that ended at 13:05:12 failed: exit 3" in world.got[0][1].body
    world.ended(OK)
    for _ in range(4):
        world.check(timedelta(minutes=10))
    assert world.mails == [subject("sync failed"), subject("sync runs well again")]


def test_a_failure_quotes_the_reason_and_the_last_lines_masked(world: World, tmp_path: Path) -> None:
    output = tmp_path / "output"
    output.write_text("".join(f"step {n}\n" for n in range(9)) + "PASSWORD=hunter2secret\n\x1b[31mno route\n")
    failed = replace(FAILED, reasons=("1 error: line 11 no route",))
    world.runs = (Run("r", world.job.id, NOW, NOW, failed, output=str(output)),)
    report = world.check()
    assert [event.words.partition("\n")[0] for event in report.new] == [
        "its run that ended at 13:05:12 failed: exit 3: 1 error: line 11 no route"
    ]
    body = world.got[0][1].body
    assert body.count("\n    step") == 3
    assert "\n    no route\n" in body
    assert "hunter2" not in body


def test_a_job_that_is_well_is_not_told_of(world: World) -> None:
    world.ended(OK)
    report = world.check(timedelta(minutes=5))
    assert (world.got, report.standing, report.status) == ([], (), 0)


def test_a_failure_between_two_checks_is_told_though_the_next_run_was_good(world: World) -> None:
    world.ended(OK)
    world.check(timedelta(minutes=1))
    world.ended(FAILED)
    world.now += timedelta(minutes=1)
    world.ended(OK)
    world.check(timedelta(minutes=1))
    assert world.mails == [subject("1 problem, 1 over")]
    world.check(timedelta(minutes=1))
    assert len(world.mails) == 1


def test_an_old_failure_that_was_made_good_is_no_news_to_the_first_check(world: World) -> None:
    world.ended(FAILED, 3 * HOUR)
    world.ended(OK, timedelta(minutes=20))
    assert world.check().new == ()


def test_an_hourly_job_is_stale_after_two_hours_without_a_good_run(world: World) -> None:
    world.ended(OK)
    assert world.check(2 * HOUR - timedelta(seconds=1)).new == ()
    world.check(timedelta(seconds=2))
    world.check(HOUR)
    assert world.mails == [subject("sync is stale")]
    assert "more than 2 h is too old" in world.got[0][1].body
    world.ended(OK)
    world.check(timedelta(seconds=1))
    assert world.mails[1:] == [subject("sync is fresh again")]


def data(path: Path, at: datetime) -> None:
    path.write_text(json.dumps({"timestamp": at.timestamp()}) + "\n")
    later = at.timestamp() + 10**6  # `sort -u` writes it again each time
    os.utime(path, (later, later))


def test_a_product_is_as_old_as_its_newest_data_however_new_the_file(world: World, tmp_path: Path) -> None:
    product = tmp_path / "skills-patterns.jsonl"
    world.product = str(product)
    data(product, NOW - 3 * HOUR)
    world.ended(FAILED, timedelta(minutes=1))
    world.check()
    world.check(timedelta(minutes=5))
    assert world.mails == [subject("2 problems: sync")]
    assert f"the newest data in {product} is from 10:05:12, 3 h ago" in world.got[0][1].body
    data(product, world.now)
    world.check(timedelta(minutes=5))
    assert world.mails[1:] == [subject("sync is fresh again")]


def test_a_product_that_is_not_there_is_awaited_for_two_periods(world: World, tmp_path: Path) -> None:
    world.product = str(tmp_path / "none.jsonl")
    world.ended(OK)
    assert world.check().new == ()
    (event,) = world.check(2 * HOUR + timedelta(seconds=1)).new
    assert (event.kind, event.words[:12]) == ("stale", "its product ")


def test_a_product_that_tells_nothing_is_not_taken_for_fresh(world: World, tmp_path: Path) -> None:
    product = tmp_path / "skills-patterns.jsonl"
    product.write_text('{"skill": "a"}\n')
    world.product = str(product)
    world.ended(OK)
    world.check()
    world.check(timedelta(minutes=5))
    assert world.mails == [subject("sync cannot be judged")]
    assert "no line of" in world.got[0][1].body


def test_a_limit_of_ones_own(world: World) -> None:
    world.config = replace(world.config, alert={"stale": {"sync": 600}})
    world.ended(OK)
    assert world.check(timedelta(minutes=9)).new == ()
    assert len(world.check(timedelta(minutes=2)).new) == 1


# Where nobody knows how runs end


def unknown(world: World, log: Path | None = None) -> None:
    unseen = Result(Outcome.UNKNOWN, reasons=("cron tells nobody",))
    world.job = replace(world.job, last_run=world.now, last_result=unseen, log_path=str(log) if log else None)


def test_runs_that_end_nobody_knows_how_are_said_to_be_so_once(world: World) -> None:
    for _ in range(5):
        unknown(world)
        world.check(HOUR / 2)
    assert world.mails == [subject("sync cannot be judged")]
    assert "fedtui record" in world.got[0][1].body


def test_a_good_run_by_hand_makes_no_promise_for_those_that_nobody_sees_end(
    world: World, tmp_path: Path
) -> None:
    log = tmp_path / "sync.log"
    world.ended(OK)
    world.check()
    for _ in range(5):
        world.now += HOUR
        log.write_text("sync: 3 patterns\n")
        os.utime(log, (world.now.timestamp(), world.now.timestamp()))
        unknown(world, log)
        world.check()
    assert world.mails == []


def test_a_log_that_grows_is_enough_and_one_that_does_not_is_stale(world: World, tmp_path: Path) -> None:
    log = tmp_path / "sync.log"
    log.write_text("sync: 3 patterns\n")
    os.utime(log, (NOW.timestamp(), NOW.timestamp()))
    unknown(world, log)
    world.loaded_at = NOW - 24 * HOUR
    assert world.check(HOUR).new == ()
    (event,) = world.check(HOUR + timedelta(minutes=1)).new
    assert (event.kind, event.holds) == ("stale", True)
    assert "last wrote to its log at 13:05:12" in event.words
    os.utime(log, (world.now.timestamp(), world.now.timestamp()))
    assert [(e.kind, e.holds) for e in world.check(timedelta(minutes=1)).new] == [("stale", False)]


def test_a_log_that_another_job_writes_too_proves_nothing(world: World, tmp_path: Path) -> None:
    log = tmp_path / "shared.log"
    log.write_text("of the other\n")
    (other,) = table(f"5 * * * * bash /srv/other.sh >> {log}\n")
    world.others = (replace(other, id="crontab:other", log_path=str(log)),)
    unknown(world, log)
    world.check()
    for _ in range(3):
        world.now += HOUR
        os.utime(log, (world.now.timestamp(), world.now.timestamp()))
        world.check()
    assert world.mails == [subject("sync cannot be judged")]


def test_a_log_that_grows_by_errors_is_not_enough(world: World, tmp_path: Path) -> None:
    log = tmp_path / "sync.log"
    log.write_text("[ERROR] no disk\n")
    os.utime(log, (NOW.timestamp(), NOW.timestamp()))
    unknown(world, log)
    world.job = replace(world.job, last_result=replace(world.job.last_result, warnings=1, errors=1))
    (event,) = world.check().new
    assert (event.kind, event.words) == (
        "unproven",
        "its log shows 1 error, and nobody knows how its runs end",
    )


def test_where_every_start_is_seen_a_job_that_does_not_start_is_stale(world: World) -> None:
    world.starts_since = NOW - 5 * HOUR
    world.loaded_at = NOW - HOUR
    world.job = replace(world.job, last_result=UNSEEN)
    assert world.check().new == (), "the table was changed an hour ago: the line may be new"
    world.loaded_at = NOW - 3 * HOUR
    (event,) = world.check().new
    assert (event.kind, "cron's log names no start" in event.words) == ("stale", True)


def test_a_job_of_which_nothing_at_all_is_known_is_never_called_fine(world: World) -> None:
    world.job = replace(world.job, last_result=UNSEEN)
    assert world.check().new == ()
    (event,) = world.check(2 * HOUR + timedelta(minutes=1)).new
    assert event.kind == "unproven"
    assert world.check(HOUR).new == ()


def test_a_log_on_a_dead_disk_is_not_seen_and_hides_no_other_news(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    never = threading.Event()
    monkeypatch.setattr(collect_module, "FILES_DEADLINE", 0.3)
    monkeypatch.setattr(evidence, "log_grew", lambda _: never.wait())
    assert world.check().unseen == 0, "once is no news"
    (event,) = world.check(HOUR).new
    assert (event.kind, event.words) == ("unseen", "its log or product could not be looked at in time")
    never.set()


# What is not there, or held back


def test_a_failure_says_since_when_what_runs_next_and_where_to_look(world: World) -> None:
    world.job = replace(world.job, name="sync all", next_run=NOW + HOUR)
    world.ended(OK, ago=2 * HOUR)
    world.check()
    world.ended(FAILED, ago=HOUR)
    world.ended(FAILED)
    (event,) = world.check().new
    assert event.words.split("\n")[-3:] == [
        "Last good run: Tue 2026-11-24 11:05. Failed in a row: 2.",
        "Next run: Tue 2026-11-24 14:05.",
        "Look: fedtui history 'sync all'; fedtui logs 'sync all'",
    ]
    assert "    Next run: Tue 2026-11-24 14:05.\n" in world.got[-1][1].body


def test_a_paused_job_is_not_told_of_and_gets_its_time_when_it_continues(world: World) -> None:
    world.ended(OK)
    world.job = replace(world.job, state=State.PAUSED)
    assert world.check(10 * HOUR).new == ()
    world.job = replace(world.job, state=State.ON)
    assert world.check(HOUR).new == ()
    assert [event.kind for event in world.check(HOUR + timedelta(minutes=1)).new] == ["stale"]


def test_a_missed_run_is_told_to_be_over_by_the_next_start_alone(world: World) -> None:
    world.ended(OK)
    world.job = replace(world.job, state=State.OVERDUE, next_run=world.now)
    world.check()
    world.job = replace(world.job, state=State.ON, next_run=NOW + 30 * HOUR)
    assert world.check(HOUR).new == ()
    world.job = replace(world.job, last_run=world.now, last_result=OK)
    world.check(timedelta(minutes=5))
    assert world.mails == [subject("sync is late"), subject("sync starts again")]


def test_a_dead_cron_is_told_once_and_so_is_its_return(world: World) -> None:
    world.ended(OK)
    world.cron_up = False
    world.job = replace(world.job, state=State.SCHEDULER_DOWN, next_run=None)
    world.check()
    world.check(timedelta(minutes=5))
    assert world.mails == [subject("cron is not running")]
    assert "nothing starts 1 job (no process)" in world.got[0][1].body
    world.cron_up = None  # nobody can tell: no verdict
    world.check(timedelta(minutes=5))
    world.cron_up = True
    world.check(timedelta(minutes=5))
    assert world.mails[1:] == [subject("cron is running again")]


def test_a_job_whose_scheduler_is_down_grows_stale_all_the_same(world: World) -> None:
    world.ended(OK)
    world.check()
    world.job = replace(world.job, state=State.SCHEDULER_DOWN, next_run=None)
    assert [event.kind for event in world.check(3 * HOUR).new] == ["stale"]


def test_a_line_that_cron_refuses_will_not_run(world: World) -> None:
    world.ended(OK)
    world.job = replace(world.job, state=State.BAD_LINE, state_reason="bad minute")
    world.check()
    assert world.mails == [subject("sync will not run")]
    assert "cron refuses its line: bad minute" in world.got[0][1].body


def test_a_job_that_is_gone_is_told(world: World) -> None:
    world.ended(OK)
    world.check()
    world.there = False
    world.check()
    world.check(HOUR)
    assert world.mails == [subject("sync is gone")]


def test_a_job_that_was_moved_is_not_told_of_twice(world: World) -> None:
    world.ended(FAILED)
    world.check()
    world.heirs, world.key = {"sync": "moved"}, "moved"
    world.check(timedelta(minutes=5))
    world.heirs = {}
    world.ended(OK)
    world.check(timedelta(minutes=5))
    assert world.mails == [subject("sync failed"), subject("sync runs well again")]


def test_what_cannot_be_looked_at_is_never_fine_and_told_the_second_time(world: World) -> None:
    world.ended(FAILED)
    world.check()
    world.unseen = "crontab(1) does not answer"
    first = world.check()
    assert (first.unseen, first.looked_at, first.status, first.new) == (1, 0, 3, ())
    assert [event.kind for event in first.standing] == ["failed"], "what is not seen is not over"
    (event,) = world.check().new
    assert (event.kind, event.words) == ("unseen", "crontab(1) does not answer")
    world.unseen = ""
    assert [(e.kind, e.holds) for e in world.check().new] == [("unseen", False)]


# Channels


def test_a_channel_that_fails_is_told_later_and_the_other_not_twice(tmp_path: Path) -> None:
    world = World(tmp_path, OPS, CHAT)
    world.down = {CHAT: "no route to host"}
    world.ended(FAILED)
    report = world.check()
    assert [(one.label, one.why) for one in report.sent] == [
        ("mail to ops@example.org", ""),
        ("slack://••••••", "no route to host"),
    ]
    assert report.status == 1
    world.check(timedelta(minutes=5))
    world.down = {}
    assert world.check(timedelta(minutes=5)).status == 0
    world.check(timedelta(minutes=5))
    assert [address for address, _ in world.got] == [OPS, CHAT]


def test_what_began_and_ended_while_a_channel_was_down_is_told_as_both(world: World) -> None:
    world.down = {OPS: "exit 75"}
    world.ended(FAILED)
    world.check()
    world.ended(OK)
    world.check(HOUR)
    world.down = {}
    world.check(timedelta(minutes=5))
    assert world.mails == [subject("1 problem, 1 over")]


def test_a_new_channel_is_told_of_what_stands(world: World) -> None:
    world.ended(FAILED)
    world.check()
    world.addresses = (OPS, CHAT)
    world.check()
    assert [(address, message.subject) for address, message in world.got] == [
        (OPS, subject("sync failed")),
        (CHAT, subject("sync failed")),
    ]


def test_the_heartbeat_beats_at_each_check_but_not_when_nobody_could_be_told(tmp_path: Path) -> None:
    world = World(tmp_path, OPS, BEAT)
    world.ended(OK)
    assert world.check().status == 0
    assert [address for address, _ in world.got] == [BEAT]
    world.ended(FAILED)
    world.down = {OPS: "exit 75"}
    report = world.check()
    assert report.status == 1
    assert report.trouble == ("heartbeat https://•••••• was left out, since no message reached anybody.",)
    world.down = {BEAT: "it answered 503"}
    report = world.check()
    assert [(one.label, one.why) for one in report.sent][1] == ("heartbeat https://••••••", "it answered 503")
    assert report.status == 1


def test_the_heartbeat_does_not_beat_for_a_check_that_saw_nothing(tmp_path: Path) -> None:
    world = World(tmp_path, BEAT)
    world.unseen = "crontab(1) does not answer"
    report = world.check()
    assert (world.got, report.status) == ([], 3)
    assert report.trouble == ("heartbeat https://•••••• was left out, since nothing could be looked at.",)


def test_a_test_message_is_remembered_and_so_is_its_failure(tmp_path: Path) -> None:
    world = World(tmp_path, OPS, CHAT)
    world.down = {CHAT: "invalid_auth"}
    report = asyncio.run(world.alert_check().test())
    assert (world.mails, report.status) == ([subject("test of the alerts")], 1)
    kept = load_memory(world.config.state).channels
    assert kept[OPS.key].delivered == NOW
    assert (kept[CHAT.key].delivered, kept[CHAT.key].why) == (None, "invalid_auth")


# The memory


def test_addresses_are_not_written_down(world: World) -> None:
    world.addresses = (CHAT, BEAT)
    world.ended(FAILED)
    world.check()
    text = (world.config.state / "alerts.json").read_text()
    assert "token" not in text
    assert "1f0c" not in text
    assert (world.config.state / "alerts.json").stat().st_mode & 0o777 == 0o600


def test_a_check_that_was_killed_before_it_sent_tells_it_at_the_next(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: object) -> None:
        raise KeyboardInterrupt

    world.ended(FAILED)
    with monkeypatch.context() as patch:
        patch.setattr(world, "send", die)
        with pytest.raises(KeyboardInterrupt):
            world.check()
    world.check(timedelta(minutes=5))
    world.check(timedelta(minutes=5))
    assert world.mails == [subject("sync failed")]


def test_a_broken_memory_is_set_aside_and_said(world: World) -> None:
    world.ended(FAILED)
    world.check()
    (world.config.state / "alerts.json").write_text('{"subjects": ')
    report = world.check()
    assert report.status == 1
    assert "alerts.broken" in report.trouble[0]
    assert world.check().status == 0
    assert len(world.mails) == 2


def test_where_nothing_can_be_written_it_is_told_rather_than_not(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("fedtui.history.alert_memory.write_atomically", full)
    world.ended(FAILED)
    report = world.check()
    assert world.mails == [subject("sync failed")]
    assert (
        "cannot be written: No space left on device: what is sent now will be sent again."
        in report.trouble[0]
    )
    assert report.status == 1


def test_a_full_disk_is_got_round_by_the_runtime_folder(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runtime = tmp_path / "run"
    runtime.mkdir()
    places = (world.config.state / "alerts.json", runtime / "fedtui-alerts.json")
    monkeypatch.setattr("fedtui.history.alert_memory._places", lambda *_: places)
    world.ended(OK)
    world.check()
    from fedtui.system.atomic_write import write_atomically as write

    def full(path: Path, data: bytes) -> None:
        if path == places[0]:
            raise OSError(28, "No space left on device")
        write(path, data)

    with monkeypatch.context() as patch:
        patch.setattr("fedtui.history.alert_memory.write_atomically", full)
        world.ended(FAILED, -timedelta(seconds=1))
        world.now += timedelta(seconds=2)
        assert world.check().status == 0
        assert world.check(HOUR).status == 0
    world.check(timedelta(minutes=5))
    assert world.mails == [subject("sync failed")]
    assert not places[1].exists()


def test_a_state_folder_that_cannot_be_used_is_got_round_by_the_runtime_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state, runtime = tmp_path / "state", tmp_path / "run"
    state.write_text("no folder")
    runtime.mkdir()
    monkeypatch.setattr(
        "fedtui.history.alert_memory._places",
        lambda folder, name="alerts.json": (folder / name, runtime / f"fedtui-{name.replace('/', '-')}"),
    )
    memory = AlertMemory(checked=datetime(2026, 11, 24, tzinfo=UTC), saved=datetime(2026, 11, 24, tzinfo=UTC))
    with only_check(state):
        save_memory(state, memory)
        assert load_memory(state) == memory
        with pytest.raises(CheckAlreadyRunning), only_check(state):
            pass
    assert sorted(path.name for path in runtime.iterdir()) == ["fedtui-alerts.json", "fedtui-locks-alerts"]
    assert state.read_text() == "no folder"


def test_only_one_check_at_a_time(world: World) -> None:
    with (
        only_check(world.config.state),
        pytest.raises(CheckAlreadyRunning, match="Another alert check is running"),
    ):
        world.check()
    assert issubclass(CheckAlreadyRunning, AlertMemoryError)


@pytest.mark.parametrize("steps", [1, 7])
def test_a_clock_that_is_set_back_tells_nothing_twice(world: World, steps: int) -> None:
    world.ended(FAILED)
    world.check()
    for _ in range(steps):
        world.check(-HOUR)
    assert world.mails == [subject("sync failed")]
