"""Model to words: what a user reads of a job, a run, a moment, a log line. No Textual, no I/O, no clock.

`glyphs` has glyphs, words and tones; `times` moments and spans; `home` writes `~`; `job_rows` is the job
table; `next_runs` the list of what comes; `log_lines` what other programs wrote; `notes` whole sentences for
panes.
"""
