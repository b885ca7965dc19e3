"""Drills: failures of a federation, rehearsed before they happen. One module a drill, all in `drill_list`.

None changes what is the user's: scripts run in a view of the file system of their own (`sandbox`), everything
else lies in a scratch folder, and what a drill is about to do is written down first (`drill_journal`), so
that it is cleaned up even where the drill is killed (`guard`).
"""
