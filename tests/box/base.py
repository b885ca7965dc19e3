"""The root file system that every box starts from: built once by mmdebstrap, then only ever read.

It lies in the user's cache folder, outside the checkout, under a name made from what goes into it; so a
change of the package list or of `prepare.sh` builds a new one. `python -m tests.box.base` builds it ahead.
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
from pathlib import Path

PACKAGES = (
    "cron",
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
PREPARE = Path(__file__).with_name("prepare.sh")
BUILD_TIMEOUT = 900.0


def suite() -> str:
    """The Debian release of the box: the host's own, so that the host's Python finds its libraries inside."""
    return platform.freedesktop_os_release().get("VERSION_CODENAME", "bookworm")


def folder() -> Path:
    """Where the base of this checkout's package list is, or will be."""
    cache = os.environ.get("XDG_CACHE_HOME", "")
    root = Path(cache) if cache.startswith("/") else Path.home() / ".cache"
    recipe = "\0".join((suite(), *PACKAGES, PREPARE.read_text(encoding="utf-8")))
    return root / "fedtui-box" / hashlib.sha256(recipe.encode()).hexdigest()[:16]


def mirror() -> str | None:
    """The archive that this machine's own apt uses for its release; None where apt has no package lists."""
    form = "$(CREATED_BY) $(CODENAME) $(REPO_URI)"
    listed = subprocess.run(
        ["apt-get", "indextargets", "--format", form], capture_output=True, text=True, timeout=60, check=True
    )
    for line in listed.stdout.splitlines():
        match line.split():
            case ["Packages", codename, uri] if codename == suite():
                return uri
    return None


def build() -> Path:
    """Return the folder of the base; builds it first where it is missing (30 to 60 s, 0.3 GB)."""
    target = folder()
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not target.is_dir():
            _bootstrap(target)
    return target


def _bootstrap(target: Path) -> None:
    part = target.with_suffix(".part")
    _discard(part)
    source = mirror()
    # In namespaces that end with this process: a build that is cut short leaves no mount and no process.
    command = ["setpriv", "--pdeathsig=KILL", "unshare", "--pid", "--fork", "--kill-child", "--mount-proc"]
    # mmdebstrap writes a folder, not an archive, because the name ends in none of its archive suffixes.
    command += ["mmdebstrap", "--quiet", "--variant=minbase", f"--include={','.join(PACKAGES)}"]
    command += [f"--dpkgopt=path-exclude=/usr/share/{bulk}/*" for bulk in ("doc", "man", "locale")]
    command += [f"--customize-hook={PREPARE}", suite(), str(part)]
    command += [source] if source else []
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


def _discard(part: Path) -> None:
    """Remove a build that was cut short, with the mounts that mmdebstrap left where it ran bare."""
    mounts = [line.split()[1] for line in Path("/proc/self/mounts").read_text().splitlines()]
    for mount in reversed(mounts):
        if Path(mount).is_relative_to(part):
            subprocess.run(["umount", "--lazy", mount], timeout=60, check=True)
    if part.exists():
        shutil.rmtree(part)


def main() -> int:
    """Build the base where it is missing, and say so."""
    if not folder().is_dir():
        print("Building the test machine's file system, once (about a minute) ...", flush=True)
        start = time.monotonic()
        build()
        print(f"built in {time.monotonic() - start:.0f} s: {folder()}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
