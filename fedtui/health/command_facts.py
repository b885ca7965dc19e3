"""What the checks want to know of a command line, worked out once for each: tables repeat themselves."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from fedtui.crontab.command import GUARDS, CommandLine, folder_of, read_command
from fedtui.crontab.lookups import Called, Lookup, called_by, lookups_of
from fedtui.crontab.shell_lists import parse_leniently
from fedtui.crontab.shell_state import Facts, Step
from fedtui.crontab.shell_substitutions import substitutions
from fedtui.crontab.shell_words import Redirect, Unreadable, Word, tokens
from fedtui.crontab.wrappers import SHELLS, Place, TargetKind, program_of, right_side
from fedtui.health.file_facts import FileFacts
from fedtui.health.service_settings import ServiceSettings, as_for_a_shell, service_settings
from fedtui.health.step_facts import brought, dispensable, leaves_quietly, with_more_facts
from fedtui.model import CronFacts, Job, Snapshot, State, TimerFacts, cron_jobs, timer_jobs
from fedtui.system.accounts import home_of
from fedtui.system.path_lookup import real_name

SettingPairs = tuple[tuple[bytes, bytes], ...]

# What dash and other POSIX shells do not have, and bash does.
_BASH_ONLY = "source pushd popd declare typeset shopt let mapfile readarray disown builtin"
_BASH_WORDS = frozenset(_BASH_ONLY.split())
_ARGUMENTS = {
    "read": re.compile(r"-[A-Za-z]*[adeinNstu].*"),
    "printf": re.compile("-v"),
    "exec": re.compile("-[acl]+"),
    "export": re.compile("-[fn]+"),
    "wait": re.compile("-n"),
    "ulimit": re.compile("-[HS]*u"),
    "kill": re.compile("-?SIG[A-Z0-9]+"),
    "trap": re.compile("SIG[A-Z0-9]+|ERR|DEBUG|RETURN"),
    **dict.fromkeys(("[", "test"), re.compile("=~")),
}
"""What the builtins of bash take, and those of dash refuse."""
_POSIX = frozenset({"dash", "busybox", "ash", "posh"})
_OWN_SHELL = re.compile(r"-[A-Za-z]*[is][A-Za-z]*|--login|--shell")
TERMINAL = "docker -it"
SUDO_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/snap/bin"
"""secure_path of sudoers in Debian and Ubuntu."""
PIPEFAIL = "set -o pipefail"
_PIPEFAIL = re.compile(r"set [-+][A-Za-z]*o pipefail\b")
ASKS_SHELL = re.compile(r"\( *set |BASH_VERSION")
_ARRAY = re.compile(r"[A-Za-z_]\w*\+?=\(")
_EXPANSION = re.compile(r"\$(?:\{(?:![A-Za-z_]|#?[A-Za-z_]\w*(?:\[|//?|\^|,|@|:(?![-=+?])))|\[)")
_COUNTS = re.compile(r"\$\(\([^)]*?(\*\*|\w(?:\+\+|--)(?=\s*\)))")
_PATHS_OF = "cp mv mkdir rm rmdir touch tar chown chmod rsync cat"
_TAKE_PATHS = frozenset(_PATHS_OF.split())
_BRACES = re.compile(r"(?<!\$)(\{[^{}\s]*(?:,|\.\.)[^{}\s]*\})")
_QUOTED = re.compile(r"\"((?:\\.|[^\"\\])*)\"|'[^']*'|\\.")
_OF_BASH = frozenset({"UID", "EUID", "RANDOM", "SECONDS", "OSTYPE"})
_NOT_SET = (
    frozenset({"USER", "USERNAME", "HOSTNAME", "HOST", "DISPLAY", "XDG_RUNTIME_DIR", "SSH_AUTH_SOCK"})
    | _OF_BASH
)
_OF_SHELL = {
    "bash": {"HOSTNAME", *_OF_BASH},
    "zsh": {"HOST", "USERNAME", *_OF_BASH},
    **dict.fromkeys(("ksh", "mksh"), _OF_BASH),
    **dict.fromkeys(("busybox", "ash"), frozenset({"RANDOM"})),
}
_ARITHMETIC = re.compile(r"\$\(\([^)]*?\b(UID|RANDOM|SECONDS)\b")
_SESSION = re.compile(
    r"\b(?:XDG_RUNTIME_DIR|DBUS_SESSION_BUS_ADDRESS|DISPLAY)=|\bdbus-(?:run-session|launch)\b"
    r"|DBUS_SESSION_BUS_ADDRESS[ \w|]*/proc/"
)
_SSHS = frozenset({"ssh", "scp", "sftp", "autossh"})
_SSH = re.compile(r"""['"](?:/usr/bin/)?ssh (?:[^'"]*\s)?-i\s*([^\s'"]+)""")
_SETS = r"\b(?:{0}=|(?:read|for)\b[^;]*\b{0}\b)"
_TERMINALS = frozenset({"script", "screen", "tmux", "unbuffer", "expect"})
_OF_DESKTOP = """
    notify-send gsettings dconf xdg-open zenity kdialog gnome-terminal gnome-screenshot xdotool xset xrandr
    xmodmap xclip xsel wmctrl scrot xterm pactl paplay wpctl
"""
_OF_SESSION = frozenset(_OF_DESKTOP.split())
_WITH_DISPLAY = frozenset({"xvfb-run", "-display", "--display", "-d", "--server", "-s"})
_MACHINE = re.compile(r" (?:-M|--machine)\b")
_SHORT = re.compile(r"-[dit]+")
# What prints nothing that a log should have: preparation, filters at the end of a pipe, what is to be mailed.
_SMALL = "sleep : mkdir rm rmdir touch cp mv ln chmod chown kill sync logger echo printf mail mailx sendmail"
_FILTERS = "tee ts cat grep egrep sed awk sort head tail cut tr uniq wc gzip pgrep pidof mountpoint date"
_SILENT = GUARDS.union(_SMALL.split(), _FILTERS.split())
_READERS = frozenset({".", "source", "eval"})
_TAKE_FOLDER = frozenset({"git", "make", "gmake", "tar"})
_TYPED = re.compile(r"(?<=\s)2&>\s*\S+")


class Folder(NamedTuple):
    """A folder that the line changes to where `facts` are so. `spared`: without it, it does nothing."""

    path: str
    facts: Facts = frozenset()
    spared: bool = False


class LogOpened(NamedTuple):
    """A log of the line: what must be so for it to be opened, and whether its shell does that, or a program.

    `elsewhere`: another user opens it.
    """

    path: str
    facts: Facts
    by_shell: bool
    elsewhere: bool


@dataclass(frozen=True, slots=True)
class CommandFacts:
    """One command, as far as it can be read without running it; see `fedtui.crontab.command`.

    `script` is absolute, `written` the same as the line has it, `arguments` what it gets; `by` the
    interpreter that the line gives it to, empty where the file itself is executed. `lookups` are the names
    looked up in PATH, `called` the files that are started by a path, `folders` those that the line changes
    to, `log` the likeliest one. `relative` is a script or folder that depends on the working directory.
    `first_words` are two, empty where not literal. `misordered` is a redirection that leaves errors behind,
    `foreign` what its shell does not have, `session` what needs a terminal or a session, `unset` are
    variables that cron does not set, `stray` is what goes to mail while a log takes the rest. `keeps` says
    that the output goes to a file, a pipe or the log; `discards` that all of it is thrown away. `readable` is
    False where a part could not be read, `broken` that a shell cannot read code it is given. `parts` are the
    folders that run-parts needs.
    """

    script: str | None = None
    written: str = ""
    by: str = ""
    arguments: tuple[str, ...] = ()
    start: str = ""
    relative: str = ""
    first_words: tuple[str, ...] = ()
    lookups: tuple[Lookup, ...] = ()
    called: tuple[Called, ...] = ()
    folders: tuple[Folder, ...] = ()
    log: LogOpened | None = None
    misordered: str = ""
    foreign: tuple[str, ...] = ()
    session: str = ""
    unset: tuple[str, ...] = ()
    stray: str = ""
    keeps: bool = False
    discards: bool = False
    readable: bool = True
    broken: bool = False
    key_files: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()


def command_facts(snapshot: Snapshot) -> Iterator[tuple[Job, CronFacts, CommandFacts]]:
    """The lines of cron tables that are to run, each with its command read."""
    for job, cron in cron_jobs(snapshot.jobs):
        if job.state not in (State.BAD_LINE, State.PAUSED, State.UNREACHABLE):
            yield job, cron, read(cron.command, cron.home, cron.environment, job.user)


def services(snapshot: Snapshot, host: FileFacts) -> Iterator[tuple[Job, TimerFacts, CommandFacts]]:
    """The timers that are to run, each with what its service starts read."""
    for job, timer in timer_jobs(snapshot.jobs):
        if job.command and job.state not in (State.PAUSED, State.UNREACHABLE):
            command = as_for_a_shell(job.command).encode("utf-8", "surrogateescape")
            settings = service_settings(timer, host)
            folder = working_directory(job, timer, host)[0]
            home = ((b"HOME", home_of(job.user).encode()),) if _has_home(timer, host) else ()
            # Without a folder HOME would be taken for it.
            known = tuple(pair for pair in (*home, *settings.environment) if folder or pair[0] != b"HOME")
            reading = read(command, "", known, "", folder)
            first = job.command.partition(" ")[0]
            yield job, timer, _under(settings, reading, first)


def _has_home(timer: TimerFacts, host: FileFacts) -> bool:
    """Whether systemd sets HOME for the service."""
    lines = host.unit_lines(timer.service_fragment, "Service") if timer.service_fragment else ()
    return timer.user_manager or any(key == "User" for key, _ in lines)


def _under(settings: ServiceSettings, reading: CommandFacts, first: str) -> CommandFacts:
    """The reading of a service's command under what its files say; `first` is looked up by systemd itself."""
    if settings.own_root:
        return replace(reading, script=None, lookups=(), called=(), folders=(), session="")
    facts = settings.commands
    has = settings.terminal if reading.session == TERMINAL else settings.session
    lookups = (one._replace(path=settings.search) if one.name == first else one for one in reading.lookups)
    return replace(
        reading,
        lookups=tuple(one._replace(facts=one.facts | facts) for one in lookups),
        called=tuple(one._replace(facts=one.facts | facts) for one in reading.called),
        folders=tuple(one._replace(facts=one.facts | facts) for one in reading.folders),
        session="" if has else reading.session,
    )


def started(snapshot: Snapshot, host: FileFacts) -> Iterator[tuple[Job, CommandFacts]]:
    """Every command that is to run: of lines, and of timers' services."""
    for job, _, reading in (*command_facts(snapshot), *services(snapshot, host)):
        yield job, reading


def working_directory(job: Job, timer: TimerFacts, host: FileFacts) -> tuple[str | None, bool]:
    """The folder that a timer's service starts in, None where not certain, and whether it must exist."""
    home = home_of(job.user) if timer.user_manager else ""
    path = timer.service_fragment
    given = (
        [value for key, value in host.unit_lines(path, "Service") if key == "WorkingDirectory"]
        if path
        else []
    )
    folder = given[-1].removeprefix("-") if given else ""
    own_root = path and service_settings(timer, host).own_root
    if own_root or host.names(f"{path}.d") or folder.startswith("~"):
        return None, False
    folder = folder.replace("%h", home) if home else folder
    if not folder:
        return home or "/", False
    return (None if "%" in folder else folder), not given[-1].startswith("-")


@lru_cache(16_384)
def read(
    command: bytes, home: str, environment: SettingPairs = (), user: str = "", directory: str | None = None
) -> CommandFacts:
    """Read one command of `user`, whose home is `home`, under what its table sets; see `read_command`."""
    sh = real_name("/bin/sh")
    line = read_command(command, home, environment, user, directory, sh)
    text = command.decode("utf-8", "surrogateescape")
    shell = posixpath.basename(dict(environment).get(b"SHELL", b"sh").decode("utf-8", "replace"))
    script, logs = line.script, line.logs
    written, by = _target(line, script)
    first = line.steps[0] if line.steps else None
    here = with_more_facts(line.here, text)
    without = {*line.functions, *dispensable(here)}
    by_sudo = set(_started_by_sudo(here)) if b"sudo" in command else set()
    return CommandFacts(
        script=script,
        written=written,
        by=by,
        arguments=_arguments(line),
        start=line.start or "",
        relative=_relative(line, here, script, written),
        first_words=tuple(word.literal or "" for word in first.words[:2]) if first is not None else (),
        lookups=tuple(
            one._replace(path=SUDO_PATH) if not one.path and one.name in by_sudo else one
            for one in lookups_of(here)
            if one.name not in without
        ),
        called=(*_sourced(here, sh), *called_by(here)),
        folders=(
            *_folders(here),
            *(_given_folders(here) if b" -C" in command or b"chdir" in command else ()),
        ),
        log=_opened(here, logs[0]) if logs else None,
        misordered=_misordered(here, text),
        foreign=tuple(dict.fromkeys(_foreign(here, text, shell, sh))),
        session="" if _SESSION.search(text) else next(_sessions(here), ""),
        unset=tuple(
            name for name in dict.fromkeys(_unset(here, sh)) if not re.search(_SETS.format(name), text)
        ),
        stray=_stray(line, here) if logs and (b">" in command or b"tee" in command) else "",
        keeps=line.uses_logger or any(step.feeds or _to_file(step) for step in line.steps),
        discards=_discards(line.steps),
        readable=line.whole,
        broken=not line.whole and any(map(_is_broken, here)),
        key_files=tuple(_key_files(here)) if b"-i" in command else (),
        parts=tuple(_parts(here)) if b"run-parts" in command else (),
    )


def _is_broken(step: Step) -> bool:
    code = step.state.value(step.target.word) if step.target is not None else None
    return _shell_of_code(step, "") in ("sh", "dash", "bash") and code is not None and breaks_off(code)


def breaks_off(code: str) -> bool:
    """Whether dash and bash refuse it."""
    return "coproc" not in code and not parse_leniently(code, bash=True, strict=True)[1]


def _target(line: CommandLine, path: str | None) -> tuple[str, str]:
    step = line.main
    if step is None or step.target is None:
        return "", ""
    lookups = step.target.lookups
    script = step.target.what is TargetKind.SCRIPT and lookups
    if folder_of(step).path(step.target.word) != path:  # that of what sends the work elsewhere
        return "", ""
    return step.target.word.raw, program_of(lookups[-1]) if script else ""


def _arguments(line: CommandLine) -> tuple[str, ...]:
    target = None if line.main is None else line.main.target
    return () if target is None else tuple(word.literal or word.raw for word in target.rest)


def _relative(line: CommandLine, steps: Sequence[Step], script: str | None, written: str) -> str:
    """The folder that the line first changes to, else its script, if not named from the root on."""
    for step in steps:
        if step.name == "cd" and len(step.words) == 2 and step.state.directory is not None:
            folder = step.words[1].literal or "/"
            return "" if folder.startswith(("/", "-")) else folder
    absolute = script is None or not written or written.startswith(("/", "~", "$", '"$', '"/', "'/"))
    return "" if absolute or line.directory != line.start else written


def _folders(steps: Sequence[Step]) -> Iterator[Folder]:
    """The folders that the line changes to, but for those that it makes, asks for, or has another for."""
    for at, (step, following) in enumerate(zip(steps, (*steps[1:], None), strict=False)):
        if step.name not in ("cd", "pushd") or len(step.words) != 2 or step.in_condition:
            continue
        if step.words[1].raw == "-":
            continue
        if step.place is not Place.HERE and not step.words[1].raw.startswith("/"):
            continue  # whose ~ that is, is not known
        path = step.state.path(step.words[1])
        instead = (
            following is not None and following.state.directory is None and following.name in ("cd", "mkdir")
        )
        asked = any(f"{fact}/".startswith(f"{path}/") for _, fact, there in step.facts if there)
        if path is None or instead or asked:
            continue
        if step.excused and any(("made", f"{path}/", True) in brought(later) for later in steps[at:]):
            continue
        quiet = any(item.descriptor == 2 and item.target.raw == "/dev/null" for item in step.redirects)
        spared = step.tested and (quiet or (following is not None and leaves_quietly(following)))
        yield Folder(path, step.facts, spared)


def _started_by_sudo(steps: Sequence[Step]) -> Iterator[str]:
    """The names that sudo looks up itself, but for those that a login shell looks up for it."""
    for step in steps:
        names, words = _started(step), step.launch.lookups if step.launch is not None else ()
        for at, ((before, _), (found, _)) in enumerate(pairwise(words), 1):
            options = (word.raw for word in step.words if before.at < word.at < found.at)
            if names[at - 1] == "sudo" and not any(map(_OWN_SHELL.fullmatch, options)):
                yield from names[at:]


def _sourced(steps: Sequence[Step], sh: str) -> Iterator[Called]:
    """The files that the line reads and cannot do without: a POSIX shell ends where `.` finds none."""
    for step in steps:
        if step.name not in (".", "source") or len(step.words) < 2 or step.nested:
            continue
        ends = step.name == "." and (sh if step.shell == "sh" else step.shell) in _POSIX
        path = step.state.path(step.words[1]) if "/" in (step.state.value(step.words[1]) or "") else None
        if path is not None and (ends or (step.tested and not step.excused)):
            tested = ("path", path, True) in step.facts
            yield Called(path, False, None, False, tested, step.state.directory or "", facts=step.facts)


def _given_folders(steps: Sequence[Step]) -> Iterator[Folder]:
    """The folders that `env -C`, `git -C` and `make -C` change to, where they are not asked for."""
    for step in steps:
        launched = step.launch
        if launched is None or launched.place is not Place.HERE:
            continue
        word, rest = launched.directory, launched.target.rest
        if posixpath.basename(launched.target.word.literal or "") in _TAKE_FOLDER and len(rest) > 1:
            word = rest[1] if rest[0].raw == "-C" else word
        path = None if word is None else step.state.path(word)
        if path is not None and ("path", path, True) not in step.facts:
            yield Folder(path, step.facts)


def _opened(steps: Sequence[Step], log: str) -> LogOpened | None:
    """How the line opens its log: a shell by a redirection, else the program that is told of it."""
    for step in steps:
        paths = (step.state.path(item.target) for item in step.redirects if ">" in item.operator)
        if log in paths:
            return LogOpened(log, step.facts, True, step.place is not Place.HERE)
    for step in steps:
        launched = step.launch
        if launched is None or step.nested:
            continue
        if any(
            log in (step.state.path(word), step.state.path(right_side(word))) for word in launched.target.rest
        ):
            return LogOpened(log, step.facts, False, max(step.place, launched.place) is not Place.HERE)
    return None


def _misordered(steps: Sequence[Step], text: str) -> str:
    """`2>&1 >> file`: errors go where output went before. Before a pipe that is an idiom, and meant."""
    for step in steps:
        for copy, later in zip(step.redirects, step.redirects[1:], strict=False):
            follows = _copies_errors(copy) and later.descriptor == 1 and copy.at < later.at
            if follows and later.operator in (">", ">>") and not step.feeds:
                return f"2>&1 {later.operator} {later.target.raw}"
    typed = _TYPED.search(text)
    return (
        typed[0]
        if typed is not None and any(step.words[-1:] and step.words[-1].raw == "2" for step in steps)
        else ""
    )


def _copies_errors(item: Redirect) -> bool:
    return item.operator == ">&" and item.descriptor == 2 and item.target.raw == "1"


def _foreign(steps: Sequence[Step], text: str, shell: str, sh: str) -> Iterator[str]:
    """What of the line bash has and the shell in force has not."""
    for step in steps:
        first = step.words[0].raw if step.words else ""
        yield from _unclosed_test(step, first) if first[:1] == "[" else ()
        reads = sh if step.shell == "sh" else step.shell
        if reads not in _POSIX:
            continue
        if "=(" in text and any(_ARRAY.match(word.raw) for word in (*step.assigned, *step.words)):
            yield "NAME=( )"
        if reads != "busybox":  # which takes these
            yield from _foreign_expansions(step) if any(sign in text for sign in ("${", "$[", "{")) else ()
            yield from ("NAME+=" for word in step.assigned if word.raw.partition("=")[0].endswith("+"))
            yield from _foreign_arguments(step)
            if (
                step.name == "set"
                and _PIPEFAIL.match(" ".join(word.raw for word in step.words))
                and not ASKS_SHELL.search(text)
            ):
                yield PIPEFAIL
        if not first:
            continue
        if first.startswith(("[[", "((")):
            yield first[:2]
        elif first in _BASH_WORDS:
            yield first
        elif first in ("[", "test") and any(word.raw == "==" for word in step.words):
            yield "== in [ ]"
        yield from (word.raw[:2] + " )" for word in step.words if word.raw[:2] in ("<(", ">("))
        yield from _foreign_redirects(step, reads)
    if (sh if shell == "sh" else shell) in _POSIX:
        yield from _foreign_operators(text)
    for step in steps:
        reads = _shell_of_code(step, shell)
        if step.target is not None and (sh if reads == "sh" else reads) in _POSIX:
            code = step.target.word
            yield from _foreign_operators(step.state.value(code) or code.raw.strip('"'))


def _shell_of_code(step: Step, shell: str) -> str:
    """The shell of this host that a step gives code to; empty for none. `shell` is that of the line."""
    launched = step.launch
    if launched is None or launched.place is Place.ELSEWHERE or launched.target.what is not TargetKind.CODE:
        return ""
    name = program_of(launched.target.lookups[-1]) if launched.target.lookups else ""
    return shell if name in ("flock", "script") else name


def _foreign_arguments(step: Step) -> Iterator[str]:
    """Options, signals and arithmetic that dash does not know."""
    known = _ARGUMENTS.get(step.name)
    for word in step.words[1:] if known else ():
        if known and known.fullmatch(word.raw):
            yield f"{step.name} {word.raw}"
    for word in (*step.assigned, *step.words):
        if "$((" in word.raw and any(part.text is None for part in word.parts):
            counts = _COUNTS.search(_without_substitutions(word.raw))
            yield from (f"{counts[1][-2:]} in $(( ))",) if counts else ()


def _without_substitutions(raw: str) -> str:
    """A word as written without what its substitutions start: that is read by itself."""
    for inner in substitutions(raw):
        raw = raw.replace(inner, "")
    return raw


def _foreign_redirects(step: Step, shell: str) -> Iterator[str]:
    for item in step.redirects:
        if item.descriptor > 9 and shell == "dash":  # which takes the number for a word
            yield f"{item.descriptor}>"
        elif item.operator == "<<<" or (item.operator == ">&" and item.target.raw[0] in "/~."):
            yield item.operator
        elif item.target.raw.startswith(("<(", ">(")):
            yield item.target.raw[:2] + " )"


def _unclosed_test(step: Step, first: str) -> Iterator[str]:
    """`[ -f X` without its bracket, and `[-f X ]` without a space."""
    if first == "[" and step.words[-1].raw != "]":
        yield "[ without ]"
    elif first != "[" and "]" not in first and first[:3] != "[[ ":
        yield first


def _foreign_expansions(step: Step) -> Iterator[str]:
    """`${x//a/b}` and its like: dash ends with 2 at the first of them."""
    for word in (*step.assigned, *step.words, *(item.target for item in step.redirects)):
        found = None
        if any(part.text is None for part in word.parts):
            live = _QUOTED.sub(lambda match: re.sub(r"\\.", "", match[1] or ""), word.raw)
            found = _EXPANSION.search(live)
        if found is not None:
            yield found[0] + ("...]" if found[0] == "$[" else "...}")
        if any(name in _TAKE_PATHS for name in _started(step)) and "{" in word.raw:
            yield from _BRACES.findall(_QUOTED.sub("", word.raw))


def _foreign_operators(text: str) -> Iterator[str]:
    """What dash takes apart otherwise than bash does."""
    try:
        found = tokens(text, bash=False)
    except Unreadable:
        return
    listed = 0  # words of a `for` so far
    for before, item in zip(("", *found), found, strict=False):
        raw = item.raw if isinstance(item, Word) else ""
        listed = raw != "" and (listed + 1 if listed else raw == "for" and isinstance(before, str))
        if listed > 3 and not _QUOTED.search(raw):
            yield from _BRACES.findall(raw)
        if item == "|&":
            yield "|&"
        elif isinstance(item, Word) and item.raw == "function" and isinstance(before, str):
            yield item.raw
        elif item == "(" and isinstance(before, Word) and before.raw == "for":
            yield "for (("
        elif isinstance(item, Redirect) and (before, text[item.at - 1 : item.at]) == ("&", "&"):
            yield from () if _TYPED.search(text) else (f"&{item.operator}",)


def _sessions(steps: Sequence[Step]) -> Iterator[str]:
    """What of the line needs a terminal or a session, but for what has a terminal made for it."""
    served: set[int] = set()  # where the code is that such a program runs
    told = False  # a file that is read, or code, may name the session
    for step in steps:
        names = _started(step)
        told = told or (step.name in _READERS and not step.words[-1].raw.endswith(("profile", "rc")))
        if step.launch is not None and _TERMINALS.intersection(names):
            served.add(step.launch.target.word.at)
        needs = _session(step, names)
        made = step.at in served or _TERMINALS.intersection(names)
        if needs and not (made if needs == TERMINAL else told):
            yield needs


def _started(step: Step) -> list[str]:
    words = step.launch.lookups if step.launch is not None else ()
    return [posixpath.basename(word.literal or "") for word, _ in words]


def _session(step: Step, names: Sequence[str]) -> str:
    """What of a command needs a terminal or a session; empty for nothing."""
    launched = step.launch
    if launched is None:
        return ""
    before = (
        step.words[: list(step.words).index(launched.target.word)]
        if launched.target.word in step.words
        else ()
    )
    if launched.place is Place.ELSEWHERE and names[-1:] in (["docker"], ["docker-compose"]):
        given = [word.raw for word in before]
        letters = "".join(text[1:] for text in given if _SHORT.fullmatch(text))
        terminal = "t" in letters or "--tty" in given
        return TERMINAL if terminal and ("i" in letters or "--interactive" in given) else ""
    if any(
        name in step.state.variables for name in ("XDG_RUNTIME_DIR", "DBUS_SESSION_BUS_ADDRESS", "DISPLAY")
    ):
        return ""
    raw = [word.raw for word in step.words]
    for name in names:
        if (
            name in ("systemctl", "systemd-run", "busctl")
            and "--user" in raw
            and not _MACHINE.search(" ".join(raw))
        ):
            return f"{name} --user"
        if name in _OF_SESSION and _WITH_DISPLAY.isdisjoint((*names, *raw)):
            return name
    return ""


def _unset(steps: Sequence[Step], sh: str) -> Iterator[str]:
    """The variables of a session, or of bash, that are read where nothing can have set them."""
    for step in steps:
        asks = step.name in ("[", "test") and len(step.words) > 1 and step.words[1].raw in ("-n", "-z")
        if asks or "PATH" not in step.state.variables:
            continue
        missing = _NOT_SET - _OF_SHELL.get(sh if step.shell == "sh" else step.shell, set())
        for word in (*step.words, *step.assigned, *(item.target for item in step.redirects)):
            names = [part.text or "" for part in word.parts if part.variable]
            if "$((" in word.raw and any(part.text is None for part in word.parts):
                names += _ARITHMETIC.findall(_without_substitutions(word.raw))
            yield from (name for name in names if name in missing and name not in step.state.variables)


def _to_file(step: Step) -> bool:
    return any(
        item.operator.startswith((">", "&>"))
        and not item.target.raw[:1].isdigit()
        and item.target.raw != "/dev/null"
        for item in step.redirects
    )


def _stray(line: CommandLine, steps: Sequence[Step]) -> str:
    """What no redirection takes, of a line of which a log takes another part."""
    rearranged = any(step.name == "exec" and len(step.words) == 1 for step in steps)
    if line.functions or rearranged:
        return ""
    for step in steps:
        target = step.target
        if (
            not step.words
            or step.nested
            or step.in_condition
            or step.name in (".", "source")
            or target is None
            or target.what is TargetKind.CODE
        ):
            continue
        name = posixpath.basename(target.word.literal or target.word.raw)
        output, errors = _taken(step)
        if step.name not in _READERS and name not in _SILENT and not (output and errors):
            return f"{'errors' if output else 'output'} of {name}"
    return ""


def _taken(step: Step) -> tuple[bool, bool]:
    """Whether something takes the output of a command, and its errors."""
    output, errors = step.feeds, False
    for item in step.redirects:
        if item.operator.startswith("&>") or (item.operator == ">&" and not _is_number(item)):
            output = errors = True
        elif item.operator == ">&" and item.descriptor == 2:
            errors = output if item.target.raw == "1" else item.target.raw != "2"
        elif item.operator == ">&" and item.descriptor == 1:
            output = errors if item.target.raw == "2" else item.target.raw != "1"
        elif item.operator.startswith(">"):
            output, errors = output or item.descriptor == 1, errors or item.descriptor == 2
    return output, errors


def _is_number(item: Redirect) -> bool:
    return item.target.raw.rstrip("-").isdigit() or item.target.raw == "-"


def _discards(steps: Sequence[Step]) -> bool:
    """Whether output and errors of every command go to /dev/null."""
    working = [step for step in steps if step.words and not step.nested and step.name not in ("cd", "true")]
    return bool(working) and all(_to_null(step) for step in working)


def _to_null(step: Step) -> bool:
    out = err = False
    for item in step.redirects:
        null = item.target.literal == "/dev/null"
        if item.operator.startswith("&>") or (item.operator == ">&" and null):
            out = err = null
        elif _copies_errors(item):
            err = out
        elif item.operator.startswith(">") and item.descriptor == 1:
            out = null
        elif item.operator.startswith(">") and item.descriptor == 2:
            err = null
    return out and err


def _parts(steps: Sequence[Step]) -> Iterator[str]:
    """The folders whose scripts the line runs, and does not ask for first."""
    for step in steps:
        target = step.target
        if target is None or posixpath.basename(target.word.literal or "") != "run-parts" or not target.rest:
            continue
        path = step.state.path(target.rest[-1])
        if path is not None and ("path", path, True) not in step.facts:
            yield path


def _key_files(steps: Sequence[Step]) -> Iterator[str]:
    """Private keys that the line names: what follows -i in ssh, scp, sftp, in `rsync -e 'ssh -i KEY'` too."""
    for step in steps:
        keys: list[Word] = []
        started = step.launch.lookups if step.launch is not None else ()
        if any(posixpath.basename(word.raw) in _SSHS for word, _ in started):
            keys = [value for option, value in pairwise(step.words) if option.literal == "-i"]
        for word in (*step.words, *step.assigned):
            if inner := _SSH.search(word.raw):
                keys += [one for one in tokens(inner[1], bash=True) if isinstance(one, Word)]
        yield from filter(None, map(step.state.path, keys))


def is_shell(name: str) -> bool:
    """Whether a program of that name reads shell scripts."""
    return name in SHELLS
