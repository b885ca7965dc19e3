"""What a command line tells about its job without being run: log files, script, programs, use of logger.

All of it is conservative: what is not certain is not said. `command` is always what the shell gets
(`Entry.command`); paths are absolute, with undecodable bytes as surrogates, ready for `os` functions.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable

from fedtui.crontab.shell_state import CommandStep, ShellState, walk
from fedtui.crontab.shell_words import Redirect, Word
from fedtui.crontab.wrappers import TargetKind

SettingPairs = Iterable[tuple[bytes, bytes]]

# Commands that prepare or guard the work of a job and are not the work.
_GUARDS = """
    cd pushd popd [ [[ test true false : export set unset umask ulimit sleep . source exit wait trap eval
    for case declare local readonly read shopt alias return break continue
"""
_OTHER_BUILTINS = "echo printf command exec kill jobs type hash getopts shift times bg fg"
GUARDS = frozenset(_GUARDS.split())
_BUILTINS = GUARDS | frozenset(_OTHER_BUILTINS.split())
BUILTINS_ONLY = _BUILTINS - {"sleep", "["}
_NO_LOGS = ("/dev/", "/proc/", "/sys/")
# With a carriage return behind it (Windows line ends) it still names no file: the shell refuses it.
_DESCRIPTOR = re.compile(r"(?:\d+-?|-)\r?")


def log_paths(
    command: bytes, home: str, environment: SettingPairs = (), directory: str | None = None
) -> tuple[str, ...]:
    """The files that the job's output goes to, the likeliest log first; empty where it writes to none.

    A file that takes errors too comes before one that only takes output, appending before overwriting.
    `home` is the user's; HOME set in `environment` (the table's) goes before it, as in cron. `directory`
    is where the job starts: HOME where not given.
    """
    found = _logs(command, home, environment, directory)
    return tuple(dict.fromkeys(path for _, path, _ in sorted(found, key=lambda log: log[0])))


def overwrites_log(command: bytes, home: str, environment: SettingPairs = ()) -> bool:
    """True where each run truncates the job's log (`> log`): then it holds the last run's lines alone."""
    logs = sorted(_logs(command, home, environment, None), key=lambda log: log[0])
    return bool(logs) and not any(appends for _, path, appends in logs if path == logs[0][1])


def _logs(
    command: bytes, home: str, environment: SettingPairs, directory: str | None
) -> list[tuple[int, str, bool]]:
    """Rank, path and whether it is appended to, of each file that takes output."""
    found: list[tuple[int, str, bool]] = []
    for step in _walk(command, home, environment, directory):
        found += _redirected(step)
        found += _teed(step)
    return found


def script_path(
    command: bytes, home: str, environment: SettingPairs = (), directory: str | None = None
) -> str | None:
    """The script or program file that the job runs, where the line names it by a path; else None.

    A script given to an interpreter counts also by a bare name (`bash sync.sh`, in the working directory).
    """
    step = main_step(_walk(command, home, environment, directory))
    if step is None or step.target is None:
        return None
    word = step.target.word
    value = step.state.value(word)
    if value is None or step.target.what not in (TargetKind.SCRIPT, TargetKind.PROGRAM):
        return None
    if "/" not in value and step.target.what is TargetKind.PROGRAM:
        return None
    return step.state.path(word)


def program(command: bytes) -> str | None:
    """The first word of the job's main command that a shell looks up in PATH; None for a path or builtin."""
    return next(iter(programs(command)), None)


def programs(command: bytes) -> tuple[str, ...]:
    """Every name of the main command that is looked up in PATH: `nice -n 5 bash x.sh` gives nice, bash."""
    step = main_step(_walk(command, "/", (), None))
    if step is None or step.target is None:
        return ()
    names = (step.state.value(word) for word in step.target.lookups)
    return tuple(name for name in names if name and "/" not in name and name not in BUILTINS_ONLY)


def uses_logger(command: bytes) -> bool:
    """True when output or messages of the job go to the system log (logger, systemd-cat)."""
    for step in _walk(command, "/", (), None):
        words = [*step.words[:1], *(step.target.lookups if step.target else ())]
        if any(posixpath.basename(word.literal or "") in ("logger", "systemd-cat") for word in words):
            return True
    return False


def main_step(steps: tuple[CommandStep, ...]) -> CommandStep | None:
    """The step that does the work: the first that is no guard and that no shell is opened for."""
    working = [step for step in steps if step.words and step.target is not None]
    for step in working:
        unread_code = step.target is not None and step.target.what is TargetKind.CODE
        if not unread_code and step.words[0].literal not in GUARDS:
            return step
    return next((step for step in working if step.target and step.target.what is not TargetKind.CODE), None)


def _walk(
    command: bytes, home: str, environment: SettingPairs, directory: str | None
) -> tuple[CommandStep, ...]:
    variables = {"HOME": home}
    for name, value in environment:
        variables[name.decode("utf-8", "surrogateescape")] = value.decode("utf-8", "surrogateescape")
    return walk(command, directory or variables["HOME"], variables)


def _redirected(step: CommandStep) -> Iterable[tuple[int, str, bool]]:
    merged = any(_is_copy(item) and item.descriptor == 2 for item in step.redirects)
    for item in step.redirects:
        if not item.operator.startswith((">", "&>")) or _is_copy(item) or item.descriptor not in (1, 2):
            continue
        path = _log_path(step.state, item.target)
        if path is None:
            continue
        appends = item.operator.endswith(">>")
        both = item.operator.startswith("&>") or item.operator == ">&" or (item.descriptor == 1 and merged)
        if both:
            yield (0 if appends else 1), path, appends
        elif item.descriptor == 1:
            yield (2 if appends else 5), path, appends
        else:
            yield 4, path, appends


def _teed(step: CommandStep) -> Iterable[tuple[int, str, bool]]:
    target = step.target
    if target is None or target.what is not TargetKind.PROGRAM:
        return
    if posixpath.basename(target.word.literal or "") != "tee":
        return
    options = [word for word in target.rest if word.raw.startswith("-") and word.raw != "-"]
    appends = any(word.raw == "--append" or (word.raw[1:2] != "-" and "a" in word.raw) for word in options)
    for word in target.rest:
        path = None if word in options else _log_path(step.state, word)
        if path is not None:
            yield (3 if appends else 5), path, appends


def _is_copy(item: Redirect) -> bool:
    """`2>&1` and `2>&-` copy or close a descriptor; `>& file` names a file."""
    return item.operator == ">&" and _DESCRIPTOR.fullmatch(item.target.raw) is not None


def _log_path(state: ShellState, word: Word) -> str | None:
    path = state.path(word)
    return None if path is None or path.startswith(_NO_LOGS) else path
