"""Whether what a job should renew is stale, for findings and status. Blocking."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from fedtui.model import Condition, Job, Run
from fedtui.verdicts.evidence import JobEvidence, ProductAge, product_age
from fedtui.verdicts.judge import judge
from fedtui.verdicts.limits import AgeLimit


class ProductVerdict(NamedTuple):
    """`stale` is None where nothing is promised or known; `words` say why it is so."""

    age: ProductAge
    stale: bool | None
    words: str


def judge_product(
    job: Job, runs: Sequence[Run], path: str, limit: AgeLimit, now: datetime, notes: Path | None
) -> ProductVerdict:
    """The judge's word on the product at `path`; `now` is in the zone of timestamps without one."""
    age = product_age(path, now, notes)
    verdict = judge(JobEvidence(job, tuple(runs), limit.seconds, limit.own, age), now)
    found = next((one for one in verdict.judgements if one.condition is Condition.STALE), None)
    return ProductVerdict(age, None if found is None else found.holds, "" if found is None else found.words)
