"""The door to watches for screen and command line: begin, read, extend, stop; and starting the watchman.

Everything here but `begin` is blocking file work of a millisecond; call it in a thread from the event loop.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from fedtui.model import Job
from fedtui.results import RuleBook
from fedtui.schedule.upcoming import RunsOf
from fedtui.system.self_command import interpreter_environment, module_command
from fedtui.watching.expected_run import Watch
from fedtui.watching.progress import begin_watch, extended
from fedtui.watching.watch_store import WatchStore


class Watches:
    """The watches of one machine or demo workspace.

    `words` are the arguments after `fedtui` that lead to this workspace (none for the machine).
    """

    def __init__(
        self,
        book: WatchStore,
        clock: Callable[[], datetime],
        runs_of: RunsOf,
        rules: RuleBook,
        *,
        words: Sequence[str] = (),
    ) -> None:
        self.book = book
        self._clock = clock
        self._runs_of = runs_of
        self._words = tuple(words)
        self._rules = rules
        self.last_complaint = ""
        """What the watchman before the one that was started last complained of; empty for nothing."""

    def begin(self, job: Job, count: int) -> Watch:
        """The open watch over `job`, extended to `count` cycles where it has fewer; else a new one.

        Raises CannotWatch where no run is promised, WatchStoreError where it cannot be kept.
        """

        def change(known: Watch | None) -> Watch:
            if known is not None and not known.finished:
                return extended(known, count)
            return begin_watch(job, count, self._clock(), self._runs_of, self._rules.product_of(job))

        watch = self.book.update(job.id, change)
        if watch is None:
            raise AssertionError("a watch that was begun is there")
        return watch

    def get(self, job_id: str) -> Watch | None:
        """The newest watch over a job. Raises WatchStoreError."""
        return self.book.get(job_id)

    def more(self, job_id: str) -> Watch | None:
        """One cycle more for an open watch. Raises WatchStoreError."""

        def change(known: Watch | None) -> Watch | None:
            return None if known is None or known.finished else extended(known, len(known.cycles) + 1)

        return self.book.update(job_id, change)

    def stop(self, job_id: str) -> Watch | None:
        """End an open watch, and return it; None where none is open. What it has seen stays.

        Raises WatchStoreError.
        """
        ended: list[Watch] = []

        def change(known: Watch | None) -> Watch | None:
            if known is None or known.finished:
                return None
            ended.append(replace(known, stopped=self._clock().astimezone(UTC)))
            return ended[0]

        self.book.update(job_id, change)
        return ended[0] if ended else None

    def ensure_daemon(self) -> bool:
        """Start the watchman where there is something to watch and no watchman; False where that is not so.

        It is a process of its own session, so that it outlives the terminal; it ends with the last watch.
        Raises WatchStoreError or OSError.
        """
        if not self.book.open() or self.book.is_kept():
            return False
        self.last_complaint = self.complaint()
        with self.book.complaints.open("wb") as complaints:
            subprocess.Popen(
                (*module_command("fedtui"), *self._words, "watch", "--keep"),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=complaints,
                start_new_session=True,
                cwd="/",
                env=interpreter_environment(),
            )
        return True

    def complaint(self) -> str:
        """The last thing that the newest watchman complained of."""
        try:
            lines = self.book.complaints.read_text("utf-8", "replace").strip().splitlines()
        except OSError:
            return ""
        return lines[-1] if lines else ""
