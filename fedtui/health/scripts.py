"""FT111-FT114, FT127, FT128: the scripts that are run: can they be started, and read by their interpreter?"""

from __future__ import annotations

import re
import shlex
import shutil
import stat
from collections.abc import Iterator
from functools import partial

from fedtui.health.checks import EVERY_JOB, CheckReport, Rule, check, error_rule, warning_rule
from fedtui.health.command_facts import (
    ASKS_SHELL,
    PIPEFAIL,
    CommandFacts,
    command_facts,
    is_shell,
    started,
)
from fedtui.health.command_output import FOREIGN_WORDS, ends_at_pipefail
from fedtui.health.file_facts import FileFacts
from fedtui.health.probes import LATER, ProbeFailed
from fedtui.health.script_files import ScriptFile
from fedtui.health.step_facts import runs_here
from fedtui.model import Job, Remedy, Severity, Snapshot
from fedtui.safe_text import decode, sanitize_and_mask

NOT_EXECUTABLE = error_rule(
    "FT111",
    "script is not executable",
    "The shell finds the file, may not execute it, and ends with 126. In your own shell you may have called "
    "it with bash in front.",
    "Make it executable: chmod +x.",
    needs=EVERY_JOB,
)
SYNTAX_ERROR = error_rule(
    "FT112",
    "script has a syntax error",
    "The shell stops at the error. What comes before it is run each time, what comes after it never.",
    "Fix the script; bash -n says where.",
    needs=EVERY_JOB,
)
SCRIPT_RETURNS = error_rule(
    "FT113",
    "script has Windows line ends",
    "The carriage return at the end of each line belongs to the last word of it: an interpreter of that "
    "name, a file of that name, does not exist.",
    "Take them out: sed -i 's/\\r$//' SCRIPT.",
    needs=EVERY_JOB,
)
BAD_INTERPRETER = error_rule(
    "FT127",
    "the interpreter of #! cannot be started",
    "The kernel starts exactly what the first line says after #!. A program that is not there, a byte order "
    "mark before it, or two words behind env end the run with 126 or 127.",
    "Correct the first line; with options: #!/usr/bin/env -S PROGRAM OPTION.",
    needs=EVERY_JOB,
)
NOEXEC = error_rule(
    "FT128",
    "script is on a file system mounted noexec",
    "The kernel executes nothing from there, whatever the file's mode, and the run ends with 126.",
    "Give it to its interpreter (sh SCRIPT), or mount the file system with exec.",
    needs=EVERY_JOB,
)
RELATIVE = warning_rule(
    "FT114",
    "a path that depends on the working directory",
    "cron starts every job in the home folder, whatever folder you were in when you tried the command.",
    "Write the whole path.",
)


_PIPEFAIL = re.compile(r"^set [-+][A-Za-z]*o pipefail\b", re.MULTILINE)
LARGEST = 8_000_000
"""Bytes of a script up to which a shell is asked to read it."""

_KINDS = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a named pipe"),
    (stat.S_ISSOCK, "a socket"),
    (lambda mode: stat.S_ISCHR(mode) or stat.S_ISBLK(mode), "a device"),
)


@check(NOT_EXECUTABLE)
def not_executable(snapshot: Snapshot, host: FileFacts) -> Iterator[CheckReport]:
    """FT111: a script that is to be executed itself, and may not be by its own user."""
    for job, reading in started(snapshot, host):
        for path in _executed(reading, host):
            found = host.mode(path)
            if found is None:
                if why := host.hidden(path):
                    yield NOT_EXECUTABLE.hidden(path, why)
            elif not stat.S_ISREG(found[0]):
                yield _no_file(job, path, found[0])
            elif not found[0] & 0o111:
                yield NOT_EXECUTABLE.found(
                    f"{job.name} executes a file that nobody may execute.",
                    (f"{path}  mode {found[0] & 0o7777:04o}", f"line  {job.location}"),
                    command=host.as_owner("chmod +x", path),
                    job=job,
                )


@check(BAD_INTERPRETER)
def bad_interpreter(snapshot: Snapshot, host: FileFacts) -> Iterator[CheckReport]:
    """FT127: `#!` names what is not there, or env gets two words."""
    for job, reading in started(snapshot, host):
        for one in reading.called:
            script = host.script(one.path) if one.executed else None
            why = "" if script is None or script.returns else _bad_shebang(script, one.path_variable, host)
            if script is not None and why:
                yield BAD_INTERPRETER.found(
                    f"{job.name} cannot start {one.path}: {why}.",
                    (f"#!{sanitize_and_mask(script.shebang)}", f"line  {job.location}"),
                    job=job,
                )


def _bad_shebang(script: ScriptFile, path: str | None, host: FileFacts) -> str:
    """What is wrong with the interpreter of a script's first line; empty for nothing."""
    if script.marked:
        return "a byte order mark is before its #!"
    program, _, rest = script.shebang.strip().partition(" ")
    if program.startswith("/") and host.exists(program) is False:
        return f"there is no {program}"
    words = rest.split()
    if not program.endswith("/env") or not words or words[0].startswith("-") or "=" in words[0]:
        return ""
    if len(words) > 1:
        return f"env looks for one program called {rest.strip()!r}"
    folders = [folder for folder in (path or "").split(":") if folder]
    if folders and not any(host.executable(f"{folder}/{words[0]}") for folder in folders):
        return f"env finds no {words[0]} on PATH"
    return ""


@check(NOEXEC)
def on_noexec(snapshot: Snapshot, host: FileFacts) -> Iterator[CheckReport]:
    """FT128: a script whose file system executes nothing."""
    for job, reading in started(snapshot, host):
        for path in _executed(reading, host):
            if host.executes_nothing(path):
                sentence = f"{job.name} executes {path}, and its file system is mounted noexec."
                yield NOEXEC.found(sentence, (f"line  {job.location}",), job=job)


def _executed(reading: CommandFacts, host: FileFacts) -> Iterator[str]:
    """The files that are executed themselves, and folders that a shell is to read."""
    for one in reading.called:
        if one.tested_x or not runs_here(one.facts, one.path_variable or "", host):
            continue
        if one.executed or (one.by_shell and _is_folder(one.path, host)):
            yield one.path


def _is_folder(path: str, host: FileFacts) -> bool:
    found = host.mode(path)
    return found is not None and stat.S_ISDIR(found[0])


def _no_file(job: Job, path: str, mode: int) -> CheckReport:
    kind = next((word for test, word in _KINDS if test(mode)), "no file")
    return NOT_EXECUTABLE.found(
        f"{job.name} runs {kind} as a command: the shell ends with 126.",
        (f"{path}  {kind}", f"line  {job.location}"),
        title=f"{kind} is run as a command",
        fix="Name the program in it, or the one that is meant: E.",
        job=job,
    )


@check(SYNTAX_ERROR)
def syntax_error(snapshot: Snapshot, host: FileFacts) -> Iterator[CheckReport]:
    """FT112: what `bash -n` (or the script's own shell) says; asked once for each version of a script."""
    seen: set[str] = set()
    for job, reading in started(snapshot, host):
        path = reading.script
        script = host.script(path) if path is not None else None
        if path is None or path in seen:
            continue
        if script is None:
            seen.add(path)
            yield from _unread(SYNTAX_ERROR, path, host)
            continue
        shell = _shell(reading, script)
        if script.binary or script.returns or shell not in ("bash", "dash", "sh"):
            continue
        seen.add(path)
        if shutil.which(shell) is None:
            continue  # nothing here reads it: FT127 says so
        if script.size > LARGEST:
            yield SYNTAX_ERROR.unchecked(path, f"it is too large for a script: {script.size // 10**6} MB")
            continue
        try:
            ended = host.ask(shell, "-n", path, of=script.stamp)
        except ProbeFailed as unknown:
            what = "scripts" if str(unknown) == LATER else path
            yield SYNTAX_ERROR.unchecked(what, str(unknown))
            continue
        if ended.status:
            said = [sanitize_and_mask(decode(line)) for line in ended.err.splitlines() if line.strip()]
            yield SYNTAX_ERROR.found(
                f"{job.name} runs a script that {shell} cannot read to its end.",
                (*said[:3], f"line  {job.location}"),
                command=f"{shell} -n {shlex.quote(path)}",
                job=job,
            )


def _unread(rule: Rule, path: str, host: FileFacts) -> Iterator[CheckReport]:
    """That a script is there and could not be looked at; a missing file is reported elsewhere."""
    why = host.hidden(path, content=True)
    found = host.mode(path)
    if not why and found is not None and stat.S_ISREG(found[0]):
        why = "it cannot be read"
    if why:
        yield rule.hidden(path, why)


def _shell(reading: CommandFacts, script: ScriptFile) -> str:
    """The shell that reads the script; empty for another interpreter. Without a shebang line it is sh."""
    if reading.by:
        return reading.by if is_shell(reading.by) else ""
    return script.interpreter or "sh"


@check(FOREIGN_WORDS)
def script_ends_at_pipefail(snapshot: Snapshot, host: FileFacts) -> Iterator[CheckReport]:
    """FT126: a script of /bin/sh that begins with `set -o pipefail`, where that shell has no such option."""
    seen: set[str] = set()
    for job, reading in started(snapshot, host):
        path = reading.script
        script = host.script(path) if path is not None and path not in seen else None
        if path is None or script is None or _shell(reading, script) not in ("sh", "dash"):
            continue
        seen.add(path)
        line = host.worked_out(f"pipefail {path}", script.stamp, partial(_line_of_pipefail, host, path))
        if not line:
            continue
        try:
            ends = ends_at_pipefail(host)
        except ProbeFailed as unknown:
            yield FOREIGN_WORDS.unchecked(PIPEFAIL, str(unknown))
            continue
        if ends:
            yield FOREIGN_WORDS.found(
                f"{job.name} runs a script that its shell ends at {PIPEFAIL}.",
                (f"{path}:{line}  {PIPEFAIL}", f"line  {job.location}"),
                fix="Write #!/bin/bash in its first line, or take pipefail out.",
                job=job,
            )


def _line_of_pipefail(host: FileFacts, path: str) -> int:
    """The line that sets it whatever shell reads it, from 1; 0 for none."""
    text = host.text(path)
    match = _PIPEFAIL.search(text)
    return 0 if match is None or ASKS_SHELL.search(text) else text.count("\n", 0, match.start()) + 1


@check(SCRIPT_RETURNS)
def script_returns(snapshot: Snapshot, host: FileFacts) -> Iterator[CheckReport]:
    """FT113: a script whose lines end in a carriage return."""
    seen: set[str] = set()
    for job, reading in started(snapshot, host):
        path = reading.script
        script = host.script(path) if path is not None else None
        if path is None or path in seen or (script is not None and not script.returns):
            continue
        seen.add(path)
        if script is None:
            yield from _unread(SCRIPT_RETURNS, path, host)
            continue
        if not (script.shebang.endswith("\r") or is_shell(_shell(reading, script))) and reading.by:
            continue  # python and perl read such a file
        yield SCRIPT_RETURNS.found(
            f"{job.name} runs a script of which {script.returns} lines end as on Windows.",
            (f"{reading.script}  {script.returns} of {script.lines} lines end in CR LF",),
            command=host.as_owner(r"sed -i 's/\r$//'", path),
            job=job,
        )


@check(RELATIVE)
def relative_path(snapshot: Snapshot, host: FileFacts) -> Iterator[CheckReport]:
    """FT114: a script or folder that is not named from the root on; a note where it is there all the same."""
    for job, cron, reading in command_facts(snapshot):
        written = reading.relative
        if not written:
            continue
        path = (
            reading.script if reading.script and written == reading.written else f"{reading.start}/{written}"
        )
        there = host.exists(path)
        if there is False and any(path == folder.path for folder in reading.folders):
            continue  # FT129
        if there is None:
            yield RELATIVE.hidden(path, host.hidden(path))
            continue
        yield RELATIVE.found(
            f"{job.name} looks for {written} in {reading.start}, where cron starts it"
            + (", and finds it there." if there else ": there is none."),
            (f"written  {written}", f"means  {path}", f"line  {job.location}"),
            severity=Severity.NOTE if there else Severity.WARNING,
            remedy=_absolute(job, cron.command, written, path) if there else None,
            job=job,
        )


def _absolute(job: Job, command: bytes, written: str, path: str) -> Remedy | None:
    """The command with the whole path, where that is the only place of the word."""
    text = decode(command)
    if not job.editable or text.count(written) != 1:
        return None
    return Remedy("command", f"write {path}", text.replace(written, path))
