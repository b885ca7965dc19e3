"""A short name for a job that has no `# name:` comment: what is run, not what runs it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from fedtui.crontab.command import GUARDS, CommandLine, main_step
from fedtui.crontab.shell_state import Step, started_by, walk
from fedtui.crontab.shell_words import Word
from fedtui.crontab.wrappers import Target, TargetKind, basename, find_target, launch, program_of
from fedtui.safe_text import decode

_EXTENSION = re.compile(r"(?<=.)\.[A-Za-z][A-Za-z0-9]{0,4}\Z")
_TAG = re.compile(r"[:@].*\Z", re.DOTALL)
_LONGEST = 40


class _Tasks(NamedTuple):
    """A task runner: its options with an argument, and the words before the name of a task."""

    with_argument: str = ""
    long_with_argument: tuple[str, ...] = ()
    before: tuple[str, ...] = ()


_CONSOLE = _Tasks("e", ("--env",))
_NODE = _Tasks("CFw", ("--prefix", "--cwd", "--filter", "--dir", "--workspace"), ("run", "run-script"))
_RUNNERS: Mapping[str, _Tasks] = {
    **dict.fromkeys(("artisan", "console", "occ", "yii", "craft", "magento"), _CONSOLE),
    **dict.fromkeys(
        ("cake", "cake.php", "index.php", "django-admin", "django-admin.py", "manage.py"), _Tasks()
    ),
    **dict.fromkeys(("spark", "typo3", "think"), _Tasks()),
    "mix": _Tasks("", (), ("run",)),
    **dict.fromkeys(("gradle", "gradlew"), _Tasks("pbIgP", ("--project-dir", "--build-file"))),
    **dict.fromkeys(("npm", "yarn", "pnpm"), _NODE),
    **dict.fromkeys(("drush", "drush.php", "drush.phar"), _Tasks("lr", ("--uri", "--root"))),
    "symfony": _Tasks("e", ("--env",), ("console",)),
    "composer": _Tasks("d", ("--working-dir",), ("run", "run-script")),
    "flask": _Tasks("Ae", ("--app", "--env-file")),
    **dict.fromkeys(
        ("rake", "gitlab-rake"), _Tasks("fICRrjm", ("--rakefile", "--libdir", "--require", "--directory"))
    ),
    "rails": _Tasks("e", ("--environment",), ("runner", "r")),
    **dict.fromkeys(("make", "gmake"), _Tasks("CfIo", ("--directory", "--file", "--makefile"))),
    "just": _Tasks("fd", ("--justfile", "--working-directory")),
}
_SET = re.compile(r"[A-Za-z_]\w*\+?=")
_UNKNOWN = re.compile(r"""[<>]\(|"?(?:\$\([^()]*\)|`[^`]*`|\$\{?\w+\}?)"?\Z""")
"""A word that names nothing: a substitution or a variable alone."""
_CALL = re.compile(r"(?<![\w.])[A-Z][\w:]*(?:\.[A-Za-z_][\w?!]*)+")


@lru_cache(maxsize=16384)
def entry_name(command: bytes) -> str:
    """The name of the job that runs `command` (what the shell gets); never empty.

    The script's file name without its extension, a task runner's task, wrappers looked through; for run-parts
    the folder's name; else the program's; where neither is known, the start of the command.
    """
    return name_of(main_step(walk(command, None, {"HOME": "/~"}).steps), command)


def name_of(step: Step | None, command: bytes) -> str:
    """The same where the main step of `command` is known."""
    return (_of_step(step) if step is not None else "") or _start(command)


def former_names(line: CommandLine, command: bytes) -> tuple[str, ...]:
    """The names that older versions gave the job: kept settings may still hold them."""
    names = [_first_name(line.steps, command)]
    step = main_step(line.steps, older=True) if len(line.steps) > 1 else line.main
    if step is not None and (step is not line.main or any(sign in command for sign in (b"~", b"$", b"'"))):
        names.append(_of_step(step, older=True))
    return tuple(filter(None, names))


def _first_name(steps: Sequence[Step], command: bytes) -> str:
    """The name from before fedtui looked through runners."""
    first: Target | None = None
    for step in steps:
        target = find_target(step.words, older=True) if step.words and not step.nested else None
        if target is None or target.what is TargetKind.CODE:
            continue
        if step.words[0].literal not in GUARDS:
            return _former(target) or _start(command)
        first = first or target
    return (_former(first) if first is not None else "") or _start(command)


def _start(command: bytes) -> str:
    return " ".join(decode(command).split())[:_LONGEST] or "empty command"


def _former(target: Target) -> str:
    folder = _folder(target)
    if folder is not None:
        return _base(folder.raw)
    if target.what is TargetKind.MODULE:
        return _text(target.word.raw)
    return _EXTENSION.sub("", _base(target.word.raw))


def _of_step(step: Step, *, older: bool = False) -> str:
    # A user column in a user's own table is no program.
    column = step.name == "root" and len(step.words) > 1
    launched = launch(step.words[column:], older=older) if column or older else step.launch
    if launched is None:
        return ""
    target = launched.target
    if not older and program_of(target.word) == "xargs":
        target = next((one.target for one in map(launch, started_by(launched)) if one), target)
    folder = _folder(target)
    if folder is not None:
        return _base(folder.raw)
    if launched.image:
        return _TAG.sub("", _base(target.word.raw))
    if not older and target.lookups and _UNKNOWN.match(target.word.raw):
        target = Target(TargetKind.PROGRAM, target.lookups[-1], ())
    name = "" if older else _text(program_of(target.word))
    name = name or _base(target.word.raw)
    if target.what is TargetKind.MODULE:
        return name.rpartition(".")[2]
    return _task(name, target.rest) or _EXTENSION.sub("", name)


def _folder(target: Target) -> Word | None:
    """The folder of `run-parts FOLDER`."""
    if target.what is not TargetKind.PROGRAM or basename(target.word.raw) != "run-parts":
        return None
    return next((word for word in reversed(target.rest) if not word.raw.startswith("-")), None)


def _task(name: str, rest: Sequence[Word]) -> str:
    """The task that a task runner is given; empty for other programs."""
    tasks = _RUNNERS.get(name)
    if tasks is None:
        return ""
    words = _arguments(tasks, rest)
    if name == "yarn" and len(words) > 2 and words[0].raw == "workspace":
        words = _arguments(tasks, words[2:])
    if words and words[0].raw in tasks.before:
        code = words[0].raw in ("runner", "r")
        words = _arguments(tasks, words[1:])
        if code:
            text = _text(words[0].raw) if words else ""
            call = None if text.endswith(".rb") else _CALL.search(text)
            return call[0] if call is not None else _EXTENSION.sub("", _base(text))
    words = [word for word in words if not _SET.match(word.raw)]
    task = _text(words[0].raw) if words else ""
    return _EXTENSION.sub("", _base(task)) if task.endswith(".exs") else task


def _arguments(tasks: _Tasks, words: Sequence[Word]) -> list[Word]:
    """`words` from the first that is no option on."""
    at = 0
    while at < len(words) and words[at].raw.startswith(("-", "@", "+")):
        text = words[at].raw
        at += 1
        if text.startswith("--"):
            at += text in tasks.long_with_argument
        else:
            at += (
                len(text) > 1
                and text[-1] in tasks.with_argument
                and (len(text) == 2 or text[1] not in tasks.with_argument)
            )
    return list(words[at:])


def _base(raw: str) -> str:
    """The last component of a path as written; a variable in its folders does no harm."""
    return _text(basename(raw.strip("\"'").rstrip("/")))


def _text(text: str) -> str:
    shown = text if text.isascii() and text.isprintable() else decode(text.encode("utf-8", "surrogateescape"))
    return shown.strip("\"' \t\r\n")
