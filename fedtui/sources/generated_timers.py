"""systemd-cron makes a timer of each line of a cron table: one row stands for both.

The row is the line, which is what can be changed; when it runs and how its runs ended is what systemd says of
the timer. Facts: systemd-crontab-generator of systemd-cron 1.15 and 2.5. Its units are numbered by place, so
that a unit's last run may be of another line: it counts only where it began after the unit was last made.
"""

from __future__ import annotations

import posixpath
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace

from fedtui.model import CronFacts, Job, Run, State, TimerFacts, cron_jobs, timer_jobs
from fedtui.safe_text import decode, sanitize
from fedtui.system.cron_product import GENERATED, PRODUCTS, names_in_units

_DIALECTS = frozenset(product.dialect for product in PRODUCTS if product.by_timers)
_MADE_IN = f"{GENERATED}/cron-"
_OF_LINE = re.compile(r"cron-.+-.+-(?:[0-9]+|[0-9a-f]{32})\.timer")
"""A number, or of a line such as @daily, whose last run is remembered, a digest of it."""
_FOLDERS = ("hourly", "daily", "weekly", "monthly")
NO_TIMER = "systemd-cron has made no timer of this line"


@dataclass(frozen=True, slots=True)
class FoldedTimers:
    """`jobs` without the timers that were made of lines. `line_of`: the line's id by its timer's."""

    jobs: tuple[Job, ...]
    line_of: Mapping[str, str] = field(default_factory=dict)
    made_at: Mapping[str, float] = field(default_factory=dict)

    def runs(self, runs: Sequence[Run]) -> Sequence[Run]:
        """The runs in their order, those of a generated timer as its line's; see the module."""
        return tuple(self._as_lines(runs)) if self.made_at else runs

    def _as_lines(self, runs: Sequence[Run]) -> Iterator[Run]:
        for run in runs:
            made = self.made_at.get(run.job_id)
            if made is None:
                yield run
            elif run.start.timestamp() >= made:
                yield replace(run, job_id=self.line_of[run.job_id])


def fold_generated(jobs: Sequence[Job], *, complete: bool) -> FoldedTimers:
    """The rows with each generated timer as part of its line.

    `complete`: every timer is among `jobs`, so that a line without one is not loaded.
    """
    lines = [(job, cron) for job, cron in cron_jobs(jobs) if cron.dialect in _DIALECTS]
    if not lines:
        return FoldedTimers(tuple(jobs))
    timers = [(job, facts) for job, facts in timer_jobs(jobs) if facts.fragment.startswith(_MADE_IN)]
    waiting: dict[str, list[tuple[Job, CronFacts]]] = defaultdict(list)
    for job, cron in lines:
        waiting[" ".join(decode(cron.raw).split())].append((job, cron))
    units = frozenset(facts.unit for _, facts in timer_jobs(jobs))
    rows = {job.id: _without_timer(job, cron, units) for job, cron in lines} if complete else {}
    line_of: dict[str, str] = {}
    for timer, facts in sorted(timers, key=lambda pair: (len(pair[1].unit), pair[1].unit)):
        written = facts.description.partition(' "')[2].removesuffix('"')
        of_text = waiting[" ".join(written.split())]  # version 1 has written it so, 2 as it is in the table
        mine = next((one for one in of_text if _is_timer_of(*one, facts)), None)
        if mine is not None:
            of_text.remove(mine)
            line_of[timer.id] = mine[0].id
            rows[mine[0].id] = _with_timer(mine[0], timer, facts.made_at)
    # A timer whose line is gone, paused or not to be read still runs: it stays a row of its own.
    made_at = {timer.id: facts.made_at for timer, facts in timers if timer.id in line_of}
    kept = (rows.get(job.id, job) for job in jobs if job.id not in made_at)
    return FoldedTimers(tuple(kept), line_of, made_at)


def is_generated(timer: TimerFacts) -> bool:
    """Whether it was made of a line; in a snapshot such are left whose line is not as it was."""
    return timer.fragment.startswith(_MADE_IN) and _OF_LINE.fullmatch(timer.unit) is not None


def _is_timer_of(line: Job, cron: CronFacts, facts: TimerFacts) -> bool:
    """Whether the timer, whose text is that of the line, is of the line's own table and user."""
    table = posixpath.basename(cron.table) if cron.table.startswith("/") else line.user
    tables, users = names_in_units(table), names_in_units(line.user)
    prefixes = tuple(f"cron-{one}-{user}-" for one in tables for user in users)
    return line.state is not State.PAUSED and facts.unit.startswith(prefixes)


def _without_timer(line: Job, cron: CronFacts, units: Set[str]) -> Job:
    """The row of a line that the generator leaves out; where another timer does its work, that is said."""
    if line.state is not State.ON or _at_boot(line):
        return line
    instead = f"{posixpath.basename(cron.table)}.timer" if cron.table.startswith("/") else ""
    reason = f"{instead} does its work" if instead in units else ""
    if cron.table == "/etc/crontab":
        folders = (f"/etc/cron.{name}" for name in _FOLDERS)
        mine = next((folder for folder in folders if folder.encode() in cron.command), None)
        reason = f"systemd-cron itself runs what is in {mine}" if mine else ""
    if reason:
        reason = f"does nothing here: {reason}"
        return replace(line, state=State.OFF, state_reason=reason, next_run=None)
    return replace(line, state=State.NOT_LOADED, state_reason=NO_TIMER, next_run=None)


def _at_boot(line: Job) -> bool:
    """Its timer is there only until systemd reloads for the first time."""
    return line.schedule.startswith("@reboot")


def _with_timer(line: Job, timer: Job, made_at: float) -> Job:
    if line.state is not State.ON or timer.state is State.UNREACHABLE or _at_boot(line):
        return line
    if timer.state in (State.ON, State.RUNNING):
        since = timer.running_since
        running = timer.state is State.RUNNING and since is not None and since.timestamp() >= made_at
        return replace(
            line,
            next_run=timer.next_run,
            later_runs=timer.later_runs,
            state=State.RUNNING if running else State.ON,
            running_since=since if running else None,
        )
    reason = sanitize(timer.state_reason) or "its timer is not active"
    return replace(line, state=State.SCHEDULER_DOWN, state_reason=reason, next_run=None)
