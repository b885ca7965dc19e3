"""Asks `systemd-analyze` what an expression means to systemd: its next runs, its length, its faults.

systemd itself is the only one who reads its calendar expressions without error, so nothing here parses
them. Many expressions go into one call; TZ is always set, because that makes it ten times faster and
because the zone of the user's terminal is not the zone of the manager. See systemd-analyze(1).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from fedtui.system.async_program import capture
from fedtui.system.program import ProgramError

PROGRAM = "systemd-analyze"
BATCH = 400
"""Expressions in one call: far below the limit of an argument list, and some 0.1 s of work."""

LOOP = "systemd cannot compute this"
_STAMP = re.compile(r"[A-Z][a-z]{2} (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)(?:\.(\d+))? UTC")
_ELAPSE = re.compile(r"\s*(?:Next elapse|Iter(?:\.|ation) #\d+|\(in UTC\)): (.*)")


@dataclass(frozen=True, slots=True)
class CalendarCheck:
    """What systemd says of one OnCalendar= expression.

    `runs` are aware datetimes in UTC, none for one that never elapses again. `error` is systemd's own
    word when it is not `ok`.
    """

    expression: str
    ok: bool
    normalized: str = ""
    runs: tuple[datetime, ...] = ()
    error: str = ""


@dataclass(frozen=True, slots=True)
class SpanCheck:
    """What systemd says of one time span: its length in seconds."""

    text: str
    ok: bool
    seconds: float = 0.0
    error: str = ""


async def calendar(
    expressions: Sequence[str],
    iterations: int = 1,
    base_time: datetime | None = None,
    zone: str | None = None,
) -> list[CalendarCheck]:
    """One answer per expression, in order. `zone` is an IANA name, by default the machine's own.

    With a `base_time` all runs are later than it. Raises ProgramError where systemd-analyze is missing.
    """
    head = [PROGRAM, "calendar", f"--iterations={max(1, iterations)}"]
    if base_time is not None:
        head.append(f"--base-time=@{base_time.timestamp():.6f}")
    asked = _Calendar(head, {"TZ": f":{zone or '/etc/localtime'}"}, base_time)
    found: dict[str, CalendarCheck] = {}
    plain: list[str] = []
    for expression in dict.fromkeys(expressions):
        if expression.isprintable() and expression.strip():
            plain.append(expression)
        else:
            found[expression] = CalendarCheck(expression, False, error="not a calendar expression")
    for start in range(0, len(plain), BATCH):
        for check in await asked.ask(plain[start : start + BATCH]):
            found[check.expression] = check
    return [found[expression] for expression in expressions]


class _Calendar:
    """One question's fixed part: the arguments before the expressions, the zone, the base time."""

    def __init__(self, head: list[str], extra: dict[str, str], base: datetime | None) -> None:
        self._head = head
        self._extra = extra
        self._base = base

    async def ask(self, expressions: list[str]) -> list[CalendarCheck]:
        """Ask in one call; where the output does not fall into step, ask the halves, down to single ones."""
        if not expressions:
            return []
        ended = await capture([*self._head, "--", *expressions], self._extra, deadline=20.0)
        complaints = ended.err.decode("utf-8", "replace")
        if len(expressions) == 1:
            return [self._single(expressions[0], ended.status, ended.out.decode(), complaints)]
        sections = _sections(ended.out.decode())
        good = [
            text
            for text in expressions
            if f"Failed to parse calendar specification '{text}'" not in complaints
        ]
        in_step = "Infinite loop" not in complaints and [given for given, _ in sections] == good
        if not in_step:
            middle = len(expressions) // 2
            return [*await self.ask(expressions[:middle]), *await self.ask(expressions[middle:])]
        read = {given: self._read(given, lines) for given, lines in sections}
        bad = "Failed to parse calendar specification"
        return [
            read.get(text) or CalendarCheck(text, False, error=_complaint(text, complaints, bad))
            for text in expressions
        ]

    def _single(self, expression: str, status: int, out: str, complaints: str) -> CalendarCheck:
        sections = _sections(out)
        if "Infinite loop" in complaints:
            return CalendarCheck(expression, False, error=LOOP)
        if status or len(sections) != 1:
            return CalendarCheck(
                expression, False, error=_complaint(expression, complaints, "Failed to parse")
            )
        return self._read(expression, sections[0][1])

    def _read(self, expression: str, lines: list[str]) -> CalendarCheck:
        normalized = next((line.partition(": ")[2] for line in lines if "Normalized form: " in line), "")
        stamps = (_ELAPSE.fullmatch(line) for line in lines)
        runs = [_instant(match[1]) for match in stamps if match]
        later = (run for run in runs if run is not None and (self._base is None or run > self._base))
        return CalendarCheck(expression, True, normalized, tuple(dict.fromkeys(later)))


def _sections(out: str) -> list[tuple[str, list[str]]]:
    """Split the output at its expressions; "Original form" is left out where nothing was normalised."""
    sections: list[tuple[str, list[str]]] = []
    original = ""
    for line in out.splitlines():
        label, _, value = line.partition(": ")
        if label.strip() == "Original form":
            original = value
        elif label.strip() == "Normalized form":
            sections.append((original or value, [line]))
            original = ""
        elif sections:
            sections[-1][1].append(line)
    return sections


def _instant(text: str) -> datetime | None:
    """A time stamp in UTC; other zones give None: their "(in UTC)" line follows."""
    match = _STAMP.fullmatch(text.strip())
    if match is None:
        return None
    fraction = (match[2] or "0")[:6].ljust(6, "0")
    return datetime.strptime(f"{match[1]}.{fraction}", "%Y-%m-%d %H:%M:%S.%f").replace(tzinfo=UTC)


def _complaint(text: str, complaints: str, sign: str) -> str:
    """systemd's words on one expression, without the expression; the last line where none names it."""
    lines = [line.strip() for line in complaints.splitlines() if line.strip()]
    named = [line for line in lines if sign in line and f"'{text}'" in line]
    line = (named or lines or ["systemd refused it"])[-1]
    reason = line.rpartition("': ")[2] if named else line
    return "systemd does not understand it" if reason == "Invalid argument" else reason


async def timespan(text: str) -> SpanCheck:
    """What systemd makes of a span such as "1h 30min". Raises ProgramError where the program is missing."""
    if not text.isprintable() or not text.strip():
        return SpanCheck(text, False, error="not a time span")
    ended = await capture([PROGRAM, "timespan", "--", text], {"TZ": ":UTC"})
    values = {
        label.strip(): value.strip()
        for label, _, value in (line.partition(":") for line in ended.out.decode().splitlines())
    }
    microseconds = values.get("μs") or values.get("us") or values.get("usec") or ""
    if ended.status or not microseconds.isdigit():
        complaint = _complaint(text, ended.err.decode("utf-8", "replace"), "Failed to parse")
        return SpanCheck(text, False, error=complaint)
    return SpanCheck(text, True, int(microseconds) / 1e6)


async def verify(paths: Sequence[Path], user_manager: bool) -> list[str]:
    """What `systemd-analyze verify` says of these unit files or their drop-ins; empty is good.

    It exits 0 on lines that it ignores, and speaks of other units too: so every message that names one of
    the files, or its unit, counts, whatever the status. Raises ProgramError where it cannot be run.
    """
    scope = ["--user"] if user_manager else ["--system"]
    files = [str(path) for path in paths]
    ended = await capture([PROGRAM, "verify", *scope, "--man=no", "--", *files], deadline=30.0)
    lines = (ended.err + ended.out).decode("utf-8", "replace").splitlines()
    names = {*files, *(path.name for path in paths)}
    ours = [line.strip() for line in lines if any(name in line for name in names)]
    if ended.status and not ours:
        raise ProgramError((lines or [f"{PROGRAM} verify failed"])[-1])
    return ours
