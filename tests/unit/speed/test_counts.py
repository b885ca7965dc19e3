"""Figures that CI holds: what is above its committed value fails, except within the noise of that figure."""

from __future__ import annotations

import pytest

from benchmarks.counts import compare

COMMITTED = {"modules": 547, "memory_mb": 45.2, "key_bytes": 3376, "code_lines": 41108}


def test_what_is_as_committed_passes_without_a_note() -> None:
    text, ok = compare(COMMITTED, COMMITTED, same_python=True)
    assert ok
    assert text.splitlines() == [
        "       547  modules before the first paint",
        "      45.2  memory in MB, idle (PSS)",
        "     3,376  bytes to the terminal for a cursor key",
        "    41,108  code lines",
    ]


@pytest.mark.parametrize(
    ("name", "noise", "rise", "said"),
    [
        ("modules", 547, 548, "548  modules before the first paint  (ABOVE 547)"),
        ("memory_mb", 48.0, 48.4, "48.4  memory in MB, idle (PSS)  (ABOVE 45.2)"),
        ("key_bytes", 3430, 3500, "3,500  bytes to the terminal for a cursor key  (ABOVE 3,376)"),
        ("code_lines", 41108, 41109, "41,109  code lines  (ABOVE 41,108)"),
    ],
)
def test_a_rise_beyond_the_noise_fails_and_asks_for_a_reason(
    name: str, noise: float, rise: float, said: str
) -> None:
    assert compare({**COMMITTED, name: noise}, COMMITTED, same_python=True)[1]
    text, ok = compare({**COMMITTED, name: rise}, COMMITTED, same_python=True)
    assert not ok
    assert said in text
    assert "raise it in benchmarks/counts.toml in this commit and say why" in text


def test_a_fall_passes_and_hints_at_the_new_value() -> None:
    text, ok = compare({**COMMITTED, "code_lines": 40000}, COMMITTED, same_python=True)
    assert ok
    assert "40,000  code lines  (below 41,108: lower it in counts.toml)" in text


def test_what_differs_between_pythons_is_not_compared_on_another_one() -> None:
    text, ok = compare({**COMMITTED, "modules": 600, "memory_mb": 60}, COMMITTED, same_python=False)
    assert ok
    assert "600  modules before the first paint  (not compared: another Python)" in text
    assert not compare({**COMMITTED, "code_lines": 41109}, COMMITTED, same_python=False)[1]
