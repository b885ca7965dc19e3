"""What logrotate itself says of a configuration that is still to be written: `--debug` on a copy. Blocking.

Its messages decide, since it ends with 0 on some mistakes, and they are asked for each log: that it was
considered, and not passed over for another reason than that it is not there yet.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from fedtui.action_result import Refused
from fedtui.federation.rotation.text import glob_of
from fedtui.safe_text import sanitize
from fedtui.system.logrotate_config import LOGROTATE_CONF, LOGROTATE_D, configurations
from fedtui.system.program import ProgramError, run_program
from fedtui.system.regular_file import read_regular
from fedtui.system.temp_folder import TempFolder

_CONSIDERED = "considering log "
_PASSED = re.compile(r"^\s*log .* -- skipping\.?$")


def program() -> str | None:
    """The absolute path of logrotate, None where it is not installed. Users' PATHs often lack sbin."""
    return shutil.which("logrotate") or shutil.which("logrotate", path="/usr/sbin:/usr/local/sbin:/sbin")


def complaints_own(logrotate: str, text: bytes, logs: Sequence[Path]) -> tuple[str, ...]:
    """What logrotate has against a configuration that stands by itself. Raises Refused."""
    with _folder() as folder:
        copy = folder / "logrotate.conf"
        _put(copy, text)
        said = _debug(logrotate, copy, folder)
    return tuple(_complaints(said, logs, ()))


def complaints_system(logrotate: str, name: str, text: bytes, logs: Sequence[Path]) -> tuple[str, ...]:
    """What logrotate has against the file `name` among the machine's configurations. Raises Refused."""
    with _folder() as folder:
        copies = folder / "d"
        copies.mkdir(mode=0o755)
        for path in configurations()[1:]:
            if path.name != name:
                _put(copies / path.name, read_regular(path))
        main = read_regular(LOGROTATE_CONF)
        include = re.compile(rb"(?m)^(\s*include\s+)" + re.escape(bytes(LOGROTATE_D)) + rb"/?[ \t]*$")
        copied, times = include.subn(lambda found: found[1] + bytes(copies), main)
        if not times:
            return (f"{LOGROTATE_CONF} does not include {LOGROTATE_D}, so nothing there is read",)
        _put(copies / name, text)
        _put(folder / "main", copied)
        said = _debug(logrotate, folder / "main", folder)
    return tuple(_complaints(said, logs, (name,)))


@contextmanager
def _folder() -> Iterator[Path]:
    """A temporary folder for copies. Raises Refused where one cannot be made, or something not be copied."""
    try:
        with TempFolder() as folder:
            yield folder.path
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        raise Refused(f"The rotation could not be tried: {where}{error.strerror}.") from error


def _put(path: Path, text: bytes) -> None:
    path.write_bytes(text)
    path.chmod(0o644)  # logrotate ignores what others may write to


def _debug(logrotate: str, config: Path, folder: Path) -> list[str]:
    command = (logrotate, "--debug", "--state", str(folder / "state"), str(config))
    try:
        ended = run_program(command, deadline=20.0)
    except ProgramError as error:
        raise Refused(f"The rotation could not be tried: {error}.") from error
    said = (ended.out + ended.err).decode("utf-8", "surrogateescape")
    return said.replace(f"{folder}/d/", "").replace(f"{folder}/", "").splitlines()


def _complaints(said: Sequence[str], logs: Sequence[Path], names: Sequence[str]) -> Iterator[str]:
    """Errors about the file or its logs (of other files' where `names` is not empty: none), and logs left."""
    written = {glob_of(log): log for log in logs} | {str(log): log for log in logs}
    about = (*names, *written)
    considered: set[Path] = set()
    current: Path | None = None
    for line in said:
        if line.startswith("error: ") and (not names or any(word in line for word in about)):
            yield sanitize(line.removeprefix("error: ").rstrip(". "))
        elif line.startswith(_CONSIDERED):
            current = written.get(line.removeprefix(_CONSIDERED))
            considered |= {current} if current is not None else set()
        elif current is not None and _PASSED.match(line) and "does not exist" not in line:
            yield sanitize(line.strip().removesuffix(".").removesuffix("-- skipping").rstrip())
    for log in logs:
        if log not in considered:
            yield sanitize(f"{log} is not among the logs that logrotate takes")
