"""Who is notified of trouble: the addresses of the pack, and those of `[alert]` in config.toml.

An address is known by a digest, and named by a label without a secret: tokens of most services are part of
their URL.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from fedtui.config import Config, ConfigError
from fedtui.pack import Pack
from fedtui.safe_text import MASK, sanitize_and_mask

MAIL, APPRISE, HEARTBEAT = "mail", "apprise", "heartbeat"


@dataclass(frozen=True, slots=True)
class Address:
    """One address. `kind` is MAIL (through sendmail), APPRISE (a URL of apprise's) or HEARTBEAT (a URL)."""

    kind: str
    target: str

    @property
    def key(self) -> str:
        """A digest, for where the address itself must not be written."""
        text = f"{self.kind} {self.target}"
        return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:16]

    @property
    def label(self) -> str:
        """What it is called, without a secret."""
        if self.kind == MAIL:
            return f"mail to {sanitize_and_mask(self.target)}"
        masked = f"{scheme(self.target)}://{MASK}"
        return f"heartbeat {masked}" if self.kind == HEARTBEAT else masked


def addresses(pack: Pack | None, config: Config) -> tuple[Address, ...]:
    """All of them, each once. Raises ConfigError for what no mail can be sent to."""
    return tuple(dict.fromkeys(_all(pack, config)))


def _all(pack: Pack | None, config: Config) -> Iterator[Address]:
    for mail in filter(None, (pack.mail_to if pack else "", config.alert.get("mail_to", ""))):
        fault = mail_fault(mail)
        if fault:
            raise ConfigError(f"mail_to: {fault}")
        yield Address(MAIL, mail)
    for url in (*(pack.alerts if pack else ()), *config.alert.get("urls", ())):
        yield Address(APPRISE, url)
    for url in filter(None, (pack.heartbeat if pack else "", config.alert.get("heartbeat", ""))):
        yield Address(HEARTBEAT, url)


def labels(found: Sequence[Address]) -> dict[str, str]:
    """The keys of addresses with their labels, numbered where they would look the same."""
    labelled: dict[str, str] = {}
    for address in found:
        label, number = address.label, 2
        while label in labelled.values():
            label, number = f"{address.label} ({number})", number + 1
        labelled[address.key] = label
    return labelled


def mail_fault(address: str) -> str:
    """Why this is no address for sendmail; empty for one that may be."""
    odd = re.search(r"[\s<>\",;:()\\]", address)
    if not address.isprintable() or odd or address.startswith("-"):
        return f"{sanitize_and_mask(address)!r} is no mail address: one address or local user, nothing else"
    return ""


def scheme(url: str) -> str:
    """The scheme of a URL, which tells the service and no secret."""
    found = re.match(r"[A-Za-z][A-Za-z0-9+.-]{0,30}(?=://)", url)
    return found[0].lower() if found else "?"
