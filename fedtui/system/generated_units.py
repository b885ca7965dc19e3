"""Whether systemd-cron has made its timers from a user's table as it is now.

It looks at a table when that is written, but not at one that is written while it reads another: then the old
timers stay, and run. Facts: systemd-cron 1.15 and 2.5, whose timers have the line as their description.
"""

from __future__ import annotations

import glob
import re
import time
from collections.abc import Callable
from contextlib import suppress

from fedtui.system.cron_product import GENERATED
from fedtui.system.regular_file import read_regular

READ_AGAIN = "sudo systemctl restart cron-update.path cron-update.service"
"""What has it look at all tables; its path unit ends for good after five changes in ten seconds."""
_DESCRIPTION = re.compile(rb'^Description=\[Timer\] "(.*)"$', re.MULTILINE)
_JOB = re.compile(rb"\s*(?:[0-9*]|@(?!reboot))")
_ATTEMPTS = 3
_WITHIN = 3.0
"""Seconds that a reload of systemd is given."""


def have_read(user: str, base: bytes | None, table: bytes | None, write_again: Callable[[], None]) -> None:
    """Wait until the timers are those of `table`; where they stay as they were, have them made again.

    A line that systemd-cron refuses never gets a timer, so that this ends in any case, within 10 s.
    """
    for attempt in range(_ATTEMPTS):
        if attempt:
            write_again()
        deadline = time.monotonic() + _WITHIN
        while time.monotonic() < deadline:
            if is_read(user, base, table):
                return
            time.sleep(0.1)


def is_read(user: str, base: bytes | None, table: bytes | None) -> bool:
    """Whether no timer is of a line that went, and each new line has one."""
    before, after = _lines(base or b""), _lines(table or b"")
    made = set()
    for timer in GENERATED.glob(f"cron-{glob.escape(user)}-{glob.escape(user)}-*.timer"):
        with suppress(OSError):
            found = _DESCRIPTION.search(read_regular(timer))
            if found is not None:
                made.add(b" ".join(found[1].replace(b"%%", b"%").split()))
    new = {line for line in after - before if _JOB.match(line)}
    return made <= after and new <= made


def _lines(table: bytes) -> set[bytes]:
    return {b" ".join(line.split()) for line in table.splitlines()}
