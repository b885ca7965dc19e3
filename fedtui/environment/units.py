"""What systemd gives a service: the manager's environment, then what the unit adds, in its order.

Facts: systemd.exec(5). `Environment=` goes over the manager's own, `EnvironmentFile=` over that,
`UnsetEnvironment=` takes away; a system service has HOME, USER, LOGNAME and SHELL only with `User=`. What is
new for each run (INVOCATION_ID, JOURNAL_STREAM and the like) is left out.
"""

from __future__ import annotations

import asyncio
import glob
import os
import pwd
import shlex
from collections.abc import Iterable, Sequence
from typing import Any

from fedtui.action_result import Refused
from fedtui.bus.systemd_manager import SystemdManager, open_systemd
from fedtui.bus.systemd_names import MANAGER, MANAGER_PATH, SERVICE
from fedtui.environment.values import SchedulerSide
from fedtui.model import Job, TimerFacts
from fedtui.ports import Ports
from fedtui.schedulers.timer_driver import TimerDriver
from fedtui.system.regular_file import read_regular

_BLANKS = " \t\r"
_NEW_EACH_RUN = frozenset(
    (b"INVOCATION_ID", b"JOURNAL_STREAM", b"MANAGERPID", b"NOTIFY_SOCKET", b"SYSTEMD_EXEC_PID")
)


async def unit_side(job: Job, timer: TimerFacts, ports: Ports) -> SchedulerSide:
    """What the service of a timer is given. Raises Refused."""
    unit = timer.activates
    if not unit.endswith(".service"):
        raise Refused(f"{job.name} starts {unit or 'nothing'}, which runs no command.", "")
    async with open_systemd(ports.bus, ports.user, user_manager=timer.user_manager) as systemd:
        own = await systemd.properties(MANAGER_PATH, MANAGER)
        path, _ = await systemd.unit(unit)
        service = await systemd.properties(path, SERVICE)
    return await asyncio.to_thread(_given, systemd, unit, own, service)


def _given(systemd: SystemdManager, unit: str, own: dict[str, Any], service: dict[str, Any]) -> SchedulerSide:
    notes: list[str] = []
    environment = {k: v for k, v in _pairs(own.get("Environment", ())).items() if k not in _NEW_EACH_RUN}
    reader = None
    home = environment.get(b"HOME", b"/").decode("utf-8", "surrogateescape")
    if not systemd.user_manager:
        account, reader = _account(str(service.get("User", "")), notes)
        if account is not None:
            home = account.pw_dir
        if account is not None and service.get("User"):
            environment |= login_variables(account.pw_name, home, account.pw_shell)
        passed = ", ".join(service.get("PassEnvironment", ()))
        if passed:
            notes.append(
                f"PassEnvironment= hands on what PID 1 itself has, which is not seen here: {passed}."
            )
    environment |= _pairs(service.get("Environment", ()))
    environment |= _files(service.get("EnvironmentFiles", ()), notes)
    environment = _without(environment, service.get("UnsetEnvironment", ()))
    directory = str(service.get("WorkingDirectory", "")).lstrip("!-")
    start = home if systemd.user_manager else "/"
    return SchedulerSide(
        scheduler=TimerFacts.scheduler,
        where=TimerDriver.words.where,
        environment=environment,
        how=f"the manager's environment ({shlex.join(systemd.command('show-environment'))}), then {unit}",
        commands=tuple(_command(start) for start in service.get("ExecStart", ()) if start[1]),
        directory={"": start, "~": home}.get(directory, directory),
        reader=reader,
        unit=unit,
        notes=tuple(notes),
    )


def login_variables(user: str, home: str, shell: str) -> dict[bytes, bytes]:
    """What a system service has with `User=`, and a login shell as well."""
    names = {"HOME": home, "LOGNAME": user, "USER": user, "SHELL": shell}
    return {name.encode(): os.fsencode(value) for name, value in names.items()}


def _account(
    user: str, notes: list[str]
) -> tuple[pwd.struct_passwd | None, tuple[int, tuple[int, ...]] | None]:
    """Whom a system service runs as, and the ids with which files are looked at."""
    try:
        account = pwd.getpwuid(int(user)) if user.isdigit() else pwd.getpwnam(user or "root")
    except KeyError:
        notes.append(f"This machine does not know {user}, as whom the unit runs.")
        return None, None
    if account.pw_uid == os.geteuid():
        return account, None
    return account, (account.pw_uid, tuple(os.getgrouplist(account.pw_name, account.pw_gid)))


def _pairs(words: Iterable[str]) -> dict[bytes, bytes]:
    return dict(os.fsencode(word).split(b"=", 1) for word in words if "=" in word)


def _without(environment: dict[bytes, bytes], words: Iterable[str]) -> dict[bytes, bytes]:
    """UnsetEnvironment= names variables, or assignments that are taken away only where they are so."""
    for word in map(os.fsencode, words):
        name, equals, value = word.partition(b"=")
        if not equals or environment.get(name) == value:
            environment.pop(name, None)
    return environment


def _command(start: Sequence[Any]) -> bytes:
    """An ExecStart= as a shell would need it; the first word is the file that systemd starts."""
    path, words = str(start[0]), [str(word) for word in start[1]]
    return os.fsencode(shlex.join([path, *words[1:]]))


def _files(files: Iterable[Sequence[Any]], notes: list[str]) -> dict[bytes, bytes]:
    """EnvironmentFile= in order, each a path or a pattern; a leading `-` (the flag) lets it be missing."""
    environment: dict[bytes, bytes] = {}
    for pattern, optional in files:
        found = sorted(glob.glob(str(pattern)))  # noqa: PTH207  # an absolute pattern, as glob(3) takes it
        for path in found:
            try:
                text = read_regular(path).decode("utf-8", "surrogateescape")
            except OSError as error:
                notes.append(f"{path} cannot be read, so what it sets is not seen here: {error.strerror}.")
                continue
            environment |= {os.fsencode(name): os.fsencode(value) for name, value in file_settings(text)}
        if not found and not optional:
            notes.append(f"{pattern} is not there: systemd does not start the unit without it.")
    return environment


def file_settings(text: str) -> list[tuple[str, str]]:
    """The assignments of an EnvironmentFile=, by the rules of systemd.exec(5).

    `#` and `;` begin a comment line, a backslash joins lines, single and double quotes are taken off.
    """
    found: list[tuple[str, str]] = []
    at = 0
    while at < len(text):
        end = text.find("\n", at)
        line = text[at:end] if end >= 0 else text[at:]
        name, equals, _ = line.partition("=")
        if not equals or name.lstrip(_BLANKS).startswith(("#", ";")):
            at += len(line) + 1
            continue
        value, at = _value(text, at + len(name) + 1)
        name = name.strip(_BLANKS)
        if name.isidentifier() and name.isascii():
            found.append((name, value))
    return found


def _value(text: str, at: int) -> tuple[str, int]:
    """The value that begins at `at`, and where the next line begins. Quotes count at a value's beginning."""
    out, quote, bare, kept = "", "", False, 0
    while at < len(text) and (quote or text[at] != "\n"):
        char, following = text[at], text[at + 1 : at + 2]
        if char == "\\" and quote != "'" and following:
            bare = bare or not quote
            if following != "\n":
                out += following if not quote or following in '"\\`$' else char + following
                kept = len(out)
            at += 2
            continue
        if quote and char == quote:
            quote, kept = "", len(out)
        elif not quote and not bare and char in "'\"":
            quote = char
        elif quote or bare or char not in _BLANKS:
            out, bare = out + char, bare or not quote
        at += 1
    return out[:kept] + out[kept:].rstrip(_BLANKS), at + 1
