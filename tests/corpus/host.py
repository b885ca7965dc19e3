"""The host that a case describes: its files exist nowhere, what shells say of scripts is real."""

from __future__ import annotations

import os
import posixpath
import re
import stat
import subprocess
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from fedtui.health.file_facts import FileFacts
from fedtui.health.probes import ProbeCache
from fedtui.health.script_files import ScriptFile
from fedtui.system.cron_daemon import CronDaemon
from fedtui.system.program import Ended, ProgramError
from tests.unit.health.answers import HEALTHY

BASE = [
    "/usr/bin/sh",
    "/usr/bin/dash",
    "/usr/bin/bash",
    "/usr/bin/zsh",
    "/usr/bin/env",
    "/usr/bin/perl",
    "/usr/bin/python3",
    "/bin/sh",
    "/bin/dash",
    "/bin/bash",
    "/bin/zsh",
    "/usr/sbin/cron",
    "/usr/sbin/sendmail",
    "/run/systemd/system/",
    "/var/log/journal/",
    "/etc/",
    "/home/fed/",
    "/root/",
    "/tmp/",
    "/dev/null",
]
_LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC).timestamp()
_SINCE = datetime(2026, 11, 23, 13, 5, 12, tzinfo=UTC)


class CaseHost(FileFacts):
    """Files below `real`, where a unit's are written, are looked at; all others are as the case says."""

    def __init__(self, case: Mapping[str, Any], answers: Sequence[Mapping[str, Any]], real: Path) -> None:
        probes = ProbeCache(self._run, systemd=True)
        super().__init__(probes=probes, user_path=case.get("user_path", ()))
        self._noexec: tuple[str, ...] = tuple(case.get("noexec", ()))
        self._case = case
        self._real = str(real)
        self._content: Mapping[str, str] = case.get("content", {})
        self._modes: Mapping[str, str] = case.get("modes", {})
        self._files = _tree(case, answers)

    def _run(self, argv: Sequence[str], deadline: float) -> Ended:
        if tuple(argv[:2]) == ("systemd-analyze", "verify"):
            return Ended(0, b"", self._case.get("verify", "").format(folder=self._real).encode())
        if len(argv) == 3 and argv[1] == "-n":
            shell = "dash" if argv[0] == "sh" else argv[0]
            script = self._text(argv[2]).encode()
            done = subprocess.run([shell, "-n"], input=script, capture_output=True, check=False)
            return Ended(done.returncode, done.stdout, done.stderr)
        if tuple(argv[:2]) == ("sh", "-c"):
            done = subprocess.run(["dash", *argv[1:]], capture_output=True, check=False)
            return Ended(done.returncode, done.stdout, done.stderr)
        line = " ".join(argv)
        for start, answer in HEALTHY.items():
            if line.startswith(start):
                return Ended(0, answer.encode(), b"")
        raise ProgramError(f"{argv[0]} could not be started: No such file or directory")

    def _text(self, path: str) -> str:
        return self._content.get(path, "#!/bin/sh\n" if path.endswith(".sh") else "")

    def _is_real(self, path: str) -> bool:
        return path.startswith(self._real)

    def _stat(self, path: str) -> os.stat_result | None:
        if self._is_real(path):
            return super()._stat(path)
        path = posixpath.normpath(path)
        kind = self._files.get(path)
        if kind is None:
            return None
        mode = kind | int(self._modes.get(path, "0755"), 8)
        size = len(self._text(path).encode()) if kind == stat.S_IFREG else 4096
        times = (_LONG_AGO,) * 3
        return os.stat_result((mode, 1, 1, 1, 0, 0, size, *times))

    def exists(self, path: str) -> bool | None:
        return self._stat(path) is not None

    def executable(self, path: str) -> bool:
        found = self._stat(path)
        return found is not None and stat.S_ISREG(found.st_mode) and bool(found.st_mode & 0o111)

    def appendable(self, path: str) -> str | None:
        found = self._stat(path)
        if found is not None:
            return f"{path} is a directory" if stat.S_ISDIR(found.st_mode) else None
        folder = posixpath.dirname(path)
        return None if self.exists(folder) else f"the folder {folder} is missing"

    def executes_nothing(self, path: str) -> bool:
        return any(path.startswith(f"{folder}/") for folder in self._noexec)

    def script(self, path: str) -> ScriptFile | None:
        found = self._stat(path)
        if found is None or not stat.S_ISREG(found.st_mode):
            return None
        text = self._text(path)
        lines = text.removeprefix("\ufeff").split("\n")
        shebang = lines[0][2:].strip() if lines[0].startswith("#!") else ""
        returns = sum(line.endswith("\r") for line in lines)
        runs = bool(found.st_mode & 0o111)
        return ScriptFile(shebang, runs, returns, len(lines), False, (1, found.st_size), text[:1] == "\ufeff")

    def text(self, path: str) -> str:
        return self._text(path)

    def unread(self, path: str) -> str:
        return "" if self.exists(path) else "there is no such file"

    def rotated(self, path: str) -> str | None:
        return None

    def tail(self, path: str) -> bytes | None:
        return None

    def shipped(self, path: str) -> bool:
        return False

    def disk(self, path: str) -> tuple[str, int, int] | None:
        return None

    def names(self, folder: str) -> tuple[str, ...]:
        start = folder.rstrip("/") + "/"
        return tuple(
            sorted({path[len(start) :].split("/")[0] for path in self._files if path.startswith(start)})
        )

    def cron(self) -> CronDaemon:
        return CronDaemon(True, "debian", "cron, pid 1", 1, _SINCE)

    def held_cron(self) -> int | None:
        return None


def _tree(case: Mapping[str, Any], answers: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """Each path that is there, with its kind (S_IFREG or S_IFDIR)."""
    found = {"/": stat.S_IFDIR}

    def add(path: str, kind: int = stat.S_IFREG) -> None:
        if path.endswith("/"):
            path, kind = path.rstrip("/"), stat.S_IFDIR
        elif "/" not in path:
            path = f"/usr/bin/{path}"
        folder = posixpath.dirname(path)
        while folder not in found:
            found[folder] = stat.S_IFDIR
            folder = posixpath.dirname(folder)
        found[path] = kind

    for one in answers:
        for path in filter(None, (*one.get("programs", ()), one.get("script", ""))):
            add(path)
        if one.get("directory"):
            add(one["directory"], stat.S_IFDIR)
        if one.get("log"):
            add(posixpath.dirname(one["log"]), stat.S_IFDIR)
    for target in re.findall(r">\s*(/[^\s\"';|&)]+)", case.get("line", "") + case.get("text", "")):
        add(posixpath.dirname(target), stat.S_IFDIR)
    for folder in re.findall(r"\s-C\s+(/[^\s\"';|&)]+)", case.get("line", "") + case.get("text", "")):
        add(folder, stat.S_IFDIR)
    missing = [path if "/" in path else f"/usr/bin/{path}" for path in case.get("missing", ())]
    for path in [each for each in found for gone in missing if each == gone or each.startswith(f"{gone}/")]:
        found.pop(path, None)
    for path in (*BASE, *case.get("present", ())):
        if path not in missing:
            add(path)
    return found
