"""Reads on in a growing file from where the last look ended, across a truncation. Blocking."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

FINGERPRINT = 64
CHUNK = 256 * 1024


@dataclass(frozen=True, slots=True)
class Tail:
    """How far one file was read.

    `before` are the bytes just before `offset`: where they changed, the file was truncated and written
    anew, and is read from its beginning.
    """

    path: str
    offset: int = 0
    before: bytes = b""


def read_on(tail: Tail) -> tuple[Tail, bytes]:
    """What the file has beyond the tail, at most 256 KiB of it, and the tail moved on. Blocking."""
    try:
        with Path(tail.path).open("rb") as stream:
            start = max(0, tail.offset - len(tail.before))
            stream.seek(start)
            head = stream.read(tail.offset - start)
            if head != tail.before:
                stream.seek(0)
                tail = Tail(tail.path)
            data = stream.read(CHUNK)
    except OSError:
        return tail, b""
    before = (tail.before + data)[-FINGERPRINT:]
    return replace(tail, offset=tail.offset + len(data), before=before), data
