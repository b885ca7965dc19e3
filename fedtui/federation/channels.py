"""Where alerts go: sendmail, apprise URLs, and the heartbeat. Blocking; each with a deadline.

A channel is known by a digest of its address, and named by a label without a secret: tokens of most services
are part of their URL.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from datetime import datetime
from pathlib import Path
from typing import Protocol

from fedtui.config import Config, ConfigError
from fedtui.federation import courier
from fedtui.federation.alert_message import Message
from fedtui.pack import Pack
from fedtui.safe_text import MASK, shown
from fedtui.sources.own_process import interpreter_environment, own_command
from fedtui.sources.program import Ended, ProgramError, run_program

DEADLINE = 60.0
SENDMAIL = ("/usr/sbin/sendmail", "/usr/lib/sendmail", "/usr/bin/sendmail")
"""Where the FHS and its kin have it; cron's PATH has no sbin."""

_PASSED_ON = ("http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "SSL_CERT_FILE")


class Undelivered(Exception):
    """The channel did not take it; the message says why, without a secret."""


class Channel(Protocol):
    """Something that takes a message."""

    @property
    def key(self) -> str:
        """A digest of its address."""
        ...

    @property
    def label(self) -> str:
        """What it is called, without a secret."""
        ...

    def send(self, message: Message, now: datetime) -> None:
        """Deliver it. Blocking. Raises Undelivered."""
        ...


@dataclass(frozen=True, slots=True)
class Mail:
    """An address, reached through the machine's sendmail."""

    address: str
    programs: Sequence[str] = SENDMAIL

    @property
    def key(self) -> str:
        """See `Channel`."""
        return digest(f"mail {self.address}")

    @property
    def label(self) -> str:
        """See `Channel`."""
        return f"mail to {shown(self.address)}"

    def send(self, message: Message, now: datetime) -> None:
        """See `Channel`. Taken means: by the mailer's queue; where it goes from there is the mailer's."""
        program = next((path for path in self.programs if os.access(path, os.X_OK)), None)
        program = program or shutil.which("sendmail")
        if program is None:
            raise Undelivered("there is no sendmail on this machine (a mailer such as msmtp-mta or postfix)")
        try:
            done = run_program((program, "-i", "-t"), stdin=self._text(message, now), deadline=DEADLINE)
        except ProgramError as error:
            raise Undelivered(shown(str(error))) from error
        if done.status != 0:
            raise Undelivered(_status(done))

    def _text(self, message: Message, now: datetime) -> bytes:
        mail = EmailMessage()
        mail["To"] = self.address
        mail["Subject"] = message.subject
        mail["Date"] = format_datetime(now)
        mail["Message-ID"] = f"<{message.key}@{make_msgid().rpartition('@')[2]}"
        mail["Auto-Submitted"] = "auto-generated"
        mail.set_content(message.body)
        return mail.as_bytes()


@dataclass(frozen=True, slots=True)
class Apprise:
    """A URL as apprise has it: ntfy://, mailto://, slack://, json://, ..."""

    url: str

    @property
    def key(self) -> str:
        """See `Channel`."""
        return digest(self.url)

    @property
    def label(self) -> str:
        """See `Channel`."""
        return f"{scheme(self.url)}://{MASK}"

    def send(self, message: Message, now: datetime) -> None:
        """See `Channel`."""
        _run_errand({"do": "notify", "url": self.url, "title": message.subject, "body": message.body})


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """A URL that is fetched after each check that could be made, for a watcher elsewhere."""

    url: str

    @property
    def key(self) -> str:
        """A digest of its address."""
        return digest(f"heartbeat {self.url}")

    @property
    def label(self) -> str:
        """What it is called, without a secret."""
        return f"heartbeat {scheme(self.url)}://{MASK}"

    def beat(self) -> None:
        """Fetch it. Blocking. Raises Undelivered."""
        _run_errand({"do": "get", "url": self.url})


@dataclass(frozen=True, slots=True)
class Addresses:
    """Who is told: of the pack's, and of `[alert]` in config.toml. `stale` maps jobs to seconds."""

    channels: tuple[Channel, ...] = ()
    heartbeats: tuple[Heartbeat, ...] = ()

    @property
    def labels(self) -> dict[str, str]:
        """The ids of all channels with their labels, numbered where they would look the same."""
        found: dict[str, str] = {}
        for channel in self.channels:
            label, number = channel.label, 2
            while label in found.values():
                label, number = f"{channel.label} ({number})", number + 1
            found[channel.key] = label
        return found


def addresses(pack: Pack | None, config: Config) -> Addresses:
    """All of them, each once. Raises ConfigError for an address that no mail can have."""
    urls = [*(pack.alerts if pack else ()), *config.alert.get("urls", ())]
    mails = [pack.mail_to if pack else "", config.alert.get("mail_to", "")]
    beats = [pack.heartbeat if pack else "", config.alert.get("heartbeat", "")]
    for address in filter(None, mails):
        fault = mail_fault(address)
        if fault:
            raise ConfigError(f"mail_to: {fault}")
    channels: list[Channel] = [Mail(one) for one in dict.fromkeys(filter(None, mails))]
    channels += [Apprise(url) for url in dict.fromkeys(filter(None, urls))]
    return Addresses(tuple(channels), tuple(Heartbeat(url) for url in dict.fromkeys(filter(None, beats))))


def mail_fault(address: str) -> str:
    """Why this is no address for sendmail; empty for one that may be."""
    if not address.isprintable() or re.search(r"[\s<>\",;:()\\]", address) or address.startswith("-"):
        return f"{shown(address)!r} is no mail address: one address or local user, nothing else"
    return ""


def scheme(url: str) -> str:
    """The scheme of a URL, which tells the service and no secret."""
    found = re.match(r"[A-Za-z][A-Za-z0-9+.-]{0,30}(?=://)", url)
    return found[0].lower() if found else "?"


def digest(text: str) -> str:
    """What an address is known by where it must not be written down."""
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:16]


def redacted(text: str, url: str) -> str:
    """`text` without the URL or any part of it that may be a secret: all but its scheme and its host."""
    secret = [part for part in re.split(r"[/:@?&=#]+", url)[1:] if len(part) > 3]
    host = re.match(r"[^:]+://(?:[^/@]*@)?([^/:?]+)", url)
    kept = host[1] if host and scheme(url) in _HOSTS else ""
    for part in sorted({url, *secret} - {kept}, key=len, reverse=True):
        text = text.replace(part, MASK)
    return shown(" ".join(text.split()))[:300]


_HOSTS = frozenset(("http", "https", "json", "jsons", "xml", "xmls", "form", "forms", "mailto", "mailtos"))
"""Schemes whose URL begins with a host; that of others may begin with a token."""


def _run_errand(errand: dict[str, str]) -> None:
    """Send the courier. Raises Undelivered."""
    url = errand["url"]
    passed = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    extra = {"PYTHONPATH": interpreter_environment()["PYTHONPATH"], **passed, "LC_ALL": "C.UTF-8"}
    try:
        done = run_program(
            own_command(courier.MODULE), stdin=json.dumps(errand).encode(), extra=extra, deadline=DEADLINE
        )
    except ProgramError:
        raise Undelivered(f"no answer within {DEADLINE:g} s") from None
    try:
        answer = json.loads(done.out.rpartition(b"\n")[2]) if done.status == 0 else None
    except ValueError:
        answer = None
    if not isinstance(answer, str):
        raise Undelivered(redacted(f"the courier failed: {_status(done)}", url))
    if answer:
        raise Undelivered(redacted(answer, url))


def _status(done: Ended) -> str:
    last = shown(done.said.splitlines()[-1]) if done.said else ""
    return f"exit {done.status}" + (f": {last}" if last else "")
