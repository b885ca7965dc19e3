"""Set environment lines above a cron job: PATH, SHELL, HOME, or any other. Blocking."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from fedtui.action_result import Refused
from fedtui.changes.cron_change import edited_text
from fedtui.changes.open_table import Tables
from fedtui.changes.wording import Wording
from fedtui.crontab import Entry
from fedtui.crontab.edit_setting import others_touched, set_environment
from fedtui.model import Job
from fedtui.safe_text import sanitize_and_mask

_SESSION_NAMES = """
    SSH_AUTH_SOCK SSH_AGENT_PID SSH_CLIENT SSH_CONNECTION SSH_TTY DISPLAY WAYLAND_DISPLAY XAUTHORITY TERM
    XDG_SESSION_ID XDG_RUNTIME_DIR DBUS_SESSION_BUS_ADDRESS GPG_AGENT_INFO TMUX TMUX_PANE STY WINDOWID
    COLORTERM TERM_PROGRAM LS_COLORS LESSOPEN LESSCLOSE MOTD_SHOWN XDG_SESSION_TYPE XDG_SESSION_CLASS
"""
OF_A_SESSION = frozenset(_SESSION_NAMES.split())
"""Variables whose values end with the session that they were made for."""

_NAMED = 3


def propose_setting(job: Job, settings: Mapping[str, str], tables: Tables) -> Wording:
    """Lines above the job that give it these variables. Raises Refused."""
    _startable(settings)
    table = tables.of_job(job)
    entry = table.entry(job)
    wanted = {
        name.encode("utf-8", "surrogateescape"): value.encode("utf-8", "surrogateescape")
        for name, value in settings.items()
    }
    text = edited_text(table, entry, lambda doc, found: set_environment(doc, found, wanted))
    others = others_touched(table.document, table.document.reparse(text), entry)
    tables.put(table, text)
    names = ", ".join(settings)
    what = "line" if len(settings) == 1 else "lines"
    summary = f"Set {names} for {entry.name}: the {what} above it in the {table.port.title}."
    done = f"From now on cron gives {job.name} {names}."
    warnings = (*_reach(others), *_warnings(settings))
    return Wording("environment", job.id, job.name, summary, done, warnings)


def _startable(settings: Mapping[str, str]) -> None:
    """A shell or a home that is not there would keep every job below from starting at all."""
    shell, home = settings.get("SHELL"), settings.get("HOME")
    if shell is not None and not (shell.startswith("/") and os.access(shell, os.X_OK)):
        raise Refused(
            f"SHELL={sanitize_and_mask(shell)} is no program here, so cron could start nothing with it."
        )
    if home is not None and not (home.startswith("/") and Path(home).is_dir()):
        raise Refused(f"HOME={sanitize_and_mask(home)} is no folder here, so cron could start nothing in it.")


def _reach(others: Sequence[Entry]) -> Iterator[str]:
    """Whom it touches besides: a setting holds for all jobs below it."""
    if not others:
        yield "No other job is touched."
        return
    names = ", ".join(sanitize_and_mask(entry.name) for entry in others[:_NAMED])
    more = f" and {len(others) - _NAMED} more" if len(others) > _NAMED else ""
    count = "1 other job" if len(others) == 1 else f"{len(others)} other jobs"
    yield f"It holds for {count} below it, too: {names}{more}."


def _warnings(settings: Mapping[str, str]) -> Iterator[str]:
    for name, value in settings.items():
        if "$" in value or value.startswith("~") or (name == "PATH" and ":~" in value):
            yield f"cron expands neither $ nor ~: the job gets {name} exactly as it is written."
        if sanitize_and_mask(f"{name}=x") != f"{name}=x" and name not in OF_A_SESSION:
            yield f"{name} looks like a secret: the table and its backups will hold it as plain text."
        if name in OF_A_SESSION:
            yield f"{name} belongs to this session: once that ends, the value leads nowhere."
    yield from _about_path(settings.get("PATH"))


def _about_path(path: str | None) -> Iterator[str]:
    if path is None:
        return
    folders = path.split(":")
    if not {"/usr/bin", "/bin"} & set(folders):
        yield "This PATH has neither /usr/bin nor /bin: most commands will not be found."
    gone = [folder for folder in folders if folder.startswith("/") and not Path(folder).is_dir()]
    if gone:
        yield f"Not there: {', '.join(sanitize_and_mask(folder) for folder in gone)}."
    if any(not folder.startswith("/") for folder in folders):
        yield "A part of this PATH is not absolute: it counts from the job's working directory."
