"""Whether a machine sleeps, by what its kernel shows."""

from __future__ import annotations

from pathlib import Path

from fedtui.system.power import asleep_since_boot, sleeps


def supply(folder: Path, name: str, **facts: str) -> None:
    (folder / name).mkdir()
    for fact, text in facts.items():
        (folder / name / fact).write_text(text + "\n")


def test_a_battery_of_its_own_tells_that_it_sleeps(tmp_path: Path) -> None:
    supply(tmp_path, "AC", type="Mains")
    supply(tmp_path, "hidpp_battery_0", type="Battery", scope="Device")
    assert sleeps(tmp_path, lambda: 0.0) == ""
    supply(tmp_path, "BAT0", type="Battery")
    assert sleeps(tmp_path, lambda: 0.0) == "it has a battery (BAT0)"


def test_that_it_slept_is_told_by_two_clocks(tmp_path: Path) -> None:
    nowhere = tmp_path / "none"
    assert sleeps(nowhere, lambda: 7200.0) == "it was suspended for 120 min since it was started"
    assert sleeps(nowhere, lambda: 59.0) == ""
    assert asleep_since_boot() > -1.0
