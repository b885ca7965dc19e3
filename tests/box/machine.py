"""One booted Debian: bring it up, run programs in it as one of its users, take it down whole.

`Box` boots a real systemd as the init of a set of Linux namespaces, on an overlay over the cached base
(see base.py, boot.sh). Its users are root, `fed` (uid 1000: the usual user, lingering) and `ops` (uid 1001:
groups adm and, by sudo, all). No network reaches out of it. When the process that made it ends, however it
ends, the box ends too.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO, Any, NamedTuple, TypeVar

from tests.box.base import DEFAULT, Base

T = TypeVar("T")

CHECKOUT = Path(__file__).resolve().parents[2]
BOOT = Path(__file__).with_name("boot.sh")
BOOT_TIMEOUT = 60.0
NAMESPACES = ("--pid", "--mount", "--uts", "--ipc", "--net", "--cgroup")
SYSTEM_PATH = "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"


class User(NamedTuple):
    """A line of the box's passwd."""

    name: str
    uid: int
    gid: int
    home: str
    shell: str


def why_not() -> str | None:
    """The reason why no box can be had here, or None."""
    if sys.platform != "linux" or os.geteuid() != 0:
        return "the booted test machine needs root on Linux"
    if _cgroup_root() is None:
        return "the booted test machine needs a mounted cgroup v2"
    if not DEFAULT.folder.is_dir() and shutil.which("mmdebstrap") is None:
        return "the booted test machine needs mmdebstrap (as root, `make test` installs it)"
    probe = subprocess.run(
        ["unshare", "--fork", "--mount", *NAMESPACES, "true"],
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    return None if probe.returncode == 0 else f"no namespaces here: {probe.stderr.strip()}"


def wait_until(look: Callable[[], T], timeout: float, what: str, pause: float = 0.05) -> T:
    """Call `look` until it gives something true, and return that; AssertionError after `timeout` seconds."""
    deadline = time.monotonic() + timeout
    while True:
        found = look()
        if found:
            return found
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {timeout:g} s: {what}")
        time.sleep(pause)


def between_looks_of_cron(last: int = 45) -> None:
    """Wait for a moment, before second `last`, at which a table may be written to be in force next minute.

    cron looks in the second second of a minute, and tells a change by times in whole seconds. Of two writes
    in that second, one before and one after its look, it does not see the latter until there is another.
    """
    wait_until(lambda: 3 <= time.time() % 60 < last, 65.0, "cron is not looking")


class Box:
    """A booted machine. Use it as a context manager, or call `up` and `down`.

    `show` lists folders of the host that are seen inside, read-only, at the same path; by default this
    checkout, the virtual environment that runs the tests and the Python it was made from.
    """

    def __init__(self, show: Sequence[Path] | None = None, *, base: Base = DEFAULT) -> None:
        self.base = base
        self.name = f"fedtui-box-{os.getpid()}-{time.monotonic_ns() % 1_000_000}"
        self._show = default_show() if show is None else tuple(show)
        self._cgroup = Path()
        self._lock = -1
        self._folder = Path()
        self._boot: subprocess.Popen[bytes] | None = None
        self._started: list[subprocess.Popen[Any]] = []
        self.init = 0

    def __enter__(self) -> Box:
        return self.up()

    def __exit__(self, *_: object) -> None:
        self.down()

    def up(self) -> Box:
        """Boot, and return when systemd and the user manager of `fed` are up (about a second)."""
        lower = self.base.build()
        cgroups = _cgroup_root()
        if cgroups is None:
            raise RuntimeError("no cgroup v2 is mounted")
        _sweep(cgroups)
        self._cgroup = cgroups / self.name
        try:
            self._lock = _make_locked(self._cgroup)
            self._folder = Path(tempfile.mkdtemp(prefix=f"{self.name}-"))
            self._start(lower)
            self._await_boot()
            self._install()
        except BaseException:
            self.down()
            raise
        return self

    def _start(self, lower: Path) -> None:
        top = self._folder / "root"
        top.mkdir()
        show = [str(path) for path in self._show]
        with (self._folder / "log").open("wb") as log:
            self._boot = subprocess.Popen(
                [
                    *("setpriv", "--pdeathsig=KILL", "bash", str(BOOT), str(os.getpid())),
                    *(str(self._cgroup), self.name[:60], str(lower), str(top), *show),
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def _await_boot(self) -> None:
        self.init = wait_until(self._find_init, BOOT_TIMEOUT, "the box starts systemd", pause=0.02)
        self._exec_group.mkdir()
        states = ("running", "degraded")
        state = ["systemctl", "is-system-running"]
        wait_until(
            lambda: self.run(state, user="root").stdout.strip() in states, BOOT_TIMEOUT, "systemd is up"
        )
        bus = self.path("/run/user/1000/bus")
        wait_until(bus.is_socket, BOOT_TIMEOUT, "the user bus of fed is up")

    def _find_init(self) -> int:
        assert self._boot is not None
        if self._boot.poll() is not None:
            raise RuntimeError(f"the box died: {(self._folder / 'log').read_text(errors='replace')}")
        children = Path(f"/proc/{self._boot.pid}/task/{self._boot.pid}/children").read_text().split()
        for child in children:
            try:
                if Path(f"/proc/{child}/comm").read_text() == "systemd\n":
                    return int(child)
            except FileNotFoundError:
                continue
        return 0

    def _install(self) -> None:
        """Put `fedtui` on everyone's PATH: the program installed in the venv, else the checkout's."""
        program = Path(sys.prefix) / "bin" / "fedtui"
        call = str(program) if program.exists() else f"env PYTHONPATH={CHECKOUT} {sys.executable} -m fedtui"
        self.write("/usr/local/bin/fedtui", f'#!/bin/sh\nexec {call} "$@"\n', user="root", mode=0o755)

    def down(self) -> None:
        """End every process of the box; no process, mount, cgroup or folder is left. Safe to call twice."""
        for process in self._started:
            process.kill()
        if self._boot is not None:
            if self.init and self._boot.poll() is None:
                os.kill(
                    self.init, signal.SIGKILL
                )  # its parent reaps it, then ends; with it ends all of the box
            else:
                self._boot.kill()
            self._boot.wait(timeout=20)
            self._boot, self.init = None, 0
        for process in self._started:
            process.wait(timeout=20)
        self._started.clear()
        if self._lock >= 0:
            wait_until(lambda: not _populated(self._cgroup), 20.0, f"the processes of {self.name} end")
            _remove(self._cgroup)
            os.close(self._lock)
            self._lock = -1

    def run(
        self,
        argv: Sequence[str | Path],
        user: str = "fed",
        *,
        input: str | bytes = b"",
        timeout: float = 30.0,
        check: bool = False,
        cwd: str | None = None,
        env: Mapping[str, str] | None = None,
    ) -> subprocess.CompletedProcess[str]:
        """Run a program in the box to its end. Output is UTF-8, other bytes as surrogate escapes.

        So `.stdout.encode("utf-8", "surrogateescape")` gives the exact bytes. TimeoutExpired is raised where
        the program, or a child that kept its output open, still runs after `timeout` seconds.
        """
        done = subprocess.run(
            self.command(argv, user, cwd=cwd, env=env),
            input=input.encode() if isinstance(input, str) else input,
            capture_output=True,
            timeout=timeout,
            check=False,
        )
        out, err = (text.decode("utf-8", "surrogateescape") for text in (done.stdout, done.stderr))
        if check and done.returncode:
            raise AssertionError(
                f"{list(map(str, argv))} as {user}: exit status {done.returncode}\n{out}{err}"
            )
        return subprocess.CompletedProcess(argv, done.returncode, out, err)

    def output(self, argv: Sequence[str | Path], user: str = "fed", **options: Any) -> str:
        """What a program that must succeed prints, without the last newline."""
        return self.run(argv, user, check=True, **options).stdout.rstrip("\n")

    def popen(
        self,
        argv: Sequence[str | Path],
        user: str = "fed",
        *,
        stdin: int | IO[bytes] = subprocess.DEVNULL,
        stdout: int | IO[bytes] = subprocess.PIPE,
        stderr: int | IO[bytes] = subprocess.STDOUT,
        cwd: str | None = None,
        env: Mapping[str, str] | None = None,
    ) -> subprocess.Popen[bytes]:
        """Start a program in the box. It ends with the returned process, and at the latest with the box."""
        process = subprocess.Popen(
            self.command(argv, user, cwd=cwd, env=env), stdin=stdin, stdout=stdout, stderr=stderr
        )
        self._started.append(process)
        return process

    def command(
        self,
        argv: Sequence[str | Path],
        user: str = "fed",
        *,
        cwd: str | None = None,
        env: Mapping[str, str] | None = None,
        terminal: bool = False,
    ) -> list[str]:
        """The host's argument vector that runs `argv` inside as `user`, with a login's environment.

        With `terminal`, standard input becomes the controlling terminal of a new session, and the program
        is left to be ended by a hang-up.
        """
        who = self.user(user)
        variables = {
            "PATH": SYSTEM_PATH,
            "HOME": who.home,
            "USER": who.name,
            "LOGNAME": who.name,
            "SHELL": who.shell,
            "LANG": "C.UTF-8",
            "XDG_RUNTIME_DIR": f"/run/user/{who.uid}",
            "DBUS_SESSION_BUS_ADDRESS": f"unix:path=/run/user/{who.uid}/bus",
        } | dict(env or {})
        join = ["sh", "-c", 'echo 0 > "$0" && exec "$@"', str(self._exec_group / "cgroup.procs")]
        enter = ["nsenter", f"--target={self.init}", *NAMESPACES, "--root", "--wd", "--"]
        become = ["setpriv", f"--reuid={who.uid}", f"--regid={who.gid}", "--init-groups"]
        become += ["--bounding-set=-sys_time", "--inh-caps=-sys_time"]  # the clock is the host's: boot.sh
        become += ["setsid", "--ctty"] if terminal else ["--pdeathsig=KILL"]
        begin = [
            "env",
            "-i",
            "--default-signal=HUP,INT,QUIT",  # which nohup, or a shell for its background, has us ignore
            "-C",
            cwd or who.home,
            *(f"{name}={value}" for name, value in variables.items()),
        ]
        return [*join, *enter, *become, *begin, *map(str, argv)]

    def user(self, name: str) -> User:
        """The box's own passwd line of `name`."""
        for line in self.read("/etc/passwd").decode().splitlines():
            login, _, uid, gid, _, home, shell = line.split(":")
            if login == name:
                return User(login, int(uid), int(gid), home, shell)
        raise LookupError(f"no user {name} in the box")

    def path(self, inside: str | Path) -> Path:
        """Where the host sees a file of the box. An absolute symlink inside would lead out of the box."""
        return Path(f"/proc/{self.init}/root") / str(inside).lstrip("/")

    def read(self, inside: str | Path) -> bytes:
        """The bytes of a file in the box."""
        return self.path(inside).read_bytes()

    def write(self, inside: str | Path, content: str | bytes, user: str = "fed", mode: int = 0o644) -> None:
        """Put a file of `user` into the box, atomically, with the folders that lead to it."""
        where, who = self.path(inside), self.user(user)
        if not where.parent.is_dir():
            self.run(["mkdir", "-p", Path(inside).parent], user, check=True)
        new = where.with_name(f".{where.name}.new")
        new.write_bytes(content.encode() if isinstance(content, str) else content)
        os.chown(new, who.uid, who.gid)
        new.chmod(mode)
        new.rename(where)

    def reset(self) -> None:
        """End the programs of `fed` and `ops`; give them a new home, no crontab, nothing in /tmp.

        What fedtui keeps for root goes, too.
        """
        users = [self.user(name) for name in ("fed", "ops")]
        self.run(["pkill", "-KILL", "-u", ",".join(str(who.uid) for who in users)], user="root")
        for who in users:
            self.run(["crontab", "-u", who.name, "-r"], user="root")
            for command in (
                ["find", who.home, "-mindepth", "1", "-delete"],
                ["cp", "-aT", "/etc/skel", who.home],
                ["chown", "-R", f"{who.uid}:{who.gid}", who.home],
                ["find", "/tmp", "-xdev", "-mindepth", "1", "-user", who.name, "-delete"],
            ):
                self.run(command, user="root", check=True)
        folders = [f"/root/{parent}/fedtui" for parent in (".local/state", ".config", ".cache")]
        self.run(["rm", "-rf", *folders], user="root", check=True)
        # reset-failed: five resets within ten seconds are more starts than systemd would allow
        self.run(
            ["systemctl", "reset-failed", "user@1000.service", "user-runtime-dir@1000.service"], user="root"
        )
        self.run(["systemctl", "restart", "user@1000.service"], user="root", check=True)
        wait_until(self.path("/run/user/1000/bus").is_socket, BOOT_TIMEOUT, "the user bus of fed is back")

    @property
    def _exec_group(self) -> Path:
        return self._cgroup / "exec"


def default_show() -> tuple[Path, ...]:
    """This checkout, the virtual environment in use, and its Python where that is not the system's."""
    found = [CHECKOUT]
    for prefix in (sys.prefix, sys.base_prefix):
        path = Path(prefix).resolve()
        if path != Path("/usr") and not any(path.is_relative_to(other) for other in found):
            found.append(path)
    return tuple(found)


def _cgroup_root() -> Path | None:
    for line in Path("/proc/self/mounts").read_text().splitlines():
        _, where, kind, options, *_ = line.split()
        if kind == "cgroup2" and "rw" in options.split(","):
            return Path(re.sub(r"\\040", " ", where))
    return None


def _populated(cgroup: Path) -> bool:
    """Whether a process lives in the cgroup or below it, one that is still exiting included."""
    return "populated 1" in (cgroup / "cgroup.events").read_text()


def _make_locked(cgroup: Path) -> int:
    """Make the cgroup and lock it: the lock ends with this process, and until then nobody sweeps the box."""
    while True:
        cgroup.mkdir(exist_ok=True)
        lock = _try_lock(cgroup)
        if lock is not None:
            return lock  # else a sweep was quicker and is about to remove the new cgroup


def _try_lock(cgroup: Path) -> int | None:
    """A descriptor that holds the lock of an existing cgroup; None where another process has it."""
    try:
        descriptor = os.open(cgroup, os.O_RDONLY | os.O_DIRECTORY)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.path.samestat(os.fstat(descriptor), cgroup.stat()):
            return descriptor
    except (BlockingIOError, FileNotFoundError):
        pass
    os.close(descriptor)
    return None


def _remove(cgroup: Path) -> None:
    """Remove a box's folders, and its cgroup last: while that is there, a later sweep finds the rest."""
    _remove_folders(cgroup.name)
    for group, _, _ in os.walk(cgroup, topdown=False):
        Path(group).rmdir()


def _remove_folders(name: str) -> None:
    for folder in Path(tempfile.gettempdir()).glob(f"{name}-*"):
        shutil.rmtree(folder, ignore_errors=True)


def _sweep(cgroups: Path) -> None:
    """Remove what boxes left whose owner was killed before it could: empty cgroups, and folders.

    The lock tells whether the owner lives, also across pid namespaces. The pid is asked beside it because the
    boxes of older checkouts hold none; what stays where another process has that pid now harms nobody.
    """
    folders = Path(tempfile.gettempdir()).glob("fedtui-box-*")
    names = {"-".join(path.name.split("-")[:4]) for path in (*cgroups.glob("fedtui-box-*"), *folders)}
    for name in names:
        left = cgroups / name
        if Path(f"/proc/{name.split('-')[2]}").exists():
            continue
        if not left.exists():  # a restart of the machine, or a sweep with another TMPDIR, took it
            _remove_folders(name)
            continue
        lock = _try_lock(left)
        if lock is None:
            continue
        with contextlib.suppress(OSError):  # what cannot be removed now must not fail the run: the next tries
            if not _populated(left):
                _remove(left)
        os.close(lock)
