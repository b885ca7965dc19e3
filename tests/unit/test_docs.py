"""What the documents point at is there, and what they promise of keys is what the program binds."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from fedtui.widgets.keys import ALL

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_to_a_file_leads_to_one(page: Path) -> None:
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text(encoding="utf-8"))
    missing = [link for link in links if not (page.parent / link).exists()]
    assert missing == []


def test_the_readme_names_every_key_of_the_dashboard() -> None:
    table = (ROOT / "README.md").read_text(encoding="utf-8").split("## Keys")[1].split("##")[0]
    named = set(re.findall(r"`([^`]+)`", table))
    bound = {key.shown or key.key for key in ALL if len(key.shown or key.key) == 1 and key.help}
    assert bound - named - {"1", "2", "3", "4"} == set()
