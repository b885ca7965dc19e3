"""Reads unit files for the two facts that D-Bus keeps to itself: lines as written, and output files.

D-Bus gives expressions normalised ("daily" becomes "*-*-* 00:00:00") and, up to systemd 252 at least, of
`StandardOutput=append:PATH` the word `append` alone. Nothing else is taken from the files: what is in
force is systemd's to say. Syntax: systemd.syntax(7); specifiers: systemd.unit(5).
"""

from __future__ import annotations

import os
import posixpath
import pwd
import re
import socket
import stat
from collections.abc import Iterable, Sequence
from pathlib import Path

from fedtui.crontab.line import OWN_COMMENT
from fedtui.system.cron_product import GENERATED

_SPECIFIER = re.compile(r"%(.)")
_MAX_BYTES = 1_000_000


def read_file(path: str | Path) -> bytes:
    """A unit file, up to a megabyte; empty for what is no file (a FIFO would block). Raises OSError."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    try:
        return os.read(descriptor, _MAX_BYTES) if stat.S_ISREG(os.fstat(descriptor).st_mode) else b""
    finally:
        os.close(descriptor)


def assignments(paths: Iterable[str], section: str) -> list[tuple[str, str]]:
    """The lines `key=value` of one section over a unit file and its drop-ins, in order.

    A file that cannot be read has none: these facts are an addition to what the bus says.
    """
    found: list[tuple[str, str]] = []
    for path in paths:
        try:
            text = read_file(path).decode("utf-8", "replace")
        except (OSError, ValueError):
            continue
        found += _section(text, section)
    return found


def own_comments(paths: Iterable[str]) -> tuple[str, ...]:
    """The comment lines in these files that fedtui wrote ("# fedtui: pack sync"), in order."""
    found: list[str] = []
    for path in paths:
        try:
            data = read_file(path)
        except (OSError, ValueError):
            continue
        if OWN_COMMENT in data:
            lines = (line.strip() for line in data.decode("utf-8", "replace").splitlines())
            found += [line for line in lines if line.startswith(OWN_COMMENT.decode())]
    return tuple(found)


def made_at(path: str) -> float:
    """When a generator wrote the unit file (seconds since the epoch); 0 for any other file."""
    if not path.startswith(str(GENERATED)):
        return 0.0
    try:
        return Path(path).stat().st_mtime
    except OSError:
        return 0.0


def _section(text: str, section: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    inside = False
    pending = ""
    for line in text.splitlines():
        stripped = line.strip()
        if stripped.startswith(("#", ";")):
            continue
        if line.endswith("\\"):
            pending += line[:-1] + " "
            continue
        whole = (pending + line).strip()
        pending = ""
        if whole.startswith("["):
            inside = whole == f"[{section}]"
        elif inside and "=" in whole:
            key, _, value = whole.partition("=")
            found.append((key.strip(), value.strip()))
    return found


def in_force(lines: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """What is left after resets: in a timer an empty On...= drops every On...= before it."""
    kept: list[tuple[str, str]] = []
    for key, value in lines:
        if not key.startswith("On"):
            continue
        if value:
            kept.append((key, value))
        elif key not in ("OnClockChange", "OnTimezoneChange"):
            kept = [pair for pair in kept if pair[0] in ("OnClockChange", "OnTimezoneChange")]
    return kept


def output_file(lines: Sequence[tuple[str, str]], unit: str, user: str | None) -> str | None:
    """The file of StandardOutput=append:, file: or truncate:, else of StandardError=; None without one.

    `user` is the user manager's user, or None for the system manager.
    """
    path = _output(lines)[1]
    return expand(path, unit, user) if path else None


def output_mode(lines: Sequence[tuple[str, str]]) -> str:
    """How that file is opened: "append", "file" (written over from its beginning) or "truncate"."""
    return _output(lines)[0]


def _output(lines: Sequence[tuple[str, str]]) -> tuple[str, str]:
    last = dict(lines)
    for key in ("StandardOutput", "StandardError"):
        mode, _, path = last.get(key, "").partition(":")
        if mode in ("append", "file", "truncate") and path:
            return mode, path
    return "", ""


def expand(text: str, unit: str, user: str | None) -> str | None:
    """An absolute, normalised path with its specifiers replaced; None where one is not known here."""
    stem = unit.rpartition(".")[0]
    prefix, _, instance = stem.partition("@")
    try:
        account = pwd.getpwnam(user) if user else pwd.getpwuid(0)
    except KeyError:
        return None
    home = account.pw_dir
    folders = (
        {"t": f"/run/user/{account.pw_uid}", "S": f"{home}/.local/state", "C": f"{home}/.cache"}
        | {"L": f"{home}/.local/state/log", "E": f"{home}/.config"}
        if user
        else {"t": "/run", "S": "/var/lib", "C": "/var/cache", "L": "/var/log", "E": "/etc"}
    )
    of_unit = {"n": unit, "N": stem, "p": prefix, "i": instance, "I": _unescape(instance)}
    of_user = {"h": home, "u": account.pw_name, "U": str(account.pw_uid)}
    others = {"%": "%", "j": prefix.rpartition("-")[2], "H": socket.gethostname()}
    temporary = {"T": "/tmp", "V": "/var/tmp"}  # noqa: S108  values of specifiers, no files of ours
    values = folders | of_unit | of_user | others | temporary
    if any(match[1] not in values for match in _SPECIFIER.finditer(text)):
        return None
    path = _SPECIFIER.sub(lambda match: values[match[1]], text)
    return posixpath.normpath(path) if path.startswith("/") else None


def _unescape(name: str) -> str:
    return re.sub(r"\\x([0-9a-f]{2})", lambda match: chr(int(match[1], 16)), name.replace("-", "/"))
