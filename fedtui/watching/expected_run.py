"""A watch and its cycles as values: what was promised, what came, and the verdict."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from fedtui.model import Result


class WatchVerdict(StrEnum):
    """The state of a cycle. UNPROVEN: it came or may have come, but whether it went well cannot be known."""

    WAITING = "waiting"
    RUNNING = "running"
    GOOD = "good"
    FAILED = "failed"
    UNPROVEN = "unproven"

    @property
    def decided(self) -> bool:
        """True once nothing more is waited for."""
        return self in (WatchVerdict.GOOD, WatchVerdict.FAILED, WatchVerdict.UNPROVEN)


@dataclass(frozen=True, slots=True)
class LogMark:
    """A log file as it was before a cycle: what lies behind `size` bytes is the cycle's.

    `inode` is 0 where there was no file yet.
    """

    path: str
    inode: int
    size: int


@dataclass(frozen=True, slots=True)
class ExpectedRun:
    """One run that the schedule promises.

    `due` is None while its scheduler has not fixed it (a timer that counts from the end of the run before).
    `grace_until` is the moment from which the cycle is missed. `log_lines` and `log_bytes` are what it wrote
    to its log, None where that is not known. `renewed` tells whether the job's product holds newer data,
    None where there is no product or it is unknown. `causes` are likely reasons of a cycle that went
    wrong.
    """

    due: datetime | None = None
    grace_until: datetime | None = None
    verdict: WatchVerdict = WatchVerdict.WAITING
    run_id: str = ""
    start: datetime | None = None
    end: datetime | None = None
    result: Result | None = None
    mark: LogMark | None = None
    log_lines: int | None = None
    log_bytes: int | None = None
    renewed: bool | None = None
    reasons: tuple[str, ...] = ()
    causes: tuple[str, ...] = ()

    @property
    def late(self) -> float | None:
        """Seconds between due and start; None where the start was only concluded from a trace."""
        if self.due is None or self.start is None or self.start == self.due:
            return None
        return max(0.0, (self.start - self.due).total_seconds())


@dataclass(frozen=True, slots=True)
class Watch:
    """The watch over the next cycles of one job. `product` is the path of the file that it should renew.

    `stopped` is set when the user ended it before its last cycle. While `paused` the job is held back, and
    no cycle is due.
    """

    job_id: str
    job_name: str
    began: datetime
    cycles: tuple[ExpectedRun, ...]
    product: str = ""
    stopped: datetime | None = None
    paused: bool = False

    @property
    def finished(self) -> bool:
        """True once every cycle has its verdict, or the user ended the watch."""
        return self.stopped is not None or all(cycle.verdict.decided for cycle in self.cycles)

    @property
    def verdict(self) -> WatchVerdict:
        """Failed as soon as one cycle has failed; good only if all are."""
        verdicts = [cycle.verdict for cycle in self.cycles]
        if WatchVerdict.FAILED in verdicts:
            return WatchVerdict.FAILED
        if not self.finished:
            return WatchVerdict.RUNNING if any(one.decided for one in verdicts) else WatchVerdict.WAITING
        return WatchVerdict.GOOD if set(verdicts) == {WatchVerdict.GOOD} else WatchVerdict.UNPROVEN

    def count(self, verdict: WatchVerdict) -> int:
        """How many cycles have that verdict."""
        return sum(cycle.verdict is verdict for cycle in self.cycles)

    @property
    def next_cycle(self) -> ExpectedRun | None:
        """The first cycle that has not begun and has no verdict."""
        return next((cycle for cycle in self.cycles if cycle.verdict is WatchVerdict.WAITING), None)
