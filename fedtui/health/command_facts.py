"""What the checks want to know of a command line, worked out once for each: tables repeat themselves."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from fedtui.crontab.command import log_paths, main_step, program, script_path, uses_logger
from fedtui.crontab.shell_state import walk
from fedtui.crontab.shell_words import Redirect, SimpleCommand, Unreadable, read_commands
from fedtui.crontab.wrappers import SHELLS, TargetKind
from fedtui.model import CronFacts, Job, Snapshot, State, TimerFacts, cron_jobs, timer_jobs


@dataclass(frozen=True, slots=True)
class CommandFacts:
    """One command, as far as it can be read without running it; see `fedtui.crontab.command`.

    `script` is absolute, `written` the same as the line has it; `by` the interpreter that the line gives it
    to, empty where the file itself is executed. `name` is looked up in PATH. `directory` is a folder that the
    line changes to and that is not absolute. `misordered` is a redirection that leaves errors behind.
    `keeps` says that the output goes to a file, a pipe or the log; `discards` that all of it is thrown away.
    `readable` is False where a quote or bracket is left open.
    """

    script: str | None = None
    written: str = ""
    by: str = ""
    name: str | None = None
    directory: str = ""
    misordered: str = ""
    keeps: bool = False
    discards: bool = False
    readable: bool = True
    key_files: tuple[str, ...] = ()

    @property
    def relative(self) -> bool:
        """Whether the script is found from the working directory."""
        return self.script is not None and not self.written.startswith(("/", "~", "$", '"$', '"/', "'/"))


def command_facts(snapshot: Snapshot) -> Iterator[tuple[Job, CronFacts, CommandFacts]]:
    """The lines of cron tables that are to run, each with its command read."""
    for job, cron in cron_jobs(snapshot.jobs):
        if job.state not in (State.BAD_LINE, State.PAUSED, State.UNREACHABLE):
            yield job, cron, read(cron.command, cron.home, cron.environment)


def services(snapshot: Snapshot) -> Iterator[tuple[Job, TimerFacts, CommandFacts]]:
    """The timers that are to run, each with what its service starts read."""
    for job, timer in timer_jobs(snapshot.jobs):
        if job.command and job.state not in (State.PAUSED, State.UNREACHABLE):
            yield job, timer, read(job.command.encode("utf-8", "surrogateescape"), "")


def started(snapshot: Snapshot) -> Iterator[tuple[Job, CommandFacts]]:
    """Every command that is to run: of lines, and of timers' services."""
    for job, _, reading in (*command_facts(snapshot), *services(snapshot)):
        yield job, reading


@lru_cache(16_384)
def read(command: bytes, home: str, environment: tuple[tuple[bytes, bytes], ...] = ()) -> CommandFacts:
    """Read one command of a user whose home is `home`, under what its table sets."""
    text = command.decode("utf-8", "surrogateescape")
    try:
        simples = read_commands(text)
    except Unreadable:
        return CommandFacts(readable=False)
    written, by = _target(command, home)
    return CommandFacts(
        script=script_path(command, home, environment),
        written=written,
        by=by,
        name=program(command),
        directory=_directory(simples),
        misordered=_misordered(simples),
        keeps=_keeps(simples) or bool(log_paths(command, home, environment)) or uses_logger(command),
        discards=_discards(simples),
        key_files=_key_files(command, home),
    )


def _target(command: bytes, home: str) -> tuple[str, str]:
    step = main_step(walk(command, home, {"HOME": home}))
    if step is None or step.target is None:
        return "", ""
    lookups = step.target.lookups
    script = step.target.what is TargetKind.SCRIPT and lookups
    return step.target.word.raw, posixpath.basename(lookups[-1].literal or "") if script else ""


def _directory(simples: tuple[SimpleCommand, ...]) -> str:
    """Where the line begins with a `cd` to a folder that is not absolute."""
    words = simples[0].words if simples else []
    if len(words) != 2 or words[0].literal != "cd":
        return ""
    folder = words[1].literal or "/"
    return "" if folder.startswith(("/", "-")) else folder


def _misordered(simples: tuple[SimpleCommand, ...]) -> str:
    """`2>&1 >> file`: errors go where output went before. Before a pipe that is an idiom, and meant."""
    for at, simple in enumerate(simples):
        piped = at + 1 < len(simples) and simples[at + 1].after in ("|", "|&")
        for copy, later in zip(simple.redirects, simple.redirects[1:], strict=False):
            if _copies_errors(copy) and later.descriptor == 1 and later.operator in (">", ">>") and not piped:
                return f"2>&1 {later.operator} {later.target.raw}"
    return ""


def _copies_errors(item: Redirect) -> bool:
    return item.operator == ">&" and item.descriptor == 2 and item.target.raw == "1"


def _keeps(simples: tuple[SimpleCommand, ...]) -> bool:
    """Whether output of the whole goes into a pipe: what is at its end may keep it, and is not guessed at."""
    return any(simple.after in ("|", "|&") for simple in simples)


def _discards(simples: tuple[SimpleCommand, ...]) -> bool:
    """Whether output and errors of every command go to /dev/null."""
    working = [simple for simple in simples if simple.words and simple.words[0].literal not in ("cd", "true")]
    return bool(working) and all(_to_null(simple) for simple in working)


def _to_null(simple: SimpleCommand) -> bool:
    out = err = False
    for item in simple.redirects:
        null = item.target.literal == "/dev/null"
        if item.operator.startswith("&>") or (item.operator == ">&" and item.target.literal == "/dev/null"):
            out = err = null
        elif _copies_errors(item):
            err = out
        elif item.operator.startswith(">") and item.descriptor == 1:
            out = null
        elif item.operator.startswith(">") and item.descriptor == 2:
            err = null
    return out and err


def _key_files(command: bytes, home: str) -> tuple[str, ...]:
    """Private keys that the line names: what follows -i in ssh, scp, sftp and rsync -e."""
    if b"-i" not in command:
        return ()
    found = []
    for step in walk(command, home, {"HOME": home}):
        names = {posixpath.basename(word.literal or "") for word in step.words[:1]}
        if not names & {"ssh", "scp", "sftp"}:
            continue
        for option, value in zip(step.words, step.words[1:], strict=False):
            path = step.state.path(value) if option.literal == "-i" else None
            if path is not None:
                found.append(path)
    return tuple(found)


def is_shell(name: str) -> bool:
    """Whether a program of that name reads shell scripts."""
    return name in SHELLS
