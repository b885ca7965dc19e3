"""A home that commit 518545f wrote, when rows had other names: what it has by them is found today.

Its crontab, settings, history (as SQL, without paths of its machine) and memory of alerts are in `HOME`.
"""

from __future__ import annotations

import os
import pwd
import shutil
import sqlite3
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from fedtui.history.alert_memory import load_memory
from tests.unit.cli.conftest import Shell, demo_folder

HOME = Path(__file__).with_name("home_of_518545f")
NAMES = {
    "app.jobs.purge": "purge",
    "make": "nightly",
    "console": "cache:clear",
    "su": "report",
    "import": "import",
    "the export": "the export",
}
"""Each job's name then, and now."""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = pwd.getpwnam("root")  # whose table it was: the user is a part of each id
    monkeypatch.setattr("fedtui.demo.workspace.pwd.getpwuid", lambda _: root)
    made = demo_folder(tmp_path, monkeypatch, (HOME / "crontab").read_text())
    settings, state = tmp_path / "xdg/fedtui", made / "state"
    for place in (settings, state, made / "app/bin", made / "logs"):
        place.mkdir(parents=True, mode=0o700)
    shutil.copy(HOME / "config.toml", settings)
    shutil.copy(HOME / "alerts.json", state)
    with sqlite3.connect(state / "history.db") as database:
        database.executescript((HOME / "history.sql").read_text())
    database.close()
    return made


@pytest.mark.parametrize(("former", "name"), NAMES.items())
def test_the_command_line_and_the_history_know_the_former_name(shell: Shell, former: str, name: str) -> None:
    status, shown, _ = shell("show", former)
    assert status == 0
    assert f"\nname             {name}\n" in shown
    status, runs, _ = shell("history", former)
    assert (status, shell("history", name)) == (0, (0, runs, ""))
    assert len(runs.splitlines()) == (2 if former == "make" else 1)


def test_a_change_takes_the_former_name(shell: Shell, folder: Path) -> None:
    assert shell("pause", "console", "--yes")[0] == 0
    assert "#fedtui:paused# 20 3 * * * flock" in (folder / "crontab").read_text()


def test_the_steps_of_then_are_undone(shell: Shell, folder: Path) -> None:
    listed = shell("undo", "--list")[1]
    assert "reschedule   make" in listed
    assert "pause        su" in listed
    assert shell("undo", "--yes")[0] == 0
    assert shell("undo", "--yes")[0] == 0
    table = (folder / "crontab").read_text()
    assert "\n10 3 * * * make -C" in table
    assert "\n30 3 * * * su -c" in table


def test_products_and_limits_of_the_settings_are_those_of_the_job(shell: Shell, folder: Path) -> None:
    product = folder / "app/purged.txt"

    def said() -> str:
        return shell("check")[1]

    assert "FT307  purge  product not renewed" in said()
    assert "FT710  purge" in said()
    product.write_text("3\n")
    for hours, stale in ((2, False), (4, True)):  # [alert] stale = { "app.jobs.purge" = "3 h" }
        then = time.time() - hours * 3600
        os.utime(product, (then, then))
        assert ("FT710  purge" in said()) is stale


def test_what_is_silenced_stays_silent(shell: Shell) -> None:
    said = shell("check")[1]
    assert "FT301  report  failed" in said
    assert "import  failed" not in said  # ignore = ["FT301 crontab:208949e4"]
    assert "FT115" not in said  # by a comment above the line
    assert "2 silenced" in said


def test_rules_for_the_output_are_those_of_the_job(shell: Shell, folder: Path) -> None:
    module = folder / "app/app/jobs/purge.py"
    module.parent.mkdir(parents=True)
    for text, said in (("ERROR: deprecated option", "-- ok  exit 0"), ("ERROR: option", "1 error")):
        module.write_text(f"open('purged.txt', 'w').write('3'); print({text!r})\n")
        assert said in str(shell("run", "app.jobs.purge", "--wait"))


def test_what_alerts_remember_is_kept(folder: Path) -> None:
    memory = load_memory(folder / "state")
    assert {key: one.name for key, one in memory.subjects.items()} == {
        "crontab:1e6db343": "console",
        "crontab:208949e4": "import",
    }
    (failed,) = memory.subjects["crontab:208949e4"].open.values()
    assert failed.words == "exit 3"
    assert failed.since == datetime(2026, 11, 30, 8, 50, 31, tzinfo=UTC)
