"""The lines of a cron table and the jobs on them, as frozen values.

A `Line` is its exact bytes and what cron takes them for; an `Entry` is the job on a line of kind ENTRY
or PAUSED. Nothing here parses: that is `document.py`.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from fedtui.crontab.naming import entry_name
from fedtui.crontab.recorder_wrapper import Recorded, with_recorder

# A paused line is this, then the untouched bytes of the line. Deleting it by hand resumes the job.
PAUSED = b"#fedtui:paused# "
# Comment lines that fedtui writes for people, such as "# fedtui: was */5; reason: ...".
OWN_COMMENT = b"# fedtui:"
# ... and this one, by which people tell the doctor which findings of the line below they know of.
IGNORE_COMMENT = OWN_COMMENT + b" ignore "
# The first line of a block that the federation pack wrote; see managed_lines.py.
PACK_COMMENT = OWN_COMMENT + b" pack "
NAME_COMMENT = b"# name: "


class LineKind(StrEnum):
    """What cron takes a line for; PAUSED is a comment to cron and a job to us."""

    ENTRY = "entry"
    PAUSED = "paused"
    ENVIRONMENT = "environment"
    COMMENT = "comment"
    BLANK = "blank"
    BAD = "bad"


class Block(NamedTuple):
    """The comment lines directly above an entry that speak of it alone, by their 1-based numbers.

    `note_lines` hold the note's text, `name_lines` say `# name:` (the last one counts), `own_lines` are
    what fedtui wrote.
    """

    note_lines: tuple[int, ...] = ()
    name_lines: tuple[int, ...] = ()
    own_lines: tuple[int, ...] = ()
    note: str = ""
    name: str = ""

    @property
    def numbers(self) -> tuple[int, ...]:
        """The numbers of all its lines, ascending."""
        return tuple(sorted((*self.note_lines, *self.name_lines, *self.own_lines)))


NO_BLOCK = Block()


class Entry(NamedTuple):
    """One job of a table.

    `raw` is the line without its newline, `body` the same without the marker of a paused line. `schedule`
    is as written (five fields with the blanks between them, or a nickname), `span` where it lies in `body`,
    as (start, end). `user` is the user column of a system table, else the table's owner. `field` is the
    command field as written, `command` what the shell gets and `stdin` what it reads (None: the field has
    no unescaped `%`). `environment` is what the table sets above the line, in order. Where the recorder
    wraps the command, these speak of the job without it, and `recorder` of what the line has.
    """

    line_number: int
    raw: bytes
    body: bytes
    paused: bool
    schedule: str
    span: tuple[int, int]
    user: str
    field: bytes
    command: bytes
    stdin: bytes | None
    environment: tuple[tuple[bytes, bytes], ...]
    block: Block
    id_key: str
    recorder: Recorded | None = None

    @property
    def written(self) -> bytes:
        """The command field as it is in the table, the recorder included."""
        found = self.recorder
        return self.field if found is None else with_recorder(found.field, found.key, found.path)

    @property
    def name(self) -> str:
        """The name in the `# name:` comment above, else one made from the command; never empty."""
        return self.block.name or entry_name(self.command)

    @property
    def note(self) -> str:
        """The comment block directly above, without its `# name:` line; its lines joined by newlines."""
        return self.block.note


class Line(NamedTuple):
    """One line: `raw` is its bytes without the newline, `end` is b"\\n" or, on a last line without one, b"".

    A carriage return before the newline belongs to `raw`, as it does for cron. `error` is cron's own
    message for a BAD line, `hint` plain words on what is wrong with it.
    """

    number: int
    raw: bytes
    end: bytes
    kind: LineKind
    entry: Entry | None = None
    setting: tuple[bytes, bytes] | None = None
    error: str = ""
    hint: str = ""

    def __bytes__(self) -> bytes:
        return self.raw + self.end
