"""What the alert check remembers: problems that stand, what each channel still has to be told, if it works.

One small JSON file in the state folder, replaced in one rename and kept for its user alone. Without it each
check would tell the same again. Where it cannot be written (a full disk is a time for alerts) it goes to the
user's runtime folder, which lies in memory; of the two the later one holds.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime
from pathlib import Path
from typing import Any

from fedtui.config import repair
from fedtui.system import lock_file
from fedtui.system.atomic_write import write_atomically
from fedtui.system.regular_file import read_regular

NAME = "alerts.json"
MOST_WAITING = 200
"""Events that wait for one channel; of more the oldest are dropped, and their number is reported."""


@dataclass(frozen=True, slots=True)
class AlertEvent:
    """One thing to tell: a problem of `kind` began (`holds`) or is over. `at` is when that was found out."""

    subject: str
    name: str
    kind: str
    holds: bool
    words: str
    at: datetime


@dataclass(frozen=True, slots=True)
class OpenProblem:
    """An open problem: since when, and the words it was reported with."""

    since: datetime
    words: str


@dataclass(frozen=True, slots=True)
class Subject:
    """What is remembered of a job, or of a scheduler.

    `since` is when it was first looked at; `held` when it was last seen paused; `seen` the end of the last
    run that was judged and `good` of the last that ended well; `period` in seconds, as its schedule last
    told; `hidden` the number of checks in a row that could not look at it. `unproven` is set for good once
    somebody was told that nobody can tell how it does.
    """

    name: str
    since: datetime
    held: datetime | None = None
    seen: datetime | None = None
    good: datetime | None = None
    period: float | None = None
    unproven: bool = False
    hidden: int = 0
    open: Mapping[str, OpenProblem] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ChannelMemory:
    """How a channel does. `label` names it without a secret; `waiting` is what it has not been told yet.

    `dropped` counts events that were too many to wait; `delivered` is when a message last went through it,
    `failed` and `why` tell of the last one where that did not.
    """

    label: str
    waiting: tuple[AlertEvent, ...] = ()
    dropped: int = 0
    delivered: datetime | None = None
    failed: datetime | None = None
    why: str = ""


@dataclass(frozen=True, slots=True)
class AlertMemory:
    """All of it. `checked` is when the check last looked; `saved` when this was written."""

    subjects: Mapping[str, Subject] = field(default_factory=dict)
    channels: Mapping[str, ChannelMemory] = field(default_factory=dict)
    checked: datetime | None = None
    saved: datetime | None = None


class AlertMemoryError(Exception):
    """The memory cannot be used; the message says why, fit to show."""


class CheckAlreadyRunning(AlertMemoryError):
    """Another check is running."""


def alert_file(state: Path) -> Path:
    """Where the memory is kept in a state folder."""
    return state / NAME


def _places(state: Path, name: str = NAME) -> tuple[Path, ...]:
    runtime = Path("/run") if os.geteuid() == 0 else Path(f"/run/user/{os.geteuid()}")
    return (state / name, runtime / f"fedtui-{name.replace('/', '-')}")


def load_memory(state: Path) -> AlertMemory:
    """What is remembered; an empty memory where nothing is. Blocking. Raises AlertMemoryError."""
    found: list[AlertMemory] = []
    for path in _places(state):
        try:
            found.append(read_memory(read_regular(path)))
        except (FileNotFoundError, PermissionError, NotADirectoryError):
            continue  # nothing yet, or the state folder is not ours: what the runtime folder holds is
        except OSError as error:
            if path == alert_file(state):
                raise AlertMemoryError(f"{path} cannot be read: {error.strerror}") from error
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise AlertMemoryError(f"{path} is no memory of alerts: {error}") from error
    return max(found, key=lambda one: one.saved.timestamp() if one.saved else 0.0, default=AlertMemory())


def set_aside(state: Path) -> Path:
    """Move what cannot be read out of the way, so that the check can go on; returns where it is now.

    Raises AlertMemoryError.
    """
    path = alert_file(state)
    aside = path.with_suffix(".broken")
    try:
        for one in _places(state):
            with suppress(FileNotFoundError):
                one.replace(aside) if one == path else one.unlink()
    except OSError as error:
        raise AlertMemoryError(f"{path} cannot be moved away: {error.strerror}") from error
    return aside


def save_memory(state: Path, memory: AlertMemory) -> None:
    """Write the memory down. Blocking. Raises AlertMemoryError where no place takes it."""
    data = json.dumps(asdict(memory), default=_plain, indent=1).encode()
    first, second = _places(state)
    try:
        state.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_atomically(first, data)
    except OSError as error:
        try:
            write_atomically(second, data)
        except OSError:
            raise AlertMemoryError(f"{first} cannot be written: {error.strerror}") from error
        return
    with suppress(OSError):  # it is older than what was just written
        second.unlink(missing_ok=True)


@contextmanager
def only_check(state: Path) -> Iterator[None]:
    """Be the only check while the block runs. Raises Busy, or AlertMemoryError."""
    path, second = _places(state, "locks/alerts")
    try:
        try:
            descriptor = lock_file.take(path)
        except (PermissionError, FileExistsError, NotADirectoryError):
            descriptor = lock_file.take(second)
    except BlockingIOError as error:
        raise CheckAlreadyRunning("Another alert check is running.") from error
    except OSError as error:
        raise AlertMemoryError(f"{path} cannot be opened: {error.strerror}. {repair(state)}") from error
    try:
        yield
    finally:
        os.close(descriptor)


def read_memory(data: bytes) -> AlertMemory:
    """Inverse of what `save_memory` writes. Raises ValueError, KeyError, TypeError or AttributeError."""
    record: dict[str, Any] = json.loads(data)
    return AlertMemory(
        {key: _subject(one) for key, one in record["subjects"].items()},
        {key: _channel(one) for key, one in record["channels"].items()},
        _moment(record["checked"]),
        _moment(record["saved"]),
    )


def _subject(record: dict[str, Any]) -> Subject:
    standing = {
        kind: OpenProblem(datetime.fromisoformat(one["since"]), one["words"])
        for kind, one in record["open"].items()
    }
    moments = {name: _moment(record[name]) for name in ("held", "seen", "good")}
    since = datetime.fromisoformat(record["since"])
    return Subject(**_known(Subject, record) | moments | {"since": since, "open": standing})


def _channel(record: dict[str, Any]) -> ChannelMemory:
    events: Sequence[dict[str, Any]] = record["waiting"]
    waiting = tuple(AlertEvent(**{**one, "at": datetime.fromisoformat(one["at"])}) for one in events)
    moments = {name: _moment(record[name]) for name in ("delivered", "failed")}
    return ChannelMemory(**_known(ChannelMemory, record) | moments | {"waiting": waiting})


def _known(kind: type[Subject] | type[ChannelMemory], record: dict[str, Any]) -> dict[str, Any]:
    """The values of its fields; a later version may have written more."""
    return {one.name: record[one.name] for one in fields(kind)}


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"{value!r} cannot be written down")
