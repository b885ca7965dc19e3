"""FT136 and FT137: what lies in the folders of cron and is not run."""

from __future__ import annotations

from pathlib import Path

import pytest

from fedtui.health import cron_folders
from fedtui.model import Job, Severity, cron_jobs
from fedtui.sources.system_tables import SystemTablesSource
from fedtui.system.cron_daemon import CronDaemon
from tests.unit.health.rows import all_findings, by_code, table, unchecked


def _daily(root: Path) -> tuple[Job, ...]:
    """The rows of a table whose line runs cron.daily, where findings look for it too."""
    folder = root / "etc/cron.daily"
    (root / "etc/crontab").write_text(f"25 6 * * * root run-parts {folder}\n")
    link = root / str(folder).lstrip("/")
    link.parent.mkdir(parents=True)
    link.symlink_to(folder)
    cron = CronDaemon(True, "debian", "cron")
    return SystemTablesSource(root=root, owner=root.stat().st_uid, daemon=lambda: cron).look().jobs


def _script(path: Path, mode: int = 0o755, text: str = "#!/bin/sh\n") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(mode)


@pytest.mark.parametrize(
    ("name", "mode", "text", "command"),
    [
        ("backup.sh", 0o755, "#!/bin/sh\n", "sudo mv {0}/backup.sh {0}/backup"),
        (
            "backup.sh",
            0o644,
            "#!/bin/sh\n",
            "sudo chmod +x {0}/backup.sh && sudo mv {0}/backup.sh {0}/backup",
        ),
        ("my.job.py", 0o755, "#!/usr/bin/python3\n", "sudo mv {0}/my.job.py {0}/my-job-py"),
        ("backup", 0o644, "#!/bin/sh\n", "sudo chmod +x {0}/backup"),
        ("other.sh", 0o755, "#!/bin/sh\n", ""),  # `other` is there
        ("backup", 0o755, "#!/bin/sh\n", None),
        ("README", 0o644, "What this is for.\n", None),
        ("backup.dpkg-old", 0o755, "#!/bin/sh\n", None),
        ("backup~", 0o755, "#!/bin/sh\n", None),
        (".placeholder", 0o644, "", None),
    ],
)
def test_scripts_that_run_parts_leaves_out(
    tmp_path: Path, name: str, mode: int, text: str, command: str | None
) -> None:
    folder = tmp_path / "etc/cron.daily"
    _script(folder / "other")
    _script(folder / name, mode, text)
    finding = by_code(*_daily(tmp_path)).get("FT136")
    assert (finding.command if finding else None) == (command and command.format(folder))
    if finding:
        assert finding.title == f"run-parts leaves out {name}"
        assert finding.severity is Severity.WARNING


def test_a_folder_of_scripts_is_none_that_is_left_out(tmp_path: Path) -> None:
    _script(tmp_path / "etc/cron.daily/lib/part.sh")
    rows = _daily(tmp_path)
    assert [cron.ignored_parts for _, cron in cron_jobs(rows)] == [("lib: it is a folder",)]
    assert "FT136" not in by_code(*rows)


@pytest.mark.parametrize(
    ("command", "folder"),
    [
        ("run-parts {0}/gone", "{0}/gone"),
        ("cd {0} && nice run-parts --report gone", "{0}/gone"),
        ("test -x /no/such || ( cd / && run-parts --report {0}/gone )", "{0}/gone"),
        ("[ -d {0}/gone ] && run-parts {0}/gone", None),
        ("run-parts {0}", None),
        ("run-parts $FOLDER", None),
    ],
)
def test_run_parts_over_a_folder_that_is_missing(tmp_path: Path, command: str, folder: str | None) -> None:
    finding = by_code(*table(f"0 1 * * * {command.format(tmp_path)}\n")).get("FT140")
    assert (finding.evidence[0] if finding else None) == (folder and folder.format(tmp_path))
    if finding:
        assert finding.title == f"run-parts has no folder {tmp_path}/gone"


def test_tables_in_a_folder_and_links_to_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cron_folders, "CRON_D", str(tmp_path))
    (tmp_path / "shop").symlink_to("/nonexistent/shop.cron")
    (tmp_path / "site").mkdir()
    (tmp_path / "site/jobs").write_text("0 1 * * * root true\n")
    for quiet in ("empty", ".git", "disabled"):
        (tmp_path / quiet).mkdir()
    for quiet in (".git/config", "disabled/jobs", "table"):
        (tmp_path / quiet).write_text("0 1 * * * root true\n")
    (tmp_path / "linked").symlink_to(tmp_path / "table")
    found = [one for one in all_findings() if one.code == "FT137"]
    assert {one.title: one.command for one in found} == {
        f"{tmp_path}/shop is a link to nothing": f"sudo rm {tmp_path}/shop",
        f"cron does not look into {tmp_path}/site": f"sudo mv -n {tmp_path}/site/* {tmp_path}/",
    }
    assert found[0].evidence == (f"{tmp_path}/shop -> /nonexistent/shop.cron",)
    assert not [one for one in unchecked() if "FT137" in one.codes]
