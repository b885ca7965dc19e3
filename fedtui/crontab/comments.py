"""The comment block above an entry: which of its lines are the entry's note, and which name it.

A block is the run of comment lines directly above an entry. It begins again below a line that is no
comment, below an empty or ruled-off comment line (`#`, `# ----`), below the `# m h dom mon dow command`
heading of Debian's template, and below a job that somebody paused by hand (`#0 5 * * * backup`): none of
those speaks of the entry. A line of the federation pack's (`# fedtui: pack sync`) begins a block, too.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from fedtui.crontab.line import IGNORE_COMMENT, OWN_COMMENT, PACK_COMMENT, PAUSED, Block, Line, LineKind
from fedtui.safe_text import decode
from fedtui.schedule.cron import ScheduleError, split_schedule

_NAME = re.compile(rb"[ \t]*#+[ \t]*name:[ \t]*(?P<name>.*\S)\s*")
_HEADING = re.compile(rb"[ \t]*#+\s*m(in(ute)?)?\s+h(our)?\s+(dom|day)\b.*", re.IGNORECASE)
_WORD = re.compile(rb"[0-9A-Za-z\x80-\xff]")
_MAY_BE_JOB = re.compile(rb"[ \t]*#+[ \t]*(?P<job>[0-9*@].*)", re.DOTALL)

_CODE = re.compile(rb"FT\d{3}")

_MARK = re.compile(
    re.escape(PACK_COMMENT)
    + rb"(?P<key>[a-z0-9-]+) \((?P<schedule>[^()]*)\)"
    + rb"(?:; (?P<whose>line|adopted(?: recorded)?) (?P<id>[0-9a-f]{8})(?: from (?P<original>.*?\S))?)?"
    + rb"(?P<joined>; no newline above)?\s*"
)

_OWN = OWN_COMMENT.decode()
_PACK = "pack "

NumberedLines = Sequence[tuple[int, bytes]]


def read_block(comments: NumberedLines) -> Block:
    """The block that the comment lines directly above an entry form; (number, raw bytes), top first."""
    start = 0
    for index, (_, raw) in enumerate(comments):
        if _ends_block(raw):
            start = index + 1
        elif raw.startswith(PACK_COMMENT):
            start = index
    if start == len(comments):
        return Block()
    note: list[tuple[int, str]] = []
    own: list[int] = []
    name = ""
    name_lines: list[int] = []
    for number, raw in comments[start:]:
        named = _NAME.fullmatch(raw)
        if named:
            name = decode(named["name"])
            name_lines.append(number)
        elif raw.lstrip(b" \t").startswith(OWN_COMMENT):
            own.append(number)
        else:
            note.append((number, comment_text(raw)))
    numbers, texts = tuple(number for number, _ in note), [text for _, text in note]
    return Block(numbers, tuple(name_lines), tuple(own), "\n".join(texts), name)


def comment_text(raw: bytes) -> str:
    """The words of a comment line: without its `#` signs and the blanks around them."""
    return decode(raw.strip(b" \t\r").lstrip(b"#").strip(b" \t\r\f\v"))


def silenced_codes(lines: Sequence[Line], number: int) -> tuple[str, ...]:
    """The codes that `# fedtui: ignore FT402, FT118` lines directly above line `number` (from 1) name."""
    found: list[str] = []
    for line in reversed(lines[: number - 1]):
        if line.kind is not LineKind.COMMENT:
            break
        found += codes_of(line.raw)
    return tuple(found)


def codes_of(raw: bytes) -> list[str]:
    """The codes that one comment line silences; none for any other comment."""
    text = raw.strip(b" \t\r")
    return [code.decode() for code in _CODE.findall(text)] if text.startswith(IGNORE_COMMENT) else []


def pack_mark(raw: bytes, id_key: str = "") -> re.Match[bytes] | None:
    """The mark of the pack's that this comment line is, by its parts; None for any other comment.

    With `id_key` None, too, for the mark of another line: the one below it then is gone, or was edited.
    """
    mark = _MARK.fullmatch(raw)
    return mark if mark is None or not id_key or mark["id"] in (None, mark_id(id_key)) else None


def mark_id(id_key: str) -> bytes:
    """What a mark holds of its line's id: the digest, without the number among equal commands."""
    return id_key[:8].encode()


def note_text(comments: Sequence[str]) -> tuple[str, str]:
    """What fedtui's own comments say of a job: its key in the pack, and the newest word on its schedule.

    `comments` are lines such as "# fedtui: pack sync (0 * * * *)" and "# fedtui: was 0 * * * *; reason: ...",
    top first.
    """
    said = [text.removeprefix(_OWN).strip() for text in comments if text.startswith(_OWN)]
    keys = [text.removeprefix(_PACK).partition(" ")[0] for text in said if text.startswith(_PACK)]
    changes = [text for text in said if text.startswith("was ")]
    return (keys[-1] if keys else ""), (changes[-1] if changes else "")


def _ends_block(raw: bytes) -> bool:
    if not _WORD.search(raw) or _HEADING.fullmatch(raw) or raw.startswith(PAUSED.rstrip()):
        return True
    job = _MAY_BE_JOB.fullmatch(raw)
    return job is not None and _is_job(job["job"])


def _is_job(text: bytes) -> bool:
    try:
        split_schedule(text)
    except ScheduleError:
        return False
    return True
