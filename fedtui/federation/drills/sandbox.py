"""A program started in a view of the file system of its own, in which what it writes is kept from the disk.

`python -P -m fedtui.federation.drills.sandbox ORDER.json REPORT` reads what to show and what to run. In a
mount namespace (and a user namespace where we are not root: user_namespaces(7)) all becomes read-only, and
the folders that the order names get an overlay whose upper layer is a small tmpfs. It is gone with the last
process in it. REPORT is a descriptor on which is said what went wrong before the program was started.

The system calls have no door in Python 3.11 but ctypes; their numbers and flags are those of mount(2),
mount_setattr(2), unshare(2) and prctl(2) on every Linux but for alpha.
"""

from __future__ import annotations

import ctypes
import errno
import json
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

_NEWNS, _NEWUSER = 0x0002_0000, 0x1000_0000
_RDONLY, _NOSUID, _NODEV, _BIND, _REC, _PRIVATE = 1, 2, 4, 4096, 16384, 1 << 18
_MOUNT_SETATTR, _AT_FDCWD, _AT_RECURSIVE = 442, -100, 0x8000
_CAPBSET_DROP, _CAP_SYS_ADMIN = 24, 21
_LIBC = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True, slots=True)
class SandboxView:
    """What the program sees otherwise than the rest of the machine.

    `places` are folders (absolute) that it may write in, on a tmpfs of `size` bytes; what it writes is not
    kept. Without those of `must` it is not started, those of `empty` may begin empty. `logs` is a folder in
    whose place an empty one of that tmpfs is shown, with the empty files `names`. `full` fills the tmpfs up
    to the last byte.
    """

    places: tuple[str, ...]
    size: int
    must: tuple[str, ...] = ()
    empty: tuple[str, ...] = ()
    logs: str = ""
    names: tuple[str, ...] = ()
    full: bool = False


@dataclass(frozen=True, slots=True)
class SandboxOrder:
    """What to run in which view. `store` is a folder of our own to put the tmpfs on; bytes are Latin-1."""

    view: SandboxView
    store: str
    argv: tuple[str, ...]
    environment: Mapping[str, str]
    cwd: str
    account: tuple[int, int, tuple[int, ...]] | None = None

    def to_json(self) -> bytes:
        """As `main` reads it."""
        return json.dumps(asdict(self)).encode()


class _Attributes(ctypes.Structure):
    _fields_ = [(name, ctypes.c_uint64) for name in ("attr_set", "attr_clr", "propagation", "userns_fd")]


def main() -> int:
    """Set the stage and become the program."""
    report = int(sys.argv[2])
    os.set_inheritable(report, False)
    try:
        order = json.loads(Path(sys.argv[1]).read_bytes())
        _set_up(order["view"], order["store"])
        _become(order["account"])
        os.chdir(order["cwd"])
        environment = {_bytes(name): _bytes(value) for name, value in order["environment"].items()}
        argv = [_bytes(word) for word in order["argv"]]
        os.execvpe(argv[0], argv, environment)  # noqa: S606  # an argument list, and no shell of ours
    except OSError as error:
        named = f" ({error.filename})" if error.filename else ""
        os.write(report, f"{error.strerror or error}{named}".encode())
    return 125


def _set_up(view: Mapping[str, Any], store: str) -> None:
    own_user = os.geteuid() != 0
    _enter(own_user)  # first: an overlay shows only folders of its own mount namespace
    places = sorted({os.path.realpath(place) for place in view["places"]}, key=len)
    opened = {place: os.open(place, os.O_PATH | os.O_DIRECTORY) for place in places}
    _mount("none", "/", "", _REC | _PRIVATE)
    _mount("tmpfs", store, "tmpfs", _NOSUID | _NODEV, f"size={view['size']},mode=755")
    within = os.open(store, os.O_PATH | os.O_DIRECTORY)
    ours = f"/proc/self/fd/{within}"  # by its name it may be hidden by the first overlay
    layers = [_layers(ours, number, opened[place]) for number, place in enumerate(places)]
    logs = _logs(ours, view["names"])
    _attributes("/", _RDONLY, 0, recursive=True)
    _attributes(store, 0, _RDONLY)
    if view["full"]:
        _fill(Path(ours, "ballast"))
    shown: dict[str, tuple[str, int]] = {}
    for place, layer in zip(places, layers, strict=True):
        _show(place, opened[place], layer, shown, view, own_user=own_user)
    if view["logs"]:
        _mount(f"/proc/self/fd/{logs}", view["logs"], "", _BIND)
    for descriptor in (*opened.values(), within, logs):
        os.close(descriptor)


def _layers(ours: str, number: int, like: int) -> tuple[str, str]:
    """Folders for what is written to a place, which has its mode and owner, and for the overlay's work."""
    upper, work = f"{ours}/upper{number}", f"{ours}/work{number}"
    for folder in (upper, work):
        Path(folder).mkdir()
    facts = os.fstat(like)
    Path(upper).chmod(facts.st_mode & 0o7777)
    if os.geteuid() == 0:
        os.chown(upper, facts.st_uid, facts.st_gid)
    return upper, work


def _logs(ours: str, names: Sequence[str]) -> int:
    """A folder of logs that anybody may append to; its descriptor."""
    folder = Path(ours, "logs")
    folder.mkdir()
    folder.chmod(0o777)
    for name in names:
        (folder / name).touch()
        (folder / name).chmod(0o666)
    return os.open(folder, os.O_PATH | os.O_DIRECTORY)


def _show(
    place: str,
    lower: int,
    layer: tuple[str, str],
    shown: dict[str, tuple[str, int]],
    view: Mapping[str, Any],
    *,
    own_user: bool,
) -> None:
    """Make a place writable; `shown` are those that are: what an empty one begins with, and the device.

    A user namespace gives no overlay over a folder in which others are mounted (EINVAL: it would show what
    they hide). Then one for passing files begins empty; another stays read-only, unless it `must` be shown.
    """
    around = [one for one in shown if place.startswith(f"{one.rstrip('/')}/")]
    nearest = max(around, key=len, default="")
    device = os.fstat(lower).st_dev
    beginning, on = shown.get(nearest, ("", -1))
    if not beginning and device == on:
        return  # the overlay around it shows it
    if beginning:
        Path(beginning, os.path.relpath(place, nearest)).mkdir(parents=True, exist_ok=True)
    upper, work = layer
    how = f"lowerdir=/proc/self/fd/{lower},upperdir={upper},workdir={work}"
    try:
        _mount("overlay", place, "overlay", _NOSUID | _NODEV, how + (",userxattr" if own_user else ""))
    except OSError as error:
        if error.errno != errno.EINVAL or place in view["must"]:
            raise
        if place in view["empty"]:
            _mount(upper, place, "", _BIND)
            shown[place] = (upper, device)
        return
    shown[place] = ("", device)


def _enter(own_user: bool) -> None:
    uid, gid = os.geteuid(), os.getegid()
    _check(_LIBC.unshare(_NEWNS | _NEWUSER if own_user else _NEWNS), "unshare")
    if own_user:
        Path("/proc/self/setgroups").write_text("deny", encoding="ascii")
        Path("/proc/self/uid_map").write_text(f"{uid} {uid} 1", encoding="ascii")
        Path("/proc/self/gid_map").write_text(f"{gid} {gid} 1", encoding="ascii")


def _mount(source: str, target: str, kind: str, flags: int, data: str = "") -> None:
    words = [os.fsencode(text) if text else None for text in (source, target, kind)]
    _check(_LIBC.mount(*words, ctypes.c_ulong(flags), os.fsencode(data) if data else None), target)


def _attributes(path: str, added: int, cleared: int, *, recursive: bool = False) -> None:
    how = _Attributes(added, cleared, 0, 0)
    flags = _AT_RECURSIVE if recursive else 0
    size = ctypes.sizeof(how)
    call = (_MOUNT_SETATTR, _AT_FDCWD, os.fsencode(path), flags, ctypes.byref(how), size)
    _check(_LIBC.syscall(*call), path)


def _check(status: int, what: str) -> None:
    if status:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), what)


def _fill(ballast: Path) -> None:
    """Write until not one byte more fits."""
    with ballast.open("wb", buffering=0) as file:
        for piece in (b"\0" * 65536, b"\0" * 512, b"\0"):
            try:
                while file.write(piece):
                    pass
            except OSError:
                continue


def _become(account: Sequence[Any] | None) -> None:
    """Give up what would let the program out of its view, and our own identity where it is another's."""
    if os.geteuid() == 0:
        _check(_LIBC.prctl(_CAPBSET_DROP, _CAP_SYS_ADMIN, 0, 0, 0), "prctl")
    if account is not None:
        uid, gid, groups = account
        os.setgroups(groups)
        os.setgid(gid)
        os.setuid(uid)


def _bytes(text: str) -> bytes:
    return text.encode("latin-1")


if __name__ == "__main__":
    sys.exit(main())
