"""The crontab(1) programs there are: how each checks a table, says that there is none, and runs an editor.

Facts: crontab.c of Debian's cron 3.0pl1-162, cronie 1.7 and BusyBox 1.37, bcrontab.c of bcron 0.11, the
crontab of systemd-cron 1.15 and 2.5.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CrontabVariant:
    """What differs between crontab(1) programs.

    `sign` is in what it answers to -V. `checks` is the option that checks a file, empty where there is none.
    `absent` is in what -l says where there is no table. `blank` is what -e hands to an editor then; None
    where that is said beside. `hides_header`: up to three leading comments are taken for its own header.
    `escapes`: -l shows a carriage return as two characters. `one_program`: EDITOR names one program, run as
    the table's user, and what it leaves is installed.
    """

    sign: bytes
    checks: str
    absent: bytes = b"no crontab for"
    blank: bytes | None = None
    hides_header: bool = False
    escapes: bool = False
    one_program: bool = False


DEBIAN = CrontabVariant(b"1003.2", "-n", hides_header=True, escapes=True)
CRONIE = CrontabVariant(b"cronie", "-T")  # its -n names the host of a cluster
BUSYBOX = CrontabVariant(b"BusyBox", "", absent=b"No such file", blank=b"", one_program=True)
BCRON = CrontabVariant(b"bcrontab", "", absent=b"Crontab does not exist", blank=b"")
SYSTEMD_CRON = CrontabVariant(b"| -e | -s]", "", blank=b"# min hour dom month dow command")
SYSTEMD_CRON_2 = CrontabVariant(b"crontab -t line", "-T", blank=b"# min hour dom month dow command\n")
UNKNOWN = CrontabVariant(b"", "-n", escapes=True)


def variant_of(answer: bytes) -> CrontabVariant:
    """The program that says `answer` to -V; builds for SELinux hide no header."""
    found = next((one for one in (CRONIE, BUSYBOX, BCRON, SYSTEMD_CRON) if one.sign in answer), None)
    if found is not None:
        return found
    return DEBIAN if DEBIAN.sign in answer and b"elinux" not in answer else UNKNOWN
