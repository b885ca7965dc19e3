"""The one error of this package: a schedule that the daemon would refuse, with the field at fault."""

from __future__ import annotations


class ScheduleError(ValueError):
    """Text that is no schedule in the dialect it was read in.

    `field` is the field as cron names it: "minute", "hour", "day-of-month", "month", "day-of-week",
    "time specifier" (a nickname) or "command" (what follows the schedule). `cron_words` is cron's own
    complaint ("bad minute"), `reason` what is wrong in plain words; the message is both.
    """

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"bad {field}: {reason}")
        self.field = field
        self.reason = reason

    @property
    def cron_words(self) -> str:
        """The complaint as cron(8) logs it, such as "bad minute"."""
        return f"bad {self.field}"

    @property
    def message(self) -> str:
        """cron's complaint and the reason, as one sentence without a full stop."""
        return str(self)
