"""What the set-up found and shows before anything is scheduled: of a folder, a script, a log, a test run."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial

from fedtui.model import Severity


@dataclass(frozen=True, slots=True)
class SetupIssue:
    """One thing found. An ERROR keeps the job `key` from being scheduled; of an empty key, the whole pack.

    `text` is a sentence, `advice` what to do in words or an exact command.
    """

    severity: Severity
    text: str
    key: str = ""
    advice: str = ""


error_issue = partial(SetupIssue, Severity.ERROR)
warning_issue = partial(SetupIssue, Severity.WARNING)
note_issue = partial(SetupIssue, Severity.NOTE)


def worst_first(issues: Iterable[SetupIssue]) -> list[SetupIssue]:
    """The issues by their severity; those of one stay as they came."""
    order = list(Severity)
    return sorted(issues, key=lambda one: order.index(one.severity))
