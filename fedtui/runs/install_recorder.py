"""The recorder's program and its links to logs, put where the recorded lines of a crontab look. Blocking."""

from __future__ import annotations

import os
import pwd
from importlib import resources
from pathlib import Path

from fedtui.action_result import Refused
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


def install_recorder(ports: Ports, table: bytes | None, user: str) -> None:
    """Put the program, and the links to logs, where the recorded lines of `table` look. Raises Refused."""
    if table is None or b"fedtui_run=" not in table:
        return
    config = ports.config
    program = program_path(config)
    ours = [
        entry
        for entry in Document.parse(table, user=user, dialect=ports.dialect()).entries
        if entry.recorder is not None and entry.recorder.path == str(program)
    ]
    if not ours:
        return
    home = pwd.getpwuid(os.geteuid()).pw_dir
    try:
        for folder in (config.state, config.recorder, runs_folder(config), config.recorder / "logs"):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        text = resources.files("fedtui.runs").joinpath("recorder.sh").read_bytes()
        if not program.is_file() or program.read_bytes() != text:
            write_atomically(program, text, mode=0o700)
        for entry in ours:
            log = next(iter(log_paths(entry.command, home, entry.environment)), None)
            if entry.recorder is not None:
                _link(config.recorder / "logs" / entry.recorder.key, log)
    except OSError as error:
        raise Refused(
            f"The recorder cannot be put in its place: {error.filename}: {error.strerror}.",
            advice=f"Check that {display_path(config.recorder)} is yours, writable and not full.",
        ) from error


def _link(link: Path, log: str | None) -> None:
    """A symbolic link, by which the recorder finds out how long the job's log is."""
    if link.is_symlink() and log is not None and str(link.readlink()) == log:
        return
    link.unlink(missing_ok=True)
    if log is not None:
        link.symlink_to(log)
