"""The checks with what they remember: facts about files, and which findings nobody wants to hear of."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection

from fedtui.config import Config, ConfigError, load
from fedtui.health import checkup
from fedtui.health.file_facts import FileFacts
from fedtui.health.probes import ProbeCache
from fedtui.model import Checkup, Snapshot
from fedtui.results import RuleBook
from fedtui.system.paths import config_file, user_name


class CheckRunner:
    """Called with a snapshot it says what is wrong. Blocking: it may stat files, and run programs.

    `machine` is False for the demo workspace: no daemon of this machine starts its jobs.
    """

    def __init__(self, config: Config, rules: RuleBook, *, machine: bool = True, node: str = "") -> None:
        self._probes = ProbeCache(machine=machine)
        self._host = FileFacts(
            config.log_size_warning,
            probes=self._probes,
            user_path=os.environ.get("PATH", "").split(":"),
            notes=config.freshness,
            state=config.state,
            rules=rules,
            age_limits=config.age_limits,
            user=user_name(os.geteuid()),
            node=node,
        )
        self._ignore: Collection[str] = config.ignore
        self._read = _modified()

    def __call__(self, snapshot: Snapshot) -> Checkup:
        return checkup(snapshot, self._host, self._ignored())

    def wait_for_no_program(self, on_answer: Callable[[], None]) -> None:
        """From now on let programs answer later: `told` is called, in another thread, when they have."""
        self._probes.on_answer = on_answer

    def forget(self) -> None:
        """Look at every file again the next time, and ask every program."""
        self._host.forget()
        self._probes.forget()

    def _ignored(self) -> Collection[str]:
        """What config.toml says now: `i` writes there while the dashboard is open."""
        modified = _modified()
        if modified != self._read:
            self._read = modified
            try:
                self._ignore = load().ignore
            except ConfigError:
                return self._ignore  # somebody is writing it; what was read before counts
        return self._ignore


def _modified() -> int:
    try:
        return config_file().stat().st_mtime_ns
    except OSError:
        return 0
