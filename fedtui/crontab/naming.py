"""A short name for a job that has no `# name:` comment: what it runs, by the file's name."""

from __future__ import annotations

import posixpath
import re
from functools import lru_cache

from fedtui.crontab.command import main_step
from fedtui.crontab.shell_state import CommandStep, walk
from fedtui.crontab.wrappers import TargetKind
from fedtui.safe_text import decode

_EXTENSION = re.compile(r"(?<=.)\.[A-Za-z][A-Za-z0-9]{0,4}\Z")
_LONGEST = 40


@lru_cache(maxsize=16384)
def entry_name(command: bytes) -> str:
    """The name of the job that runs `command` (what the shell gets); never empty.

    The script's file name without its extension, interpreters and wrappers looked through; for run-parts
    the folder's name; else the program's; where neither is known, the start of the command.
    """
    step = main_step(walk(command, None, {"HOME": "/~"}))
    name = _from_step(step) if step is not None else ""
    if name:
        return name
    text = " ".join(decode(command).split())
    return text[:_LONGEST] or "empty command"


def _from_step(step: CommandStep) -> str:
    target = step.target
    if target is None:
        return ""
    if target.what is TargetKind.PROGRAM and posixpath.basename(target.word.raw) == "run-parts":
        folders = [word for word in target.rest if not word.raw.startswith("-")]
        if folders:
            return _base(folders[-1].raw)
    if target.what is TargetKind.MODULE:
        return _text(target.word.raw)
    return _EXTENSION.sub("", _base(target.word.raw))


def _base(raw: str) -> str:
    """The last component of a path as written; a variable in its folders does no harm."""
    return _text(posixpath.basename(raw.strip("\"'").rstrip("/")))


def _text(text: str) -> str:
    return decode(text.encode("utf-8", "surrogateescape")).strip("\"' \t\r\n")
