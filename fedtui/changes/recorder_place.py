"""The recorder's program and its links to logs, put where the recorded lines of a crontab look. Blocking."""

from __future__ import annotations

import os
import pwd
from collections.abc import Iterator
from contextlib import suppress
from importlib import resources
from pathlib import Path

from fedtui.action_result import Refused
from fedtui.changes import file_edits
from fedtui.changes.edits import Edit, FolderEdit, RecorderEdit, TableEdit
from fedtui.changes.plan import EditState
from fedtui.config import Config
from fedtui.crontab import Document, log_paths
from fedtui.ports import Ports
from fedtui.safe_text import display_path
from fedtui.system.atomic_write import write_atomically

PROGRAM = "record"


def program_path(config: Config) -> Path:
    """Where the recorder is installed; lines of the table name it, so it does not move."""
    return config.recorder.absolute() / PROGRAM


def runs_folder(config: Config) -> Path:
    """Where the recorder writes; `sources.recorder` reads it."""
    return config.recorder / "runs"


def recorder_edits(edit: Edit, ports: Ports) -> Iterator[RecorderEdit]:
    """What has to come before an edit of the user's own crontab whose recorded lines lack the recorder."""
    if not isinstance(edit, TableEdit) or edit.table != "crontab" or edit.user != ports.user:
        return
    if edit.after is None or b"fedtui_run=" not in edit.after:
        return
    program, home = str(program_path(ports.config)), pwd.getpwuid(os.geteuid()).pw_dir
    links = tuple(
        (entry.recorder.key, next(iter(log_paths(entry.command, home, entry.environment)), None))
        for entry in Document.parse(edit.after, user=edit.user, dialect=ports.dialect()).entries
        if entry.recorder is not None and entry.recorder.path == program
    )
    needed = RecorderEdit(links)
    if links and state_of(needed, ports.config) is not EditState.AFTER:
        yield needed


def state_of(edit: RecorderEdit, config: Config) -> EditState:
    """Whether program, folders and links are as the edit has them; the inverse leaves them as they are."""
    if edit.before:
        return EditState.AFTER
    now = False
    with suppress(OSError, Refused), file_edits.held(_links(config)) as at:
        now = (
            file_edits.is_folder(str(runs_folder(config))) is True
            and file_edits.read_state(str(program_path(config))) == _program()
            and all(_link_of(key, at) == log for key, log in edit.links)
        )
    return EditState.of(now, edit.before, edit.after)


def apply_recorder_edit(edit: RecorderEdit, config: Config) -> None:
    """Put program, folders and links in their place; nothing is taken away. Raises Refused."""
    if edit.before:
        return
    program, links, us = program_path(config), _links(config), os.geteuid()
    try:
        for folder in (*reversed(program.parents), runs_folder(config), links):
            file_edits.make_folder(FolderEdit(str(folder), True, 0o700))
        with file_edits.held(program.parent, us) as at:
            write_atomically(Path(program.name), _program(), mode=0o700, at=at)
        with file_edits.held(links, us) as at:
            for key, log in edit.links:
                _link(key, log, at)
    except OSError as error:
        where = display_path(config.recorder)
        raise Refused(
            f"The recorder cannot be put in its place: {where}: {error.strerror}.",
            advice=f"Check that {where} is yours, writable and not full.",
        ) from error


def _program() -> bytes:
    return resources.files("fedtui.runs").joinpath("recorder.sh").read_bytes()


def _links(config: Config) -> Path:
    return config.recorder / "logs"


def _link_of(key: str, at: int) -> str | None:
    with suppress(OSError):  # not there, or no link
        return os.readlink(key, dir_fd=at)
    return None


def _link(key: str, log: str | None, at: int) -> None:
    """A symbolic link, by which the recorder finds out how long the job's log is."""
    if log is not None and _link_of(key, at) == log:
        return
    with suppress(FileNotFoundError):
        os.unlink(key, dir_fd=at)
    if log is not None:
        os.symlink(log, key, dir_fd=at)
