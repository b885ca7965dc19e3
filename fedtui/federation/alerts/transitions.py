"""What changed since the last check, and which channels have not sent it yet. Pure.

A problem is reported once when it begins and once when it is over; what neither holds nor surely does not
hold stays as it was. Each channel has a queue of its own, so that one that fails gets them later and no other
gets them twice.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from fedtui.history.alert_memory import (
    MOST_WAITING,
    AlertEvent,
    AlertMemory,
    ChannelMemory,
    OpenProblem,
    Subject,
)
from fedtui.model import Condition, Judgement


@dataclass(frozen=True, slots=True)
class Observation:
    """What one look at one subject came to: `after` is what to remember of it, but for its problems."""

    key: str
    after: Subject
    verdicts: tuple[Judgement, ...]


def advance_alerts(
    memory: AlertMemory,
    looks: Iterable[Observation],
    channels: Mapping[str, str],
    now: datetime,
    others: Collection[str] = (),
) -> tuple[AlertMemory, tuple[AlertEvent, ...]]:
    """The memory after these looks, its queues filled, and what is new. `channels` maps ids to labels.

    `others` are the ids of what is no channel and remembered among them. Subjects that are not looked at any
    more are forgotten, and so are channels that are no longer there. One that is new hears of the problems
    that last.
    """
    events: list[AlertEvent] = []
    subjects: dict[str, Subject] = {}
    for look in looks:
        subjects[look.key], found = _taken(look, now)
        events += found
    memories = {
        key: _queued(memory.channels.get(key), label, memory.subjects, events)
        for key, label in channels.items()
    }
    memories |= {key: memory.channels[key] for key in others if key in memory.channels}
    return AlertMemory(subjects, memories, now, memory.saved), tuple(events)


def _taken(look: Observation, now: datetime) -> tuple[Subject, list[AlertEvent]]:
    open_now = dict(look.after.open)
    unproven = look.after.unproven
    events: list[AlertEvent] = []
    for verdict in look.verdicts:
        kind = verdict.condition.value
        if verdict.holds is None or verdict.condition is Condition.NEVER_SEEN:
            continue  # not known, or no news: the job is only new
        told = verdict.condition is Condition.UNPROVEN and unproven
        if verdict.holds == (kind in open_now) or (verdict.holds and told):
            continue
        if verdict.holds:
            open_now[kind] = OpenProblem(now, verdict.words)
            unproven = unproven or verdict.condition is Condition.UNPROVEN
        else:
            del open_now[kind]
        if verdict.holds or verdict.condition is not Condition.UNPROVEN:
            events.append(AlertEvent(look.key, look.after.name, kind, verdict.holds, verdict.words, now))
    return replace(look.after, open=open_now, unproven=unproven), events


def _queued(
    known: ChannelMemory | None, label: str, before: Mapping[str, Subject], events: Sequence[AlertEvent]
) -> ChannelMemory:
    if known is None:
        known = ChannelMemory(label, waiting=tuple(standing(before)))
    waiting = (*known.waiting, *events)
    dropped = max(0, len(waiting) - MOST_WAITING)
    return replace(known, label=label, waiting=waiting[dropped:], dropped=known.dropped + dropped)


def standing(subjects: Mapping[str, Subject]) -> Iterable[AlertEvent]:
    """The problems that last, each as it began."""
    for key, subject in subjects.items():
        for kind, one in subject.open.items():
            yield AlertEvent(key, subject.name, kind, True, one.words, one.since)


def tried(memory: AlertMemory, channel: str, now: datetime, why: str) -> AlertMemory:
    """The memory once something was sent through the channel; `why` it was not taken, empty where it was."""
    known = memory.channels[channel]
    delivered = known.delivered if why else now
    known = replace(known, delivered=delivered, failed=now if why else None, why=why)
    return replace(memory, channels={**memory.channels, channel: known})


def emptied(memory: AlertMemory, channel: str) -> AlertMemory:
    """The memory once the channel took all that waited for it."""
    known = replace(memory.channels[channel], waiting=(), dropped=0)
    return replace(memory, channels={**memory.channels, channel: known})
