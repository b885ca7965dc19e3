"""The walk: one user's session from the first look to a lost terminal, in a real terminal of the box.

Each test is one step and continues where the one before it stopped; after a step that failed the rest is
skipped. `fed` drives the installed program; the table and systemd are looked at from outside.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest

from tests.box.federation import MINUTE, TABLE, install, set_up, table
from tests.box.machine import Box, between_looks_of_cron, wait_until
from tests.box.terminal import Terminal

MINUTE_LOG = "/home/fed/logs/minute.log"
A_CRON_MINUTE = 75.0
THEIR_LINE = b"# a line of someone else\n"


class Walk:
    """The box, and the terminal in which fedtui runs now."""

    def __init__(self, box: Box) -> None:
        self.box = box
        self.terminal = self.open()
        self.failed = False

    def open(self) -> Terminal:
        """Start fedtui in a new terminal and wait for its jobs."""
        self.terminal = Terminal(self.box, ["fedtui"])
        self.terminal.wait_for("backup-notes.timer", timeout=20)
        return self.terminal

    def select(self, name: str) -> None:
        """Have the filter leave one job, so that the cursor is on it.

        Textual runs a bound key after the letters typed behind it, so each such key is seen to work first.
        """
        filtered = self.terminal.row("matching “")
        self.terminal.press("/")
        self.terminal.wait_for("enter keep")
        if filtered:
            self.terminal.press("ctrl+u")
        self.terminal.wait_for("words, or source:")
        self.terminal.press(*name, "enter")
        self.terminal.wait_gone("enter keep")
        self.terminal.wait_for(f"1 Jobs  1  matching “{name}”")

    def job_rows(self) -> list[str]:
        """The rows of the job table: a finding's mark or none, a sign, a name. The right is cut off."""
        rows = [row.partition("│")[0] for row in self.terminal.rows()]
        return [row for row in rows if re.match(r"[ ✗▲]\S [\w.-]+ {2,}\S", row)]

    def job_row(self, name: str) -> str:
        """The job's row, or "" ."""
        return next((row for row in self.job_rows() if row[3:].startswith(f"{name} ")), "")

    def wait_row(self, name: str, pattern: str, timeout: float = 15.0) -> str:
        """Wait until the job's row matches `pattern`."""

        def look() -> str:
            row = self.job_row(name)
            return row if re.search(pattern, row) else ""

        try:
            return wait_until(look, timeout, f"the row of {name} matches {pattern!r}")
        except AssertionError as error:
            raise AssertionError(f"{error}; the screen shows\n{self.terminal.text()}") from None

    def confirm(self) -> None:
        """Look at the plan that is shown, and apply it.

        `y` counts from the first paint on; a test reads faster than that, so it may have to press again.
        """
        self.terminal.wait_for("what will be done")

        def applied() -> bool:
            if self.terminal.row("y apply"):
                self.terminal.press("y")
            return not self.terminal.row("╭")

        try:
            wait_until(applied, 15, "the plan is applied and the dialog gone", pause=0.5)
        except AssertionError as error:
            raise AssertionError(f"{error}; the screen shows\n{self.terminal.text()}") from None

    def leave(self) -> None:
        """Close the dialog."""
        self.terminal.press("escape")
        self.terminal.wait_gone("╭")

    def reschedule(self, schedule: str) -> None:
        """Type another schedule and go on to the plan."""
        self.terminal.press("e")
        self.terminal.wait_for("Reschedule")
        self.terminal.press("ctrl+u")
        self.terminal.wait_for_match(r"│  new +│")
        self.terminal.press(*schedule)
        self.terminal.wait_for("✓ valid")
        self.terminal.press("enter")
        self.terminal.wait_for("what will be done")

    def minute_log(self) -> bytes:
        """What the job of every minute wrote so far."""
        path = self.box.path(MINUTE_LOG)
        return path.read_bytes() if path.exists() else b""

    def timer(self, prop: str) -> str:
        """A property of the timer, from its manager."""
        return self.box.output(["systemctl", "--user", "show", "-P", prop, "backup-notes.timer"])


@pytest.fixture(scope="module")
def walk(box: Box) -> Iterator[Walk]:
    between_looks_of_cron()
    set_up(box)
    session = Walk(box)
    yield session
    session.terminal.hang_up()


@pytest.fixture(autouse=True)
def _in_order(walk: Walk, request: pytest.FixtureRequest) -> Iterator[None]:
    if walk.failed:
        pytest.skip("an earlier step of the walk failed")
    failures = request.session.testsfailed
    yield
    walk.failed = request.session.testsfailed > failures


def in_words(moment: datetime, now: datetime) -> str:
    """A countdown as the table words it, rounded down."""
    seconds = int((moment - now).total_seconds())
    for limit, unit, word in ((100, 1, "s"), (6000, 60, "min"), (172800, 3600, "h")):
        if seconds < limit:
            return f"in {seconds // unit:2} {word}"
    return f"in {seconds // 86400:2} d"


def at(minute: int, hour: int, weekday: int | None, now: datetime) -> datetime:
    """The next time a clock in UTC shows hour:minute, on that weekday (Monday is 0)."""
    moment = now.replace(hour=hour, minute=minute, second=0, microsecond=0)
    while moment <= now or weekday not in (None, moment.weekday()):
        moment += timedelta(days=1)
    return moment


def one_line_differs(before: bytes, after: bytes | None) -> tuple[bytes, bytes]:
    """The only line in which two tables differ, before and after."""
    old, new = before.splitlines(keepends=True), (after or b"").splitlines(keepends=True)
    assert len(old) == len(new)
    [pair] = [pair for pair in zip(old, new, strict=True) if pair[0] != pair[1]]
    return pair


def test_1_all_jobs_appear_with_the_right_next_runs(walk: Walk) -> None:
    next_runs = {
        "export-collections": lambda now: at(0, 3, 6, now),
        "cat": lambda now: at(5, 4, 0, now),
        "backup-notes.timer": lambda now: at(30, 18, None, now),
        "sync-learning-data": lambda now: min(at(17, hour, None, now) for hour in range(0, 24, 6)),
    }
    for name, next_run in next_runs.items():

        def right(name: str = name, next_run: Callable[[datetime], datetime] = next_run) -> bool:
            now = datetime.now(UTC)
            row = walk.job_row(name.removesuffix(".timer")) or walk.job_row(name)
            return in_words(next_run(now), now) in row

        try:
            wait_until(right, 10, f"{name} is shown with its next run")
        except AssertionError as error:
            raise AssertionError(f"{error}\n{walk.terminal.text()}") from None
    walk.wait_row("every-minute", r"in +\d+ s")
    coming = (datetime.now(UTC) + timedelta(minutes=2)).strftime("%H:%M")
    walk.terminal.wait_for(f"{coming}  every-minute")
    assert table(walk.box) == TABLE


def test_2_r_shows_the_output_and_the_exit_status(walk: Walk) -> None:
    walk.select("sync-learning-data")
    walk.wait_row("sync-learning-data", "– none seen")
    walk.terminal.press("r")
    walk.terminal.wait_for("sync: 12 patterns pulled")
    walk.terminal.wait_for("sync: push rejected")
    walk.terminal.wait_for("✗ exit 3")
    walk.leave()
    walk.wait_row("sync-learning-data", "✗ exit 3")


def test_3_a_real_cron_minute_changes_the_last_run_and_the_log(walk: Walk) -> None:
    walk.select("every-minute")
    seen = walk.minute_log().count(b"\n")
    wait_until(lambda: walk.minute_log().count(b"\n") > seen, A_CRON_MINUTE, "cron runs the job")
    line = walk.minute_log().decode().splitlines()[-1]
    walk.terminal.wait_for(line, timeout=5)
    # No group of fed may read cron's lines, and cron tells no exit status: anything but unknown were made up.
    walk.wait_row("every-minute", r"\? (ran|log: \d+ \w+) +\d+ s", timeout=10)


def test_4_p_holds_the_job_back_and_touches_its_line_alone(walk: Walk) -> None:
    walk.select("every-minute")
    between_looks_of_cron()
    walk.box.run(["crontab", "-"], user="ops", input="* * * * * date +\\%s >> tick\n", check=True)
    walk.terminal.press("p")
    walk.terminal.wait_for("Apply this change?")
    walk.confirm()
    walk.wait_row("every-minute", r"‖ +every-minute .* paused")
    old, new = one_line_differs(TABLE, table(walk.box))
    assert (old, new.startswith(b"#"), new.endswith(MINUTE)) == (MINUTE, True, True)

    log, paused = walk.minute_log(), datetime.now(UTC).timestamp()
    tick = walk.box.path("/home/ops/tick")

    def ticked() -> bool:
        """The shell makes the file before date writes to it."""
        return tick.exists() and float((tick.read_text().split() or ["0"])[-1]) > paused

    wait_until(ticked, A_CRON_MINUTE, "cron runs another's job")
    wait_until(lambda: datetime.now(UTC).second >= 3, 5, "the other runs of that minute have begun")
    assert walk.minute_log() == log


def test_5_p_again_brings_the_table_back_byte_for_byte(walk: Walk) -> None:
    walk.terminal.press("p")
    walk.confirm()
    walk.wait_row("every-minute", r"in +\d+ s")
    assert table(walk.box) == TABLE


def test_6_e_changes_that_line_alone_and_u_takes_it_back(walk: Walk) -> None:
    walk.select("cat")
    walk.reschedule("*/2 * * * *")
    walk.confirm()
    walk.wait_row("cat", "every 2 min")
    old, new = one_line_differs(TABLE, table(walk.box))
    command = b"\tcat > '/home/fed/caf\xe9.txt'%first%second \t\n"
    assert old.endswith(command)
    assert new.endswith(command)
    assert new.split()[:5] == b"*/2 * * * *".split()
    walk.terminal.press("u")
    walk.confirm()
    walk.wait_row("cat", "Mon 04:05")
    assert table(walk.box) == TABLE


def test_7_the_same_keys_work_on_the_timer(walk: Walk) -> None:
    walk.select("backup-notes.timer")
    name = "backup-notes.timer"
    walk.terminal.press("r")
    walk.terminal.wait_for("the notes are safe")
    walk.terminal.wait_for("✓ ok")
    walk.leave()
    walk.wait_row(name, r"✓ ok +\d+ s")
    assert (
        walk.box.output(["systemctl", "--user", "show", "-P", "Result", "backup-notes.service"]) == "success"
    )

    walk.terminal.press("p")
    walk.confirm()
    walk.wait_row(name, "paused")
    assert (walk.timer("ActiveState"), walk.timer("UnitFileState")) == ("inactive", "disabled")
    walk.terminal.press("p")
    walk.confirm()
    walk.wait_row(name, "in ")
    assert (walk.timer("ActiveState"), walk.timer("UnitFileState")) == ("active", "enabled")

    walk.reschedule("*-*-* 06:15:00")
    walk.confirm()
    walk.wait_row(name, "06:15")
    assert re.findall(r"OnCalendar=(\S+ \S+) ;", walk.timer("TimersCalendar")) == ["*-*-* 06:15:00"]
    walk.terminal.press("u")
    walk.confirm()
    walk.wait_row(name, "18:30")
    assert re.findall(r"OnCalendar=(\S+ \S+) ;", walk.timer("TimersCalendar")) == ["*-*-* 18:30:00"]


def test_8_an_edit_from_another_shell_refuses_the_plan_and_shows_it_again(walk: Walk) -> None:
    walk.select("every-minute")
    walk.reschedule("*/3 * * * *")
    their_diff = TABLE + THEIR_LINE
    install(walk.box, their_diff)
    walk.terminal.press("y")
    walk.terminal.wait_for("The crontab changed meanwhile")
    assert table(walk.box) == their_diff
    walk.terminal.wait_for(THEIR_LINE.decode().strip())
    walk.terminal.wait_for("y apply to the new text")

    def applied() -> bool:
        walk.terminal.press("y")  # counts only once the new plan has been seen for a moment
        return table(walk.box) != their_diff

    wait_until(applied, 10, "the new plan is applied", pause=0.5)
    old, new = one_line_differs(their_diff, table(walk.box))
    assert (old, new) == (MINUTE, MINUTE.replace(b"* ", b"*/3 ", 1))
    walk.terminal.wait_gone("The crontab changed meanwhile")
    walk.wait_row("every-minute", "every 3 min")


def test_9_a_run_survives_its_terminal_and_is_found_again(walk: Walk) -> None:
    walk.select("export-collections")
    walk.terminal.press("r")
    walk.terminal.wait_for("export: started")
    walk.terminal.hang_up()
    assert walk.box.run(["pgrep", "-f", "export-collections.sh"]).returncode == 0
    walk.open()
    walk.select("export-collections")
    walk.wait_row("export-collections", r"► +export-collections .* running \d+ ")
    walk.box.write("/home/fed/let-it-end", "")
    walk.wait_row("export-collections", r"✓ ok +\d+ s")
    walk.terminal.press("escape")
    walk.terminal.wait_gone("matching “")
    walk.terminal.press("q")
    assert walk.terminal.wait_end() == 0
