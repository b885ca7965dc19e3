"""What a command line tells about its job without being run: its work, log files, script and programs.

All of it is conservative: what is not certain is not said. `command` is always what the shell gets
(`Entry.command`); paths are absolute, with undecodable bytes as surrogates, ready for `os` functions.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import pairwise

from fedtui.crontab.setting import DEFAULT_PATH
from fedtui.crontab.shell_state import Fact, ShellState, Step, Walk, walk
from fedtui.crontab.shell_words import Redirect, Word, WordPart
from fedtui.crontab.wrappers import Place, Target, TargetKind, basename, program_of, right_side

SettingPairs = tuple[tuple[bytes, bytes], ...]

_GUARD_WORDS = """
    cd pushd popd [ [[ test true false : export set shift unset umask ulimit . source exit wait trap eval
    for case declare local readonly read shopt alias return break continue
"""
_PREPARING = """
    sleep echo printf print mkdir date hostname mktemp whoami basename dirname uname nproc id logger which
    type hash yes renice lockfile lockfile-create dotlockfile
"""
_PROBING = "pgrep pidof mountpoint ping nc grep egrep fgrep ps df mount cmp diff ss lsof fuser crontab"
_FOR_OTHERS = "ssh-add ssh-agent keychain touch expr mount umount findmnt workon deactivate nvidia-smi"
_SWITCHING = "nvm fnm rvm sdk conda mamba micromamba pyenv rbenv asdf module"
_MORE_BUILTINS = "echo printf command exec kill jobs type hash getopts shift times bg fg"
GUARDS = frozenset(_GUARD_WORDS.split())
_PREPARES = frozenset(_PREPARING.split())
_PROBES = frozenset(_PROBING.split())
_BUILTINS = GUARDS | frozenset(_MORE_BUILTINS.split())
BUILTINS_ONLY = _BUILTINS - {"sleep", "["}
_WEAK_WORK = frozenset(_FOR_OTHERS.split())
_SWITCHERS = frozenset(_SWITCHING.split())
_SWITCHES = frozenset({"use", "activate", "deactivate", "shell", "local", "load"})
_TESTS = frozenset({"test", "[", "true", "false"})
_FETCHES = frozenset({"curl", "wget"})
_NO_LOGS = ("/dev/", "/proc/", "/sys/")
# With a carriage return behind it (Windows line ends) it still names no file: the shell refuses it.
_DESCRIPTOR = re.compile(r"(?:\d+-?|-)\r?")
_DATA = re.compile(
    r"\.(?:sql|dump|dmp|csv|tsv|json|jsonl|xml|html?|ya?ml|prom|ics|ldif|db|sqlite3?|bak|tar|t?gz|tgz|bz2|xz|zst"
    r"|lz4|zip|7z|gpg|enc|pgp|png|jpe?g|svg|gif|pdf|conf|cfg|ini|list|lst|pid|lock|state|stamp|sha256|md5|pem"
    r"|crt|key|tmp|new|rss|atom|parquet|iso|img|map|zone|rules|rb|py|sh|js|php|css|env|dat|data|md|m3u|txt\.gz)\Z",
    re.IGNORECASE,
)
_LOG_NAME = re.compile(
    r"(?<!\bb)(?<!cata)(?<!change)(?<!dia)log(?:s?/|(?!in|ic|o\b)[^/]*\Z)"
    r"|\.(?:out|err|stdout|stderr|errors?)\Z|/(?:out|err|errors|cron|output)(?![a-z])[^/]*\Z",
    re.IGNORECASE,
)
_DUMPS = "iptables-save ip6tables-save nft dpkg crontab pg_dump pg_dumpall sqlite3 getfacl slapcat tar"
_WRITES_DATA = frozenset(_DUMPS.split())
_LOG_OPTION = re.compile(r"--?log(?:-?(?:file|path|error))?=(?P<path>.+)", re.DOTALL)
_LOG_OPTIONS = frozenset({"--log-file", "--logfile"})
_ASKED = frozenset({"systemctl", "service", "kill", "dpkg", "rpm"})
_ASKING = frozenset({"is-active", "is-enabled", "is-failed", "status", "-0", "-s", "-q"})
_TELLS = frozenset({"mail", "mailx", "mutt", "sendmail", "logger", "wall"})
_LOGS_OF_WGET = _LOG_OPTIONS | {"-o", "-a", "--output-file", "--append-output"}
_OUT = frozenset({">", ">>", ">|", "&>", "&>>", ">&"})
_QUIETLY = re.compile(r"-[A-Za-z]*q|--quiet|--silent")
_ONE_LINERS = re.compile(r"(?:python|pypy|perl|ruby|node|php|lua)[0-9.]*")


class CommandLine:
    """A command line as its shell reads it. `main` is the step that does the work, `start` its folder.

    `background`: a `&` ends a part of it.
    """

    def __init__(self, found: Walk, start: str | None) -> None:
        self.steps = found.steps
        self.whole = found.whole
        self.functions = found.functions
        self.background = found.background
        self._alone = found.alone and found.whole
        self.start = start
        self.main = main_step(self.steps)

    @property
    def alone(self) -> Step | None:
        """The only command of the line; None where there is more to it."""
        return next((step for step in self.steps if not step.nested), None) if self._alone else None

    @property
    def here(self) -> tuple[Step, ...]:
        """The steps that run on this host."""
        return tuple(step for step in self.steps if step.place is not Place.ELSEWHERE)

    @property
    def logs(self) -> tuple[str, ...]:
        """The files that the job's messages go to, the likeliest log first; empty where it writes to none.

        A file that takes errors too comes before one that only takes output, appending before overwriting.
        """
        return tuple(dict.fromkeys(path for _, path, _ in self._ranked))

    @property
    def overwrites_log(self) -> bool:
        """True where each run truncates the job's log (`> log`): then it holds the last run's lines alone."""
        found = self._ranked
        return bool(found) and not any(appends for _, path, appends in found if path == found[0][1])

    @property
    def sole_log(self) -> str | None:
        """The file that all output and errors of the line are appended to; None where some go elsewhere."""
        found: set[tuple[str, ...]] = set()
        for step in self.steps if self.whole else ():
            code = step.target is not None and step.target.what is TargetKind.CODE
            ends_line = step.name in ("cd", "[", "test") and step.tested and not step.excused
            if step.nested:
                return None
            if step.words and not code and not ends_line:
                found.add(tuple(path for rank, path, _ in _redirected(step) if rank == 0))
        paths = found.pop() if len(found) == 1 else ()
        return paths[0] if len(paths) == 1 else None

    @property
    def _ranked(self) -> list[tuple[int, str, bool]]:
        """Rank, path and whether it is appended to, of each file that takes messages."""
        found: list[tuple[int, str, bool]] = []
        to_command = any(item.target.raw.startswith(">(") for step in self.steps for item in step.redirects)
        for step in self.steps if self.whole else ():
            inside = step.nested and not (to_command and step.name == "tee" and step.shell != "sh")
            if not step.words or inside or step.place is Place.ELSEWHERE or step.name in (":", "true"):
                continue
            if step.redirects:
                found += _redirected(step)
            found += _named_logs(step)
        return sorted(found, key=lambda log: log[0]) if len(found) > 1 else found

    @property
    def script(self) -> str | None:
        """The script or program file that does the work, where the line names it by a path; else None.

        A script given to an interpreter counts also by a bare name (`bash sync.sh`, in the working folder).
        """
        step = self.main
        if step is None or step.target is None or not self.whole:
            return None
        if step.launch is None:
            return None
        place = max(step.place, step.launch.place)
        bare = step.target.what is TargetKind.PROGRAM and "/" not in step.target.word.raw
        # What sends it elsewhere, or has a place of its own for it, where the line names that by a path.
        if place is Place.ELSEWHERE or (place is Place.OF_RUNNER and bare):
            sender = next((one for one in reversed(self.here) if one.at <= step.at and one.words), step)
            named = "/" in (sender.state.value(sender.words[0]) or "")
            return sender.state.path(sender.words[0]) if named else None
        word = step.target.word
        value = step.state.value(word)
        if value is None or step.target.what not in (TargetKind.SCRIPT, TargetKind.PROGRAM):
            return None
        if "/" not in value and step.target.what is TargetKind.PROGRAM:
            return None
        return folder_of(step).path(word)

    @property
    def directory(self) -> str | None:
        """The folder that the work starts in; None where it is not certain."""
        return self.start if self.main is None else folder_of(self.main).directory

    @property
    def programs(self) -> tuple[str, ...]:
        """The names that the main command looks up in PATH: `nice -n 5 bash x.sh` gives nice, bash."""
        step = self.main
        if step is None or step.launch is None:
            return ()
        names = (step.state.value(word) for word, _ in step.launch.lookups)
        return tuple(name for name in names if name and "/" not in name and name not in BUILTINS_ONLY)

    @property
    def program(self) -> str | None:
        """The first of them; None for a path or builtin."""
        return next(iter(self.programs), None)

    @property
    def uses_logger(self) -> bool:
        """True when output or messages of the job go to the system log (logger, systemd-cat)."""
        words = (word for step in self.here for word in (*step.words[:1], *_lookups(step)))
        return self.whole and any(program_of(word) in ("logger", "systemd-cat") for word in words)

    @property
    def facts(self) -> frozenset[Fact]:
        """What was tested before the work is done."""
        return frozenset() if self.main is None else self.main.facts


@lru_cache(maxsize=16)  # a name and a log are asked for one after the other
def read_command(
    command: bytes,
    home: str,
    environment: SettingPairs = (),
    user: str = "",
    directory: str | None = None,
    sh: str = "dash",
) -> CommandLine:
    """Read what the shell gets of a line.

    `home` is the user's, empty where not known; HOME set in `environment` (the table's) goes before it, as in
    cron. `directory` is where the job starts: HOME where not given, not known where empty. `sh` is the name
    of the program behind /bin/sh.
    """
    variables = {"PATH": DEFAULT_PATH.decode("ascii")}
    if home:
        variables["HOME"] = home
    if user:
        variables["LOGNAME"] = user
    for name, value in environment:
        variables[name.decode("utf-8", "surrogateescape")] = value.decode("utf-8", "surrogateescape")
    shell = basename(variables.get("SHELL", "sh"))
    start = (variables.get("HOME") if directory is None else directory) or None
    return CommandLine(walk(command, start, variables, shell, sh), start)


def log_paths(
    command: bytes, home: str, environment: Iterable[tuple[bytes, bytes]] = (), directory: str | None = None
) -> tuple[str, ...]:
    """See `CommandLine.logs`."""
    return read_command(command, home, tuple(environment), "", directory).logs


def main_step(steps: Sequence[Step], *, older: bool = False) -> Step | None:
    """The step that does the work: the first of those that are least preparation, guard or probe.

    `older`: as it was chosen before tools that switch versions, and work that only prepares, were known.
    """
    working = [step for step in steps if step.words and not step.nested and step.launch is not None]
    if len(working) == 1:
        return working[0]

    def rank(at: int) -> float:
        step = working[at]
        found = _preparation(step, older=older)
        if found or older:
            return 1.5 if found == 1 and step.name == "sleep" and not older else found
        if _only_prepares(step, working):
            return 0.5
        program = program_of(step.target.word) if step.target is not None else ""
        if program in _TELLS:
            return 0.9
        asked = step.in_condition or (step.tested and step.feeds and _is_asked(working[at : at + 8]))
        return 0.8 if asked else 0

    return working[min(range(len(working)), key=rank)] if working else None


def _is_asked(steps: Sequence[Step]) -> bool:
    """Whether the pipe that begins here ends in `grep -q`."""
    last = next((one for one in steps if not one.feeds), steps[0])
    return program_of(last.words[0]).endswith("grep") and any(_QUIETLY.match(w.raw) for w in last.words[1:])


def _only_prepares(step: Step, others: Sequence[Step]) -> bool:
    """Whether what a step does is mostly for another one: a version switched, a file fetched to be run."""
    target = step.target
    program = program_of(target.word) if target is not None else ""
    if target is None or program in _WEAK_WORK or (step.tested and step.name in ("ls", "stat")):
        return True
    if program in _SWITCHERS:
        return target.rest[:1] != () and target.rest[0].raw in _SWITCHES
    files = {word.raw for word in target.rest} if program in ("chmod", *_FETCHES) else ()
    return any(other.target.word.raw in files for other in others if other.target is not None)


def _preparation(step: Step, *, older: bool) -> int:
    """How little a step is the work itself: 0 for the work, 3 for a shell that only reads code."""
    launched = step.launch
    if launched is None or launched.target.what is TargetKind.CODE:
        return 3
    name = step.name
    if (
        name in GUARDS
        or basename(name) in _TESTS
        or step.words[0].raw.startswith(("[[", "(("))
        or (name == "exec" and len(step.words) == 1)
    ):
        return 2
    program = program_of(launched.target.word)
    if program in _PREPARES or (name == "command" and step.words[1:2] and step.words[1].raw in ("-v", "-V")):
        return 1
    if (program == "cat" and step.feeds) or (program == "flock" and len(launched.lookups) == 1):
        return 1
    if step.tested and (program in _PROBES or (not older and _asks_service(launched.target))):
        return 1
    if program in _FETCHES and step.announces and not step.feeds and not _keeps_answer(step):
        return 1
    code = (
        launched.target.rest and _ONE_LINERS.fullmatch(program) and launched.target.what is TargetKind.PROGRAM
    )
    return 1 if code or (older and step.in_condition) else 0


def _asks_service(target: Target) -> bool:
    """`systemctl is-active X`, `service X status`, `kill -0 PID`, `dpkg -s X`."""
    words = {word.raw for word in target.rest}
    return program_of(target.word) in _ASKED and not _ASKING.isdisjoint(words)


def _keeps_answer(step: Step) -> bool:
    """Whether what curl or wget fetches is kept in a file."""
    words = [word.raw for word in step.words]
    files = [after for option, after in pairwise(words) if option in ("-o", "-O")]
    return any(file not in ("/dev/null", "-") for file in files) or any(
        item.operator in _OUT and not _is_copy(item) and item.target.raw != "/dev/null"
        for item in step.redirects
    )


def folder_of(step: Step) -> ShellState:
    """The state that a step's target is looked for in: its own, in the folder that `env -C` changes to."""
    launched = step.launch
    if launched is None or launched.directory is None:
        return step.state
    return ShellState(step.state.path(launched.directory), step.state.variables)


def path_of(step: Step, place: Place) -> str | None:
    """The PATH that a name is looked up in, by a step or by what it starts; None where it is not certain."""
    launched = step.launch
    if launched is None or place is not Place.HERE:
        return None
    if launched.path is not None:
        return step.state.value(right_side(launched.path))
    return step.path_variable


def _lookups(step: Step) -> Iterator[Word]:
    if step.launch is not None:
        for word, _ in step.launch.lookups:
            yield word


def _redirected(step: Step) -> Iterator[tuple[int, str, bool]]:
    merged = any(_is_copy(item) and item.descriptor == 2 for item in step.redirects)
    target = step.target
    program = program_of(target.word) if target is not None else ""
    for item in step.redirects:
        if item.operator not in _OUT or _is_copy(item) or item.descriptor not in (1, 2):
            continue
        path = _log_path(step.state, item.target)
        if path is None:
            continue
        appends = item.operator.endswith(">>")
        both = item.operator.startswith("&>") or item.operator == ">&" or (item.descriptor == 1 and merged)
        if item.descriptor == 1 and _is_data(path, program, merged=both, appends=appends):
            continue
        if both:
            yield (0 if appends else 1), path, appends
        elif item.descriptor == 1:
            yield (2 if appends else 5), path, appends
        else:
            yield (4 if appends else 6), path, appends


def _is_data(path: str, program: str, *, merged: bool, appends: bool) -> bool:
    """Whether output in a file is what the job makes, no messages of it; `merged`: errors go there too."""
    if _DATA.search(path):
        return True
    if merged or _LOG_NAME.search(path):
        return False
    if path.endswith(".txt"):
        return True
    return not appends and (program in _PREPARES | _WRITES_DATA or "." not in basename(path))


def _named_logs(step: Step) -> Iterator[tuple[int, str, bool]]:
    """The files of `tee`, and what `--log-file=` names."""
    launched = step.launch
    if launched is None or launched.place is Place.ELSEWHERE or launched.target.what is TargetKind.CODE:
        return
    target, rest = launched.target, launched.target.rest
    program = program_of(target.word)
    if program == "tee":
        given = [word.raw for word in rest if word.raw.startswith("-") and word.raw != "-"]
        appends = any(raw == "--append" or (raw[1:2] != "-" and "a" in raw) for raw in given)
        for word in rest:
            path = None if word.raw in given else _log_path(step.state, word)
            if path is not None and not _is_data(path, "tee", merged=True, appends=True):
                yield (3 if appends else 5), path, appends
        return
    if target.what is TargetKind.SCRIPT and any(word.raw == "BATCH" for word in step.words):  # R CMD BATCH
        made = f"{program.removesuffix('.R')}.Rout"
        path = _log_path(step.state, rest[0] if rest else Word(made, (WordPart(made),)))
        yield from ((6, path, False),) if path is not None else ()
        return
    options = _LOGS_OF_WGET if program in ("wget", "curl") else _LOG_OPTIONS
    for word, following in zip(rest, (*rest[1:], None), strict=False):
        if "log" not in word.raw and word.raw not in options:
            continue
        value = right_side(word) if _LOG_OPTION.fullmatch(word.raw) else following
        path = _log_path(step.state, value) if value is not None and word.raw.startswith("-") else None
        if program == "curl" and path is not None and not _LOG_NAME.search(path):
            continue
        if path is not None and (value is not following or word.raw in options):
            yield 6, path, True


def _is_copy(item: Redirect) -> bool:
    """`2>&1` and `2>&-` copy or close a descriptor; `>& file` names a file."""
    return item.operator == ">&" and _DESCRIPTOR.fullmatch(item.target.raw) is not None


def _log_path(state: ShellState, word: Word) -> str | None:
    path = state.path(word)
    return None if path is None or path.startswith(_NO_LOGS) else path
