"""Moves each case of the corpus into the half that its hash says: `python -m tests.corpus`."""

from __future__ import annotations

import tomllib
from pathlib import Path

from tests.corpus.cases import FAMILIES, HALVES, HERE, MARK, half_of


def sort_halves(root: Path = HERE) -> None:
    """Rewrite the files whose cases are in the wrong half; the text of a case stays as it is."""
    names = {path.relative_to(root / half) for half in HALVES for path in (root / half).glob("*/*.toml")}
    for name in sorted(names):
        if name.parts[0] not in FAMILIES:
            continue
        blocks: dict[str, list[str]] = {half: [] for half in HALVES}
        for half in HALVES:
            path = root / half / name
            text = path.read_text(encoding="utf-8") if path.exists() else ""
            for block in text.split(MARK)[1:]:
                case = tomllib.loads(MARK + block)["case"][0]
                blocks[half_of(case)].append(MARK + block.rstrip("\n") + "\n")
        for half, found in blocks.items():
            path = root / half / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if found:
                path.write_text("\n".join(found), encoding="utf-8")
            else:
                path.unlink(missing_ok=True)


if __name__ == "__main__":
    sort_halves()
