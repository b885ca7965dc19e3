"""The pack's jobs on cron, the user's systemd and the system's: placed, run, paused, taken away."""

from __future__ import annotations

from typing import Any

import pytest

from tests.box.inside import inside
from tests.box.machine import Box, between_looks_of_cron, wait_until

SCRIPTS = "/home/fed/my scripts 100%/it's"
LOGS = "/home/fed/lögs & more"
HEAD = f"""
from fedtui import changes
from fedtui.action_result import Refused
from tests.box.acting import PORTS
from fedtui.changes.change_set import plan_change_set, NothingToChange
from fedtui.changes.wording import Wording
from fedtui.federation.managed_job import ManagedJob
from fedtui.federation.backends.placement import removal_edits, install_edits, installed_jobs
from fedtui.schedulers import planning

def job(key, schedule, **more):
    script = {SCRIPTS!r} + "/" + key + ".sh"
    log = {LOGS!r} + "/" + key + ".log"
    return ManagedJob(key, key + "-job", "The " + key, ("bash", script), schedule, log, **more)

async def change(parts, verb="setup"):
    plan = await plan_change_set(Wording(verb, "", "the pack", "Set up.", "Done."), parts, PORTS)
    applied = await changes.apply(plan, PORTS)
    return [applied.message, [" ".join(step.command) for step in plan.steps if step.command]]

async def main():
    try:
        show(await work())
    except Refused as refused:
        show({{"refused": str(refused)}})
"""
RUN = "\nasyncio.run(main())\n"


def acts(box: Box, code: str, user: str = "fed") -> Any:
    body = "\n".join(f"    {line}" for line in code.strip().splitlines())
    return inside(box, f"{HEAD}\nasync def work():\n{body}\n{RUN}", user, timeout=60)


@pytest.fixture
def scripts(box: Box) -> Box:
    box.run(["mkdir", "-p", SCRIPTS, LOGS], check=True)
    for key in ("sync", "export"):
        box.write(f"{SCRIPTS}/{key}.sh", f'echo "{key} ran as $(id -un) in $PWD with $NAME"\n')
    return box


def kept(box: Box) -> str:
    """Everything of the crontab and of the folders of units."""
    units = "find .config/systemd /etc/systemd/system -type f -newer /etc/hostname -exec cat {} + 2>/dev/null"
    return box.run(["sh", "-c", f"crontab -l; {units}; systemctl --user list-timers --all"]).stdout


JOBS = (
    'jobs = [job("sync", "* * * * *", environment={"NAME": "50% \\"$HOME\\""}), job("export", "0 2 * * 0")]\n'
)


def test_units_of_the_user_run_the_scripts_and_leave_nothing_behind(scripts: Box) -> None:
    before = kept(scripts)
    told = acts(scripts, JOBS + 'return await change(await install_edits(jobs, "user", "", PORTS))')
    assert told[0] == "Done."
    assert "systemctl --user enable --now sync-job.timer" in told[1]
    assert acts(scripts, JOBS + 'return await install_edits(jobs, "user", "", PORTS)') == []
    scripts.run(["systemctl", "--user", "start", "sync-job.service"], check=True)
    ran = scripts.run(["cat", f"{LOGS}/sync.log"]).stdout.splitlines()
    assert ran[0] == 'sync ran as fed in /home/fed with 50% "$HOME"'
    found = acts(
        scripts,
        'found = await installed_jobs("user", PORTS)\n'
        "return {key: [one.job_id, one.schedule, one.planned, one.custom, one.paused]"
        " for key, one in found.items()}",
    )
    assert found == {
        "sync": ["user-timer:sync-job.timer", "OnCalendar=*-*-* *:*:00", "* * * * *", False, False],
        "export": ["user-timer:export-job.timer", "OnCalendar=Sun *-*-* 02:00:00", "0 2 * * 0", False, False],
    }
    told = acts(scripts, 'return await change(await removal_edits(["sync", "export"], "user", "", PORTS))')
    assert told[0] == "Done."
    assert kept(scripts) == before
    assert acts(scripts, "return (await changes.apply(await changes.plan_undo(PORTS), PORTS)).message") == (
        "Undone: setup the pack."
    )
    assert acts(scripts, JOBS + 'return await install_edits(jobs, "user", "", PORTS)') == []
    for _ in range(2):
        acts(scripts, "return (await changes.apply(await changes.plan_undo(PORTS), PORTS)).message")
    acts(scripts, 'return await change(await removal_edits(["sync", "export"], "user", "", PORTS))')
    assert kept(scripts) == before


def test_a_paused_or_rescheduled_timer_stays_so_through_another_profile(scripts: Box) -> None:
    acts(scripts, JOBS + 'return await change(await install_edits(jobs, "user", "", PORTS))')
    scripts.run(["systemctl", "--user", "disable", "--now", "export-job.timer"], check=True)
    change = (
        "from tests.box.acting import find\n"
        'job = await find("sync-job.timer")\n'
        'plan = await planning.plan_reschedule(job, "hourly", PORTS, "busy", "#12")\n'
        "return (await changes.apply(plan, PORTS)).message"
    )
    acts(scripts, change)
    acts(
        scripts,
        'jobs = [job("sync", "*/15 * * * *"), job("export", "0 3 * * *")]\n'
        'return await change(await install_edits(jobs, "user", "", PORTS))',
    )
    show = (
        'found = await installed_jobs("user", PORTS)\n'
        "return {key: [one.schedule, one.custom, one.paused, one.why] for key, one in found.items()}"
    )
    found = acts(scripts, show)
    assert found["sync"][:3] == ["OnCalendar=hourly", True, False]
    assert found["sync"][3].endswith("reason: busy; ticket #12")
    assert found["export"] == ["OnCalendar=*-*-* 03:00:00", False, True, ""]
    acts(
        scripts,
        'jobs = [job("sync", "*/15 * * * *")]\n'
        'return await change(await install_edits(jobs, "user", "", PORTS, reset=["sync"], gone=["export"]))',
    )
    assert acts(scripts, show) == {"sync": ["OnCalendar=*-*-* *:00..45/15:00", False, False, ""]}
    assert scripts.run(["ls", ".config/systemd/user"]).stdout.split() == [
        "sync-job.service",
        "sync-job.timer",
        "timers.target.wants",
    ]
    acts(scripts, 'return await change(await removal_edits(["sync"], "user", "", PORTS))')


def test_root_has_the_system_run_them_as_fed(scripts: Box) -> None:
    before = kept(scripts)
    at_home = JOBS + 'return await change(await install_edits(jobs, "system", "fed", PORTS))'
    assert acts(scripts, at_home, "root")["refused"] == (
        f"systemd opens {LOGS}/sync.log as root at each run, and {LOGS} is controlled by fed, not by root. "
        "Nothing was changed. Choose a folder of root's, such as --log-dir /var/log, or --backend cron."
    )
    logs = LOGS.replace("/home/fed", "/srv")
    scripts.run(["mkdir", logs], "root", check=True)
    moved = f"jobs = [replace(one, log=one.log.replace({LOGS!r}, {logs!r})) for one in jobs]"
    elsewhere = at_home.replace("return", f"{moved}\nreturn")
    acts(scripts, f"from dataclasses import replace\n{elsewhere}", "root")
    scripts.run(["systemctl", "start", "sync-job.service"], user="root", check=True)
    assert scripts.run(["cat", f"{logs}/sync.log"]).stdout.splitlines()[0] == (
        'sync ran as fed in /home/fed with 50% "$HOME"'
    )
    assert scripts.run(["stat", "-c", "%U", f"{logs}/sync.log"]).stdout == "fed\n"
    acts(scripts, 'return await change(await removal_edits(["sync", "export"], "system", "", PORTS))', "root")
    scripts.run(["rm", "-r", logs], "root", check=True)
    assert kept(scripts) == before


def test_a_usual_user_is_told_that_the_systems_units_are_not_theirs(scripts: Box) -> None:
    refused = acts(scripts, JOBS + 'return await change(await install_edits(jobs, "system", "", PORTS))')
    assert refused["refused"] == (
        "/etc/systemd/system/sync-job.service cannot be written: /etc/systemd/system is not yours. "
        "Nothing was changed. Run the same command as root, with sudo."
    )


def test_cron_runs_the_lines_and_their_removal_leaves_the_bytes_from_before(scripts: Box) -> None:
    scripts.write("/home/fed/table", b"# mine\n@yearly\ttrue  \n# no more")
    scripts.run(["sh", "-c", "echo >> table; crontab table"], check=True)
    before = scripts.run(["crontab", "-l"]).stdout
    scripts.run(["rm", "-f", f"{LOGS}/sync.log"], check=True)
    between_looks_of_cron()
    acts(scripts, JOBS + 'return await change(await install_edits(jobs, "cron", "", PORTS))')
    assert acts(scripts, JOBS + 'return await install_edits(jobs, "cron", "", PORTS)') == []
    assert "# fedtui: pack sync (* * * * *)" in scripts.run(["crontab", "-l"]).stdout
    wait_until(
        lambda: "ran" in scripts.run(["sh", "-c", f'cat "{LOGS}/sync.log"']).stdout, 100, "cron ran it"
    )
    assert scripts.run(["cat", f"{LOGS}/sync.log"]).stdout.splitlines()[0] == (
        'sync ran as fed in /home/fed with 50% "$HOME"'
    )
    acts(scripts, 'return await change(await removal_edits(["sync", "export"], "cron", "", PORTS))')
    assert scripts.run(["crontab", "-l"]).stdout == before


def test_from_no_crontab_to_none(scripts: Box) -> None:
    scripts.run(["crontab", "-r"])
    acts(scripts, JOBS + 'return await change(await install_edits(jobs, "cron", "", PORTS))')
    acts(
        scripts,
        'return await change(await removal_edits(["sync", "export"], "cron", "", PORTS, no_table=True))',
    )
    assert scripts.run(["crontab", "-l"]).stderr == "no crontab for fed\n"


def test_a_unit_of_somebody_elses_is_not_written_over(scripts: Box) -> None:
    scripts.write("/home/fed/.config/systemd/user/sync-job.service", "[Service]\nExecStart=/bin/true\n")
    refused = acts(scripts, JOBS + 'return await change(await install_edits(jobs, "user", "", PORTS))')
    assert "sync-job.service already, which is not fedtui's" in refused["refused"]
    scripts.run(["rm", ".config/systemd/user/sync-job.service"], check=True)


def test_a_unit_that_systemd_complains_of_is_not_written(scripts: Box) -> None:
    code = (
        "from fedtui.changes.edits import FileEdit\n"
        "from fedtui.federation.backends.unit_pairs import folder\n"
        'path = str(folder(user_manager=True) / "x.service")\n'
        'return await change([FileEdit(path, None, b"[Service]\\nExecStart=/bin/true\\nFrob=1\\n")])'
    )
    refused = acts(scripts, code)
    assert "systemd-analyze verify refuses it: x.service:3: Unknown key 'Frob'" in refused["refused"]
    assert scripts.run(["ls", ".config/systemd/user/x.service"]).returncode != 0


def test_a_unit_that_cannot_be_started_takes_all_of_it_back(scripts: Box) -> None:
    before = kept(scripts)
    code = (
        "from fedtui.changes.edits import FileEdit, TableEdit, UnitEdit\n"
        "from fedtui.federation.backends.unit_pairs import folder\n"
        "home = folder(user_manager=True)\n"
        'timer = b"[Timer]\\nOnCalendar=2001-01-01\\n[Install]\\nWantedBy=timers.target\\n"\n'
        'service = b"[Service]\\nType=oneshot\\nExecStart=/bin/true\\n"\n'
        "now = await asyncio.to_thread(PORTS.crontabs[PORTS.user].read)\n"
        "return await change([\n"
        '    FileEdit(str(home / "old.service"), None, service),\n'
        '    FileEdit(str(home / "old.timer"), None, timer),\n'
        '    TableEdit("fed", "crontab", now, b"1 1 1 1 * true\\n"),\n'
        '    UnitEdit("old.timer", True, (False, False), (True, True), due=True),\n'
        "])"
    )
    refused = acts(scripts, code)["refused"]
    assert "no run of it is due" in refused
    assert "rolled back" in refused
    assert kept(scripts) == before


def test_a_kill_in_the_middle_can_be_undone(scripts: Box) -> None:
    before = kept(scripts)
    code = (
        JOBS + "import signal\n"
        "from fedtui.changes import unit_edits\n"
        "async def dies(*_):\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
        "unit_edits.switch = dies\n"
        'return await change(await install_edits(jobs, "user", "", PORTS))'
    )
    with pytest.raises(AssertionError):
        acts(scripts, code)
    assert kept(scripts) != before
    said = acts(
        scripts,
        "plan = await changes.plan_undo(PORTS)\n"
        "applied = await changes.apply(plan, PORTS)\n"
        "return [plan.summary, applied.message]",
    )
    assert "It was cut short" in said[0]
    assert kept(scripts) == before
