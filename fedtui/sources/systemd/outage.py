"""Words for the times when systemd cannot be asked, or not about one unit: what happened, what is untouched,
what to do."""

from __future__ import annotations

import pwd
from dataclasses import replace
from datetime import datetime, tzinfo
from pathlib import Path

from fedtui.bus.port import BusError
from fedtui.bus.systemd_names import BOOTED
from fedtui.model import Job, Problem, State
from fedtui.safe_text import sanitize

ODD = (LookupError, TypeError, ValueError, ArithmeticError, AttributeError)
"""What reading an answer raises that is not of the shape systemd documents."""

GONE = {BusError.DISCONNECTED} | {
    f"org.freedesktop.DBus.Error.{name}"
    for name in ("ServiceUnknown", "NameHasNoOwner", "NoReply", "Disconnected", "Spawn.ChildExited")
}
"""Error names that mean that nobody is there to ask."""


def of_one_unit(error: BaseException) -> str:
    """The error in words where it concerns one unit's answer alone; empty where nobody answers at all."""
    if isinstance(error, BusError):
        return "" if error.name in GONE or error.name == BusError.TIMEOUT else _said(error)
    return f"an odd answer of systemd ({type(error).__name__})" if isinstance(error, ODD) else ""


def _said(error: BusError) -> str:
    return sanitize(error.message or error.name).strip().rstrip(".") or "no reason given"


class Outage:
    """The story of one outage: when it began and why, however often it is asked about."""

    def __init__(self, source: str, user_manager: bool, user: str, zone: tzinfo) -> None:
        self._zone = zone
        self._source = source
        self._user_manager = user_manager
        self._user = user
        self._since: datetime | None = None
        self._reason = ""
        self.was_up = False

    def over(self) -> None:
        """systemd answered."""
        self.was_up = True
        self._since = None

    def problem(self, now: datetime, reason: str, retry_in: float, *, gone: bool = True) -> Problem:
        """The problem to show while the bus is away; the first reason and time are kept.

        Not `gone`: systemd is there, and refuses.
        """
        if self._since is None:
            self._since, self._reason = now, reason
        if not self.was_up:
            return self._never_there(now, retry_in, gone=gone)
        look = "systemctl --user status dbus" if self._user_manager else "systemctl status dbus"
        return Problem(
            self._source,
            f"systemd's bus went away at {self._since.astimezone(self._zone):%H:%M:%S}: {self._reason}",
            "timers keep running; only this view is blind",
            f"Next try in {_seconds(retry_in)}, R tries now. Look: {look}",
            self._since,
        )

    def _never_there(self, now: datetime, retry_in: float, *, gone: bool) -> Problem:
        if gone and not BOOTED.is_dir():
            return Problem(self._source, "systemd does not run here", at=now, absent=True)
        if not gone:
            message = f"systemd refuses to list its {'user' if self._user_manager else 'system'} timers: "
            message += self._reason
            advice = f"Look: systemctl {'--user ' if self._user_manager else ''}list-timers"
        elif self._user_manager:
            if _runs_no_timers(self._user):
                return Problem(self._source, f"{self._user} runs no systemd of its own", at=now, absent=True)
            message = f"systemd's user manager of {self._user} cannot be reached: {self._reason}"
            advice = f"Where it should run: loginctl enable-linger {self._user}"
        else:
            message = f"systemd cannot be reached: {self._reason}"
            advice = "Look: systemctl status dbus"
        return Problem(
            self._source,
            message,
            "cron jobs, logs and history work without it",
            f"Next try in {_seconds(retry_in)}, R tries now. {advice}",
            self._since or now,
        )

    def busy(self, now: datetime, *, rows: bool) -> Problem:
        """The problem to show while a call is not answered; `rows`: its timers are known from before."""
        return Problem(
            self._source,
            f"systemd's {'user' if self._user_manager else 'system'} manager has not answered yet",
            "the rows show what was last seen" if rows else "its timers are not listed until it does",
            "It answers by itself when it is done (a daemon-reload of many units takes seconds)",
            now,
        )

    @staticmethod
    def unreachable(job: Job) -> Job:
        """The row of a timer that cannot be asked about now: no countdown, for a countdown is a promise."""
        gone = replace(job, state=State.UNREACHABLE, state_reason="bus down")
        return replace(gone, next_run=None, later_runs=(), running_since=None)


def _runs_no_timers(user: str) -> bool:
    """Whether the user has no manager and no timer for one: then nothing is missing (root, after sudo)."""
    try:
        account = pwd.getpwnam(user)
        runtime = Path(f"/run/user/{account.pw_uid}")
        if (runtime / "bus").exists() or (runtime / "systemd/private").exists():
            return False
        own = (Path(account.pw_dir, place) for place in (".config/systemd/user", ".local/share/systemd/user"))
        places = [place for place in (*own, Path("/etc/systemd/user")) if place.is_dir()]
        return not any(path.suffix == ".timer" for place in places for path in place.iterdir())
    except (KeyError, OSError):
        return False


def _seconds(seconds: float) -> str:
    return f"{max(1, round(seconds))} s"
