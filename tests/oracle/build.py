"""Compiles cron daemons, or those parts of them that know the time, onto a virtual clock; see `Recipe`.

Their source comes through apt (see `archive`). What was built lies in the user's cache folder, outside the
checkout, under a name made from what goes into it.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tests.oracle import archive
from tests.oracle.archive import OracleUnavailableError, run

HERE = Path(__file__).parent
TOOLS = ("apt-get", "dpkg-source", "dpkg-deb", "gcc")
_FLAGS = ("-O2", "-w")


@dataclass(frozen=True)
class Recipe:
    """How the source package `name` becomes a harness.

    `compile` takes the source, a folder to work in and a target.
    `files` of this folder go into it. `unpacked` are binary packages whose files `package/` gets, with
    their versions. `upstream` leaves Debian's patches out: those of an old package are no longer in the
    archive.
    """

    name: str
    version: str
    codename: str
    files: tuple[str, ...]
    compile: Callable[[Path, Path, Path], None]
    unpacked: tuple[tuple[str, str], ...] = ()
    upstream: bool = False


def built(recipe: Recipe) -> Path:
    """The folder with `harness`, perhaps `shim.so` and `package/`; builds it where it is missing.

    Raises OracleUnavailableError.
    """
    target = _folder(recipe)
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not target.is_dir():
            _build(recipe, target)
    return target


def _folder(recipe: Recipe) -> Path:
    cache = os.environ.get("XDG_CACHE_HOME", "")
    root = Path(cache) if cache.startswith("/") else Path.home() / ".cache"
    files = [
        Path(__file__),
        Path(archive.__file__),
        HERE / "harness.h",
        *(HERE / name for name in recipe.files),
    ]
    named = [f"{recipe.name} {recipe.version} {recipe.unpacked}".encode()]
    parts = named + [path.read_bytes() for path in files]
    return root / "fedtui-oracle" / hashlib.sha256(b"\0".join(parts)).hexdigest()[:16]


def _build(recipe: Recipe, target: Path) -> None:
    missing = [tool for tool in TOOLS if shutil.which(tool) is None]
    if missing:
        raise OracleUnavailableError(f"{recipe.name}'s source cannot be built: no {', '.join(missing)}")
    part = target.with_suffix(".part")
    with suppress(FileNotFoundError):
        shutil.rmtree(part)
    part.mkdir()
    with tempfile.TemporaryDirectory(prefix="fedtui-oracle-") as name:
        work = Path(name)
        source = archive.fetch(
            work, recipe.codename, recipe.name, recipe.version, recipe.unpacked, recipe.upstream
        )
        for package, _ in recipe.unpacked:
            run("dpkg-deb", "--extract", str(next(work.glob(f"{package}_*.deb"))), str(part / "package"))
        recipe.compile(source, work, part)
    part.rename(target)


def _object(source: Path, work: Path, *flags: str) -> str:
    compiled = str(work / f"{source.stem}.o")
    run("gcc", *_FLAGS, *flags, "-c", str(source), "-o", compiled)
    return compiled


# cron.c keeps its main() under another name, and takes access() from the harness; misc.c loses what the
# harness replaces. Everything else is compiled as it is in the package.
_RENAMED = {
    "cron": ("main=cron_main", "access=cron_access"),
    "misc": tuple(
        f"{name}=unused_{name}"
        for name in ("acquire_daemonlock", "set_cron_uid", "set_cron_cwd", "check_spool_dir")
    ),
}


def _vixie(source: Path, work: Path, made: Path, names: tuple[str, ...], *flags: str) -> None:
    objects = [
        _object(source / f"{name}.c", work, *flags, *(f"-D{one}" for one in _RENAMED.get(name, ())))
        for name in names
    ]
    objects.append(_object(HERE / "vixie.c", work, *(flag for flag in flags if flag != "-std=gnu89")))
    run("gcc", "-o", str(made / "harness"), *objects)


def _debian(source: Path, work: Path, made: Path) -> None:
    flags = ("-std=gnu89", "-DPOSIX", "-DDEBUGGING=0", f"-I{source}")
    _vixie(source, work, made, ("cron", "misc", "entry", "env", "compat"), *flags)
    run("gcc", "-O2", "-shared", "-fPIC", "-o", str(made / "shim.so"), str(HERE / "shim.c"))


# What configure finds out on Debian, as far as the five files ask for it; without inotify the table is
# looked at in each minute, which changes nothing here.
_CRONIE_CONFIG = """
#define _GNU_SOURCE
#define PACKAGE_STRING "cronie"
#define PACKAGE_VERSION "cronie"
#define SYSCONFDIR "/etc"
#define HAVE_STRUCT_TM_TM_GMTOFF 1
#define HAVE_FCNTL_H 1
#define HAVE_UNISTD_H 1
#define HAVE_FLOCK 1
#define HAVE_LIMITS_H 1
#define DEBUGGING 1
"""


def _cronie(source: Path, work: Path, made: Path) -> None:
    (work / "config.h").write_text(_CRONIE_CONFIG, encoding="ascii")
    (work / "cron-paths.h").write_text(
        '#define SPOOL_DIR "/"\n#define CRON_PID_DIR "/run"\n', encoding="ascii"
    )
    flags = ("-DCRONIE", f"-I{work}", f"-I{source / 'src'}", f"-I{source}")
    _vixie(source / "src", work, made, ("cron", "misc", "entry", "env", "pw_dup"), *flags)


DEBIAN = Recipe("cron", "3.0pl1-162", "bookworm", ("vixie.c", "shim.c"), _debian, (("cron", "3.0pl1-162"),))
"""The cron of Debian 12, whose rules are Debian's in fedtui."""
CRONIE = Recipe("cronie", "1.7.2-4", "trixie", ("vixie.c",), _cronie)


def _busybox(source: Path, work: Path, made: Path) -> None:
    (work / "common_bufsiz.h").touch()
    command = ("gcc", *_FLAGS, "-std=gnu11", f"-I{source}", f"-I{HERE}", f"-I{work}", str(HERE / "busybox.c"))
    run(*command, "-o", str(made / "harness"))


def _bcron(source: Path, work: Path, made: Path) -> None:
    names = ("timespec-parse", "timespec-next", "crontab", "crontabs", "job", "job_dump", "ministat", "time")
    files = [str(source / f"{name}.c") for name in names]
    bglibs = made / "package" / "usr"
    command = ("gcc", *_FLAGS, "-std=gnu11", "-fcommon", f"-I{source}", f"-I{bglibs / 'include'}")
    run(*command, str(HERE / "bcron.c"), *files, "-o", str(made / "harness"), str(bglibs / "lib" / "libbg.a"))


BUSYBOX = Recipe("busybox", "1:1.37.0-6", "trixie", ("busybox.c", "libbb.h"), _busybox)
BCRON = Recipe(
    "bcron", "0.11-19", "bookworm", ("bcron.c",), _bcron, (("libbg-dev", "2.04+dfsg-2.1"),), upstream=True
)

RECIPES = {"debian": DEBIAN, "cronie": CRONIE, "busybox": BUSYBOX, "bcron": BCRON}
"""By the dialect that fedtui computes their runs in."""
