"""The text of the logrotate configuration, from the template beside this module.

Names are written so that logrotate finds just the one file: in double quotes, with the signs of glob(7)
escaped. What comes before its `{` it ends at any brace, so that a path with one cannot be named at all.
"""

from __future__ import annotations

import grp
import pwd
import re
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from string import Template

from fedtui.federation.job_account import JobAccount
from fedtui.federation.log_folder import LOG_MODE

MARK = b"# Managed by fedtui\n"
"""How a configuration of ours begins."""

_PLAIN = re.compile(r"[a-z_][a-z0-9_-]*")
_UNNAMEABLE = re.compile(r"[{}\x00-\x1f\x7f]")
_SHARED = stat.S_IWGRP | stat.S_IWOTH


@dataclass(frozen=True, slots=True)
class _Treatment:
    """How the logs of one block are rotated: the new log's mode and owner, and as whom (`su`)."""

    create: str
    su: str


def nameable(log: Path) -> bool:
    """Whether a configuration of logrotate can name the log."""
    return _UNNAMEABLE.search(str(log)) is None


def glob_of(log: Path) -> str:
    """The pattern of glob(7) that the log alone matches."""
    return re.sub(r"[\\*?\[\]]", r"\\\g<0>", str(log))


def quoted(log: Path) -> str:
    """The log as logrotate reads it."""
    return '"' + glob_of(log).replace('"', '\\"') + '"'


def config_text(logs: Sequence[Path], owner: JobAccount, *, as_root: bool) -> bytes:
    """The configuration for these logs; logs of one mode share a block. `as_root`: it is root who rotates.

    A new log belongs to `owner` and has the mode that the old one has. Blocking: looks at the logs.
    """
    template = resources.files("fedtui.federation").joinpath("templates", "logrotate.conf")
    head, _, block = template.read_text(encoding="utf-8").partition("\n\n")
    blocks: dict[_Treatment, list[Path]] = {}
    for log in logs:
        blocks.setdefault(_treatment(log, owner, as_root=as_root), []).append(log)
    texts = [
        Template(block).substitute(logs="\n".join(map(quoted, paths)), more=_more(how))
        for how, paths in blocks.items()
    ]
    return (
        "\n\n".join((head, *(text.strip("\n") for text in texts))).encode("utf-8", "surrogateescape") + b"\n"
    )


def _more(how: _Treatment) -> str:
    lines = [f"create {how.create}", *([f"su {how.su}"] if how.su else [])]
    return "".join(f"    {line}\n" for line in lines)


def _treatment(log: Path, owner: JobAccount, *, as_root: bool) -> _Treatment:
    mode = LOG_MODE
    try:
        facts = log.stat()
    except OSError:
        pass  # not there yet, or not to be seen: as a new one is made
    else:
        if stat.S_ISREG(facts.st_mode):
            mode = stat.S_IMODE(facts.st_mode) & 0o666 | 0o600
    create = f"{mode:04o} {_user(owner.uid)} {_group(owner.gid)}"
    return _Treatment(create, _su(log.parent, owner) if as_root else "")


def _su(folder: Path, owner: JobAccount) -> str:
    """As whom root has to rotate in a folder that not root alone may write to; else logrotate refuses."""
    try:
        facts = folder.stat()
    except OSError:
        return "" if owner.uid == 0 else f"{_user(owner.uid)} {_group(owner.gid)}"
    if facts.st_uid != 0 or facts.st_mode & _SHARED:
        return f"{_user(facts.st_uid)} {_group(facts.st_gid)}"
    return ""


def _user(uid: int) -> str:
    """The user's name, or the number where logrotate could not read the name."""
    try:
        name = pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)
    return name if _PLAIN.fullmatch(name) else str(uid)


def _group(gid: int) -> str:
    try:
        name = grp.getgrgid(gid).gr_name
    except KeyError:
        return str(gid)
    return name if _PLAIN.fullmatch(name) else str(gid)
