"""Silence a finding that the user knows of: a comment above its line, or an entry in config.toml.

A line of a cron table that may be changed here gets the comment, so that readers of the table see it.
Everything else (a timer, a table of root's, the machine itself) is named in the user's own config.toml.
Blocking.
"""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import Any

from fedtui.action_result import Refused
from fedtui.changes.cron_change import edited_text
from fedtui.changes.edits import Edit, FileEdit
from fedtui.changes.file_edits import read_state
from fedtui.changes.open_table import Tables
from fedtui.changes.wording import Wording
from fedtui.crontab.ignoring import ignore
from fedtui.model import Job, State
from fedtui.safe_text import display_path
from fedtui.system.paths import config_file

_LIST = re.compile(r"(?m)^(ignore[ \t]*=[ \t]*\[)([^\]\[#]*)(\])")
_TABLE = re.compile(r"(?m)^[ \t]*\[")


def propose_silence(code: str, job: Job | None, tables: Tables) -> tuple[tuple[Edit, ...], Wording]:
    """Have `code` reported no longer: of `job`, or of the machine."""
    if job is not None and job.facts.in_table and job.editable and job.state is not State.BAD_LINE:
        table = tables.of_job(job)
        entry = table.entry(job)
        tables.put(table, edited_text(table, entry, lambda doc, found: ignore(doc, found, code)))
        summary = f"Silence {code} of {job.name}: a comment above its line says so. cron reads no comments."
        return (), Wording("silence", job.id, job.name, summary, f"Silenced {code} of {job.name}.")
    # The file itself, so that a link to it, from a folder of dotfiles, stays one.
    path = config_file().resolve()
    base = read_state(str(path))
    new = with_ignored(path, base, code if job is None else f"{code} {job.id}")
    mode = 0o600 if base is None else path.stat().st_mode & 0o777
    about = "this machine" if job is None else job.name
    summary = f"Silence {code} of {about}: it is no longer reported, and counted as silenced."
    wording = Wording("silence", job.id if job else "", job.name if job else "", summary, f"Silenced {code}.")
    return (FileEdit(str(path), base, new, mode=mode),), wording


def with_ignored(path: Path, base: bytes | None, entry: str) -> bytes:
    """The text of config.toml with `entry` in its `ignore` list, nothing else changed. Raises Refused."""
    by_hand = f'Write it by hand: ignore = ["{entry}"] in {display_path(path)}.'
    try:
        text = (base or b"").decode("utf-8")
        before = tomllib.loads(text)
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise Refused(f"{display_path(path)} cannot be read: {error}", advice=by_hand) from error
    listed = [*before.get("ignore", ()), entry]
    if entry in listed[:-1]:
        raise Refused(f"{entry} is silenced already.", advice="R checks again.")
    literal = json.dumps(entry)  # a JSON string is a TOML basic string
    if "ignore" in before:
        new = _LIST.sub(lambda found: f"{found[1]}{_added(found[2], literal)}{found[3]}", text, count=1)
    else:
        first = _TABLE.search(text)
        at = first.start() if first is not None else len(text)
        head = text[:at] if not text[:at] or text[:at].endswith("\n") else text[:at] + "\n"
        new = f"{head}ignore = [{literal}]\n{'' if first is None else chr(10)}{text[at:]}"
    try:
        read_back: dict[str, Any] = tomllib.loads(new)
    except tomllib.TOMLDecodeError:
        read_back = {}
    if read_back != {**before, "ignore": listed}:
        raise Refused(
            f"The ignore list in {display_path(path)} is written in a way of its own.", advice=by_hand
        )
    return new.encode("utf-8")


def _added(items: str, literal: str) -> str:
    kept = items.rstrip()
    if not kept.strip():
        return literal
    end = items[len(kept) :]
    return f"{kept} {literal}{end}" if kept.endswith(",") else f"{kept}, {literal}{end}"
