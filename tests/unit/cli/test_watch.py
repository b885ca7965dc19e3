"""`fedtui watch` over a demo workspace: what is printed, and the exit status; the watchman is played."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from fedtui.__main__ import main
from fedtui.cli.watch import LOOK_EVERY
from fedtui.config import Config
from fedtui.demo.scheduler import DemoScheduler
from fedtui.demo.workspace import demo_workspace
from fedtui.model import Outcome, Result
from fedtui.watching.expected_run import ExpectedRun, Watch, WatchVerdict
from fedtui.watching.watch_store import WatchStore
from fedtui.watching.watches import Watches
from tests.unit.cli.json_shape import misfits

OK = Result(Outcome.OK, 0, duration=1.5, judged=True)
UNKNOWN = Result(Outcome.UNKNOWN, duration=1.5)
TABLE = "# name: sync\n*/5 * * * * echo synced >> ~/sync.log\n# name: held\n#fedtui:paused# 0 * * * * echo\n"

Shell = Callable[..., tuple[int, str, str]]


def ended(cycle: ExpectedRun, verdict: WatchVerdict, result: Result | None) -> ExpectedRun:
    """The cycle as the watchman would leave it."""
    assert cycle.due is not None
    start = cycle.due + timedelta(seconds=0.7) if result is not None else None
    reasons = () if verdict is WatchVerdict.GOOD else ("it did not start: cron's log names no start of it",)
    return replace(
        cycle, verdict=verdict, start=start, end=start, result=result, log_lines=2, reasons=reasons
    )


class Watchman:
    """Ends every cycle at once, each with the next of `ends`."""

    def __init__(self, *ends: tuple[WatchVerdict, Result | None]) -> None:
        self.ends = ends

    def __call__(self, watches: Watches) -> bool:
        for watch in watches.book.open():
            watches.book.update(watch.job_id, self._end)
        return False

    def _end(self, known: Watch | None) -> Watch:
        assert known is not None
        cycles = [ended(c, *end) for c, end in zip(known.cycles, self.ends, strict=True)]
        return replace(known, cycles=tuple(cycles))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    for name in ("XDG_STATE_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.setenv(name, str(tmp_path / "xdg"))
    folder = tmp_path / "demo"
    folder.mkdir()
    (folder / "crontab").write_text(TABLE)
    workspace = demo_workspace(Config(tmp_path / "state"), folder)
    scheduler = DemoScheduler(folder, lambda: workspace.snapshot, _nobody, workspace.now)
    assert scheduler.take()
    yield folder
    scheduler.release()


async def _nobody(_: object) -> None:
    raise AssertionError("nothing is started here")


@pytest.fixture
def shell(folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Shell:
    def run(watchman: Watchman, *words: str, before: tuple[str, ...] = ()) -> tuple[int, str, str]:
        monkeypatch.setattr(Watches, "ensure_daemon", lambda watches: watchman(watches))
        capsys.readouterr()
        status = main([*before, "demo", "--folder", str(folder), "watch", *words])
        output = capsys.readouterr()
        return status, output.out, output.err

    return run


GOOD, FAILED = (WatchVerdict.GOOD, OK), (WatchVerdict.FAILED, None)
UNPROVEN = (WatchVerdict.UNPROVEN, UNKNOWN)


def test_all_good_is_status_0_with_a_line_for_each_cycle(shell: Shell) -> None:
    status, out, _ = shell(Watchman(GOOD, GOOD), "sync", "--cycles", "2")
    assert status == 0
    lines = out.splitlines()
    assert lines[0] == "Watching sync, every 5 min"
    assert lines[2].startswith(" ✓ 1 of 2  ")
    assert "  +0.7 s       1.5 s  ✓ ok                +2 lines  –                       good" in lines[2]
    assert lines[4:] == [
        "2 of 2 good",
        "started   on time, at most 0.7 s late",
        "took      1.5 s and 1.5 s, usual 1.5 s",
        "warned    nothing matched the warning rules",
    ]


@pytest.mark.parametrize(
    ("kept", "said"),
    [(True, "Joins the open watch"), (False, "Resumes the watch that was cut short")],
)
def test_a_watch_that_is_open_already_is_joined_with_a_word(
    shell: Shell, folder: Path, monkeypatch: pytest.MonkeyPatch, kept: bool, said: str
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("fedtui.cli.watch._follow", _interrupted)
        assert shell(Watchman(), "sync", "--cycles", "3")[2].startswith("\nThe watch continues.")
    monkeypatch.setattr(WatchStore, "is_kept", lambda _: kept)
    status, out, err = shell(Watchman(GOOD, GOOD, GOOD), "sync", "--cycles", "1")
    assert re.match(rf"{said}: 3 cycles, 0 done, begun \w{{3}} \d+ \w{{3}} \d\d:\d\d\.\n", err)
    assert (status, "3 of 3 good" in out) == (0, True)
    assert shell(Watchman(GOOD), "sync", "--cycles", "1")[2] == ""


async def _interrupted(*_: object) -> Watch:
    raise KeyboardInterrupt


@pytest.mark.parametrize("columns", [66, 80, 117])
def test_no_row_is_wider_than_a_narrow_terminal(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, columns: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    _, out, _ = shell(Watchman(GOOD, FAILED), "sync", "--cycles", "2")
    rows = [line.removeprefix("\r\x1b[K") for line in re.split(r"\n|(?=\r)", out)]
    assert any("1 of 2" in row for row in rows)
    assert max(len(row) for row in rows if row.startswith((" ✓", " ✗"))) < columns


def test_what_matched_in_a_failed_cycle_is_not_said_to_match_nothing(shell: Shell) -> None:
    broken = Result(
        Outcome.FAILED, 127, warnings=1, reasons=("1 error: line 1 mytool: not found",), judged=True
    )
    _, out, _ = shell(Watchman((WatchVerdict.FAILED, broken)), "sync", "--cycles", "1")
    assert "warned    what matched the warning rules is named with its cycle" in out
    assert "nothing matched" not in out


def test_one_failed_is_status_1_with_the_reason(shell: Shell) -> None:
    status, out, _ = shell(Watchman(UNPROVEN, FAILED), "sync", "--cycles", "2")
    assert status == 1
    assert "0 of 2 good, 1 failed, 1 unproven" in out
    assert "cycle 2   ✗ it did not start: cron's log names no start of it" in out


def test_one_unproven_is_status_3_and_offers_the_recorder(shell: Shell) -> None:
    status, out, _ = shell(Watchman(GOOD, UNPROVEN), "sync", "--cycles", "2")
    assert status == 3
    assert "keeps the exit status of every run from now on." in out


def test_json_has_every_cycle(shell: Shell) -> None:
    status, out, _ = shell(Watchman(GOOD), "sync", "--cycles", "1", "--json")
    assert status == 0
    assert misfits(json.loads(out), "WatchAnswer") == []
    watch = json.loads(out)["watch"]
    assert (watch["name"], watch["verdict"], watch["stopped"]) == ("sync", "ok", None)
    (cycle,) = watch["cycles"]
    assert (cycle["late_s"], cycle["log_lines"], cycle["verdict"]) == (0.7, 2, "ok")
    assert cycle["result"]["status"] == "ok"
    assert cycle["due"][:19] < cycle["start"][:19] or cycle["due"][:19] == cycle["start"][:19]


def test_verdicts_keep_their_words_before_schema_1(shell: Shell) -> None:
    status, out, _ = shell(Watchman(GOOD, UNPROVEN), "sync", "--cycles", "2", "--json=0")
    verdicts = [json.loads(out)["verdict"], *(cycle["verdict"] for cycle in json.loads(out)["cycles"])]
    assert (status, verdicts) == (3, ["unproven", "good", "unproven"])


def test_ascii_is_ascii(shell: Shell) -> None:
    status, out, _ = shell(Watchman(GOOD, FAILED), "sync", "--cycles", "2", before=("--ascii",))
    assert status == 1
    assert out.isascii()


def test_a_paused_job_is_refused_with_what_to_do(shell: Shell) -> None:
    status, out, err = shell(Watchman(), "held")
    assert (status, out) == (3, "")
    assert err.startswith("held has no next run to watch: it is paused. fedtui resume crontab:")


def test_a_job_that_is_paused_meanwhile_is_said_to_be_paused_once(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Pausing(Watchman):
        def _end(self, known: Watch | None) -> Watch:
            assert known is not None
            return super()._end(replace(known, paused=False)) if known.paused else replace(known, paused=True)

    watchman = Pausing(GOOD)
    monkeypatch.setattr("fedtui.cli.watch.SEE_EVERY", LOOK_EVERY)
    status, out, _ = shell(watchman, "sync", "--cycles", "1")
    assert status == 0
    assert out.count("Paused: resume the job to continue the watch.\n") == 1


def test_a_watch_can_be_ended_from_elsewhere(shell: Shell, folder: Path) -> None:
    book = WatchStore(folder / "state" / "watches")

    def leave(_: Watches) -> bool:
        watch = book.open()[0]
        book.update(watch.job_id, lambda known: known and replace(known, stopped=known.began))
        return False

    status, out, _ = shell(leave, "sync")  # type: ignore[arg-type]  # a watchman for this test alone
    assert status == 3
    assert "the watch was ended at" in out
    assert shell(Watchman(), "sync", "--stop")[1] == "sync is not watched.\n"
    assert json.loads(shell(Watchman(), "sync", "--stop", "--json")[1]) == {"schema": 1, "watch": None}


def test_a_watch_that_is_stopped_is_printed_as_json(shell: Shell, folder: Path) -> None:
    seen = []

    def stop(_: Watches) -> bool:
        seen.append(shell(Watchman(), "sync", "--stop", "--json")[1])
        return False

    shell(stop, "sync")  # type: ignore[arg-type]  # a watchman for this test alone
    found = json.loads(seen[0])
    assert (misfits(found, "WatchAnswer"), found["watch"]["stopped"] is not None) == ([], True)


def test_which_job_is_asked_for(shell: Shell) -> None:
    assert shell(Watchman())[0] == 2
