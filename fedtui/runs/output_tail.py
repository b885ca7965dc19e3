"""Reads on in a growing file from where the last look ended, across a truncation. Blocking."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from typing import BinaryIO

from fedtui.system.regular_file import open_regular

FINGERPRINT = 64
"""How many bytes before the place that was read to are remembered."""
CHUNK = 256 * 1024


@dataclass(frozen=True, slots=True)
class OutputTail:
    """How far one file was read.

    `before` are the bytes just before `offset`: where they changed, the file was truncated and written
    again, and is read from its beginning.
    """

    path: str
    offset: int = 0
    before: bytes = b""


def was_truncated(tail: OutputTail) -> bool:
    """True where the file no longer has what stood before the place that was read to. Blocking."""
    try:
        with open_regular(tail.path) as log, open(log, "rb", closefd=False) as stream:
            return not _reaches(stream, tail)
    except OSError:
        return False


def _reaches(stream: BinaryIO, tail: OutputTail) -> bool:
    """Whether the file has still what was read last; `stream` is then behind that."""
    start = max(0, tail.offset - len(tail.before))
    stream.seek(start)
    return stream.read(tail.offset - start) == tail.before


def read_new(tail: OutputTail) -> tuple[OutputTail, bytes]:
    """What the file has beyond the tail, at most 256 KiB of it, and the tail moved on. Blocking."""
    try:
        with open_regular(tail.path) as log, open(log, "rb", closefd=False) as stream:
            if not _reaches(stream, tail):
                stream.seek(0)
                tail = OutputTail(tail.path)
            data = stream.read(CHUNK)
    except OSError:
        return tail, b""
    before = (tail.before + data)[-FINGERPRINT:]
    return replace(tail, offset=tail.offset + len(data), before=before), data


def end_of(log: str | None) -> tuple[int, bytes]:
    """How long a log is now, and its last bytes, by which a later reader knows whether it was truncated."""
    if log is None:
        return 0, b""
    try:
        with open_regular(log) as descriptor:
            size = os.fstat(descriptor).st_size
            return size, os.pread(descriptor, min(size, FINGERPRINT), max(0, size - FINGERPRINT))
    except OSError:
        return 0, b""
