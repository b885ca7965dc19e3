"""The pack's logs under the real logrotate: set up, rotated by force while they are written, taken away."""

from __future__ import annotations

from typing import Any

from tests.box.inside import inside, shown, start_inside
from tests.box.machine import Box

HEAD = """
from dataclasses import replace
from fedtui import changes
from fedtui.action_result import Refused
from tests.box.acting import PORTS
from fedtui.changes.change_set import plan_change_set, NothingToChange
from fedtui.changes.wording import Wording
from fedtui.federation.backends.placement import removal_edits, install_edits, installed_jobs
from fedtui.federation.rotation.rotation import rotation, rotation_gone
from fedtui.federation.job_account import account_of
from fedtui.pack import Pack

NAMES = ("federated-sync.log", "federated-git.log", "dashboard-metrics.log", "it's my 100% [own].log")

async def made(folder, run_as="", backend="cron"):
    pack = Pack("/home/fed/repo", "conservative", backend, folder, "2026-11-25", run_as=run_as)
    logs = [Path(folder) / name for name in NAMES]
    return await rotation(pack, logs, account_of(run_as, PORTS), PORTS)

async def change(parts):
    plan = await plan_change_set(Wording("setup", "", "the pack", "Set up.", "Done."), parts, PORTS)
    return (await changes.apply(plan, PORTS)).message

async def main():
    try:
        show(await work())
    except Refused as refused:
        show({"refused": str(refused)})
"""
# As the jobs do it: the shell reopens the log for each run. In /var/log, where users make no files, it
# cannot between the renaming and the new log: then that run does not start, and the next one writes.
SHORT_WRITER = """
number = 0
while number < {lines}:
    time.sleep(0.01)
    try:
        with open({log!r}, "a") as log:
            log.write(f"short {{number}}\\n")
    except PermissionError:
        continue
    number += 1
"""
# As a run does that is long: it keeps what it opened.
LONG_WRITER = """
with open({log!r}, "a") as log:
    for number in range({lines}):
        log.write(f"long {{number}}\\n")
        log.flush()
        if number == {lines} // 4:
            show("under way")
            while not os.path.exists("/home/fed/go-on"):
                time.sleep(0.02)
"""
FOLLOW = """
from fedtui.logs.log_follower import LogFollower
async def main():
    async for event in LogFollower({log!r}).follow():
        show([event.change, [line.decode() for line in event.lines]])
asyncio.run(main())
"""
LINES = 200


def acts(box: Box, code: str, user: str = "fed") -> Any:
    body = "\n".join(f"    {line}" for line in code.strip().splitlines())
    return inside(box, f"{HEAD}\nasync def work():\n{body}\n\nasyncio.run(main())\n", user, timeout=60)


SET_UP = """
found = await made({folder!r}, {run_as!r}, {backend!r})
placing = await install_edits(found.jobs, {backend!r}, {run_as!r}, PORTS) if found.jobs else ()
parts = (*found.edits, *placing)
message = await change(parts) if parts else "nothing"
said = [f"{{one.severity}} {{one.text}}" for one in found.issues]
return [message, found.by, [job.argv for job in found.jobs], said]
"""


def set_up(box: Box, folder: str, user: str = "fed", run_as: str = "", backend: str = "cron") -> Any:
    return acts(box, SET_UP.format(folder=folder, run_as=run_as, backend=backend), user)


def take_away(box: Box, backend: str) -> None:
    code = f"""
gone = await removal_edits(["rotate"], {backend!r}, "", PORTS, no_table=True)
return await change([*gone, *(await rotation_gone(PORTS)).edits])
"""
    assert acts(box, code) == "Done."


def counted(box: Box, pattern: str, user: str = "fed") -> list[str]:
    """Every line of the logs that match, rotated and compressed ones too."""
    read = f'for log in {pattern}; do case "$log" in *.gz) zcat "$log";; *) cat "$log";; esac; done'
    return box.run(["sh", "-c", read], user, check=True).stdout.splitlines()


def a_long_run_loses_nothing(box: Box, folder: str, command: list[str], user: str) -> None:
    """A log is put aside while a run has it open: the rest of its lines land there, still plain."""
    log = f"{folder}/federated-git.log"
    writer = start_inside(box, LONG_WRITER.format(log=log, lines=LINES))
    assert shown(writer) == "under way"
    box.run(command, user, check=True)
    box.run(["touch", "/home/fed/go-on"], check=True)
    assert writer.wait(20) == 0
    box.run(["rm", "/home/fed/go-on"], check=True)
    assert counted(box, f"{log}.1") == [f"long {number}" for number in range(LINES)]
    assert box.run(["stat", "-c", "%U %G %a %s", log]).stdout == "fed fed 644 0\n"


def short_runs_lose_nothing(box: Box, folder: str, command: list[str], user: str) -> None:
    """Three rotations among many short runs: every line is in a file, and fedtui's follower saw each once."""
    log = f"{folder}/federated-sync.log"
    box.run(["sh", "-c", f"rm -f {log}.*; echo before > {log}"], check=True)
    follower = start_inside(box, FOLLOW.format(log=log))
    assert shown(follower) == ["lines", ["before"]]
    writer = start_inside(box, SHORT_WRITER.format(log=log, lines=LINES))
    followed: list[str] = []
    changes: set[str] = set()
    rotations = 0
    while f"short {LINES - 1}" not in followed:
        change, lines = shown(follower)
        changes.add(change)
        followed += lines
        if rotations < 3 and len(followed) > (rotations + 1) * LINES // 5:
            box.run(command, user, check=True)
            rotations += 1
    assert writer.wait(20) == 0
    follower.kill()
    assert (rotations, "rotated" in changes) == (3, True)
    short = [f"short {number}" for number in range(LINES)]
    assert sorted(counted(box, f"{log}*")) == sorted(["before", *short])
    # What a run wrote into a log of its own making, in the same instant, logrotate keeps as a backup.
    aside = box.run(["sh", "-c", f"cat {log}-*.backup"]).stdout.splitlines()
    assert sorted([*followed, *aside]) == sorted(short)


def four_are_left(box: Box, folder: str, command: list[str], user: str) -> None:
    metrics = f"{folder}/dashboard-metrics.log"
    for number in range(6):
        box.run(["sh", "-c", f"echo {number} >> {metrics}"], check=True)
        box.run(command, user, check=True)
    names = box.run(["sh", "-c", f"cd {folder} && ls dashboard-metrics.log*"]).stdout.split()
    assert names == [f"dashboard-metrics.log{end}" for end in ("", ".1", ".2.gz", ".3.gz", ".4.gz")]
    assert counted(box, f"{metrics}.*") == ["5", "4", "3", "2"]
    assert box.run(["stat", "-c", "%U %G %a", metrics]).stdout == "fed fed 644\n"


def test_in_a_users_own_folder(box: Box) -> None:
    folder = "/home/fed/logs"
    box.run(["mkdir", "-p", folder], check=True)
    message, by, (argv,), issues = set_up(box, folder)
    config, state = (
        "/home/fed/.config/fedtui/logrotate.conf",
        "/home/fed/.local/state/fedtui/logrotate.status",
    )
    assert (message, by, issues) == ("Done.", config, [])
    assert argv == ["/usr/sbin/logrotate", "--state", state, config]
    assert "23 12 * * * /usr/sbin/logrotate --state" in box.run(["crontab", "-l"]).stdout
    assert set_up(box, folder)[0] == "nothing"
    command = [argv[0], "--force", *argv[1:]]
    a_long_run_loses_nothing(box, folder, command, "fed")
    short_runs_lose_nothing(box, folder, command, "fed")
    four_are_left(box, folder, command, "fed")
    box.run(["sh", "-c", 'echo mine > "logs/it\'s my 100% [own].log"'], check=True)
    box.run(command, check=True)
    assert box.run(["cat", "logs/it's my 100% [own].log.1"]).stdout == "mine\n"
    # Not by force: on a day that is no Sunday and within a week of the last, nothing is to be done.
    assert box.run(argv).returncode == 0
    take_away(box, "cron")
    assert box.run(["sh", "-c", f"ls {config} {state}"]).stdout == ""
    assert box.run(["crontab", "-l"]).stderr == "no crontab for fed\n"
    assert counted(box, f"{folder}/dashboard-metrics.log.*") == ["5", "4", "3", "2"]


def test_by_a_timer_of_the_users(box: Box) -> None:
    folder = "/home/fed/logs"
    box.run(
        ["sh", "-c", f"mkdir -p {folder}; rm -f {folder}/*; echo x > {folder}/federated-sync.log"], check=True
    )
    message, _, (argv,), _ = set_up(box, folder, backend="user")
    assert message == "Done."
    box.run(["systemctl", "--user", "start", "federated-rotate.service"], check=True)
    # The first look only remembers the logs; it is a later one that finds a week gone.
    remembered = box.run(["cat", argv[2]]).stdout
    assert f'"{folder}/federated-sync.log" ' in remembered
    aged = "".join(
        f"{line.rpartition(' ')[0]} 2026-1-2-3:0:0\n" if line.startswith('"') else f"{line}\n"
        for line in remembered.splitlines()
    )
    box.write(argv[2], aged)
    box.run(["systemctl", "--user", "start", "federated-rotate.service"], check=True)
    assert box.run(["cat", f"{folder}/federated-sync.log.1"]).stdout == "x\n"
    assert box.run(["stat", "-c", "%U %s", f"{folder}/federated-sync.log"]).stdout == "fed 0\n"
    take_away(box, "user")


def test_the_machines_logrotate_rotates_in_var_log(own_box: Box) -> None:
    box = own_box
    own = "/etc/logrotate.d/fedtui-federation"
    for name in ("federated-sync", "federated-git", "dashboard-metrics"):
        box.run(
            ["install", "-o", "fed", "-g", "fed", "-m", "644", "/dev/null", f"/var/log/{name}.log"],
            "root",
            check=True,
        )
    # The guide's configuration is there already, and keeps what it rotates.
    guide = "/var/log/federated-*.log {\n  weekly\n  rotate 4\n  create 0644 fed fed\n}\n"
    box.write("/etc/logrotate.d/federated-learning", guide, "root")
    message, by, jobs, issues = set_up(box, "/var/log", "root", "fed")
    assert (message, by, jobs) == ("Done.", own, [])
    assert "\n".join(issues) == (
        "note /etc/logrotate.d/federated-learning rotates federated-sync.log, federated-git.log already, and "
        "continues to: two configurations of one log would make logrotate fail."
    )
    assert b"federated-sync" not in box.read(own)
    assert box.run(["/usr/sbin/logrotate", "/etc/logrotate.conf"], "root").returncode == 0
    box.run(["rm", "/etc/logrotate.d/federated-learning"], "root", check=True)
    assert set_up(box, "/var/log", "root", "fed")[0] == "Done."
    assert box.run(["stat", "-c", "%U %G %a", own]).stdout == "root root 644\n"
    assert set_up(box, "/var/log", "root", "fed")[0] == "nothing"
    command = ["/usr/sbin/logrotate", "--force", own]
    a_long_run_loses_nothing(box, "/var/log", command, "root")
    short_runs_lose_nothing(box, "/var/log", command, "root")
    four_are_left(box, "/var/log", command, "root")
    assert box.run(["systemctl", "start", "logrotate.service"], "root").returncode == 0
    # The same logs, as the user who may not: root's file is what they would have written.
    assert set_up(box, "/var/log") == ["nothing", own, [], []]
    left = acts(box, "return [r.advice for r in (await rotation_gone(PORTS)).issues]")
    assert left == [f"sudo rm {own}"]
    acts(box, "return await change((await rotation_gone(PORTS)).edits)", "root")
    assert box.run(["ls", own]).returncode != 0


def test_a_user_is_told_what_root_has_to_install(own_box: Box) -> None:
    box = own_box
    box.run(["install", "-o", "fed", "/dev/null", "/var/log/federated-sync.log"], "root", check=True)
    found = acts(
        box,
        'found = await made("/var/log")\n'
        "await change(found.edits)\n"
        "return [found.by, [str(r.severity) for r in found.issues], found.issues[-1].advice]",
    )
    assert found[:2] == ["", ["error"]]
    command = found[2].removeprefix("Then: ").removesuffix("; and once more: fedtui setup --rotate")
    assert command == (
        "sudo install -o root -g root -m 644 /home/fed/.config/fedtui/logrotate-system.conf "
        "/etc/logrotate.d/fedtui-federation"
    )
    box.run(["sh", "-c", command], "root", check=True)
    assert set_up(box, "/var/log")[1] == "/etc/logrotate.d/fedtui-federation"
    box.run(["sh", "-c", "echo x > /var/log/federated-sync.log"], check=True)
    box.run(["/usr/sbin/logrotate", "--force", "/etc/logrotate.conf"], "root", check=True)
    assert box.run(["cat", "/var/log/federated-sync.log.1"]).stdout == "x\n"


def test_root_rotates_in_a_users_folder_as_that_user(own_box: Box) -> None:
    box = own_box
    box.run(["sh", "-c", "mkdir logs; chmod 775 logs; echo x > logs/federated-sync.log"], check=True)
    assert set_up(box, "/home/fed/logs", "root", "fed")[0] == "Done."
    box.run(["/usr/sbin/logrotate", "--force", "/etc/logrotate.conf"], "root", check=True)
    assert box.run(["cat", "logs/federated-sync.log.1"]).stdout == "x\n"
    assert box.run(["stat", "-c", "%U", "logs/federated-sync.log"]).stdout == "fed\n"


def test_a_log_that_logrotate_would_pass_over_is_an_error(own_box: Box) -> None:
    box = own_box
    box.run(["sh", "-c", "mkdir logs; touch real; ln -s ~/real logs/federated-sync.log"], check=True)
    message, by, _, issues = set_up(box, "/home/fed/logs")
    assert (message, by) == ("nothing", "")
    assert len(issues) == 1
    assert "federated-sync.log is symbolic link" in issues[0]


def test_the_doctor_is_content_with_a_log_that_is_rotated(box: Box) -> None:
    folder = "/home/fed/logs"
    box.run(["sh", "-c", f"mkdir -p {folder}; rm -f {folder}/*"], check=True)
    box.run(["sh", "-c", f"head -c 60000000 /dev/zero > {folder}/federated-sync.log"], check=True)
    line = f"0 * * * * echo synced >> {folder}/federated-sync.log 2>&1\n"
    box.run(["crontab", "-"], input=line.encode(), check=True)
    code = """
import contextlib, io
from fedtui.__main__ import main
told = io.StringIO()
with contextlib.redirect_stdout(told), contextlib.suppress(SystemExit):
    main(["check", "--json"])
show([one["code"] for one in json.loads(told.getvalue())["findings"]])
"""
    assert "FT402" in inside(box, code)
    assert set_up(box, folder)[0] == "Done."
    assert "FT402" not in inside(box, code)
    take_away(box, "cron")
    assert "FT402" in inside(box, code)
    box.run(["sh", "-c", f"crontab -r; rm -f {folder}/*"], check=True)


ODD_NAMES = """
from fedtui.federation.rotation.check import complaints_own
from fedtui.federation.rotation.text import config_text
from fedtui.federation.job_account import JobAccount

names = ["a b", "it's", 'q"q', "st*r", "b[x]r", "back\\\\slash", "#x", "lög", "100%", "~t", "end\\\\", "qu?"]
names += ["[!a-c]", "$x`y`", "a\\\\*b", "-x", "'\\"\\\\[?*'", "with\\u00a0space"]
folder = Path.home() / "it's \\"odd\\" [d]*"
folder.mkdir()
logs = [folder / name for name in names]
text = config_text(logs, JobAccount("fed", 1000, 1000, "/home/fed", "/bin/sh", own=True), as_root=False)
said = [*complaints_own("/usr/sbin/logrotate", text, logs)]
for log in logs:
    log.write_text("x")
said += complaints_own("/usr/sbin/logrotate", text, logs)
config = Path.home() / "odd.conf"
config.write_bytes(text)
command = ["/usr/sbin/logrotate", "--force", "--state", str(Path.home() / "odd.state"), str(config)]
ended = subprocess.run(command, capture_output=True, text=True)
left = [log.name for log in logs if log.read_text() or Path(f"{log}.1").read_text() != "x"]
show([len(logs), said, ended.returncode, ended.stderr, left])
"""


def test_a_log_of_any_name_is_rotated(box: Box) -> None:
    assert inside(box, ODD_NAMES) == [18, [], 0, "", []]
