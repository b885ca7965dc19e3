"""The cron tables that a plan changes, each read once: its true bytes, its document, and the job's own entry.

Blocking.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from fedtui.action_result import Refused
from fedtui.changes.edits import TableEdit
from fedtui.crontab import Document, Entry, Line
from fedtui.crontab.edit import EditError, end_last_line, replace_line
from fedtui.model import CommentedOut, Job, SourceName
from fedtui.ports import Ports
from fedtui.safe_text import decode, sanitize_and_mask
from fedtui.schedule.patterns import listing
from fedtui.system.accounts import is_user
from fedtui.system.crontab_port import CrontabError, CrontabMissing, CrontabPort
from fedtui.system.crontab_program import SystemCrontab
from fedtui.system.system_table import SystemTable

LineFixes = Mapping[str, str]
"""New text for lines that cron refuses, by their 1-based numbers: "" empties a line. Surrogates are bytes."""


class BadTable(Refused):
    """The table holds lines that cron refuses, so crontab(1) will not take it until they are fixed.

    `lines` are those lines. A request with `fixes` fixes them in the same plan.
    """

    def __init__(self, title: str, lines: tuple[Line, ...]) -> None:
        first = lines[0]
        more = f", and {len(lines) - 1} more" if len(lines) > 1 else ""
        super().__init__(
            f"Line {first.number} of the {title} is bad ({first.error}{more}), and crontab refuses the whole "
            f"table until it is fixed: {sanitize_and_mask(decode(first.raw))[:200]}",
            advice=f"Fix line {first.number}, or make it a comment, in the same plan.",
        )
        self.lines = lines

    @property
    def as_comments(self) -> LineFixes:
        """`Request.fixes` that turn each bad line into a comment, its own bytes untouched behind a `# `."""
        raw = {line.number: b"# " + line.raw for line in self.lines}
        return {str(number): text.decode("utf-8", "surrogateescape") for number, text in raw.items()}


@dataclass(frozen=True, slots=True)
class OpenTable:
    """What a plan starts from: `base` is what the table holds, `document` that with its bad lines fixed."""

    port: CrontabPort
    base: bytes | None
    document: Document
    fixed_lines: tuple[int, ...] = ()

    @property
    def system(self) -> bool:
        """True for a table that root writes as a file."""
        return isinstance(self.port, SystemTable)

    def entry(self, job: Job) -> Entry:
        """The job's entry as the table has it now. Raises Refused when it is gone."""
        found = self.document.entry(job.id.partition(":")[2])
        if found is None:
            raise Refused(f"{job.name} is no longer in the {self.port.title}.", advice="R looks at it again.")
        return found


class Tables:
    """The tables of one plan, in which a later edit finds what an earlier one made.

    `fixes` replaces lines that cron refuses. Opening raises Refused, or BadTable unless fixed.
    """

    def __init__(self, ports: Ports, fixes: LineFixes | None = None) -> None:
        self._ports = ports
        self._fixes = fixes or {}
        self._open: dict[tuple[str, str], OpenTable] = {}
        self._completed = False

    def of_job(self, job: Job, *, to_write: bool = True) -> OpenTable:
        """The table that `job` is written in."""
        if job.source is SourceName.CRONTAB:
            return self.of_user(job.user, to_write=to_write)
        return self._of_system(job.location.path, to_write=to_write)

    def of_line(self, line: CommentedOut) -> OpenTable:
        """The table that a line which is no job is in, to be written."""
        return self.of_user(line.user) if line.table == "crontab" else self._of_system(line.table)

    def of_user(self, user: str, *, to_write: bool = True) -> OpenTable:
        """A user's own table, which may not be there yet."""
        key = ("crontab", user)
        if key not in self._open:
            port = port_of("crontab", user, self._ports)
            base = read_table(port, to_write=to_write)
            document = Document.parse(base or b"", user=user, dialect=self._ports.dialect())
            self._open[key] = _opened(port, document, self._fixes, strict=to_write, absent=base is None)
        return self._open[key]

    def _of_system(self, path: str, *, to_write: bool = True) -> OpenTable:
        key = (path, "root")
        if key not in self._open:
            port = port_of(path, "root", self._ports) if to_write else SystemTable(path)
            document = Document.parse(
                read_table(port) or b"", system=True, table=path, dialect=self._ports.dialect()
            )
            self._open[key] = _opened(port, document, self._fixes, strict=False)
        return self._open[key]

    def put(self, table: OpenTable, new: bytes) -> None:
        """`new` as the text that the plan leaves in `table`."""
        document = table.document.reparse(new)
        finished = end_last_line(document)
        if finished != new:
            document = document.reparse(finished)
            self._completed = True
        key = (table.port.title, "root") if table.system else ("crontab", table.port.user)
        self._open[key] = replace(table, document=document)

    def warnings_of(self, verb: str) -> Iterator[str]:
        """What a plan changes beside what it is for."""
        if self._completed:
            yield "The last line gets the newline without which cron drops the table."
        numbers = {number for table in self._open.values() for number in table.fixed_lines}
        if numbers and verb != "fix":
            yield f"Line {listing([str(number) for number in sorted(numbers)])} is fixed in the same plan."

    def edits(self) -> tuple[TableEdit, ...]:
        """What the plan changes in the tables; of a table that is as it was, nothing."""
        return tuple(
            TableEdit(user if name == "crontab" else table.port.user, name, table.base, bytes(table.document))
            for (name, user), table in self._open.items()
            if bytes(table.document) != (table.base or b"")
        )


def _opened(
    port: CrontabPort, document: Document, fixes: LineFixes, *, strict: bool, absent: bool = False
) -> OpenTable:
    base = bytes(document)
    healed = document
    bad = {line.number for line in document.bad_lines}
    texts = {int(number): text for number, text in fixes.items() if number in map(str, bad)}
    for number, text in sorted(texts.items()):
        try:
            healed = healed.reparse(replace_line(healed, number, text))
        except EditError as error:
            raise Refused(f"Line {number} cannot be fixed so: {error}.") from error
    if healed.bad_lines and strict and healed.rules.checked:
        raise BadTable(port.title, healed.bad_lines)
    return OpenTable(port, None if absent else base, healed, tuple(sorted(texts)))


def bottom_up(jobs: Sequence[Job]) -> list[Job]:
    """In the order in which lines of one table are edited.

    Ids count equal commands from the top, so an edit must not change those of lines that are still to come.
    """
    return sorted(jobs, key=lambda job: job.location.line or 0, reverse=True)


def port_of(table: str, user: str, ports: Ports) -> CrontabPort:
    """The way to a table that may be changed: "crontab" of a user, or a path. Raises Refused."""
    if table != "crontab":
        if os.geteuid() != 0:
            raise Refused(f"{table} belongs to root.", advice=f"Run: sudoedit {table}")
        return SystemTable(table)
    port = ports.crontabs.get(user)
    if port is None and os.geteuid() == 0 and not ports.demo and is_user(user):
        return SystemCrontab(user)  # a user who has no table yet
    if port is None:
        raise Refused(f"The crontab of {user} is not yours.", advice=f"Run: sudo crontab -u {user} -e")
    return port


def read_table(port: CrontabPort, *, to_write: bool = True) -> bytes | None:
    """The table's bytes now; not `to_write`, none on a host without cron. Blocking. Raises Refused."""
    try:
        return port.read()
    except CrontabError as error:
        if isinstance(error, CrontabMissing) and not to_write:
            return None
        raise Refused(f"The {port.title} cannot be read: {error.sentence}.", advice=error.advice) from error


def check_table_text(port: CrontabPort, text: bytes) -> None:
    """Raise Refused for a text that crontab(1) would not take in this table. Blocking."""
    try:
        refusal = port.check(text)
    except CrontabError as error:
        raise Refused(f"crontab cannot be asked: {error.sentence}.", advice=error.advice) from error
    if refusal is not None:
        raise Refused(f"crontab refuses the new table: {refusal.rstrip('.')}.")
