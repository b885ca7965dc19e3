"""Drills: failures of a federation, rehearsed before they happen. One module a drill; `catalog` lists them.

None changes what is the user's: scripts run in a view of the file system of their own (`stage`), everything
else lies in a scratch folder, and what a drill is about to do is written down first (`journal`), so that it
is cleaned up even where the drill is killed (`guard`).
"""
