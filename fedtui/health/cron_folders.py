"""FT136, FT137, FT140: files in the folders of cron that look like jobs, and are none; no folder at all."""

from __future__ import annotations

import posixpath
import shlex
import stat
from collections.abc import Iterator

from fedtui.health.checks import CheckReport, check, error_rule, warning_rule
from fedtui.health.command_facts import command_facts
from fedtui.health.file_facts import FileFacts
from fedtui.model import CronFacts, Snapshot, State, cron_jobs
from fedtui.sources.run_parts import run_parts_folder

LEFT_OUT = warning_rule(
    "FT136",
    "a file that run-parts leaves out",
    "run-parts passes over a script with a dot in its name, or that nobody may execute, and reports nothing. "
    "The script never runs.",
    "Rename it to letters, digits, _ and -, make it executable with chmod +x, or move it elsewhere.",
)
NOT_A_TABLE = warning_rule(
    "FT137",
    "a table that cron does not read",
    "cron reads the files that are in /etc/cron.d itself. It does not look into a folder there, and a link "
    "that leads to nothing gives it no line; it reports neither.",
    "Move the tables into /etc/cron.d, and correct or delete the link.",
    needs=("system-tables",),
)
NO_PARTS = error_rule(
    "FT140",
    "run-parts has no folder",
    "run-parts fails where the folder is missing: none of the scripts that should be in it runs.",
    "Create the folder, or correct its path in the line.",
)
CRON_D = "/etc/cron.d"
_COPIES = ("~", ".bak", ".old", ".orig", ".save", ".swp", ".disabled", ".off", ".md", ".txt")
_COPIED = (".dpkg-", ".rpm", ".ucf-")
_PUT_ASIDE = ("disabled", "off", "old", "backup", "backups", "attic", "unused")


@check(LEFT_OUT)
def left_out(snapshot: Snapshot, host: FileFacts) -> Iterator[CheckReport]:
    """FT136: scripts in the folder of a run-parts line that it does not run; one finding a file."""
    for job, cron in cron_jobs(snapshot.jobs):
        if job.state in (State.BAD_LINE, State.PAUSED, State.UNREACHABLE) or not cron.ignored_parts:
            continue
        folder = run_parts_folder(cron.command)
        for name, _, reason in (text.partition(": ") for text in cron.ignored_parts):
            path = posixpath.join(folder, name)
            if name.endswith(_COPIES) or any(part in name for part in _COPIED):
                continue  # what an editor or a package has put aside is meant to be left out
            if why := host.hidden(path, content=True):
                yield LEFT_OUT.hidden(path, why)
            elif _is_script(path, host):
                yield LEFT_OUT.found(
                    f"{job.name} never runs {path}: {reason}.",
                    (path, f"line  {job.location}"),
                    title=f"run-parts leaves out {name}",
                    command=_command(path, cron, host),
                    job=job,
                )


def _is_script(path: str, host: FileFacts) -> bool:
    script = host.script(path)
    return script is not None and (bool(script.shebang) or script.executable)


def _command(path: str, cron: CronFacts, host: FileFacts) -> str:
    """The command that has the file run; empty where its new name is taken."""
    root = "sudo " if cron.table.startswith("/") else ""
    mode = host.mode(path)
    steps = [] if mode is None or mode[0] & 0o111 else [f"{root}chmod +x {shlex.quote(path)}"]
    folder, name = posixpath.split(path)
    stem = name.removesuffix(".sh").replace(".", "-")
    if stem != name:
        if host.exists(f"{folder}/{stem}") is not False:
            return ""
        steps.append(f"{root}mv {shlex.quote(path)} {shlex.quote(f'{folder}/{stem}')}")
    return " && ".join(steps)


@check(NO_PARTS)
def no_parts(snapshot: Snapshot, host: FileFacts) -> Iterator[CheckReport]:
    """FT140: run-parts over a folder that is not there."""
    for job, _, reading in command_facts(snapshot):
        for folder in reading.parts if job.state is not State.OFF else ():
            if why := host.hidden(folder):
                yield NO_PARTS.hidden(folder, why)
            elif host.exists(folder) is False:
                yield NO_PARTS.found(
                    f"{job.name} runs the scripts of {folder}, which is not there.",
                    (folder, f"line  {job.location}"),
                    title=f"run-parts has no folder {folder}",
                    job=job,
                )


@check(NOT_A_TABLE)
def not_a_table(snapshot: Snapshot, host: FileFacts) -> Iterator[CheckReport]:
    """FT137: folders with files in /etc/cron.d, and links there that lead to nothing."""
    for name in host.names(CRON_D) if host.is_machine else ():
        path = f"{CRON_D}/{name}"
        found = host.mode(path)
        if name.startswith(".") or name.lower() in _PUT_ASIDE:
            continue
        if found is None:
            if why := host.hidden(path):
                yield NOT_A_TABLE.hidden(path, why)
            elif target := host.leads_to(path):
                yield NOT_A_TABLE.found(
                    f"{path} leads to {target}, which is not there: cron reads nothing from it.",
                    (f"{path} -> {target}",),
                    title=f"{path} is a link to nothing",
                    command=f"sudo rm {shlex.quote(path)}",
                )
        elif stat.S_ISDIR(found[0]):
            inside = [f"{path}/{one}" for one in host.names(path) if not one.startswith(".")]
            if inside:
                yield NOT_A_TABLE.found(
                    f"{path} is a folder: cron does not read the {len(inside)} files in it.",
                    tuple(inside[:5]),
                    title=f"cron does not look into {path}",
                    command=f"sudo mv -n {shlex.quote(path)}/* {CRON_D}/",
                )
