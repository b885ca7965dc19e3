"""The recorder as an action: put around a cron line and taken away, its program kept in its place. Blocking.

The plan is a change of the table like any other. What the line needs beside it (the program, and for each
recorded job a link to its log) is put there before any table that names it is written.
"""

from __future__ import annotations

import os
import pwd
from importlib import resources
from pathlib import Path

from fedtui.action_result import Refused
from fedtui.changes.backup import display_path
from fedtui.changes.cron_change import PlanText, edited_text, plan_table
from fedtui.changes.open_table import LineFixes, open_table
from fedtui.changes.plan import Plan, Step
from fedtui.config import Config
from fedtui.crontab import Document, log_paths, record_edit
from fedtui.model import Job, SourceName
from fedtui.ports import Ports
from fedtui.system.atomic_write import write_atomically

PROGRAM = "record"


def program_path(config: Config) -> Path:
    """Where the recorder stands; lines of the table name it, so it does not move."""
    return config.recorder.absolute() / PROGRAM


def runs_folder(config: Config) -> Path:
    """Where the recorder writes; `sources.recorder` reads it."""
    return config.recorder / "runs"


def plan_record(job: Job, ports: Ports, mend: LineFixes | None = None) -> Plan:
    """The recorder put around the job's command. Raises Refused."""
    _recordable(job, ports)
    table = open_table(job, ports, mend)
    path = str(program_path(ports.config))
    new = edited_text(table, table.entry(job), lambda doc, entry: record_edit.record(doc, entry, path))
    summary = (
        "Record when cron's runs begin and end, and with what exit status. The command, its streams and its "
        "exit status stay as they are, and the job runs even where the recorder is gone."
    )
    words = PlanText("record", job.id, job.name, summary, f"{job.name} is recorded from its next run on.")
    step = Step("write", f"{display_path(Path(path))}, the recorder")
    return plan_table(table, new, ports, words, before=(step,))


def plan_unrecord(job: Job, ports: Ports, mend: LineFixes | None = None) -> Plan:
    """The line as it was before it was recorded. Raises Refused."""
    table = open_table(job, ports, mend)
    new = edited_text(table, table.entry(job), record_edit.unrecord)
    summary = "Record no longer: the line is again what it was. What was recorded stays in the history."
    words = PlanText("record", job.id, job.name, summary, f"{job.name} is no longer recorded.")
    return plan_table(table, new, ports, words)


def _recordable(job: Job, ports: Ports) -> None:
    if job.timer is not None:
        raise Refused(f"{job.name} is a systemd timer: systemd itself keeps the exit status of its runs.")
    if ports.demo:
        raise Refused("The demo's own scheduler keeps every exit status: nothing needs a recorder.")
    if job.source is not SourceName.CRONTAB or job.user != ports.user:
        where = job.location.path if job.source is not SourceName.CRONTAB else f"the crontab of {job.user}"
        raise Refused(
            f"{job.name} is in {where}, and the recorder lies in a folder that is {ports.user}'s alone.",
            advice="It can be put around the lines of one's own crontab.",
        )


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
        text = resources.files("fedtui.changes").joinpath("recorder.sh").read_bytes()
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
