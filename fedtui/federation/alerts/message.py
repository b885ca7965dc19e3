"""The words of alerts: a subject line and a text for one channel's events. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from fedtui.history.alert_memory import AlertEvent
from fedtui.model import Condition
from fedtui.safe_text import sanitize_and_mask
from fedtui.schedule.patterns import counted


@dataclass(frozen=True, slots=True)
class Message:
    """What is sent. `key` is the same for the same news, so that a mail sent twice can be known as one."""

    subject: str
    body: str
    key: str


_BEGAN_AND_OVER = {
    Condition.FAILED: ("failed", "runs well again"),
    Condition.LATE: ("is late", "starts again"),
    Condition.STALE: ("is stale", "is fresh again"),
    Condition.HELD: ("will not run", "is scheduled again"),
    Condition.GONE: ("is gone", "is there again"),
    Condition.UNSEEN: ("cannot be looked at", "can be looked at again"),
    Condition.UNPROVEN: ("cannot be judged", "can be judged"),
    Condition.DOWN: ("is not running", "is running again"),
}


def headline(event: AlertEvent) -> str:
    """What happened, in a few words: "federated-sync is stale"."""
    began, over = _BEGAN_AND_OVER[Condition(event.kind)]
    return sanitize_and_mask(f"{event.name} {began if event.holds else over}")


def line(event: AlertEvent) -> str:
    """The same with the reason, where one is known."""
    return f"{headline(event)}: {sanitize_and_mask(event.words)}" if event.words else headline(event)


def message(events: Sequence[AlertEvent], dropped: int, host: str, now: datetime) -> Message:
    """One message with all that waits for a channel."""
    began = sum(event.holds for event in events)
    over = len(events) - began
    if len(events) == 1:
        title = headline(events[0])
    elif over and began:
        title = f"{counted(began, 'problem')}, {over} over"
    else:
        title = counted(began, "problem") if began else f"{counted(over, 'problem')} over"
        title += ": " + ", ".join(dict.fromkeys(sanitize_and_mask(event.name) for event in events[:3]))
        title += ", ..." if len(events) > 3 else ""
    lines = [f"fedtui on {host}, {now:%Y-%m-%d %H:%M %Z}", ""]
    lines += [f"{dropped} earlier changes were too many to keep.", ""] if dropped else []
    for event in events:
        sign = "PROBLEM" if event.holds else "OVER   "
        lines.append(f"{sign}  {event.at.astimezone(now.tzinfo):%Y-%m-%d %H:%M}  {line(event)}")
    lines += ["", "Look: fedtui check", "Each of these is sent once."]
    news = "\n".join(f"{e.subject} {e.kind} {e.holds} {e.at.timestamp()}" for e in events)
    return Message(f"[fedtui {host}] {title}", "\n".join(lines) + "\n", _digest(f"{host}\n{news}"))


def test_message(host: str, now: datetime) -> Message:
    """What proves that a channel works."""
    body = (
        f"fedtui on {host}, {now:%Y-%m-%d %H:%M:%S %Z}\n\n"
        "This is a test of an alert channel: it works. Problems of scheduled jobs, and their ends, are sent "
        "here once each.\n"
    )
    return Message(f"[fedtui {host}] test of the alerts", body, _digest(f"{host} test {now.timestamp()}"))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:24]
