"""A cron table opened for a plan: its port, its true bytes, the document, and the job's own entry in it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass

from fedtui.action_result import Refused
from fedtui.crontab import Document, Entry, Line
from fedtui.crontab.edit import EditError, end_last_line, replace_line
from fedtui.model import CommentedOut, Job, SourceName
from fedtui.ports import Ports
from fedtui.safe_text import decode, sanitize_and_mask
from fedtui.system.accounts import is_user
from fedtui.system.crontab_port import CrontabError, CrontabPort
from fedtui.system.crontab_program import SystemCrontab
from fedtui.system.system_table import SystemTable

LineFixes = Mapping[int, str | bytes]
"""New text for lines that cron refuses, by their 1-based numbers: "" empties a line. Text becomes UTF-8."""


class BadTable(Refused):
    """The table holds lines that cron refuses, so crontab(1) will not take it until they are fixed.

    `lines` are those lines. Plan again with `fixes` to fix them in the same plan.
    """

    def __init__(self, title: str, lines: tuple[Line, ...]) -> None:
        first = lines[0]
        more = f", and {len(lines) - 1} more" if len(lines) > 1 else ""
        super().__init__(
            f"Line {first.number} of the {title} is bad ({first.error}{more}), and crontab refuses the whole "
            f"table until it is mended: {sanitize_and_mask(decode(first.raw))[:200]}",
            advice=f"Mend line {first.number}, or make it a comment, in the same plan.",
        )
        self.lines = lines

    @property
    def as_comments(self) -> LineFixes:
        """The fixes that turn each bad line into a comment, its own bytes untouched behind a `# `."""
        return {line.number: b"# " + line.raw for line in self.lines}


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

    def finished(self, new: bytes) -> bytes:
        """`new` with the newline that its last line needs for cron to read it."""
        return end_last_line(self.document.reparse(new))

    def entry(self, job: Job) -> Entry:
        """The job's entry as the table has it now. Raises Refused when it is gone."""
        found = self.document.entry(job.id.partition(":")[2])
        if found is None:
            raise Refused(f"{job.name} is no longer in the {self.port.title}.", advice="R looks at it again.")
        return found


def open_table(job: Job, ports: Ports, fixes: LineFixes | None = None, *, to_write: bool = True) -> OpenTable:
    """The table that `job` is written in. Blocking. Raises Refused, or BadTable unless fixed."""
    if job.source is SourceName.CRONTAB:
        return open_crontab(job.user, ports, fixes, to_write=to_write)
    return _open_system(job.location.path, ports, fixes, to_write=to_write)


def open_line(line: CommentedOut, ports: Ports, fixes: LineFixes | None = None) -> OpenTable:
    """The table that a line which is no job is in, to be written. Blocking. Raises Refused, BadTable."""
    if line.table == "crontab":
        return open_crontab(line.user, ports, fixes)
    return _open_system(line.table, ports, fixes, to_write=True)


def _open_system(path: str, ports: Ports, fixes: LineFixes | None, *, to_write: bool) -> OpenTable:
    port = port_of(path, "root", ports) if to_write else SystemTable(path)
    document = Document.parse(read_table(port) or b"", system=True, table=path, dialect=ports.dialect())
    return _opened(port, document, fixes, strict=False)


def open_crontab(
    user: str, ports: Ports, fixes: LineFixes | None = None, *, to_write: bool = True
) -> OpenTable:
    """A user's own table, which may not be there yet. Blocking. Raises Refused or BadTable."""
    port = port_of("crontab", user, ports)
    base = read_table(port)
    document = Document.parse(base or b"", user=user, dialect=ports.dialect())
    return _opened(port, document, fixes, strict=to_write, absent=base is None)


def _opened(
    port: CrontabPort, document: Document, fixes: LineFixes | None, *, strict: bool, absent: bool = False
) -> OpenTable:
    base = bytes(document)
    healed = document
    for number, text in sorted((fixes or {}).items()):
        try:
            healed = healed.reparse(replace_line(healed, number, text))
        except EditError as error:
            raise Refused(f"Line {number} cannot be mended so: {error}.") from error
    if healed.bad_lines and strict:
        raise BadTable(port.title, healed.bad_lines)
    return OpenTable(port, None if absent else base, healed, tuple(sorted(fixes or {})))


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


def read_table(port: CrontabPort) -> bytes | None:
    """The table's bytes now. Blocking. Raises Refused where it cannot be read."""
    try:
        return port.read()
    except CrontabError as error:
        raise Refused(f"The {port.title} cannot be read: {error.sentence}.", advice=error.advice) from error
