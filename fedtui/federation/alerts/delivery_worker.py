"""Takes one errand to the network, in a process of its own: a message to an apprise URL, or a GET.

Nothing that a library does with a socket can hold the check up: the caller ends this process when its time is
over. The errand comes as JSON on standard input, since others can read a process's arguments and environment;
the answer is a JSON text, empty where all is well, else why not.
"""

from __future__ import annotations

import json
import logging
import re
import sys
import urllib.error
import urllib.request
from http.client import HTTPException
from typing import Any

SOCKET_DEADLINE = 15.0


def main() -> int:
    """Do the errand on standard input; prints the answer."""
    errand: dict[str, Any] = json.load(sys.stdin)
    answer = _get(errand["url"]) if errand["do"] == "get" else _notify(errand)
    json.dump(answer, sys.stdout)
    return 0


def _get(url: str) -> str:
    if not url.lower().startswith(("http://", "https://")):
        return "the URL is neither http:// nor https://"
    request = urllib.request.Request(url, headers={"User-Agent": "fedtui"})  # noqa: S310 - checked above
    try:
        with urllib.request.urlopen(request, timeout=SOCKET_DEADLINE) as answer:  # noqa: S310
            answer.read(65536)
    except urllib.error.HTTPError as error:
        return f"it answered {error.code} {error.reason}"
    except (OSError, HTTPException, ValueError) as error:
        reason = getattr(error, "reason", error)
        return str(reason) or type(error).__name__
    return ""


class _Said(logging.Handler):
    """What the library logs is the only reason that it gives: warnings, and exceptions behind them."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a line that tells a reason."""
        text = record.getMessage()
        if record.levelno >= logging.WARNING:
            self.lines.append(text)
        elif "exception" in text.lower():
            self.lines += _CAUSE.findall(text)[-1:]


_CAUSE = re.compile(r"(?:\[Errno -?\d+\]|\[SSL[^]]*\]|\(\d{3}, b?'|[Tt]imed out)[^'\"()<>]*")
"""What a chain of exceptions comes down to in the end."""


def _notify(errand: dict[str, Any]) -> str:
    import apprise

    said = _Said()
    logger = logging.getLogger("apprise")
    logger.setLevel(logging.DEBUG)
    logger.propagate = False
    logger.addHandler(said)
    service = apprise.Apprise()
    if not service.add(errand["url"]):
        return "; ".join(said.lines) or "it is no URL that apprise knows"
    if service.notify(title=errand["title"], body=errand["body"], body_format=apprise.NotifyFormat.TEXT):
        return ""
    return "; ".join(dict.fromkeys(said.lines)) or "it did not take the message"


if __name__ == "__main__":
    raise SystemExit(main())
