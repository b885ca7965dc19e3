"""The bounded file in which a run's output is kept."""

from __future__ import annotations

import os

OUTPUT_HEAD = 16 * 1024 * 1024
"""Bytes of output kept from the beginning; of what is more, the last `OUTPUT_TAIL`."""
OUTPUT_TAIL = 256 * 1024


class OutputFile:
    """The file of what the run prints: its first `OUTPUT_HEAD` bytes, and at the end the last few."""

    def __init__(self, path: str) -> None:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC
        self._descriptor = os.open(path, flags, 0o600)
        self._room = OUTPUT_HEAD
        self._tail = b""
        self._reported = 0
        self.dropped = 0

    def write(self, data: bytes) -> None:
        """Keep `data`; a full disk costs output, not the run."""
        head, rest = data[: self._room], data[self._room :]
        self._put(head)
        self._room -= len(head)
        tail = self._tail + rest
        self._tail = tail[-OUTPUT_TAIL:]
        self.dropped += len(tail) - len(self._tail)

    def close_tail(self) -> None:
        """Write the kept end, after a line that says how much is missing before it."""
        if self.dropped > self._reported:
            self._put(b"\n[fedtui: %d bytes of output left out here]\n" % (self.dropped - self._reported))
            self._reported = self.dropped
        self._put(self._tail)
        self._tail = b""

    def _put(self, data: bytes) -> None:
        while data:
            try:
                written = os.write(self._descriptor, data)
            except OSError:
                self.dropped += len(data)
                return
            data = data[written:]
