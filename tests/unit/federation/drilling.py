"""A federation to rehearse with: ROOT with three scripts, and pictures of a folder to compare."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from fedtui.federation.drills.drill import DrillSetting, ScheduledScript, TimedJob
from fedtui.federation.drills.drill_events import ScriptAccount
from fedtui.federation.drills.drill_runner import cannot_stage
from fedtui.schedule.cron import parse_schedule

SYNC = """\
#!/usr/bin/env bash
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
echo '{"timestamp": 1}' | sort > data/patterns/new
mv data/patterns/new data/patterns/skills-patterns.jsonl
echo "sync: done"
"""
EXPORT = """\
#!/usr/bin/env bash
set -euo pipefail
mkdir -p "$(dirname "${BASH_SOURCE[0]}")/../data/exports"
exec 3<>"/dev/tcp/127.0.0.1/${QDRANT_URL##*:}"
echo "export: done"
"""
METRICS = "#!/usr/bin/env bash\necho metrics\n"
SCRIPTS = {"sync": "sync-learning-data.sh", "export": "export-collections.sh", "metrics": "dashboard.sh"}


def lay(folder: Path, sync: str = SYNC, export: str = EXPORT) -> Path:
    """ROOT with its scripts and some data; returns ROOT."""
    root = folder / "a root with spaces"
    (root / "scripts").mkdir(parents=True)
    (root / "data/patterns").mkdir(parents=True)
    (root / "data/patterns/skills-patterns.jsonl").write_text('{"timestamp": 0}\n')
    for key, text in (("sync", sync), ("export", export), ("metrics", METRICS)):
        (root / "scripts" / SCRIPTS[key]).write_text(text)
    return root


def setting(folder: Path, root: Path, **changes: object) -> DrillSetting:
    """What the drills rehearse with, HOME, logs and state below `folder`."""
    home = folder / "home"
    for made in (home, folder / "logs"):
        made.mkdir(exist_ok=True)
    environment = {
        b"HOME": os.fsencode(home),
        b"PATH": b"/usr/bin:/bin",
        b"SHELL": b"/bin/sh",
        b"LOGNAME": b"somebody",
    }
    lines = {
        key: ScheduledScript(
            key,
            key,
            root / "scripts" / name,
            ("bash", str(root / "scripts" / name)),
            folder / "logs" / f"{key}.log",
            environment,
        )
        for key, name in SCRIPTS.items()
    }
    state = folder / "state/drills"
    known: dict[str, object] = {
        "lines": lines,
        "root": root,
        "no_view": cannot_stage(state),
        "profile": "conservative",
        "times": (
            TimedJob("sync", parse_schedule("0 * * * *")),
            TimedJob("export", parse_schedule("0 2 * * 0")),
        ),
        "zone": ZoneInfo("Europe/Berlin"),
        "zone_name": "Europe/Berlin",
        "now": datetime(2026, 11, 24, 13, 5, tzinfo=UTC),
    }
    return DrillSetting(state, ScriptAccount("somebody"), **(known | changes))  # type: ignore[arg-type]  # a test's own


def picture(folder: Path) -> Mapping[str, tuple[object, ...]]:
    """Every file below `folder` but for those of drills: mode, owner, time, and what is in it."""
    found = {}
    for place, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if name != "state"]
        for name in (*folders, *files, "."):
            path = Path(place, name)
            facts = path.lstat()
            content: object = None
            if stat.S_ISREG(facts.st_mode):
                content = hashlib.sha256(path.read_bytes()).hexdigest()
            elif stat.S_ISLNK(facts.st_mode):
                content = str(path.readlink())
            times = None if place == str(folder) and name == "." else facts.st_mtime_ns
            found[str(path)] = (oct(facts.st_mode), facts.st_uid, facts.st_gid, times, content)
    return found


def left(folder: Path) -> list[str]:
    """What drills have left in their folder, but for their locks."""
    return sorted(path.name for path in (folder / "state/drills").glob("[!.]*"))
