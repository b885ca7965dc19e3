"""crontab(1), the cron daemon and the spool as they are: what is read, what is written, what is seen."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.box.inside import inside, shown, start_inside
from tests.box.machine import Box, between_looks_of_cron, wait_until

SPOOL = "/var/spool/cron/crontabs/fed"
# Carriage returns, a backspace, both as crontab -l writes them, Latin-1, an escape, a `%`.
ODD = b"# a\r\n*/7 3 * *\t*\techo \\r \\b \xe9\x08\x1b[1m x \r\n\n  5 4 * * * date +\\%F%in\n# end\n"

CALLS = """\
from fedtui.system.crontab_port import CrontabChanged, CrontabError, CrontabRefused
from fedtui.system.crontab_program import SystemCrontab
crontab = SystemCrontab("fed")
def outcome(call, *arguments):
    try:
        return call(*arguments)
    except CrontabError as error:
        return [type(error).__name__, str(error), error.advice]
"""


def call(box: Box, code: str, user: str = "fed", **options: Any) -> Any:
    return inside(box, CALLS + code, user, **options)


def spool(box: Box) -> bytes:
    """The table's bytes as the daemon reads them, without the three lines that crontab(1) puts above."""
    return box.read(SPOOL).split(b"\n", 3)[3]


@pytest.fixture(autouse=True)
def no_table(box: Box) -> Iterator[None]:
    box.run(["crontab", "-r"])
    yield
    box.run(["crontab", "-r"])


def test_no_table_is_told_from_an_empty_one(box: Box) -> None:
    assert call(box, "show(crontab.read())") is None
    box.run(["crontab", "-"], input="", check=True)
    assert call(box, "show(list(crontab.read()))") == []


def test_every_byte_comes_in_and_goes_out(box: Box) -> None:
    call(box, f"crontab.replace(None, {ODD!r}); show(0)")
    assert spool(box) == ODD
    assert box.run(["crontab", "-l"]).stdout.encode("utf-8", "surrogateescape") != ODD
    assert bytes(call(box, "show(list(crontab.read()))")) == ODD
    other = ODD.replace(b"*/7", b"*/8")
    call(box, f"crontab.replace({ODD!r}, {other!r}); show(0)")
    assert spool(box) == other
    call(box, f"crontab.replace({other!r}, b''); crontab.replace(b'', {ODD!r}); show(0)")
    assert spool(box) == ODD
    call(box, f"crontab.replace({ODD!r}, None); show(0)")
    assert not box.path(SPOOL).exists()
    assert not [
        path for path in box.path("/tmp").iterdir() if "fedtui" in path.name or "crontab." in path.name
    ]


def test_edits_within_the_same_second_are_installed(box: Box) -> None:
    """crontab -e tells an edit by the file's time and size alone; these differ in neither."""
    call(
        box,
        """
tables = [b"%d 0 * * * true\\n" % minute for minute in range(10, 20)]
crontab.replace(None, tables[0])
for before, after in zip(tables, tables[1:]):
    crontab.replace(before, after)
show(0)
""",
    )
    assert spool(box) == b"19 0 * * * true\n"


def test_a_table_that_changed_meanwhile_is_left_alone(box: Box) -> None:
    box.run(["crontab", "-"], input="0 1 * * * theirs\n", check=True)
    found = call(box, 'show(outcome(crontab.replace, b"0 1 * * * mine\\n", b"0 2 * * * mine\\n"))')
    assert found == ["CrontabChanged", "The crontab of fed changed meanwhile. Nothing was written.", ""]
    assert spool(box) == b"0 1 * * * theirs\n"


def test_a_change_while_crontab_itself_runs_is_seen_by_its_editor(box: Box) -> None:
    box.run(["crontab", "-"], input="0 1 * * * base\n", check=True)
    found = call(
        box,
        """
check = crontab.check
def meanwhile(table):
    subprocess.run(["crontab", "-"], input=b"0 1 * * * theirs\\n", check=True)
    return check(table)
crontab.check = meanwhile
show(outcome(crontab.replace, b"0 1 * * * base\\n", b"0 2 * * * mine\\n"))
""",
    )
    assert found[0] == "CrontabChanged"
    assert spool(box) == b"0 1 * * * theirs\n"


THEIRS_NOW = """
run = crontab._run_editor
def meanwhile(folder, **how):
    if (folder.path / "base").exists():  # it is written, not read
        subprocess.run(["crontab", "-"], input=b"0 1 * * * theirs\\n", check=True)
    return run(folder, **how)
crontab._run_editor = meanwhile
"""


@pytest.mark.parametrize("user", ["fed", "root"])
def test_somebodys_first_table_at_the_moment_of_ours_is_kept(box: Box, user: str) -> None:
    code = THEIRS_NOW.replace('"-"]', '"-u", "fed", "-"]') if user == "root" else THEIRS_NOW
    found = call(box, code + 'show(outcome(crontab.replace, None, b"0 2 * * * mine\\n"))', user)
    assert found == ["CrontabChanged", "The crontab of fed changed meanwhile. Nothing was written.", ""]
    assert spool(box) == b"0 1 * * * theirs\n"


@pytest.mark.parametrize("user", ["fed", "root"])
def test_a_table_that_changes_while_it_is_removed_is_kept(box: Box, user: str) -> None:
    mine = b"# one\n# two\n# three\n# four\n0 2 * * * mine\n"
    call(box, f"crontab.replace(None, {mine!r}); show(0)", user)
    code = THEIRS_NOW.replace('"-"]', '"-u", "fed", "-"]') if user == "root" else THEIRS_NOW
    found = call(box, code + f"show(outcome(crontab.replace, {mine!r}, None))", user)
    assert found == ["CrontabChanged", "The crontab of fed changed meanwhile. Nothing was written.", ""]
    assert spool(box) == b"0 1 * * * theirs\n"
    call(box, 'crontab.replace(b"0 1 * * * theirs\\n", None); show(0)', user)
    assert not box.path(SPOOL).exists()


SLOW_CMP = """\
#!/bin/sh
touch ~/began
while [ ! -e ~/enough ]; do sleep 0.02; done
exec /usr/bin/cmp "$@"
"""
SWEEP = """
from fedtui.system.temp_folder import sweep
sweep()
show([path.name for path in Path("/tmp").glob("fedtui-tmp-*")])
"""


def test_the_folder_of_a_killed_change_goes_when_its_editor_step_has_ended(box: Box) -> None:
    box.run(["crontab", "-"], input="0 1 * * * old\n", check=True)
    box.write("/home/fed/bin/cmp", SLOW_CMP, mode=0o755)
    code = 'os.environ["PATH"] = "/home/fed/bin:/usr/bin:/bin"; show(os.getpid())\n'
    code += 'crontab.replace(b"0 1 * * * old\\n", b"0 2 * * * new\\n")'
    maker = start_inside(box, CALLS + code)
    pid = shown(maker)
    wait_until(box.path("/home/fed/began").exists, 20, "the editor step compares")
    box.run(["kill", "-KILL", str(pid)], check=True)
    maker.wait(timeout=20)
    box.run(["pkill", "-KILL", "-x", "crontab"], user="root", check=True)
    wait_until(lambda: box.run(["pgrep", "-x", "crontab"]).returncode, 20, "crontab ends")
    (left,) = inside(box, SWEEP)
    assert inside(box, SWEEP, "ops") == [left]
    assert inside(box, SWEEP, "root") == [left]
    box.write("/home/fed/enough", "")
    wait_until(lambda: inside(box, SWEEP) == [], 20, "the folder is swept")
    box.run(["sh", "-c", "rm -r /tmp/crontab.*"], check=True)  # crontab's own, which was killed
    assert spool(box) == b"0 1 * * * old\n"


def test_what_crontab_refuses_is_said_in_its_words_and_changes_nothing(box: Box) -> None:
    box.run(["crontab", "-"], input="0 1 * * * good\n", check=True)
    good = 'b"0 1 * * * good\\n"'
    assert call(box, f'show(outcome(crontab.replace, {good}, {good} + b"61 * * * * bad\\n"))') == [
        "CrontabRefused",
        '"crontab":1: bad minute\nerrors in crontab file, can\'t install.',
        "The table is unchanged.",
    ]
    missing = "new crontab file is missing newline before EOF, can't install."
    assert call(box, 'show(crontab.check(b"0 1 * * * x"))') == missing
    assert call(box, 'show(crontab.check(b"0 1 * * * x\\n"))') is None
    # The same when the check passed and the write is refused: nothing is asked twice, nothing left behind.
    late = call(
        box, f'crontab.check = lambda table: None; show(outcome(crontab.replace, {good}, b"61 * * * * x\\n"))'
    )
    assert late[0] == "CrontabRefused"
    assert "bad minute" in late[1]
    assert spool(box) == b"0 1 * * * good\n"
    assert not list(box.path("/tmp").glob("crontab.*"))


def test_comments_at_the_top_that_crontab_would_hide_and_lose_are_kept(box: Box) -> None:
    table = b"# one\n# two\n# three\n# four\n0 1 * * * x\n"
    box.write(SPOOL, table, mode=0o600)
    assert "# three" not in box.run(["crontab", "-l"]).stdout
    assert bytes(call(box, "show(list(crontab.read()))")) == table
    call(box, f"crontab.replace({table!r}, {table!r} + b'# five\\n'); show(0)")
    assert spool(box) == table + b"# five\n"


def test_who_may_not_use_crontab_is_told_so(own_box: Box) -> None:
    own_box.write("/etc/cron.deny", "fed\n", user="root")
    kind, message, advice = call(own_box, "show(outcome(crontab.read))")
    assert kind == "CrontabRefused"
    assert message.startswith("You (fed) are not allowed to use this program (crontab)")
    assert "/etc/cron.allow" in advice
    own_box.run(["mv", "/usr/bin/crontab", "/root/crontab"], user="root", check=True)
    assert call(own_box, "show(outcome(crontab.read))")[1] == "crontab(1) is not installed here."


def test_a_temporary_folder_with_blanks_in_its_name_is_no_trouble(box: Box) -> None:
    box.run(["mkdir", "-p", "a folder"], check=True)
    env = {"TMPDIR": "/home/fed/a folder", "EDITOR": "false", "VISUAL": "false"}
    call(box, f"crontab.replace(None, {ODD!r}); crontab.replace({ODD!r}, b'# x\\n'); show(0)", env=env)
    assert spool(box) == b"# x\n"


def test_a_table_is_asked_for_once_and_again_when_the_spool_moved(box: Box) -> None:
    box.run(["crontab", "-"], input="0 1 * * * x\n", check=True)
    time.sleep(0.2)  # so that the folder's time is no longer the present
    before = _listings(box)
    call(box, "[crontab.read() for _ in range(20)]; show(0)")
    assert _listings(box) - before == 1


def _listings(box: Box) -> int:
    box.output(["journalctl", "--sync"], user="root")
    return box.run(["journalctl", "-q", "-t", "crontab", "-o", "cat"], user="root").stdout.count(
        "(fed) LIST (fed)"
    )


def test_the_largest_table_is_read_and_written_at_once(box: Box) -> None:
    code = """
table = b"".join(b"%d * * * * echo %d >> /tmp/log 2>&1\\n" % (n % 60, n) for n in range(9990))
crontab.replace(None, table)
took = []
for _ in range(3):
    began = time.monotonic()
    assert SystemCrontab("fed").read() == table
    took.append(time.monotonic() - began)
show(min(took))
"""
    assert call(box, code) < 0.5


WATCH = """\
from fedtui.system.crontab_program import SystemCrontab
from fedtui.sources.user_crontab import UserCrontabSource
source = UserCrontabSource(SystemCrontab("fed"), "fed", "/home/fed")
async def main():
    answer = await source.read()
    show([len(answer.jobs), [s.up for s in answer.schedulers]])
    async for _ in source.watch():
        answer = await source.read()
        show([time.time(), [[j.schedule, j.state, j.state_reason] for j in answer.jobs]])
asyncio.run(main())
"""


def test_a_change_from_another_shell_is_seen_within_two_seconds(box: Box) -> None:
    process = start_inside(box, WATCH)
    assert shown(process) == [0, [True]]
    box.run(["crontab", "-"], input="0 5 * * * x\n", check=True)
    began = time.time()
    while True:
        at, rows = shown(process)
        if rows:
            break
    assert rows == [["0 5 * * *", "on", ""]]
    assert at - began < 2


def test_a_daemon_that_stops_and_starts_is_seen(own_box: Box) -> None:
    own_box.run(["crontab", "-"], input="0 5 * * * x\n", check=True)
    process = start_inside(own_box, WATCH)
    assert shown(process) == [1, [True]]
    own_box.output(["systemctl", "stop", "cron"], user="root")
    [[_, state, reason]] = wait_until(
        lambda: rows if (rows := shown(process)[1])[0][1] != "on" else None, 10, "cron is seen to be down"
    )
    assert (state, reason) == (
        "scheduler_down",
        "cron is not running: no process named cron runs as root",
    )
    own_box.output(["systemctl", "start", "cron"], user="root")
    wait_until(lambda: shown(process)[1][0][1] == "on", 10, "cron is up again")


def test_root_sees_every_users_table_and_why_one_is_ignored(box: Box) -> None:
    box.run(["crontab", "-"], input="0 5 * * * mine\n", check=True)
    box.run(["crontab", "-"], user="ops", input="0 6 * * * theirs\n", check=True)
    code = """
from fedtui.sources.all_crontabs import AllCrontabsSource
show([[j.user, str(j.location), j.state, j.state_reason] for j in AllCrontabsSource().look().jobs])
"""
    assert inside(box, code, "root") == [["fed", "crontab:1", "on", ""], ["ops", "crontab:1", "on", ""]]
    box.path(SPOOL).chmod(0o644)
    (user, _, state, reason), _ = inside(box, code, "root")
    assert (user, state) == ("fed", "not_loaded")
    assert reason == f"cron ignores the whole table: {SPOOL} has mode 0644; cron wants 0600"
    box.run(["crontab", "-u", "ops", "-r"], user="root", check=True)


def test_root_writes_another_users_table_and_leaves_it_theirs(box: Box) -> None:
    box.run(["crontab", "-"], input="0 5 * * * x\n", check=True)
    call(
        box,
        'crontab.replace(b"0 5 * * * x\\n", b"0 6 * * * x\\n"); show(crontab.commands(removes=False))',
        "root",
    )
    assert spool(box) == b"0 6 * * * x\n"
    assert box.output(["stat", "-c", "%U %a", SPOOL], user="root") == "fed 600"


def test_the_machines_zone_counts_and_not_the_terminals(own_box: Box) -> None:
    own_box.output(["ln", "-sf", "/usr/share/zoneinfo/Europe/Berlin", "/etc/localtime"], user="root")
    code = "from fedtui.system.zone import local_zone; show(local_zone())"
    assert inside(own_box, code, env={"TZ": "Asia/Tokyo"}) == ["Europe/Berlin", "Europe/Berlin"]
    own_box.run(["rm", "/etc/localtime"], user="root", check=True)
    own_box.run(["cp", "/usr/share/zoneinfo/Asia/Kolkata", "/etc/localtime"], user="root", check=True)
    own_box.write("/etc/timezone", "Asia/Kolkata\n", user="root")
    assert inside(own_box, code)[0] == "Asia/Kolkata"
    own_box.write("/etc/timezone", "Europe/Paris\n", user="root")
    assert inside(own_box, code)[0] == "localtime"


ACTIVITY = """\
from fedtui.sources.cron_activity import CronActivitySource
from fedtui.system.crontab_program import SystemCrontab
from fedtui.sources.user_crontab import UserCrontabSource
source = UserCrontabSource(SystemCrontab("fed"), "fed", "/home/fed")
jobs = source.look().jobs
activity = CronActivitySource(lambda: jobs)
names = {job.id: job.name for job in jobs}
def verdict(run): return (run.result.outcome, run.result.known_from) if run.result else (None, None)
async def main():
    await activity.read()
    show("ready")
    async for _ in activity.watch():
        runs = (await activity.read()).runs
        show([[names[run.job_id], run.end is None, *verdict(run)] for run in runs])
asyncio.run(main())
"""


def test_a_real_minute_shows_runs_to_a_user_who_may_not_read_crons_log(box: Box) -> None:
    table = "# name: slow\n* * * * * sleep 3; true\n# name: quick\n* * * * * date >> ~/quick.log\n"
    table += "# name: later\n0 0 1 1 * date >> ~/later.log\n"
    between_looks_of_cron()
    box.run(["crontab", "-"], input=table, check=True)
    process = start_inside(box, ACTIVITY)
    assert shown(process) == "ready"
    seen: list[list[Any]] = []
    began = time.monotonic()
    finished: dict[str, list[Any]] = {}
    while len(finished) < 2 and time.monotonic() - began < 90:
        seen.append(shown(process))
        finished = {name: evidence for name, runs, _, evidence in seen[-1] if not runs}
    assert ["slow", True, None, None] in [run for runs in seen for run in runs]
    assert finished["slow"] == ["start seen in the process table", "no exit status"]
    assert finished["quick"][0].startswith(("log grew at ", "start seen in the process table"))
    outcomes = {outcome for runs in seen for _, _, outcome, _ in runs}
    assert outcomes <= {None, "unknown"}
