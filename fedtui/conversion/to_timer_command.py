"""The command field of a crontab line as what a service starts: its arguments, and the log it appends to.

cron has a shell read the field, systemd starts a program itself. So only a single command whose every word is
certain is started directly; all else is handed to the shell of the line, as cron does.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass

from fedtui.action_result import Refused
from fedtui.crontab.command import BUILTINS_ONLY, read_command
from fedtui.crontab.shell_state import Step
from fedtui.crontab.wrappers import SHELLS, basename
from fedtui.federation.backends.unit_pairs import led_elsewhere
from fedtui.health.script_files import read_script
from fedtui.runs.cron_environment import CronAccount
from fedtui.system.path_lookup import real_name

_READ_NO_FILE = SHELLS - {"zsh"}
"""Shells that start a command with no file of their own read before it (zsh reads ~/.zshenv)."""
_LEAVES = frozenset({"nohup", "setsid", "disown"})


@dataclass(frozen=True, slots=True)
class ServiceCommand:
    """`log` is absolute, or ""; `background`: something may still run when the command has ended."""

    argv: tuple[str, ...]
    log: str = ""
    background: bool = False


def service_command(
    field: bytes, account: CronAccount, environment: Mapping[bytes, bytes], *, opened_by_root: bool
) -> ServiceCommand:
    """What does as cron's shell does with `field`, in the whole `environment` of a job of `account`.

    A log that systemd would open as root (`opened_by_root`), in a folder that its user controls, is left to
    the shell. Raises Refused for what no unit can hold.
    """
    try:
        command = field.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Refused("The command is not UTF-8, as unit files are.") from error
    if not command.strip():
        raise Refused("The line has no command.")
    shell = environment[b"SHELL"].decode("utf-8", "replace")
    given = tuple(environment.items())
    line = read_command(field, account.home, given, account.name, sh=real_name("/bin/sh"))
    background = line.background or any(_LEAVES.intersection(_names(step)) for step in line.steps)
    step = line.alone
    if (
        step is not None
        and not step.assigned
        and basename(shell) in _READ_NO_FILE
        and b"BASH_ENV" not in environment
    ):
        argv, log = _program(step), _log(step)
        if argv and log is not None and not (opened_by_root and log and led_elsewhere(log)):
            return ServiceCommand(argv, log, background)
    return ServiceCommand((shell, "-c", command), "", background)


def _names(step: Step) -> tuple[str, ...]:
    found = () if step.launch is None else step.launch.lookups
    return tuple(basename(word.raw) for word, _ in found)


def _program(step: Step) -> tuple[str, ...]:
    """The arguments, the program's path first; empty where the shell may start something else."""
    words = [step.state.value(word) for word in step.words]
    name = words[0] if words else None
    if not name or "=" in name or name in BUILTINS_ONLY or None in words:
        return ()
    found = shutil.which(name, path=step.state.variables.get("PATH", "")) or ""
    file = read_script(found) if found.startswith("/") else None  # a relative path is what the script's $0 is
    if file is None or not (file.binary or file.shebang):  # only a shell runs a script without #!
        return ()
    return (found, *(word for word in words[1:] if word is not None))


def _log(step: Step) -> str | None:
    """What `>> FILE 2>&1` names, "" without redirections; None for those that a service has not."""
    if not step.redirects:
        return ""
    log, *copy = step.redirects
    both = [(item.descriptor, item.operator, item.target.raw) for item in copy] == [(2, ">&", "1")]
    path = step.state.path(log.target)
    if not both or (log.descriptor, log.operator) != (1, ">>") or path is None or not path.isprintable():
        return None
    return path
