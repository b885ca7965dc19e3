"""The user database of this machine, asked for one thing at a time (passwd(5), getpwnam(3))."""

from __future__ import annotations

import pwd


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


def name_of(uid: int) -> str:
    """The user's name; "uid 4711" for one without."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"uid {uid}"
