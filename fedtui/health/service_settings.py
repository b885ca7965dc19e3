"""What a timer's service sets for its command: PATH, folders that systemd makes, conditions, another root."""

from __future__ import annotations

import posixpath
import shlex
from collections.abc import Iterator
from typing import NamedTuple

from fedtui.crontab.command import SettingPairs
from fedtui.crontab.shell_state import Fact, Facts
from fedtui.health.file_facts import FileFacts
from fedtui.health.step_facts import MOUNTING
from fedtui.model import TimerFacts

_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
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
_BOUND = ("BindPaths", "BindReadOnlyPaths", "MountImages")


class ServiceSettings(NamedTuple):
    """`environment` has an empty PATH where that is not certain. `facts` must be so for the service to start,
    `commands` for its ExecStart= to be run. `own_root`: its paths are those of another root. `session`: it
    may have a terminal or a session.
    """

    environment: SettingPairs
    facts: Facts
    commands: Facts
    own_root: bool
    session: bool


def service_settings(timer: TimerFacts, host: FileFacts) -> ServiceSettings:
    """Read the files of a timer's service; a drop-in beside them makes PATH uncertain."""
    file = timer.service_fragment
    drop_ins = (
        [f"{file}.d/{name}" for name in host.names(f"{file}.d") if name.endswith(".conf")] if file else []
    )
    service = [pair for path in (file, *drop_ins) if path for pair in host.unit_lines(path, "Service")]
    units = (path for path in (file, *drop_ins, timer.fragment, *timer.drop_ins) if path)
    facts = frozenset(
        fact for path in units for pair in host.unit_lines(path, "Unit") for fact in _condition(*pair)
    )
    facts |= frozenset(fact for pair in service for fact in _made(*pair))
    return ServiceSettings(
        _environment(service, host, certain=not drop_ins),
        facts,
        facts
        | frozenset(fact for pair in service if pair[0] == "ExecStartPre" for fact in _prepared(pair[1])),
        any(key in ("RootDirectory", "RootImage") and value for key, value in service),
        any(key in ("PAMName", "TTYPath", "EnvironmentFile", "PassEnvironment") for key, _ in service)
        or any(key == "StandardInput" and value.startswith("tty") for key, value in service)
        or bool(drop_ins),
    )


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


def _environment(lines: list[tuple[str, str]], host: FileFacts, *, certain: bool) -> SettingPairs:
    values: dict[str, str] = {}
    for key, value in lines:
        words = _words(value)
        if key == "Environment":
            values = values if words else {}
            values.update((name, text) for name, _, text in (word.partition("=") for word in words))
        elif key == "EnvironmentFile" and value:
            path = value.removeprefix("-")
            text = host.text(path)
            certain = certain and "PATH=" not in text and (bool(text) or host.exists(path) is False)
        elif key == "ExecSearchPath" or (key in ("PassEnvironment", "UnsetEnvironment") and "PATH" in words):
            certain = False
    path = values.get("PATH", _PATH)
    pairs = [("PATH", path if certain and "%" not in path else "")]
    pairs += [("HOME", values["HOME"])] if "HOME" in values else []
    names = ("XDG_RUNTIME_DIR", "DBUS_SESSION_BUS_ADDRESS", "DISPLAY")
    pairs += [(name, values[name]) for name in names if name in values]
    return tuple((name.encode(), text.encode("utf-8", "surrogateescape")) for name, text in pairs)


def _words(value: str) -> list[str]:
    try:
        return shlex.split(value)
    except ValueError:
        return []
