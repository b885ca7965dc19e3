"""Programs are found in PATH as a shell finds them."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from fedtui.system.path_lookup import look_up


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for folder in ("a", "b", "c"):
        (tmp_path / folder).mkdir()
    program = tmp_path / "b" / "tool-1.2"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    (tmp_path / "b" / "tool").symlink_to("tool-1.2")
    (tmp_path / "c" / "tool").write_bytes(program.read_bytes())
    (tmp_path / "c" / "tool").chmod(0o755)
    (tmp_path / "a" / "tool").mkdir()
    (tmp_path / "a" / "plain").write_text("x")
    (tmp_path / "a" / "gone").symlink_to("nowhere")
    return tmp_path


def test_the_first_program_counts_and_links_are_followed(tree: Path) -> None:
    found = look_up("tool", f"{tree}/a:{tree}/none:{tree}/b:{tree}/c", "/")
    assert (found.path, found.real, found.known) == (f"{tree}/b/tool", f"{tree}/b/tool-1.2", True)


def test_relative_and_empty_parts_count_from_the_working_directory(tree: Path) -> None:
    assert look_up("tool", "a:c", str(tree)).path == f"{tree}/c/tool"
    assert look_up("tool", ":/usr/bin", f"{tree}/b").path == f"{tree}/b/tool"
    assert look_up("tool", "/usr/bin", f"{tree}/b").path is None


def test_what_is_no_program_is_not_found(tree: Path) -> None:
    found = look_up("plain", f"{tree}/a", "/")
    assert (found.path, found.note) == (None, f"{tree}/a/plain may not be executed")
    assert look_up("gone", f"{tree}/a", "/").path is None


def test_another_user_may_not_execute_what_we_may(tree: Path) -> None:
    (tree / "c" / "tool").chmod(0o700)
    assert look_up("tool", f"{tree}/c", "/", (54321, (54321,))).note == f"{tree}/c/tool may not be executed"
    (tree / "c" / "tool").chmod(0o755)
    assert look_up("tool", f"{tree}/c", "/", (54321, (54321,))).path == f"{tree}/c/tool"


@pytest.mark.parametrize("name", ["sh", "env", "no-such-program"])
def test_it_agrees_with_command_v(name: str) -> None:
    path = "/nowhere:/usr/bin:/bin:/usr/sbin"
    said = subprocess.run(
        ["/bin/sh", "-c", f"command -v {name}"],
        env={"PATH": path},
        capture_output=True,
        text=True,
        timeout=10,
    )
    assert (look_up(name, path, "/").path or "") == said.stdout.strip()
