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
    blocks: dict[str, list[Path]] = {}
    for log in logs:
        blocks.setdefault(_treatment(log, owner, as_root=as_root), []).append(log)
    texts = [head]
    for how, paths in blocks.items():
        text = Template(block).substitute(logs="\n".join(map(quoted, paths)), more=how)
        texts.append(text.strip("\n"))
    return "\n\n".join(texts).encode("utf-8", "surrogateescape") + b"\n"


def _treatment(log: Path, owner: JobAccount, *, as_root: bool) -> str:
    """The lines of a block: the new log's mode and owner, and as whom it is rotated (`su`)."""
    mode = LOG_MODE
    try:
        facts = log.stat()
    except OSError:
        pass  # not there yet, or not to be seen: as a new one is made
    else:
        if stat.S_ISREG(facts.st_mode):
            mode = stat.S_IMODE(facts.st_mode) & 0o666 | 0o600
    su = _su(log.parent, owner) if as_root else ""
    create = f"    create {mode:04o} {_owner(owner.uid, owner.gid)}\n"
    return f"{create}    su {su}\n" if su else create


def _su(folder: Path, owner: JobAccount) -> str:
    """As whom root has to rotate in a folder that not root alone may write to; else logrotate refuses."""
    try:
        facts = folder.stat()
    except OSError:
        return "" if owner.uid == 0 else _owner(owner.uid, owner.gid)
    if facts.st_uid != 0 or facts.st_mode & _SHARED:
        return _owner(facts.st_uid, facts.st_gid)
    return ""


def _owner(uid: int, gid: int) -> str:
    """The user's name and the group's, or the number where logrotate could not read the name."""
    words = []
    for look, number in ((pwd.getpwuid, uid), (grp.getgrgid, gid)):
        try:
            name = str(look(number)[0])
        except KeyError:
            name = ""
        words.append(name if _PLAIN.fullmatch(name) else str(number))
    return " ".join(words)
