"""What reaches the shell, its standard input and the log is what the real cron gave them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fedtui.crontab import Document, Entry, escape, split_percent
from fedtui.crontab.command_field import logged
from fedtui.crontab.setting import parse_setting

RECORDING = Path(__file__).parents[2] / "recordings" / "cron" / "runs.json"


def recorded() -> list[tuple[Entry, dict[str, Any], list[str]]]:
    """Each entry of the recorded tables with what cron's run of it received, and all CMD log lines."""
    recording = json.loads(RECORDING.read_text(encoding="utf-8"))
    runs = {run["command"].strip()[:3]: run for run in recording["runs"]}
    found = []
    for key, system in (("user_table", False), ("system_table", True)):
        document = Document.parse(recording[key].encode("latin-1"), system=system, user="fed")
        for entry in document.entries:
            run = runs.get(entry.command.strip()[:3].decode())
            if run is not None:
                found.append((entry, run, recording["log"]))
    return found


@pytest.mark.parametrize(("entry", "run", "log"), recorded(), ids=lambda value: getattr(value, "name", ""))
def test_as_recorded_from_the_daemon(entry: Entry, run: dict[str, Any], log: list[str]) -> None:
    assert entry.command == run["command"].encode("latin-1")
    assert (entry.stdin or b"") == run["stdin"].encode("latin-1")
    assert f"(fed) CMD ({logged(entry.command)})" in log
    got = {name.encode("latin-1"): value.encode("latin-1") for name, value in run["environment"].items()}
    assert {name: got.get(name) for name, _ in entry.environment} == dict(entry.environment)


def test_the_recording_is_whole() -> None:
    assert len(recorded()) == 20


@pytest.mark.parametrize(
    ("field", "command", "stdin"),
    [
        (b"a", b"a", None),
        (b"a%", b"a", b""),
        (b"date +\\%F", b"date +%F", None),
        (b"mail %Hello%there", b"mail ", b"Hello\nthere\n"),
        (b"a\\\\%b", b"a\\", b"b\n"),
        (b"a\\nb", b"a\\nb", None),
    ],
)
def test_percent_ends_the_command_unless_escaped(field: bytes, command: bytes, stdin: bytes | None) -> None:
    assert split_percent(field) == (command, stdin)


@settings(max_examples=200)
@given(st.lists(st.sampled_from([b"%", b"\\", b"a", b" ", b"\xe9"]), max_size=10).map(b"".join))
def test_an_escaped_command_reaches_the_shell_unchanged(command: bytes) -> None:
    assert split_percent(escape(command)) == (command, None)


def test_escape_touches_nothing_else() -> None:
    assert escape(b"find . -exec x {} \\; | date +%F") == b"find . -exec x {} \\; | date +\\%F"


@pytest.mark.parametrize(
    ("line", "setting"),
    [
        (b"A=b", (b"A", b"b")),
        (b"  A = b c  ", (b"A", b"b c")),
        (b"'A B' = \"c \"", (b"A B", b"c")),
        (b"A=\"'x'\"", (b"A", b"x")),
        (b'A=""', (b"A", b"")),
        (b"A=$HOME/x", (b"A", b"$HOME/x")),
        (b"A=b\r", (b"A", b"b")),
        (b"A=" + b"x" * 1200, (b"A", b"x" * 996)),
        (b"A=", None),
        (b"A= \t", None),
        (b"A B=c", None),
        (b'A="b" c', None),
        (b"A='b", None),
        (b'"A=b"', None),
        (b"0 * * * * A=b", None),
    ],
    ids=lambda value: repr(value)[:30],
)
def test_environment_lines(line: bytes, setting: tuple[bytes, bytes] | None) -> None:
    assert parse_setting(line) == setting
