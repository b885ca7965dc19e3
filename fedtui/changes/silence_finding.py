"""Silence a finding that the user knows of: a comment above its line, or an entry in config.toml.

A line of a cron table that may be changed here gets the comment, so that readers of the table see it.
Everything else (a timer, a table of root's, the machine itself) is named in the user's own config.toml.
Blocking.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fedtui.action_result import Refused
from fedtui.changes.backup import backup_name, keep_backup
from fedtui.changes.cron_change import PlanText, file_diff, plan_table
from fedtui.changes.open_table import LineFixes, open_table
from fedtui.changes.plan import Conflict, EditState, Plan, Step
from fedtui.changes.undo_records import pack, plan_already_undone, unpack
from fedtui.changes.undo_text import undo_words
from fedtui.crontab.edit import EditError
from fedtui.crontab.ignoring import ignore
from fedtui.history.database import UndoStep
from fedtui.model import Job, State
from fedtui.ports import Ports
from fedtui.safe_text import display_path
from fedtui.system.atomic_write import sweep, write_atomically
from fedtui.system.paths import config_file

_LIST = re.compile(r"(?m)^(ignore[ \t]*=[ \t]*\[)([^\]\[#]*)(\])")
_TABLE = re.compile(r"(?m)^[ \t]*\[")


@dataclass(frozen=True, slots=True)
class ConfigChange:
    """One text of config.toml in place of another; None where there is no such file."""

    path: str
    base: bytes | None
    new: bytes | None
    done: str
    undoes: int | None = None

    @property
    def kind(self) -> str:
        """As undo steps name it."""
        return "config-file"


def plan_silence(code: str, job: Job | None, ports: Ports, fixes: LineFixes | None = None) -> Plan:
    """The plan by which `code` is not reported any more: of `job`, or of the machine."""
    if job is not None and job.cron is not None and job.editable and job.state is not State.BAD_LINE:
        return _above_the_line(code, job, ports, fixes)
    entry = code if job is None else f"{code} {job.id}"
    path = config_file()
    base = _read(path)
    new = with_ignored(path, base, entry)
    about = "this machine" if job is None else job.name
    summary = f"Silence {code} of {about}: it is no longer reported, and counted as silenced."
    words = PlanText("silence", job.id if job else "", job.name if job else "", summary, f"Silenced {code}.")
    return _plan_file(path, base, new, ports, words)


def _above_the_line(code: str, job: Job, ports: Ports, fixes: LineFixes | None) -> Plan:
    table = open_table(job, ports, fixes)
    entry = table.entry(job)
    try:
        new = ignore(table.document, entry, code)
    except EditError as error:
        raise Refused(f"{str(error)[:1].upper()}{str(error)[1:]}.", advice="R checks again.") from error
    summary = f"Silence {code} of {job.name}: a comment above its line says so. cron reads no comments."
    words = PlanText("silence", job.id, job.name, summary, f"Silenced {code} of {job.name}.")
    return plan_table(table, new, ports, words)


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


def _plan_file(path: Path, base: bytes | None, new: bytes | None, ports: Ports, words: PlanText) -> Plan:
    shown = display_path(path)
    steps = [
        *([Step("keep", _kept_name(ports))] if base is not None else []),
        Step("check", f"{shown} is still as shown, else stop and show anew"),
        Step("write", f"{shown}, in one rename" if new is not None else f"{shown} is removed"),
        Step("verify", "the file equals it, byte for byte"),
        Step("undo", "u, also after a restart"),
    ]
    change = ConfigChange(str(path), base, new, words.done, words.undoes)
    diff = file_diff(shown, base or b"", new or b"")
    return Plan(words.verb, words.job_id, words.job_name, words.summary, (diff,), tuple(steps), change)


def _kept_name(ports: Ports) -> str:
    name = backup_name("config.toml", ports.clock())
    return f"{display_path(ports.config.backups / name)}  mode 0600"


def config_payload(change: ConfigChange) -> dict[str, Any]:
    """What its undo step keeps."""
    return {"path": change.path, "before": pack(change.base), "after": pack(change.new)}


def write_config_change(change: ConfigChange, ports: Ports) -> None:
    """Write config.toml as planned. Raises Conflict when it is no longer as it was then, or Refused."""
    path = Path(change.path)
    current = _read(path)
    if current != change.base:
        their_diff = (file_diff(display_path(path), change.base or b"", current or b""),)
        raise Conflict(
            f"Someone edited {display_path(path)} after your plan was made.", their_diff=their_diff
        )
    if change.base is not None:
        keep_backup(ports.config, "config.toml", change.base, ports.clock())
    try:
        if change.new is None:
            path.unlink(missing_ok=True)
        else:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            mode = path.stat().st_mode & 0o777 if change.base is not None else 0o600
            write_atomically(path.resolve(), change.new, mode=mode)
    except OSError as error:
        raise Refused(f"{display_path(path)} cannot be written: {error.strerror}.") from error
    if _read(path) != change.new:
        raise Refused(f"{display_path(path)} does not hold what was written.", "Look at it before you go on.")


def state_of_config(data: Mapping[str, Any], _ports: Ports) -> EditState:
    """Whether the file is as the change leaves it; what a kill left beside it goes."""
    path = Path(data["path"])
    sweep(path.resolve())
    return EditState.AFTER if _read(path) == unpack(data["after"]) else EditState.BEFORE


def plan_undo_of_config(step: UndoStep, ports: Ports) -> Plan:
    """The change of `step` taken back, where nobody changed the file since."""
    data = json.loads(step.payload)
    path, before, after = Path(data["path"]), unpack(data["before"]), unpack(data["after"])
    current = _read(path)
    if current == before:
        return plan_already_undone(step, display_path(path))
    if current != after:
        raise Refused(
            f"{display_path(path)} was changed since, so taking this back would lose somebody's edit.",
            advice=f"The texts from before are in {display_path(ports.config.backups)}.",
        )
    done = f"Undone: {step.verb} {step.job_name}".rstrip() + "."
    words = PlanText("undo", step.job_id, step.job_name, undo_words(step), done, step.id)
    return _plan_file(path, after, before, ports, words)


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise Refused(f"{display_path(path)} cannot be read: {error.strerror}.") from error
