"""Which job a process is that cron started: by its user, and by the command that its shell was given.

Two questions, one place: `is_of` is certain, for stopping the process; `match` is for the eye, and
also takes a shell that has turned itself into the last program of the job's line.
"""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Iterator, Sequence, Set

from fedtui.model import CronFacts, Job, cron_jobs
from fedtui.system.accounts import name_of
from fedtui.system.processes import CronProcess

_SHEBANG = 2  # an interpreter and its one option may come before a script's path

_REDIRECTION = re.compile(r"[0-9]*(?:>>|>&|<<<|<&|[<>])|&>>?")


def is_of(process: CronProcess, cron: CronFacts) -> bool:
    """True where `process`, whose user is looked at elsewhere, is certainly a run of that line.

    By the text after `-c`; where the shell became the command's own program, by that one's arguments.
    """
    if process.command is not None:
        return process.command in (cron.command, cron.given)
    words = _words(cron)
    return bool(words) and [word.decode("utf-8", "surrogateescape") for word in process.argv] == words


def _words(cron: CronFacts) -> list[str]:
    import shlex

    try:
        return shlex.split(cron.command.decode("utf-8", "surrogateescape"))
    except ValueError:
        return []


def match(
    process: CronProcess,
    jobs: Sequence[Job],
    due: Set[str] = frozenset(),
    taken: Set[str] = frozenset(),
) -> Job | None:
    """The job whose shell `process` is most likely, or None where that is not certain enough to be shown.

    The user and the bytes of the command decide; of several jobs with the same command, one that is due and
    is not taken. A shell that became its command's program is recognised by that program's arguments.
    """
    user = name_of(process.uid)
    mine = [(job, cron) for job, cron in cron_jobs(jobs) if job.user == user]
    same = [job for job, cron in mine if is_of(process, cron)]
    if not same and process.command is None:
        same = [job for job, cron in mine if _became(cron, process.argv)]
        if len({job.command for job in same}) > 1:
            return None
    same.sort(key=lambda job: (job.id in taken, job.id not in due))
    return same[0] if same else None


def _became(cron: CronFacts, argv: tuple[bytes, ...]) -> bool:
    """True when `argv` may be the last program of the job's command line, which bash turns itself into."""
    words = _words(cron)
    wanted = [os.fsencode(_expanded(word, cron.home)) for word in _without_redirections(words)]
    for skipped in range(min(_SHEBANG + 1, len(argv))):
        program, *arguments = argv[skipped:]
        tail = wanted[-len(arguments) - 1 :]
        same_program = bool(tail) and posixpath.basename(tail[0]) == posixpath.basename(program)
        if same_program and tail[1:] == arguments:
            return True
    return False


def _expanded(word: str, home: str) -> str:
    if word == "~" or word.startswith("~/"):
        return home + word[1:]
    return word.replace("${HOME}", home).replace("$HOME", home)


def _without_redirections(words: Sequence[str]) -> Iterator[str]:
    """The words of a command without `>> file`, `2>&1` and the like."""
    target = False
    for word in words:
        operator = _REDIRECTION.match(word)
        if target:
            target = False
        elif operator is not None:
            target = operator.end() == len(word)
        else:
            yield word
