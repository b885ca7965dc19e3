"""The federation pack on a real machine: set up, switched, moved, taken away without a trace."""

from __future__ import annotations

import json
import re
import subprocess
from typing import Any

import pytest

from tests.box.machine import Box, between_looks_of_cron, wait_until
from tests.unit.cli.json_shape import misfits

ROOT = '/home/fed/it\'s "100 %" grün'
SYNC = f"{ROOT}/scripts/sync-learning-data.sh"
METRICS_LOG = "/home/fed/logs/dashboard-metrics.log"
METRICS = f"{ROOT}/generate-dashboard-data.sh"
EXPORT = f"{ROOT}/scripts/data/export-collections.sh"
SYNC_TEXT = """#!/run/current-system/sw/bin/bash
cd "$(dirname "$0")/.."
mkdir -p data
echo "$(id -un) $HOME $PWD" >> data/who
echo synced
"""
PARTLY = 4  # the export is a stub that fails, and is left out
OWN_TABLE = b'# mine\nMAILTO=""\n5 4 * * *\techo mine'  # and no newline at its end


def fedtui(box: Box, *words: str, status: int = 0, user: str = "fed") -> subprocess.CompletedProcess[str]:
    done = box.run(["fedtui", "setup", *words], user, timeout=120)
    assert done.returncode == status, f"setup {words}: {done.returncode}\n{done.stdout}{done.stderr}"
    assert "Traceback" not in done.stdout + done.stderr
    return done


def tree(box: Box, user: str = "fed") -> str:
    """Every file and folder of the user's, with mode, owner and sum, but for what fedtui keeps of its own."""
    find = "find . /var/log -xdev \\( -path ./.local/state/fedtui -o -path /var/log/journal \\) -prune -o "
    names = "-printf '%y %m %u %p\\n' | grep -v -E '/var/log/lastlog| [.]/[.]local(/state)?$' | sort"
    sums = f"{find} -type f -size -200k -exec sha256sum {{}} + | grep -v ' /var/log' | sort"
    units = "ls -R /etc/systemd/system /var/lib/systemd/linger; crontab -l 2>&1 | cat -A; cat /etc/crontab"
    return box.output(["sh", "-c", f"cd; {find} {names}; {sums}; {units}"], user)


def status(box: Box, user: str = "fed") -> dict[str, Any]:
    found: dict[str, Any] = json.loads(fedtui(box, "--status", "--json", user=user).stdout)
    return found


def scheduled(box: Box, user: str = "fed") -> list[dict[str, Any]]:
    """The jobs of the status but for those that were left out."""
    return [job for job in status(box, user)["jobs"] if job["left_out"] is None]


def has_line(box: Box, path: str) -> bool:
    try:
        return bool(box.read(path).strip())
    except FileNotFoundError:
        return False


@pytest.fixture(autouse=True)
def _repository(box: Box) -> None:
    box.reset()
    box.write(SYNC, SYNC_TEXT)
    box.write(METRICS, "echo metrics\n")
    box.write(EXPORT, "echo 'deprecated: use the other' >&2\nexit 2\n")


def test_without_a_terminal_and_without_yes_no_script_is_run(box: Box) -> None:
    before = tree(box)
    done = fedtui(box, "--root", ROOT, status=3)
    assert "There is no terminal to ask at. No script was run and nothing was changed." in done.stderr
    assert "trial run" not in done.stdout
    assert not box.path(f"{ROOT}/data").exists()
    assert tree(box) == before


def test_json_has_the_plan_the_result_and_what_is_left_out(box: Box) -> None:
    before = tree(box)
    found = json.loads(fedtui(box, "--root", ROOT, "--dry-run", "--json").stdout)
    assert (misfits(found, "SetupAnswer"), found["plan"]["verb"], found["plan"]["jobs"]) == ([], "setup", [])
    refused = json.loads(fedtui(box, "--root", ROOT, "--json", status=3).stdout)
    assert refused["error"]["untouched"] == "No script was run and nothing was changed."
    assert tree(box) == before

    done = fedtui(box, "--root", ROOT, "--yes", "--json", status=PARTLY)
    assert "trial run of federated-sync" in done.stderr
    found = json.loads(done.stdout)
    assert (misfits(found, "SetupAnswer"), found["not_set_up"]) == ([], ["federated-export"])
    failed = [one["text"] for one in found["issues"] if (one["severity"], one["job"]) == ("error", "export")]
    assert [text for text in failed if "exit 2" in text] == failed != []
    again = json.loads(fedtui(box, "--yes", "--json", status=PARTLY).stdout)
    assert (misfits(again, "SetupAnswer"), "result" in again) == ([], False)
    gone = json.loads(fedtui(box, "--remove", "--yes", "--json").stdout)
    assert (misfits(gone, "SetupAnswer"), gone["result"]["verb"], gone["not_set_up"]) == ([], "remove", [])
    assert box.run(["crontab", "-l"]).returncode == 1


@pytest.mark.parametrize("table", [None, OWN_TABLE])
def test_from_nothing_over_cron_and_timers_to_nothing(box: Box, table: bytes | None) -> None:
    if table is not None:
        box.write("/tmp/table", table)
        box.run(["sh", "-c", "printf '%s\\n' | cat /tmp/table - | crontab -"], check=True)
        box.run(["rm", "/tmp/table"], check=True)
    before = tree(box)
    dry = fedtui(box, "--root", ROOT, "--dry-run")
    assert "Dry run: no script is run" in dry.stdout
    assert not box.path(f"{ROOT}/data").exists()
    assert tree(box) == before

    done = fedtui(box, "--root", ROOT, "--yes", status=PARTLY)
    assert "Logs go to /home/fed/logs, since /var/log cannot be written to." in done.stdout
    assert "trial run of federated-sync" in done.stdout
    assert "failed, exit 2: its last line: deprecated: use the other" in done.stdout
    lines = box.output(["crontab", "-l"])
    assert "0 * * * * fedtui_run='bash " in lines
    assert lines.count("fedtui_run=") == 2
    assert "Wraps each cron line in fedtui's recorder, which writes start, end, exit code" in done.stdout
    assert "export-collections" not in lines
    assert "Nothing changes" in fedtui(box, "--yes", status=PARTLY).stdout

    between_looks_of_cron()
    fedtui(box, "--profile", "aggressive", "--yes", status=PARTLY)
    after = box.output(["crontab", "-l"])
    assert "* * * * * fedtui_run='bash " in after
    assert len(after.splitlines()) == len(lines.splitlines())
    if table is None:  # once is enough, and takes a minute
        wait_until(lambda: has_line(box, METRICS_LOG), 75, "cron runs the metrics job")

    fedtui(box, "--backend", "user", "--yes", status=PARTLY)
    assert "bash" not in box.run(["crontab", "-l"]).stdout
    if table is None:
        box.run(["rm", METRICS_LOG], check=True)
        wait_until(lambda: has_line(box, METRICS_LOG), 75, "systemd runs the metrics job")
    report = status(box)
    assert report["pack"]["backend"] == "user"
    assert [(job["key"], job["backend"], job["state"]) for job in scheduled(box)] == [
        ("sync", "user", "on"),
        ("metrics", "user", "on"),
    ]
    assert report["rollout"]["week"] == 2

    removed = fedtui(box, "--remove", "--yes")
    box.run(["rm", "-r", f"{ROOT}/data"], check=True)  # the scripts' own work
    assert tree(box) == before
    if table is None:
        # Two logs where a quarter of an hour began meanwhile: the sync has run as well.
        assert re.search(
            r"\d logs? of the pack go to ~/.local/state/fedtui/backup/federation-", removed.stdout
        )
        kept = box.output(["sh", "-c", "cat ~/.local/state/fedtui/backup/federation-*/dashboard-metrics.log"])
        assert set(kept.split()) == {"metrics"}
    assert "No federation pack is set up." in fedtui(box, "--status").stdout
    assert "No federation pack is set up" in fedtui(box, "--remove", "--yes", status=3).stderr


def test_the_history_of_a_job_follows_it_to_another_backend(box: Box) -> None:
    def sync() -> str:
        return next(str(job["id"]) for job in status(box)["jobs"] if job["key"] == "sync")

    def runs() -> dict[str, str]:
        """The ids of the runs, each with that of its job."""
        found = json.loads(box.output(["fedtui", "history", sync(), "--json"]))["runs"]
        return {run["id"]: run["job"] for run in found}

    fedtui(box, "--root", ROOT, "--yes", status=PARTLY)
    on_cron = sync()
    box.run(["fedtui", "run", on_cron, "--wait"], timeout=60)
    ((run, job),) = list(runs().items())[:1]
    assert job == on_cron
    fedtui(box, "--backend", "user", "--yes", status=PARTLY)
    assert sync() != on_cron
    assert runs()[run] == sync()
    fedtui(box, "--backend", "cron", "--yes", status=PARTLY)
    assert runs()[run] == on_cron
    fedtui(box, "--remove", "--yes")
    said = box.output(["fedtui", "history", "federated-sync"])
    assert "federated-sync (gone)" in said


def test_the_product_of_a_job_is_judged_without_a_setting(box: Box) -> None:
    fedtui(box, "--root", ROOT, "--yes", status=PARTLY)
    sync = next(job for job in status(box)["jobs"] if job["key"] == "sync")
    box.run(["fedtui", "run", sync["id"], "--wait"], timeout=60)
    run = json.loads(box.output(["fedtui", "history", sync["id"], "--json"]))["runs"][0]
    assert run["status"] == "warnings"
    assert run["reasons"] == [f"1 warning: its product {sync['product']} is not there"]


def test_a_removal_can_be_undone(box: Box) -> None:
    fedtui(box, "--root", ROOT, "--yes", status=PARTLY)
    table = box.output(["crontab", "-l"])
    fedtui(box, "--remove", "--yes")
    box.run(["fedtui", "undo", "--yes"], check=True)
    assert box.output(["crontab", "-l"]) == table
    assert status(box)["pack"]["profile"] == "conservative"
    box.run(["fedtui", "redo", "--yes"], check=True)
    assert box.run(["crontab", "-l"]).returncode == 1


def test_exit_codes_are_recorded_unless_that_is_refused_and_a_choice_of_the_users_stays(box: Box) -> None:
    fedtui(box, "--root", ROOT, "--no-record", "--yes", status=PARTLY)
    assert "fedtui_run=" not in box.output(["crontab", "-l"])
    assert "exit codes not recorded" in fedtui(box, "--status").stdout
    fedtui(box, "--profile", "aggressive", "--yes", status=PARTLY)
    assert "fedtui_run=" not in box.output(["crontab", "-l"])
    fedtui(box, "--record", "--yes", status=PARTLY)
    assert box.output(["crontab", "-l"]).count("fedtui_run=") == 2
    assert "Nothing changes" in fedtui(box, "--record", "--yes", status=PARTLY).stdout
    box.output(["fedtui", "record", "federated-sync", "--off", "--yes"])
    fedtui(box, "--profile", "conservative", "--yes", status=PARTLY)
    assert box.output(["crontab", "-l"]).count("fedtui_run=") == 1
    box.write(EXPORT, "echo exported\n")
    fedtui(box, "--yes")
    lines = box.output(["crontab", "-l"])
    assert (lines.count("fedtui_run="), "fedtui_run='bash " in lines) == (2, True)
    done = fedtui(box, "--no-record", "--yes")
    assert "Removes fedtui's recorder from each cron line." in done.stdout
    assert "fedtui_run=" not in box.output(["crontab", "-l"])
    fedtui(box, "--remove", "--yes")
    assert box.run(["crontab", "-l"]).returncode == 1


def test_a_custom_schedule_wants_a_reason_and_outlives_the_profile(box: Box) -> None:
    fedtui(box, "--root", ROOT, "--yes", status=PARTLY)
    refused = box.run(["fedtui", "reschedule", "federated-sync", "*/30 * * * *", "--yes"])
    assert refused.returncode == 2
    assert "say why it leaves it: --reason" in refused.stderr
    why = ["--reason", "high activity", "--ticket", "#123"]
    box.run(["fedtui", "reschedule", "federated-sync", "*/30 * * * *", *why, "--yes"], check=True)
    day = box.output(["date", "+%F"])
    reason = f"was 0 * * * * until {day}; reason: high activity; ticket #123"
    assert f"# fedtui: {reason}" in box.output(["crontab", "-l"]).splitlines()
    shown = box.output(["fedtui", "show", "federated-sync"])
    assert reason in shown
    fedtui(box, "--profile", "minimal", "--yes", status=PARTLY)
    sync = status(box)["jobs"][0]
    assert (sync["schedule"], sync["custom"]) == ("*/30 * * * *", True)
    assert sync["custom_reason"] == reason
    fedtui(box, "--backend", "user", "--yes", status=PARTLY)
    moved = status(box)["jobs"][0]
    assert (moved["schedule"], moved["custom"]) == ("OnCalendar=*-*-* *:00,30:00", True)
    assert moved["custom_reason"] == sync["custom_reason"]
    fedtui(box, "--backend", "cron", "--profile", "conservative", "--yes", status=PARTLY)
    back = status(box)["jobs"][0]
    assert (back["schedule"], back["custom_reason"]) == ("0,30 * * * *", sync["custom_reason"])
    fedtui(box, "--profile", "minimal", "--backend", "user", "--force", "--yes")
    reset = status(box)["jobs"][0]
    assert (reset["schedule"], reset["custom"]) == ("OnCalendar=*-*-* 01:00:00", False)
    fedtui(box, "--remove", "--yes")


def test_a_line_of_ones_own_is_not_doubled(box: Box) -> None:
    line = f"5 * * * * bash '{METRICS.replace(chr(39), chr(39) * 2)}'\n"
    own = '5 * * * * cd / && bash "$HOME/it\'s \\"100 \\%\\" grün/generate-dashboard-data.sh"\n'
    box.run(["crontab", "-"], input=own.encode(), check=True)
    done = fedtui(box, "--root", ROOT, "--yes", status=PARTLY)
    assert "runs this script already, 5 * * * *" in done.stdout, line
    assert [job["key"] for job in scheduled(box)] == ["sync"]
    why = {job["key"]: job["left_out"] for job in status(box)["jobs"]}
    assert why["metrics"].endswith(" runs its script"), why
    fedtui(box, "--remove", "--yes")
    assert box.output(["crontab", "-l"]) + "\n" == own


def test_system_units_are_roots_and_run_as_the_user(box: Box) -> None:
    refused = fedtui(box, "--root", ROOT, "--backend", "system", "--yes", status=3)
    assert "Run: sudo fedtui setup --root " in refused.stderr
    before = tree(box, "root")
    done = fedtui(
        box,
        "--root",
        ROOT,
        "--backend",
        "system",
        "--run-as",
        "fed",
        "--profile",
        "aggressive",
        "--yes",
        status=PARTLY,
        user="root",
    )
    assert "jobs run as fed. Logs go to /var/log" in done.stdout
    assert set(box.read(f"{ROOT}/data/who").decode().splitlines()) == {f"fed /home/fed {ROOT}"}
    wait_until(lambda: has_line(box, "/var/log/dashboard-metrics.log"), 75, "systemd runs the metrics job")
    owner = box.output(["stat", "-c", "%U %a", "/var/log/dashboard-metrics.log"], "root")
    assert owner == "fed 644"
    assert [job["state"] for job in scheduled(box, "root")] == ["on", "on"]
    fedtui(box, "--remove", "--yes", user="root")
    assert tree(box, "root") == before


def test_root_on_cron_writes_the_table_of_the_user(box: Box) -> None:
    before = tree(box, "root")
    fedtui(box, "--root", ROOT, "--run-as", "fed", "--yes", status=PARTLY, user="root")
    assert "bash '/home/fed/it'" in box.output(["crontab", "-l"])
    assert box.output(["stat", "-c", "%U %a", "/var/log/federated-sync.log"], "root") == "fed 644"
    fedtui(box, "--remove", "--yes", user="root")
    assert box.run(["crontab", "-l"]).returncode == 1
    assert tree(box, "root") == before


def test_rotation_and_alerts_come_along_and_go_again(box: Box) -> None:
    before = tree(box)
    done = fedtui(
        box, "--root", ROOT, "--rotate", "--mail-to", "ops@example.org", "--git", "--yes", status=PARTLY
    )
    assert "Not set up: federated-export, commits." in done.stdout  # ROOT is no checkout of git's
    report = status(box)
    assert (report["pack"]["git"], report["pack"]["rotate"]) == (False, True)
    where = {job["key"]: job["backend"] for job in scheduled(box)}
    assert where == {"sync": "cron", "metrics": "cron", "rotate": "cron", "alert": "user"}
    assert "federated-alert.timer" in box.output(["systemctl", "--user", "list-timers"])
    assert "logrotate --state" in box.output(["crontab", "-l"])
    assert "Nothing changes" in fedtui(box, "--yes", status=PARTLY).stdout
    fedtui(box, "--no-alert", "--no-rotate", "--backend", "user", "--yes", status=PARTLY)
    assert {job["key"] for job in scheduled(box)} == {"sync", "metrics"}
    fedtui(box, "--mail-to", "ops@example.org", "--yes", status=PARTLY)
    where = {job["key"]: job["backend"] for job in scheduled(box)}
    assert where == {"sync": "user", "metrics": "user", "alert": "cron"}
    fedtui(box, "--remove", "--yes")
    box.run(["rm", "-r", f"{ROOT}/data"], check=True)
    assert tree(box) == before


def test_commits_come_along_and_their_worktree_goes_again(box: Box) -> None:
    remote, name = "/home/fed/remote.git", "automation/federated-sync"
    who = "git config --global user.name Fed; git config --global user.email fed@example.org"
    box.run(["sh", "-c", f"{who}; git init -q --bare -b main {remote}"], check=True)
    begin = "git init -q -b main && git add . && git commit -qm begin"
    push = f"git remote add origin {remote} && git push -q origin main"
    box.run(["sh", "-c", f"{begin} && {push}"], cwd=ROOT, check=True)
    done = fedtui(box, "--root", ROOT, "--git", "--yes", status=PARTLY)
    assert (
        "origin answers; automation/federated-sync is not there yet: the first push makes it." in done.stdout
    )
    report = status(box)
    assert report["pack"]["git"]
    assert report["rollout"]["week"] == 3
    assert [job["key"] for job in scheduled(box)] == ["sync", "metrics", "git"]
    ran = box.run(["fedtui", "run", "federated-git", "--wait"], timeout=120)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    names = box.output(["git", "--git-dir", remote, "ls-tree", "-r", "--name-only", name])
    assert "data/who" in names.splitlines()
    assert box.output(["git", "branch", "--show-current"], cwd=ROOT) == "main"
    assert "Nothing changes" in fedtui(box, "--yes", status=PARTLY).stdout
    removed = fedtui(box, "--remove", "--yes")
    assert f"The branch {name} and its commits stay" in removed.stdout
    assert len(box.output(["git", "worktree", "list"], cwd=ROOT).splitlines()) == 1
    assert box.run(["crontab", "-l"]).returncode == 1


def test_an_undo_on_timers_and_a_conversion_to_and_fro_leave_nothing(box: Box) -> None:
    """systemd keeps a stamp for each timer, and a conversion makes folders: neither may stay."""
    box.write(SYNC, "echo synced\n")
    before = tree(box)
    fedtui(box, "--root", ROOT, "--backend", "user", "--yes", status=PARTLY)
    stamps = box.path("/home/fed/.local/share/systemd/timers")
    assert list(stamps.iterdir())
    for verb in ("undo", "redo", "undo"):
        box.run(["fedtui", verb, "--yes"], check=True, timeout=60)
    assert tree(box) == before

    fedtui(box, "--root", ROOT, "--yes", status=PARTLY)
    box.run(["fedtui", "convert", "federated-sync", "--to", "user", "--yes"], check=True, timeout=60)
    assert "on cron and user timers, set up on" in fedtui(box, "--status").stdout
    box.run(["fedtui", "convert", "federated-sync", "--to", "cron", "--yes"], check=True, timeout=60)
    fedtui(box, "--remove", "--yes")
    assert tree(box) == before


def test_what_stands_but_is_not_all_that_was_asked_for_is_not_called_as_it_should_be(box: Box) -> None:
    fedtui(box, "--root", ROOT, "--yes", status=PARTLY)
    again = fedtui(box, "--yes", status=PARTLY).stdout
    assert "Nothing changes. Not set up: federated-export; what was found says why." in again
    assert "as it should be" not in again
    box.write(EXPORT, "echo exported\n")
    fedtui(box, "--yes")
    assert "Nothing changes: everything is as it should be already." in fedtui(box, "--yes").stdout


def test_without_a_user_manager_it_is_said_how_to_get_one(box: Box) -> None:
    root = "/home/ops/federation"
    box.write(f"{root}/generate-dashboard-data.sh", "echo metrics\n", user="ops")
    said = fedtui(box, "--root", root, "--backend", "user", "--linger", "--yes", status=3, user="ops").stderr
    assert "systemd's user bus cannot be reached" in said
    assert "sudo loginctl enable-linger ops" in said


def test_a_folder_that_went_away_is_named_by_the_status(box: Box) -> None:
    fedtui(box, "--root", ROOT, "--yes", status=PARTLY)
    box.run(["mv", ROOT, "/home/fed/elsewhere"], check=True)
    assert f"✗ There is no folder {ROOT} any more" in fedtui(box, "--status").stdout
    fedtui(box, "--remove", "--yes")
    box.run(["rm", "-r", "/home/fed/elsewhere"], check=True)


def test_an_address_that_is_none_is_not_written_down(box: Box) -> None:
    done = fedtui(box, "--root", ROOT, "--mail-to", "ntfys://me:secret@localhost/x", "--yes", status=PARTLY)
    assert "is no mail address" in done.stdout
    assert "Not set up: federated-export, alerts" in done.stdout
    assert "  alerts    none\n" in fedtui(box, "--status").stdout
    assert b"secret" not in box.read("/home/fed/.config/fedtui/federation.toml")
