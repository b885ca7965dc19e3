"""`v` over the demo workspace: a job that the shell could run and cron cannot, and the line that fixes it."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from textual.pilot import Pilot

from fedtui.demo.files import crontab_file
from tests.pilot.test_job_actions import opened, says

JOB = b"# name: broken\n* * * * * sh ~/broken.sh\n"


@pytest.fixture
def world(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A workspace whose only job calls a program that lies in the bin folder of the shell's profile."""
    short = tmp_path_factory.mktemp("w")  # paths that a narrow column shows whole
    home, tools, folder = short / "home", short / "tools", short / "demo"
    for made in (home, tools, folder):
        made.mkdir()
    (home / ".profile").write_text(f"PATH={tools}:$PATH; export API_TOKEN=s3cr3t-1 HOST_URL=http://node1\n")
    tool = tools / "sync-learning-data"
    tool.write_text("#!/bin/sh\necho tool: done\n")
    tool.chmod(tool.stat().st_mode | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)
    (folder / "broken.sh").write_text('echo begin\nsync-learning-data "$HOST_URL"\n')
    crontab_file(folder).write_bytes(JOB)
    crontab_file(folder).chmod(0o600)
    for name in set(os.environ) - {"LANG", "TERM", "PYTHONPATH", "PYTEST_CURRENT_TEST"}:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("SHELL", "/bin/bash")
    monkeypatch.setenv("PATH", "/usr/local/bin:/usr/bin:/bin")
    return folder


def row(text: str, name: str) -> str:
    """The row of a variable or program."""
    return next(line for line in text.splitlines() if line[3:].startswith(f"{name} "))


async def open_environment(pilot: Pilot[str]) -> str:
    await says(pilot, lambda text: "broken" in text)
    await pilot.press("v")
    return await says(pilot, lambda text: "Environment  broken" in text and "Why" in text)


async def test_v_says_why_and_a_writes_the_line_that_fixes_it(world: Path) -> None:
    async with opened(world, "broken") as pilot:
        text = await open_environment(pilot)
        tools = world.parent / "tools"
        assert "✗ Works in your shell, fails in cron: line 2 of broken.sh calls sync-learning-data" in text
        assert row(text, "PATH").startswith(" ≠ PATH ")
        assert " /usr/bin:/bin " in row(text, "PATH")
        assert "not found" in row(text, "sync-learning-data")
        assert f"    + PATH={tools}:/usr/" in text
        assert "read" not in row(text, "HOST_URL")
        assert "▲ Missing: line 2 of broken.sh reads HOST_URL, which cron does not set." in text
        assert "a add PATH line" in text
        await pilot.press("a")
        await says(pilot, lambda text: "Apply this change?  broken" in text)
        assert crontab_file(world).read_bytes() == JOB
        await pilot.press("enter")
        assert crontab_file(world).read_bytes() == JOB
        await pilot.press("y")
        await says(pilot, lambda text: "✗ Works in your shell" not in text and "Environment  broken" in text)
        lines = crontab_file(world).read_bytes().split(b"\n")
        assert lines[0].startswith(f"PATH={tools}:/usr/".encode())
        assert b"\n".join(lines[1:]) == JOB


async def test_r_fails_as_in_cron_v_explains_it_and_once_fixed_it_runs(world: Path) -> None:
    async with opened(world, "broken") as pilot:
        await pilot.press("r")
        await says(pilot, lambda text: "✗ exit 127" in text and "v why in cron?" in text)
        await pilot.press("v")
        await says(pilot, lambda text: "✗ Works in your shell, fails in cron:" in text)
        await pilot.press("a")
        await says(pilot, lambda text: "Apply this change?" in text)
        await pilot.press("y")
        await says(pilot, lambda text: "✗ Works in your shell" not in text and "Why" in text)
        await pilot.press("r")
        await says(pilot, lambda text: "tool: done" in text and "✓ ok" in text)
        await pilot.press("escape", "escape")
        await says(pilot, lambda text: "1 Jobs  1" in text)


async def test_secrets_are_masked_until_m_and_what_is_the_same_is_hidden_until_equals(world: Path) -> None:
    async with opened(world, "broken") as pilot:
        text = await open_environment(pilot)
        assert "s3cr3t" not in text
        assert "•••••• (masked)" in row(text, "API_TOKEN")
        await pilot.press("m")
        await says(pilot, lambda text: "s3cr3t-1" in text and "m mask" in text)
        await pilot.press("m", "equals_sign")
        await says(pilot, lambda text: "s3cr3t" not in text and "= hide same" in text)


async def test_enter_shows_a_path_folder_by_folder(world: Path) -> None:
    async with opened(world, "broken") as pilot:
        await open_environment(pilot)
        await pilot.press("enter")
        text = await says(pilot, lambda text: "Variable  PATH" in text)
        assert f"– {world.parent / 'tools'}  not in cron" in text
        assert "= /usr/bin  both" in text
        await pilot.press("escape", "escape")
        await says(pilot, lambda text: "1 Jobs  1" in text)


async def test_other_variables_can_be_set_with_what_is_to_be_known_first(world: Path) -> None:
    async with opened(world, "broken") as pilot:
        await open_environment(pilot)
        while "add API_TOKEN line" not in (text := await says(pilot, lambda text: "a add" in text)):
            await pilot.press("down")
        await pilot.press("a")
        text = await says(pilot, lambda text: "Apply this change?" in text)
        assert "API_TOKEN looks like a secret" in text
        assert "s3cr3t" not in text
        await pilot.press("escape")
        assert crontab_file(world).read_bytes() == JOB


async def test_a_hanging_profile_is_said_and_not_waited_for(
    world: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (world.parent / "home" / ".profile").write_text("sleep 1000\n")
    monkeypatch.setattr(
        "fedtui.system.login_shell.ask_shell.__kwdefaults__", {"identity": None, "deadline": 1}
    )
    async with opened(world, "broken") as pilot:
        await pilot.press("v")
        await says(pilot, lambda text: "asking your shell" in text)
        text = await says(pilot, lambda text: "Why" in text)
        assert "▲ /bin/bash was not done with its startup files within 1 s." in text
        assert "Shown instead: what fedtui was started with." in text
