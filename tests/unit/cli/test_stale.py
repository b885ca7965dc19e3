"""A job whose product is older than it may be: the same word in `list`, `show`, `metrics` and the doctor."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest

from tests.unit.cli.conftest import Shell, demo_folder
from tests.unit.cli.test_check import samples

LINES = "# name: old\n0 * * * * make-old\n# name: new\n0 * * * * make-new\n0 * * * * true\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two hourly jobs that renew a file each: one is four hours old, the other was written now."""
    folder = demo_folder(tmp_path, monkeypatch, LINES)
    config = tmp_path / "xdg/fedtui/config.toml"
    config.parent.mkdir(parents=True)
    products = {name: tmp_path / f"{name}.csv" for name in ("old", "new")}
    config.write_text("".join(f'[job.{name}]\nproduct = "{path}"\n' for name, path in products.items()))
    for path in products.values():
        path.write_text("1,2\n")
    os.utime(products["old"], (time.time() - 4 * 3600,) * 2)
    return folder


def test_a_stale_job_is_said_so_everywhere(shell: Shell) -> None:
    _, out, _ = shell("list", "--json")
    listed = {job["name"]: (job["stale"], job["severity"]) for job in json.loads(out)["jobs"]}
    assert listed == {"old": (True, "warning"), "new": (False, "none"), "true": (None, "none")}
    rows = {line[2:].split()[0]: line[0] for line in shell("list")[1].splitlines()[1:]}
    assert (rows["old"], rows["new"], rows["true"]) == ("▲", " ", " ")
    assert json.loads(shell("show", "old", "--json")[1])["job"]["stale"] is True
    known = {
        dict(labels)["name"]: value
        for (name, labels), value in samples(shell("metrics")[1]).items()
        if name == "fedtui_job_stale"
    }
    assert known == {"old": 1, "new": 0}
    found = json.loads(shell("check", "--json")[1])["findings"]
    assert [one["job"] for one in found if one["code"] == "FT710"] == ["crontab:1b248644"]
