"""The demo workspace: a stand-in for a machine, with its own folder, crontab file and scheduler.

Everything can be tried here with no cron, no systemd and no risk: the same sources, actions and screens
as on a real machine; only the crontab's place and the scheduler differ.
"""
