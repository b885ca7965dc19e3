"""ROOT and the operator's scripts below it: found, and looked at as far as that goes without running them.

The scripts are the operator's own. Real ones differ from their documentation, so each is looked for in
several folders, and what will trip it in a scheduler's environment is reported before it is scheduled.
Blocking.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from shlex import quote

from fedtui.action_result import Refused
from fedtui.crontab.lookups import first_line, script_lookups, variables_read
from fedtui.federation.profile import Profile, ProfileJob
from fedtui.federation.setup_issue import SetupIssue, error_issue, note_issue, warning_issue
from fedtui.safe_text import decode, sanitize_and_mask
from fedtui.system.path_lookup import look_up
from fedtui.system.program import ProgramError, run_program
from fedtui.system.regular_file import read_regular

FOLDERS = ("", "scripts", "scripts/data")
"""Where below ROOT scripts are looked for, in this order."""

_MOST = 1024 * 1024
_SHELLS = frozenset(("bash", "sh", "dash"))
_BASH_WORDS = """
    _ BASH BASHPID BASH_LINENO BASH_REMATCH BASH_SOURCE BASH_VERSION BASH_VERSINFO EPOCHSECONDS EPOCHREALTIME
    EUID FUNCNAME GROUPS HOSTNAME HOSTTYPE IFS LINENO MACHTYPE OLDPWD OPTARG OPTIND OSTYPE PIPESTATUS PPID PWD
    RANDOM REPLY SECONDS SHELLOPTS SHLVL SRANDOM UID
"""
_OF_BASH = frozenset(_BASH_WORDS.split())
"""What bash sets by itself."""


@dataclass(frozen=True, slots=True)
class FoundScript:
    """A profile's job with its script: the absolute path, None where there is none; `program` reads it."""

    job: ProfileJob
    path: Path | None
    program: tuple[str, ...]

    @property
    def argv(self) -> tuple[str, ...]:
        """How the job is started. Only for one whose script was found."""
        return (*self.program, str(self.path))


def root_folder(text: str) -> Path:
    """ROOT made absolute; links in it stay as they are named. Raises Refused where it is none."""
    if not text.strip():
        raise Refused("ROOT is not given.", advice="Say where the federation's checkout is: --root DIR.")
    root = Path(os.path.normpath(Path(text).expanduser().absolute()))
    if "\n" in text or "\r" in text or "\0" in text:
        raise Refused("ROOT has a line break in its name, which no line of a crontab can hold.")
    if not root.exists():
        raise Refused(f"There is no folder {root}.", advice="Give the federation's checkout: --root DIR.")
    if not root.is_dir():
        raise Refused(f"{root} is no folder.", advice="Give the federation's checkout: --root DIR.")
    if not os.access(root, os.R_OK | os.X_OK):
        raise Refused(f"You may not look into {root}.", advice=f"Look at its mode: ls -ld {quote(str(root))}")
    return root


def find_scripts(root: Path, profile: Profile) -> tuple[FoundScript, ...]:
    """Each job of the profile with its script, as far as it is there."""
    found = ((job, find_script(root, job.scripts)) for job in profile.jobs)
    return tuple(FoundScript(job, path, program_for(path, job.program)) for job, path in found)


def program_for(path: Path | None, program: tuple[str, ...]) -> tuple[str, ...]:
    """What reads the script: `program`, or on a host without that the one of the script's first line."""
    if path is not None and shutil.which(program[0]) is None:
        with suppress(OSError):
            words = tuple(first_line(_text(path)))
            named = words[1:2] if words and Path(words[0]).name == "env" else words[:1]
            if named and shutil.which(named[0]) is not None:
                return words
    return program


def find_script(root: Path, names: Sequence[str]) -> Path | None:
    """The first file of one of these names in ROOT, ROOT/scripts or ROOT/scripts/data."""
    return next(iter(_places(root, names)), None)


def script_issues(
    found: FoundScript, root: Path, environment: Mapping[bytes, bytes], scheduler: str
) -> Iterator[SetupIssue]:
    """What is wrong with the script, or will be in `environment`, what `scheduler` ("cron") gives a job."""
    key, path = found.job.key, found.path
    if path is None:
        names = " or ".join(found.job.scripts)
        sentence = f"There is no {names} in {root}, {root / 'scripts'} or {root / 'scripts/data'}."
        yield error_issue(sentence, key, f"Without it {found.job.name} is not scheduled.")
        return
    others = [place for place in _places(root, found.job.scripts) if place != path]
    if others:
        yield note_issue(f"{path} is taken; there is also {', '.join(map(str, others))}.", key)
    try:
        text = _text(path)
    except OSError as error:
        yield error_issue(f"{path} cannot be read: {error.strerror}.", key, f"ls -l {quote(str(path))}")
        return
    yield from _of_text(found, path, text)
    if not text.strip():
        return
    yield from _needs(key, path, text, root, environment, scheduler)


def _places(root: Path, names: Sequence[str]) -> list[Path]:
    """Every file that could be meant, each once, also where folders are links to each other."""
    found: dict[Path, Path] = {}
    for place in (root / folder / name for name in names for folder in FOLDERS):
        if place.is_file():
            found.setdefault(place.resolve(), place)
    return list(found.values())


def _text(path: Path) -> str:
    return decode(read_regular(path, _MOST))


def _of_text(found: FoundScript, path: Path, text: str) -> Iterator[SetupIssue]:
    key, reader = found.job.key, found.program[0].rpartition("/")[2]
    if not text.strip():
        yield error_issue(f"{path} is empty.", key)
        return
    returns = text.count("\r\n")
    if returns:
        ends = f"{path} has Windows line ends ({returns} lines): "
        ends += "the carriage return belongs to the last word."
        yield error_issue(ends, key, f"sed -i 's/\\r$//' {quote(str(path))}")
    elif reader in _SHELLS:
        yield from _syntax(key, path, reader)
    interpreter = first_line(text)[:1]
    if interpreter and not Path(interpreter[0]).exists():
        named = f"{path.name} names {sanitize_and_mask(interpreter[0])} in its first line, "
        named += f"which is not on this machine; {reader} reads it all the same, since the job is "
        yield note_issue(f"{named}`{' '.join(found.program)} SCRIPT`.", key)


def _syntax(key: str, path: Path, reader: str) -> Iterator[SetupIssue]:
    command = f"{reader} -n {quote(str(path))}"
    if shutil.which(reader) is None:
        yield error_issue(
            f"{reader} is not installed, and {path.name} needs it.", key, f"command -v {reader}"
        )
        return
    try:
        ended = run_program((reader, "-n", str(path)), deadline=20.0)
    except ProgramError as error:
        yield error_issue(f"{path.name} could not be checked: {error}.", key, command)
        return
    if ended.status:
        said = sanitize_and_mask(ended.said.splitlines()[0]) if ended.said else f"exit {ended.status}"
        yield error_issue(f"{reader} cannot read {path.name} to its end: {said}", key, command)


def _needs(
    key: str, path: Path, text: str, root: Path, environment: Mapping[bytes, bytes], scheduler: str
) -> Iterator[SetupIssue]:
    """Programs and variables that the script asks for and will not find. Read, never tried."""
    known = {decode(name): decode(value) for name, value in environment.items()}
    for lookup in script_lookups(text, str(root), known):
        where = look_up(lookup.name, lookup.path, str(root))
        if where.path is not None or not where.known:
            continue
        note = f" ({where.note})" if where.note else ""
        sentence = f"Line {lookup.line} of {path.name} calls {lookup.name}, "
        sentence += f"which is not on {scheduler}'s PATH{note}"
        if lookup.tested:
            yield note_issue(f"{sentence}; it asks first, and may do without.", key)
        else:
            yield warning_issue(f"{sentence}.", key, f"Install {lookup.name}, or set PATH.")
    for name, line in variables_read(text, script=True).items():
        if name not in known and name not in _OF_BASH:
            sentence = f"Line {line} of {path.name} reads {name}, which {scheduler} does not set."
            advice = f"Set it where the script reads it, or in the table: {name}=..."
            yield warning_issue(sentence, key, advice)
