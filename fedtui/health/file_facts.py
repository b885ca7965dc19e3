"""What the checks may ask of the file system, remembered for a short while.

Checks run after every change of the snapshot; a thousand jobs would otherwise cost thousands of stat
calls a burst. An answer is at most `KEEP` seconds old.
"""

from __future__ import annotations

import errno
import os
import shlex
import stat
import time
from collections.abc import Callable, Hashable, Mapping, Sequence
from datetime import UTC, datetime, tzinfo
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from fedtui.config import ConfigError
from fedtui.crontab.comments import codes_of
from fedtui.crontab.lookups import Lookup, lookups_that_count
from fedtui.health.probes import ProbeCache, ProbeFailed
from fedtui.health.script_files import (
    ScriptFile,
    executes_nothing,
    free_space,
    link_of,
    listed,
    read_regular,
    read_script,
    read_tail,
    script_text,
    shipped,
    stat_of,
)
from fedtui.model import Freshness, Job, Snapshot
from fedtui.pack import Pack, load_pack
from fedtui.results import RuleBook
from fedtui.system.cron_daemon import CronDaemon, find_cron
from fedtui.system.cron_product import CronProduct, installed_product
from fedtui.system.logrotate_config import LOGROTATE_CONF, LOGROTATE_D, configurations, own_config, rotated_by
from fedtui.system.power import sleeps
from fedtui.system.processes import read_stat
from fedtui.system.program import Ended
from fedtui.system.table_loaded_at import TableLoadTimes
from fedtui.system.zone import local_zone
from fedtui.verdicts.freshness import freshness_of

if TYPE_CHECKING:
    from fedtui.pack import Pack

T = TypeVar("T")
ScriptLookups = tuple[Lookup, ...]

KEEP = 15.0

LOG_LIMIT = 50 * 1024 * 1024
UNIT_FILE = 1_000_000
"""Bytes of a unit file that are looked at."""


class FileFacts:
    """File facts as this user sees them.

    `log_limit` is the size in bytes from which a log without rotation is reported; `clock` gives
    monotonic seconds; `probes` runs programs (none: none are run). `user_path` are the folders of this
    user's own PATH; `notes` is where is noted what was read of the jobs' products, `state` fedtui's own
    state folder, `user` this user's name, `node` this host's; `age_limits` are those that
    the user set, in seconds by a job's id or name.
    """

    def __init__(
        self,
        log_limit: int = LOG_LIMIT,
        clock: Callable[[], float] = time.monotonic,
        probes: ProbeCache | None = None,
        user_path: Sequence[str] = (),
        notes: Path | None = None,
        state: Path = Path("/nonexistent"),
        rules: RuleBook | None = None,
        age_limits: Mapping[str, float] | None = None,
        user: str = "",
        node: str = "",
    ) -> None:
        self.notes = notes
        self.age_limits = age_limits or {}
        self.rules = rules or RuleBook({}, {})
        self.state = state
        self.user = user
        self.node = node
        self.log_limit = log_limit
        self.probes = probes
        self.user_path = tuple(user_path)
        self._clock = clock
        self._loaded_at = TableLoadTimes()
        self._kept: dict[tuple[str, str], tuple[float, object]] = {}
        self._worked: dict[str, tuple[Hashable, object]] = {}

    def _remember(self, what: str, path: str, look: Callable[[str], T]) -> T:
        now = self._clock()
        kept = self._kept.get((what, path))
        if kept is not None and now - kept[0] < KEEP:
            return kept[1]  # type: ignore[return-value]  # stored below under the same `what`, so of type T
        answer = look(path)
        self._kept[what, path] = (now, answer)
        return answer

    def _stat(self, path: str) -> os.stat_result | None:
        return self._remember("stat", path, stat_of)

    def forget(self) -> None:
        """Look at everything again the next time."""
        self._kept.clear()

    def exists(self, path: str) -> bool | None:
        """Whether `path` is there; None where this user may not know."""
        return self._remember("exists", path, _exists)

    def leads_to(self, path: str) -> str:
        """The path that the symbolic link `path` has in it; empty where it is none."""
        return self._remember("link", path, link_of)

    def executable(self, path: str) -> bool:
        """Whether `path` is a file that may be executed by this user."""
        return self._remember("executable", path, _executable)

    def appendable(self, path: str) -> str | None:
        """Why nothing can be appended to the file `path`, or None when it can."""
        return self._remember("appendable", path, _append_problem)

    def size(self, path: str) -> int | None:
        """The file's size in bytes; None where it is not there or not a regular file."""
        found = self._stat(path)
        return found.st_size if found is not None and stat.S_ISREG(found.st_mode) else None

    def rotated(self, path: str) -> str | None:
        """What rotates the log at `path` (a logrotate file, or the rotated file beside it), or None."""
        return self._remember("rotated", path, _rotation)

    def script(self, path: str) -> ScriptFile | None:
        """What the script or program at `path` is; None where it is not there or cannot be read."""
        return self._remember("script", path, read_script)

    def script_lookups(self, path: str, variables: tuple[tuple[str, str], ...]) -> ScriptLookups:
        """What the shell script at `path` needs of PATH; worked out once for each version of it."""
        script = self.script(path)
        stamp = None if script is None else script.stamp

        def look() -> ScriptLookups:
            return lookups_that_count(self.text(path), dict(variables))

        return self.worked_out(f"lookups {path}", (stamp, variables), look)

    def text(self, path: str) -> str:
        """The head of the script at `path`; empty where it cannot be read."""
        return script_text(path)

    def executes_nothing(self, path: str) -> bool:
        """Whether `path` is on a file system that is mounted noexec."""
        return self._remember("noexec", path, executes_nothing)

    def mode(self, path: str) -> tuple[int, int, int] | None:
        """The mode, owner and group of what `path` leads to; None where it is not there."""
        found = self._stat(path)
        return None if found is None else (found.st_mode, found.st_uid, found.st_gid)

    def changed(self, path: str) -> datetime | None:
        """When `path` was last written; None where that cannot be seen."""
        found = self._stat(path)
        try:
            return None if found is None else datetime.fromtimestamp(found.st_mtime, UTC)
        except (OverflowError, ValueError, OSError):
            return None

    def moved(self, path: str) -> tuple[float, float] | None:
        """When `path` was last written, and when anything of it last changed (its mtime and ctime)."""
        found = self._stat(path)
        return None if found is None else (found.st_mtime, found.st_ctime)

    def cron(self) -> CronDaemon:
        return self._remember("cron", "", lambda _: find_cron())

    def installed_cron(self) -> CronProduct | None:
        """The cron that is installed, whether or not it runs."""
        return self._remember("installed cron", "", lambda _: installed_product(self.exists))

    def cron_unit(self) -> str:
        """The unit that starts the cron of this host; empty where none does."""
        product = self.installed_cron()
        return "" if product is None else self._remember("cron unit", "", lambda _: product.unit(self.exists))

    def held_cron(self) -> int | None:
        """The cron daemon's pid where a signal has stopped it (SIGSTOP): it is there, and starts nothing."""
        pid = self.cron().pid
        stat = read_stat(pid) if pid is not None else None
        return pid if stat is not None and stat.state in ("T", "t") else None

    def disk(self, path: str) -> tuple[str, int, int] | None:
        """The nearest folder of `path` that is there, free and whole bytes of its disk for this user."""
        return self._remember("disk", path, free_space)

    def tail(self, path: str) -> bytes | None:
        """The last part of a file that is read for secrets; None where it cannot be read."""
        return self._remember("tail", path, read_tail)

    def unread(self, path: str) -> str:
        """Why the file cannot be read by this user; empty where it can."""
        return self._remember("unread", path, _unread)

    def hidden(self, path: str, *, content: bool = False) -> str:
        """Why nothing is known of what is at `path`, or with `content` of what is in that file.

        Empty where it is known, also that there is no such file.
        """
        there = self.exists(path)
        if there is None:
            return "this user may not look there"
        found = self.mode(path) if there and content else None
        return self.unread(path) if found is not None and stat.S_ISREG(found[0]) else ""

    def as_owner(self, command: str, path: str) -> str:
        """`command` on the file as a shell takes it, by sudo where it is another user's."""
        found = self.mode(path)
        sudo = "sudo " if found is not None and os.geteuid() not in (0, found[1]) else ""
        return f"{sudo}{command} {shlex.quote(path)}"

    def names(self, folder: str) -> tuple[str, ...]:
        """The names in a folder; none where it is not there or may not be listed."""
        return self._remember("names", folder, listed)

    def shipped(self, path: str) -> bool:
        """Whether the distribution shipped the file, and nobody has changed it."""
        return self._remember("shipped", path, shipped)

    def unit_lines(self, path: str, section: str) -> tuple[tuple[str, str], ...]:
        """The `key=value` lines of one section of a unit file; none where it cannot be read."""
        return self._remember(f"unit {section}", path, lambda one: _unit_lines(one, section))

    def ask(self, *argv: str, of: object = None) -> Ended:
        """How a program ended. Raises Unknown where that is not known. See `probes`."""
        if self.probes is None:
            raise ProbeFailed("this machine", "no programs are asked here")
        return self.probes.ask(argv, of=of)

    def ask_outside(self, *argv: str) -> Ended:
        """The same for a program that leaves this machine: not asked unless somebody waits, or wants it."""
        if self.probes is None:
            raise ProbeFailed("this machine", "no programs are asked here")
        return self.probes.ask_outside(argv)

    def pack(self) -> Pack | None:
        """What was set up of the federation pack; None for nothing. Raises Unknown for an unusable file."""

        try:
            return self._remember("pack", "", lambda _: load_pack())
        except ConfigError as error:
            raise ProbeFailed("the federation pack", str(error)) from error

    def is_called(self, pattern: str) -> bool:
        """Whether `pattern` is this host's name, by its first part, or what uname says of its system."""
        host = os.uname()
        if pattern in (host.sysname, host.machine):
            return True
        return fnmatchcase(host.nodename.partition(".")[0], pattern.partition(".")[0])

    @property
    def is_machine(self) -> bool:
        """Whether the machine's own daemons start the jobs."""
        return self.probes is not None and self.probes.machine

    @property
    def has_systemd(self) -> bool:
        """Whether systemd runs the machine, and starts the jobs."""
        return self.probes is not None and self.probes.machine and self.probes.systemd

    def sleeps(self) -> str:
        """How it is known that this machine is asleep or off at times; empty where nothing tells it."""
        return self._remember("sleeps", "", lambda _: sleeps()) if self.is_machine else ""

    def product_of(self, job: Job) -> str:
        """The file that the job should renew; empty for none. Raises ProbeFailed where that is not known."""
        if job.managed:
            self.pack()
        try:
            return self._declared_product(job)
        except ConfigError as error:
            raise ProbeFailed("config.toml", str(error)) from error

    def _declared_product(self, job: Job) -> str:
        return self._remember("product", job.id, lambda _: self.rules.product_of(job))

    def freshness(self, snapshot: Snapshot) -> Mapping[str, Freshness]:
        """Whether what the jobs bring is too old, by job id."""
        return freshness_of(snapshot, self._declared_product, self.age_limits, self.notes, self._loaded_at)

    def zone(self) -> tzinfo:
        """The machine's time zone."""
        return self._remember("zone", "", lambda _: local_zone()[1])

    def worked_out(self, what: str, of: Hashable, work: Callable[[], T]) -> T:
        """What `work` gives, done again only where `of` is another than the last time for this `what`."""
        kept = self._worked.get(what)
        if kept is not None and kept[0] == of:
            return kept[1]  # type: ignore[return-value]  # stored below under the same `what`, so of type T
        answer = work()
        self._worked[what] = (of, answer)
        return answer

    def silenced_in(self, path: str) -> tuple[str, ...]:
        """The codes that `# fedtui: ignore` lines of the unit file `path` name."""
        return self._remember("silenced", path, _silenced_in)


def _exists(path: str) -> bool | None:
    try:
        Path(path).stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:  # no file has a name that is too long, or that leads in a circle
        return False if error.errno in (errno.ENAMETOOLONG, errno.ELOOP) else None
    except ValueError:  # a NUL in it
        return False
    return True


def _unread(path: str) -> str:
    try:
        if not Path(path).is_file():
            return "it is no file" if Path(path).exists() else "there is no such file"
        return "" if os.access(path, os.R_OK) else "this user may not read it"
    except (OSError, ValueError) as error:
        return str(error)


def _executable(path: str) -> bool:
    """Also for names that no file can have, and in folders that this user may not enter."""
    try:
        return Path(path).is_file() and os.access(path, os.X_OK)
    except OSError:
        return False


def _append_problem(path: str) -> str | None:
    file = Path(path)
    folder = file.parent
    try:
        if file.is_dir():
            return f"{path} is a directory"
        if file.exists():
            return None if os.access(path, os.W_OK) else f"{path} is not writable"
        if not folder.is_dir():
            return f"the folder {folder} is missing"
        return None if os.access(folder, os.W_OK | os.X_OK) else f"the folder {folder} is not writable"
    except OSError as error:
        return f"{path}: {error.strerror}"
    except ValueError:  # a NUL in it
        return f"{path} cannot be a path"


def _rotation(path: str) -> str | None:
    for beside in (path + ".1", path + ".1.gz", path + ".0"):
        if _exists(beside):
            return beside
    config = rotated_by(path, (*configurations(LOGROTATE_CONF, LOGROTATE_D), own_config()))
    return None if config is None else str(config)


def _unit_lines(path: str, section: str) -> tuple[tuple[str, str], ...]:
    from fedtui.system.unit_files import assignments  # not wanted for the first picture

    return tuple(assignments([path], section))


def _silenced_in(path: str) -> tuple[str, ...]:
    found = read_regular(path, UNIT_FILE)
    text = b"" if found is None else found[0]  # a file that cannot be read says nothing
    return tuple(code for line in text.splitlines() for code in codes_of(line))
