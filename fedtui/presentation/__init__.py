"""Model to words: what a user reads of a job, a run, a moment, a log line. No Textual, no I/O, no clock.

`signs` has glyphs, words and tones; `times` moments and spans; `rows` the job table; `next_runs` the list of
what comes; `log_lines` what other programs wrote; `notes` whole sentences for panes. The names below are
the ones other layers use.
"""

from fedtui.presentation.signs import (
    Line,
    Piece,
    Sign,
    Tone,
    exit_meaning,
    exit_words,
    outcome_sign,
    state_sign,
    to_ascii,
)
from fedtui.presentation.times import clock, clock_seconds, day, duration, in_words, relative

__all__ = [
    "Line",
    "Piece",
    "Sign",
    "Tone",
    "clock",
    "clock_seconds",
    "day",
    "duration",
    "exit_meaning",
    "exit_words",
    "in_words",
    "outcome_sign",
    "relative",
    "state_sign",
    "to_ascii",
]
