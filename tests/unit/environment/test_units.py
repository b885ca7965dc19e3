"""EnvironmentFile= as systemd reads it; the values were printed by a unit of systemd 252."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fedtui.environment.units import file_settings


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("A=1\n", [("A", "1")]),
        ('B = "two words"  \n', [("B", "two words")]),
        ('C=a"b"c\n', [("C", 'a"b"c')]),
        ('D="x\\"y" z\n', [("D", 'x"yz')]),
        ("; no\n# no\n\nno\n", []),
        ("E=a\\\n b\n", [("E", "a b")]),
        ("export F=1\n", []),
        ("G='q$HOME'\n", [("G", "q$HOME")]),
        ("H=  sp  \n", [("H", "sp")]),
        ('I="multi\nline"\nJ=2', [("I", "multi\nline"), ("J", "2")]),
        ("J=a\\nb\n", [("J", "anb")]),
        ("K=\nL=", [("K", ""), ("L", "")]),
    ],
)
def test_the_rules_of_systemd(text: str, found: list[tuple[str, str]]) -> None:
    assert file_settings(text) == found


@settings(max_examples=200)
@given(st.text(alphabet="A=b \t\\\"'\n#;$", max_size=40))
def test_any_text_is_read_to_its_end(text: str) -> None:
    for name, _ in file_settings(text):
        assert name.isidentifier()
