"""A sample of all faults at all points of the changes of a demo crontab; `make killpoints` tries every one.

FEDTUI_SEED repeats a sample, FEDTUI_KILLS sets how many points of each verb, and of each undo, are tried.
"""

from __future__ import annotations

import pytest

from tests.killpoints.demo import CASES
from tests.killpoints.trial import PHASES, SEED, Case, MakeTrial, kills, report, sample


@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_fault_at_any_point_leaves_the_old_or_the_new_and_undo_leads_back(
    make_trial: MakeTrial, case: Case, phase: str
) -> None:
    assert report(sample(make_trial(case, phase), SEED, kills(4))) == [], f"FEDTUI_SEED={SEED}"
