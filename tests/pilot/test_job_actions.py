"""The keys that change the world, over the demo workspace: a real table, real scripts, real runs."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from fedtui.app import FedtuiApp
from fedtui.changes import apply_edit
from fedtui.config import Config
from fedtui.demo.files import crontab_file
from fedtui.demo.workspace import demo_workspace
from fedtui.model import Answer
from fedtui.store import Store
from fedtui.system.patience import waiting
from fedtui.system.temp_folder import PREFIX, TempFolder
from tests.fixtures.mockup_app import screen_text

SIZE = (120, 40)


@asynccontextmanager
async def opened(folder: Path, job: str = "sync-learning-data") -> AsyncIterator[Pilot[str]]:
    """The dashboard over the workspace at `folder`, its jobs on the screen; `job` is one of them."""
    workspace = demo_workspace(Config(state=folder / "unused"), folder)
    app = FedtuiApp(
        workspace.store,
        workspace.ports,
        workspace.config,
        clock=workspace.now,
        open_log=workspace.log_of,
        host="demo",
        home=workspace.home,
        background=workspace.background,
    )
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await says(pilot, lambda text: job in text)
        yield pilot
    await workspace.close()


async def says(pilot: Pilot[str], said: Callable[[str], bool]) -> str:
    """The screen's text once `said` holds; fails with the text after fifteen seconds."""
    for _ in range(300):
        await pilot.pause(0.05)
        text = screen_text(pilot.app)  # type: ignore[arg-type]
        if said(text):
            return text
    pytest.fail(f"the screen never said it:\n{text}")


async def is_there(path: Path, said: Callable[[bytes], bool]) -> bytes:
    """The file's bytes once `said` holds."""
    for _ in range(100):
        found = await asyncio.to_thread(path.read_bytes)
        if said(found):
            return found
        await asyncio.sleep(0.05)
    pytest.fail(f"{path} never held it:\n{found!r}")


async def test_p_pauses_after_y_and_u_takes_it_back_byte_for_byte(tmp_path: Path) -> None:
    async with opened(tmp_path) as pilot:
        table = crontab_file(tmp_path)
        before = table.read_bytes()
        await pilot.press("p")
        await says(pilot, lambda text: "Apply this change?  sync-learning-data" in text)
        await pilot.press("enter")
        assert table.read_bytes() == before
        await pilot.press("y")
        await says(pilot, lambda text: "‖ sync-learning-data" in text and "p resume" in text)
        changed = [
            (old, new)
            for old, new in zip(before.splitlines(), table.read_bytes().splitlines(), strict=True)
            if old != new
        ]
        assert changed == [(changed[0][1].removeprefix(b"#fedtui:paused# "), changed[0][1])]
        await pilot.press("u")
        await says(pilot, lambda text: "Apply this change?" in text)
        await pilot.press("y")
        await says(pilot, lambda text: "‖ sync-learning-data" not in text and "p pause" in text)
        assert table.read_bytes() == before


class Counted:
    """A source without jobs that says how often it was read."""

    name = "user-timers"
    reads = 0

    async def read(self) -> Answer:
        self.reads += 1
        return Answer(self.name, datetime.now(UTC))

    async def watch(self) -> AsyncIterator[None]:
        await asyncio.Event().wait()
        yield


async def test_a_change_has_only_its_own_source_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = Counted()
    init = Store.__init__
    monkeypatch.setattr(Store, "__init__", lambda self, sources, *rest: init(self, (*sources, other), *rest))
    async with opened(tmp_path) as pilot:
        await pilot.press("p")
        await says(pilot, lambda text: "Apply this change?" in text)
        await pilot.press("y")
        await says(pilot, lambda text: "p resume" in text)
        assert other.reads == 1
        await pilot.press("R")
        await says(pilot, lambda _: other.reads == 2)


async def test_the_dashboard_removes_what_killed_processes_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    left = tmp_path / f"{PREFIX}0123456789abcdef"
    with TempFolder() as live:
        left.mkdir()
        (left / "base").write_text("a table")
        async with opened(tmp_path / "demo") as pilot:
            await says(pilot, lambda _: not left.exists())
        assert live.path.exists()


async def test_esc_in_the_confirm_dialog_leaves_the_table_alone(tmp_path: Path) -> None:
    async with opened(tmp_path) as pilot:
        before = crontab_file(tmp_path).read_bytes()
        await pilot.press("p")
        await says(pilot, lambda text: "Apply this change?" in text)
        await pilot.press("escape")
        await says(pilot, lambda text: "Apply this change?" not in text)
        assert crontab_file(tmp_path).read_bytes() == before


async def test_e_changes_the_five_fields_and_nothing_else(tmp_path: Path) -> None:
    async with opened(tmp_path) as pilot:
        before = crontab_file(tmp_path).read_bytes()
        await pilot.press("e")
        await says(pilot, lambda text: "Reschedule  sync-learning-data" in text)
        await pilot.press("ctrl+u", *"*/2 * * * *")
        await says(pilot, lambda text: "every 2 min" in text)
        await pilot.press("enter")
        await says(pilot, lambda text: "Apply this change?" in text)
        await pilot.press("y")
        await is_there(crontab_file(tmp_path), lambda found: found != before)
        assert crontab_file(tmp_path).read_bytes() == before.replace(b"\n0 * * * * sh", b"\n*/2 * * * * sh")
        await says(
            pilot, lambda text: "sync-learning-data      every 2 min" in text.replace("data  ", "data ")
        )


async def test_x_offers_to_pause_instead(tmp_path: Path) -> None:
    async with opened(tmp_path) as pilot:
        await pilot.press("x")
        await says(pilot, lambda text: "Delete this job?  sync-learning-data" in text)
        await pilot.press("p")
        await says(pilot, lambda text: "Apply this change?  sync-learning-data" in text)
        await pilot.pause(0.7)
        await pilot.press("y")
        await is_there(crontab_file(tmp_path), lambda found: b"#fedtui:paused# 0 * * * *" in found)


async def test_capital_c_says_why_the_demo_needs_no_recorder(tmp_path: Path) -> None:
    async with opened(tmp_path) as pilot:
        await pilot.press("C")
        await says(
            pilot, lambda text: "Record exit codes: not done" in text and "nothing needs a recorder" in text
        )


async def test_c_asks_where_to_and_says_why_the_demo_cannot(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from fedtui.conversion import convert

    monkeypatch.setattr(convert, "targets", lambda *_: ("user", "system"))
    async with opened(tmp_path) as pilot:
        await pilot.press("c")
        await says(pilot, lambda text: "What is to run it?" in text and "2  a timer of the system" in text)
        await pilot.press("1")
        await says(pilot, lambda text: "Convert: not done" in text and "no systemd" in text)


async def test_u_with_nothing_to_undo_says_so(tmp_path: Path) -> None:
    async with opened(tmp_path) as pilot:
        await pilot.press("u")
        await says(pilot, lambda text: "Undo: not done" in text)
        await pilot.press("escape")
        await says(pilot, lambda text: "Undo: not done" not in text)


async def test_r_runs_the_job_and_its_end_reaches_the_table(tmp_path: Path) -> None:
    async with opened(tmp_path) as pilot:
        assert "○ never ran" in screen_text(pilot.app)  # type: ignore[arg-type]
        await pilot.press("r")
        await says(pilot, lambda text: "Run  sync-learning-data" in text)
        await says(pilot, lambda text: "r run again" in text)
        await pilot.press("escape")
        await says(pilot, lambda text: "Run  sync-learning-data" not in text and "✓ ok" in text)
        text = await says(pilot, lambda text: "last 1  " in text)  # the history is read after the run's end
        jobs = [line.partition("│")[0] for line in text.splitlines()]  # beside them are the next runs
        row = next(line for line in jobs if "sync-learning-data" in line)
        assert "✓ ok" in row or "▲" in row


async def test_t_ends_the_run_in_progress_after_a_y(tmp_path: Path) -> None:
    async with opened(tmp_path, "export-collections") as pilot:
        await pilot.press("j", "r")
        await says(pilot, lambda text: "export started" in text)
        await pilot.press("escape")
        await says(pilot, lambda text: "╭" not in text and "► export-collections" in text)
        await pilot.press("t")
        await says(pilot, lambda text: "Stop the running job?" in text)
        await pilot.press("y")
        await says(pilot, lambda text: "╭" not in text and "✗ SIGTERM" in text)


async def test_a_bad_line_is_offered_to_become_a_comment_in_the_same_plan(tmp_path: Path) -> None:
    async with opened(tmp_path) as pilot:
        table = crontab_file(tmp_path)
        table.write_bytes(table.read_bytes() + b"61 * * * * sh nothing.sh\n")
        await pilot.press("R")
        await says(pilot, lambda text: "! 1 bad line" in text and "not loaded" in text)
        await pilot.press("p")
        await says(pilot, lambda text: "is bad" in text and "y turn line" in text)
        await pilot.press("y")
        await says(pilot, lambda text: "Apply this change?" in text)
        await pilot.press("y")
        found = await is_there(table, lambda found: b"#fedtui:paused# 0 * * * *" in found)
        assert b"\n# 61 * * * * sh nothing.sh\n" in found


async def test_e_fixes_a_bad_line(tmp_path: Path) -> None:
    async with opened(tmp_path) as pilot:
        table = crontab_file(tmp_path)
        before = table.read_bytes()
        table.write_bytes(before + b"61 * * * * sh nothing.sh\n")
        await pilot.press("R")
        await says(pilot, lambda text: "! 1 bad line" in text)
        await pilot.press("end", "e")
        await says(pilot, lambda text: "Reschedule  crontab:" in text)
        await pilot.press("ctrl+u", *"@daily")
        await says(pilot, lambda text: "at 00:00 every day" in text)
        await pilot.press("enter")
        await says(pilot, lambda text: "Apply this change?" in text)
        await pilot.press("y")
        await is_there(table, lambda found: found == before + b"@daily sh nothing.sh\n")


async def test_n_adds_a_job_and_capital_e_changes_it(tmp_path: Path) -> None:
    async with opened(tmp_path) as pilot:
        table = crontab_file(tmp_path)
        before = table.read_bytes()
        await pilot.press("n")
        await says(pilot, lambda text: "New job" in text)
        await pilot.press(*"5 4 * * *", "tab", *"sh tidy.sh")
        await says(pilot, lambda text: "at 04:05 every day" in text)
        await pilot.press("enter")
        await says(pilot, lambda text: "Apply this change?" in text)
        await pilot.press("y")
        await is_there(table, lambda found: found == before + b"5 4 * * * sh tidy.sh\n")
        await says(pilot, lambda text: "● tidy" in text and "Apply" not in text)
        await pilot.press("end", "E")
        await says(pilot, lambda text: "Edit  tidy" in text)
        await pilot.press("ctrl+u", *"6 4 * * *")
        await says(pilot, lambda text: "at 04:06 every day" in text)
        await pilot.press("enter")
        await says(pilot, lambda text: "Apply this change?" in text)
        await pilot.press("y")
        await is_there(table, lambda found: found == before + b"6 4 * * * sh tidy.sh\n")


async def test_o_gives_the_script_to_the_editor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened_paths: list[list[str]] = []
    monkeypatch.setenv("VISUAL", "ed -s")
    monkeypatch.setattr("fedtui.screens.edit_file.edit_file", lambda app, path: opened_paths.append([path]))
    async with opened(tmp_path) as pilot:
        await pilot.press("o")
        await says(pilot, lambda _: bool(opened_paths))
        assert opened_paths == [[str(tmp_path / "federation/scripts/sync-learning-data.sh")]]


async def test_a_change_goes_down_through_few_packages_and_comes_back_into_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the dialog's `y` to the write: what calls what, returns not counted."""
    entered: list[str] = []
    real = apply_edit._in_thread

    async def watched(*arguments: Any) -> None:
        frame = sys._getframe()
        names = []
        while frame is not None:
            names.append(str(frame.f_globals.get("__name__")))
            frame = frame.f_back  # type: ignore[assignment]  # None ends it
        packages = [name.split(".")[1] for name in reversed(names) if name.startswith("fedtui.")]
        entered.extend(package for package, _ in groupby(packages))
        await real(*arguments)

    monkeypatch.setattr(apply_edit, "_in_thread", watched)
    async with opened(tmp_path / "demo") as pilot:
        await pilot.press("p")
        await says(pilot, lambda text: "y apply" in text)
        await pilot.press("y")
        await says(pilot, lambda text: "Paused sync-learning-data" in text)
    assert entered == ["screens", "engine", "changes"]


async def test_a_plan_whose_answer_does_not_come_opens_no_dialog_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fedtui.system.patience.NOTICE_AFTER", 0.2)
    monkeypatch.setattr("fedtui.screens.change_flow.NOTICE_AFTER", 0.2)
    monkeypatch.setattr("fedtui.screens.change_flow.PLAN_DEADLINE", 1.0)
    answered = asyncio.Event()

    async def silent(*_: object) -> None:
        with waiting("systemd"):
            await answered.wait()

    async with opened(tmp_path) as pilot:
        monkeypatch.setattr(type(pilot.app.screen.host.engine), "plan", silent)  # type: ignore[attr-defined]
        await pilot.press("p")
        await says(pilot, lambda text: "Waiting for systemd." in text)
        await says(pilot, lambda text: "systemd has not answered for 1 s." in text)
        await says(pilot, lambda text: "Nothing was changed" in text)
        await pilot.press("escape")
        answered.set()
        await pilot.pause(0.3)
        assert not pilot.app.screen.is_modal
