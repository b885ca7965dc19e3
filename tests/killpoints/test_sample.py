"""A sample of all faults at all points of the changes of a demo crontab; `make killpoints` tries every one.

FEDTUI_SEED repeats a sample, FEDTUI_KILLS sets how many points of each verb, and of each undo, are tried.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.killpoints.demo import CASES, demo_trials
from tests.killpoints.trial import PHASES, SEED, Case, MakeTrial, kills, report, sample


@pytest.fixture(scope="module")
def make_trial(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MakeTrial]:
    with demo_trials(tmp_path_factory.mktemp("killpoints")) as make:
        yield make


@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_fault_at_any_point_leaves_the_old_or_the_new_and_undo_leads_back(
    make_trial: MakeTrial, case: Case, phase: str
) -> None:
    assert report(sample(make_trial(case, phase), SEED, kills(4))) == [], f"FEDTUI_SEED={SEED}"
