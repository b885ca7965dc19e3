"""The login shell is asked with real shells, whose startup files do what startup files do."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

import pytest

from fedtui.system.login_shell import ShellAnswer, ask_shell


def asked(home: Path, shell: str = "bash", deadline: float = 10.0, **base: str) -> ShellAnswer:
    found = shutil.which(shell)
    if found is None:
        pytest.skip(f"no {shell} here")
    environment = {"HOME": str(home), "PATH": "/usr/bin:/bin", **base}
    return ask_shell(found, environment, str(home), deadline=deadline)


@pytest.mark.parametrize("shell", ["bash", "dash", "zsh", "ksh", "fish"])
def test_what_the_profile_exports_is_there(tmp_path: Path, shell: str) -> None:
    name = {"zsh": ".zprofile", "fish": ".config/fish/config.fish"}.get(shell, ".profile")
    line = "set -gx ADDED 'a b'" if shell == "fish" else "export ADDED='a b'"
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / name).write_text(f"{line}\n")
    answer = asked(tmp_path, shell, BY_HAND="1")
    assert answer.problem == ""
    assert answer.environment[b"ADDED"] == b"a b"
    assert answer.environment[b"BY_HAND"] == b"1"
    assert not {b"_", b"SHLVL", b"PWD", b"OLDPWD"} & set(answer.environment)


def test_the_interactive_file_counts_too(tmp_path: Path) -> None:
    (tmp_path / ".profile").write_text('[ -n "$BASH_VERSION" ] && . ~/.bashrc\n')
    (tmp_path / ".bashrc").write_text("case $- in *i*) ;; *) return;; esac\nexport INTERACTIVE=yes\n")
    assert asked(tmp_path).environment[b"INTERACTIVE"] == b"yes"


def test_a_profile_that_prints_is_told_and_does_no_harm(tmp_path: Path) -> None:
    (tmp_path / ".profile").write_text("echo Welcome; echo X=1; printf 'A=b\\0C=d\\0'; export REAL=1\n")
    answer = asked(tmp_path)
    assert (answer.problem, answer.noise) == ("", "Welcome")
    assert answer.environment[b"REAL"] == b"1"
    assert b"C" not in answer.environment


def test_a_value_of_several_lines_stays_whole(tmp_path: Path) -> None:
    (tmp_path / ".profile").write_text("export TEXT='a\nB=c\n'; f() { echo x; }; export -f f\n")
    answer = asked(tmp_path)
    assert answer.environment[b"TEXT"] == b"a\nB=c\n"
    assert b"B" not in answer.environment
    assert not any(name.startswith(b"BASH_FUNC") for name in answer.environment)


def test_a_profile_that_hangs_is_not_waited_for(tmp_path: Path) -> None:
    (tmp_path / ".profile").write_text("echo first; sleep 4321\n")
    began = time.monotonic()
    answer = asked(tmp_path, deadline=0.5, OWN="1")
    assert time.monotonic() - began < 4
    assert answer.problem.endswith("/bash was not done with its startup files within 0.5 s")
    assert (answer.environment[b"OWN"], answer.noise) == (b"1", "first")
    assert _ends("4321")


def test_a_profile_that_reads_finds_no_input(tmp_path: Path) -> None:
    (tmp_path / ".profile").write_text("read answer; export ANSWER=${answer:-nothing}\n")
    assert asked(tmp_path).environment[b"ANSWER"] == b"nothing"


def test_what_the_profile_leaves_behind_is_ended_and_not_waited_for(tmp_path: Path) -> None:
    (tmp_path / ".profile").write_text("set -m; sleep 4322 &\nexport REAL=1\n")
    began = time.monotonic()
    assert asked(tmp_path).environment[b"REAL"] == b"1"
    assert time.monotonic() - began < 8
    assert _ends("4322")


def test_a_profile_that_ends_the_shell(tmp_path: Path) -> None:
    (tmp_path / ".profile").write_text("echo 'no entry' >&2; exit 3\n")
    answer = asked(tmp_path, OWN="1")
    assert answer.problem.endswith("/bash ended without an answer: no entry")
    assert answer.environment[b"OWN"] == b"1"


def test_a_profile_that_prints_without_end(tmp_path: Path) -> None:
    (tmp_path / ".profile").write_text("yes\n")
    assert asked(tmp_path).problem.endswith("/bash prints without end")


@pytest.mark.parametrize("shell", ["/nowhere/zsh", "/bin/false"])
def test_a_shell_that_is_none(tmp_path: Path, shell: str) -> None:
    answer = ask_shell(shell, {"OWN": "1"}, str(tmp_path))
    assert answer.environment == {b"OWN": b"1"}
    assert shell in answer.problem


def _ends(seconds: str) -> bool:
    """Whether that `sleep` is gone within five seconds."""
    deadline = time.monotonic() + 5
    while _runs(seconds) and time.monotonic() < deadline:
        time.sleep(0.02)
    return not _runs(seconds)


def _runs(seconds: str) -> bool:
    """Whether a `sleep` of that many seconds runs."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            command = (folder / "cmdline").read_bytes()
        except OSError:
            continue
        if command == b"sleep\0" + seconds.encode() + b"\0":
            return True
    return False
