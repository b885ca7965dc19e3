"""How a message is brought to an address: by sendmail, by apprise, and the GET of a heartbeat.

Blocking; each with a deadline.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime

from fedtui.alert_addresses import HEARTBEAT, MAIL, Address, scheme
from fedtui.federation.alerts.message import Message
from fedtui.safe_text import MASK, sanitize_and_mask
from fedtui.system.program import Ended, ProgramError, run_program
from fedtui.system.self_command import interpreter_environment, module_command

DEADLINE = 60.0
COURIER = "fedtui.federation.alerts.delivery_worker"
SENDMAIL = ("/usr/sbin/sendmail", "/usr/lib/sendmail", "/usr/bin/sendmail")
"""Where the FHS and its kin have it; cron's PATH has no sbin."""

NO_MAILER = "there is no sendmail on this machine; postfix, exim or msmtp-mta bring one"

_PASSED_ON = tuple(f"{name}_proxy" for name in ("http", "https", "no"))
_PASSED_ON += (*(name.upper() for name in _PASSED_ON), "SSL_CERT_FILE", "SSL_CERT_DIR")


class Undelivered(Exception):
    """The channel did not take it; the message says why, without a secret."""


def send(address: Address, message: Message, now: datetime) -> None:
    """Bring a message to an address; of a heartbeat it is only fetched. Blocking. Raises Undelivered."""
    if address.kind == MAIL:
        _mail(address.target, message, now)
    elif address.kind == HEARTBEAT:
        _run_errand({"do": "get", "url": address.target})
    else:
        errand = {"do": "notify", "url": address.target, "title": message.subject, "body": message.body}
        _run_errand(errand)


def _mail(to: str, message: Message, now: datetime) -> None:
    """Taken means: by the mailer's queue; where it goes from there is the mailer's to tell."""
    program = mailer()
    if program is None:
        raise Undelivered(NO_MAILER)
    try:
        done = run_program((program, "-i", "-t"), stdin=mail_text(to, message, now), deadline=DEADLINE)
    except ProgramError as error:
        raise Undelivered(sanitize_and_mask(str(error))) from error
    if done.status != 0:
        raise Undelivered(f"sendmail ended with {_status(done)}")


def mailer() -> str | None:
    """The path of this machine's sendmail; None where there is none."""
    return next((path for path in SENDMAIL if os.access(path, os.X_OK)), None) or shutil.which("sendmail")


def mail_text(to: str, message: Message, now: datetime) -> bytes:
    """The mail as sendmail reads it. The same news has the same Message-ID."""
    mail = EmailMessage()
    mail["To"] = to
    mail["Subject"] = message.subject
    mail["Date"] = format_datetime(now)
    mail["Message-ID"] = f"<{message.key}@fedtui.invalid>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(message.body)
    return mail.as_bytes()


def _run_errand(errand: dict[str, str]) -> None:
    """Send the courier. Raises Undelivered."""
    url = errand["url"]
    passed = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    extra = {"PYTHONPATH": interpreter_environment()["PYTHONPATH"], **passed, "LC_ALL": "C.UTF-8"}
    data = json.dumps(errand).encode()
    try:
        done = run_program(module_command(COURIER), stdin=data, extra=extra, deadline=DEADLINE)
    except ProgramError:
        raise Undelivered(f"no answer within {DEADLINE:g} s") from None
    try:
        answer = json.loads(done.out.rpartition(b"\n")[2]) if done.status == 0 else None
    except ValueError:
        answer = None
    if not isinstance(answer, str):
        raise Undelivered(redacted(f"the courier ended with {_status(done)}", url))
    if answer:
        raise Undelivered(redacted(answer, url))


_HOSTS = frozenset(("http", "https", "json", "jsons", "xml", "xmls", "form", "forms", "mailto", "mailtos"))
"""Schemes whose URL begins with a host; that of others may begin with a token."""


def redacted(text: str, url: str) -> str:
    """`text` on one line without the URL or any part of it that may be a secret: a host and a port stay."""
    parts = re.split(r"[/:@?&=#]+", url)[1:]
    secrets = {part for part in parts if len(part) > 3 and not (part.isdigit() and len(part) < 6)}
    host = re.match(r"[^:]+://(?:[^/@]*@)?([^/:?]+)", url)
    if host is not None and scheme(url) in _HOSTS:
        secrets.discard(host[1])
    for part in sorted({url, *secrets}, key=len, reverse=True):
        text = text.replace(part, MASK)
    return sanitize_and_mask(" ".join(text.split()))[:300]


def _status(done: Ended) -> str:
    last = sanitize_and_mask(done.said.splitlines()[-1]) if done.said else ""
    return f"exit {done.status}" + (f": {last}" if last else "")
