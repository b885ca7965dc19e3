"""Real deliveries: a sendmail program, apprise against an SMTP sink and a web server, the heartbeat's GET."""

from __future__ import annotations

import email
import email.policy
import json
import socket
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from fedtui.alert_addresses import APPRISE, HEARTBEAT, MAIL, Address, addresses, labels, mail_fault
from fedtui.config import Config, ConfigError
from fedtui.federation.alerts import channels
from fedtui.federation.alerts.channels import Undelivered, redacted, send
from fedtui.federation.alerts.message import Message
from fedtui.pack import Pack

NOW = datetime(2026, 11, 24, 13, 5, 12, tzinfo=UTC)
MESSAGE = Message(
    "[fedtui node1] synchronisé is stale", "PROBLEM  sync – stale\nLook: fedtui check\n", "0a1b"
)


# Mail


@pytest.fixture
def sendmail(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A sendmail that keeps its arguments and what it was given."""
    program = tmp_path / "sendmail"
    program.write_text(f'#!/bin/sh\nprintf "%s\\n" "$*" > {tmp_path}/arguments\ncat > {tmp_path}/mail\n')
    program.chmod(0o755)
    monkeypatch.setattr(channels, "SENDMAIL", (str(program),))
    return tmp_path


def test_a_mail_as_sendmail_gets_it(sendmail: Path) -> None:
    send(Address(MAIL, "ops@example.org"), MESSAGE, NOW)
    assert (sendmail / "arguments").read_text() == "-i -t\n"
    mail = email.message_from_bytes((sendmail / "mail").read_bytes(), policy=email.policy.default)
    assert (mail["To"], mail["Subject"]) == ("ops@example.org", MESSAGE.subject)
    assert (mail["Date"], mail["Auto-Submitted"]) == ("Tue, 24 Nov 2026 13:05:12 +0000", "auto-generated")
    assert mail["Message-ID"] == "<0a1b@fedtui.invalid>"
    assert mail.get_content() == MESSAGE.body


def test_a_mailer_that_refuses_is_quoted(sendmail: Path) -> None:
    (sendmail / "sendmail").write_text("#!/bin/sh\necho 'sendmail: no such alias' >&2\nexit 67\n")
    with pytest.raises(Undelivered, match=r"^sendmail ended with exit 67: sendmail: no such alias$"):
        send(Address(MAIL, "nobody"), MESSAGE, NOW)


def test_a_mailer_that_hangs_is_ended(sendmail: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(channels, "DEADLINE", 0.3)
    (sendmail / "sendmail").write_text("#!/bin/sh\nsleep 60\n")
    with pytest.raises(Undelivered, match=r"did not answer within 0\.3 s"):
        send(Address(MAIL, "ops"), MESSAGE, NOW)


def test_without_a_mailer_that_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(channels, "SENDMAIL", (str(tmp_path / "none"),))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Undelivered, match="no sendmail on this machine"):
        send(Address(MAIL, "ops"), MESSAGE, NOW)


@pytest.mark.parametrize(
    "address", ["-oQ/tmp/evil", "a@b\nBcc: c@d", "a@b, c@d", "A <a@b>", "a b", "a@b;c", "a(x)@b", "\x1ba@b"]
)
def test_what_is_no_address(address: str) -> None:
    assert "is no mail address" in mail_fault(address)
    with pytest.raises(ConfigError, match="mail_to: "):
        addresses(None, Config(state=Path("/nowhere"), alert={"mail_to": address}))


@pytest.mark.parametrize(
    "address", ["root", "ops@example.org", "o'brien+fed@sub.example.org", "ops@münchen.de"]
)
def test_what_is_an_address(address: str) -> None:
    assert mail_fault(address) == ""


# apprise


class _Smtp(socketserver.StreamRequestHandler):
    """Takes every mail and keeps it."""

    def handle(self) -> None:
        self._say("220 sink")
        while line := self.rfile.readline().strip():
            word = line.upper()
            if word == b"DATA":
                self._say("354 go on")
                lines = []
                while (text := self.rfile.readline()) != b".\r\n":
                    lines.append(text)
                self.server.mails.append(b"".join(lines))  # type: ignore[attr-defined]  # of `_served`
            elif word == b"QUIT":
                self._say("221 bye")
                return
            self._say("250 ok")

    def _say(self, text: str) -> None:
        self.wfile.write(text.encode() + b"\r\n")


@contextmanager
def _served(server: socketserver.TCPServer) -> Iterator[socketserver.TCPServer]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


@pytest.fixture
def smtp() -> Iterator[socketserver.TCPServer]:
    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Smtp)
    server.mails = []  # type: ignore[attr-defined]  # what the handler keeps
    with _served(server) as served:
        yield served


class _Web(BaseHTTPRequestHandler):
    """Keeps what was asked; /refuse is refused, /token-7f3e/move leads on."""

    def do_GET(self) -> None:
        self.server.asked.append(("GET", self.path, b""))  # type: ignore[attr-defined]  # of the fixture
        self._answer()

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.asked.append(("POST", self.path, body))  # type: ignore[attr-defined]  # of the fixture
        self._answer()

    def _answer(self) -> None:
        self.send_response(403 if "refuse" in self.path else 200)
        self.end_headers()
        self.wfile.write(b"so it is")

    def log_message(self, format: str, *args: object) -> None:
        """Nothing on standard error."""


@pytest.fixture
def web() -> Iterator[HTTPServer]:
    server = HTTPServer(("127.0.0.1", 0), _Web)
    server.asked = []  # type: ignore[attr-defined]  # what the handler keeps
    with _served(server):
        yield server


def test_apprise_mails_through_an_smtp_server(smtp: socketserver.TCPServer) -> None:
    port = smtp.server_address[1]
    url = f"mailto://127.0.0.1:{port}/?from=fedtui@node1.example&to=ops@example.org&mode=insecure"
    send(Address(APPRISE, url), MESSAGE, NOW)
    (data,) = smtp.mails  # type: ignore[attr-defined]  # of the fixture
    mail = email.message_from_bytes(data, policy=email.policy.default)
    assert mail["Subject"] == MESSAGE.subject
    assert "ops@example.org" in mail["To"]
    assert "PROBLEM  sync – stale" in mail.get_body(("plain",)).get_content()


def test_apprise_posts_to_a_web_server(web: HTTPServer) -> None:
    send(Address(APPRISE, f"json://127.0.0.1:{web.server_port}/token-7f3e"), MESSAGE, NOW)
    ((verb, path, body),) = web.asked  # type: ignore[attr-defined]  # of the fixture
    record = json.loads(body)
    assert (verb, path) == ("POST", "/token-7f3e")
    assert (record["title"], record["message"].strip()) == (MESSAGE.subject, MESSAGE.body.strip())


def _closed_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def test_what_apprise_could_not_send_is_said_without_the_secret(web: HTTPServer) -> None:
    url = f"json://user:hunter2-secret@127.0.0.1:{web.server_port}/refuse-7f3e"
    with pytest.raises(Undelivered) as refused:
        send(Address(APPRISE, url), MESSAGE, NOW)
    assert "403" in str(refused.value)
    assert "hunter2" not in str(refused.value)
    assert "7f3e" not in str(refused.value)


def test_a_server_that_is_not_there_is_said() -> None:
    with pytest.raises(Undelivered) as refused:
        send(Address(APPRISE, f"json://127.0.0.1:{_closed_port()}/token-7f3e"), MESSAGE, NOW)
    assert "refused" in str(refused.value).lower()
    assert "7f3e" not in str(refused.value)


@pytest.mark.parametrize("url", ["nosuchservice://abc", "slack://", "not a url"])
def test_what_is_no_url_of_apprise(url: str) -> None:
    with pytest.raises(Undelivered):
        send(Address(APPRISE, url), MESSAGE, NOW)


def test_a_server_that_never_answers_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(channels, "DEADLINE", 1.0)
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen()
        with pytest.raises(Undelivered, match=r"^no answer within 1 s$"):
            send(Address(HEARTBEAT, f"http://127.0.0.1:{deaf.getsockname()[1]}/"), MESSAGE, NOW)


# The heartbeat


def test_a_heartbeat_is_fetched(web: HTTPServer) -> None:
    send(Address(HEARTBEAT, f"http://127.0.0.1:{web.server_port}/ping/7f3e"), MESSAGE, NOW)
    assert web.asked == [("GET", "/ping/7f3e", b"")]  # type: ignore[attr-defined]  # of the fixture


def test_a_heartbeat_that_is_refused_is_said(web: HTTPServer) -> None:
    with pytest.raises(Undelivered, match=r"^it answered 403 Forbidden$"):
        send(Address(HEARTBEAT, f"http://127.0.0.1:{web.server_port}/refuse"), MESSAGE, NOW)


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://127.0.0.1/", "/etc/passwd"])
def test_a_heartbeat_is_of_the_web(url: str) -> None:
    with pytest.raises(Undelivered, match="neither http:// nor https://"):
        send(Address(HEARTBEAT, url), MESSAGE, NOW)


# Addresses


def test_addresses_of_the_pack_and_of_the_config_each_once() -> None:
    pack = Pack(
        root="/srv",
        profile="minimal",
        backend="cron",
        log_dir="/srv",
        since="2026-11-01",
        alerts=("ntfy://topic-a", "slack://T1/T2/T3"),
        mail_to="ops@example.org",
        heartbeat="https://hc.example.org/1f0c",
    )
    alert = {"urls": ["ntfy://topic-a", "ntfy://topic-b"], "mail_to": "ops@example.org"}
    found = addresses(pack, Config(state=Path("/nowhere"), alert=alert))
    assert list(labels(found).values()) == [
        "mail to ops@example.org",
        "ntfy://••••••",
        "slack://••••••",
        "ntfy://•••••• (2)",
        "heartbeat https://••••••",
    ]
    assert len(set(labels(found))) == 5


@pytest.mark.parametrize(
    ("url", "said", "shown"),
    [
        ("slack://T1AA/B2BB/C3CC", "posting to slack://T1AA/B2BB/C3CC failed", "posting to •••••• failed"),
        ("slack://T1AA/B2BB/C3CC", "bad token B2BB", "bad token ••••••"),
        ("json://u:pass@host.example/k3y0", "host.example: /k3y0 403", "host.example: /•••••• 403"),
        ("ntfy://topic", "two\nlines\x1b[31m", "two lines␛[31m"),
    ],
)
def test_no_part_of_a_url_is_shown(url: str, said: str, shown: str) -> None:
    assert redacted(said, url) == shown
