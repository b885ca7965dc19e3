"""Secrets of the shapes that tables and logs hold are masked, and what only looks like one stays."""

from __future__ import annotations

import re

from fedtui.safe_text import MASK, sanitize_and_mask
from tests.unit.secrets.corpus import Line, lines

SAMPLES, LOOKALIKES = lines("samples.txt"), lines("lookalikes.txt")

QUOTE = r"\\?[\"']"
AROUND = re.compile(rf"(?i)((?:{QUOTE})?)((?:\b(?:bearer|basic|token) )?(?:token=)?)((?:{QUOTE})?)$")
"""What may be masked with a secret that it is before: a quote, the scheme of a header."""


def masked_alone(line: Line) -> bool:
    """Whether each secret of the line is masked, and nothing else but quotes around it or its scheme."""
    pattern, rest = "", line.text
    for secret in line.secrets:
        before, _, rest = rest.partition(secret)
        around = AROUND.search(before)
        assert around is not None
        pattern += re.escape(before[: around.start()])
        pattern += "".join(f"(?:{re.escape(one)})?" for one in around.groups()) + MASK
    after = re.match(rf"(?:{QUOTE})?=*", rest)
    assert after is not None
    pattern += f"(?:{re.escape(after[0])})?{re.escape(rest[after.end() :])}"
    return re.fullmatch(pattern, sanitize_and_mask(line.text)) is not None


def test_the_corpus_is_large() -> None:
    assert len(SAMPLES) >= 200
    assert len(LOOKALIKES) >= 200
    assert all(line.secrets for line in SAMPLES)


def test_secrets_are_found_and_look_alikes_left() -> None:
    missed = [line.text for line in SAMPLES if not masked_alone(line)]
    wrong = [line.text for line in LOOKALIKES if sanitize_and_mask(line.text) != line.text]
    recall, false = 1 - len(missed) / len(SAMPLES), len(wrong) / len(LOOKALIKES)
    print(f"\nrecall {recall:.1%} of {len(SAMPLES)}, false {false:.1%} of {len(LOOKALIKES)}")
    told = "\n".join(f"{text}\n  {sanitize_and_mask(text)}" for text in (*missed, *wrong))
    assert recall >= 0.95, told
    assert false <= 0.02, told


def test_a_secret_is_gone_even_where_more_is_masked() -> None:
    left = [line.text for line in SAMPLES if any(one in sanitize_and_mask(line.text) for one in line.secrets)]
    assert len(left) <= 0.02 * len(SAMPLES), left
