"""What pause, resume, reschedule, new, edit, delete and fix make of the lines of cron tables.

Each function edits the open table and says what a plan says of it; nothing is written here. Blocking.
"""

from __future__ import annotations

from collections.abc import Callable

from fedtui.action_result import Refused
from fedtui.changes.cron_text import draft_text, first_run, frequency, pitfall_warnings, words_of
from fedtui.changes.draft import Draft
from fedtui.changes.open_table import OpenTable, Tables
from fedtui.changes.wording import Wording
from fedtui.crontab import Document, Entry, edit
from fedtui.crontab.commented import uncommented_line as uncommented
from fedtui.crontab.edit import EditError
from fedtui.model import CommentedOut, Job, State
from fedtui.ports import Ports
from fedtui.safe_text import sanitize_and_mask
from fedtui.schedule.patterns import listing
from fedtui.system.local_time import day

DocumentEdit = Callable[[Document, Entry], bytes]


def propose_pause(job: Job, tables: Tables) -> Wording:
    """Put the line behind a marker comment."""
    _edit(job, tables, edit.pause)
    summary = "Pause: it does not run until you resume it. By hand: delete the marker in front of the line."
    return Wording("pause", job.id, job.name, summary, f"Paused {job.name}.")


def propose_resume(job: Job, tables: Tables, ports: Ports) -> Wording:
    """Take the marker off, the line byte for byte as it was."""
    entry = _edit(job, tables, edit.resume)
    summary = f"Resume: {words_of(entry.schedule, job)}, next {first_run(entry.schedule, job, ports)}."
    warnings = pitfall_warnings(entry.schedule, job, ports)
    return Wording("resume", job.id, job.name, summary, f"Resumed {job.name}.", warnings)


def propose_reschedule(
    job: Job, schedule: str, reason: str, ticket: str, tables: Tables, ports: Ports
) -> Wording:
    """Another schedule, nothing else on the line changed."""
    given = {"reason": reason, "ticket": ticket, "day": day(ports.clock())}
    entry = _edit(job, tables, lambda doc, found: edit.reschedule(doc, found, schedule, **given))
    before, after = words_of(entry.schedule, job), words_of(schedule, job)
    summary = f"Reschedule from {before} to {after}. {frequency(entry.schedule, schedule, job)}".strip()
    warnings = pitfall_warnings(schedule, job, ports)
    if entry.paused:
        warnings = (*warnings, "The job is paused and stays so: it runs again when you resume it.")
    return Wording("reschedule", job.id, job.name, summary, f"{job.name} runs {after} now.", warnings)


def propose_new(draft: Draft, tables: Tables, ports: Ports) -> Wording:
    """Add a job at the end of the user's own table."""
    table = tables.of_user(ports.user)
    try:
        text = edit.add(table.document, draft.schedule, draft.command, name=draft.name, note=draft.note)
    except EditError as error:
        raise _refused(error) from error
    added = table.document.reparse(text).entries[-1]
    tables.put(table, text)
    summary = (
        f"New job {sanitize_and_mask(added.name)}: {words_of(added.schedule, None, ports)}, "
        f"first {first_run(added.schedule, None, ports)}."
    )
    warnings = pitfall_warnings(added.schedule, None, ports)
    return Wording("new", f"crontab:{added.id_key}", added.name, summary, f"Added {added.name}.", warnings)


def propose_edit(job: Job, draft: Draft, tables: Tables, ports: Ports) -> Wording:
    """Schedule, command, name and note as the form has them; what is as before keeps its bytes."""
    table = _table_of(job, tables)
    entry = table.entry(job)
    was = draft_text(entry)
    changed = {
        part: getattr(draft, part)
        for part in ("schedule", "command", "name", "note")
        if getattr(draft, part) != getattr(was, part)
    }
    _edit(job, tables, lambda doc, found: edit.edit(doc, found, **changed))
    summary = f"Change the {listing(list(changed))}." if changed else "Change the line."
    warnings: tuple[str, ...] = ()
    if "schedule" in changed:
        summary += f" From {words_of(was.schedule, job)} to {words_of(draft.schedule, job)}."
        warnings = pitfall_warnings(draft.schedule, job, ports)
    now = tables.of_job(job).document.entries[table.document.entries.index(entry)]
    new_id = f"{job.source}:{now.id_key}"
    moves = ((job.id, new_id),) if new_id != job.id else ()
    return Wording("edit", job.id, job.name, summary, f"Changed {job.name}.", warnings, moves=moves)


def propose_delete(job: Job, tables: Tables) -> Wording:
    """Take out the entry and what belongs to it alone."""
    table = _table_of(job, tables)
    before = len(table.document.lines)
    _edit(job, tables, edit.delete)
    gone = before - len(tables.of_job(job).document.lines)
    lines = "One line leaves" if gone == 1 else f"{gone} lines leave"
    summary = f"{lines} the {'crontab' if not table.system else table.port.title}. "
    summary += "The script, its log and its history stay."
    return Wording(
        "delete",
        job.id,
        job.name,
        summary,
        f"Deleted {job.name}.",
        undo="u puts the same bytes back in the same place",
        destructive=True,
        alternative="pause",
    )


def propose_fix(job: Job, tables: Tables) -> Wording:
    """The text that `tables` has for a line that cron refuses, `job` being the row of that line."""
    tables.of_job(job)
    number = job.location.line
    summary = f"Fix line {number}, which cron refuses: {job.state_reason or 'bad line'}."
    return Wording("fix", job.id, job.name, summary, f"Fixed line {number}.")


def propose_uncomment(line: CommentedOut, tables: Tables, ports: Ports) -> Wording:
    """Take the `#` away, by which somebody switched the job off."""
    number = line.location.line or 0
    table = tables.of_line(line)
    try:
        new_text = uncommented(table.document, number, line.raw)
    except EditError as error:
        raise _refused(error) from error
    entry = table.document.reparse(new_text).lines[number - 1].entry
    tables.put(table, new_text)
    schedule = entry.schedule if entry is not None else line.schedule
    summary = f"Take the # away: {words_of(schedule, None, ports)}, next {first_run(schedule, None, ports)}."
    job_id = f"crontab:{entry.id_key}" if entry is not None and not table.system else ""
    warnings = pitfall_warnings(schedule, None, ports)
    return Wording("resume", job_id, line.name, summary, f"{line.name} runs again.", warnings)


def _edit(job: Job, tables: Tables, do: DocumentEdit) -> Entry:
    """Edit the job's lines in its table; returns the entry as it was."""
    table = _table_of(job, tables)
    entry = table.entry(job)
    tables.put(table, edited_text(table, entry, do))
    return entry


def _table_of(job: Job, tables: Tables, *, to_write: bool = True) -> OpenTable:
    """The table of a job. A line that cron refuses is none: it can only be fixed."""
    if job.state is State.BAD_LINE:
        raise Refused(f"{job.name} is a line that cron refuses, not a job.", advice="e fixes it.")
    return tables.of_job(job, to_write=to_write)


def draft_of(job: Job, ports: Ports) -> Draft:
    """The job as a form shows it, from the table as it is now."""
    return draft_text(_table_of(job, Tables(ports), to_write=False).entry(job))


def draft_in(job: Job, tables: Tables) -> Draft:
    """The same from the tables of a plan."""
    return draft_text(_table_of(job, tables).entry(job))


def edited_text(table: OpenTable, entry: Entry, do: DocumentEdit) -> bytes:
    """What `do` makes of the table, an edit that cannot be made as Refused."""
    try:
        return do(table.document, entry)
    except EditError as error:
        raise _refused(error, entry.name) from error


def _refused(error: EditError, name: str = "") -> Refused:
    """The reason as a sentence; a job's name stays as it is written, also where it begins one."""
    said = str(error)
    begin = said[:1] if name and said.startswith(name) else said[:1].upper()
    return Refused(f"{begin}{said[1:]}.".replace("..", "."))
