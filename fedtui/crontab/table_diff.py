"""Differences between two texts of a table, by whole lines: to show one, and to take one back.

Lines are bytes with their ends, so a carriage return or a missing newline is a difference like any other.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import pairwise

Lines = list[bytes]
_ALIKE = 0.75
"""From this ratio of difflib on a line may be another one, edited."""
_MOST_COMPARED = 10_000
# A stretch that differs: base[a:b] became new[c:d].
Hunk = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class DiffRow:
    """One line of a shown difference: "+", "-" or " ", and the line without its newline.

    `number` counts from 1: of a removed line in the old text, of an added one in the new. Lines around
    them have their number in the new text, but in the old one where lines were only removed.
    """

    number: int
    sign: str
    raw: bytes


@dataclass(frozen=True, slots=True)
class TableDiff:
    """A difference as rows to show, and how many lines were changed, added, removed and left alone.

    A changed line is a "-" row with its "+" row behind it. Where the numbers jump, lines are left out.
    """

    rows: tuple[DiffRow, ...]
    changed: int
    added: int
    removed: int
    untouched: int


def diff(base: bytes, new: bytes, context: int = 1) -> TableDiff:
    """What turns `base` into `new`, with `context` untouched lines around each place."""
    old_lines, new_lines = split_lines(base), split_lines(new)
    rows: list[DiffRow] = []
    changed = added = removed = 0
    places = list(hunks(old_lines, new_lines))
    only_removed = all(c == d for _, _, c, d in places)
    shown = 0  # untouched lines are shown once: up to this index of the old text they are done with
    for index, (a, b, c, d) in enumerate(places):
        rows += _context(old_lines, max(shown, a - context), a, 0 if only_removed else c - a)
        for old, fresh in _pairs(old_lines[a:b], new_lines[c:d]):
            changed += old is not None and fresh is not None
            added += old is None
            removed += fresh is None
            rows += [DiffRow(a + old + 1, "-", _bare(old_lines[a + old]))] if old is not None else []
            rows += [DiffRow(c + fresh + 1, "+", _bare(new_lines[c + fresh]))] if fresh is not None else []
        following = places[index + 1][0] if index + 1 < len(places) else len(old_lines)
        shown = min(b + context, following)
        rows += _context(old_lines, b, shown, 0 if only_removed else d - b)
    return TableDiff(tuple(rows), changed, added, removed, len(old_lines) - changed - removed)


def revert(current: bytes, before: bytes, after: bytes) -> bytes | None:
    """`current` with the change from `before` to `after` taken back, what others changed since kept.

    None where that is not certain: a line of the change is no longer as the change left it, is at more
    than one place, or the place that a removed line came from is unknown.
    """
    if current == after:
        return before
    old, done, now = split_lines(before), split_lines(after), split_lines(current)
    position = _positions(done, now)
    edits: list[tuple[int, int, Lines]] = []
    for a, b, c, d in hunks(old, done):
        place = _find(done, now, position, c, d) if d > c else _gap(done, now, position, c)
        if place is None:
            return None
        edits.append((place, place + d - c, old[a:b]))
    edits.sort(key=lambda item: item[:2])
    if any(first[1] > second[0] for first, second in pairwise(edits)):
        return None
    for start, end, lines in reversed(edits):
        now[start:end] = lines
    return _join(now)


def holds(current: bytes, before: bytes, after: bytes) -> bool | None:
    """Whether the change from `before` to `after` is in `current`, whatever else was changed; None: unknown.

    What tells is which side's lines are found: a place for them can be found in either case.
    """
    if before == after or current in (before, after):
        return current == after
    changed = list(hunks(split_lines(before), split_lines(after)))
    if revert(current, before, after) is not None:
        return any(d > c for _, _, c, d in changed) or _is_removed(current, before, after)
    if revert(current, after, before) is None:
        return None
    gone = any(b > a for a, b, _, _ in changed) or _is_removed(current, after, before)
    return False if gone else None


def _is_removed(current: bytes, before: bytes, after: bytes) -> bool | None:
    """Of a change that only removes lines, which may stand elsewhere too: by how often each is found."""
    now, old, done = split_lines(current), split_lines(before), split_lines(after)
    removed = {line for a, b, _, _ in hunks(old, done) for line in old[a:b]}
    counts = [(now.count(line), old.count(line), done.count(line)) for line in removed]
    if all(found <= left for found, _, left in counts):
        new = {line for _, _, c, d in hunks(done, now) for line in now[c:d]}
        too_many = len(new) * len(removed) > _MOST_COMPARED
        return None if too_many or any(_is_variant(line, one) for line in new for one in removed) else True
    return False if all(found >= had for found, had, _ in counts) else None


def _is_variant(line: bytes, other: bytes) -> bool:
    """Whether one may be the other, edited."""
    found = SequenceMatcher(None, line, other, autojunk=False)
    return found.quick_ratio() >= _ALIKE and found.ratio() >= _ALIKE


def split_lines(data: bytes) -> Lines:
    """The lines of `data` with their newlines; only a newline ends a line."""
    lines = [line + b"\n" for line in data.split(b"\n")]
    last = lines.pop()[:-1]
    return [*lines, last] if last else lines


def hunks(base: Sequence[bytes], new: Sequence[bytes]) -> Iterator[Hunk]:
    """The stretches that differ, in order; what both texts begin and end with is set aside first."""
    shorter = min(len(base), len(new))
    head = next((at for at in range(shorter) if base[at] != new[at]), shorter)
    left = shorter - head
    tail = next((at for at in range(left) if base[-1 - at] != new[-1 - at]), left)
    inner_base, inner_new = base[head : len(base) - tail], new[head : len(new) - tail]
    matcher = SequenceMatcher(None, inner_base, inner_new, autojunk=False)
    for tag, a, b, c, d in matcher.get_opcodes():
        if tag != "equal":
            yield a + head, b + head, c + head, d + head


def _context(lines: Lines, start: int, end: int, shift: int) -> list[DiffRow]:
    return [DiffRow(at + 1 + shift, " ", _bare(lines[at])) for at in range(start, end)]


def _bare(line: bytes) -> bytes:
    return line.removesuffix(b"\n")


def _pairs(old: Lines, new: Lines) -> Iterator[tuple[int | None, int | None]]:
    """Which line became which: the likeliest pairing that keeps the order of both sides.

    Where the sides are not of one length, the lines of the shorter take the partners most like them.
    """
    if not old or not new or len(old) == len(new):
        for index in range(max(len(old), len(new))):
            yield (index if old else None), (index if new else None)
        return
    if len(old) > len(new):
        yield from ((was, now) for now, was in _pairs(new, old))
        return
    at = 0
    for index, other in enumerate(_alignment(old, new)):
        yield from ((None, spare) for spare in range(at, other))
        yield index, other
        at = other + 1
    yield from ((None, spare) for spare in range(at, len(new)))


def _alignment(short: Lines, long: Lines) -> list[int]:
    """For each line of `short` its partner's index in `long`, ascending; greedy, most alike first choice."""
    found: list[int] = []
    start = 0
    for index, line in enumerate(short):
        last = len(long) - (len(short) - index) + 1
        window = range(start, min(last, start + 50))
        best = max(window, key=lambda at: (SequenceMatcher(None, line, long[at]).ratio(), -at))
        found.append(best)
        start = best + 1
    return found


def _positions(done: Lines, now: Lines) -> dict[int, int]:
    """Where each line of `done` that is still there is in `now`."""
    position: dict[int, int] = {}
    at_done = at_now = 0
    for a, b, c, d in [*hunks(done, now), (len(done), len(done), len(now), len(now))]:
        position.update(zip(range(at_done, a), range(at_now, c), strict=True))
        at_done, at_now = b, d
    return position


def _find(done: Lines, now: Lines, position: dict[int, int], c: int, d: int) -> int | None:
    """Where the lines done[c:d] are in `now`, if they are and there is no doubt."""
    wanted = done[c:d]
    size = d - c
    places = [
        at for at in range(len(now) - size + 1) if now[at] == wanted[0] and now[at : at + size] == wanted
    ]
    if len(places) == 1 and done.count(wanted[0]) == 1:
        return places[0]
    start = position.get(c)
    if start is None or start not in places:
        return None
    if any(position.get(c + step) != start + step for step in range(size)):
        return None
    above = start == 0 if c == 0 else position.get(c - 1) == start - 1
    below = start + size == len(now) if d == len(done) else position.get(d) == start + size
    return start if above and below else None


def _gap(done: Lines, now: Lines, position: dict[int, int], c: int) -> int | None:
    """Where in `now` the place before done[c] is, by the lines above and below it.

    Right below the line above, so that what is set above a job stays above it. With only one of the two
    still there, that one must be the only line of its kind.
    """
    above, below = position.get(c - 1), position.get(c)
    if c == 0:
        return below or 0
    if above is not None and (below is not None or c == len(done) or _alone(done[c - 1], done, now)):
        return above + 1
    if below is not None and _alone(done[c], done, now):
        return below
    return None


def _alone(line: bytes, done: Lines, now: Lines) -> bool:
    return done.count(line) == 1 and now.count(line) == 1


def _join(lines: Lines) -> bytes:
    """The lines as one text; one that lacks its newline gets it unless it is the last."""
    ended = [line if line.endswith(b"\n") else line + b"\n" for line in lines[:-1]]
    return b"".join((*ended, *lines[-1:]))
