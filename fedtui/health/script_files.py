"""What the checks read of files: of scripts, of modes, and whether the distribution shipped a file."""

from __future__ import annotations

import hashlib
import os
import re
import stat
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

DPKG_STATUS = Path("/var/lib/dpkg/status")

_MOST = 256 * 1024
"""Bytes of a script that are looked at; longer ones are data with a head."""

_TAIL = 16 * 1024
_LARGEST = 64 * 1024 * 1024
"""Bytes of a configuration file that are compared with what was shipped."""

_MARK = b"\xef\xbb\xbf"
_SHIPPED = ("/usr/lib/", "/lib/", "/usr/share/")
_CONFFILE = re.compile(r"^ (/\S+) ([0-9a-f]{32})$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class ScriptFile:
    """A file that is run. `shebang` is the interpreter's line without `#!`; `stamp` changes with the file.

    `returns` counts lines that end in a carriage return; `binary` programs have neither. `marked`: a byte
    order mark is before the `#!`.
    """

    shebang: str
    executable: bool
    returns: int
    lines: int
    binary: bool
    stamp: tuple[int, int]
    marked: bool = False

    @property
    def size(self) -> int:
        """Its bytes."""
        return self.stamp[1]

    @property
    def interpreter(self) -> str:
        """The name of the program that reads it ("bash", "python3"); empty without a shebang line."""
        words = self.shebang.split()
        if words and words[0].endswith("/env"):
            words = [word for word in words[1:] if not word.startswith("-")]
        return words[0].rpartition("/")[2] if words else ""


def read_regular(path: str, most: int, *, end: bool = False) -> tuple[bytes, os.stat_result] | None:
    """The first bytes of a regular file (or its last), and its facts; None where they cannot be read.

    What is no file is never opened: that alone wakes who waits at a pipe, and a device may do anything.
    """
    try:
        if not stat.S_ISREG(Path(path).stat().st_mode):
            return None
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except (OSError, ValueError):
        return None
    try:
        facts = os.fstat(descriptor)
        if not stat.S_ISREG(facts.st_mode):
            return None
        data = os.pread(descriptor, most, max(0, facts.st_size - most) if end else 0)
    except OSError:
        return None
    finally:
        os.close(descriptor)
    return None if data and not facts.st_size else (data, facts)  # made up by the kernel: who reads may wait


def script_text(path: str) -> str:
    """The head of a script; empty where it cannot be read, or is a program. Never waits for a pipe."""
    found = read_regular(path, _MOST)
    return "" if found is None or b"\0" in found[0] else found[0].decode("utf-8", "surrogateescape")


def read_script(path: str) -> ScriptFile | None:
    """Look at a script; None where it is no file or may not be read. Never waits for a pipe."""
    found = read_regular(path, _MOST)
    if found is None:
        return None
    text, facts = found
    binary = b"\0" in text[:512]
    lines = (b"" if binary else text).split(b"\n")
    first = lines[0].removeprefix(_MARK)
    shebang = first[2:].strip().decode("utf-8", "replace") if first.startswith(b"#!") else ""
    returns = sum(line.endswith(b"\r") for line in lines)
    executable = os.access(path, os.X_OK)
    marked = bool(shebang) and text.startswith(_MARK)
    stamp = (facts.st_mtime_ns, facts.st_size)
    return ScriptFile(shebang, executable, returns, len(lines), binary, stamp, marked)


def executes_nothing(path: str) -> bool:
    """Whether the file system of the file at `path` is mounted noexec."""
    try:
        return bool(os.statvfs(path).f_flag & os.ST_NOEXEC)
    except (OSError, ValueError):
        return False


def stat_of(path: str) -> os.stat_result | None:
    """What stat(2) says of what `path` leads to; None where it is not there or not to be seen."""
    try:
        return Path(path).stat()
    except (OSError, ValueError):
        return None


def link_of(path: str) -> str:
    """What a symbolic link says; empty for anything else."""
    try:
        return str(Path(path).readlink())
    except (OSError, ValueError):
        return ""


def free_space(path: str) -> tuple[str, int, int] | None:
    """The nearest folder above `path` that is there, and the bytes of its disk: free for this user, whole."""
    for folder in Path(path).parents:
        try:
            facts = os.statvfs(folder)
        except (FileNotFoundError, NotADirectoryError):
            continue
        except (OSError, ValueError):
            return None
        return str(folder), facts.f_bavail * facts.f_frsize, facts.f_blocks * facts.f_frsize
    return None


def read_tail(path: str) -> bytes | None:
    """The last `_TAIL` bytes of a regular file; None where it cannot be read. Never waits for a pipe."""
    found = read_regular(path, _TAIL, end=True)
    return None if found is None else found[0]


def listed(folder: str) -> tuple[str, ...]:
    """The names in a folder, in order."""
    try:
        return tuple(sorted(entry.name for entry in os.scandir(folder)))
    except (OSError, ValueError):
        return ()


def shipped(path: str) -> bool:
    """Whether the distribution shipped the file: by its folder, or as a configuration file left unchanged.

    Asking dpkg-query takes a tenth of a second a file; its own database names the configuration files with
    their sums, and is read once.
    """
    if path.startswith(_SHIPPED):
        return True
    try:
        facts = DPKG_STATUS.stat()
        wanted = _conffiles(str(DPKG_STATUS), facts.st_mtime_ns).get(path)
        whole = read_regular(path, _LARGEST) if wanted is not None else None
        return whole is not None and hashlib.md5(whole[0], usedforsecurity=False).hexdigest() == wanted
    except OSError:
        return False


@lru_cache(1)
def _conffiles(status: str, stamp: int) -> dict[str, str]:
    """Configuration files of all packages with their MD5 sums, from dpkg's database of that time."""
    text = Path(status).read_text(encoding="utf-8", errors="replace")
    return {match[1]: match[2] for match in _CONFFILE.finditer(text)}
