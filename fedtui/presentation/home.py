"""The home folder written as `~`, as a person would."""

from __future__ import annotations

import re


def tilde(path: str, home: str) -> str:
    """`path` with the user's home folder at its beginning written as `~`."""
    if home and (path == home or path.startswith(home.rstrip("/") + "/")):
        return "~" + path[len(home.rstrip("/")) :]
    return path


def tilde_words(text: str, home: str) -> str:
    """`text` with every mention of the home folder written as `~`, where it is a path's beginning."""
    home = home.rstrip("/")
    return re.sub(rf"(?<![\w/.-]){re.escape(home)}(?=/|\s|$)", "~", text) if home else text
