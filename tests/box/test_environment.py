"""`fedtui env` on the real daemons: a job that works in the shell and fails in cron, and why.

The same by keys is in test_story_environment.py.
The two sides are held against what cron and systemd really give: the environment that a job of theirs prints.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.box.federation import install, table
from tests.box.machine import Box, between_looks_of_cron, wait_until

A_CRON_MINUTE = 75.0
PROFILE = 'export PATH="$HOME/.local/bin:$PATH" QDRANT_URL=http://node1:6333 API_TOKEN=s3cr3t-1\n'
SCRIPT = """#!/bin/sh
echo begin
names=$(jq .names) || exit
echo "$names"
"""
TABLE = (
    b"# before\n"
    b'MAILTO=""\n'
    b"0 0 1 1 * true\n"
    b"\n"
    b"# The export\n"
    b"# name: broken\n"
    b'* * * * * sh ~/broken.sh >> ~/broken.log 2>&1; code=$?; echo "exit $code" >> ~/broken.log; exit $code\n'
)
PATH = b"/home/fed/.local/bin:/usr/local/bin:/usr/bin:/bin:/usr/local/games:/usr/games"
MENDED = TABLE.replace(b"# The export\n", b"PATH=" + PATH + b"\n# The export\n")


@pytest.fixture
def fed(box: Box) -> Iterator[Box]:
    box.reset()
    box.write("/home/fed/.profile", PROFILE)
    box.write("/home/fed/.local/bin/jq", "#!/bin/sh\necho jq: found\n", mode=0o755)
    box.write("/home/fed/broken.sh", SCRIPT)
    yield box
    box.run(["crontab", "-r"])


def env(box: Box, *arguments: str, status: int = 0) -> str:
    done = box.run(["fedtui", "env", *arguments])
    assert (done.returncode, "Traceback" in done.stderr) == (status, False), done.stdout + done.stderr
    return done.stdout


def test_without_a_screen(fed: Box) -> None:
    install(fed, TABLE)
    report = json.loads(env(fed, "broken", "--diff", "--json"))
    values = {one["name"]: (one["relation"], one["scheduler"]) for one in report["variables"]}
    assert values["PATH"] == ("differs", "/usr/bin:/bin")
    assert values["QDRANT_URL"] == ("missing", None)
    assert "s3cr3t" not in json.dumps(report)
    (jq,) = (one for one in report["commands"] if one["name"] == "jq")
    assert (jq["where"], jq["scheduler"], jq["shell"]) == (
        "line 3 of broken.sh",
        None,
        "/home/fed/.local/bin/jq",
    )
    (line,) = (line for line in env(fed, "broken", "--diff").splitlines() if line.startswith("Fix: "))
    words = line.removeprefix("Fix: ").split()
    assert words[:2] == ["fedtui", "env"]
    assert env(fed, *words[2:], "--dry-run").endswith("Dry run: nothing was changed.\n")
    refused = fed.run(["fedtui", "env", *words[2:]])
    assert (refused.returncode, table(fed)) == (3, TABLE)
    assert "No other job is touched." in env(fed, *words[2:], "--yes")
    assert table(fed) == MENDED
    assert env(fed, "broken").splitlines()[-2].startswith("PATH=/home/fed/.local/bin:")
    fed.run(["fedtui", "undo", "--yes"], check=True)
    assert table(fed) == TABLE


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("LOGNAME=eve", "LOGNAME is cron's own"),
        ("SHELL=/bin/nosh", "no program here"),
        ("HOME=/nowhere", "no folder here"),
    ],
)
def test_what_would_break_the_jobs_is_refused(fed: Box, setting: str, said: str) -> None:
    install(fed, TABLE)
    done = fed.run(["fedtui", "env", "broken", "--set", setting, "--yes"])
    assert (done.returncode, said in done.stderr, table(fed)) == (3, True, TABLE)


def test_crons_side_is_what_the_daemon_gives(fed: Box) -> None:
    """A job of the daemon prints its environment; while it runs, its own word is taken as well."""
    own = b'A = "b  c"\nEMPTY=""\nHOME=/home/fed/elsewhere\nSHELL=/bin/bash\n'
    job = b"# name: prints\n* * * * * cat /proc/$$/environ > /home/fed/printed.part; "
    job += b"mv /home/fed/printed.part /home/fed/printed; sleep 50; true\n"
    fed.run(["mkdir", "elsewhere"], check=True, cwd="/home/fed")
    between_looks_of_cron()
    install(fed, own + job)
    wait_until(fed.path("/home/fed/printed").exists, A_CRON_MINUTE, "cron runs the job", pause=0.2)
    given = dict(item.split(b"=", 1) for item in fed.read("/home/fed/printed").split(b"\0") if item)
    report = json.loads(env(fed, "prints", "--json"))
    sides = {one["name"]: one["scheduler"] for one in report["variables"]}
    assert {name: value for name, value in sides.items() if value is not None} == {
        name.decode(): value.decode() for name, value in given.items()
    }
    assert "cron's own child, pid " in report["evidence"]


ENVIRONMENT_FILE = """\
A=1
B = "two words"\x20\x20
C=a"b"c
D="x\\"y" z
; no
E=a\\
 b
export F=1
G='q$HOME'
H=  sp\x20\x20
I="multi
line"
J=a\\nb
K=
"""
SERVICE = """\
[Service]
Type=oneshot
Environment=PLAIN=1 "QUOTED=a b" GONE=x A=0
EnvironmentFile=%h/settings
EnvironmentFile=-%h/none
UnsetEnvironment=GONE LANG
ExecStart=/bin/sh -c 'cat /proc/$$$$/environ > %h/printed; jq .'
"""
TIMER = "[Timer]\nOnCalendar=yearly\n[Install]\nWantedBy=timers.target\n"
NEW_EACH_RUN = {"INVOCATION_ID", "JOURNAL_STREAM", "SYSTEMD_EXEC_PID", "MANAGERPID"}


def given_by_systemd(report: dict[str, Any]) -> dict[str, str]:
    return {one["name"]: one["scheduler"] for one in report["variables"] if one["scheduler"] is not None}


def printed(box: Box, path: str) -> dict[str, str]:
    pairs = (item.decode().split("=", 1) for item in box.read(path).split(b"\0") if item)
    return {name: value for name, value in pairs if name not in NEW_EACH_RUN}


def test_systemds_side_is_what_a_unit_gets(fed: Box) -> None:
    units = "/home/fed/.config/systemd/user"
    fed.write(f"{units}/exp.service", SERVICE)
    fed.write(f"{units}/exp.timer", TIMER)
    fed.write("/home/fed/settings", ENVIRONMENT_FILE)
    fed.run(["systemctl", "--user", "daemon-reload"], check=True)
    fed.run(["systemctl", "--user", "enable", "--now", "exp.timer"], check=True)
    assert fed.run(["systemctl", "--user", "start", "exp.service"]).returncode == 1
    report = json.loads(env(fed, "exp", "--json", "--show-secrets"))
    shown = {name: value.replace("\n", "␊") for name, value in printed(fed, "/home/fed/printed").items()}
    assert given_by_systemd(report) == shown
    (jq,) = (one for one in report["commands"] if one["name"] == "jq")
    assert (jq["relation"], jq["scheduler"]) == ("missing", None)
    text = env(fed, "exp", "--diff")
    assert "! Works in your shell, fails as a unit: the line calls jq" in text
    assert "Fix: set it in a drop-in of exp.service, under [Service]:" in text
    assert 'Environment="PATH=/home/fed/.local/bin:' in text
    refused = fed.run(["fedtui", "env", "exp", "--set", "PATH=/bin", "--yes"])
    assert refused.returncode == 3
    assert "Run: systemctl --user edit exp.service" in refused.stderr


@pytest.mark.parametrize("user", ["", "User=ops\n"])
def test_systemds_side_of_a_system_unit(fed: Box, user: str) -> None:
    service = f"[Service]\nType=oneshot\n{user}ExecStart=/bin/sh -c 'cat /proc/$$$$/environ'\n"
    service += "StandardOutput=truncate:/run/printed-by-unit\n"
    fed.write("/etc/systemd/system/probe.service", service, user="root")
    fed.write("/etc/systemd/system/probe.timer", TIMER, user="root")
    try:
        fed.run(["systemctl", "daemon-reload"], "root", check=True)
        fed.run(["systemctl", "start", "probe.timer"], "root", check=True)
        fed.run(["systemctl", "start", "probe.service"], "root", check=True)
        report = json.loads(env(fed, "probe", "--json"))
        assert given_by_systemd(report) == printed(fed, "/run/printed-by-unit")
    finally:
        fed.run(["systemctl", "stop", "probe.timer"], "root")
        for name in ("probe.service", "probe.timer"):
            fed.path(f"/etc/systemd/system/{name}").unlink(missing_ok=True)
        fed.run(["systemctl", "daemon-reload"], "root")


def test_root_asks_the_shell_of_the_jobs_own_user(fed: Box) -> None:
    install(fed, TABLE)
    done = fed.run(["fedtui", "env", "broken", "--json"], "root", check=True)
    report = json.loads(done.stdout)
    values = {one["name"]: one["shell"] for one in report["variables"]}
    assert values["QDRANT_URL"] == "http://node1:6333"
    assert (values["USER"], values["HOME"]) == ("fed", "/home/fed")
    left = fed.output(["ps", "-u", "fed", "-o", "args="], "root")
    assert "/usr/bin/env -0" not in left


def test_a_usual_user_looks_at_a_job_of_root(fed: Box) -> None:
    fed.write("/etc/cron.d/probe", "PATH=/root/bin:/bin\n0 0 1 1 * root no-such-tool\n", user="root")
    try:
        report = json.loads(env(fed, "no-such-tool", "--json"))
    finally:
        fed.path("/etc/cron.d/probe").unlink()
    (tool,) = report["commands"]
    assert (tool["relation"], tool["scheduler"]) in (("unknown", None), ("nowhere", None))
    assert "The job is root's; this is the shell of fed" in report["notes"][0]
