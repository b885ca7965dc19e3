"""`fedtui drill` as a user at a shell meets it: what is printed, and the exit status."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from fedtui.__main__ import main
from tests.unit.cli.json_shape import misfits
from tests.unit.federation.drilling import lay, picture

Shell = Callable[..., tuple[int, str, str]]
NAMES = ["service-offline", "git-conflict", "full-disk", "missing-script", "path-loss", "clock-change"]


@pytest.fixture
def shell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str, str]]:
    for name in ("XDG_STATE_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.setenv(name, str(tmp_path / "state"))
    folder = tmp_path / "demo"
    folder.mkdir()
    (folder / "crontab").write_text("# mine\n")

    def run(*words: str) -> tuple[int, str, str]:
        capsys.readouterr()
        status = main(["demo", "--folder", str(folder), "drill", *words])
        output = capsys.readouterr()
        return status, output.out, output.err

    return run


def test_the_list_says_what_each_does_and_why_it_cannot_be_run(shell: Shell) -> None:
    status, out, _ = shell()
    assert status == 0
    heads = [line.split("  ")[0] for line in out.splitlines() if line and not line.startswith(" ")]
    assert heads == NAMES
    assert "cannot be run here: no federation is set up; --root DIR says where its checkout is" in out
    assert "run it: fedtui drill git-conflict" in out


def test_the_list_as_json(shell: Shell, tmp_path: Path) -> None:
    found = json.loads(shell("--json", "--root", str(lay(tmp_path)))[1])["drills"]
    assert [one["name"] for one in found] == NAMES
    missing = found[3]
    assert (missing["can_run"], missing["reason"]) == (True, None)


def test_a_drill_that_passes_is_status_0(shell: Shell, tmp_path: Path) -> None:
    root = lay(tmp_path)
    before = picture(root)
    status, out, _ = shell("missing-script", "--root", str(root), "--yes")
    assert status == 0
    assert "passed: cron's line ends with exit 127, and the doctor says why." in out
    assert picture(root) == before


def test_a_drill_that_fails_is_status_1_and_says_so_in_json(shell: Shell, tmp_path: Path) -> None:
    profile = tmp_path / "often.toml"
    profile.write_text(
        '[[job]]\nkey = "sync"\nscripts = ["sync-learning-data.sh"]\n'
        'schedule = "*/5 2 * * *"\nlog = "sync.log"\n'
    )
    words = ("--root", str(lay(tmp_path)), "--profile", str(profile), "--zone", "Europe/Berlin")
    status, out, _ = shell("clock-change", *words, "--yes", "--json")
    record = json.loads(out)
    assert (status, misfits(record, "DrillAnswer")) == (1, [])
    assert (record["drill"], record["passed"], record["cleaned_up"]) == ("clock-change", False, True)
    assert record["found"] == "sync does not come through the change unharmed."
    assert {step["phase"] for step in record["steps"]} == {"before", "doing", "after", "cleaning up"}


def test_without_yes_and_without_a_terminal_nothing_is_done(shell: Shell, tmp_path: Path) -> None:
    status, out, err = shell("missing-script", "--root", str(lay(tmp_path)))
    assert status == 3
    assert "expected  the line ends with exit 127" in out
    assert "Nothing was done. --yes runs it without asking." in err
    assert not list((tmp_path / "state").rglob("*.json"))


def test_a_dry_run_shows_the_steps(shell: Shell, tmp_path: Path) -> None:
    status, out, _ = shell("missing-script", "--root", str(lay(tmp_path)), "--dry-run")
    assert status == 0
    assert "doing     Move the copy away." in out
    assert out.endswith("Dry run: nothing was done.\n")


@pytest.mark.parametrize(
    ("words", "status", "says"),
    [
        (("flood",), 2, "there is no drill 'flood'; there are service-offline"),
        (("full-disk", "--yes"), 3, "cannot be run here: no federation is set up"),
        (("clock-change", "--zone", "Mars/Base", "--yes"), 3, "There is no time zone Mars/Base."),
        (("service-offline", "--stop", "podman 'stop"), 2, "--stop and --start are commands"),
        (("missing-script", "--root", "/nowhere"), 3, "There is no folder /nowhere."),
    ],
)
def test_what_makes_no_sense_is_refused(shell: Shell, words: tuple[str, ...], status: int, says: str) -> None:
    got, _, err = shell(*words)
    assert got == status
    assert says in err


def test_a_drill_that_was_cut_off_is_told_and_cleaned_up(shell: Shell, tmp_path: Path) -> None:
    shell("missing-script", "--root", str(lay(tmp_path)), "--yes")
    folder = next(tmp_path.rglob("drills/.cleaning")).parent
    started = tmp_path / "started"
    (folder / "service-offline-1").mkdir()
    (folder / "service-offline-1.json").write_text(
        json.dumps(
            {
                "drill": "service-offline",
                "mark": "service-offline-1",
                "owner": {"pid": 1, "ticks": 2, "boot": "another boot"},
                "undoings": [{"argv": ["touch", str(started)], "words": "start it", "done": False}],
            }
        )
    )
    status, _, err = shell()
    assert status == 0
    assert "A drill service-offline was cut off earlier: it has been cleaned up now." in err
    assert started.exists()
    assert not list(folder.glob("service*"))
