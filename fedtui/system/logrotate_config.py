"""Which logrotate configuration takes care of a log, as far as the configurations can be read. Blocking.

Names are read as logrotate does (logrotate(8); config.c of 3.21): those of a block come before its `{`,
split at blanks, quoted as in a shell, and each is a pattern of glob(7) in which the backslash escapes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from fedtui.system.paths import config_file
from fedtui.system.regular_file import read_regular

LOGROTATE_CONF = Path("/etc/logrotate.conf")
LOGROTATE_D = Path("/etc/logrotate.d")

_IGNORED = (".dpkg-old", ".dpkg-dist", ".dpkg-new", ".rpmsave", ".rpmnew", ".disabled", ".bak", "~", ".swp")
_COMMENT = re.compile(r"(?m)^\s*#.*$")
_SCRIPT = re.compile(
    r"(?ms)^\s*(?:prerotate|postrotate|firstaction|lastaction|preremove)\b.*?^\s*endscript\b"
)
_BLOCK = re.compile(r"([^{}]*)\{[^{}]*\}")
_NAME = re.compile(r'"((?:\\.|[^"\\])*)"|\'((?:\\.|[^\'\\])*)\'|((?:\\.|[^\s"\'\\])+)')
_SET = re.compile(r"\[[!^]?\]?[^\]]*\]")


def own_config() -> Path:
    """The configuration by which a user rotates the logs of their own, whether or not it is there."""
    return config_file().with_name("logrotate.conf")


def configurations(main: Path = LOGROTATE_CONF, folder: Path = LOGROTATE_D) -> tuple[Path, ...]:
    """The machine's configurations that logrotate reads: the main one, and those of the folder."""
    try:
        names = sorted(folder.iterdir())
    except OSError:
        names = []
    return (main, *(path for path in names if path.is_file() and not path.name.endswith(_IGNORED)))


def rotated_by(log: str, among: Iterable[Path]) -> Path | None:
    """The first of the configurations that names the log; None where none can be seen to."""
    for path in among:
        try:
            if not path.is_file():  # to open a pipe would wait for its other end
                continue
            text = read_regular(path).decode("utf-8", "surrogateescape")
        except OSError:
            continue
        if any(pattern.fullmatch(log) for pattern in patterns(text)):
            return path
    return None


def patterns(text: str) -> list[re.Pattern[str]]:
    """The patterns of all logs that a configuration names."""
    found: list[re.Pattern[str]] = []
    for before in _BLOCK.findall(_SCRIPT.sub("", _COMMENT.sub("", text))):
        for line in before.splitlines():
            if line.lstrip().startswith(("/", '"', "'")):
                found += [_pattern(_word(match)) for match in _NAME.finditer(line)]
    return found


def _word(match: re.Match[str]) -> str:
    """What is left for glob: in quotes a backslash escapes the quote alone, outside anything."""
    double, single, bare = match.groups()
    if bare is not None:
        return re.sub(r"\\(.)", r"\1", bare)
    if double is not None:
        return str(double.replace('\\"', '"'))
    return str(single.replace("\\'", "'"))


def _pattern(glob: str) -> re.Pattern[str]:
    found, at = "", 0
    while at < len(glob):
        char = glob[at]
        of_set = _SET.match(glob, at) if char == "[" else None
        if char == "\\" and at + 1 < len(glob):
            at += 1
            found += re.escape(glob[at])
        elif of_set is not None:
            at = of_set.end() - 1
            inner = of_set[0][1:-1].replace("\\", r"\\").replace("[", r"\[")
            negated = inner[:1] in ("!", "^")
            found += f"[^/{inner[1:]}]" if negated else f"[{inner}]"
        else:
            found += {"*": r"[^/]*", "?": "[^/]"}.get(char, re.escape(char))
        at += 1
    try:
        return re.compile(found, re.DOTALL)
    except re.error:  # a set such as [z-a], which matches nothing
        return re.compile(r"(?!)")
