"""The schedule of a timer in words: as written, and as a person would say it."""

from __future__ import annotations

from fedtui.bus.systemd_names import directive, span
from fedtui.schedule.timer import describe_timer
from fedtui.sources.systemd.facts import TimerProperties


def schedule(timer: TimerProperties) -> str:
    """The On...= lines as written where the files agree with systemd, else as systemd normalised them."""
    pairs = timer.written or (
        *((directive(base), span(length)) for base, length in timer.monotonic),
        *(("OnCalendar", expression) for expression in timer.calendar),
        *((name, "yes") for name in timer.on_change),
    )
    return " ".join(f"{key}={value}" for key, value in pairs)


def plain_words(timer: TimerProperties) -> tuple[str, str]:
    """Plain words, long and short (12 cells); a timer without a trigger, or with only changes, says so."""
    pairs = [(directive(base), length / 1e6) for base, length in timer.monotonic]
    if not timer.calendar and not pairs:
        text = "when the clock changes" if timer.on_change else "no trigger"
        return text, "clock change" if timer.on_change else text
    words = describe_timer(timer.calendar, pairs)
    return words.long, words.short
