"""Secrets after a name: `NAME=S`, `name: S`, `"name": "S"`, `--name S`, `Authorization: Bearer S`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import IntEnum
from functools import lru_cache
from itertools import pairwise

from fedtui.secrets import Secret
from fedtui.secrets.values import is_harmless, is_random

_NAME = re.compile(
    r"""(?x) (?<![\w.-]) (?P<dash>-{0,2}+) (?P<name>[A-Za-z_][\w.-]{0,200}+)
    (?: (?P<quote>\\?["'\]])? [ \t]*+ (?P<sep>=(?![=~])>?|:[=-]?) (?P<space>[ \t]*+) | [ \t]++ )"""
)
_VALUE = re.compile(
    r"""(?xi) (?P<scheme>(?:bearer|basic|token|apikey|digest|splunk|genie?key)[ \t]++(?:token=)?)?
    (?P<value> \\"(?:(?!\\").)*+\\" | (?:"(?:[^"\\]|\\.)*+"|'[^']*+')+
      | (?: [^\s"'`\\;|&<>(){}\[\],] | \\[^"'\n]
          | [({\[](?<=\w.) | ,(?![\s"']|[a-z_-]{2,}=|$)
          | [)}\]](?=[^\s"';&|)}\],`]))++ )"""
)
_STRONG = re.compile(
    r".*(?:token|secret|passw(?:or)?d|passphrase|apikey|secretkey|accesskey|privatekey)\d*"
    r"|(?:ssh|db|my|user|smtp|ftp|root|sudo|mail|ldap|enc|admin|become|app|bind|sql|pg)(?:pass|pwd?)"
)
_LISTS = """
key auth authorization bearer basic cred creds credential credentials pass pat pk pw pwd sig signature \
cookie session code
api access private secret account
age alg algo algorithm command cmd count days dir disabled email enabled endpoint env error expiration \
expires expiry fd field file files folder format header helper hint host hours id ids index interval label \
len length limit list map max method minutes mode name names param path policy prefix prompt provider \
required seconds server size sock stdin store suffix through timeout ttl type url uri user username var \
version
ask bypass get max min no num public pub require show skip with
default gpg host
"""
_WEAK, _BEFORE_KEY, _OTHER_LAST, _OTHER_FIRST, _NO_KEY = (
    frozenset(words.split()) for words in _LISTS.strip().splitlines()
)
"""Words of names: of what may be a secret; before `key`, of a secret; last and first in the name of something
else; first in the name of a key that is no secret."""

_KEY_IDS = frozenset({"encrypt-key", "sign-key", "encrypt-sign-key", "hidden-encrypt-key"})
"""Options of duplicity and deja-dup that name a public key."""
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


class Says(IntEnum):
    """What a name says of its value: nothing, that it may be a secret, that it is one."""

    NOTHING = 0
    PERHAPS = 1
    SECRET = 2


def named(text: str) -> Iterator[Secret]:
    """The secrets with a name before them."""
    seen, quotes = 0, {"'": 0, '"': 0}
    for match in _NAME.finditer(text):
        says = says_of(match["name"])
        if says is Says.NOTHING and match["name"].lower() not in ("by", "k"):
            continue
        value = _VALUE.match(text, match.end())
        if value is None:
            continue
        outermost = False
        if value["value"].startswith("'$"):
            quotes = {sign: count + text.count(sign, seen, match.end()) for sign, count in quotes.items()}
            seen, outermost = match.end(), not any(count % 2 for count in quotes.values())
        if _is_secret(match, says, value, outermost=outermost):
            start = match.end() + _user(match["name"], value["value"])
            yield Secret(start, value.end(), text[match.start() : start].strip())


@lru_cache(1024)
def says_of(name: str) -> Says:
    """What the words of the name say: the last one may be about the secret only (`TOKEN_FILE`)."""
    words = [word for word in re.split(r"[^a-z0-9]+", _CAMEL.sub("_", name).lower()) if word]
    if not words or words[-1] in _OTHER_LAST or words[0] in _OTHER_FIRST or "public" in words:
        return Says.NOTHING
    pairs = any(two == "key" and one in _BEFORE_KEY for one, two in pairwise(words))
    if pairs or words[-1] == "pass" or any(map(_STRONG.fullmatch, words)):
        return Says.SECRET
    if len(words) > 1 and words[-1] in ("pwd", "pw", "pat"):
        return Says.SECRET
    return Says.PERHAPS if not _WEAK.isdisjoint(words) and words[0] not in _NO_KEY else Says.NOTHING


def _is_secret(match: re.Match[str], says: Says, found: re.Match[str], *, outermost: bool) -> bool:
    name, sep, text, value = match["name"].lower(), match["sep"], match.string, found["value"]
    quoted = value[0] in "\"'\\"
    if is_harmless(value, outermost=outermost) or (sep is None and value.startswith(("-", "pass:"))):
        return False
    if match["dash"] and name in _KEY_IDS:
        return False
    if name == "by":
        return quoted and text[: match.start()].lower().endswith("identified ")
    if found["scheme"] and sep:
        return True
    if sep is None and not match["dash"] and says is Says.PERHAPS and name not in ("bearer", "basic"):
        return False
    if name in ("code", "k"):
        return text[match.start() - 1 : match.start()] in ("?", "&") and is_random(value)
    if says is Says.PERHAPS and sep == ":" and not quoted and len(value) < 16:
        return False  # prose: "key: 0x80070005"
    if says is Says.PERHAPS or (match["dash"] and name == "secret") or (sep is None and not match["dash"]):
        return is_random(value)
    if name == "pass" and (sep == ":" or value.isdigit()):
        return is_random(value)
    if sep in (":-", ":="):
        return text[: match.start()].endswith("${")
    if sep == ":" and not quoted:  # prose, too
        return is_random(value) or bool(match["space"] and not re.fullmatch(r"[a-z]+[.,;:!]?", value))
    return True


def _user(name: str, value: str) -> int:
    """How many characters of the value are the user's name."""
    user = re.match(r"[\w.@-]+:(?=.)", value) if name.lower().endswith(("credentials", "creds")) else None
    return len(user[0]) if user else 0
