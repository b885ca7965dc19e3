"""Watching a job's next cycles: did each start, how late, how long, how it ended, and what it left behind.

`expected_run` holds the values, `progress` updates them from snapshots, `overdue_tracker` finds jobs whose
run is overdue, `watch_store` keeps watches in the state folder, `watch_daemon` survives the terminal, and
`watches` is the door for the screen and the command line.
"""
