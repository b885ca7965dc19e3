"""No control sequence, no bidi trick, no secret reaches the eye."""

from __future__ import annotations

import time
import unicodedata
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedtui.crontab.recorder_wrapper import with_recorder
from fedtui.safe_text import (
    MASK,
    NEW_MASK,
    OLD_MASK,
    SafeOutput,
    decode,
    mask_changed,
    mask_diff,
    mask_secrets,
    sanitize,
    sanitize_and_mask,
    without_colours,
)


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
    ("old", "new", "shown"),
    [
        ("API_KEY=abc", "API_KEY=xyz", ("API_KEY=OLD", "API_KEY=NEW")),
        (
            "0 1 * * * x --token a",
            "0 2 * * * x --token a",
            ("0 1 * * * x --token =", "0 2 * * * x --token ="),
        ),
        ("A_TOKEN=x B_TOKEN=y", "A_TOKEN=x B_TOKEN=z", ("A_TOKEN== B_TOKEN=OLD", "A_TOKEN== B_TOKEN=NEW")),
        (
            "A_TOKEN=x B_TOKEN=y",
            "A_TOKEN=y B_TOKEN=x",
            ("A_TOKEN=OLD B_TOKEN=OLD", "A_TOKEN=NEW B_TOKEN=NEW"),
        ),
        ("A_TOKEN=x", "B_TOKEN=x", ("A_TOKEN==", "B_TOKEN==")),
        ("A_TOKEN=x", "A_TOKEN=$B", ("A_TOKEN=OLD", "A_TOKEN=$B")),
        ("http://u:a@h/", "http://u:b@h/", ("http://u:OLD@h/", "http://u:NEW@h/")),
        (
            "curl -H 'Authorization: Bearer abcdefgh12'",
            "curl -H 'Authorization: Bearer abcdefgh34'",
            ("curl -H 'Authorization: OLD'", "curl -H 'Authorization: NEW'"),
        ),
    ],
)
def test_a_secret_that_changes_is_seen_to_change(old: str, new: str, shown: tuple[str, str]) -> None:
    before, after = mask_changed(old, new)
    short = [
        text.replace(OLD_MASK, "OLD").replace(NEW_MASK, "NEW").replace(MASK, "=") for text in (before, after)
    ]
    assert tuple(short) == shown
    assert (mask_secrets(before), mask_secrets(after)) == (before, after)


PIECES = (
    "API_KEY=",
    "--token ",
    "https://u:",
    "@h ",
    "Bearer abcdefgh",
    "'",
    '"',
    " ",
    "a",
    "$",
    MASK,
    NEW_MASK,
)
LINES = st.lists(st.sampled_from(PIECES), max_size=8).map("".join)


@given(LINES, LINES)
def test_a_line_of_a_change_shows_no_more_than_the_line_alone(old: str, new: str) -> None:
    def alike(text: str) -> str:
        return text.replace(OLD_MASK, MASK).replace(NEW_MASK, MASK)

    assert tuple(map(alike, mask_changed(old, new))) == (alike(mask_secrets(old)), alike(mask_secrets(new)))


def test_a_removed_row_is_compared_with_the_row_that_replaces_it() -> None:
    rows = [(" ", "TOKEN=a"), ("-", "TOKEN=b"), ("-", "TOKEN=c"), ("+", "TOKEN=d"), ("+", "TOKEN=e")]
    masks = [text.removeprefix("TOKEN=") for text in mask_diff(rows)]
    assert masks == [MASK, MASK, OLD_MASK, NEW_MASK, MASK]


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


@given(st.lists(st.integers(0, 40)))
def test_output_in_pieces_is_shown_as_a_whole(cuts: list[int]) -> None:
    output, out = b"start\npassword=hunter2hunter2 \xc3\xa9\nno end", BytesIO()
    safe, at = SafeOutput(out), 0
    for cut in sorted(cuts):
        safe.write(output[at:cut])
        at = max(at, cut)
    safe.write(output[at:], ended=True)
    assert out.getvalue().decode() == f"start\npassword={MASK} \u00e9\nno end"


def test_an_open_line_is_not_kept_for_ever() -> None:
    out = BytesIO()
    SafeOutput(out).write(b"." * 100_000)
    assert out.getvalue() == b"." * 100_000


def test_colours_are_taken_off_and_nothing_else() -> None:
    assert without_colours("\x1b[1;33m[WARNING]\x1b[0m slow") == "[WARNING] slow"
    assert without_colours("\x1b[2J\x1b]0;x\x07") == "\x1b[2J\x1b]0;x\x07"


@pytest.mark.parametrize(
    "command",
    [
        "curl -s -u admin:s3cr3tPw http://host/",
        "curl -u 'admin:s3cr3tPw' http://host/",
        "mysql -ps3cr3tPw -e 'select 1'",
        "bash -c 'curl -u admin:s3cr3tPw http://host'",
    ],
)
def test_a_secret_of_a_recorded_command_is_masked_as_that_of_the_command(command: str) -> None:
    wrapped = with_recorder(command.encode(), "1a2b3c4d", "/home/fed/record").decode()
    masked = mask_secrets(wrapped)
    assert masked == with_recorder(mask_secrets(command).encode(), "1a2b3c4d", "/home/fed/record").decode()
    assert "s3cr3tPw" not in masked
    assert mask_changed(command, wrapped) == (mask_secrets(command), masked), "the secret did not change"
