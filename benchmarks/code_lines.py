"""`python -m benchmarks.code_lines [FOLDER]`: lines per package without blanks, comments and docstrings.

A line counts if a token of the program is on it; of a string that spans lines each line counts, unless the
string is a statement (a docstring). Tests and benchmarks are not the program and are not counted.
"""

from __future__ import annotations

import ast
import io
import sys
import tokenize
from collections import Counter
from pathlib import Path

ROOTS = ("fedtui", "screens", "styles")
SILENT = {"COMMENT", "NL", "NEWLINE", "INDENT", "DEDENT", "ENDMARKER"}


def code_lines(source: str) -> int:
    """How many lines of a module's source hold code."""
    lines = {
        line
        for token in tokenize.generate_tokens(io.StringIO(source).readline)
        if tokenize.tok_name[token.type] not in SILENT
        for line in range(token.start[0], token.end[0] + 1)
    }
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Expr(value=ast.Constant(value=str())):
                lines -= set(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    return len(lines)


def by_package(checkout: Path) -> Counter[str]:
    """Code lines of each package; a subpackage counts with its parent, a module at the top of fedtui alone.

    `fedtui/screens` and `fedtui/styles` are links to the folders at the top, which are counted once.
    """
    counts: Counter[str] = Counter()
    for root in ROOTS:
        for path in sorted((checkout / root).rglob("*.py*")):
            if path.suffix not in (".py", ".pyi"):
                continue
            parts = path.relative_to(checkout).parts
            if any(parent.is_symlink() for parent in path.parents):
                continue
            package = "/".join(parts[:2]) if root == "fedtui" else root
            counts[package] += code_lines(path.read_text(encoding="utf-8"))
    return counts


def main(arguments: list[str]) -> None:
    """Print the packages, largest first, and the sum."""
    counts = by_package(Path(arguments[0]) if arguments else Path(__file__).parents[1])
    for package, count in counts.most_common():
        print(f"{count:7,}  {package}")
    print(f"{counts.total():7,}  in all")


if __name__ == "__main__":
    main(sys.argv[1:])
