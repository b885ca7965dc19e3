"""Watching a job's next cycles: did each start, how late, how long, how it ended, and what it left behind.

`cycle` holds the values, `following` brings them up to date from snapshots, `attendance` tells jobs whose run
is overdue, `book` keeps watches in the state folder, `watchman` goes on when the terminal is gone, and
`watches` is the door for the screen and the command line.
"""
