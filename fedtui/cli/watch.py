"""The verb `watch`: the next cycles of a job as they come, and a verdict at the end.

What watches is the watchman, a process of its own; this verb shows what it finds, and may come and go.
"""

from __future__ import annotations

import asyncio
import shutil
import sys
from argparse import Namespace

from fedtui.cli.exit_status import ExitStatus
from fedtui.cli.find_job import Unavailable, find_job
from fedtui.cli.in_shell import in_shell
from fedtui.cli.parser import UsageError
from fedtui.cli.records import JsonRecords, print_json
from fedtui.model import Job
from fedtui.presentation.glyphs import StyledText, cut, plain, to_ascii
from fedtui.presentation.watch_text import PAUSED, cycle_row, heading, offers_recorder, verdict_lines
from fedtui.safe_text import sanitize_and_mask
from fedtui.schedule.patterns import counted
from fedtui.system.local_time import short_moment
from fedtui.system.terminal_watch import is_dumb
from fedtui.watching.expected_run import Watch, WatchVerdict
from fedtui.watching.progress import CannotWatch
from fedtui.workspace import Workspace

LOOK_EVERY = 0.25
"""Seconds between two looks at the watch's file."""

SEE_EVERY = 5.0
"""Seconds between two looks whether the watchman is there."""

_WIDTH = 120
"""Columns of what is not printed to a terminal."""
_STATUS = {
    WatchVerdict.GOOD: ExitStatus.DONE,
    WatchVerdict.FAILED: ExitStatus.JOB_FAILED,
    WatchVerdict.UNPROVEN: ExitStatus.REFUSED,
}


async def watch(workspace: Workspace, options: Namespace) -> int:
    """`fedtui watch`: 0 when all cycles were good, 1 when one failed, 3 when one is unproven."""
    if options.keep:
        await workspace.keep_watching()
        return ExitStatus.DONE
    if options.job is None:
        raise UsageError("watch: which job? An id as `fedtui list` prints it, or an unambiguous name.")
    job = await find_job(workspace, options.job)
    watches = workspace.watches
    if options.stop:
        ended = await asyncio.to_thread(watches.stop, job.id)
        if options.json:
            kept = await asyncio.to_thread(watches.get, job.id) if ended else None
            records = JsonRecords(workspace.zone, form=options.json)
            print_json(options.json, None if kept is None else records.watch(kept), "watch")
            return ExitStatus.DONE
        print(
            f"The watch over {sanitize_and_mask(job.name)} is ended."
            if ended
            else f"{sanitize_and_mask(job.name)} is not watched."
        )
        return ExitStatus.DONE
    known = await asyncio.to_thread(watches.get, job.id)
    is_kept = await asyncio.to_thread(watches.book.is_kept)
    try:
        begun = await asyncio.to_thread(watches.begin, job, options.cycles)
    except CannotWatch as error:
        raise Unavailable(f"{sanitize_and_mask(str(error))} {in_shell(error.advice)}".strip()) from error
    if known is not None and not known.finished:
        how = "Joins the open watch" if is_kept else "Resumes the watch that was cut short"
        cycles = (
            f"{counted(len(begun.cycles), 'cycle')}, {sum(one.verdict.decided for one in begun.cycles)} done"
        )
        print(f"{how}: {cycles}, begun {short_moment(begun.began)}.", file=sys.stderr)
    teller = _Teller(workspace, options, job)
    try:
        ended = await _follow(workspace, begun, teller)
    except (KeyboardInterrupt, asyncio.CancelledError):
        print(f"\nThe watch continues. Show it: fedtui watch {job.id}   End it: --stop", file=sys.stderr)
        raise
    return teller.verdict(ended)


async def _follow(workspace: Workspace, watch: Watch, teller: _Teller) -> Watch:
    """Show the watch until it is finished, and see to it that somebody keeps it."""
    looks = 0
    while True:
        teller.show(watch)
        if watch.finished:
            return watch
        if looks % round(SEE_EVERY / LOOK_EVERY) == 0:
            started = await asyncio.to_thread(workspace.watches.ensure_daemon)
            if started and looks and workspace.watches.last_complaint:
                raise Unavailable(
                    f"The watch is not kept: {sanitize_and_mask(workspace.watches.last_complaint)}"
                )
        looks += 1
        await asyncio.sleep(LOOK_EVERY)
        newest = await asyncio.to_thread(workspace.watches.get, watch.job_id)
        watch = newest or watch


class _Teller:
    """Prints a line for each cycle that has its verdict, and on a terminal the one that is waited for."""

    def __init__(self, workspace: Workspace, options: Namespace, job: Job) -> None:
        self._workspace = workspace
        self._job = job
        self._json: str = options.json
        self._ascii = bool(options.ascii)
        self._live = sys.stdout.isatty() and not self._json and not is_dumb()
        self._told = -1
        self._paused = False

    @property
    def _width(self) -> int:
        """The terminal's own: a row that is wrapped cannot be written over, and fills the screen."""
        return shutil.get_terminal_size((_WIDTH, 24)).columns - 1 if self._live else _WIDTH

    def show(self, watch: Watch) -> None:
        """Say what is new."""
        if self._json:
            return
        now = self._workspace.now()
        if self._told < 0:
            self._told = 0
            print(
                f"Watching {sanitize_and_mask(self._job.name)}, {sanitize_and_mask(self._job.schedule_text)}"
            )
            self._line(heading(self._width))
        while self._told < len(watch.cycles) and watch.cycles[self._told].verdict.decided:
            self._told += 1
            self._line(cycle_row(watch, self._told, now, self._width))
        if watch.paused and not self._paused:
            self._line(PAUSED)
        self._paused = watch.paused
        if self._live and self._told < len(watch.cycles) and not watch.finished:
            row = cut(plain(cycle_row(watch, self._told + 1, now, self._width)).rstrip(), self._width)
            print(f"\r\x1b[K{to_ascii(row) if self._ascii else row}", end="", flush=True)

    def _line(self, line: StyledText) -> None:
        text = plain(line).rstrip()
        print(("\r\x1b[K" if self._live else "") + (to_ascii(text) if self._ascii else text), flush=True)

    def verdict(self, watch: Watch) -> int:
        """Say the verdict; returns the exit status."""
        if self._json:
            print_json(self._json, JsonRecords(self._workspace.zone, form=self._json).watch(watch), "watch")
        else:
            for line in verdict_lines(watch, self._workspace.now(), width=self._width):
                self._line(line)
            if offers_recorder(watch, self._job):
                print(f"fedtui record {self._job.id} keeps the exit status of every run from now on.")
        if watch.stopped is not None and watch.verdict is not WatchVerdict.FAILED:
            return _STATUS[WatchVerdict.UNPROVEN]
        return _STATUS[watch.verdict]
