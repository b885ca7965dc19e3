"""What stays the same about a job while its line moves, pauses and is rescheduled: its id.

See docs/architecture.md, "Identity".
"""

from __future__ import annotations

import hashlib


def id_key(table: str, user: bytes, command_field: bytes, ordinal: int) -> str:
    """The KEY of a cron job's id: eight hex digits, and `-N` for the N-th (N > 1) identical command.

    `table` is "crontab" for a user's own table, else a path. `ordinal` counts from 1 in table order.
    """
    name = table.encode("utf-8", "surrogateescape")
    digest = hashlib.sha1(b"\0".join((name, user, command_field)), usedforsecurity=False).hexdigest()[:8]
    return digest if ordinal == 1 else f"{digest}-{ordinal}"
