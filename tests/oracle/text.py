"""Bytes of cron tables as plain ASCII, for pipes to the harness and for recorded cases."""

from __future__ import annotations

import re


def encoded(text: str) -> str:
    r"""Latin-1 text with \xHH for characters that are not plain ASCII, and for the backslash."""
    return "".join(one if " " <= one <= "~" and one != "\\" else f"\\x{ord(one):02x}" for one in text)


def decoded(text: str) -> str:
    """The reverse of `encoded`."""
    return re.sub(r"\\x(..)", lambda match: chr(int(match[1], 16)), text)
