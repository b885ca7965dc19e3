"""The doctor's screen: what is read there, and what each key does."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import pytest

from fedtui.config import Config
from fedtui.crontab import Document
from fedtui.history.database import History
from fedtui.model import Checkup, Finding, Remedy, Severity, Snapshot, Unchecked
from fedtui.ports import Ports
from fedtui.screens.confirm import ConfirmScreen
from fedtui.screens.dashboard import Dashboard
from fedtui.screens.doctor import DoctorScreen
from fedtui.store import with_checkup
from fedtui.system.crontab_file import CrontabFile
from tests.fixtures import mockup_data as mock
from tests.fixtures.mockup_app import MockupApp
from tests.pilot.test_dashboard import LARGE, SMALL, settled

FAILED = Finding(
    "FT301",
    Severity.ERROR,
    "failed three times in a row: push rejected",
    "The last run of federated-git failed: exit 1.",
    ("exit 1, 3 in a row", "push rejected: fetch first"),
    "l shows the job's log, r runs it again.",
    mock.GIT.id,
)
NOT_ON_PATH = Finding(
    "FT118",
    Severity.WARNING,
    "jq is not on cron's PATH",
    "export-collections starts jq, which cron cannot find.",
    ("jq: not found", "cron's PATH  /usr/bin:/bin", "shell finds  /home/fed/.local/bin/jq"),
    "Write the whole path of the command, or set PATH= above the line.",
    mock.EXPORT.id,
    command="command -v jq",
)
UNREADABLE = Finding(
    "FT505",
    Severity.NOTE,
    "cron's lines in the log are not readable",
    "What cron starts is not seen.",
    fix="Join the group systemd-journal.",
)
MISSED = Unchecked(("FT120", "FT121"), "bash -n", "bash did not answer for 5 s", "Is the disk slow?")


def checked(*findings: Finding, unchecked: tuple[Unchecked, ...] = ()) -> Snapshot:
    passed = tuple(f"FT{number}" for number in range(101, 142))
    return with_checkup(mock.SNAPSHOT, Checkup(findings, unchecked, passed))


SNAPSHOT = checked(FAILED, NOT_ON_PATH, UNREADABLE, unchecked=(MISSED,))


async def test_the_list_names_each_finding_and_what_was_not_checked() -> None:
    app = MockupApp(SNAPSHOT)
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press("d")
        lines = (await settled(pilot, lambda text: "Doctor" in text)).splitlines()
        assert lines[1].startswith(
            "─ Doctor  ✗ 1 error  ▲ 1 warning  1 note   41 passed, 2 not checked ─────"
        )
        assert lines[2] == "   CODE    WHERE                 FINDING                                  FIX"
        assert lines[3].startswith(
            " ✗ FT301   federated-git         failed three times in a row: push reje…  how"
        )
        assert lines[4].startswith(" ▲ FT118   export-collections    jq is not on cron's PATH")
        assert lines[5].startswith(
            " · FT505   this machine          cron's lines in the log are not readab…  how"
        )
        assert lines[6].startswith(
            " ? FT120+  bash -n               not checked: bash did not answer for 5…  how"
        )
        assert lines[-1] == " i silence  R check again  J go to job  ? help  esc back  q quit"


async def test_evidence_why_and_fix_of_the_finding_under_the_cursor() -> None:
    app = MockupApp(SNAPSHOT)
    async with app.run_test(size=LARGE) as pilot:
        await pilot.press("d", "down")
        text = await settled(pilot, lambda text: "why it matters" in text and "shell finds" in text)
        assert "─ FT118  export-collections  jq is not on cron's PATH ───" in text
        assert " seen         jq: not found" in text
        assert " cron's PATH  /usr/bin:/bin" in text
        assert " cron does not read your shell's profile." in text
        assert "─ fix ──" in text
        assert " command -v jq" in text


async def test_what_was_not_checked_is_explained() -> None:
    app = MockupApp(SNAPSHOT)
    async with app.run_test(size=LARGE) as pilot:
        await pilot.press("d", "end")
        text = await settled(pilot, lambda text: "neither found nor fine" in text)
        assert " bash did not answer for 5 s" in text
        assert " FT120 FT121" in text
        assert " Is the disk slow?" in text


async def test_nothing_found() -> None:
    app = MockupApp(checked())
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press("d")
        text = await settled(pilot, lambda text: "Doctor" in text)
        assert " Nothing was found." in text
        assert "─ Doctor   41 passed ──" in text
        assert text.splitlines()[-1] == " R check again  ? help  esc back  q quit"


async def test_a_group_is_one_row_that_opens() -> None:
    jobs = (mock.SYNC, mock.METRICS, mock.EXPORT)
    app = MockupApp(checked(*(replace(NOT_ON_PATH, job_id=job.id) for job in jobs)))
    async with app.run_test(size=LARGE) as pilot:
        await pilot.press("d")
        text = await settled(pilot, lambda text: "3 jobs" in text)
        assert text.count("▲ FT118") == 1
        assert "enter open" in text.splitlines()[-1]
        await pilot.press("enter")
        text = await settled(pilot, lambda text: text.count("▲ FT118") == 4)
        assert "     sync-learning-data" in text.replace("▲ FT118", " ")
        await pilot.press("enter")
        await settled(pilot, lambda text: text.count("▲ FT118") == 1)


async def test_y_copies_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    app = MockupApp(SNAPSHOT)
    copied: list[str] = []
    monkeypatch.setattr(app, "copy_to_clipboard", copied.append)
    async with app.run_test(size=LARGE) as pilot:
        await pilot.press("d", "y", "down", "y")
        await settled(pilot)
        assert copied == ["command -v jq"]


async def test_shift_j_goes_to_the_job_also_where_a_filter_hides_it() -> None:
    app = MockupApp(SNAPSHOT)
    async with app.run_test(size=LARGE) as pilot:
        await pilot.press("slash", *"dashboard", "enter", "d", "j", "J")
        await settled(pilot)
        assert isinstance(app.screen, Dashboard)
        assert app.screen.job is not None
        assert app.screen.job.id == mock.EXPORT.id


async def test_shift_r_looks_again_and_escape_leaves() -> None:
    app = MockupApp(SNAPSHOT)
    async with app.run_test(size=LARGE) as pilot:
        await pilot.press("d", "R")
        await settled(pilot)
        assert app.fixed.refreshed == 1
        app.fixed.post(checked(UNREADABLE))
        text = await settled(pilot, lambda text: "FT301" not in text)
        assert "· FT505" in text
        await pilot.press("escape")
        await settled(pilot)
        assert isinstance(app.screen, Dashboard)


async def test_the_cursor_stays_on_its_finding_when_others_come() -> None:
    app = MockupApp(checked(NOT_ON_PATH))
    async with app.run_test(size=LARGE) as pilot:
        await pilot.press("d")
        await settled(pilot, lambda text: "FT118" in text)
        app.fixed.post(SNAPSHOT)
        await settled(pilot, lambda text: "FT301" in text)
        assert isinstance(app.screen, DoctorScreen)
        assert app.screen.finding == NOT_ON_PATH


@pytest.fixture
def table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    path = tmp_path / "crontab"
    path.write_text("0 22-2 * * * bash ~/dash.sh\n")
    return path


def real(table: Path) -> tuple[MockupApp, Finding]:
    """The app over a crontab that is a file, with one job of it and a finding with a remedy."""
    entry = Document.parse(table.read_bytes(), user="fed").entries[0]
    job = replace(
        mock.METRICS, id=f"crontab:{entry.id_key}", user="fed", schedule=entry.schedule, editable=True
    )
    remedy = Remedy("schedule", "write it as two ranges", "0 22-23,0-2 * * *")
    finding = Finding("FT105", Severity.WARNING, "an empty range", "22-2 runs backwards.", job_id=job.id)
    finding = replace(finding, remedy=remedy)
    state = table.parent / "state"
    config = Config(state)
    crontab = CrontabFile(table, "fed")
    ports = Ports(
        config, "fed", MappingProxyType({"fed": crontab}), _no_bus, History(config.database), lambda: mock.NOW
    )
    snapshot = replace(mock.SNAPSHOT, jobs=(job,), findings=(finding,))
    return MockupApp(snapshot, ports=ports), finding


async def _no_bus(_user: bool) -> object:
    raise AssertionError("no test here needs a bus")


async def test_enter_shows_the_fix_and_only_y_makes_it(table: Path) -> None:
    app, _ = real(table)
    async with app.run_test(size=LARGE) as pilot:
        await pilot.press("d")
        text = await settled(pilot, lambda text: "22-23,0-2" in text)
        assert "─ fix   write it as two ranges ──" in text
        assert "1 - 0 22-2 * * * bash ~/dash.sh" in text
        await pilot.press("enter")
        await settled(pilot, lambda text: "what will be done" in text)
        assert isinstance(app.screen, ConfirmScreen)
        assert table.read_text() == "0 22-2 * * * bash ~/dash.sh\n"
        await pilot.press("y")
        await settled(pilot, lambda _: isinstance(app.screen, DoctorScreen))
        assert table.read_text() == (
            f"# fedtui: was 0 22-2 * * * until {mock.NOW:%Y-%m-%d}; reason: FT105\n"
            "0 22-23,0-2 * * * bash ~/dash.sh\n"
        )
        assert app.fixed.refreshed == 1


async def test_i_silences_with_a_comment_above_the_line_u_undoes_it_and_ctrl_r_redoes_it(table: Path) -> None:
    app, _ = real(table)
    async with app.run_test(size=LARGE) as pilot:
        await pilot.press("d", "i")
        await settled(pilot, lambda text: "what will be done" in text)
        await pilot.press("y")
        await settled(pilot, lambda _: isinstance(app.screen, DoctorScreen))
        assert table.read_text() == "# fedtui: ignore FT105\n0 22-2 * * * bash ~/dash.sh\n"
        await pilot.press("u")
        await settled(pilot, lambda text: "what will be done" in text)
        await pilot.press("y")
        await settled(pilot, lambda _: isinstance(app.screen, DoctorScreen))
        assert table.read_text() == "0 22-2 * * * bash ~/dash.sh\n"
        await pilot.press("ctrl+r")
        await settled(pilot, lambda text: "what will be done" in text)
        await pilot.press("y")
        await settled(pilot, lambda _: isinstance(app.screen, DoctorScreen))
        assert table.read_text() == "# fedtui: ignore FT105\n0 22-2 * * * bash ~/dash.sh\n"
        await pilot.press("U")
        await settled(pilot, lambda text: "Undo list  3 steps" in text)
        await pilot.press("escape")
        await settled(pilot, lambda _: isinstance(app.screen, DoctorScreen))
