"""What a timer's service sets for its command: PATH, folders that systemd makes, conditions, another root."""

from __future__ import annotations

import posixpath
import re
import shlex
from collections.abc import Iterator
from typing import NamedTuple

from fedtui.crontab.command import SettingPairs
from fedtui.crontab.shell_state import Fact, Facts
from fedtui.health.file_facts import FileFacts
from fedtui.health.step_facts import MOUNTING
from fedtui.model import TimerFacts

FIXED_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
"""Where systemd itself looks for the program of ExecStart=, whatever PATH the service has."""
_MADE = {"StateDirectory": "/var/lib", "RuntimeDirectory": "/run", "CacheDirectory": "/var/cache"} | {
    "LogsDirectory": "/var/log"
}
_CONDITIONS = {
    **dict.fromkeys(("PathExists", "PathIsDirectory", "PathIsReadWrite", "FileNotEmpty"), "path"),
    "DirectoryNotEmpty": "path",
    "PathIsMountPoint": "mount",
    "FileIsExecutable": "x",
    "Host": "host",
}
_WORD = re.compile(r"(?:[^\s'\"]|'[^']*'|\"[^\"]*\")+")
_BOUND = ("BindPaths", "BindReadOnlyPaths", "MountImages")


class ServiceSettings(NamedTuple):
    """`environment` has an empty PATH where that is not certain. `facts` must be so for the service to start,
    `commands` for its ExecStart= to be run. `own_root`: its paths are those of another root. `terminal` and
    `session`: it may have one. `search` is where systemd looks for its program, empty where not certain.
    """

    environment: SettingPairs
    facts: Facts
    commands: Facts
    own_root: bool
    terminal: bool
    session: bool
    search: str


def service_settings(timer: TimerFacts, host: FileFacts) -> ServiceSettings:
    """Read the files of a timer's service, with the drop-ins beside it and of root."""
    file = timer.service_fragment
    roots = f"/etc/systemd/{'user' if timer.user_manager else 'system'}/{timer.activates}.d"
    folders = dict.fromkeys((f"{file}.d", roots)) if file else ()
    drop_ins = [f"{one}/{name}" for one in folders for name in host.names(one) if name.endswith(".conf")]
    files = [path for path in (file, *drop_ins) if path]
    service = [pair for path in files for pair in host.unit_lines(path, "Service")]
    files += filter(None, (timer.fragment, *timer.drop_ins))
    units = (pair for path in files for pair in host.unit_lines(path, "Unit"))
    facts = frozenset().union(*(_condition(*pair) for pair in units), *(_made(*pair) for pair in service))
    before = (value for key, value in service if key == "ExecStartPre")
    values = dict(service)
    return ServiceSettings(
        _environment(service, host),
        facts,
        facts.union(*map(_prepared, before)),
        bool(values.get("RootDirectory") or values.get("RootImage")),
        "TTYPath" in values or values.get("StandardInput", "").startswith("tty"),
        not values.keys().isdisjoint(("PAMName", "EnvironmentFile", "PassEnvironment")),
        FIXED_PATH if "ExecSearchPath" not in values else "",
    )


def as_for_a_shell(command: str) -> str:
    """A service's command, quoted for a shell, with `$$` and `${NAME}` as systemd itself takes them."""
    return _WORD.sub(_expanded, command) if "$" in command else command


def _expanded(word: re.Match[str]) -> str:
    if "$" not in word[0]:
        return word[0]
    [value] = shlex.split(word[0])
    if re.fullmatch(r"\$\w+", value):
        return value  # systemd splits it, as a shell does
    quoted = value.replace("'", "'\"'\"'")
    return f"""'{re.sub(r"[$][$]|[$]{(?P<name>[A-Za-z0-9_]+)}", _put_in, quoted)}'"""


def _put_in(found: re.Match[str]) -> str:
    return f"""'"${{{found["name"]}}}"'""" if found["name"] else "$"


def _condition(key: str, value: str) -> Iterator[Fact]:
    kind = _CONDITIONS.get(key.removeprefix("Condition")) if key.startswith("Condition") else None
    what = value.lstrip("|! ")
    if kind is not None and "%" not in what:
        what = posixpath.join(what, "") if kind == "mount" else what
        yield kind, what, not value.lstrip("| ").startswith("!")
    elif key == "RequiresMountsFor":
        yield from (("mount", posixpath.join(path, ""), True) for path in value.split())


def _made(key: str, value: str) -> Iterator[Fact]:
    """What systemd makes or mounts before it changes to the folder of the service, or asks first."""
    for word in _words(value) if key in _MADE or key in _BOUND else ():
        source, _, place = word.removeprefix("-").partition(":")
        if key in _MADE:
            yield "path", posixpath.join(_MADE[key], source), True
        elif place:
            yield "made", posixpath.join(place.partition(":")[0], ""), True
    words = _words(value) if key == "ExecCondition" else []
    if words[1:] and words[-1].startswith("/"):
        mount = posixpath.basename(words[0]) in MOUNTING
        yield ("mount", posixpath.join(words[-1], ""), True) if mount else ("path", words[-1], True)


def _prepared(value: str) -> Iterator[Fact]:
    """What an ExecStartPre= may bring: its last word."""
    words = _words(value)
    if words[1:] and words[-1].startswith("/"):
        mount = posixpath.basename(words[0]) in MOUNTING
        yield "mount" if mount else "made", posixpath.join(words[-1], ""), True


def _environment(lines: list[tuple[str, str]], host: FileFacts) -> SettingPairs:
    values: dict[str, str] = {}
    certain = True
    for key, value in lines:
        if key == "Environment":
            words = _words(value)
            values = values if words else {}
            values.update((name, text) for name, _, text in (word.partition("=") for word in words))
        elif key == "EnvironmentFile" and value:
            path = value.removeprefix("-")
            text = host.text(path)
            certain = certain and "PATH=" not in text and (bool(text) or host.exists(path) is False)
        elif key == "ExecSearchPath" or (
            key in ("PassEnvironment", "UnsetEnvironment") and "PATH" in value.split()
        ):
            certain = False
    path = values.get("PATH", FIXED_PATH)
    pairs = [("PATH", path if certain and "%" not in path else "")]
    pairs += [("HOME", values["HOME"])] if "HOME" in values else []
    alone = not any(key in ("EnvironmentFile", "PassEnvironment", "UnsetEnvironment") for key, _ in lines)
    known = values if alone else ("XDG_RUNTIME_DIR", "DBUS_SESSION_BUS_ADDRESS", "DISPLAY")
    given = [name for name in known if name in values and name not in ("PATH", "HOME")]
    pairs += [(name, values[name]) for name in given if "%" not in values[name] or not alone]
    return tuple((name.encode(), text.encode("utf-8", "surrogateescape")) for name, text in pairs)


def _words(value: str) -> list[str]:
    try:
        return shlex.split(value)
    except ValueError:
        return []
