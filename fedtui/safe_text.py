"""Makes text from outside fit to be shown: no control sequence, no bidi trick, no secret.

Everything that a user sees and that came from a table, a log, a unit or a journal passes through
`sanitize` (and, where it may hold a secret, `mask_secrets`) before it reaches a screen, a terminal or JSON.
"""

from __future__ import annotations

import re
from pathlib import Path

_BIDI = {*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0x061C}
_PLAIN = re.compile(r"[ -~]*")

MASK = "••••••"

_ASSIGNED = r"""(?ix)
    (?P<head> (?<![a-z0-9_.-]) [a-z0-9_.-]{0,60}?
      (?:token|passw(?:or)?d|passphrase|secret|api[_-]?key|access[_-]?key|private[_-]?key
        |auth(?:orization)?(?![a-z]))
      [a-z0-9_]* ["']? \s* (?:=|:\s) \s* )
    (?P<value> "(?:[^"\\]|\\.)*" | '[^']*' | (?:bearer|basic)\s+[^\s"';&|]+ | [^\s"';&|]+ )
    """
_URL = r"(?i)(?P<head>(?<![a-z0-9+.-])[a-z][a-z0-9+.-]{0,30}://[^\s/:@]{0,200}:)(?P<value>[^\s/@]+)(?=@)"
_FLAG = (
    r"(?i)(?P<head>(?<![a-z-])--?(?:[a-z-]{0,40}(?:token|password|passwd|secret|api-key|apikey))(?:=|\s+))"
    r"(?P<value>[^\s\"';&|]+)"
)
_BEARER = r"(?P<head>\b(?:Bearer|Basic)\s+)(?P<value>[A-Za-z0-9._~+/=-]{8,})"

_SECRETS = ((_URL, ("://",)), (_FLAG, ("-",)), (_ASSIGNED, ("=", ":")), (_BEARER, ("Bearer", "Basic")))
"""Each pattern with what a text holds if it can match: most hold nothing of it, and the patterns are slow."""


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

    Covers `NAME=value` where the name speaks of a token, password, secret or key, the password in a URL,
    `--token value` flags and `Bearer`/`Basic` credentials. References such as `$TOKEN` stay: they are names.
    """
    for pattern, signs in _SECRETS:
        if any(sign in text for sign in signs):
            text = re.sub(pattern, _masked, text)
    return text


def _masked(match: re.Match[str]) -> str:
    value = match["value"]
    if value.strip("\"'").startswith("$") or MASK in value:
        return match[0]
    return match["head"] + MASK


def without_colours(text: str) -> str:
    """`text` without the sequences that colour it on a terminal (ECMA-48, SGR); what else there is stays."""
    return re.sub(r"\x1b\[[0-9;:]*m", "", text) if "\x1b[" in text else text


def sanitize_and_mask(text: str) -> str:
    """One line of outside text, safe and with its secrets masked."""
    return mask_secrets(sanitize(text))


def display_path(path: Path) -> str:
    """A path with `~` for the home folder."""
    home = Path.home()
    return f"~/{path.relative_to(home)}" if path.is_relative_to(home) else str(path)
