"""Opens the file behind a job in the user's editor: the script, else the unit, else the table."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess

from textual.app import App, SuspendNotSupported

from fedtui.actions.plan import Refused
from fedtui.crontab.command import script_path
from fedtui.model import Job


def file_of(job: Job, home: str) -> str:
    """The path to open. Raises Refused where the job has no file of its own."""
    if job.timer is not None:
        return job.timer.service_fragment or job.timer.fragment or job.location.path
    script = None
    if job.cron is not None:
        script = script_path(job.cron.command, home, job.cron.environment)
    if script is not None and os.path.exists(script):  # noqa: PTH110  # one stat, before the screen is left
        return script
    if job.location.path.startswith("/"):
        return job.location.path
    missing = f"{script} is not there." if script else "Its line names no script."
    raise Refused(missing, "", "E edits the line itself.")


def editor() -> list[str]:
    """The user's editor as an argument list: $VISUAL, $EDITOR, else what Debian calls editor, else vi."""
    for variable in ("VISUAL", "EDITOR"):
        words = shlex.split(os.environ.get(variable, ""))
        if words:
            return words
    return [next((name for name in ("editor", "nano", "vi") if shutil.which(name)), "vi")]


def edit_file(app: App[str], path: str) -> None:
    """Give the terminal to the editor until it ends; it has no deadline, a person works in it."""
    command = [*editor(), path]
    try:
        with app.suspend():
            subprocess.run(command, check=False)
    except SuspendNotSupported as error:
        raise Refused(
            "This terminal cannot be given to an editor.", "", f"Run: {shlex.join(command)}"
        ) from error
    except OSError as error:
        raise Refused(f"{command[0]} cannot be started: {error.strerror}.", "", "Set EDITOR.") from error
