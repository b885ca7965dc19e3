"""A booted machine of some kind, asked through the `fedtui` that a user types."""

from __future__ import annotations

import json
from typing import Any

from fedtui.system.generated_units import READ_AGAIN
from tests.box.base import BASES
from tests.box.machine import Box


class Host(Box):
    """A `Box` with the verbs of fedtui and a user's crontab at hand."""

    def fedtui(self, *arguments: str, user: str = "fed") -> Any:
        """What a verb answers as JSON; an exit status above 2 fails the test, with what was said."""
        done = self.run(["fedtui", *arguments, "--json"], user, timeout=60)
        assert done.returncode <= 2, f"{arguments}: {done.returncode}\n{done.stdout}{done.stderr}"
        return json.loads(done.stdout)

    def change(self, *arguments: str, user: str = "fed") -> str:
        """What a verb that changes something says once it is done.

        systemd-cron 2 looks at no table any more after some changes in a row: it is helped as the verb says.
        """
        done = self.run(["fedtui", *arguments, "--yes"], user, timeout=60)
        stuck = self.base is BASES["systemd-cron-2"] and done.returncode == 4
        if stuck and done.stderr.rstrip().endswith(READ_AGAIN):
            self.run(READ_AGAIN.split()[1:], "root", check=True)
        else:
            assert done.returncode == 0, f"{arguments}: {done.returncode}\n{done.stdout}{done.stderr}"
        return done.stdout.rstrip("\n")

    def jobs(self, user: str = "fed") -> list[dict[str, Any]]:
        """The rows, each as in docs/json.md."""
        found: list[dict[str, Any]] = self.fedtui("list", user=user)["jobs"]
        return found

    def job(self, name: str, user: str = "fed") -> dict[str, Any]:
        """The one row of that name."""
        [job] = [job for job in self.jobs(user) if job["name"] == name]
        return job

    def findings(self, user: str = "fed") -> dict[str, dict[str, Any]]:
        """What `check` reports, by code."""
        return {one["code"]: one for one in self.fedtui("check", user=user)["findings"]}

    def install(self, table: bytes) -> None:
        """Make `table` the crontab of fed, as a user does by hand."""
        self.write("/home/fed/table", table)
        self.run(["crontab", "/home/fed/table"], check=True)

    def table(self) -> bytes:
        """The crontab of fed as crontab(1) lists it; empty where there is none."""
        done = self.run(["crontab", "-l"])
        return done.stdout.encode("utf-8", "surrogateescape")
