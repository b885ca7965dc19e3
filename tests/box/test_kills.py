"""A fault at any point of a change of a timer or of a real crontab, or of its undo: undo leads back.

A sample of the points, of which `make killpoints` tries all: FEDTUI_SEED repeats it, FEDTUI_KILLS sets
how many of each change, and of each undo, are tried.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.box.machine import Box
from tests.killpoints.booted import CASES, LINES, box_trials
from tests.killpoints.faults import FAULTS
from tests.killpoints.trial import PHASES, SEED, Case, MakeTrial, kills, report, sample


@pytest.fixture(scope="module")
def make_trial(box: Box, tmp_path_factory: pytest.TempPathFactory) -> Iterator[MakeTrial]:
    with box_trials(box, tmp_path_factory.mktemp("shim")) as make:
        yield make


@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_fault_leaves_the_old_or_the_new_and_undo_leads_back(
    make_trial: MakeTrial, case: Case, phase: str
) -> None:
    assert report(sample(make_trial(case, phase), SEED, kills(1))) == [], f"FEDTUI_SEED={SEED}"


def test_the_editor_that_crontab_runs_has_points_of_its_own(make_trial: MakeTrial) -> None:
    trial = make_trial(LINES[0], "change")
    first, last = trial.count(FAULTS["half"]).editor
    calls = {trial.attempt(FAULTS["half"], at).call for at in range(first, last + 1)}
    assert any("/tmp/crontab." in call for call in calls), calls
    assert any(call.endswith("/said") for call in calls), calls
