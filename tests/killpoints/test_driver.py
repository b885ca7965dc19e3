"""The search for wrong points finds them: changes that are broken on purpose are reported, one kind each."""

from __future__ import annotations

import pytest

from tests.killpoints.demo import CASES, PAUSE
from tests.killpoints.faults import FAULTS, READ
from tests.killpoints.trial import Case, MakeTrial

WITH_A_FLAW = f"""
from pathlib import Path

def pause(folder):
    from fedtui.__main__ import main
    return main(["demo", "--folder", folder, *{PAUSE}])

def main(arguments):
    folder = Path(arguments[0])
    crontab, database = folder / "crontab", folder / "state" / "history.db"
    old = crontab.read_bytes()
    FLAW
"""
FLAWS = {
    "kill: state": """
    status = pause(arguments[0])
    new = crontab.read_bytes()
    with crontab.open("r+b", buffering=0) as file:
        file.write(b"# half")
        file.seek(0)
        file.write(new)
    return status
""",
    "kill: step missing": """
    status = pause(arguments[0])
    kept = database.read_bytes()
    database.unlink()
    database.write_bytes(kept)
    return status
""",
    "kill: step false": """
    status = pause(arguments[0])
    new = crontab.read_bytes()
    for text in (old, new):
        (folder / "crontab.tmp").write_bytes(text)
        (folder / "crontab.tmp").rename(crontab)
    return status
""",
    "kill: left": """
    status = pause(arguments[0])
    (folder / "left over").write_bytes(old)
    (folder / "left over").unlink()
    return status
""",
    "half: kept text": """
    status = pause(arguments[0])
    (folder / "state" / "backup" / "crontab.20261129-120000").write_bytes(old)
    return status
""",
    "EIO: traceback": """
    return pause(arguments[0]) or (folder / "mark").write_bytes(b"") and 1
""",
    "EMFILE: status": """
    pause(arguments[0])
    return 0
""",
    "EIO: silent": """
    import os, sys
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    return pause(arguments[0])
""",
}


@pytest.mark.parametrize("flaw", FLAWS)
def test_a_broken_change_is_reported(make_trial: MakeTrial, flaw: str) -> None:
    fault, kind = flaw.split(": ")
    program = WITH_A_FLAW.replace("    FLAW\n", FLAWS[flaw])
    trial = make_trial(Case("broken", ("-c", program)), "change")
    points = trial.count(FAULTS[fault]).calls
    found: set[str] = set()
    for at in range(points, 0, -1):
        found |= {wrong.kind for wrong in trial.attempt(FAULTS[fault], at).wrong}
        if kind in found:
            return
    pytest.fail(f"of {points} points none is wrong by {kind!r}, only by {found}")


def test_a_failure_without_a_fault_is_reported_and_counts_as_the_end(make_trial: MakeTrial) -> None:
    trial = make_trial(CASES[0], "change")
    beyond = trial.count(FAULTS["EMFILE"]).calls + 1
    assert trial.attempt(FAULTS["EMFILE"], beyond)[::2] == (False, ())
    trial.argv = ("pause", "no such job", "--yes")
    outcome = trial.attempt(FAULTS["EMFILE"], beyond)
    assert not outcome.hit
    assert "without a fault" in {wrong.kind for wrong in outcome.wrong}


def test_every_class_of_calls_has_points_in_a_change(make_trial: MakeTrial) -> None:
    trial = make_trial(CASES[0], "change")
    counted = {name: trial.count(fault).calls for name, fault in FAULTS.items()}
    assert min(counted.values()) > 20, counted
    only_reading = FAULTS["EIO"]._replace(classes=READ)
    assert trial.count(only_reading).calls > 0
    outcome = trial.attempt(only_reading, 1)
    assert outcome.hit
    assert outcome.call.startswith("open")
