"""What is loaded before something is seen: structure that keeps the start quick, held without a stopwatch."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = ("asyncio", "croniter", "dbus_fast", "rich", "sqlite3", "textual", "tomllib", "watchfiles")
"""Modules each of which takes longer to load than a list of twenty jobs takes to make."""

TABLE = "*/5 * * * * sh ~/sync.sh >> ~/sync.log 2>&1\n0 2 * * 0 /usr/bin/backup --all\n"


def loaded(code: str, home: Path) -> tuple[set[str], str]:
    """The modules that `code` has loaded in a process of its own, and what it printed before."""
    tell = "import json, sys; print('\\n@' + json.dumps(sorted(sys.modules)))"
    ended = subprocess.run(
        [sys.executable, "-c", f"{code}\n{tell}"],
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "XDG_STATE_HOME": str(home), "XDG_CONFIG_HOME": str(home)},
    )
    printed, _, modules = ended.stdout.rpartition("\n@")
    return set(json.loads(modules)), printed


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "demo"
    folder.mkdir()
    (folder / "crontab").write_text(TABLE)
    return folder


def test_a_list_of_the_crontab_loads_nothing_heavy(folder: Path, tmp_path: Path) -> None:
    words = ["demo", "--folder", str(folder), "list", "--source", "crontab", "--json"]
    modules, printed = loaded(f"from fedtui.__main__ import main; main({words!r})", tmp_path)
    assert [job["schedule_text"] for job in json.loads(printed)["jobs"]] == ["every 5 min", "Sun 02:00"]
    assert [name for name in HEAVY if name in modules] == []
    assert not {name for name in modules if name.startswith(("fedtui.screens", "fedtui.widgets"))}


SECRETS = {f"fedtui.secrets.{name}" for name in ("commands", "names", "tokens", "urls", "values")}


@pytest.mark.parametrize("form", [[], ["--json"]], ids=["words", "json"])
def test_a_list_without_anything_like_a_secret_loads_no_pattern_of_one(
    folder: Path, tmp_path: Path, form: list[str]
) -> None:
    words = ["demo", "--folder", str(folder), "list", "--source", "crontab", *form]
    code = f"from fedtui.__main__ import main; main({words!r})"
    modules, _ = loaded(code, tmp_path)
    assert sorted(SECRETS & modules) == []
    (folder / "crontab").write_text("0 1 * * * curl -u joe:S3cretPw99 https://h.example/x\n")
    modules, _ = loaded(code, tmp_path)
    assert "fedtui.secrets.commands" in modules
    assert "fedtui.secrets.tokens" not in modules


def test_the_dashboard_paints_before_dialogs_and_actions_are_loaded(tmp_path: Path) -> None:
    modules, _ = loaded("import fedtui.__main__, fedtui.demo.workspace, fedtui.app", tmp_path)
    later = {
        "fedtui.changes.planning",
        "fedtui.changes.plan",
        "fedtui.runs.control",
        "fedtui.screens.confirm",
        "fedtui.screens.help",
        "fedtui.screens.reschedule",
        "fedtui.screens.run",
        "fedtui.logs.journal",
        "fedtui.logs.log_follower",
        "fedtui.sources.systemd",
        "croniter",
        "dbus_fast",
        "sqlite3",
        "watchfiles",
    }
    assert sorted(later & modules) == []
