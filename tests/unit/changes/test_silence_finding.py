"""Silencing a finding in config.toml: the one entry is added, nothing else of the file changes; undo."""

from __future__ import annotations

import tomllib
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedtui import changes
from fedtui.action_result import Refused
from fedtui.changes.plan import Conflict
from fedtui.changes.silence_finding import with_ignored
from fedtui.config import Config, load
from fedtui.health.check_runner import CheckRunner
from fedtui.history.database import History
from fedtui.model import Job, Location, Outcome, Result, Snapshot, SourceName, TimerFacts
from fedtui.ports import Ports
from fedtui.results import RuleBook
from tests.judged import judged

NOW = datetime(2026, 11, 24, 13, 5, 12, tzinfo=UTC)
FILE = Path("/nowhere/config.toml")
TIMER = judged(
    Job(
        "user-timer:a.timer",
        "a",
        SourceName.USER_TIMER,
        "fed",
        "daily",
        "",
        Location("a.timer"),
        TimerFacts("a.timer", "a.service", True, "active", "enabled"),
        last_result=Result(Outcome.FAILED),
    )
)


@pytest.fixture
def ports(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Ports:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    config = load()
    return Ports(config, "fed", MappingProxyType({}), _no_bus, History(config.database), lambda: NOW)


async def _no_bus(_user: bool) -> object:
    raise AssertionError("no test here needs a bus")


def file(tmp_path: Path) -> Path:
    return tmp_path / "config" / "fedtui" / "config.toml"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"", b'ignore = ["FT402"]\n'),
        (b"ascii = true", b'ascii = true\nignore = ["FT402"]\n'),
        (b"# mine\n[keys]\n", b'# mine\nignore = ["FT402"]\n\n[keys]\n'),
        (b"ignore = []  # none\n", b'ignore = ["FT402"]  # none\n'),
        (b"ignore = ['FT1 x']\n", None),
        (b'ignore = ["FT118"]\n', b'ignore = ["FT118", "FT402"]\n'),
        (b'ignore = [\n  "FT118",\n]\n', b'ignore = [\n  "FT118", "FT402"\n]\n'),
    ],
)
def test_the_entry_is_added_and_nothing_else_changed(before: bytes, after: bytes | None) -> None:
    new = with_ignored(FILE, before, "FT402")
    if after is not None:
        assert new == after
    assert "FT402" in tomllib.loads(new.decode())["ignore"]


@pytest.mark.parametrize(
    "text", [b'ignore = [ # why\n "FT118" ]\n', b'"ignore" = ["FT118"]\n', b"ignore = [\n", b"\xff"]
)
def test_a_file_that_cannot_be_changed_safely_is_left_alone(text: bytes) -> None:
    with pytest.raises(Refused, match="Write it by hand"):
        with_ignored(FILE, text, "FT402")


def test_what_is_silenced_already() -> None:
    with pytest.raises(Refused, match="silenced already"):
        with_ignored(FILE, b'ignore = ["FT402"]\n', "FT402")


@given(
    st.lists(
        st.sampled_from(["ascii = true", "# ignore = [", "theme = 'x'", "", 'bus = "dbus-fast"']), unique=True
    ),
    st.lists(st.from_regex(r"FT[0-9]{3}", fullmatch=True), max_size=3, unique=True),
    st.booleans(),
)
def test_the_other_settings_keep_their_bytes(lines: list[str], codes: list[str], table: bool) -> None:
    told = ", ".join(f'"{code}"' for code in codes)
    text = "\n".join(
        [*lines, *([f"ignore = [{told}]"] if codes else []), *(["[keys]", '"a" = "b"'] if table else [])]
    )
    if "FT999" in codes:
        return
    new = with_ignored(FILE, text.encode(), "FT999").decode()
    assert tomllib.loads(new) == {**tomllib.loads(text), "ignore": [*codes, "FT999"]}
    assert [line for line in lines if line and line not in new] == []


async def test_silence_the_finding_of_a_timer_and_take_it_back(ports: Ports, tmp_path: Path) -> None:
    doctor = CheckRunner(ports.config, RuleBook({}, {}))
    snapshot = Snapshot(NOW, (TIMER,))
    assert [finding.code for finding in doctor(snapshot).findings] == ["FT301"]
    plan = await changes.plan_silence("FT301", TIMER, ports)
    assert not file(tmp_path).exists()
    assert [line.text for line in plan.diffs[0].lines] == ['ignore = ["FT301 user-timer:a.timer"]']
    applied = await changes.apply(plan, ports)
    assert file(tmp_path).read_text() == 'ignore = ["FT301 user-timer:a.timer"]\n'
    assert file(tmp_path).stat().st_mode & 0o777 == 0o600
    checked = doctor(snapshot)
    assert (checked.findings, checked.silenced) == ((), 1)
    undo = await changes.plan_undo(ports, applied.undo_id)
    await changes.apply(undo, ports)
    assert not file(tmp_path).exists()
    assert [finding.code for finding in doctor(snapshot).findings] == ["FT301"]


async def test_a_file_that_was_edited_meanwhile_is_not_overwritten(ports: Ports, tmp_path: Path) -> None:
    path = file(tmp_path)
    path.parent.mkdir(parents=True)
    path.write_text("ascii = true\n")
    plan = await changes.plan_silence("FT001", None, ports)
    path.write_text("ascii = false\n")
    with pytest.raises(Conflict):
        await changes.apply(plan, ports)
    assert path.read_text() == "ascii = false\n"


async def test_an_undo_that_would_lose_a_later_edit_is_refused(ports: Ports, tmp_path: Path) -> None:
    applied = await changes.apply(await changes.plan_silence("FT001", None, ports), ports)
    path = file(tmp_path)
    path.write_text(path.read_text() + "ascii = true\n")
    with pytest.raises(Refused, match="would lose that edit"):
        await changes.plan_undo(ports, applied.undo_id)


def test_the_doctor_keeps_what_it_knew_while_the_config_is_broken(ports: Ports, tmp_path: Path) -> None:
    path = file(tmp_path)
    path.parent.mkdir(parents=True)
    path.write_text('ignore = ["FT301"]\n')
    doctor = CheckRunner(Config(tmp_path, ignore=("FT301",)), RuleBook({}, {}))
    path.write_text("ignore = [")
    assert doctor(Snapshot(NOW, (TIMER,))).findings == ()
