"""From a cron table to the rows of the dashboard: what each line is, and whether and when it will run.

Shared by the user's table, other users' and the system's. A table is turned into rows once; after that
only the rows whose time has come, or that the daemon's state concerns, are made again, so that 10,000
lines cost little each minute.
"""

from __future__ import annotations

import posixpath
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from fedtui.crontab import CommandLine, Document, Entry, Line, LineKind, id_key, read_command, split_percent
from fedtui.crontab.commented import commented
from fedtui.crontab.comments import note_text, pack_mark, silenced_codes
from fedtui.crontab.naming import former_names, name_of
from fedtui.model import (
    NEVER_RAN,
    UNSEEN,
    CommentedOut,
    CronFacts,
    Job,
    Location,
    SourceName,
    State,
    cron_jobs,
)
from fedtui.safe_text import decode, sanitize, sanitize_and_mask, sanitize_lines
from fedtui.schedule.cron import CronSchedule, parse_schedule
from fedtui.schedule.describe import NEVER_HERE, describe
from fedtui.sources.twins import Twin, arguments_of, tell_apart
from fedtui.system.cron_daemon import CronDaemon
from fedtui.system.path_lookup import real_name

# While these are there, a line that asks for their absence does nothing. Only for what stays as it is.
_GUARDS = {"/usr/sbin/anacron": "anacron", "/run/systemd/system": "a systemd timer"}


class CronClock(NamedTuple):
    """What makes a line run: the daemon, and the zone it reads schedules in."""

    daemon: CronDaemon
    zone_name: str
    zone: ZoneInfo


class LineStatus(NamedTuple):
    """What a source knows of a line beyond its text: that it does nothing, or which scripts it runs."""

    state: State | None = None
    reason: str = ""
    parts: tuple[str, ...] = ()
    ignored_parts: tuple[str, ...] = ()


PLAIN = LineStatus()


class TableFacts(NamedTuple):
    """What holds for all lines of a table. `home` gives a user's home folder, `fault` why cron ignores it.

    `all_on_record`: no line of it can have run without a record of that, so one without a record never ran.
    `root` is where what guards ask for is looked at.
    """

    source: SourceName
    path: str
    home: Callable[[str], str]
    editable: bool
    fault: str = ""
    judge: Callable[[Entry], LineStatus] = lambda _: PLAIN
    all_on_record: bool = False
    root: Path = Path("/")


class TableJobs:
    """The rows of one table as it was read; make a new one when its text or its faults change."""

    def __init__(self, document: Document, facts: TableFacts) -> None:
        self._document = document
        self._facts = facts
        self._clockwork: CronClock | None = None
        self._at: datetime | None = None
        self._rows: list[Job] = []
        self._earliest: datetime | None = None
        self._commented: tuple[CommentedOut, ...] | None = None
        self._due: dict[int, datetime] = {}
        self._schedules: dict[int, CronSchedule] = {}
        self._daemon_zones: dict[
            int, ZoneInfo
        ] = {}  # of rows under CRON_TZ, which cronie makes up for nothing in

    def at(self, now: datetime, clockwork: CronClock) -> tuple[Job, ...]:
        """The rows at `now`, in table order: jobs, paused jobs and bad lines."""
        set_back = self._at is not None and now < self._at
        if clockwork != self._clockwork or set_back:
            self._clockwork = clockwork
            self._build(now, clockwork)
        for index, due in list(self._due.items()):
            if due <= now:
                row = self._rows[index]
                zone = due.tzinfo if isinstance(due.tzinfo, ZoneInfo) else clockwork.zone
                self._rows[index] = replace(row, next_run=self._next_run(index, now, zone))
        self._at = now
        self._earliest = min(self._due.values(), default=None)
        return tuple(self._rows)

    def first(self, count: int, now: datetime, clockwork: CronClock) -> tuple[Job, ...]:
        """The first `count` rows at `now`: what is shown of a long table before all of it is worked out."""
        beginning = TableJobs(self._document, self._facts)
        beginning._build(now, clockwork, count)
        return tuple(beginning._rows)

    @property
    def commented(self) -> tuple[CommentedOut, ...]:
        """The lines of the table that were switched off by hand."""
        if self._commented is None:
            self._commented = tuple(_commented(self._document, self._facts))
        return self._commented

    @property
    def next_due(self) -> datetime | None:
        """The earliest next run: when rows change by themselves."""
        return self._earliest

    def _build(self, now: datetime, clockwork: CronClock, most: int | None = None) -> None:
        self._rows, self._due, self._daemon_zones = [], {}, {}
        ignored = self._facts.fault or self._document.ignored_because or ""
        self._arguments: dict[int, tuple[str, ...]] = {}
        for line in self._document.lines:
            if most is not None and len(self._rows) >= most:
                break
            if line.entry is not None:
                self._add_entry(line.entry, ignored, now, clockwork)
            elif line.kind is LineKind.BAD:
                self._rows.append(_bad_row(line, self._document, self._facts))
        self._tell_apart()

    def _tell_apart(self) -> None:
        """Give rows that share a name names of their own; the shared one stays an alias."""
        named: dict[str, list[int]] = defaultdict(list)
        for index in self._arguments:
            named[self._rows[index].name].append(index)
        for name, indexes in named.items():
            if len(indexes) < 2:
                continue
            rows = ((index, self._rows[index]) for index in indexes)
            twins = [Twin(index, row, self._arguments[index], _note(row)) for index, row in rows]
            older = tell_apart(twins, older=True)
            for index, own in tell_apart(twins).items():
                row = self._rows[index]
                aliases = dict.fromkeys((name, *row.aliases, *({older[index]} - {own})))
                self._rows[index] = replace(row, name=own, aliases=tuple(aliases))

    def _add_entry(self, entry: Entry, ignored: str, now: datetime, clockwork: CronClock) -> None:
        facts = self._facts
        schedule = parse_schedule(entry.schedule, self._document.dialect)
        words = describe(schedule)
        home = facts.home(entry.user)
        line = read_command(entry.command, home, entry.environment, entry.user, sh=real_name("/bin/sh"))
        verdict = facts.judge(entry)
        instead = _done_instead(line, facts.root)
        if instead and verdict.state is None:
            reason = f"does nothing here: {instead} does its work"
            verdict = verdict._replace(state=State.OFF, reason=reason)
        state, reason = _state(entry, schedule, ignored, verdict, clockwork.daemon)
        zone_name, zone = _zone_of(entry, clockwork)
        index = len(self._rows)
        self._schedules[index] = schedule
        if clockwork.daemon.dialect == "cronie" and b"CRON_TZ" in dict(entry.environment):
            self._daemon_zones[index] = clockwork.zone
        managed, changed = self._own_words(entry)
        name = sanitize(entry.block.name or name_of(line.main, entry.command))
        former = () if entry.block.name else map(sanitize, former_names(line, entry.command))
        self._arguments[index] = arguments_of(line)
        next_run = self._next_run(index, now, zone) if state is State.ON else None
        if state is State.ON and next_run is None and not (schedule.reboot or schedule.random):
            state, reason = State.NEVER_FIRES, f"{NEVER_HERE} in {zone_name}"
        self._rows.append(
            Job(
                id=f"{facts.source}:{entry.id_key}",
                name=name,
                source=facts.source,
                user=entry.user,
                schedule=sanitize(entry.schedule),
                schedule_text=sanitize(words.long),
                schedule_short=sanitize(words.short),
                location=Location(facts.path, entry.line_number),
                command=sanitize_and_mask(decode(entry.command)),
                state=state,
                state_reason=sanitize(reason),
                next_run=next_run,
                last_result=NEVER_RAN if facts.all_on_record else UNSEEN,
                log_path=next(iter(line.logs), None),
                editable=facts.editable,
                managed=sanitize(managed),
                changed=sanitize(changed),
                aliases=tuple(dict.fromkeys(one for one in former if one != name)),
                facts=CronFacts(
                    table=facts.path,
                    raw=entry.raw,
                    command=entry.command,
                    stdin=entry.stdin,
                    environment=entry.environment,
                    dialect=self._document.dialect,
                    zone=zone_name,
                    daemon_zone=clockwork.zone_name if index in self._daemon_zones else "",
                    note=sanitize_lines(entry.note),
                    parts=verdict.parts,
                    home=home,
                    ignored_parts=verdict.ignored_parts,
                    silenced=silenced_codes(self._document.lines, entry.line_number),
                    record_key=entry.recorder.key if entry.recorder is not None else "",
                    recorder=entry.recorder.path if entry.recorder is not None else "",
                    recorded_as=split_percent(entry.written)[0] if entry.recorder is not None else b"",
                ),
            )
        )

    def _own_words(self, entry: Entry) -> tuple[str, str]:
        if not entry.block.own_lines:
            return "", ""
        lines = self._document.lines
        raws = [lines[number - 1].raw for number in entry.block.own_lines]
        managed, changed = note_text([decode(raw).strip() for raw in raws])
        return managed if pack_mark(raws[0], entry.id_key) else "", changed

    def _next_run(self, index: int, now: datetime, zone: ZoneInfo) -> datetime | None:
        """The next run of a row that will have one, and a note of when to work it out again."""
        runs = self._schedules[index].runs(now, zone, self._daemon_zones.get(index))
        run = next(runs, None)
        if run is None:
            self._due.pop(index, None)
        else:
            self._due[index] = run
        return run


def _note(job: Job) -> str:
    return next((cron.note for _, cron in cron_jobs((job,))), "")


def _done_instead(line: CommandLine, root: Path) -> str:
    """What does the work of a line that a guard (`[ ! -d DIR ] &&`, `test -x FILE ||`) switches off here."""
    for kind, path, there in line.facts:
        if kind == "path" and not there and path in _GUARDS and (root / path.lstrip("/")).exists():
            return _GUARDS[path]
    return ""


def _state(
    entry: Entry, schedule: CronSchedule, ignored: str, verdict: LineStatus, daemon: CronDaemon
) -> tuple[State, str]:
    """Will the line run? The first reason why not, the one nearest to the line itself."""
    if entry.paused:
        return State.PAUSED, ""
    if ignored:
        return State.NOT_LOADED, f"cron ignores the whole table: {ignored}"
    if schedule.never_fires:
        return State.NEVER_FIRES, describe(schedule).sentence
    if verdict.state is not None:
        return verdict.state, verdict.reason
    if daemon.up is False:
        return State.SCHEDULER_DOWN, f"cron is not running: {daemon.detail}"
    if daemon.up is None:
        return State.ON, f"whether cron runs is not known: {daemon.detail}"
    if schedule.random:
        return State.ON, describe(schedule).sentence
    return State.ON, ""


def _bad_row(line: Line, document: Document, facts: TableFacts) -> Job:
    """A line that cron refuses, in its place: its raw fields, and cron's own message."""
    text = decode(line.raw).strip(" \t\r")
    words = text.split(None, 5)
    fields = sanitize(" ".join(words[:1] if text.startswith("@") else words[:5]))
    hint = f" ({line.hint})" if line.hint and line.hint != line.error else ""
    same = [other for other in document.bad_lines if other.raw == line.raw and other.number <= line.number]
    key = id_key(document.table, document.user.encode("utf-8", "surrogateescape"), line.raw, len(same))
    return Job(
        id=f"{facts.source}:bad-{key}",
        name=sanitize(f"{posixpath.basename(facts.path)}:{line.number}"),
        source=facts.source,
        user=document.user,
        schedule=fields,
        schedule_text=fields,
        schedule_short=fields,
        location=Location(facts.path, line.number),
        state=State.BAD_LINE,
        state_reason=sanitize(f"{line.error}{hint}"),
        editable=facts.editable,
        facts=CronFacts(
            table=facts.path,
            raw=line.raw,
            command=b"",
            dialect=document.dialect,
            silenced=silenced_codes(document.lines, line.number),
        ),
    )


def _commented(document: Document, facts: TableFacts) -> Iterator[CommentedOut]:
    for one in commented(document):
        entry = one.entry
        yield CommentedOut(
            table=facts.path,
            user=entry.user,
            location=Location(facts.path, one.number),
            raw=one.raw,
            name=sanitize(entry.name),
            schedule=sanitize(entry.schedule),
            schedule_text=sanitize(describe(parse_schedule(entry.schedule, document.dialect)).long),
            command=entry.command,
            tight=one.tight,
            editable=facts.editable,
            silenced=silenced_codes(document.lines, one.number),
        )


def _zone_of(entry: Entry, clockwork: CronClock) -> tuple[str, ZoneInfo]:
    """The zone a line's schedule is read in: the machine's, but for cronie what CRON_TZ says above it."""
    if clockwork.daemon.dialect == "cronie":
        for name, value in entry.environment:
            if name == b"CRON_TZ":
                return _named_zone(decode(value))
    return clockwork.zone_name, clockwork.zone


def _named_zone(name: str) -> tuple[str, ZoneInfo]:
    """The zone of that name; UTC for an unknown one, which is what tzset(3) makes of it."""
    try:
        return name, ZoneInfo(name.removeprefix(":"))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return "UTC", ZoneInfo("UTC")
