"""Each pattern finds what it is for, in a time that grows with the length of the text only."""

from __future__ import annotations

import random
import re
import time
from collections.abc import Callable
from re import _constants as op  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

import pytest

from fedtui.safe_text import MASK, mask_secrets, sanitize_and_mask
from fedtui.secrets import commands, names, tokens, urls, values
from fedtui.secrets.tokens import Rule, entropy, rules

BEGIN = "-----BEGIN RSA PRIVATE KEY-----"
WORD = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
RULES = {rule.name: rule for found in rules().values() for rule in found}
OWN = {
    f"{module.__name__.rpartition('.')[2]}.{name}": value
    for module in (commands, names, tokens, urls, values)
    for name, value in vars(module).items()
    if isinstance(value, re.Pattern)
}
FULL = {
    *("names._STRONG", "values._HARMLESS", "values._IDENTIFIER", "values._SINGLE", "values._SINGLE_WORD"),
}
"""Those that are asked about a whole value."""


def keywords(rule: Rule) -> list[str]:
    """The words of which a text must hold one."""
    return [word for word, found in rules().items() if rule in found]


class Sampler:
    """Makes random texts that a regular expression matches."""

    def __init__(self, regex: str, chance: random.Random) -> None:
        self.groups: dict[int, str] = {}
        self.chance = chance
        self.text = self._all(parser.parse(regex))

    def _all(self, parts: Any) -> str:
        return "".join(self._one(*part) for part in parts)

    def _one(self, kind: Any, what: Any) -> str:
        match kind:
            case op.LITERAL:
                return chr(what)
            case op.ANY | op.NOT_LITERAL:
                return "x"
            case op.IN if what[0][0] is op.NEGATE:
                return " "
            case op.IN:
                return self.chance.choice([char for part in what for char in self._chars(*part)])
            case op.MAX_REPEAT | op.MIN_REPEAT:
                low, high, parts = what
                return "".join(self._all(parts) for _ in range(self.chance.randint(low, min(high, low + 9))))
            case op.SUBPATTERN:
                text = self._all(what[3])
                if what[0] is not None:
                    self.groups[what[0]] = text
                return text
            case op.BRANCH:
                return self._all(self.chance.choice(what[1]))
            case _:
                return ""  # what takes no character

    @staticmethod
    def _chars(kind: Any, what: Any) -> str:
        match kind:
            case op.RANGE:
                return "".join(map(chr, range(what[0], what[1] + 1)))
            case op.CATEGORY:
                return (
                    "0123456789" if what is op.CATEGORY_DIGIT else " " if what is op.CATEGORY_SPACE else WORD
                )
            case _:
                return chr(what)


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_a_token_of_each_rule_is_masked(rule: Rule) -> None:
    chance, tried = random.Random(rule.name), 0
    words = keywords(rule)
    while tried < 10:
        sample = Sampler(rule.regex, chance)
        token = next((one for _, one in sorted(sample.groups.items()) if one), sample.text)
        if entropy(token) < rule.entropy:
            continue
        tried += 1
        near = "" if any(word in sample.text.lower() for word in words) else f"{words[0]} "
        for line in (
            f"{near}{sample.text}",
            f"x {near}'{sample.text}' --now",
            f"({near} {sample.text}; y) 2>&1",
        ):
            shown = mask_secrets(line)
            assert token not in shown, shown
            assert MASK in shown


def test_a_placeholder_of_the_shape_of_a_token_stays() -> None:
    line = f"run.sh ghp_{'x' * 36}"
    assert mask_secrets(line) == line


def is_linear(work: Callable[[int], object]) -> bool:
    """Whether ten times the length takes about ten times as long; a square takes a hundred times."""

    def seconds(length: int) -> float:
        begin = time.process_time()
        work(length)
        return time.process_time() - begin

    return seconds(100_000) < 40 * min(seconds(10_000), seconds(10_000)) + 0.2


@pytest.mark.parametrize("name", [*RULES, *OWN])
def test_a_pattern_takes_no_more_than_linear_time(name: str) -> None:
    rule = RULES.get(name)
    pattern = re.compile(rule.regex, re.ASCII) if rule else OWN[name]
    pieces = ["a", "a1-", "A ", "a.", "://a:", "\\\"'", "a='\"", "/hooks/a", "bearer "]
    if rule:
        sample = Sampler(rule.regex, random.Random(name)).text
        pieces = ["a", "0_", *keywords(rule), sample[: len(sample) // 2], sample[:-1], f"{sample[:-1]} "]
    for piece in pieces:

        def work(length: int, piece: str = piece) -> object:
            text = piece * (length // len(piece) + 1)
            return pattern.fullmatch(text) if name in FULL else list(pattern.finditer(text))

        assert is_linear(work), piece


@pytest.mark.parametrize(
    "piece",
    [
        *("curl -u a:b ", "mysql -p", "sudo -S <<<x ", "echo a|sudo -S;", "<<<", "sshpass -p '", 'curl "a '),
        *('\\"password\\": \\"a\\", ', "TOKEN=a;", "token: a ", "password", "--", "a-token-", "password=,a"),
        *(
            "A_TOKEN='$a' ",
            "PASSWORD='$a\" ",
            f"{BEGIN}\n",
            f'{BEGIN} {"A" * 20}"',
            f"{BEGIN}{'A' * 20}-----END",
        ),
        *("http://a:b@", "http://a:", "slack://a", "https://hc-ping.com/a1b2c3d4e/", "/hooks/a/", "/ping/"),
        *(
            "eyJ.",
            "ghp_0a1b2c3d4e5f",
            "xoxb-1234567890-",
            "sudo (",
            "curl `",
            "vault login ",
            "$(",
            "${TOKEN:-a",
        ),
    ],
)
def test_a_long_line_is_masked_in_linear_time(piece: str) -> None:
    assert is_linear(lambda length: mask_secrets(piece * (length // len(piece) + 1)))


@pytest.mark.parametrize(
    "kind", ["RSA PRIVATE KEY", "PRIVATE KEY", "OPENSSH PRIVATE KEY", "PGP PRIVATE KEY BLOCK"]
)
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\\n"])
def test_a_private_key_is_masked_whole(kind: str, newline: str) -> None:
    body = ["Proc-Type: 4,ENCRYPTED", "Comment: <a@b>", "", "b3BlbnNzaC1rZXkt/+" * 3, "AAAA=="]
    key = newline.join([f"-----BEGIN {kind}-----", *body, f"-----END {kind}-----"])
    shown = f"-----BEGIN {kind}-----{MASK}-----END {kind}-----"
    assert mask_secrets(f"echo '{key}' > id") == f"echo '{shown}' > id"
    assert mask_secrets(f"{key}\n{key}\n") == f"{shown}\n{shown}\n"
    assert sanitize_and_mask(key) == shown
    cut = mask_secrets(key.rpartition("AAAA")[0].replace("<a@b>", ""))
    assert cut == f"-----BEGIN {kind}-----{MASK}", "where the text ends before the key does"


@pytest.mark.parametrize(
    "line",
    [
        *('grep -q "-----BEGIN PRIVATE KEY-----" id && run', "-----BEGIN PRIVATE KEY-----"),
        f"-----BEGIN CERTIFICATE----- {'MIIE' * 20} -----END CERTIFICATE-----",
        f"-----BEGIN PUBLIC KEY----- {'MIIE' * 20} -----END PUBLIC KEY-----",
    ],
)
def test_what_is_no_private_key_stays(line: str) -> None:
    assert mask_secrets(line) == line


def test_in_single_quotes_a_word_with_a_dollar_sign_is_no_reference() -> None:
    for line in ("ADMIN_PASSWORD='$ecret'", "0 1 * * * DB_PASS='$ecret1' run.sh", "a 'b' TOKEN='$x_y'"):
        assert mask_secrets(line) == re.sub(r"'\$\w+'", MASK, line)
    for line in (
        "sh -c 'TOKEN='$TOKEN' run'",
        """bash -c "TOKEN='$TOKEN' run" """,
        'TOKEN="$TOKEN"',
        "TOKEN='$1'",
    ):
        assert mask_secrets(line) == line
