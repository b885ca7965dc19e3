"""The root file systems that boxes start from: each is built once by mmdebstrap, then only ever read.

They lie in the user's cache folder, outside the checkout, each under a name made from what goes into it; so
a change of a package list or of a script builds a new one. `python -m tests.box.base [NAME...]` builds them
ahead: the default one where no name is given, every one for "all".
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import platform
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

PACKAGES = (
    "dbus",
    "dbus-user-session",
    "git",
    "iproute2",
    "libnss-systemd",
    "libpam-systemd",
    "locales",
    "logrotate",
    "openssh-client",
    "openssh-server",
    "polkitd",
    "procps",
    "python3",
    "python3-pydbus",
    "sudo",
    "systemd",
    "systemd-sysv",
    "tzdata",
)
"""What every box has, beside a cron."""
PREPARE = Path(__file__).with_name("prepare.sh")
BUSYBOX = Path(__file__).with_name("busybox.sh")
BUILD_TIMEOUT = 900.0


def suite() -> str:
    """The Debian release of the box: the host's own, so that the host's Python finds its libraries inside."""
    return platform.freedesktop_os_release().get("VERSION_CODENAME", "bookworm")


@dataclass(frozen=True)
class Base:
    """One root file system: a release with these packages, then each script run with the root as $1."""

    suite: str
    packages: tuple[str, ...]
    scripts: tuple[Path, ...] = (PREPARE,)

    @property
    def folder(self) -> Path:
        """Where it is, or will be."""
        cache = os.environ.get("XDG_CACHE_HOME", "")
        root = Path(cache) if cache.startswith("/") else Path.home() / ".cache"
        scripts = (script.read_text(encoding="utf-8") for script in self.scripts)
        recipe = "\0".join((self.suite, *self.packages, *scripts))
        return root / "fedtui-box" / hashlib.sha256(recipe.encode()).hexdigest()[:16]

    def build(self) -> Path:
        """Return its folder; builds it first where it is missing (30 to 60 s, 0.3 GB)."""
        target = self.folder
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not target.is_dir():
                try:
                    self._bootstrap(target)
                except RuntimeError:  # a download that failed, most likely
                    self._bootstrap(target)
        return target

    def _bootstrap(self, target: Path) -> None:
        part = target.with_suffix(".part")
        _discard(part)
        source = mirror(self.suite)
        # In namespaces that end with this process: a build that is cut short leaves no mount and no process.
        command = [
            "setpriv",
            "--pdeathsig=KILL",
            "unshare",
            "--pid",
            "--fork",
            "--kill-child",
            "--mount-proc",
        ]
        # mmdebstrap writes a folder, not an archive, because the name ends in none of its archive suffixes.
        command += ["mmdebstrap", "--quiet", "--variant=minbase", f"--include={','.join(self.packages)}"]
        command += [f"--dpkgopt=path-exclude=/usr/share/{bulk}/*" for bulk in ("doc", "man", "locale")]
        command += [f"--customize-hook={script}" for script in self.scripts]
        command += [self.suite, str(part), *([source] if source else [])]
        try:
            built = subprocess.run(
                command,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=BUILD_TIMEOUT,
                check=False,
            )
            if built.returncode:
                raise RuntimeError(f"mmdebstrap failed ({built.returncode}):\n{built.stdout}{built.stderr}")
            part.rename(target)
        finally:
            _discard(part)


DEFAULT = Base(suite(), ("cron", *PACKAGES))
"""Debian's cron on the host's own release."""
BASES: Mapping[str, Base] = {
    "debian": DEFAULT,
    "debian-13": Base("trixie", ("cron", "rsyslog", *PACKAGES)),
    "cronie": Base("trixie", ("cronie", *PACKAGES)),
    "systemd-cron": Base(suite(), ("systemd-cron", *PACKAGES)),
    "systemd-cron-2": Base("trixie", ("systemd-cron", *PACKAGES)),
    "bcron": Base(suite(), ("bcron", *PACKAGES)),
    "busybox": Base("trixie", ("busybox", *PACKAGES), (PREPARE, BUSYBOX)),
}
"""A base for each cron that fedtui knows."""


def mirror(codename: str) -> str | None:
    """The archive that this machine's own apt uses for that release or, where it has none of it, for its own.

    None where apt has no package lists.
    """
    form = "$(CREATED_BY) $(CODENAME) $(REPO_URI)"
    listed = subprocess.run(
        ["apt-get", "indextargets", "--format", form], capture_output=True, text=True, timeout=60, check=True
    )
    found = {}
    for line in listed.stdout.splitlines():
        match line.split():
            case ["Packages", known, uri]:
                found.setdefault(known, uri)
    return found.get(codename, found.get(suite()))


def _discard(part: Path) -> None:
    """Remove a build that was cut short, with the mounts that mmdebstrap left where it ran bare."""
    mounts = [line.split()[1] for line in Path("/proc/self/mounts").read_text().splitlines()]
    for mount in reversed(mounts):
        if Path(mount).is_relative_to(part):
            subprocess.run(["umount", "--lazy", mount], timeout=60, check=True)
    if part.exists():
        shutil.rmtree(part)


def main(names: Sequence[str]) -> int:
    """Build the bases of these names where they are missing, and say so."""
    for name in BASES if "all" in names else names or ("debian",):
        base = BASES[name]
        if not base.folder.is_dir():
            print(f"Building the file system of {name}, once (about a minute) ...", flush=True)
            start = time.monotonic()
            base.build()
            print(f"built in {time.monotonic() - start:.0f} s: {base.folder}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
