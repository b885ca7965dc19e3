"""Whether systemd-cron has made its timers from a table as it is now.

It looks at a table when that is written, but not at one that is written while it reads another: then the old
timers stay, and run. Facts: systemd-cron 1.15 and 2.5, whose timers have the line as their description.
"""

from __future__ import annotations

import glob
import re
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import NamedTuple

from fedtui.system.cron_product import GENERATED, names_in_units
from fedtui.system.regular_file import read_regular

UPDATE = ("cron-update.path", "cron-update.service")
READ_AGAIN = f"sudo systemctl restart {' '.join(UPDATE)}"
"""What has it look at all tables; its path unit ends for good after five changes in ten seconds."""
_DESCRIPTION = re.compile(rb'^Description=\[Timer\] "(.*)"$', re.MULTILINE)
_JOB = re.compile(rb"\s*(?:[0-9*]|@(?!reboot))")
_ATTEMPTS = 3
_WITHIN = 3.0
"""Seconds that a reload of systemd is given."""


class WrittenTable(NamedTuple):
    """A table of `name` ("fed" of a user, "backup" of /etc/cron.d/backup), and its text before and after."""

    name: str
    base: bytes | None
    table: bytes | None


def await_read(written: WrittenTable, moment: Callable[[], float], write_again: Callable[[], bool]) -> bool:
    """Wait until the timers are those of the table, and say whether they are.

    Where they stay as they were, `write_again` has them made again; it says whether it could. `moment` is
    when the table was last written, in seconds since the epoch. A line that systemd-cron refuses never gets
    a timer, so that this ends in any case, within 10 s.
    """
    for attempt in range(_ATTEMPTS):
        if attempt and not write_again():
            break
        deadline = time.monotonic() + _WITHIN
        while time.monotonic() < deadline:
            if is_read(written, moment()):
                return True
            time.sleep(0.1)
    return False


def is_read(written: WrittenTable, moment: float) -> bool:
    """Whether the timers were made since, none of them of a line that went, and each new line has one.

    The time alone does not tell: systemd-cron may have read before the write what it makes after it.
    """
    before, after = _lines(written.base or b""), _lines(written.table or b"")
    new = {line for line in after - before if _JOB.match(line)}
    with suppress(OSError):  # a reload takes the folder away, and makes it again
        made = set(_made(written.name))
        return GENERATED.stat().st_mtime >= moment and made <= after and new <= made
    return False


def _made(name: str) -> Iterator[bytes]:
    """The lines that there are timers of. Raises OSError."""
    for pattern in _patterns(name):
        for timer in GENERATED.glob(pattern):
            found = _DESCRIPTION.search(read_regular(timer))
            if found is not None:
                yield b" ".join(found[1].replace(b"%%", b"%").split())


def _patterns(name: str) -> Sequence[str]:
    return [f"cron-{glob.escape(one)}-*-*.timer" for one in names_in_units(name)]


def _lines(table: bytes) -> set[bytes]:
    return {b" ".join(line.split()) for line in table.splitlines()}
