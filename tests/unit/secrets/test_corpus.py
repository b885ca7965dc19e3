"""Secrets of the shapes that tables and logs hold are masked, and what only looks like one stays."""

from __future__ import annotations

import re

from fedtui.safe_text import MASK, sanitize_and_mask
from tests.unit.secrets.corpus import Line, lines

SAMPLES, LOOKALIKES = lines("samples.txt"), lines("lookalikes.txt")


def masked_alone(line: Line) -> bool:
    """Whether each secret of the line is masked, and nothing else but quotes around it or its scheme."""
    rest, pattern = line.text, ""
    for secret in line.secrets:
        before, _, rest = rest.partition(secret)
        before = re.sub(
            r"(?i)((?:\b(?:bearer|basic|token|token=) *)?)((?:\\?[\"'])?)$", r"\0\1\0\2\0", before
        )
        plain, *optional = before.split("\0")
        pattern += re.escape(plain) + "".join(f"(?:{re.escape(one)})?" for one in optional) + MASK + r"=*"
    quote = re.match(r"\\?[\"']", rest)
    end = re.escape(rest) if quote is None else f"(?:{re.escape(quote[0])})?{re.escape(rest[quote.end() :])}"
    return re.fullmatch(rf"{pattern}=*{end.removeprefix('==')}", sanitize_and_mask(line.text)) is not None


def test_the_corpus_is_large() -> None:
    assert len(SAMPLES) >= 200
    assert len(LOOKALIKES) >= 200
    assert all(line.secrets for line in SAMPLES)


def test_scores() -> None:
    missed = [line.text for line in SAMPLES if not masked_alone(line)]
    wrong = [line.text for line in LOOKALIKES if sanitize_and_mask(line.text) != line.text]
    print(f"\nrecall {1 - len(missed) / len(SAMPLES):.1%}, false {len(wrong) / len(LOOKALIKES):.1%}")
    for text in (*missed, *wrong):
        print(f"  {text}\n    {sanitize_and_mask(text)}")
