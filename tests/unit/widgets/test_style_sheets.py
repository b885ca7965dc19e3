"""Style sheets name widgets by their class, and Textual says nothing of a name that no widget has."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import textual.widgets
from textual.dom import DOMNode

import fedtui

PACKAGE = Path(fedtui.__file__).parent


def sources() -> list[Path]:
    return [*PACKAGE.rglob("*.py"), *(PACKAGE / "screens").glob("*.py")]  # screens/ may be a link


def style_sheets() -> Iterator[tuple[str, str]]:
    for path in (PACKAGE / "styles").glob("*.tcss"):
        yield str(path.relative_to(PACKAGE)), path.read_text()
    for path in sources():
        for sheet in re.findall(r'CSS\b[^=\n]*= f?"""(.*?)"""', path.read_text(), re.DOTALL):
            yield str(path.relative_to(PACKAGE)), sheet


def class_names() -> set[str]:
    names = {name for path in sources() for name in re.findall(r"(?m)^class (\w+)", path.read_text())}
    queue: list[type] = [
        DOMNode,
        *(getattr(textual.widgets, name) for name in vars(textual.widgets)["__all__"]),
    ]
    while queue:
        cls = queue.pop()
        names.add(cls.__name__)
        queue.extend(cls.__subclasses__())
    return names


def test_each_class_that_a_style_sheet_names_exists() -> None:
    sheets, known = list(style_sheets()), class_names()
    assert len(sheets) > 15
    unknown = {
        (where, name)
        for where, sheet in sheets
        for selectors in re.findall(r"([^{};]+)\{", re.sub(r"/\*.*?\*/", "", sheet, flags=re.DOTALL))
        for name in re.findall(r"(?<![\w.#$:-])[A-Z]\w*", selectors)
        if name not in known
    }
    assert unknown == set()
