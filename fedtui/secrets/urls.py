"""Secrets in URLs: `https://u:S@host`, `https://S@host`, and webhooks, whose address is the secret."""

from __future__ import annotations

import re
from collections.abc import Iterator

from fedtui.secrets import Secret
from fedtui.secrets.values import is_harmless, is_random

_LOGIN = re.compile(
    r"""(?xi) (?<![a-z0-9+.-]) (?P<scheme>[a-z][a-z0-9+.-]*+) ://
    (?P<user>[^\s/:@"'<>|`]*+) (?: : (?P<password>[^\s/"'<>|`]*) )? @"""
)
_NOTIFIERS = re.compile(
    r"""(?xi) (?<![a-z0-9+.-]) (?:discord|gchat|gotifys?|ifttt|mailgun|mmosts?|msteams|opsgenie|pagerduty|pbul
    |pover|rockets?|sendgrid|slack|tgram|twilio|workflows|zulip) :// (?P<one>[^\s"'<>|;`]+)"""
)
"""The schemes of apprise whose address is a token."""

_NO_PASSWORD = "x-oauth-basic"  # noqa: S105 - GitHub's word beside a token
_END = r"""[^\s"'?&\#;|<>\\`]"""
_SURE = re.compile(
    rf"""(?xi) (?: hooks\.slack\.com/[a-z]+/ | discord(?:app)?\.com/api/webhooks/ | office\.com/webhookb?2?/
    | hooks\.zapier\.com/hooks/catch/\d+/ ) (?P<rest>{_END}+?)/? (?!{_END})
    | (?: api\.telegram\.org/(?:file/)?bot | hc-ping\.com/ | hchk\.io/ | nosnch\.in/ | ping\.checklyhq\.com/
        | freedns\.afraid\.org/dynamic/update\.php\? | sync\.afraid\.org/u/ | cloudns\.net/api/dynamicurl/\?q=
        | heartbeat\.uptimerobot\.com/m\d+- | cronitor\.link/(?:p/)?
        | /with/key/ ) (?P<one>(?:(?!/){_END})+)"""
)
_PERHAPS = re.compile(
    rf"(?:/(?:hooks|heartbeat|push|integration|cron|ping)/|ping\.ohdear\.app/|ntfy\.sh/)({_END}+)"
)


def in_urls(text: str) -> Iterator[Secret]:
    """The secrets in all URLs of the text."""
    for match in _LOGIN.finditer(text):
        password = match["password"]
        if password and password != _NO_PASSWORD and not is_harmless(password):
            yield _secret(match, "password")
        elif (
            match["scheme"].lower().startswith("http")
            and len(match["user"]) > 15
            and is_random(match["user"])
        ):
            yield _secret(match, "user")
    for match in (*_NOTIFIERS.finditer(text), *_SURE.finditer(text)):
        if not is_harmless(match[match.lastgroup or 0]):
            yield _secret(match, match.lastgroup or "one")
    for match in _PERHAPS.finditer(text):
        found = [
            one.span() for one in re.compile("[^/]+").finditer(text, *match.span(1)) if is_random(one[0])
        ]
        if found:
            yield Secret(found[0][0], found[-1][1], match[0][: -len(match[1])])


def _secret(match: re.Match[str], group: str) -> Secret:
    return Secret(*match.span(group), match.string[match.start() : match.start(group)])
