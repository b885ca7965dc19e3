"""Looks through what commonly comes before a job's program: `nice -n 10`, `docker exec C`, `bash -e`, ...

Each wrapper is known by the options that take an argument and the arguments it has before the command
it starts. What is not known is taken for the program itself. `find_target` looks through what replaces itself
by the command; `launch` also through what starts it elsewhere: in a container, as another user.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from enum import IntEnum, StrEnum
from itertools import pairwise
from typing import NamedTuple

from fedtui.crontab.shell_words import Unreadable, Word, WordPart, tokens


class TargetKind(StrEnum):
    """What a simple command comes down to."""

    PROGRAM = "program"
    SCRIPT = "script"
    MODULE = "module"
    CODE = "code"


class Target(NamedTuple):
    """`word` is the program, the script an interpreter reads, the module, or the code given with `-c`.

    `lookups` are the words before it (and itself, for a PROGRAM) that are each started by name. `rest`
    are the words behind it.
    """

    what: TargetKind
    word: Word
    lookups: tuple[Word, ...]
    rest: tuple[Word, ...] = ()


class Place(IntEnum):
    """Where a command is looked for: as the line says, in an unknown PATH, in a runner's own, or not here."""

    HERE = 0
    OTHER_PATH = 1
    OF_RUNNER = 2
    ELSEWHERE = 3


class Launch(NamedTuple):
    """What a simple command comes down to, runners looked through.

    `lookups` are the words that are looked up on this host on the way, each with where. `image`: the target's
    word is a container's image. `path` is the `PATH=` word of an `env`, `directory` the folder it changes to.
    """

    target: Target
    lookups: tuple[tuple[Word, Place], ...]
    place: Place = Place.HERE
    image: bool = False
    path: Word | None = None
    directory: Word | None = None


class _Wrapper(NamedTuple):
    with_argument: str = ""
    long_with_argument: tuple[str, ...] = ()
    before_command: int = 0
    place: Place = Place.HERE
    verbs: frozenset[str] = frozenset()  # the sub-commands that start a command


def _long(names: str) -> tuple[str, ...]:
    return tuple(f"--{name}" for name in names.split())


_WRAPPERS: Mapping[str, _Wrapper] = {
    "chronic": _Wrapper(),
    "chrt": _Wrapper("TPD", before_command=1),
    "command": _Wrapper(),
    "env": _Wrapper("uCS", ("--unset", "--chdir", "--split-string")),
    "exec": _Wrapper("a"),
    "flock": _Wrapper("wE", ("--timeout", "--wait", "--conflict-exit-code"), before_command=1),
    "ionice": _Wrapper("cnpPu", ("--class", "--classdata")),
    "nice": _Wrapper("n", ("--adjustment",)),
    "nohup": _Wrapper(),
    "run-one": _Wrapper(),
    "setsid": _Wrapper(),
    "stdbuf": _Wrapper("ioe", ("--input", "--output", "--error")),
    "sudo": _Wrapper("ugChpRrTtD", ("--user", "--group", "--chdir", "--host", "--chroot")),
    "systemd-cat": _Wrapper("tp", ("--identifier", "--priority", "--stderr-priority")),
    "systemd-inhibit": _Wrapper("", ("--what", "--who", "--why", "--mode")),
    "taskset": _Wrapper(before_command=1),
    "time": _Wrapper("fo", ("--format", "--output")),
    "timeout": _Wrapper("ks", ("--kill-after", "--signal"), before_command=1),
}
_CHANGING = (_WRAPPERS["chrt"], _WRAPPERS["taskset"])
"""What takes a process's number with -p."""
SHELLS = frozenset(["sh", "bash", "dash", "ash", "zsh", "ksh", "mksh"])
_INTERPRETERS = re.compile(
    r"(?:ea-|ls|[gmn](?=awk))?(?P<family>python|pypy|perl|ruby|node|php|Rscript|lua|tsx|ts-node|deno|bun|java"
    r"|expect|julia|pwsh|mono|dotnet|fish|t?csh|tclsh|groovy|octave|R|awk)(?:js|-cgi|-cli)?[0-9.]*"
)
_LATER_KNOWN = frozenset({"fish", "csh", "tcsh", "tclsh", "groovy", "octave", "R", "awk"})
_OF_JAVA = (
    "class-path module-path upgrade-module-path add-modules add-opens add-exports add-reads patch-module"
)
_READERS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "python": ("c", ("-W", "-X")),
    "pypy": ("c", ("-W", "-X")),
    "perl": ("eE", ("-I", "-M")),
    "ruby": ("e", ("-I", "-r", "-C")),
    "php": ("rRB", ("-d", "-c", "-z", "-S", "-t", "--define", "--php-ini", "--zend-extension")),
    "lua": ("e", ("-l",)),
    "Rscript": ("e", ()),
    "expect": ("c", ()),
    "pwsh": ("", ("-ExecutionPolicy", "-executionpolicy", "-ep", "-ex", "-workingdirectory", "-wd")),
    **dict.fromkeys(("csh", "tcsh"), ("c", ())),
    "fish": ("c", ("-C", "--init-command")),
    "tclsh": ("", ()),
    "groovy": ("e", ("-cp", "-classpath", "--classpath")),
    "octave": ("", ("-p", "--path", "--eval")),
    "R": ("e", ("-g", "--gui")),
    "julia": ("eE", ("-t", "--threads", "-p", "--procs", "-L", "--load", "-J", "--sysimage")),
    "awk": ("", ("-F", "-v")),
    "java": ("", ("-cp", "-classpath", "-p", *_long(_OF_JAVA))),
}
"""Interpreters: the letters of options that take code, and the options that take another argument."""
_OF_NODE = (
    "-r",
    "-C",
    "--require",
    "--import",
    "--loader",
    "--experimental-loader",
    "--env-file",
    "--config",
    "-P",
    "--project",
)
_MODULE = re.compile(r"-[bBdEiIOPqRsSuvx]*m([\w.]*)")
_LONG_CODE = frozenset({"--eval", "--print", "--run", "--process-code"})
_POWERSHELL_CODE = frozenset({"-command", "-c", "-encodedcommand", "-enc", "-ec", "-e"})
_SHELL_CODE = re.compile(r"-[A-Za-z]*c[A-Za-z]*")
_SPLIT = re.compile(r"-[iv0]*S|--split-string=?")
_ASSIGNMENT = re.compile(r"[A-Za-z_][A-Za-z_0-9]*\+?=")


def basename(path: str) -> str:
    """As in posixpath, which takes five times as long: this is asked ten times a line."""
    return path.rpartition("/")[2]


def program_of(word: Word, *, older: bool = False) -> str:
    """The name of the program that `word` starts, also in a folder that only a run can tell (`$VENV/bin/x`).

    `older`: as it was read before names behind `~` and variables were known; see `former_names`.
    """
    if older:
        return "" if word.raw.lstrip('"')[:1] == "$" else basename(word.literal or "")
    text = ""
    for part in reversed(word.parts):
        if part.variable or part.text is None:
            return basename(text) if "/" in text else ""
        text = part.text + text
    return basename(text)


def assignment(word: Word) -> str | None:
    """The variable that a leading `NAME=value` word sets, or None."""
    match = _ASSIGNMENT.match(word.raw)
    return match[0].rstrip("+=") if match else None


def without_assignments(words: Sequence[Word]) -> tuple[Word, ...]:
    """`words` from the first that is no `NAME=value` on."""
    at = 0
    while at < len(words) and "=" in words[at].raw and assignment(words[at]) is not None:
        at += 1
    return tuple(words[at:])


def right_side(word: Word) -> Word:
    """The value of a `NAME=value` word, as a word; one that begins with `~` is left unknown."""
    name, _, raw = word.raw.partition("=")
    if raw.startswith("~"):
        return Word(raw, (WordPart(None),))
    skip = len(name) + 1
    parts: list[WordPart] = []
    for part in word.parts:
        text = part.text or ""
        if not skip or part.text is None or part.variable:
            parts.append(part)
        elif len(text) > skip:
            parts.append(WordPart(text[skip:], quoted=part.quoted))
        skip = max(0, skip - len(text)) if part.text is not None and not part.variable else skip
    return Word(raw, tuple(parts))


def find_target(words: Sequence[Word], *, older: bool = False) -> Target | None:
    """What a simple command becomes, or None when unknown. `older` is that of `program_of`."""
    words = without_assignments(words)
    lookups: list[Word] = []
    while words:
        name = program_of(words[0], older=older)
        lookups.append(words[0])
        wrapper = _WRAPPERS.get(name)
        if wrapper is None:
            return _program(name, words, tuple(lookups), older=older)
        if name == "env" and not older:
            words = _split(words)
        rest = _behind(wrapper, words[1:])
        if name == "flock" and rest and rest[0].literal in ("-c", "--command"):
            return Target(TargetKind.CODE, rest[1], tuple(lookups)) if len(rest) > 1 else None
        if not rest:
            return Target(TargetKind.PROGRAM, words[0], tuple(lookups), tuple(words[1:]))
        words = without_assignments(rest) if name in ("env", "sudo") else rest
        while name == "env" and words[1:] and words[0].raw.startswith(("$(", "`")):  # of `cat .env`
            words = words[1:]
    return None


def _split(words: Sequence[Word]) -> Sequence[Word]:
    """The words of an `env` with what its `-S` holds taken apart, as env does, and without the `-` for -i."""
    words = (words[0], *words[2:]) if words[1:] and words[1].raw == "-" else words
    for at, word in enumerate(words[1:], 1):
        if not word.raw.startswith("-") and words[at - 1].raw not in ("-u", "-C"):
            break
        if (option := _SPLIT.match(word.raw)) is None:
            continue
        end = at + 1 + (option[0] == word.raw)
        given = [one.literal or "" for one in words[at:end]]
        try:
            found = tokens("".join(given)[len(option[0]) :], bash=False) if all(given) else ()
        except Unreadable:
            break
        inner = [one._replace(at=word.at) for one in found if isinstance(one, Word)]
        return (*words[:at], *inner, *words[end:]) if inner else words
    return words


def _behind(wrapper: _Wrapper, words: Sequence[Word]) -> Sequence[Word]:
    """`words` behind the options and own arguments of `wrapper`; none where it changes a running process."""
    at = 0
    while at < len(words):
        text = words[at].raw
        if text == "--":
            at += 1
            break
        if not text.startswith("-") or text == "-":
            break
        at += 1
        if wrapper in _CHANGING and (text == "--pid" or (text[1] != "-" and text[-1] == "p")):
            return ()
        attached = any(letter in wrapper.with_argument for letter in text[1:-1])
        short = not text.startswith("--") and text[-1] in wrapper.with_argument and not attached
        at += short or text in wrapper.long_with_argument
    at += wrapper.before_command
    return words[at + (wrapper.before_command > 0 and words[at : at + 1] != () and words[at].raw == "--") :]


def _program(name: str, words: Sequence[Word], lookups: tuple[Word, ...], *, older: bool) -> Target | None:
    rest = tuple(words[1:])
    if name in SHELLS:
        return _shell(words[0], rest, lookups)
    if name in (".", "source"):
        return Target(TargetKind.SCRIPT, rest[0], (), rest[1:]) if rest else None
    found = _INTERPRETERS.fullmatch(name)
    if found is not None and not (older and found["family"] in _LATER_KNOWN):
        return _interpreter(found["family"], words[0], rest, lookups, older=older)
    return Target(TargetKind.PROGRAM, words[0], lookups, rest)


def _shell(shell: Word, rest: tuple[Word, ...], lookups: tuple[Word, ...]) -> Target | None:
    at = 0
    while at < len(rest) and rest[at].raw.startswith(("-", "+")):
        text = rest[at].raw
        at += 1
        if text == "--":
            return Target(TargetKind.SCRIPT, rest[at], lookups, rest[at + 1 :]) if rest[at:] else None
        if _SHELL_CODE.fullmatch(text):
            return Target(TargetKind.CODE, rest[at], lookups, rest[at + 1 :]) if at < len(rest) else None
        if not text.startswith("--") and "s" in text:
            break  # it reads its input
        if (text[1:2] != "-" and text[-1] in "oO") or text in ("--rcfile", "--init-file"):
            at += 1
    else:
        if at < len(rest):
            return Target(TargetKind.SCRIPT, rest[at], lookups, rest[at + 1 :])
    return Target(TargetKind.PROGRAM, shell, lookups)


def _interpreter(
    family: str, program: Word, rest: tuple[Word, ...], lookups: tuple[Word, ...], *, older: bool
) -> Target | None:
    code, with_argument = _READERS.get(family, ("ep", _OF_NODE))
    powershell = _POWERSHELL_CODE if family == "pwsh" else ()
    begins = ("run",) if older else ("run", "task")
    at = int(family in ("deno", "bun") and rest[:1] != () and rest[0].raw in begins)
    while at < len(rest) and rest[at].raw.startswith("-") and rest[at].raw != "-":
        text = rest[at].raw
        text = text.lower() if family == "pwsh" and not older else text
        at += 1
        following = rest[at] if at < len(rest) else None
        if not older and (module := _MODULE.fullmatch(text)) and family in ("python", "pypy"):
            name = Word(module[1], (WordPart(module[1]),), rest[at - 1].at) if module[1] else following
            return (
                None
                if name is None
                else Target(TargetKind.MODULE, name, lookups, rest[at + (not module[1]) :])
            )
        if following and text in ("-m", "--module"):
            return Target(TargetKind.MODULE, following, lookups, rest[at + 1 :])
        if following and text in ("-f", "-jar", "-File", "-file"):
            return Target(TargetKind.SCRIPT, following, lookups, rest[at + 1 :])
        if family == "R" and text.startswith("--file="):
            return Target(TargetKind.SCRIPT, right_side(rest[at - 1]), lookups, rest[at:])
        if following and text == "-S" and family in ("ruby", "perl"):  # looked up in PATH
            return _program(program_of(following), rest[at:], (*lookups, following), older=older)
        if text in with_argument:
            at += 1
        elif (
            (not older and text.partition("=")[0] in _LONG_CODE)
            or (text[1] != "-" and text[-1] in code and text[1:].isalpha())
            or (not older and (text in powershell or _attached_code(text, code)))
        ):
            return Target(TargetKind.PROGRAM, program, lookups, rest)
    if family == "R" and [word.raw for word in rest[at : at + 2]] == ["CMD", "BATCH"]:
        at = next((n for n, word in enumerate(rest[at + 2 :], at + 2) if word.raw[0] != "-"), len(rest))
    elif family in ("R", "awk"):  # what is no option is a file to read, or code
        return Target(TargetKind.PROGRAM, program, lookups, rest)
    if at == len(rest) or rest[at].raw == "-":
        return Target(TargetKind.PROGRAM, program, lookups)
    is_task = family in ("bun", "deno", "dotnet") and not any(char in rest[at].raw for char in "./$")
    if family == "dotnet" and is_task and not older:
        return Target(TargetKind.PROGRAM, program, lookups, rest)
    kind = TargetKind.MODULE if family == "java" or is_task else TargetKind.SCRIPT
    return Target(kind, rest[at], lookups, rest[at + 1 :])


def _attached_code(option: str, letters: str) -> bool:
    """Whether code is quoted right behind the letter of an option: `-ne'print'`."""
    cluster = re.match(r"-([A-Za-z]+)['\"]", option)
    return cluster is not None and cluster[1][-1] in letters


_CONTAINER_FLAGS = """
    --rm --detach --init --interactive --tty --privileged --read-only --publish-all --no-healthcheck --quiet
    --oom-kill-disable --sig-proxy --disable-content-trust --no-deps --service-ports --use-aliases --no-TTY
    --nv --rocm --cleanenv --contain --containall --writable-tmpfs --no-home
    --remove-orphans --build --no-interaction --stdin --verbose --debug --ansi --parallel --dry-run
"""
_FLAGS = frozenset(_CONTAINER_FLAGS.split())
_THERE = Place.ELSEWHERE
_OTHER = Place.OTHER_PATH
_OWN = Place.OF_RUNNER
_OF_RUN = "python name directory project with prefix extra group env-file package filter cwd dir"
_OF_SYSTEMD_RUN = """
    unit property description slice uid gid nice working-directory setenv service-type on-active on-boot
    on-startup on-unit-active on-unit-inactive on-calendar timer-property path-property socket-property host
    machine
"""
_OF_PARALLEL = """
    jobs delay timeout joblog retries id colsep halt results tmpdir sshlogin arg-file max-procs load memfree
    nice workdir wd env max-args
"""
_PRIVILEGES = "reuid regid ruid euid rgid egid groups inh-caps ambient-caps bounding-set securebits pdeathsig"
_DOCKER = _Wrapper("acehlmpuvwHf", (), 1, _THERE, frozenset({"exec", "run"}))
_CLUSTER = _Wrapper("ncsfl", (), 1, _THERE, frozenset({"exec"}))
_SSH = _Wrapper("BbcDEeFIiJLlmOopQRSWw", (), 1, _THERE)
_RUN = _Wrapper("pnC", _long(_OF_RUN), 0, _OWN)
_RUNNERS: Mapping[str, _Wrapper] = {
    **dict.fromkeys(("docker", "podman", "nerdctl", "docker-compose", "podman-compose"), _DOCKER),
    **dict.fromkeys(("kubectl", "oc", "lxc", "incus"), _CLUSTER),
    "ssh": _SSH,
    "autossh": _SSH._replace(with_argument=f"{_SSH.with_argument}M"),
    **dict.fromkeys(
        ("npx", "bunx", "uvx"), _Wrapper("pcC", _long("package prefix from with python"), 0, _OWN)
    ),
    **dict.fromkeys(
        ("poetry", "pipenv", "uv", "pdm", "hatch", "rye", "conda", "mamba", "micromamba"),
        _RUN._replace(verbs=frozenset({"run"})),
    ),
    **dict.fromkeys(
        ("bundle", "pnpm", "yarn", "npm", "composer", "rbenv", "pyenv", "nodenv", "asdf", "mise"),
        _RUN._replace(verbs=frozenset({"exec", "x", "dlx"})),
    ),
    **dict.fromkeys(
        ("cronic", "croncape", "unbuffer", "dbus-run-session", "torsocks", "torify", "run-this-one", "solo"),
        _Wrapper(),
    ),
    "direnv": _Wrapper("", (), 1, _OWN, frozenset({"exec"})),
    "rvm": _Wrapper("", (), 2, _OWN),
    "sudo": _Wrapper("", (), 0, _OTHER),
    "doas": _Wrapper("uC", (), 0, _OTHER),
    "pkexec": _Wrapper("", ("--user",), 0, _OTHER),
    "gosu": _Wrapper("", (), 1, _OTHER),
    "chroot": _Wrapper("", (), 1, _THERE),
    "nsenter": _Wrapper("tSG", (), 0, _THERE),
    "pct": _CLUSTER,
    "machinectl": _Wrapper("M", (), 1, _THERE, frozenset({"shell"})),
    "sentry-cli": _Wrapper("", (), 0, Place.HERE, frozenset({"monitors"})),
    "logsave": _Wrapper("", (), 1),
    "lxc-attach": _Wrapper("nPf", ("--name",), 0, _THERE),
    "tmux": _Wrapper("LSfcstnxyeF", (), 0, _OWN, frozenset({"new-session", "new", "new-window", "neww"})),
    "screen": _Wrapper("SscehpTt"),
    "cronitor": _Wrapper("", _long("env config api-key hostname"), 1, Place.HERE, frozenset({"exec"})),
    "runitor": _Wrapper(),
    "sshpass": _Wrapper("fdpP"),
    "systemd-run": _Wrapper("pHMuE", _long(_OF_SYSTEMD_RUN)),
    "xvfb-run": _Wrapper("nsefpw", ("--server-num", "--server-args", "--auth-file", "--error-file")),
    "proxychains": _Wrapper("f"),
    "proxychains4": _Wrapper("f"),
    "cpulimit": _Wrapper("lpe", ("--limit",)),
    "trickle": _Wrapper("dutwL"),
    "lockrun": _Wrapper("L", ("--lockfile",)),
    "lckdo": _Wrapper("W", (), 1),
    "setlock": _Wrapper("", (), 1),
    "with-lock-ex": _Wrapper("", (), 1),
    "envdir": _Wrapper("", (), 1),
    "faketime": _Wrapper("f", (), 1),
    "busybox": _Wrapper(),
    "sail": _Wrapper("", (), 0, _THERE),
    "chpst": _Wrapper("uUbeCnmolpftrcx/"),
    "setuidgid": _Wrapper("", (), 1, _OTHER),
    "softlimit": _Wrapper("admscflp"),
    **dict.fromkeys(("dumb-init", "tini", "firejail", "eatmydata"), _Wrapper()),
    "fakeroot": _Wrapper("lsib"),
    "numactl": _Wrapper("CmNilp"),
    "strace": _Wrapper("aeEIoOpPsSuUX"),
    **dict.fromkeys(("singularity", "apptainer"), _Wrapper("BHW", (), 1, _THERE, frozenset({"exec"}))),
    "choom": _Wrapper("np", ("--adjust", "--pid")),
    "prlimit": _Wrapper("p", ("--pid",)),
    "unshare": _Wrapper("SGRw", ("--setuid", "--setgid", "--root", "--wd")),
    "setpriv": _Wrapper("", _long(_PRIVILEGES)),
    "s6-setuidgid": _Wrapper("", (), 1, _OTHER),
    "ip": _Wrapper("n", (), 2, Place.HERE, frozenset({"netns"})),
    **dict.fromkeys(("parallel", "sem"), _Wrapper("jaIPLnSdC", _long(_OF_PARALLEL))),
    **dict.fromkeys(
        ("doppler", "aws-vault", "chamber", "op", "infisical"),
        _Wrapper("", (), 1, Place.HERE, frozenset({"run", "exec"})),
    ),
}
_RUN_AS = _Wrapper("ugGsw", _long("user group supp-group shell whitelist-environment"))
_TAKE_CODE = frozenset(("su", "runuser", "sg", "script"))
_CODE_OPTION = re.compile(r"-[a-z]*c|--command")
_KNOWN = _WRAPPERS.keys() | _RUNNERS.keys() | _TAKE_CODE | SHELLS | {".", "source"}
_DASHED = "runitor lockrun sentry-cli pct kubectl oc lxc incus doppler aws-vault chamber op infisical"
_BEHIND_DASHES = frozenset(_DASHED.split())
_MOST_RUNNERS = 8
_LOGIN = re.compile(r"-[A-Za-z]*i[A-Za-z]*|--login")
_OPTIONS_WITH_FOLDER = ("-C", "--chdir", "-D", "--directory", "--cwd", "--dir")
_FOLDER_OPTIONS = tuple(f"{option}=" for option in _OPTIONS_WITH_FOLDER)


def launch(words: tuple[Word, ...], *, older: bool = False) -> Launch | None:
    """What a simple command (`words` without assignments) starts in the end, or None when unknown."""
    name = program_of(words[0], older=older) if words else ""
    if words and name not in _KNOWN and _INTERPRETERS.fullmatch(name) is None:  # most of a long table
        return Launch(Target(TargetKind.PROGRAM, words[0], words[:1], words[1:]), ((words[0], Place.HERE),))
    lookups: list[tuple[Word, Place]] = []
    place = Place.HERE
    path = directory = None
    for _ in range(_MOST_RUNNERS):
        target = find_target(words, older=older)
        if target is None:
            return None
        place = _look_up(target, place, lookups)
        if len(target.lookups) > 1 or (target.lookups and program_of(words[0]) in ("ruby", "bun")):
            path, given = _set_by_env(words, target.word)
            directory = given or directory
        name = program_of(target.word, older=older)
        inner = _inner(name, target.rest, older=older) if target.what is TargetKind.PROGRAM else ()
        if not inner:
            return Launch(target, tuple(lookups), place, False, path, directory)
        runner = _RUNNERS.get(name)
        place = max(place, runner.place if runner else Place.HERE if name == "script" else _OTHER)
        if runner is not None and runner.place is _OWN:
            directory = _set_by_env(words, inner[0])[1] or directory
        if len(inner) == 1 and (runner is None or any(char in inner[0].raw for char in " \t;&|")):
            code = Target(TargetKind.CODE, inner[0], target.lookups)
            return Launch(code, tuple(lookups), place, False, None, directory)
        if runner is _DOCKER and "run" in (word.raw for word in target.rest):
            if len(inner) == 1 or inner[1].raw.startswith("-"):
                return Launch(Target(TargetKind.PROGRAM, inner[0], ()), tuple(lookups), place, image=True)
            inner = inner[1:]
        if inner[0].raw.endswith(".py") and place is _OWN:
            script = Target(TargetKind.SCRIPT, inner[0], target.lookups, tuple(inner[1:]))
            return Launch(script, tuple(lookups), place, False, None, directory)
        words = tuple(inner)
    return None


def _look_up(target: Target, place: Place, lookups: list[tuple[Word, Place]]) -> Place:
    """Add the words that are looked up on this host; the place behind them."""
    for word in target.lookups if place is not _THERE else ():
        if place is not _OWN or "/" in word.raw:
            lookups.append((word, place))
        if word.literal == "sudo":
            place = max(place, _OTHER)
    return place


def _set_by_env(words: tuple[Word, ...], target: Word) -> tuple[Word | None, Word | None]:
    """The `PATH=` word and the folder among what is before a target; `sudo -i` starts in an unknown home."""
    path = directory = None
    name = program_of(words[0])
    sudo, options = name == "sudo", ("-c",) if name == "tmux" else _OPTIONS_WITH_FOLDER
    for word, following in pairwise(words):
        if word is target:
            break
        path = word if assignment(word) == "PATH" else path
        directory = following if word.raw in options else directory
        directory = right_side(word) if word.raw.startswith(_FOLDER_OPTIONS) else directory
        directory = Word("~", (WordPart(None),)) if sudo and _LOGIN.fullmatch(word.raw) else directory
    return path, directory


def _inner(name: str, rest: tuple[Word, ...], *, older: bool) -> Sequence[Word]:
    """The words of the command that a runner starts, behind the image of a container that is run."""
    if name in _TAKE_CODE:
        return _code_of_user(name, rest)
    wrapper = _RUNNERS.get(name)
    if wrapper is None:
        return ()
    given, rest = rest, _options_over(wrapper, rest)
    if name == "screen" and any(word.raw == "-X" for word in given[: len(given) - len(rest)]):
        return ()  # a command of screen's own
    if wrapper is _DOCKER and rest and rest[0].raw in ("compose", "container"):
        rest = _options_over(wrapper, rest[1:])
    verb = rest[0].raw if rest else ""
    if wrapper.verbs:
        if verb not in wrapper.verbs or (name == "ip" and rest[1:2] != () and rest[1].raw != "exec"):
            return ()
        rest = rest[1:]
    dashes = next((at for at, word in enumerate(rest) if word.raw == "--"), None)
    if dashes is not None and name in _BEHIND_DASHES:
        return rest[dashes + 1 :]
    entry = [value for option, value in pairwise(rest) if option.raw == "--entrypoint" and not older]
    rest = _options_over(wrapper, rest)
    if wrapper is _DOCKER and verb == "run":
        rest = (*rest[:1], *(entry or rest[1:]))
    else:
        rest = rest[wrapper.before_command :]
        rest = _options_over(wrapper, rest) if name == "ssh" else rest
    while rest and rest[0].raw == "--":
        rest = rest[1:]
    if name in ("parallel", "sem"):
        rest = rest[: next((at for at, word in enumerate(rest) if word.raw.startswith(":::")), None)]
    return without_assignments(rest) if wrapper.place in (_OTHER, _OWN) else rest


def _code_of_user(name: str, rest: tuple[Word, ...]) -> tuple[Word, ...]:
    for at, word in enumerate(rest):
        if word.raw == "--" and name == "runuser":
            return rest[at + 1 :]
        if _CODE_OPTION.fullmatch(word.raw):
            return rest[at + 1 : at + 2]
        if word.raw.startswith("--command="):
            return (right_side(word),)
    given = name == "runuser" and any(word.raw in ("-u", "--user") for word in rest)
    return _options_over(_RUN_AS, rest) if given else ()


def _options_over(wrapper: _Wrapper, words: tuple[Word, ...]) -> tuple[Word, ...]:
    """`words` behind the options; a long one of a container's has an argument unless it is a flag."""
    at = 0
    while at < len(words) and words[at].raw.startswith("-") and words[at].raw not in ("-", "--"):
        text = words[at].raw
        at += 1
        if text.startswith("--"):
            flags = wrapper.place is _THERE and "=" not in text and text not in _FLAGS
            at += flags or text in wrapper.long_with_argument
        else:
            attached = any(letter in wrapper.with_argument for letter in text[1:-1])
            at += text[-1] in wrapper.with_argument and not attached
    return words[at:]
