"""The user database of this machine, asked for one thing at a time (passwd(5), getpwnam(3))."""

from __future__ import annotations

import pwd
from pathlib import Path

LINGER = Path("/var/lib/systemd/linger")
"""Where logind keeps one file for each user who lingers."""


def is_user(name: str) -> bool:
    """True where the machine knows a user of that name."""
    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True


def home_of(name: str) -> str:
    """The user's home folder; "/" for one the machine does not know."""
    try:
        return pwd.getpwnam(name).pw_dir
    except KeyError:
        return "/"


def name_of(uid: int, unknown: str = "uid {}") -> str:
    """The user's name; "uid 4711" for one without, or what `unknown` makes of the number."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return unknown.format(uid)


def lingers(user: str) -> bool:
    """Whether the user lingers (loginctl enable-linger). Blocking. Raises OSError where that is not shown."""
    return (LINGER / user).exists()
