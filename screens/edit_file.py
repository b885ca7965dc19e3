"""Opens the file behind a job in the user's editor: the script, else the unit, else the table."""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess
from typing import assert_never

from textual.app import App, SuspendNotSupported

from fedtui.action_result import Refused
from fedtui.crontab.command import read_command
from fedtui.model import CronFacts, Job, TimerFacts
from fedtui.safe_text import sanitize_and_mask
from fedtui.system.processes import signal_name


def file_of(job: Job, home: str) -> str:
    """The path to open. Raises Refused where the job has no file of its own."""
    match job.facts:
        case TimerFacts() as timer:
            return timer.service_fragment or timer.fragment or job.location.path
        case CronFacts() as cron:
            script = read_command(cron.command, home, cron.environment, job.user).script
        case _ as never:
            assert_never(never)
    if script is not None and os.path.exists(script):  # noqa: PTH110  # one stat, before the screen is left
        return script
    if job.location.path.startswith("/"):
        return job.location.path
    missing = f"{script} is not there." if script else "Its line names no script."
    raise Refused(missing, "", "E edits the line itself.")


def editor() -> list[str]:
    """The user's editor as an argument list: $VISUAL, $EDITOR, else what Debian calls editor, else vi.

    A value that names a program as a whole is that program, also with blanks in it. Raises Refused where a
    quote in it is not closed.
    """
    for variable in ("VISUAL", "EDITOR"):
        value = os.environ.get(variable, "").strip()
        if value and shutil.which(value):
            return [value]
        try:
            words = shlex.split(value)
        except ValueError as error:
            raise Refused(f"{variable} is no command line: {error}.", "", f"Set {variable}.") from error
        if words:
            return words
    return [next((name for name in ("editor", "nano", "vi") if shutil.which(name)), "vi")]


def edit_file(app: App[str], path: str) -> str:
    """Give the terminal to the editor until it ends; it has no deadline, a person works in it.

    Returns what is to be said of its end, empty where that was good. Raises Refused where it did not start.
    """
    command = [*editor(), path]
    try:
        with app.suspend():
            ended = _run(command)  # raises nothing: Textual would not take the terminal back
    except SuspendNotSupported as error:
        raise Refused(
            "This terminal cannot be given to an editor.", "", f"Run: {shlex.join(command)}"
        ) from error
    name = sanitize_and_mask(command[0])
    if isinstance(ended, OSError):
        why = "it is a folder" if os.path.isdir(command[0]) else ended.strerror  # noqa: PTH112  # no pathlib here
        raise Refused(f"{name} cannot be started: {why}.", "", "Set EDITOR to an editor that is installed.")
    if ended < 0:
        return f"{name} was killed by {signal_name(-ended)}; see whether your changes were saved."
    return f"{name} ended with exit status {ended}; see whether your changes were saved." if ended else ""


def _run(command: list[str]) -> int | OSError:
    """Run the editor. Its ctrl+c is its own: the terminal sends the signal to us as well."""
    kept = {number: signal.signal(number, _nothing) for number in (signal.SIGINT, signal.SIGQUIT)}
    try:
        return subprocess.run(command, check=False).returncode
    except OSError as error:
        return error
    finally:
        for number, handler in kept.items():
            signal.signal(number, handler)


def _nothing(_number: int, _frame: object) -> None:
    """Unlike SIG_IGN, a handler is not handed down to the editor."""
