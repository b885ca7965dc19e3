"""docs/hosts.md is what `make hosts` writes when every test passes."""

from __future__ import annotations

from tests.box.base import BASES
from tests.hosts import test_daemons, test_kinds
from tests.hosts.__main__ import CELLS, NAMES, PAGE, capabilities, page
from tests.hosts.kinds import KINDS


def test_the_page_says_what_the_tests_show() -> None:
    assert set(NAMES) == set(BASES)
    crons, kinds = capabilities(test_daemons, "host"), capabilities(test_kinds, "bare")
    everything = {f"{name}[{base}]" for name, _ in crons for base in BASES}
    everything |= {f"{name}[{kind}]" for name, _ in kinds for kind in KINDS}
    assert (len(crons), len(kinds)) == (8, 5)
    assert set(CELLS) <= everything
    assert PAGE.read_text(encoding="utf-8") == page(everything)
    assert page(everything - {f"{kinds[0][0]}[no-cron]"}).count("| no |") == 1
