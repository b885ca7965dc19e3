"""Which scripts a run-parts line would run, by run-parts' own rules for names, and which it would not.

Debian: run-parts(8). Fedora, Arch and others: the shell script of the crontabs package.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from fedtui.crontab import Entry
from fedtui.safe_text import decode

_CALL = re.compile(rb"(?:^|[\s/])run-parts(?P<options>(?:\s+-\S+)*)\s+(?P<folder>/[^\s;&|<>(){}'\"$`]*)")
_PLAIN = re.compile(r"[A-Za-z0-9_-]+")
# run-parts --lsbsysinit: LANANA names, LSB names with a dot, and what plain names may be.
_LSB = (re.compile(r"[a-z0-9]+"), re.compile(r"_?([a-z0-9_.]+-)+[a-z0-9]+"), _PLAIN)
_LSB_NOT = re.compile(r".*\.?dpkg-(old|dist|new|tmp)")
_FEDORA_NOT = re.compile(r".*(~|,|\.rpm(save|orig|new)|\.swp|\.cfsaved|,v)")


@dataclass(frozen=True, slots=True)
class RunPartsFolder:
    """The scripts of a folder in the order they are run, and the other files with the reason."""

    folder: str
    run: tuple[str, ...]
    ignored: tuple[str, ...]


def parts_of(entry: Entry, root: Path, dialect: str) -> RunPartsFolder | None:
    """What the entry's run-parts would run now; None for a line without run-parts."""
    call = _CALL.search(entry.command)
    if call is None:
        return None
    folder = decode(call["folder"])
    options = [decode(option) for option in call["options"].split()]
    accepts = _fedora if dialect == "cronie" else _debian(options)
    run, ignored = [], []
    try:
        entries = sorted(os.scandir(root / folder.lstrip("/")), key=lambda found: os.fsencode(found.name))
    except OSError as error:
        return RunPartsFolder(folder, (), (f"{folder}: {error.strerror}",))
    for found in entries:
        if found.name.startswith("."):
            continue
        reason = accepts(found.name) or _unfit(found)
        if reason:
            ignored.append(f"{found.name}: {reason}")
        else:
            run.append(found.name)
    return RunPartsFolder(folder, tuple(run), tuple(ignored))


def run_parts_folder(command: bytes) -> str:
    """The folder whose scripts a command runs by run-parts; empty where it runs none."""
    call = _CALL.search(command)
    return "" if call is None else decode(call["folder"])


def _debian(options: list[str]) -> Callable[[str], str]:
    patterns = [option.removeprefix("--regex=") for option in options if option.startswith("--regex=")]
    if patterns:
        return lambda name: _by_pattern(name, patterns[-1])
    if "--lsbsysinit" in options:
        return _by_lsb
    return lambda name: (
        "" if _PLAIN.fullmatch(name) else "run-parts takes names of letters, digits, _ and - only"
    )


def _by_pattern(name: str, pattern: str) -> str:
    try:
        return "" if re.search(pattern.strip("'\""), name) else f"its name does not match {pattern}"
    except re.error:
        return f"whether its name matches {pattern} is not known"


def _by_lsb(name: str) -> str:
    fits = any(pattern.fullmatch(name) for pattern in _LSB) and not _LSB_NOT.fullmatch(name)
    return "" if fits else "its name is none that run-parts --lsbsysinit takes"


def _fedora(name: str) -> str:
    return "run-parts leaves out names that end like this" if _FEDORA_NOT.fullmatch(name) else ""


def _unfit(found: os.DirEntry[str]) -> str:
    try:
        if found.is_dir():
            return "it is a folder"
        mode = found.stat().st_mode
    except OSError as error:
        return f"it cannot be looked at: {error.strerror}"
    return "" if mode & 0o111 else "it is not executable"
