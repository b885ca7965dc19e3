"""The environment that cron gives to a job: what PAM adds, cron's own defaults, then the table's lines.

Measured on Debian 12 (cron 3.0pl1-162, Linux-PAM 1.5.2) against real jobs that print `env`: PAM's list
comes first (pam_env.conf, /etc/environment, /etc/default/locale, as /etc/pam.d/cron orders them); cron's
SHELL, PATH, HOME and the table's lines go over it; LOGNAME is forced. Nothing of the daemon's own
environment reaches a job, and USER is not set.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from fedtui.crontab.setting import DEFAULT_PATH, DEFAULT_SHELL
from fedtui.system.regular_file import read_regular

_PAM_SERVICES = ("cron", "crond")
_REFERENCE = re.compile(rb"(?<!\\)([$@])\{([^}]*)\}")
_CONF_WORD = re.compile(rb'(DEFAULT|OVERRIDE)=("(?:[^"\\]|\\.)*"|\S*)')


@dataclass(frozen=True, slots=True)
class CronAccount:
    """The passwd entry of the user a job runs as; `uid` and `gid` as the kernel counts them."""

    name: str
    uid: int
    gid: int
    home: str
    shell: str


def job_environment(
    account: CronAccount, table: Sequence[tuple[bytes, bytes]], root: Path = Path("/")
) -> dict[bytes, bytes]:
    """What a job of `account` finds in its environment; `table` are the lines above it, in order.

    Reads PAM's files below `root`; a file that is missing or unreadable adds nothing, as with PAM.
    """
    environment = pam_environment(account, root)
    environment |= {b"SHELL": DEFAULT_SHELL, b"PATH": DEFAULT_PATH, b"HOME": account.home.encode()}
    environment |= dict(table)
    environment[b"LOGNAME"] = account.name.encode()
    return environment


def pam_environment(account: CronAccount, root: Path = Path("/")) -> dict[bytes, bytes]:
    """The variables that the pam_env lines of cron's PAM service set, in their order."""
    environment: dict[bytes, bytes] = {}
    for arguments in _pam_env_lines(root):
        options = dict(word.partition("=")[::2] for word in arguments)
        conf = options.get("conffile", "/etc/security/pam_env.conf")
        _read_conf(_lines(root, conf), account, environment)
        if options.get("readenv", "1") != "0":
            environment |= dict(env_file(_lines(root, options.get("envfile", "/etc/environment"))))
    return environment


def env_file(lines: Sequence[bytes]) -> Iterator[tuple[bytes, bytes]]:
    """The assignments of a file like /etc/environment, by the rules of pam_env's `_parse_env_file`.

    `#` begins a comment anywhere, even in quotes; a value that begins with a quote loses it and a quote at
    its very end; trailing blanks stay; a name may hold only letters, digits and `_`.
    """
    for line in lines:
        text = line.lstrip(b" \t").removeprefix(b"export ").split(b"#", 1)[0]
        name, equals, value = text.partition(b"=")
        if not equals or not re.fullmatch(rb"[A-Za-z0-9_]+", name):
            continue
        if value[:1] in (b'"', b"'"):
            value = value[1:]
            if value[-1:] in (b'"', b"'"):
                value = value[:-1]
        yield name, value


def _pam_env_lines(root: Path) -> Iterator[list[str]]:
    service = next((name for name in _PAM_SERVICES if (root / "etc/pam.d" / name).is_file()), None)
    if service is not None:
        yield from _session_lines(root, service, depth=0)


def _session_lines(root: Path, service: str, depth: int) -> Iterator[list[str]]:
    if depth > 4 or "/" in service:
        return
    for raw in _lines(root, f"/etc/pam.d/{service}"):
        words = raw.split(b"#", 1)[0].decode("utf-8", "surrogateescape").split()
        if len(words) == 2 and words[0] == "@include":
            yield from _session_lines(root, words[1], depth + 1)
        elif len(words) >= 3 and words[0] in ("session", "-session"):
            if words[1] in ("include", "substack"):
                yield from _session_lines(root, words[2], depth + 1)
            elif "pam_env.so" in words:
                yield words[words.index("pam_env.so") + 1 :]


def _lines(root: Path, path: str) -> list[bytes]:
    """The lines of a file, those that end with a backslash joined to the next; none if it cannot be read."""
    try:
        data = read_regular(root / path.lstrip("/"))
    except OSError:
        return []
    return data.replace(b"\\\n", b"").split(b"\n")


def _read_conf(lines: Sequence[bytes], account: CronAccount, environment: dict[bytes, bytes]) -> None:
    """Lines `NAME [DEFAULT=value] [OVERRIDE=value]` of pam_env.conf(5)."""
    for line in lines:
        words = line.strip()
        if not words or words.startswith(b"#"):
            continue
        name = words.split(None, 1)[0]
        found = {key: _expanded(value, account, environment) for key, value in _CONF_WORD.findall(words)}
        value = found.get(b"OVERRIDE") or found.get(b"DEFAULT")
        if value:
            environment[name] = value
        else:
            environment.pop(name, None)


def _expanded(value: bytes, account: CronAccount, environment: dict[bytes, bytes]) -> bytes:
    items = {
        b"HOME": account.home.encode(),
        b"SHELL": account.shell.encode(),
        b"PAM_USER": account.name.encode(),
    }

    def replaced(match: re.Match[bytes]) -> bytes:
        return (environment if match[1] == b"$" else items).get(match[2], b"")

    if value.startswith(b'"'):
        value = value[1:].removesuffix(b'"')
    return _REFERENCE.sub(replaced, value)
