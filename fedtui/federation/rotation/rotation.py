"""Rotation of the pack's logs by logrotate: the machine's where logs are root's to rotate, else the user's.

A file in /etc/logrotate.d is read by the logrotate that the machine runs each day anyway. For logs in a
user's own folder there is a configuration and a state file of the user's, and a job of the pack's that runs
logrotate. That job runs each day, as the machine's does, and not each week: logrotate itself keeps the week,
and a machine that was off on a Sunday rotates on the next day that it can. A log that somebody's own
configuration rotates already is left to it: logrotate fails when two name the same log.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from glob import escape
from pathlib import Path
from shlex import quote

from fedtui.action_result import Refused
from fedtui.changes.edits import Edit, FileEdit
from fedtui.changes.file_edits import read_state
from fedtui.federation.alerts import alert_job as alert_jobs
from fedtui.federation.git.git_job import LOG as GIT_LOG
from fedtui.federation.job_account import JobAccount
from fedtui.federation.managed_job import ManagedJob
from fedtui.federation.profile import Profile
from fedtui.federation.rotation import check as rotation_check
from fedtui.federation.rotation.text import MARK, config_text, nameable
from fedtui.federation.setup_issue import SetupIssue, error_issue, note_issue, warning_issue
from fedtui.pack import Pack
from fedtui.ports import Ports
from fedtui.safe_text import display_path
from fedtui.system.in_thread import in_thread
from fedtui.system.logrotate_config import LOGROTATE_D, configurations, own_config, rotated_by
from fedtui.system.regular_file import read_regular

KEY = "rotate"
LOG = "federated-rotate.log"
SCHEDULE = "23 12 * * *"
"""By day, when more machines are on, and at a minute at which few jobs start and open their logs."""

NAME = "fedtui-federation"
SYSTEM_CONFIG = LOGROTATE_D / NAME

_STARTERS = (
    "/etc/cron.daily/logrotate",
    "/etc/systemd/system/timers.target.wants/logrotate.timer",
    "/usr/lib/systemd/system/timers.target.wants/logrotate.timer",
)
_CONFIG_MODE = 0o644


@dataclass(frozen=True, slots=True)
class RotationChanges:
    """What the set-up adds for rotation: files to write, the job that rotates, and what was found.

    `by` is the configuration that rotates the logs once the edits are made; empty where nothing will. Its
    issues have the key "rotate"; an ERROR among them says that the logs are not rotated.
    """

    edits: tuple[Edit, ...] = ()
    jobs: tuple[ManagedJob, ...] = ()
    issues: tuple[SetupIssue, ...] = ()
    by: str = ""


def pack_logs(profile: Profile, folder: Path, adopted: Mapping[str, str]) -> tuple[Path, ...]:
    """Every log that the pack writes or may come to write in the folder, and those of the adopted lines."""
    names = (*(job.log for job in profile.jobs if job.key not in adopted), GIT_LOG, alert_jobs.LOG)
    own = (Path(log) for log in adopted.values() if log)
    return tuple(dict.fromkeys((*(folder / name for name in names), *own)))


def rotated_logs(log: Path) -> tuple[Path, ...]:
    """What rotation made of a log: `LOG.1`, `LOG.2.gz`, and what logrotate calls a backup. Blocking."""
    name = escape(log.name)
    return tuple(sorted((*log.parent.glob(f"{name}.*"), *log.parent.glob(f"{name}-*.backup"))))


def faults(pack: Pack, profile: Profile, *, runs: bool) -> Iterator[str]:
    """Why logs that are to be rotated are not; `runs` says whether the job is there and on. Blocking."""
    among = (*configurations(), own_config())
    by = {
        log.name: rotated_by(str(log), among) for log in pack_logs(profile, Path(pack.log_dir), pack.adopted)
    }
    left = [name for name, path in by.items() if path is None]
    if left:
        yield f"Nothing rotates {', '.join(left)} any more. Fix: fedtui setup --rotate."
    if own_config() in by.values() and not runs:
        yield "Nothing rotates the logs any more: the job federated-rotate is gone or paused."


def state_file(ports: Ports) -> Path:
    """Where the user's logrotate remembers when it rotated what."""
    return ports.config.state / "logrotate.status"


def prepared_file() -> Path:
    """The configuration for root to install, where the user may not."""
    return own_config().with_name("logrotate-system.conf")


@in_thread
def rotation(pack: Pack, logs: Sequence[Path], owner: JobAccount, ports: Ports) -> RotationChanges:
    """How `logs` (absolute) are to be rotated. Raises Refused for a file of ours that somebody else wrote."""
    logrotate = rotation_check.program()
    if logrotate is None:
        said = "logrotate is not installed: the logs would grow for ever."
        return RotationChanges(issues=(_error(said, "sudo apt install logrotate"),))
    of_root = os.geteuid() == 0 or not all(_may_rotate(log.parent) for log in logs)
    job = None if of_root else _job(pack, logrotate, ports)
    logs = tuple(dict.fromkeys((*logs, *([Path(job.log)] if job is not None and job.log else ()))))
    ours, issues, by = _left_to_others(logs, of_root=of_root)
    if not ours or (job is not None and ours == (Path(job.log),)):
        return RotationChanges(issues=tuple(issues), by=by)
    text = config_text(ours, owner, as_root=of_root)
    if job is None:
        return _of_system(logrotate, text, ours, issues)
    complaints = rotation_check.complaints_own(logrotate, text, ours)
    if complaints:
        return RotationChanges(issues=(*issues, *map(_complaint, complaints)))
    edits = _file(own_config(), text)
    return RotationChanges(edits, (job,), tuple(issues), str(own_config()))


def _job(pack: Pack, logrotate: str, ports: Ports) -> ManagedJob:
    return ManagedJob(
        key=KEY,
        name="federated-rotate",
        description="Rotation of the federation's logs",
        argv=(logrotate, "--state", str(state_file(ports)), str(own_config())),
        schedule=SCHEDULE,
        log=str(Path(pack.log_dir) / LOG) if pack.backend == "cron" else "",
        spread=300,
    )


def _of_system(
    logrotate: str, text: bytes, logs: Sequence[Path], issues: list[SetupIssue]
) -> RotationChanges:
    """The machine's logrotate: as root its file is written, else it is prepared for root to install."""
    if not any(Path(path).exists() for path in _STARTERS):
        advice = "Look: systemctl list-timers logrotate.timer; ls /etc/cron.daily"
        issues.append(warning_issue("Nothing that starts the machine's logrotate was found.", KEY, advice))
    complaints = rotation_check.complaints_system(logrotate, NAME, text, logs)
    if complaints:
        return RotationChanges(issues=(*issues, *map(_complaint, complaints)))
    if os.geteuid() == 0 or _standing(SYSTEM_CONFIG) == text:
        edits = _file(SYSTEM_CONFIG, text, (0, 0))
        edits += (*_without(own_config()), *_without(prepared_file()))
        return RotationChanges(edits, (), tuple(issues), str(SYSTEM_CONFIG))
    path = prepared_file()
    command = f"sudo install -o root -g root -m 644 {quote(str(path))} {SYSTEM_CONFIG}"
    said = f"Only root rotates logs in {display_path(logs[0].parent)}. The configuration for it is in "
    said += f"{display_path(path)} once the set-up is done; the logs are not rotated until root installs it."
    issues.append(_error(said, f"Then: {command}; and once more: fedtui setup --rotate"))
    return RotationChanges(_file(path, text), (), tuple(issues))


def _left_to_others(logs: Sequence[Path], *, of_root: bool) -> tuple[tuple[Path, ...], list[SetupIssue], str]:
    """The logs that we rotate, what is said of the others, and by which configuration these are rotated."""
    others = [path for path in configurations() if path != SYSTEM_CONFIG or not of_root]
    issues: list[SetupIssue] = []
    ours: list[Path] = []
    their_diff: dict[Path, list[str]] = {}
    for log in logs:
        by = rotated_by(str(log), others)
        if by is not None:
            their_diff.setdefault(by, []).append(log.name)
        elif nameable(log):
            ours.append(log)
        else:
            text = f"{display_path(log)} cannot be rotated: logrotate takes no braces in a name."
            issues.append(_error(text, "Choose another folder: --log-dir DIR."))
    for by, names in their_diff.items():
        text = f"{by} rotates {', '.join(names)} already, and continues to: two configurations of one log "
        advice = f"To have fedtui rotate them too, take them out of {by} and set up again."
        issues.append(note_issue(f"{text}would make logrotate fail.", KEY, advice))
    return tuple(ours), issues, str(next(iter(their_diff), ""))


@in_thread
def rotation_gone(ports: Ports, *, rotated: bool = True) -> RotationChanges:
    """The edits that take the files of the rotation away; logs and the job are not among them.

    `rotated` says whether the pack had its logs rotated: a file of the machine's is somebody else's if not.
    """
    edits: list[Edit] = []
    issues: list[SetupIssue] = []
    for path in (own_config(), prepared_file()):
        edits += _without(path)
    state = state_file(ports)
    if _standing(own_config()) is not None and (text := _standing(state)) is not None:
        edits.append(FileEdit(str(state), text, None, 0o640, grows=True))
    if rotated and (_standing(SYSTEM_CONFIG) or b"").startswith(MARK):
        if os.geteuid() == 0:
            edits += _without(SYSTEM_CONFIG)
        else:
            said = f"{SYSTEM_CONFIG} stays: only root may take it away."
            issues.append(warning_issue(said, KEY, f"sudo rm {SYSTEM_CONFIG}"))
    return RotationChanges(tuple(edits), (), tuple(issues))


def _without(path: Path) -> tuple[Edit, ...]:
    text = _standing(path)
    if text is None or not text.startswith(MARK):
        return ()
    return (FileEdit(str(path), text, None, _CONFIG_MODE),)


def _file(path: Path, text: bytes, owner: tuple[int, int] | None = None) -> tuple[Edit, ...]:
    """The edit that writes a configuration of ours. Raises Refused over one that is not ours."""
    before = read_state(str(path))
    if before == text:
        return ()
    if before is not None and not before.startswith(MARK):
        raise Refused(
            f"{display_path(path)} is there already, and it is not fedtui's.",
            advice="Rename it, then try again: a file of yours is not written over.",
        )
    return (FileEdit(str(path), before, text, _CONFIG_MODE, owner),)


def _standing(path: Path) -> bytes | None:
    try:
        return read_regular(path)
    except OSError:
        return None


def _may_rotate(folder: Path) -> bool:
    """Whether this user may rename in the folder; one that is not there yet is theirs to make."""
    there = next(path for path in (folder, *folder.parents) if path.exists())
    return os.access(there, os.W_OK | os.X_OK)


def _error(text: str, advice: str) -> SetupIssue:
    return error_issue(text, KEY, advice)


def _complaint(said: str) -> SetupIssue:
    return _error(f"logrotate would not rotate as it should: {said}.", "Fix that, then set up again.")
