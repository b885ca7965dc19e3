"""FT201-FT206: what a timer's files say, and what systemd made of them."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator

from fedtui.health.checks import CheckReport, Rule, check, warning_rule
from fedtui.health.file_facts import FileFacts
from fedtui.health.probes import ProbeFailed
from fedtui.health.timer_units import systemctl
from fedtui.model import Job, Outcome, Snapshot, State, TimerFacts, timer_jobs
from fedtui.safe_text import decode, sanitize_and_mask

ADDS_UP = warning_rule(
    "FT201",
    "OnCalendar= lines add up",
    "Several OnCalendar= lines are all in force: daily beside a fixed hour runs the job twice a day "
    "(systemd.timer(5)).",
    "Keep the line that is meant, or reschedule the timer: e.",
)
DROP_IN_ADDS = warning_rule(
    "FT202",
    "a drop-in adds a schedule and replaces none",
    "On...= lines of a drop-in come on top of those of the unit. Only an empty OnCalendar= before them drops "
    "what was there (systemd.timer(5)).",
    "Put an empty OnCalendar= above the drop-in's own, or reschedule the timer: e.",
)
IGNORED_VALUE = warning_rule(
    "FT203",
    "systemd ignores a line",
    "What systemd cannot read it leaves out, with a word in the journal: the unit is loaded without that "
    "line. A comment behind a value belongs to the value.",
    "Fix the line, then systemctl daemon-reload.",
)
STARTS_JOB = warning_rule(
    "FT204",
    "starting the timer starts the job",
    "Requires= and its kin start the other unit together with this one: the job runs at every boot and at "
    "each start of the timer, whatever the schedule says. A timer knows its service without it.",
    "Take the line out of the timer.",
)
SECONDS = warning_rule(
    "FT205",
    "every few seconds, where minutes may be meant",
    "The last part of a time with two colons are seconds: *:*:00/5 is every five seconds, *:0/5 every five "
    "minutes (systemd.time(7)).",
    "Write *:0/5 for minutes: e.",
)
LATCHED = warning_rule(
    "FT206",
    "a service stays marked as failed",
    "systemd keeps a failure until the service is started again or reset: the machine counts as degraded, "
    "and who watches for failed units is called for nothing.",
    "Reset the mark: systemctl reset-failed.",
)

_NICKNAMES = re.compile(
    r"(minutely|hourly|daily|weekly|monthly|quarterly|(semi-?)?annually|biannually|yearly)"
)
_SECONDS = re.compile(r"(?:.*\s)?\*:\*:(?:\*|[0-9*]+(?:\.0+)?/(?P<step>\d+))(?:\s.*)?")
_PULLS = ("Requires", "Wants", "BindsTo", "Requisite", "Upholds")
_SAID = re.compile(r"(?P<path>/[^:]+):(?P<line>\d+): (?P<words>.*)")


def _timers(snapshot: Snapshot) -> Iterator[tuple[Job, TimerFacts]]:
    for job, timer in timer_jobs(snapshot.jobs):
        if job.state not in (State.UNREACHABLE, State.PAUSED):
            yield job, timer


def _unread(rule: Rule, facts: TimerFacts, host: FileFacts) -> CheckReport | None:
    """That `rule` could not be looked for, as a file of the timer cannot be read; None where all can."""
    for path in filter(None, (facts.fragment, *facts.drop_ins)):
        if why := host.unread(path):
            return rule.hidden(path, why)
    return None


@check(ADDS_UP)
def adds_up(snapshot: Snapshot, host: FileFacts) -> Iterator[CheckReport]:
    """FT201: in one file, a nickname such as daily beside another time."""
    for job, facts in _timers(snapshot):
        if len(facts.calendar) < 2:
            continue
        if unread := _unread(ADDS_UP, facts, host):
            yield unread
        for path in (facts.fragment, *facts.drop_ins):
            values: list[str] = []
            for key, value in host.unit_lines(path, "Timer"):
                if key == "OnCalendar":
                    values = [*values, value] if value else []
            names = [value for value in values if _NICKNAMES.fullmatch(value)]
            if names and len(values) > 1:
                yield ADDS_UP.found(
                    f"{job.name} runs {names[0]}, and at its other times besides.",
                    (*(f"OnCalendar=  {value}" for value in values), f"file  {path}"),
                    job=job,
                )
                break


@check(DROP_IN_ADDS)
def drop_in_adds(snapshot: Snapshot, host: FileFacts) -> Iterator[CheckReport]:
    """FT202: a drop-in with On...= lines and no reset before them, above files that have such lines too."""
    for job, facts in _timers(snapshot):
        if not facts.drop_ins:
            continue
        if unread := _unread(DROP_IN_ADDS, facts, host):
            yield unread
        before = [pair for pair in host.unit_lines(facts.fragment, "Timer") if _is_schedule(pair)]
        for path in facts.drop_ins:
            own = [pair for pair in host.unit_lines(path, "Timer") if _is_schedule(pair)]
            reset = any(not value for _, value in own)
            if any(value for _, value in own) and before and not reset:
                yield DROP_IN_ADDS.found(
                    f"{job.name} runs by its drop-in, and by the schedule of its unit as well.",
                    (
                        *(f"{key}=  {value}" for key, value in before if value),
                        *(f"{key}=  {value}  (drop-in)" for key, value in own),
                        f"file  {path}",
                    ),
                    job=job,
                )
            before = own if reset else [*before, *own]


def _is_schedule(pair: tuple[str, str]) -> bool:
    return pair[0].startswith("On") and pair[0] not in ("OnClockChange", "OnTimezoneChange")


@check(IGNORED_VALUE, systemd=True)
def ignored_value(snapshot: Snapshot, host: FileFacts) -> Iterator[CheckReport]:
    """FT203: what `systemd-analyze verify` says of the files that people wrote; one finding a timer."""
    for user_manager in (True, False):
        owners: dict[str, Job] = {}
        units: dict[str, None] = {}
        for job, facts in _timers(snapshot):
            if facts.user_manager is user_manager:
                for path in _written(facts, host):
                    owners[path] = job
                for unit in (facts.fragment, facts.service_fragment):
                    if unit and any(path.startswith(unit) or f"/{_name(unit)}.d/" in path for path in owners):
                        units[unit] = None
        if not units:
            continue
        scope = "--user" if user_manager else "--system"
        stamps = tuple((path, host.mode(path), host.changed(path)) for path in owners)
        try:
            ended = host.ask("systemd-analyze", "verify", scope, "--man=no", "--", *units, of=stamps)
        except ProbeFailed as unknown:
            yield IGNORED_VALUE.unchecked("what systemd makes of the units' files", str(unknown))
            continue
        yield from _ignored(decode(ended.err + ended.out), owners)


def _written(facts: TimerFacts, host: FileFacts) -> Iterator[str]:
    """The files of a timer and its service that people wrote: neither shipped nor made for a moment."""
    for path in (facts.fragment, *facts.drop_ins, facts.service_fragment):
        if path and "/transient/" not in path and not path.startswith("/run/") and not host.shipped(path):
            yield path


def _name(path: str) -> str:
    return path.rpartition("/")[2]


def _ignored(said: str, owners: dict[str, Job]) -> Iterator[CheckReport]:
    words: dict[str, list[str]] = defaultdict(list)
    for line in said.splitlines():
        match = _SAID.match(line.strip())
        if match and match["path"] in owners:
            text = f"{_name(match['path'])}:{match['line']}  {sanitize_and_mask(match['words'])}"
            if text not in words[match["path"]]:
                words[match["path"]].append(text)
    for path, lines in words.items():
        job = owners[path]
        count = "a line" if len(lines) == 1 else f"{len(lines)} lines"
        yield IGNORED_VALUE.found(
            f"systemd does not take {count} of {path}, a file of {job.name}.",
            (*lines[:6], f"file  {path}"),
            job=job,
        )


@check(STARTS_JOB)
def starts_job(snapshot: Snapshot, host: FileFacts) -> Iterator[CheckReport]:
    """FT204: Requires=, Wants=, BindsTo= of the timer name the unit that it activates."""
    for job, facts in _timers(snapshot):
        if not facts.activates:
            continue
        if unread := _unread(STARTS_JOB, facts, host):
            yield unread
        stem = facts.unit.removesuffix(".timer")
        names = {facts.activates, facts.activates.replace(stem, "%N"), facts.activates.replace(stem, "%p")}
        for path in (facts.fragment, *facts.drop_ins):
            pulls = [
                f"{key}={value}"
                for key, value in host.unit_lines(path, "Unit")
                if key in _PULLS and names & set(value.split())
            ]
            if pulls:
                yield STARTS_JOB.found(
                    f"{facts.activates} is started each time that {facts.unit} is.",
                    (*pulls, f"file  {path}"),
                    job=job,
                )


@check(SECONDS)
def every_few_seconds(snapshot: Snapshot, host: FileFacts) -> Iterator[CheckReport]:
    """FT205: OnCalendar= with a step of less than a minute."""
    for job, facts in _timers(snapshot):
        for expression in facts.calendar:
            match = _SECONDS.fullmatch(expression)
            if match is None or int(match["step"] or 1) >= 60:
                continue
            step = int(match["step"] or 1)
            often = "every second" if step == 1 else f"every {step} seconds"
            yield SECONDS.found(
                f"{job.name} is started {often}.",
                (f"OnCalendar=  {expression}", f"file  {facts.fragment}"),
                title=f"{job.name} starts {often}",
                job=job,
            )
            break


@check(LATCHED)
def latched(snapshot: Snapshot, host: FileFacts) -> Iterator[CheckReport]:
    """FT206: the service is failed, and the last run is not."""
    good = (Outcome.OK, Outcome.WARNINGS, Outcome.SKIPPED)
    for job, facts in _timers(snapshot):
        if facts.service_active_state == "failed" and job.last_result.outcome in good:
            yield LATCHED.found(
                f"{facts.activates} counts as failed, though its last run was not: {_end(job)}.",
                (f"state  {facts.service_active_state}", *job.last_result.reasons),
                command=f"{systemctl(facts, change=True)} reset-failed {facts.activates}",
                job=job,
            )


def _end(job: Job) -> str:
    return "it was skipped" if job.last_result.outcome is Outcome.SKIPPED else job.last_result.ending or "ok"
