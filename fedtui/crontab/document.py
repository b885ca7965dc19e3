"""A cron table as a lossless document: every byte kept, every line read as the daemon reads it.

`Document.parse` tells entries, environment lines, comments, blank lines, paused entries and bad lines
apart by the rules of one daemon (see `fedtui.schedule.dialect`); the five fields are read by
`fedtui.schedule`, the only parser of schedules. `bytes(document)` is what was parsed, for any input.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from fedtui.crontab.command_field import split_percent
from fedtui.crontab.comments import read_block
from fedtui.crontab.identity import id_key
from fedtui.crontab.line import NO_BLOCK, PAUSED, Block, Entry, Line, LineKind
from fedtui.crontab.recorder_wrapper import recorded
from fedtui.crontab.setting import parse_setting
from fedtui.safe_text import decode
from fedtui.schedule.cron import ScheduleError, split_schedule
from fedtui.schedule.dialect import BUSYBOX, CRONIE, DEBIAN, Dialect, dialect_named

# crontab(1) refuses a longer table; the daemon counts a system table's lines three more (NHEADER_LINES).
MOST_LINES = 10_000
_HEADER_LINES = 3
LONGEST_COMMAND = DEBIAN.longest_command
_BUSYBOX_LINES = (
    255  # crond.c: MAXLINES; comments and blank lines are not counted, and root's table has no limit
)

_BOM = b"\xef\xbb\xbf"
_NO_NEWLINE = "missing newline before EOF"
Settings = tuple[tuple[bytes, bytes], ...]


@dataclass(frozen=True, slots=True)
class Document:
    """A cron table. Lines count from 1 as `crontab -l` prints them.

    `system` is the format with a user column (/etc/crontab, /etc/cron.d). `table` and `user` are what ids
    are made from: "crontab" and the owner for a user's own table, else the path (users are in the table).
    """

    lines: tuple[Line, ...]
    system: bool = False
    table: str = "crontab"
    user: str = ""
    dialect: str = "debian"
    known_user: Callable[[str], bool] | None = field(default=None, compare=False)

    @classmethod
    def parse(
        cls,
        data: bytes,
        *,
        system: bool = False,
        table: str = "crontab",
        user: str = "",
        dialect: str = "debian",
        known_user: Callable[[str], bool] | None = None,
    ) -> Document:
        """Read `data`, whatever it is; what cron would refuse becomes a BAD line, never an exception.

        `dialect` is the name of one. `known_user`, where given, tells whether the user column of a
        system table names a user of this machine: cron refuses the line if not ("bad username").
        """
        return cls((), system, table, user, dialect, known_user).reparse(data)

    @property
    def rules(self) -> Dialect:
        """The dialect that the table is read in."""
        return dialect_named(self.dialect)

    def reparse(self, data: bytes) -> Document:
        """`data` read as the same table."""
        return replace(self, lines=tuple(_DocumentReader(data, self).lines()))

    def __bytes__(self) -> bytes:
        return b"".join(map(bytes, self.lines))

    @property
    def entries(self) -> tuple[Entry, ...]:
        """The jobs of the table in order, paused ones too."""
        return tuple(line.entry for line in self.lines if line.entry is not None)

    @property
    def bad_lines(self) -> tuple[Line, ...]:
        """The lines that cron refuses."""
        return tuple(line for line in self.lines if line.kind is LineKind.BAD)

    @property
    def environment(self) -> Settings:
        """Everything the table sets, as it is at its end."""
        settings = dict(line.setting for line in self.lines if line.setting is not None)
        return tuple(settings.items())

    @property
    def newline(self) -> bytes:
        """The line end of the table: CR LF where most of its lines have it, else LF."""
        ended = [line for line in self.lines if line.end]
        with_return = sum(line.raw.endswith(b"\r") for line in ended)
        return b"\r\n" if with_return * 2 > len(ended) else b"\n"

    @property
    def ignored_because(self) -> str | None:
        """Why the daemon drops the whole table, jobs that are right included; None where it loads it.

        "line 12: bad minute", the missing newline, or too many lines. Other daemons drop bad lines alone.
        """
        if not self.rules.drops_table:
            return None
        limit = MOST_LINES + (_HEADER_LINES if self.system else 0)
        for line in self.lines:
            if line.kind in (LineKind.COMMENT, LineKind.PAUSED, LineKind.BLANK):
                continue
            if not line.end:
                return f"line {line.number}: {_NO_NEWLINE}"
            if line.kind is LineKind.BAD:
                return f"line {line.number}: {line.error}"
            if line.number > limit:
                return f"more than {limit:,} lines"
        return None

    def entry(self, key: str) -> Entry | None:
        """The entry whose `id_key` is `key`, or None."""
        return next((entry for entry in self.entries if entry.id_key == key), None)


@dataclass(slots=True)
class _DocumentReader:
    """One pass over the text of a table like `document`: what was set and which comments are above."""

    data: bytes
    document: Document
    rules: Dialect = field(init=False)
    settings: dict[bytes, bytes] = field(default_factory=dict)
    environment: Settings = ()
    comments: list[tuple[int, bytes]] = field(default_factory=list)
    seen: dict[tuple[bytes, bytes], int] = field(default_factory=dict)
    offset: int = 0
    counted: int = 0

    def __post_init__(self) -> None:
        self.rules = self.document.rules

    def lines(self) -> Iterator[Line]:
        pieces = self.data.split(b"\n")
        last = len(pieces)
        for number, raw in enumerate(pieces, start=1):
            if number == last and not raw:
                return
            end = b"\n" if number < last else b""
            line = self._line(number, raw, end)
            self.offset += len(raw) + 1
            if line.kind is LineKind.COMMENT:
                self.comments.append((number, raw))
            elif self.comments:
                self.comments.clear()
            yield line

    def _line(self, number: int, raw: bytes, end: bytes) -> Line:
        text = raw.lstrip(self.blanks)
        if not text:
            return Line(number, raw, end, LineKind.BLANK)
        if text.startswith(b"#"):
            return self._comment(number, raw, end)
        fault = self._fault(number, text, end)
        if fault is not None:
            return Line(number, raw, end, LineKind.BAD, error=fault.words, hint=fault.hint)
        setting = parse_setting(text, self.document.dialect)
        if setting is not None:
            self.settings[setting[0]] = setting[1]
            self.environment = tuple(self.settings.items())
            return Line(number, raw, end, LineKind.ENVIRONMENT, setting=setting)
        try:
            entry = self._entry(number, raw, raw, paused=False)
        except _BadLine as bad:
            return Line(number, raw, end, LineKind.BAD, error=bad.words, hint=_hint(text, bad.hint))
        return Line(number, raw, end, LineKind.ENTRY, entry=entry)

    @property
    def blanks(self) -> bytes:
        """What may precede a line."""
        return self.rules.blanks.encode()

    def _fault(self, number: int, text: bytes, end: bytes) -> _BadLine | None:
        """What keeps the daemon, or fedtui, from reading a line whatever is on it."""
        if b"\0" in text:
            # A NUL ends a line for the daemon's get_string(): what follows would be a line of its own.
            return _BadLine("NUL byte", "the line holds a NUL byte")
        if not end and self.rules.needs_newline and not self.rules.drops_table:
            return _BadLine(_NO_NEWLINE, "end the last line")
        if self.rules is BUSYBOX:
            before = self.data[: self.offset].endswith(b"\\\n")
            if before or (end and text.endswith(b"\\")):
                return _BadLine(
                    "continued line", "crond joins lines at the backslash, and fedtui reads no joined ones"
                )
            self.counted += 1
            if self.counted > _BUSYBOX_LINES and self.document.user != "root":
                return _BadLine("too many lines", f"crond reads {_BUSYBOX_LINES} lines of a table")
        return None

    def _comment(self, number: int, raw: bytes, end: bytes) -> Line:
        """A comment, or one of our paused entries: only if what follows the marker is an entry."""
        body = raw.removeprefix(PAUSED)
        if body is not raw and len(body) < len(raw) and b"\0" not in body and self._is_job_text(body):
            try:
                entry = self._entry(number, raw, body, paused=True)
            except _BadLine:
                return Line(number, raw, end, LineKind.COMMENT)
            return Line(number, raw, end, LineKind.PAUSED, entry=entry)
        return Line(number, raw, end, LineKind.COMMENT)

    def _entry(self, number: int, raw: bytes, body: bytes, *, paused: bool) -> Entry:
        try:
            schedule, rest = split_schedule(
                body,
                self.document.dialect,
                system=self.document.system,
                root=self.document.user == "root",
            )
        except ScheduleError as error:
            raise _BadLine(self.rules.complaint or error.cron_words, error.reason) from None
        end = len(body[:rest].rstrip(self.blanks))
        user, command_field = (
            self._user(body[rest:]) if self.document.system else (self.document.user, body[rest:])
        )
        if self.rules is CRONIE:
            command_field = _without_options(command_field)
        size, most = len(command_field), self.rules.longest_command
        if most and size > most:
            raise _BadLine("command too long", f"{size} bytes; cron takes {most}")
        recorder = recorded(command_field)
        if recorder is not None:
            command_field = recorder.field
        command, stdin = self._split(command_field, schedule)
        block: Block = read_block(self.comments) if self.comments else NO_BLOCK
        same = (user.encode("utf-8", "surrogateescape"), command_field)
        ordinal = self.seen[same] = self.seen.get(same, 0) + 1
        return Entry(
            line_number=number,
            raw=raw,
            body=body,
            paused=paused,
            schedule=schedule,
            span=(end - len(schedule), end),
            user=user,
            field=command_field,
            command=command,
            stdin=stdin,
            environment=self.environment,
            block=block,
            id_key=id_key(self.document.table, same[0], command_field, ordinal),
            recorder=recorder,
        )

    def _split(self, field: bytes, schedule: str) -> tuple[bytes, bytes | None]:
        """The command and its input. Without `%`, BusyBox's crond cuts at any `#`, bcron blanks off."""
        if self.rules.percent:
            return split_percent(field)
        if self.rules is BUSYBOX:
            command = field.partition(b"#")[0].rstrip(self.blanks)
            if command and schedule.startswith("@"):  # of these crond keeps the line as it is
                return field, None
        else:
            command = field.rstrip(self.blanks)
        if not command:
            raise _BadLine(self.rules.complaint or "bad command", "no command follows the schedule")
        return command, None

    def _is_job_text(self, body: bytes) -> bool:
        text = body.lstrip(self.blanks)
        return bool(text) and not text.startswith(b"#") and parse_setting(text, self.document.dialect) is None

    def _user(self, rest: bytes) -> tuple[str, bytes]:
        """The user column and the command behind it.

        One blank parts them and further ones are the command's, but for cronie and bcron.
        """
        length = next((at for at, code in enumerate(rest) if code in self.blanks), None)
        if length is None:
            raise _BadLine(self._no_blank(), "no command follows the user column")
        user = decode(rest[:length])
        if self.document.known_user is not None and not self.document.known_user(user):
            raise _BadLine("bad username", f"{user!r} is no user of this machine")
        command = rest[length + 1 :]
        if not self.rules.drops_table:
            command = command.lstrip(self.blanks)
            if not command:
                raise _BadLine(self.rules.complaint or "bad command", "no command follows the user column")
        return user, command

    def _no_blank(self) -> str:
        """cron reads the user's name on over the newline, up to a blank: the message tells if it met one."""
        after = self.data.find(b"\n", self.offset)
        met = after >= 0 and max(self.data.rfind(b" "), self.data.rfind(b"\t")) > after
        return "bad username" if met else "bad command"


class _BadLine(Exception):
    """`words` are cron's own message, `hint` what is wrong in plain words."""

    def __init__(self, words: str, hint: str) -> None:
        super().__init__(words)
        self.words = words
        self.hint = hint


def _without_options(field: bytes) -> bytes:
    """cronie's command behind its `-n` ("mail only when it fails"), the one option there is."""
    if not field.startswith(b"-"):
        return field
    command = field[3:].lstrip(b" \t")
    if not re.match(rb"-n[ \t]", field) or (command.startswith(b"-")):
        raise _BadLine(
            "bad option", "cronie takes a - in front of a command for an option, and knows -n once"
        )
    if not command:
        raise _BadLine("bad command", "no command follows the schedule")
    return command


def _hint(text: bytes, reason: str) -> str:
    """Plain words for the causes that the message of cron hides best; else the parser's own reason."""
    if text == b"\r":
        return "the line holds only a carriage return: the table has Windows line ends"
    if text.startswith(_BOM):
        return "the line begins with a byte-order mark"
    name, equals, value = text.partition(b"=")
    if equals and name.strip() and not value.strip():
        shown = decode(name.strip())
        return f'a setting needs a value: write {shown}=""'
    return reason
