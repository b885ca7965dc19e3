"""What `fed` has on the schedule in the booted tests: a table with every valid oddity, and a timer."""

from __future__ import annotations

from tests.box.machine import Box

MINUTE = b'* * * * * echo "$GREETING, it is $(date +\\%T)" >> /home/fed/logs/minute.log 2>&1\n'
TABLE = (
    b"# the jobs of the federation\n"
    b'MAILTO=""\n'
    b"GREETING = hello from the table\n"
    b"\n"
    b"# name: every-minute\n" + MINUTE + b"17 */6 * * * /home/fed/bin/sync-learning-data.sh\n"
    b"0 3 * * 0  /home/fed/bin/export-collections.sh\n"
    b"  5\t4 *  * mon\tcat > '/home/fed/caf\xe9.txt'%first%second \t\n"
)
SYNC = """#!/bin/sh
echo "sync: 12 patterns pulled"
echo "sync: push rejected" >&2
exit 3
"""
# Goes on until the test lets it end, however slow the machine is.
EXPORT = """#!/bin/sh
echo "export: started"
until [ -e "$HOME/let-it-end" ]; do sleep 0.1; done
echo "export: 14 collections"
"""
SERVICE = """[Unit]
Description=Back up the notes
[Service]
Type=oneshot
ExecStart=/bin/sh -c 'echo "the notes are safe"'
"""
TIMER = """[Unit]
Description=Back up the notes each evening
[Timer]
OnCalendar=*-*-* 18:30:00
[Install]
WantedBy=timers.target
"""
SPOOL = "/var/spool/cron/crontabs/fed"
HEADER_LINES = 3


def set_up(box: Box) -> None:
    """Install the scripts, the table and the enabled timer, as `fed` would."""
    box.write("/home/fed/bin/sync-learning-data.sh", SYNC, mode=0o755)
    box.write("/home/fed/bin/export-collections.sh", EXPORT, mode=0o755)
    box.run(["mkdir", "-p", "/home/fed/logs"], check=True)
    units = "/home/fed/.config/systemd/user"
    box.write(f"{units}/backup-notes.service", SERVICE)
    box.write(f"{units}/backup-notes.timer", TIMER)
    box.run(["systemctl", "--user", "daemon-reload"], check=True)
    box.run(["systemctl", "--user", "enable", "--now", "backup-notes.timer"], check=True)
    install(box, TABLE)


def install(box: Box, table: bytes) -> None:
    """What `crontab -e` of another shell leaves."""
    box.run(["crontab", "-"], input=table, check=True)


def table(box: Box) -> bytes | None:
    """The true bytes of the table of `fed`, without the spool's own header; None where there is none."""
    try:
        spooled = box.read(SPOOL)
    except FileNotFoundError:
        return None
    return b"".join(spooled.splitlines(keepends=True)[HEADER_LINES:])
