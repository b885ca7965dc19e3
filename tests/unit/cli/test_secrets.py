"""No verb shows a secret of a table, a log, a run or a request, in words or as JSON, unless asked to."""

from __future__ import annotations

from pathlib import Path

import pytest

from fedtui.cli import report_errors
from tests.unit.cli.conftest import Shell, demo_folder

SETTING, OPTION, LOGIN, PING, PRINTED, NEW = (
    *("Tq7XvB2mNp9s", "Zk4WcY8hLr3d", "Gj5PnF6tVx1q", "Hw9RbD3kMs7z", "Bc2LzQ8vJy4n", "Xf6TgN1pWm8r"),
)
SECRETS = (SETTING, OPTION, LOGIN, PING, PRINTED, NEW)
PING_URL = f"https://hc-ping.com/{PING}"
COMMAND = (
    f"echo password={PRINTED}; true mysqldump -u app -p{OPTION} shop; true curl -u joe:{LOGIN} {PING_URL}"
)
TABLE = f"""API_TOKEN={SETTING}
# name: sync
# tells {PING_URL}
0 3 * * * {COMMAND} >> LOG 2>&1
# name: fails
0 4 * * * {COMMAND} >> LOG 2>&1; exit 3
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    log = tmp_path / "sync.log"
    log.write_text(f"+ curl -u joe:{LOGIN} {PING_URL}\nError: API_TOKEN={SETTING} was refused\n")
    return demo_folder(tmp_path, monkeypatch, TABLE.replace("LOG", str(log)))


def left(*texts: str) -> list[str]:
    return [secret for secret in SECRETS if any(secret in text for text in texts)]


READING = [
    *(
        ["list"],
        ["next"],
        ["next", "sync"],
        ["show", "sync"],
        ["history"],
        ["history", "sync"],
        ["logs", "sync"],
    ),
    *(["env", "sync"], ["check"], ["restore"], ["setup", "--status"], ["drill"]),
    *(["show", f"curl -u joe:{LOGIN}"], ["next", "--expr", f"PASSWORD={NEW}"], ["stop", "sync"]),
]
PLANNING = [
    *(["pause", "sync"], ["delete", "sync"], ["delete", "sync", "fails"], ["record", "sync"]),
    *(["reschedule", "sync", "1 1 * * *"], ["convert", "sync", "--to", "user"], ["run", "sync"]),
    ["reschedule", "sync", "1 1 * * *", "--reason", f"password={NEW}"],
    ["new", "--schedule", "5 5 * * *", "--command", f"curl -u joe:{NEW} https://h.example/x"],
    ["edit", "sync", "--command", f"mysqldump -u app -p{NEW} shop"],
    ["edit", "sync", "--note", f"token={NEW}"],
    ["env", "sync", "--set", f"DB_PASS={NEW}"],
]


@pytest.mark.parametrize("form", [[], ["--json"]], ids=["words", "json"])
@pytest.mark.parametrize("words", READING, ids=" ".join)
def test_what_is_read(shell: Shell, words: list[str], form: list[str]) -> None:
    shell("run", "fails", "--wait")
    _, out, err = shell(*words, *form)
    assert out + err
    assert left(out, err) == []


@pytest.mark.parametrize("form", [[], ["--json"]], ids=["words", "json"])
@pytest.mark.parametrize("words", PLANNING, ids=" ".join)
def test_what_is_planned(shell: Shell, words: list[str], form: list[str]) -> None:
    _, out, err = shell(*words, "--dry-run", *form)
    assert out + err
    assert left(out, err) == []


@pytest.mark.parametrize("form", [[], ["--json"]], ids=["words", "json"])
def test_what_is_changed_and_taken_back(shell: Shell, folder: Path, form: list[str]) -> None:
    told = []
    for words in (
        ["edit", "sync", "--command", f"mysqldump -u app -p{NEW} shop", "--yes"],
        ["env", "fails", "--set", f"DB_PASS={NEW}", "--yes"],
        ["pause", "fails", "--yes"],
        ["delete", "sync", "--yes"],
        ["undo", "--list", "--diff"],
        ["undo", "--yes"],
        ["redo", "--yes"],
        ["restore"],
    ):
        status, out, err = shell(*words, *form)
        assert status == 0, err
        told += [out, err]
    assert NEW in (folder / "crontab").read_text()
    assert left(*told) == []


@pytest.mark.parametrize("form", [[], ["--json"]], ids=["words", "json"])
def test_a_run_and_its_output(shell: Shell, form: list[str]) -> None:
    _, *told = shell("run", "fails", "--wait", *form)
    assert "".join(told)
    assert left(*told) == []


@pytest.mark.parametrize("form", ["nagios", "openmetrics"])
def test_what_monitoring_reads(shell: Shell, tmp_path: Path, form: str) -> None:
    shell("run", "fails", "--wait")
    _, *told = shell("check", "--format", form)
    shell("metrics", "--output", str(tmp_path / "fedtui.prom"))
    assert left(*told, (tmp_path / "fedtui.prom").read_text()) == []


def test_they_are_shown_where_asked_for(shell: Shell) -> None:
    assert {SETTING, OPTION, LOGIN, PING} <= set(left(shell("show", "sync", "--json", "--show-secrets")[1]))


@pytest.mark.parametrize("debug", [False, True])
def test_what_fails_inside(capsys: pytest.CaptureFixture[str], debug: bool) -> None:
    def work() -> int:
        raise RuntimeError(f"curl -u joe:{NEW} https://h.example/x")

    assert report_errors(work, debug, as_json=True) == 3
    told = capsys.readouterr()
    assert left(*told) == []
    assert "RuntimeError" in told.out
    assert ("Traceback" in told.err) == debug
