"""No control sequence, no bidi trick, no secret reaches the eye."""

from __future__ import annotations

import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedtui.safe_text import MASK, decode, mask_secrets, sanitize, sanitize_and_mask, without_colours


@given(st.text())
def test_nothing_that_a_terminal_obeys_is_left(text: str) -> None:
    safe = sanitize(text)
    assert len(safe) == len(text)
    assert all(unicodedata.category(char) not in ("Cc", "Cf", "Cs", "Zl", "Zp") for char in safe)


@given(st.text())
def test_masking_twice_is_masking_once(text: str) -> None:
    assert mask_secrets(mask_secrets(text)) == mask_secrets(text)


@given(st.binary())
def test_every_byte_has_a_character(raw: bytes) -> None:
    assert decode(raw) in (raw.decode("latin-1"), raw.decode("utf-8", "replace"))


def test_plain_words_stay() -> None:
    text = "0 * * * * bash ~/sync.sh >> ~/é.log 2>&1  # ok: 100 %"
    assert sanitize_and_mask(text) == text


def test_escape_sequences_become_pictures() -> None:
    assert sanitize("\x1b[31mred\x07\tend\x7f") == "␛[31mred␇ end␡"
    assert sanitize("a\u202eb") == "a\ufffdb"


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("QDRANT_API_KEY=abc123 run", f"QDRANT_API_KEY={MASK} run"),
        ('export GITHUB_TOKEN="a b"; x', f"export GITHUB_TOKEN={MASK}; x"),
        ("https://fed:s3cret@node1/x", f"https://fed:{MASK}@node1/x"),
        ("curl --token abc -o x", f"curl --token {MASK} -o x"),
        ("mysql --password=abc", f"mysql --password={MASK}"),
        ("curl -H 'Authorization: Bearer abcdefgh12'", f"curl -H 'Authorization: {MASK}'"),
    ],
)
def test_secrets_are_masked(text: str, masked: str) -> None:
    assert mask_secrets(text) == masked


@pytest.mark.parametrize(
    "text", ["TOKEN=$TOKEN x", "KEY=value", "path=/a/b", "author=me", "http://node2:6333/x"]
)
def test_what_is_no_secret_stays(text: str) -> None:
    assert mask_secrets(text) == text


@pytest.mark.parametrize("piece", ["a", "-", "a.", "a-", "token", "ab://", "x=", '"', "Bearer "])
def test_a_line_of_ten_megabytes_is_masked_in_time_that_grows_with_its_length(piece: str) -> None:
    def seconds(length: int) -> float:
        begin = time.process_time()
        mask_secrets(piece * (length // len(piece)))
        return time.process_time() - begin

    assert seconds(400_000) < 40 * seconds(40_000) + 0.5


def test_colours_are_taken_off_and_nothing_else() -> None:
    assert without_colours("\x1b[1;33m[WARNING]\x1b[0m slow") == "[WARNING] slow"
    assert without_colours("\x1b[2J\x1b]0;x\x07") == "\x1b[2J\x1b]0;x\x07"
