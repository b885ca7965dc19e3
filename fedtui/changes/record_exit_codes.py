"""The recorder as an action: put around a cron line and taken away, its program kept in its place. Blocking.

The plan is a change of the table like any other. What the line needs beside it (the program, and for each
recorded job a link to its log) is put there before any table that names it is written.
"""

from __future__ import annotations

from fedtui.action_result import Refused
from fedtui.changes.cron_change import edited_text
from fedtui.changes.open_table import Tables
from fedtui.changes.plan import Step
from fedtui.changes.wording import Wording
from fedtui.crontab import record_edit
from fedtui.model import Job, SourceName
from fedtui.ports import Ports
from fedtui.runs.install_recorder import program_path
from fedtui.safe_text import display_path


def propose_record(job: Job, tables: Tables, ports: Ports) -> Wording:
    """Put the recorder around the job's command. Raises Refused."""
    _require_recordable(job, ports)
    table, path = tables.of_job(job), program_path(ports.config)
    new = edited_text(table, table.entry(job), lambda doc, entry: record_edit.record(doc, entry, str(path)))
    tables.put(table, new)
    summary = (
        "Record when cron's runs begin and end, and with what exit status. The command, its streams and its "
        "exit status stay as they are, and the job runs even where the recorder is gone."
    )
    done = f"{job.name} is recorded from its next run on."
    step = Step("write", f"{display_path(path)}, the recorder")
    return Wording("record", job.id, job.name, summary, done, before=(step,))


def propose_unrecord(job: Job, tables: Tables) -> Wording:
    """The line as it was before it was recorded. Raises Refused."""
    table = tables.of_job(job)
    tables.put(table, edited_text(table, table.entry(job), record_edit.unrecord))
    summary = "Record no longer: the line is again what it was. What was recorded stays in the history."
    return Wording("record", job.id, job.name, summary, f"{job.name} is no longer recorded.")


def _require_recordable(job: Job, ports: Ports) -> None:
    """Raise Refused for a job that the recorder cannot be put around."""
    if ports.demo:
        raise Refused("The demo's own scheduler keeps every exit status: nothing needs a recorder.")
    if job.source is not SourceName.CRONTAB or job.user != ports.user:
        where = job.location.path if job.source is not SourceName.CRONTAB else f"the crontab of {job.user}"
        raise Refused(
            f"{job.name} is in {where}, and the recorder lies in a folder that is {ports.user}'s alone.",
            advice="It can be put around the lines of one's own crontab.",
        )
