"""Fetches Debian's cron, source and package, through apt, and compiles its source onto a virtual clock.

apt is given lists and caches of its own, with the archive this machine already uses for its release, so
nothing on the machine changes and no privilege is needed. What was built lies in the user's cache folder,
outside the checkout, under a name made from what goes into it.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

VERSION = "3.0pl1-162"
"""The cron of Debian 12, whose rules are Debian's in fedtui."""
CODENAME = "bookworm"

HERE = Path(__file__).parent
HARNESS_SOURCE = HERE / "harness.c"
SHIM_SOURCE = HERE / "shim.c"
TOOLS = ("apt-get", "dpkg-source", "dpkg-deb", "gcc")

# cron.c keeps its main() under another name, and takes access() from the harness; misc.c loses what the
# harness replaces. Everything else is compiled as it is in the package.
_RENAMED = {
    "cron": ("main=cron_main", "access=cron_access"),
    "misc": ("acquire_daemonlock=unused_1", "set_cron_uid=unused_2", "set_cron_cwd=unused_3"),
    "entry": (),
    "env": (),
    "compat": (),
}
_FLAGS = ("-O2", "-w", "-DPOSIX", "-DDEBUGGING=0")


class OracleUnavailableError(Exception):
    """Debian's cron cannot be had here; the message says why."""


def built() -> Path:
    """The folder with `harness`, `shim.so` and `package/` (the unpacked .deb); builds it where it is missing.

    Raises OracleUnavailableError.
    """
    target = _folder()
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not target.is_dir():
            _build(target)
    return target


def _folder() -> Path:
    cache = os.environ.get("XDG_CACHE_HOME", "")
    root = Path(cache) if cache.startswith("/") else Path.home() / ".cache"
    recipe = [
        VERSION.encode(),
        *(path.read_bytes() for path in (Path(__file__), HARNESS_SOURCE, SHIM_SOURCE)),
    ]
    return root / "fedtui-oracle" / hashlib.sha256(b"\0".join(recipe)).hexdigest()[:16]


def _build(target: Path) -> None:
    missing = [tool for tool in TOOLS if shutil.which(tool) is None]
    if missing:
        raise OracleUnavailableError(f"cron's source cannot be built: no {', '.join(missing)}")
    part = target.with_suffix(".part")
    with suppress(FileNotFoundError):
        shutil.rmtree(part)
    part.mkdir()
    with tempfile.TemporaryDirectory(prefix="fedtui-oracle-") as name:
        work = Path(name)
        _compile(_fetch(work), work, part)
        _run("dpkg-deb", "--extract", str(next(work.glob("cron_*.deb"))), str(part / "package"))
    part.rename(target)


def _fetch(work: Path) -> Path:
    """Fetch source and package into `work`; returns the unpacked source."""
    for folder in ("lists/partial", "cache/archives/partial", "parts"):
        (work / folder).mkdir(parents=True)
    sources = "\n\n".join(_archives())
    if not sources:
        raise OracleUnavailableError(f"cron's source cannot be had: apt here knows no archive of {CODENAME}")
    (work / "parts" / "debian.sources").write_text(sources, encoding="utf-8")
    options = {
        "Dir::Etc::sourcelist": "/dev/null",
        "Dir::Etc::sourceparts": str(work / "parts"),
        "Dir::State::lists": str(work / "lists"),
        "Dir::Cache": str(work / "cache"),
        "APT::Sandbox::User": "",
        "Acquire::Languages": "none",
        "Acquire::Retries": "2",
    }
    apt = ["apt-get", "-qq", *(f"-o{name}={value}" for name, value in options.items())]
    _run(*apt, "update", cwd=work)
    _run(*apt, "source", f"cron={VERSION}", cwd=work)
    _run(*apt, "download", f"cron={VERSION}", cwd=work)
    return work / "cron-3.0pl1"


def _archives() -> Iterator[str]:
    """The stanzas of apt's sources that name the release, asking for source packages as well."""
    sources = Path("/etc/apt")
    files = [sources / "sources.list", *sorted((sources / "sources.list.d").glob("*.list"))]
    for path in files:
        text = path.read_text(encoding="utf-8") if path.is_file() else ""
        for options, uri, suite in re.findall(r"(?m)^deb[ \t]+(?:\[(.*?)\][ \t]+)?(\S+)[ \t]+(\S+)", text):
            if suite == CODENAME:
                extra = [
                    f"{key.title()}: {value}" for key, _, value in (o.partition("=") for o in options.split())
                ]
                yield "\n".join(
                    ["Types: deb deb-src", f"URIs: {uri}", f"Suites: {suite}", "Components: main", *extra]
                )
    for path in sorted((sources / "sources.list.d").glob("*.sources")):
        for stanza in re.split(r"\n\s*\n", path.read_text(encoding="utf-8")):
            lines = [line for line in stanza.strip().splitlines() if not line.startswith("#")]
            if any(line.startswith("Suites:") and CODENAME in line.split() for line in lines):
                yield "\n".join("Types: deb deb-src" if line.startswith("Types:") else line for line in lines)


def _compile(source: Path, work: Path, made: Path) -> None:
    include = f"-I{source}"
    objects = []
    for name, renamed in _RENAMED.items():
        objects.append(str(work / f"{name}.o"))
        defines = [f"-D{one}" for one in renamed]
        _run(
            "gcc",
            *_FLAGS,
            "-std=gnu89",
            include,
            *defines,
            "-c",
            str(source / f"{name}.c"),
            "-o",
            objects[-1],
        )
    objects.append(str(work / "harness.o"))
    _run("gcc", *_FLAGS, "-std=gnu11", include, "-c", str(HARNESS_SOURCE), "-o", objects[-1])
    _run("gcc", "-o", str(made / "harness"), *objects)
    _run("gcc", "-O2", "-shared", "-fPIC", "-o", str(made / "shim.so"), str(SHIM_SOURCE))


def _run(*command: str, cwd: Path | None = None) -> None:
    try:
        done = subprocess.run(
            command,
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
            env={**os.environ, "LC_ALL": "C.UTF-8", "DEBIAN_FRONTEND": "noninteractive"},
        )
    except subprocess.TimeoutExpired as error:
        raise OracleUnavailableError(f"{command[0]} took more than three minutes") from error
    if done.returncode:
        words = (done.stderr.strip() or done.stdout.strip()).splitlines()
        raise OracleUnavailableError(f"{Path(command[0]).name} failed: {' / '.join(words[-3:])}")
