"""The cases on lines of a crontab, in a demo folder."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.killpoints.faults import Fault, Met, Server, Shared, build_shim, local_server, spec
from tests.killpoints.trial import UNDO, Case, MakeTrial, Trial

TIMEOUT = 25.0
SYNC, EXPORT, METRICS, NIGHTLY = (
    "sync-learning-data",
    "export-collections",
    "generate-dashboard-data",
    "export-nightly",
)

SILENCE = """
from pathlib import Path

def main(arguments):
    from fedtui import changes
    from fedtui.cli import new_runner, report_errors
    from fedtui.config import load
    from fedtui.demo.workspace import demo_workspace

    async def work(ports):
        plan = await changes.plan_silence("FT106", None, ports)
        print((await changes.apply(plan, ports)).message)
        return 0

    def run():
        with new_runner() as runner:
            return runner.run(work(demo_workspace(load(), Path(arguments[0])).ports))

    return report_errors(run, False)
"""
PAUSE = ("pause", SYNC, "--yes")
LATER = ("reschedule", METRICS, "*/5 * * * *", "--reason", "less load", "--yes")

CASES = (
    Case("pause", PAUSE),
    Case("pause, after others", PAUSE, (LATER,)),
    Case("resume", ("resume", NIGHTLY, "--yes"), (LATER,)),
    Case("reschedule", LATER),
    Case("new", ("new", "--schedule", "1 1 * * *", "--command", "true", "--name", "fresh", "--yes")),
    Case("edit", ("edit", NIGHTLY, "--command", "true", "--note", "Two\nlines", "--yes"), (LATER,)),
    Case("delete", ("delete", EXPORT, "--yes")),
    Case("env --set", ("env", METRICS, "--set", "PATH=/usr/bin:/bin", "--yes")),
    Case("silence", ("-c", SILENCE)),
    Case("undo ID", PAUSE, between=(LATER,), undo=("undo", "{id}", "--yes")),
    Case("redo", ("redo", "--yes"), (PAUSE, UNDO)),
)


class DemoWorld:
    """A demo workspace with a home of its own, below `folder`."""

    listing = ()

    def __init__(self, folder: Path, server: Server) -> None:
        self._world, self._saves, self._server = folder / "world", folder / "saves", server
        self._demo, self._home, self._tmp = (self._world / name for name in ("demo", "home", "tmp"))
        self._shared = Shared(folder / "calls")
        self._saves.mkdir()
        for made in (self._home, self._tmp):
            made.mkdir(parents=True)
        assert self.run(("list",)).status == 0

    def run(
        self, argv: Sequence[str], fault: Fault | None = None, at: int = 0, *, count: bool = False
    ) -> Met:
        """Run `fedtui demo --folder F ARGV`."""
        environment = {
            "PATH": os.environ["PATH"],
            "LC_ALL": "C.UTF-8",
            "HOME": str(self._home),
            "TMPDIR": str(self._tmp),
        }
        words = (*argv, str(self._demo)) if argv[0] == "-c" else ("demo", "--folder", str(self._demo), *argv)
        if fault is None:
            return self._server.run(words, environment, "", TIMEOUT)
        self._shared.reset()
        armed = spec(fault, at, str(self._shared.path), [str(self._world)], count=count)
        return self._shared.complete(self._server.run(words, environment, armed, TIMEOUT), str(self._world))

    def look(self) -> tuple[bytes | None, bytes | None]:
        """The crontab and config.toml."""
        config = self._home / ".config/fedtui/config.toml"
        crontab = self._demo / "crontab"
        return tuple(path.read_bytes() if path.exists() else None for path in (crontab, config))

    def save(self) -> Path:
        """A copy of the folders."""
        saved = self._saves / str(len(list(self._saves.iterdir())))
        shutil.copytree(self._world, saved)
        return saved

    def restore(self, saved: Path) -> None:
        """Put a copy of that copy in place."""
        shutil.rmtree(self._world)
        shutil.copytree(saved, self._world)

    def files(self) -> frozenset[str]:
        """Relative to the world; SQLite's journals come and go with its connections."""
        return frozenset(
            str(path.relative_to(self._world))
            for path in self._world.rglob("*")
            if path.parent.name != "backup" and not path.name.startswith("history.db-")
        )

    def kept(self) -> Iterator[tuple[str, bytes]]:
        """The backups."""
        for path in self._world.rglob("backup/[!.]*"):
            yield path.name, path.read_bytes()


@contextmanager
def demo_trials(folder: Path) -> Iterator[MakeTrial]:
    """What makes trials in a demo below `folder`."""
    server = local_server(build_shim(folder))
    try:
        world = DemoWorld(folder, server)
        pristine = world.save()
        yield lambda case, phase: Trial(world, case, phase, pristine)
    finally:
        server.close()
