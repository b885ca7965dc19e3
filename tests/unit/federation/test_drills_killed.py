"""Drills that are killed, as by kill -9: the guard cleans up, and nothing of the user's has changed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from fedtui.federation.drills.drill_journal import (
    DrillJournal,
    UndoCommand,
    begin_journal,
    clean_up,
    marked,
    read_journal,
)
from fedtui.federation.drills.drill_list import ALL
from fedtui.federation.drills.drill_runner import cannot_stage
from fedtui.federation.drills.run_drill import tidy
from fedtui.system.processes import ProcessIdentity, children
from fedtui.system.self_command import interpreter_environment
from tests.unit.federation.drilling import SYNC, lay, left, picture

ROOT = Path(__file__).parents[3]
PLAY = """\
import asyncio, sys
from pathlib import Path
from fedtui.federation.drills.drill_list import find
from fedtui.federation.drills.run_drill import run_drill
from tests.unit.federation.drilling import setting
folder, root, name, *commands = sys.argv[1:]
stop, start = (tuple(words.split("|")) for words in commands or ("", ""))
given = setting(Path(folder), Path(root), stop=stop if stop[0] else (), start=start if start[0] else ())
print("begin", flush=True)
asyncio.run(run_drill(find(name), given, lambda event: print(event.text, flush=True)))
"""


def wait(look: Callable[[], object], what: str, seconds: float = 30.0) -> None:
    deadline = time.monotonic() + seconds
    while not look():
        assert time.monotonic() < deadline, f"not within {seconds:g} s: {what}"
        time.sleep(0.02)


@contextmanager
def playing(folder: Path, root: Path, name: str, *commands: str) -> Iterator[subprocess.Popen[bytes]]:
    environment = interpreter_environment() | {"PYTHONDONTWRITEBYTECODE": "1"}
    words = (sys.executable, "-c", PLAY, str(folder), str(root), name, *commands)
    process = subprocess.Popen(words, stdout=subprocess.PIPE, env=environment, cwd=ROOT)
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()


def stage_or_skip(folder: Path) -> None:
    reason = cannot_stage(folder / "state/drills")
    if reason:
        pytest.skip(reason)


def test_a_drill_killed_while_the_service_is_down_has_it_started_again(tmp_path: Path) -> None:
    stage_or_skip(tmp_path)
    service, stopped = tmp_path / "service", tmp_path / "state/stopped"
    service.write_text("up")
    root = lay(tmp_path, export="setsid sleep 300 & sleep 300\n")
    before = picture(tmp_path)
    stop, start = f"sh|-c|mv '{service}' '{stopped}'", f"sh|-c|mv '{stopped}' '{service}'"
    stopped.parent.mkdir(exist_ok=True)
    with playing(tmp_path, root, "service-offline", stop, start) as process:
        wait(stopped.exists, "the service is stopped")
        mark = left(tmp_path)[0].removesuffix(".json")
        wait(lambda: len(list(marked(mark))) >= 3, "the script and its child run")
        process.send_signal(signal.SIGKILL)
        process.wait()
        wait(lambda: left(tmp_path) == [], "the guard has cleaned up")
    assert service.read_text() == "up"
    assert list(marked(mark)) == [], "nothing that the script started is left"
    after = picture(tmp_path)
    assert {path: facts for path, facts in after.items() if path in before} | {} == before


@pytest.mark.parametrize("drill", [one.name for one in ALL])
@pytest.mark.parametrize("after", [1, 2, 3])
def test_a_drill_killed_at_any_step_leaves_nothing(tmp_path: Path, drill: str, after: int) -> None:
    """`after` counts the things it told of before it was killed."""
    stage_or_skip(tmp_path)
    root = lay(tmp_path, sync=SYNC + "sleep 0.5\n")
    (tmp_path / "home").mkdir()
    (tmp_path / "logs").mkdir()
    before = picture(tmp_path)
    with playing(tmp_path, root, drill) as process:
        assert process.stdout is not None
        for _ in range(after + 1):
            process.stdout.readline()
        process.send_signal(signal.SIGKILL)
        process.wait()
        wait(lambda: left(tmp_path) == [], "the guard has cleaned up")
    assert picture(tmp_path) == before


def test_where_the_guard_was_killed_too_the_next_look_cleans_up(tmp_path: Path) -> None:
    stage_or_skip(tmp_path)
    started = tmp_path / "state/started"
    root = lay(tmp_path, export="sleep 300\n")
    with playing(tmp_path, root, "service-offline", "true", f"touch|{started}") as process:
        wait(lambda: len(left(tmp_path)) == 2, "the drill has begun")
        mark = left(tmp_path)[0].removesuffix(".json")
        wait(lambda: list(marked(mark)), "the script runs")
        for pid in children(process.pid):
            if b"fedtui.federation.drills.guard" in Path(f"/proc/{pid}/cmdline").read_bytes():
                os.kill(pid, signal.SIGKILL)
        process.send_signal(signal.SIGKILL)
        process.wait()
    (journal, complaints), *others = tidy(tmp_path / "state/drills")
    assert (journal.drill, complaints, others) == ("service-offline", [], [])
    assert started.exists()
    assert left(tmp_path) == []
    assert list(marked(mark)) == []


def test_cleaning_up_twice_is_cleaning_up_once(tmp_path: Path) -> None:
    journal = begin_journal(tmp_path, "full-disk")
    count = tmp_path / "count"
    DrillJournal(
        journal.path,
        journal.drill,
        journal.mark,
        journal.owner,
        (UndoCommand(("sh", "-c", f"echo x >> {count}"), "it is not undone"),),
    ).write()
    closed = journal.scratch / "closed"
    closed.mkdir()
    (closed / "file").write_text("")
    closed.chmod(0)
    assert clean_up(journal.path) == []
    assert clean_up(journal.path) == []
    assert count.read_text() == "x\n"
    assert not journal.scratch.exists()


def test_what_cannot_be_taken_back_stays_in_the_journal_and_what_was_is_not_done_again(
    tmp_path: Path,
) -> None:
    journal = begin_journal(tmp_path, "service-offline")
    count = tmp_path / "count"
    undoings = (
        UndoCommand(("sh", "-c", f"echo x >> {count}"), "one"),
        UndoCommand(("test", "-e", str(tmp_path / "later")), "two"),
    )
    DrillJournal(journal.path, journal.drill, journal.mark, journal.owner, undoings).write()
    assert clean_up(journal.path) == [f"two: test -e {tmp_path}/later ended with 1"]
    (tmp_path / "later").write_text("")
    assert clean_up(journal.path) == []
    assert count.read_text() == "x\n"


def test_a_journal_of_a_living_drill_is_left_alone(tmp_path: Path) -> None:
    journal = begin_journal(tmp_path, "full-disk")
    assert tidy(tmp_path) == []
    data = json.loads(journal.path.read_bytes())
    data["owner"] = ProcessIdentity(2**22, 1, "another boot")._asdict()
    journal.path.write_text(json.dumps(data))
    assert [one.drill for one, _ in tidy(tmp_path)] == ["full-disk"]


def test_a_folder_outside_is_never_removed(tmp_path: Path) -> None:
    journal = begin_journal(tmp_path / "drills", "full-disk")
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "file").write_text("kept")
    (journal.scratch / "link").symlink_to(precious)
    assert clean_up(journal.path) == []
    assert (precious / "file").read_text() == "kept"


def test_a_broken_journal_is_a_complaint(tmp_path: Path) -> None:
    journal = begin_journal(tmp_path, "full-disk")
    journal.path.write_text("[]")
    with pytest.raises(ValueError, match="no journal of a drill"):
        read_journal(journal.path)
    assert "no journal of a drill" in clean_up(journal.path)[0]
