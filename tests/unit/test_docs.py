"""What the documents point at is there, and what they promise of keys is what the program binds."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from fedtui.widgets.keys import ALL

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
FOLDERS = ("fedtui", "screens", "styles", "tests", "benchmarks", "docs")
CURRENT_PAGES = [page for page in PAGES if page.name != "CHANGELOG.md"]  # the changelog tells of old names


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


def _quoted(text: str) -> list[str]:
    """What is in backticks outside blocks of code."""
    return re.findall(r"`([^`]+)`", re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL))


def _map_rows() -> list[list[str]]:
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    table = page.split("## Where to find what")[1].split("\n## ")[0]
    rows = [line.strip("| ").split(" | ") for line in table.splitlines() if line.startswith("| ")]
    return [row for row in rows if len(row) == 3][2:]


@pytest.mark.parametrize("page", CURRENT_PAGES, ids=lambda page: page.name)
def test_every_path_and_module_that_a_page_names_exists(page: Path) -> None:
    missing = []
    for name in _quoted(page.read_text(encoding="utf-8")):
        if re.match(rf"({'|'.join(FOLDERS)})/", name):
            found = any(ROOT.glob(name.rstrip("/")))
        elif re.fullmatch(r"[\w/*]+\.(py|tcss)", name):
            found = any(file for folder in FOLDERS for file in (ROOT / folder).glob(f"**/{name}"))
        else:
            continue
        if not found:
            missing.append(name)
    assert missing == []


def test_the_map_opens_the_page_and_each_row_names_one_file_or_folder_to_open_first() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    assert re.findall(r"^## (.*)", page, re.MULTILINE)[0] == "Where to find what"
    first = {row[0]: _quoted(row[1]) for row in _map_rows()}
    assert len(first) > 30
    assert [what for what, paths in first.items() if len(paths) != 1 or not any(ROOT.glob(paths[0]))] == []


def test_each_package_and_top_module_is_described_or_a_layer() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    layers = page.split("## Layers")[1].split("\n## Tests")[0]
    packages = {path.parent.name for path in (ROOT / "fedtui").glob("*/__init__.py")}
    assert [name for name in sorted(packages) if f"{name}/`" not in layers] == []
