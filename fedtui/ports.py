"""What actions need from the machine they act on: the same set for a real host and for the demo."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # a list makes ports, and needs next to none of them
    from fedtui.bus.port import BusFactory
    from fedtui.config import Config
    from fedtui.history.database import History
    from fedtui.results import RuleBook
    from fedtui.system.crontab_port import CrontabPort


@dataclass(frozen=True, slots=True)
class Ports:
    """`crontabs` maps a user's name to their table (as root every user's, else only one's own).

    `dialect` finds out what the daemon here reads tables in (see `schedule.cron`). Blocking. `host` is the
    name of the machine, for undo steps. `cron_up` tells whether cron runs, None where that is not known.
    """

    config: Config
    user: str
    crontabs: Mapping[str, CrontabPort]
    bus: BusFactory
    history: History
    clock: Callable[[], datetime]
    demo: bool = False
    dialect: Callable[[], str] = lambda: "debian"
    host: str = ""
    cron_up: Callable[[], bool | None] = lambda: None

    @property
    def rules(self) -> RuleBook:
        """The rules by which runs are judged, and the files that they should renew."""
        from fedtui.pack import load_pack
        from fedtui.results import RuleBook

        pack = (lambda: None) if self.demo else load_pack
        return RuleBook(self.config.rules, self.config.jobs, pack, self.user, str(Path.home()))

    def is_here(self, host: str) -> bool:
        """Whether a change made on `host`, as its step says, was made here: a home may be shared."""
        return not host or not self.host or host == self.host
