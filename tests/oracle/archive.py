"""Source and binary packages of one Debian release through apt, without privilege or a trace on the machine.

apt is given lists and caches of its own, with the archive that this machine already uses: for another
release of Debian the same archive's, which the same keyring signs.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path


class OracleUnavailableError(Exception):
    """A cron daemon's source cannot be had or built here; the message says why."""


def fetch(
    work: Path,
    codename: str,
    name: str,
    version: str,
    binaries: Iterable[tuple[str, str]],
    upstream: bool = False,
) -> Path:
    """Fetch the source package and `binaries` (name, version) into `work`; returns the unpacked source.

    With `upstream` that is without Debian's patches. Raises OracleUnavailableError.
    """
    for folder in ("lists/partial", "cache/archives/partial", "parts"):
        (work / folder).mkdir(parents=True)
    sources = "\n\n".join(_archives(codename))
    if not sources:
        raise OracleUnavailableError(
            f"{name}'s source cannot be had: apt here knows no archive of {codename}"
        )
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
    apt = ["apt-get", "-qq", *(f"-o{key}={value}" for key, value in options.items())]
    run(*apt, "update", cwd=work)
    if upstream:
        run(*apt, "source", "--tar-only", f"{name}={version}", cwd=work)
        run("tar", "--extract", f"--file={next(work.glob(f'{name}_*.orig.tar.*'))}", cwd=work)
    else:
        run(*apt, "source", f"{name}={version}", cwd=work)
    for binary, of_version in binaries:
        run(*apt, "download", f"{binary}={of_version}", cwd=work)
    folders = (path for path in work.glob(f"{name}-*") if path.is_dir())
    return next(folders)


def _archives(codename: str) -> Iterator[str]:
    """Stanzas of apt's sources that name the release, else this one's for it, with sources."""
    stanzas = list(_stanzas())
    for known in (codename, _own_codename()):
        found = [stanza for stanza in stanzas if known in stanza.get("Suites", "").split()]
        for stanza in found:
            yield "\n".join(
                f"{key}: {value}"
                for key, value in {
                    **stanza,
                    "Types": "deb deb-src",
                    "Suites": codename,
                    "Components": "main",
                }.items()
            )
        if found:
            return


def _stanzas() -> Iterator[dict[str, str]]:
    sources = Path("/etc/apt")
    for path in [sources / "sources.list", *sorted((sources / "sources.list.d").glob("*.list"))]:
        text = path.read_text(encoding="utf-8") if path.is_file() else ""
        for options, uri, suite in re.findall(r"(?m)^deb[ \t]+(?:\[(.*?)\][ \t]+)?(\S+)[ \t]+(\S+)", text):
            extra = (option.partition("=") for option in options.split())
            yield {"URIs": uri, "Suites": suite, **{key.title(): value for key, _, value in extra}}
    for path in sorted((sources / "sources.list.d").glob("*.sources")):
        for stanza in re.split(r"\n\s*\n", path.read_text(encoding="utf-8")):
            yield dict(re.findall(r"(?m)^([A-Za-z-]+):[ \t]*(.*(?:\n[ \t].*)*)$", stanza))


def _own_codename() -> str:
    release = Path("/etc/os-release").read_text(encoding="utf-8")
    found = re.search(r"(?m)^VERSION_CODENAME=(\S+)$", release)
    return found[1] if found and re.search(r"(?m)^ID=debian$", release) else ""


def run(*command: str, cwd: Path | None = None) -> None:
    """Run a program of the build. Raises OracleUnavailableError."""
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
