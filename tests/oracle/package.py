"""The packaged programs of Debian's cron themselves, kept away from the machine's own tables."""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import fedtui
from tests.oracle.expressions import Stretch

_ENTER = Path(__file__).with_name("packaged.sh")
_STARTED = re.compile(r"(?m)^(\d+) \(root\) CMD \(: (\d+)\)$")
_CHECK = """
cd "$FOLDER/checked"
for file in *; do
    "$BUILD/package/usr/bin/crontab" -n "$file" >/dev/null 2>"../said/$file" && echo good >"../said/$file"
done
true
"""
_KILLED = """
"$PYTHON" -c 'from fedtui.system.crontab_program import SystemCrontab
SystemCrontab("root").check(b"# " + b"x" * 30_000_000 + bytes([10]))' &
until ls /var/spool/cron/crontabs | grep -q tmp; do sleep 0.01; done
kill -9 $!
while pgrep -x crontab >/dev/null; do sleep 0.05; done
ls /var/spool/cron/crontabs >"$FOLDER/left"
"""


class Package:
    """The daemon and crontab(1) of the package, unmodified. Needs root. Texts are Latin-1."""

    def __init__(self, build: Path) -> None:
        self._build = build

    def starts(self, schedules: Sequence[str], stretch: Stretch) -> list[list[int]]:
        """The minutes since 1970 in the stretch that each is started in; the daemon runs from `after`."""
        with tempfile.TemporaryDirectory(prefix="fedtui-cron-") as name:
            folder = Path(name)
            table = "".join(f"{text} : {number}\n" for number, text in enumerate(schedules))
            (folder / "table").write_bytes(table.encode("latin-1"))
            environment = {
                "TZ": stretch.zone,
                "SHIM_LOG": str(folder / "log"),
                "SHIM_NOW": str(stretch.after * 60 + 30),
                "SHIM_END": str(stretch.until * 60),
            }
            daemon = str(self._build / "package/usr/sbin/cron")
            self._run(folder, ["env", f"LD_PRELOAD={self._build / 'shim.so'}", daemon, "-f"], environment)
            log = (folder / "log").read_text(encoding="utf-8", errors="replace")
        found: list[set[int]] = [set() for _ in schedules]
        for second, number in _STARTED.findall(log):
            found[int(number)].add(int(second) // 60)
        return [sorted(minutes) for minutes in found]

    def complaints(self, lines: Sequence[str]) -> list[str]:
        """What `crontab -n` says of a table with this line alone: "" for a good one, else as "bad minute"."""
        with tempfile.TemporaryDirectory(prefix="fedtui-cron-") as name:
            folder = Path(name)
            (folder / "table").touch()
            (folder / "checked").mkdir()
            (folder / "said").mkdir()
            files = [f"{number:06}" for number in range(len(lines))]
            for file, line in zip(files, lines, strict=True):
                (folder / "checked" / file).write_bytes(f"{line}\n".encode("latin-1"))
            self._run(folder, ["sh", "-c", _CHECK], {})
            return [_complaint((folder / "said" / file).read_text(encoding="utf-8")) for file in files]

    def left_by_a_killed_check(self) -> list[str]:
        """The spool after fedtui was killed while crontab(1) checked a table, for about a second."""
        with tempfile.TemporaryDirectory(prefix="fedtui-cron-") as name:
            folder = Path(name)
            (folder / "table").touch()
            environment = {
                "PATH": f"{self._build / 'package/usr/bin'}:/usr/bin:/bin",
                "PYTHON": sys.executable,
                "PYTHONPATH": str(Path(fedtui.__file__).parents[1]),
                "TMPDIR": name,
            }
            self._run(folder, ["sh", "-c", _KILLED], environment)
            return (folder / "left").read_text().split()

    def _run(self, folder: Path, command: list[str], environment: dict[str, str]) -> None:
        path = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}
        arguments = ["sh", str(_ENTER), str(self._build), str(folder), *command]
        subprocess.run(
            arguments, stdin=subprocess.DEVNULL, timeout=120, check=True, env={**path, **environment}
        )


def _complaint(said: str) -> str:
    """The complaint in `"FILE":0: bad minute`, then a line that says that nothing is installed."""
    first = said.splitlines()[0]
    return "" if first == "good" else first.partition(": ")[2]
