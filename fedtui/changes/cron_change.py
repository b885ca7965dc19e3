"""Plans for the lines of cron tables: pause, resume, reschedule, new, edit, delete, fix.

Every plan is made from the table as it is at that moment, and holds both texts; nothing is written here.
Blocking: the public doors in change.py call these in a thread.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from fedtui.action_result import Refused
from fedtui.changes.backup import backup_name
from fedtui.changes.cron_text import draft_text, first_run, frequency, trap_warnings, words_of
from fedtui.changes.draft import Draft
from fedtui.changes.open_table import LineFixes, OpenTable, open_crontab, open_line, open_table
from fedtui.changes.plan import DiffLine, FileDiff, Plan, Step
from fedtui.crontab import Document, Entry, edit
from fedtui.crontab.commented import uncommented_line as uncommented
from fedtui.crontab.edit import EditError
from fedtui.crontab.table_diff import diff
from fedtui.model import CommentedOut, Job, State
from fedtui.ports import Ports
from fedtui.safe_text import decode, display_path, sanitize_and_mask
from fedtui.schedule.patterns import listing
from fedtui.system.crontab_port import CrontabError, CrontabPort

CONTEXT = 1
"""Untouched lines shown on either side of a change."""


@dataclass(frozen=True, slots=True)
class CronChange:
    """One text of a table in place of another.

    `table` is "crontab" or a path, `undoes` the number of the undo step that it takes back.
    """

    user: str
    table: str
    base: bytes | None
    new: bytes | None
    done: str
    undoes: int | None = None

    @property
    def kind(self) -> str:
        """As undo steps name it."""
        return "crontab"


DocumentEdit = Callable[[Document, Entry], bytes]


def plan_pause(job: Job, ports: Ports, fixes: LineFixes | None = None) -> Plan:
    """The line behind a marker comment."""
    table = _table_of(job, ports, fixes)
    entry = table.entry(job)
    new = edited_text(table, entry, edit.pause)
    summary = "Pause: it does not run until you resume it. By hand: delete the marker in front of the line."
    return plan_table(table, new, ports, PlanText("pause", job.id, job.name, summary, f"Paused {job.name}."))


def plan_resume(job: Job, ports: Ports, fixes: LineFixes | None = None) -> Plan:
    """The marker taken off, the line byte for byte as it was."""
    table = _table_of(job, ports, fixes)
    entry = table.entry(job)
    new = edited_text(table, entry, edit.resume)
    summary = f"Resume: {words_of(entry.schedule, job)}, next {first_run(entry.schedule, job, ports)}."
    words = PlanText("resume", job.id, job.name, summary, f"Resumed {job.name}.")
    return plan_table(table, new, ports, words, trap_warnings(entry.schedule, job, ports))


def plan_reschedule(
    job: Job, schedule: str, ports: Ports, reason: str = "", ticket: str = "", fixes: LineFixes | None = None
) -> Plan:
    """Another schedule, nothing else on the line changed."""
    table = _table_of(job, ports, fixes)
    entry = table.entry(job)
    new = edited_text(
        table, entry, lambda doc, found: edit.reschedule(doc, found, schedule, reason=reason, ticket=ticket)
    )
    before, after = words_of(entry.schedule, job), words_of(schedule, job)
    summary = f"Reschedule from {before} to {after}. {frequency(entry.schedule, schedule, job)}".strip()
    words = PlanText("reschedule", job.id, job.name, summary, f"{job.name} runs {after} now.")
    warnings = trap_warnings(schedule, job, ports)
    if entry.paused:
        warnings = (*warnings, "The job is paused and stays so: it runs again when you resume it.")
    return plan_table(table, new, ports, words, warnings)


def plan_new(draft: Draft, ports: Ports, fixes: LineFixes | None = None) -> Plan:
    """A job more, at the end of the user's own table."""
    table = open_crontab(ports.user, ports, fixes)
    try:
        text = edit.add(table.document, draft.schedule, draft.command, name=draft.name, note=draft.note)
    except EditError as error:
        raise _refused(error) from error
    added = table.document.reparse(text).entries[-1]
    summary = (
        f"New job {sanitize_and_mask(added.name)}: {words_of(added.schedule, None, ports)}, "
        f"first {first_run(added.schedule, None, ports)}."
    )
    words = PlanText("new", f"crontab:{added.id_key}", added.name, summary, f"Added {added.name}.")
    return plan_table(table, text, ports, words, trap_warnings(added.schedule, None, ports))


def plan_edit(job: Job, draft: Draft, ports: Ports, fixes: LineFixes | None = None) -> Plan:
    """Schedule, command, name and note as the form has them; what is as before keeps its bytes."""
    table = _table_of(job, ports, fixes)
    entry = table.entry(job)
    was = draft_text(entry)
    text = edited_text(
        table,
        entry,
        lambda doc, found: edit.edit(
            doc,
            found,
            schedule=draft.schedule if draft.schedule != was.schedule else None,
            command=draft.command if draft.command != was.command else None,
            name=draft.name if draft.name != was.name else None,
            note=draft.note if draft.note != was.note else None,
        ),
    )
    parts = [
        part for part in ("schedule", "command", "name", "note") if getattr(draft, part) != getattr(was, part)
    ]
    summary = f"Change the {listing(parts)}." if parts else "Change the line."
    warnings: tuple[str, ...] = ()
    if "schedule" in parts:
        summary += f" From {words_of(entry.schedule, job)} to {words_of(draft.schedule, job)}."
        warnings = trap_warnings(draft.schedule, job, ports)
    if "command" in parts:
        warnings = (*warnings, "Another command is another job to fedtui: its history of runs begins anew.")
    words = PlanText("edit", job.id, job.name, summary, f"Changed {job.name}.")
    return plan_table(table, text, ports, words, warnings)


def plan_delete(job: Job, ports: Ports, fixes: LineFixes | None = None) -> Plan:
    """The entry and what belongs to it alone taken out."""
    table = _table_of(job, ports, fixes)
    text = edited_text(table, table.entry(job), edit.delete)
    gone = len(bytes(table.document).splitlines()) - len(text.splitlines())
    lines = "One line leaves" if gone == 1 else f"{gone} lines leave"
    summary = f"{lines} the {'crontab' if not table.system else table.port.title}. "
    summary += "The script, its log and its history stay."
    words = PlanText("delete", job.id, job.name, summary, f"Deleted {job.name}.")
    return plan_table(table, text, ports, words)


def plan_fix(job: Job, line: str, ports: Ports, others: LineFixes | None = None) -> Plan:
    """Another text for a line that cron refuses, `job` being the row of that line; `others` fixes more."""
    if job.location.line is None:
        raise Refused(f"{job.name} has no line to mend.")
    number = job.location.line
    table = open_table(job, ports, {**(others or {}), number: line})
    summary = f"Mend line {number}, which cron refuses: {job.state_reason or 'bad line'}."
    words = PlanText("mend", job.id, job.name, summary, f"Mended line {number}.")
    return plan_table(table, bytes(table.document), ports, words)


def plan_uncomment(line: CommentedOut, ports: Ports, fixes: LineFixes | None = None) -> Plan:
    """The `#` in front of a line taken away, by which somebody switched the job off."""
    number = line.location.line or 0
    table = open_line(line, ports, fixes)
    try:
        new_text = uncommented(table.document, number, line.raw)
    except EditError as error:
        raise _refused(error) from error
    entry = table.document.reparse(new_text).lines[number - 1].entry
    schedule = entry.schedule if entry is not None else line.schedule
    summary = f"Take the # away: {words_of(schedule, None, ports)}, next {first_run(schedule, None, ports)}."
    job_id = f"crontab:{entry.id_key}" if entry is not None and not table.system else ""
    words = PlanText("resume", job_id, line.name, summary, f"{line.name} runs again.")
    return plan_table(table, new_text, ports, words, trap_warnings(schedule, None, ports))


def _table_of(job: Job, ports: Ports, fixes: LineFixes | None = None, *, to_write: bool = True) -> OpenTable:
    """The table of a job. A line that cron refuses is none: it can only be fixed."""
    if job.state is State.BAD_LINE:
        raise Refused(f"{job.name} is a line that cron refuses, not a job.", advice="e mends it.")
    return open_table(job, ports, fixes, to_write=to_write)


def draft_of(job: Job, ports: Ports) -> Draft:
    """The job as a form shows it, from the table as it is now."""
    return draft_text(_table_of(job, ports, to_write=False).entry(job))


@dataclass(frozen=True, slots=True)
class PlanText:
    """What a plan says of itself; `done` is what is said once it was applied."""

    verb: str
    job_id: str
    job_name: str
    summary: str
    done: str
    undoes: int | None = None


def plan_table(
    table: OpenTable,
    new_text: bytes | None,
    ports: Ports,
    words: PlanText,
    warnings: tuple[str, ...] = (),
    *,
    before: tuple[Step, ...] = (),
) -> Plan:
    """The plan that puts `new_text` (None: no table) in the table's place, checked as far as can be now.

    `before` are steps that come before the table is written.
    """
    if new_text is not None:
        finished = table.finished(new_text)
        if finished != new_text:
            warnings = (
                *warnings,
                "The last line gets the newline that it lacks: cron reads no table without it.",
            )
        new_text = finished
        check_table_text(table.port, new_text)
    if table.fixed_lines and words.verb != "mend":
        numbers = listing([str(number) for number in table.fixed_lines])
        warnings = (*warnings, f"Line {numbers} is mended in the same plan.")
    path = table.port.title if table.system else "crontab"
    return Plan(
        verb=words.verb,
        job_id=words.job_id,
        job_name=words.job_name,
        summary=words.summary,
        diffs=(file_diff(table.port.title, table.base or b"", new_text or b""),),
        steps=_steps(table, new_text, ports, words, before),
        change=CronChange(table.port.user, path, table.base, new_text, words.done, words.undoes),
        warnings=warnings,
        destructive=words.verb == "delete",
        alternative="pause" if words.verb == "delete" else "",
    )


def file_diff(title: str, old: bytes, new_text: bytes) -> FileDiff:
    """The difference of two texts, fit to be shown."""
    found = diff(old, new_text, CONTEXT)
    lines = tuple(DiffLine(row.number, row.sign, sanitize_and_mask(decode(row.raw))) for row in found.rows)
    return FileDiff(title, lines, found.changed, found.added, found.removed, found.untouched)


def _steps(
    table: OpenTable, new_text: bytes | None, ports: Ports, words: PlanText, before: tuple[Step, ...]
) -> tuple[Step, ...]:
    steps: list[Step] = []
    if table.base is not None:
        name = backup_name(
            "crontab" if not table.system else table.port.title.rpartition("/")[2], ports.clock()
        )
        steps.append(Step("keep", f"{display_path(ports.config.backups / name)}  mode 0600"))
    what = "the crontab" if not table.system else table.port.title
    steps.append(Step("check", f"{what} is still as shown, else stop and show anew"))
    steps.extend(before)
    commands = table.port.commands(removes=new_text is None)
    if commands:
        steps.append(Step("run", write_method(commands[0]), commands[0]))
        steps.extend(Step("verify", "equals it, byte for byte", command) for command in commands[1:])
    else:
        steps.append(Step("write", f"{_written(table)}, in one rename"))
        steps.append(Step("verify", "the file equals it, byte for byte"))
    undo = (
        "u puts the same bytes back in the same place"
        if words.verb == "delete"
        else "u, also after a restart"
    )
    steps.append(Step("undo", undo))
    return tuple(steps)


def _written(table: OpenTable) -> str:
    """The table as the write step names it."""
    return table.port.title if table.system else f"the {table.port.title}"


def write_method(command: tuple[str, ...]) -> str:
    """What a step says of the crontab command that writes."""
    if command[-1] == "-e":
        return "whose editor step puts the text above in place of the old"
    return "by the editor step of crontab -e, which looks once more" if command[-1] == "-r" else ""


def check_table_text(port: CrontabPort, text: bytes) -> None:
    """Raise Refused for a text that crontab(1) would not take in this table. Blocking."""
    try:
        refusal = port.check(text)
    except CrontabError as error:
        raise Refused(f"crontab cannot be asked: {error}.", advice=error.advice) from error
    if refusal is not None:
        raise Refused(f"crontab refuses the new table: {refusal}")


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
