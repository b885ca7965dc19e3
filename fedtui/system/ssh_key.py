"""What ssh would use to reach a host, asked without using it: keys, whether they open, known hosts. Blocking.

ssh itself says what its configuration comes to (`ssh -G`). Private keys are never read here: ssh-keygen is
asked whether it can open one without a passphrase, and what it prints is not kept.
"""

from __future__ import annotations

import os
import re
import shlex
import stat
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from fedtui.safe_text import decode, sanitize_and_mask
from fedtui.system.program import Ended, ProgramError

Ask = Callable[[tuple[str, ...]], Ended]
"""Runs a program in the environment and as the user that are meant. Raises where it cannot be run."""

_SCP = re.compile(r"(?:(?P<user>[^@/:\s]+)@)?(?P<host>\[[^\]]+\]|[^:/\s]+):(?!//)(?P<path>.*)")
_URL = re.compile(
    r"(?:git\+)?ssh://(?:(?P<user>[^@/\s]+)@)?(?P<host>\[[^\]]+\]|[^:/\s]+)(?::(?P<port>\d+))?/(?P<path>.*)"
)


@dataclass(frozen=True, slots=True)
class SshPlace:
    """Where an SSH URL leads. `user` and `port` are empty where the URL leaves them to the configuration."""

    host: str
    user: str = ""
    port: str = ""

    @property
    def words(self) -> tuple[str, ...]:
        """The arguments of ssh that lead there."""
        login = f"{self.user}@{self.host}" if self.user else self.host
        return (*(("-p", self.port) if self.port else ()), "--", login)


def ssh_place(url: str) -> SshPlace | None:
    """Where a git URL leads by SSH (gitformat: ssh://, or USER@HOST:PATH); None where it is no such URL."""
    match = _URL.fullmatch(url)
    if match is not None:
        return SshPlace(match["host"].strip("[]"), match["user"] or "", match["port"] or "")
    match = None if "://" in url or url.startswith(("/", ".")) else _SCP.fullmatch(url)
    if match is None or match["host"].startswith("-"):
        return None
    return SshPlace(match["host"].strip("[]"), match["user"] or "")


@dataclass(frozen=True, slots=True)
class SshKey:
    """A private key's file. `opens` without a passphrase: None where unknown, `why` says why.

    `kind` is as ssh names it ("ssh-ed25519"); `wide` are mode bits that others than the owner have.
    """

    path: str
    opens: bool | None
    kind: str = ""
    wide: int = 0
    why: str = ""

    @property
    def in_hand(self) -> bool:
        """Whether each use wants a person's touch (FIDO keys)."""
        return self.kind.startswith("sk-")


@dataclass(frozen=True, slots=True)
class SshFacts:
    """What ssh would use for a place. `looked` are the key files that it would try, there or not.

    `host` and `port` are those really meant; `known` whether a known_hosts file has the host, None where
    the configuration does not ask for that.
    """

    host: str
    port: str
    looked: tuple[str, ...]
    keys: tuple[SshKey, ...]
    known: bool | None


def ssh_words(command: str) -> tuple[str, ...]:
    """The words of a configured ssh command (core.sshCommand); none where it is not OpenSSH's ssh."""
    try:
        words = tuple(shlex.split(command or "ssh"))
    except ValueError:
        return ()
    return words if words and words[0].rpartition("/")[2] == "ssh" else ()


def ssh_facts(place: SshPlace, home: str, ask: Ask, ssh: tuple[str, ...] = ("ssh",)) -> SshFacts:
    """What ssh comes to for a user with that home. Raises ProgramError, or what `ask` raises."""
    ended = ask((*ssh, "-G", *place.words))
    if ended.status:
        raise ProgramError(f"ssh -G {place.host}: {sanitize_and_mask(ended.said)}")
    settings: dict[str, list[str]] = {}
    for line in decode(ended.out).splitlines():
        name, _, value = line.partition(" ")
        settings.setdefault(name, []).append(value)
    looked = tuple(_at_home(path, home) for path in settings.get("identityfile", []))
    files = tuple(
        _at_home(path, home)
        for name in ("userknownhostsfile", "globalknownhostsfile")
        for path in " ".join(settings.get(name, [])).split()
    )
    host, port = _first(settings, "hostname", place.host), _first(settings, "port", "22")
    alias = _first(settings, "hostkeyalias", "")
    asked = _first(settings, "stricthostkeychecking", "ask") not in ("no", "off", "false", "accept-new")
    named = alias or (host if port == "22" else f"[{host}]:{port}")
    return SshFacts(
        host=host,
        port=port,
        looked=looked,
        keys=tuple(key for path in looked if (key := key_at(path, ask)) is not None),
        known=any(_is_known(named, path, ask) for path in files) if asked else None,
    )


def _first(settings: Mapping[str, list[str]], name: str, otherwise: str) -> str:
    return (settings.get(name) or [otherwise])[0]


def _at_home(path: str, home: str) -> str:
    return home + path[1:] if path.startswith("~/") else path


def key_at(path: str, ask: Ask) -> SshKey | None:
    """The key at a path; None where there is none. Raises what `ask` raises."""
    try:
        found = Path(path).stat()
    except OSError:
        return None
    wide = stat.S_IMODE(found.st_mode) & 0o077
    # An empty passphrase is given, so that nothing is asked; the public key that it prints is dropped.
    ended = ask(("ssh-keygen", "-y", "-P", "", "-f", path))
    kind = decode(ended.out).split(" ", 1)[0] if ended.status == 0 else ""
    if ended.status == 0:
        return SshKey(path, True, kind, wide)
    said = ended.said
    if "passphrase" in said:
        return SshKey(path, False, "", wide, "it has a passphrase")
    if "bad permissions" in said or "too open" in said:
        return SshKey(path, None, "", wide, f"mode {stat.S_IMODE(found.st_mode):04o}: others may read it")
    lines = [line for line in said.splitlines() if not line.startswith("@")]
    return SshKey(
        path, None, "", wide, sanitize_and_mask(lines[-1]) if lines else "ssh-keygen cannot open it"
    )


def _is_known(host: str, path: str, ask: Ask) -> bool:
    if not Path(path).is_file():
        return False
    return ask(("ssh-keygen", "-F", host, "-f", path)).status == 0


def free_key_path(home: str) -> str:
    """Where a new key may be made: a name below the user's ~/.ssh that no file has. Blocking."""
    names = ("id_ed25519", "id_ed25519_federation", *(f"id_ed25519_federation_{n}" for n in range(2, 100)))
    paths = [f"{home}/.ssh/{name}" for name in names]
    return next((path for path in paths if not os.path.lexists(path)), paths[-1])
