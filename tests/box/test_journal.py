"""The journal of a real journald: a unit's log, one run's output, and cron's lines for both kinds of user."""

from __future__ import annotations

import pytest

from tests.box.machine import Box, between_looks_of_cron, wait_until
from tests.box.run_code import run_inside


def test_every_run_has_its_output(box: Box) -> None:
    """journald loses whose line it is when the writer ends at once; the pid finds it."""
    found = run_inside(
        box,
        """
from fedtui.logs.journal import UnitInvocation, unit_log

def show(unit, name):
    argv = ["systemctl", "--user", "show", "-P", name, unit]
    return subprocess.run(argv, capture_output=True, text=True, timeout=10).stdout.strip()

async def main():
    found = []
    for number in range(12):
        unit, start = f"brief{number}.service", now()
        command = ("sh", "-c", f"echo said {number}; exit 3")
        sh("systemd-run", "--user", "--wait", "-q", f"--unit={unit}", *command)
        run = UnitInvocation(show(unit, "InvocationID"), int(show(unit, "ExecMainPID")), start)
        for _ in range(50):
            entries = [entry.message for entry in await unit_log(unit, True, run)]
            if any("Failed with result" in entry for entry in entries):
                break
            await asyncio.sleep(0.05)
        whole = [entry.message for entry in await unit_log(unit, True)]
        found.append([f"said {number}" in entries, whole.count(f"said {number}"),
                      any("status=3" in entry for entry in entries)])
    print(json.dumps(found))
asyncio.run(main())
""",
    )
    assert found == [[True, 1, True]] * 12


def test_following_a_unit_gives_every_line_once(box: Box) -> None:
    units = "/home/fed/.config/systemd/user"
    service = "[Unit]\nStartLimitIntervalSec=0\n[Service]\nType=oneshot\nExecStart=/bin/echo hello\n"
    box.write(f"{units}/terse.service", service)
    box.write(f"{units}/terse.timer", "[Timer]\nOnCalendar=04:00\n")
    box.output(["systemctl", "--user", "daemon-reload"])
    box.output(["systemctl", "--user", "start", "terse.timer"])
    seen = run_inside(
        box,
        """
from fedtui.logs.journal import follow_unit

async def main():
    seen = []
    async def follow():
        async with aclosing(follow_unit("terse.service", True)) as batches:
            async for batch in batches:
                seen.extend(entry.cursor for entry in batch if entry.message == "hello")
    following = asyncio.create_task(follow())
    for _ in range(10):
        sh("systemctl", "--user", "start", "terse.service")
        await asyncio.sleep(1.0)
    async with asyncio.timeout(20):
        while len(seen) < 10:
            await asyncio.sleep(0.1)
    await asyncio.sleep(1.0)  # in which a line that is given twice would come
    following.cancel()
    print(json.dumps([len(seen), len(set(seen))]))
asyncio.run(main())
""",
    )
    assert seen == [10, 10]


def test_following_survives_the_end_of_journalctl_and_leaves_no_child(box: Box) -> None:
    said = run_inside(
        box,
        """
from fedtui.logs.journal import follow_unit

async def main():
    seen = []
    async with asyncio.timeout(20), aclosing(follow_unit("talk.service", True)) as batches:
        sh("systemd-run", "--user", "-q", "--wait", "--unit=talk", "sh", "-c", "echo one; sleep 0.3")
        async for batch in batches:
            seen += [entry.message for entry in batch]
            if "one" in seen and "two" not in seen:
                sh("pkill", "-x", "-u", "fed", "journalctl")
                sh("systemd-run", "--user", "-q", "--wait", "--unit=talk", "sh", "-c", "echo two; sleep 0.3")
            if "two" in seen:
                break
    left = subprocess.run(["pgrep", "-x", "-u", "fed", "journalctl"], capture_output=True, text=True).stdout
    print(json.dumps([seen.count("one"), seen.count("two"), left]))
asyncio.run(main())
""",
    )
    assert said == [1, 1, ""]


CRON = """
from fedtui.sources.cron_log import CronLogSource
from fedtui.crontab.command_field import logged

async def main():
    source = CronLogSource(USER, now)
    answer = await source.read()
    wanted = logged(COMMAND)
    print(json.dumps([
        [problem.message for problem in answer.problems],
        sum(start.user == "fed" and start.command == wanted for start in source.starts()),
    ]))
asyncio.run(main())
"""


@pytest.fixture(scope="module")
def cron_line(box: Box) -> bytes:
    """A minute of cron with an odd command has passed."""
    command = "echo 'grüße'\tfrom cron > /dev/null".encode()
    between_looks_of_cron()
    box.run(["crontab", "-"], input=b"* * * * * " + command + b"\n", check=True)
    look = ["journalctl", "--quiet", "--identifier=CRON", "--output=cat", "--grep=from cron"]
    wait_until(lambda: box.run(look, user="root").stdout, 75.0, "cron runs the job", pause=1.0)
    box.run(["crontab", "-r"], check=True)
    return command


def test_a_member_of_adm_sees_what_cron_started(box: Box, cron_line: bytes) -> None:
    code = CRON.replace("USER", "'ops'").replace("COMMAND", repr(cron_line))
    problems, starts = run_inside(box, code, user="ops")
    assert problems == []
    assert starts >= 1


def test_a_usual_user_is_told_which_group_would_help(box: Box, cron_line: bytes) -> None:
    code = CRON.replace("USER", "'fed'").replace("COMMAND", repr(cron_line))
    problems, starts = run_inside(box, code)
    assert problems == ["cron's lines in the journal cannot be read: fed is not in the group adm"]
    assert starts == 0


def test_systemd_analyze_answers(box: Box) -> None:
    said = run_inside(
        box,
        """
from pathlib import Path
from fedtui.system.systemd_analyze import calendar, timespan, verify

async def main():
    base = datetime(2026, 3, 28, 22, 30, tzinfo=UTC)
    checks = await calendar(["daily", "nope", "12/5:24", "hourly"], 8, base, "Europe/Berlin")
    span = await timespan("1h 30min")
    unit = Path("/home/fed/.config/systemd/user/odd.timer")
    unit.parent.mkdir(parents=True, exist_ok=True)
    unit.write_text("[Timer]\\nOnCalendar=nope\\nFoo=1\\n")
    (unit.parent / "odd.service").write_text("[Service]\\nExecStart=/bin/true\\n")
    messages = await verify([unit], True)
    unit.write_text("[Timer]\\nOnCalendar=daily\\n")
    told = [[c.ok, len(c.runs), c.error] for c in checks]
    print(json.dumps([told, span.seconds, len(messages), await verify([unit], True)]))
asyncio.run(main())
""",
    )
    assert said == [
        [
            [True, 8, ""],
            [False, 0, "systemd does not understand it"],
            [False, 0, "systemd cannot compute this"],
            [True, 8, ""],
        ],
        5400.0,
        4,
        [],
    ]
