"""The recorder as an action: put around a cron line and taken away, its program kept in its place. Blocking.

The plan is a change of the table like any other. What the line needs beside it (the program, and for each
recorded job a link to its log) is put there before any table that names it is written.
"""

from __future__ import annotations

from collections.abc import Iterable

from fedtui.action_result import Refused
from fedtui.changes.cron_change import edited_text
from fedtui.changes.open_table import Tables
from fedtui.changes.recorder_place import program_path, runs_folder
from fedtui.changes.wording import Wording
from fedtui.config import Config
from fedtui.crontab import record_edit
from fedtui.model import Job, Snapshot, SourceName, cron_jobs
from fedtui.ports import Ports
from fedtui.safe_text import display_path

OFFER = "FT309"
"""The finding that offers to record a job; silenced, nothing offers it."""


def unrecorded(jobs: Iterable[Job], user: str, config: Config) -> list[Job]:
    """The jobs whose exit codes could be recorded and are not: lines of the crontab of `user`."""
    path = str(program_path(config))
    return [job for job in jobs if job.user == user and record_edit.may_record(job, path)]


def jobs_to_record(snapshot: Snapshot, ports: Ports, *, off: bool) -> tuple[Job, ...]:
    """The jobs that `fedtui record --all` is about, with `off` those that are recorded. Raises Refused.

    Left out are lines of which FT309 is silenced, by a comment above or by their id in config.toml.
    """
    unread = next((one for one in snapshot.troubles if one.source == SourceName.CRONTAB), None)
    if unread is not None:
        raise Refused(unread.message, advice=unread.advice)
    if off:
        found = [job for job in snapshot.jobs if job.facts.record_key]
    else:
        _refuse_in_demo(ports)
        able = unrecorded(snapshot.jobs, ports.user, ports.config)
        ignored = {line.removeprefix(f"{OFFER} ") for line in ports.config.ignore}
        found = [job for job, cron in cron_jobs(able) if OFFER not in cron.silenced and job.id not in ignored]
    if not found:
        raise Refused("No job is recorded." if off else "Every job that can be recorded is recorded already.")
    return tuple(found)


def recorder_words(config: Config) -> str:
    """What the recorder does to a job, for a plan: it follows "Wraps the line in"."""
    return (
        "fedtui's recorder, which writes start, end, exit code and log size to "
        f"{display_path(runs_folder(config))}. Command, output and exit code don't change, and the job still "
        "runs if the recorder is missing."
    )


def propose_record(job: Job, tables: Tables, ports: Ports) -> Wording:
    """Put the recorder around the job's command. Raises Refused."""
    table, path, runs = tables.of_job(job), str(program_path(ports.config)), runs_folder(ports.config)

    def has_records(key: str) -> bool:
        try:
            return (runs / f"{key}.last").exists()
        except PermissionError:  # such a folder is refused when the recorder is put there
            return False

    new = edited_text(
        table, table.entry(job), lambda doc, entry: record_edit.record(doc, entry, path, has_records)
    )
    tables.put(table, new)
    words = recorder_words(ports.config)
    return Wording(
        *("record", job.id, job.name, f"Wraps the line in {words}"),
        f"{job.name} is recorded from its next run on.",
        several=f"Wraps the lines of {{jobs}} in {words}",
        several_done="{jobs} are recorded from their next runs on.",
    )


def propose_unrecord(job: Job, tables: Tables) -> Wording:
    """The line as it was before it was recorded. Raises Refused."""
    table = tables.of_job(job)
    tables.put(table, edited_text(table, table.entry(job), record_edit.unrecord))
    kept = "The history keeps what was recorded."
    return Wording(
        *("record", job.id, job.name, f"Removes fedtui's recorder: restores the original line. {kept}"),
        f"{job.name} is no longer recorded.",
        several=f"Removes fedtui's recorder from {{jobs}}: restores the original lines. {kept}",
        several_done="{jobs} are no longer recorded.",
    )


def require_recordable(job: Job, ports: Ports) -> None:
    """Raise Refused for a job that the recorder cannot be put around."""
    _refuse_in_demo(ports)
    if job.source is not SourceName.CRONTAB or job.user != ports.user:
        where = job.location.path if job.source is not SourceName.CRONTAB else f"the crontab of {job.user}"
        raise Refused(
            f"{job.name} is in {where}, and the recorder lies in a folder that is {ports.user}'s alone.",
            advice="It can be put around the lines of one's own crontab.",
        )


def _refuse_in_demo(ports: Ports) -> None:
    if ports.demo:
        raise Refused("The demo's own scheduler keeps every exit code: nothing needs a recorder.")
