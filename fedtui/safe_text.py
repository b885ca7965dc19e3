"""Makes text from outside fit to be shown: no control sequence, no bidi trick, no secret.

Everything that a user sees and that came from a table, a log, a unit or a journal passes through
`sanitize` (and, where it may hold a secret, `mask_secrets`) before it reaches a screen, a terminal or JSON.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import BinaryIO

from fedtui.secrets import find_secrets

_BIDI = {*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0x061C}
_PLAIN = re.compile(r"[ -~]*")

MASK = "••••••"
OLD_MASK, NEW_MASK = "•••(old)", "•••(new)"
"""In place of a secret that a change replaces, on the removed line and on the added one."""


def decode(raw: bytes) -> str:
    """Text for the eye: UTF-8 where it is, else Latin-1, so that every byte has a character."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def sanitize(text: str) -> str:
    """`text` with every control, format, surrogate and bidi character replaced by a visible stand-in.

    A tab becomes a space; ESC and the other C0 controls become their control pictures (U+2400 block);
    all else that a terminal might obey or hide becomes U+FFFD. Newlines are controls too: give one line.
    """
    if _PLAIN.fullmatch(text):
        return text
    return "".join(_shown(char) for char in text)


def _shown(char: str) -> str:
    import unicodedata  # seldom needed

    code = ord(char)
    if char == "\t":
        return " "
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "\u2421"
    if code in _BIDI or unicodedata.category(char) in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp"):
        return "\ufffd"
    return char


def sanitize_lines(text: str) -> str:
    """Several lines of outside text, each through `sanitize`."""
    return "\n".join(map(sanitize, text.split("\n")))


def mask_secrets(text: str) -> str:
    """`text` with the values of what looks like a secret replaced by `MASK`; idempotent.

    What is one says `fedtui.secrets`. References such as `$TOKEN` stay: they are names.
    """
    return _mask_short(text) if len(text) < 500 else _masked(text, lambda _: MASK)


@lru_cache(2048)
def _mask_short(text: str) -> str:  # the same few words are shown in row after row, and painted again
    return _masked(text, lambda _: MASK)


_Secret = tuple[str, str]
"""What comes before a secret (`TOKEN=`, `--token `), and the secret itself."""


_RECORDED = re.compile(r"(?<=fedtui_run=')((?:[^']|'\\'')*)(?=')")
"""The command that the recorder wraps, quoted once more (see `crontab.recorder_wrapper`)."""


def _masked(text: str, mask: Callable[[_Secret], str]) -> str:
    if "fedtui_run='" in text:
        text = _RECORDED.sub(lambda match: _masked_inside(match[1], mask), text)
    while found := find_secrets(text):  # without one, more may show
        parts, at = list[str](), 0
        for start, end, head in found:
            parts += text[at:start], mask((head, text[start:end]))
            at = end
        text = "".join((*parts, text[at:]))
    return text


def _masked_inside(quoted: str, mask: Callable[[_Secret], str]) -> str:
    """A command in single quotes, masked as it would be by itself."""
    command = quoted.replace("'\\''", "'")
    masked = _masked(command, mask)
    return quoted if masked == command else masked.replace("'", "'\\''")


def _secrets(text: str) -> list[_Secret]:
    found: list[_Secret] = []

    def note(secret: _Secret) -> str:
        found.append(secret)
        return MASK

    _masked(text, note)
    return found


def mask_changed(old: str, new: str) -> tuple[str, str]:
    """A line before and after a change, secrets masked: those that differ by `OLD_MASK` and `NEW_MASK`.

    A secret is the same where both lines have it at the same name, or at a name that only one of them has.
    """
    before, after = _secrets(old), _secrets(new)

    def marked(text: str, others: list[_Secret], mark: str) -> str:
        names, values = {name for name, _ in others}, {value for _, value in others}

        def mask(secret: _Secret) -> str:
            renamed = secret[0] not in names and secret[1] in values
            return MASK if renamed or secret in others else mark

        return _masked(text, mask)

    return marked(old, after, OLD_MASK), marked(new, before, NEW_MASK)


def mask_diff(rows: Sequence[tuple[str, str]]) -> list[str]:
    """The texts of a diff's rows of (sign, text), masked; a "+" row directly after a "-" row replaces it."""
    texts = [mask_secrets(text) for _, text in rows]
    for at, ((sign, old), (next_sign, new)) in enumerate(pairwise(rows)):
        if sign == "-" and next_sign == "+":
            texts[at : at + 2] = mask_changed(old, new)
    return texts


def without_colours(text: str) -> str:
    """`text` without the sequences that colour it on a terminal (ECMA-48, SGR); what else there is stays."""
    return re.sub(r"\x1b\[[0-9;:]*m", "", text) if "\x1b[" in text else text


def sanitize_and_mask(text: str) -> str:
    """One line of outside text, safe and with its secrets masked."""
    return mask_secrets(sanitize(text))


class SafeOutput:
    """Writes a program's output to `out` as it comes, masked line by line: a secret may come in pieces."""

    def __init__(self, out: BinaryIO) -> None:
        self._out = out
        self._open = b""

    def write(self, output: bytes, *, ended: bool = False) -> None:
        """Write the lines that are whole; an open one waits for its end, up to 64 KiB."""
        whole, newline, self._open = (self._open + output).rpartition(b"\n")
        whole += newline
        if ended or len(self._open) > 0x10000:
            whole, self._open = whole + self._open, b""
        text = whole.decode("utf-8", "replace")
        self._out.write("\n".join(map(sanitize_and_mask, text.split("\n"))).encode())
        self._out.flush()


def display_path(path: Path) -> str:
    """A path with `~` for the home folder."""
    home = Path.home()
    return f"~/{path.relative_to(home)}" if path.is_relative_to(home) else str(path)
