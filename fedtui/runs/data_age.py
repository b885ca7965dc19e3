"""How new the data in a JSON Lines file is: the newest `timestamp` of all its lines. Blocking.

A sync that rewrites the file whole (`sort -u`) gives it a new mtime also where nothing was learnt, and leaves
its lines in no order of time: so neither the file's age nor its last line says how new the data is. The file
is read in lines and never held; what was read is noted in the state folder, so that a file that did not
change is not read again, and of one that only grew (a digest tells) the new lines alone are looked at.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta, tzinfo
from json.decoder import JSONDecoder
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from fedtui.model import ProductAge
from fedtui.runs.timestamps import read_timestamp
from fedtui.system.atomic_write import write_atomically
from fedtui.system.regular_file import open_regular, read_regular

ENDING = ".jsonl"
"""What the names of files end in that are read as JSON Lines."""

LONGEST_LINE = 8 * 1024 * 1024
"""Bytes; a longer line is counted as broken, and not held."""

AHEAD = timedelta(minutes=5)
"""How far a clock may be ahead of ours: data from a later moment says nothing of how new the file is."""

_BLOCK = 1024 * 1024
_REMEMBERED = 100
"""Of how many readings it is kept what the newest was."""


_decode = JSONDecoder().raw_decode


@dataclass(slots=True)
class DataAge:
    """What one file holds. `newest` is an aware UTC datetime, None where no line has a usable timestamp.

    `lines` are those with something on them, `broken` of them are no JSON object (half written, say),
    `undated` have no timestamp that can be read, `ahead` one in the future. `size` is in bytes.
    """

    path: str
    size: int
    modified: datetime
    newest: datetime | None = None
    lines: int = 0
    broken: int = 0
    undated: int = 0
    ahead: int = 0


@dataclass(frozen=True, slots=True)
class _Mark:
    """Which file was read, and up to which byte: that of the last whole line; `digest` is of all before."""

    device: int
    inode: int
    modified_ns: int
    size: int
    read: int
    digest: str
    zone: str

    @property
    def file(self) -> tuple[int, int, int, int]:
        """What differs in another file, or in this one once it was written to."""
        return self.device, self.inode, self.modified_ns, self.size


class _Note(NamedTuple):
    """What is kept of one reading: `found` of all lines, `ended` of those up to the mark.

    `past` has, of this reading and those before, when the file was modified and what its newest was (POSIX).
    """

    mark: _Mark
    found: DataAge
    ended: DataAge
    past: tuple[tuple[float, float | None], ...] = ()


def newest_data(path: Path, now: datetime, zone: tzinfo, notes: Path | None = None) -> DataAge:
    """Read the file at `path`; timestamps without a zone of their own are in `zone`. Raises OSError.

    `notes` is the folder in which is noted what was read; without it the whole file is read.
    """
    note = None if notes is None else _note_of(path, notes)
    with open_regular(path) as product, open(product, "rb", closefd=False) as stream:
        facts = os.fstat(stream.fileno())
        file = (facts.st_dev, facts.st_ino, facts.st_mtime_ns, facts.st_size)
        modified = datetime.fromtimestamp(facts.st_mtime, UTC)
        empty = DataAge(str(path), facts.st_size, modified)
        known = None if note is None else _known(note)
        digest, begun, begin = hashlib.sha256(), empty, 0
        if known is not None and known.mark.zone == str(zone):
            if known.mark.file == file:
                return known.found
            digest_of_read = _digest(stream, known.mark, facts)
            if digest_of_read is not None:
                digest, begin = digest_of_read, known.mark.read
                begun = replace(known.ended, size=facts.st_size, modified=modified)
        found, ended, read = _read(stream, begin, _Tally(begun, now, zone), digest)
        still = os.fstat(stream.fileno())
    settled = (still.st_size, still.st_mtime_ns) == (facts.st_size, facts.st_mtime_ns)
    if note is not None and settled and not found.ahead:  # what is in the future today may count tomorrow
        mark = _Mark(*file, read, digest.hexdigest(), str(zone))
        _keep(note, _Note(mark, found, ended, _past(known, found)))
    return found


def product_age(path: str, now: datetime, notes: Path | None) -> ProductAge:
    """The age of what the job renews: of its newest data where its lines say so, else of the file.

    `now` is in the zone of timestamps without one; `notes` as `newest_data` has them.
    """
    try:
        if Path(path).suffix != ENDING:
            facts = Path(path).stat()
            modified = datetime.fromtimestamp(facts.st_mtime, UTC)
            return ProductAge(path, modified if facts.st_size else None, modified=modified)
        found = newest_data(Path(path), now, now.tzinfo or UTC, notes)
    except (FileNotFoundError, NotADirectoryError):
        return ProductAge(path, None)
    except OSError as error:
        return ProductAge(path, None, f"{path} cannot be looked at: {error.strerror}")
    fault = ""
    if found.lines and found.newest is None:
        fault = f"no line of {path} has a timestamp that can be read"
    read = (found.lines, found.broken, found.ahead)
    return ProductAge(path, found.newest, fault, "the newest data in", found.modified, *read)


def newest_at(path: Path, at: datetime, notes: Path) -> datetime | None:
    """The newest timestamp that the file held at that moment, as noted; None where nobody had read it then.

    Blocking; it reads the notes alone.
    """
    known = _known(_note_of(path, notes))
    past = () if known is None else known.past
    held = [newest for modified, newest in past if modified <= at.timestamp()]
    return None if not held or held[-1] is None else datetime.fromtimestamp(held[-1], UTC)


def _note_of(path: Path, notes: Path) -> Path:
    return notes / f"{hashlib.sha256(os.fsencode(path)).hexdigest()[:40]}.json"


def _past(known: _Note | None, found: DataAge) -> tuple[tuple[float, float | None], ...]:
    newest = None if found.newest is None else found.newest.timestamp()
    past = () if known is None else known.past
    return (*past, (found.modified.timestamp(), newest))[-_REMEMBERED:]


class _Tally:
    """Counts lines into `found`, one after the other."""

    def __init__(self, begun: DataAge, now: datetime, zone: tzinfo) -> None:
        self.found = replace(begun)
        self._latest = now + AHEAD
        self._zone = zone

    def add(self, line: bytes) -> None:
        """One line that was read whole; an empty one does not count."""
        if not line.strip():
            return
        found = self.found
        found.lines += 1
        record = _object(line)
        if record is None:
            found.broken += 1
            return
        at = read_timestamp(record.get("timestamp"), self._zone)
        if at is None:
            found.undated += 1
        elif at > self._latest:
            found.ahead += 1
        elif found.newest is None or at > found.newest:
            found.newest = at

    def add_unread(self) -> None:
        """One line that is too long to be read."""
        self.found.lines += 1
        self.found.broken += 1


def _read(stream: BinaryIO, begin: int, tally: _Tally, digest: hashlib._Hash) -> tuple[DataAge, DataAge, int]:
    """Count the lines from byte `begin` on, and have `digest` continue over those that have ended.

    Returns what all lines tell, what those tell that have ended, and the byte behind these: of a last line
    without an end the rest may be still to come, so it is read again next time.
    """
    stream.seek(begin)
    read = begin
    while line := stream.readline(LONGEST_LINE):
        if line.endswith(b"\n"):
            tally.add(line)
            digest.update(line)
            read += len(line)
            continue
        ended = replace(tally.found)
        if len(line) < LONGEST_LINE:
            tally.add(line)
            return tally.found, ended, read
        tally.add_unread()
        length = _skip(stream, len(line))
        if not length:
            return tally.found, ended, read
        for block in blocks(stream.fileno(), read, length):
            digest.update(block)
        read += length
    return tally.found, tally.found, read


def _skip(stream: BinaryIO, begun: int) -> int:
    """The length of a line of which `begun` bytes were read, its end included; 0 where it has none."""
    length = begun
    while piece := stream.readline(_BLOCK):
        length += len(piece)
        if piece.endswith(b"\n"):
            return length
    return 0


def blocks(descriptor: int, begin: int, length: int) -> Iterator[bytes]:
    """`length` bytes from `begin`, fewer where the file has become shorter."""
    while length > 0:
        block = os.pread(descriptor, min(_BLOCK, length), begin)
        if not block:
            return
        yield block
        begin, length = begin + len(block), length - len(block)


def _object(line: bytes) -> dict[str, Any] | None:
    """The JSON object of a line; None where there is none, or anything behind it."""
    try:
        text = line.decode("utf-8").strip()
        record, end = _decode(text, 0)
    except (ValueError, RecursionError):
        return None
    return record if isinstance(record, dict) and end == len(text) else None


def _digest(stream: BinaryIO, mark: _Mark, facts: os.stat_result) -> hashlib._Hash | None:
    """The digest of what was read before; None where the file is another, or no longer begins with that."""
    if (mark.device, mark.inode) != (facts.st_dev, facts.st_ino) or facts.st_size < mark.read:
        return None
    digest = hashlib.sha256()
    for block in blocks(stream.fileno(), 0, mark.read):
        digest.update(block)
    return digest if digest.hexdigest() == mark.digest else None


def _known(note: Path) -> _Note | None:
    """What was noted; None where there is nothing of use, and then the file is read whole."""
    try:
        data = json.loads(read_regular(note))
        past = tuple((modified, newest) for modified, newest in data["past"])
        return _Note(_Mark(**data["mark"]), _revived(data["found"]), _revived(data["ended"]), past)
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _revived(record: dict[str, Any]) -> DataAge:
    moments = {name: datetime.fromisoformat(record[name]) for name in ("modified", "newest") if record[name]}
    return DataAge(**{**record, **moments})


def _keep(note: Path, what: _Note) -> None:
    with suppress(OSError):  # without it the file is read whole next time, no more
        note.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_atomically(note, json.dumps(what._asdict(), default=_plain).encode())


def _plain(value: object) -> object:
    if isinstance(value, (_Mark, DataAge)):
        return asdict(value)
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(type(value))
