"""The recorder's program and its links to logs, put where the recorded lines of a crontab look. Blocking."""

from __future__ import annotations

import os
import pwd
from collections.abc import Iterator
from contextlib import suppress
from importlib import resources
from pathlib import Path

from fedtui.action_result import Refused
from fedtui.changes.edits import Edit, RecorderEdit, TableEdit
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
    with suppress(OSError):
        now = (
            runs_folder(config).is_dir()
            and program_path(config).read_bytes() == _program()
            and all(_link_of(config, key) == log for key, log in edit.links)
        )
    return EditState.of(now, edit.before, edit.after)


def apply_recorder_edit(edit: RecorderEdit, config: Config) -> None:
    """Put program, folders and links in their place; nothing is taken away. Raises Refused."""
    if edit.before:
        return
    try:
        for folder in (config.state, config.recorder, runs_folder(config), _links(config)):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        program = program_path(config)
        if not program.is_file() or program.read_bytes() != _program():
            write_atomically(program, _program(), mode=0o700)
        for key, log in edit.links:
            _link(config, key, log)
    except OSError as error:
        raise Refused(
            f"The recorder cannot be put in its place: {error.filename}: {error.strerror}.",
            advice=f"Check that {display_path(config.recorder)} is yours, writable and not full.",
        ) from error


def _program() -> bytes:
    return resources.files("fedtui.runs").joinpath("recorder.sh").read_bytes()


def _links(config: Config) -> Path:
    return config.recorder / "logs"


def _link_of(config: Config, key: str) -> str | None:
    link = _links(config) / key
    return str(link.readlink()) if link.is_symlink() else None


def _link(config: Config, key: str, log: str | None) -> None:
    """A symbolic link, by which the recorder finds out how long the job's log is."""
    if log is not None and _link_of(config, key) == log:
        return
    link = _links(config) / key
    link.unlink(missing_ok=True)
    if log is not None:
        link.symlink_to(log)
