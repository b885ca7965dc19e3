"""Running programs with a deadline, and the machine's time zone."""

import time
from pathlib import Path

import pytest

from fedtui.system.program import ProgramError, run_program
from fedtui.system.zone import local_zone

ZONES = Path("/usr/share/zoneinfo")


def test_what_a_program_prints_and_how_it_ends() -> None:
    ended = run_program(["sh", "-c", "cat; echo oops >&2; exit 3"], stdin=b"in\xff")
    assert (ended.status, ended.out, ended.said) == (3, b"in\xff", "oops")


def test_a_program_gets_the_c_locale_and_none_of_our_own_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANG", "de_DE.UTF-8")
    monkeypatch.setenv("EDITOR", "vi")
    out = run_program(["env"], extra={"VISUAL": "ours"}).out.decode()
    assert "LC_ALL=C\n" in out
    assert "VISUAL=ours\n" in out
    assert "EDITOR=" not in out
    assert "LANG=" not in out


def test_a_late_program_is_ended_with_its_children(tmp_path: Path) -> None:
    began = time.monotonic()
    pid_file = tmp_path / "pid"
    with pytest.raises(ProgramError, match="did not answer within"):
        run_program(["sh", "-c", f"sleep 60 & echo $! > {pid_file}; wait"], deadline=0.3)
    assert time.monotonic() - began < 5
    stat = Path(f"/proc/{int(pid_file.read_text())}/stat")

    def ended() -> bool:
        try:
            return stat.read_bytes().rpartition(b")")[2].split()[0] == b"Z"
        except OSError:
            return True

    while not ended() and time.monotonic() - began < 20:  # killed, and on a busy machine not yet gone
        time.sleep(0.01)
    assert ended()


def test_a_program_that_cannot_be_started_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(ProgramError, match="no-such could not be started: No such file or directory"):
        run_program([str(tmp_path / "no-such")])


@pytest.fixture
def etc(tmp_path: Path) -> Path:
    if not (ZONES / "Europe/Berlin").exists():
        pytest.skip("no zone database here")
    return tmp_path


def test_the_zone_is_named_by_the_link(etc: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    (etc / "localtime").symlink_to(ZONES / "Europe/Berlin")
    name, zone = local_zone(etc)
    assert (name, zone.key) == ("Europe/Berlin", "Europe/Berlin")


def test_a_copied_zone_is_named_by_its_side_file_only_if_they_agree(etc: Path) -> None:
    (etc / "localtime").write_bytes((ZONES / "Asia/Kolkata").read_bytes())
    assert local_zone(etc)[0] == "localtime"
    (etc / "timezone").write_text("Asia/Kolkata\n")
    assert local_zone(etc)[0] == "Asia/Kolkata"
    (etc / "timezone").write_text("Europe/Paris\n")
    assert local_zone(etc)[0] == "localtime"
    assert local_zone(etc)[1] is local_zone(etc)[1]


@pytest.mark.parametrize("content", [None, b"", b"no zone"])
def test_without_a_usable_file_it_is_utc(etc: Path, content: bytes | None) -> None:
    if content is not None:
        (etc / "localtime").write_bytes(content)
    assert local_zone(etc)[0] == "UTC"
