"""The recorder's line: what it does to a command, to `%`, and that it comes off to the byte."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fedtui.crontab import split_percent
from fedtui.crontab.recorder_wrapper import recorded, why_not, with_recorder

KEY, PATH = "1a2b3c4d", "/home/fed/.local/state/fedtui/recorder/record"

fields = st.lists(
    st.sampled_from(
        [b"'", b"\\", b"%", b"\\%", b"\\'", b'"', b"$x", b" ", b"echo", b";", b"#", b"\\\\", b"\r"]
    )
    | st.binary(min_size=1, max_size=3).filter(lambda raw: not {0, 10} & set(raw)),
    max_size=12,
).map(b"".join)


def test_the_line_as_it_is_written() -> None:
    assert with_recorder(b"cd ~/x && a 'b c' >> log 2>&1", KEY, PATH) == (
        b"fedtui_run='cd ~/x && a '\\''b c'\\'' >> log 2>&1'; "
        b"[ -s /home/fed/.local/state/fedtui/recorder/record ] && exec /bin/sh "
        b'/home/fed/.local/state/fedtui/recorder/record 1a2b3c4d "$fedtui_run"; eval "$fedtui_run"'
    )
    assert with_recorder(b"cat%a%b", KEY, "/r").endswith(b'; eval "$fedtui_run"%a%b')


@given(
    fields,
    st.sampled_from([KEY, f"{KEY}-12"]),
    st.sampled_from([PATH, "/home/a b/record", '/home/$x;`y` "é"/record']),
)
@settings(max_examples=200)
def test_it_comes_off_to_the_byte(field: bytes, key: str, path: str) -> None:
    found = recorded(with_recorder(field, key, path))
    assert found is not None
    assert (found.field, found.key, found.path) == (field, key, path)
    assert why_not(b"true", b"/bin/sh", path) == ""


@given(fields)
@settings(max_examples=200)
def test_percent_and_backslash_mean_what_they_meant(field: bytes) -> None:
    command, stdin = split_percent(field)
    line, new_stdin = split_percent(with_recorder(field, KEY, PATH))
    assert new_stdin == stdin
    quoted = line.partition(b"fedtui_run='")[2].rpartition(b"'; [ -s ")[0]
    assert quoted.replace(b"'\\''", b"'") == command


@given(fields, st.integers(0, 200), st.sampled_from([b"x", b"'", b"%", b"\\", b" "]))
@settings(max_examples=200)
def test_a_line_that_somebody_changed_is_taken_as_it_is(field: bytes, at: int, added: bytes) -> None:
    line = with_recorder(field, KEY, PATH)
    changed = line[:at] + added + line[at:]
    found = recorded(changed)
    assert found is None or with_recorder(found.field, found.key, found.path) == changed


@pytest.mark.parametrize("there", [True, False])
@given(field=fields)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_shell_runs_what_it_would_have_run(tmp_path: Path, there: bool, field: bytes) -> None:
    """With the recorder and without it, as cron would start it: same words, same status."""
    (tmp_path / "a $b").mkdir(exist_ok=True)
    recorder = tmp_path / "a $b" / "record"
    recorder.write_text('#!/bin/sh\nexec "$SHELL" -c "$2"\n' if there else "")
    # Words, quotes and comments only: nothing here may write a file or start a program.
    safe = b"printf '<%s>' " + bytes(code for code in field if code not in b"<>&|`;()*?[]~{}!")
    command, stdin = split_percent(safe)
    line, _ = split_percent(with_recorder(safe, KEY, str(recorder)))
    plain, through = (_run(text, stdin, tmp_path) for text in (command, line))
    assert through[:2] == plain[:2]


def _run(command: bytes, stdin: bytes | None, folder: Path) -> tuple[bytes, int]:
    environment = {"SHELL": "/bin/sh", "PATH": "/nowhere", "HOME": str(folder)}
    shell = [b"/bin/sh", b"-c", command]
    done = subprocess.run(
        shell, input=stdin or b"", capture_output=True, cwd=folder, env=environment, timeout=20
    )
    return done.stdout, done.returncode


def test_what_cannot_be_recorded_is_said() -> None:
    assert why_not(b"a", b"/bin/bash", PATH) == ""
    assert "shell is fish" in why_not(b"a", b"/usr/bin/fish", PATH)
    assert "no command" in why_not(b" %x", b"/bin/sh", PATH)
    for path in ("/home/a'b/record", "/home/a%b/record", "/home/a\\b/record", "/home/a\nb/record"):
        assert "holds characters" in why_not(b"a", b"/bin/sh", path)
