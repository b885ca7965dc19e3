"""docs/hosts.md is what `make hosts` writes when every test passes."""

from __future__ import annotations

from tests.box.base import BASES
from tests.hosts.__main__ import NAMES, PAGE, capabilities, page


def test_the_page_says_what_the_tests_show() -> None:
    assert set(NAMES) == set(BASES)
    everything = {f"{name}[{base}]" for name, _ in capabilities() for base in BASES}
    assert len(capabilities()) == 7
    assert PAGE.read_text(encoding="utf-8") == page(everything)
    assert "| no |" in page(everything - {f"{capabilities()[0][0]}[cronie]"})
