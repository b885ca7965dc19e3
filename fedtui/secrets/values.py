"""What a value is: a reference or a placeholder, something random, or anything else."""

from __future__ import annotations

import re

_HARMLESS = re.compile(
    r"""(?ix) \s*+ (?:
        ` .* | \$ (?:[A-Za-z_{(].*|[\d@*\#?!$])?     # a variable, the output of a command
      | [@<] [\w./~$(<-] .* | <[^>]*>?               # curl's @FILE, a placeholder
      | [{%\[] [{%\w]* [^{}%]* [}%\]]{1,2}           # {{ a template }}, %VARIABLE%
      | % [dhqrst] (?:/[\w./%-]*)? | [*.…?-]+ | x{3,}    # of systemd, of printf
      | true | false | yes | no | none | null | nil | on | off | stdin | prompt | ask | public | undefined
      | your[\s_-].* | (?:my|some|the)[_-](?:api|secret|token|pass|key).*
      | (?:file|env|fd|vault|op|secret|ref|cmd|keyring) :.*
      | (?:~\w*|\.{1,2})? (?:/{1,2}[\w.@%-]{1,40})+ /?    # a path
      | [\w./-]+ \. (?:key|pem|crt|cer|txt|json|ya?ml|toml|conf|cfg|ini|env|pw|gpg|asc|p12|pfx|sh|py|php)
    )? """
)
_SINGLE = re.compile(r"'\$(?!\{?\w+\}?'$|\().*'")
_SINGLE_WORD = re.compile(r"'\$\w*[A-Za-z]\w*'")
_IDENTIFIER = re.compile(r"(?:[A-Z]?[a-z]+\d{0,4}|\d+)(?:[._:/@-](?:[a-z]*\d{0,4}))*")


def is_harmless(value: str, *, outermost: bool = False) -> bool:
    """Whether the value is no secret by itself: empty, a reference, a path, a placeholder, a switch.

    `outermost`: no other quotes are around those of the value, so that `'$word'` is no reference.
    """
    if _SINGLE.fullmatch(value) or (outermost and _SINGLE_WORD.fullmatch(value)):
        return False  # in single quotes a shell puts in no variable
    return _HARMLESS.fullmatch(unquoted(value)) is not None


def is_random(value: str) -> bool:
    """Whether it is a secret even where little around says so: letters and digits, unlike `backup2026`."""
    value = unquoted(value)
    if len(value) < 8 or not (re.search(r"\d", value) and re.search(r"[A-Za-z]", value)):
        return False
    return not (re.search(r"[\s\\]", value) or _IDENTIFIER.fullmatch(value) or is_harmless(value))


def unquoted(value: str) -> str:
    """Without the quotes around it, `\\"` too."""
    return value.strip("\\").strip("\"'").strip("\\")
