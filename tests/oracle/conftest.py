"""Debian's cron for the differential tests, and the seed of this run's random cases.

FEDTUI_SEED in the environment repeats the cases of an earlier run, FEDTUI_CASES sets how many there are.
Where cron cannot be built the tests are skipped with the reason; with CI set that is a failure.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.oracle.build import OracleUnavailableError, built
from tests.oracle.cron import Cron

SEED = int(os.environ.get("FEDTUI_SEED") or random.SystemRandom().randrange(10**9))
CASES = int(os.environ.get("FEDTUI_CASES") or 20_000)
_SAID: list[str] = []


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the seed and what was compared, also when all is well."""
    if _SAID:
        terminalreporter.section(f"against Debian's cron, seed {SEED}")
        for line in _SAID:
            terminalreporter.line(line)


@pytest.fixture(scope="session")
def cron_build() -> Path:
    """The folder of the built oracle."""
    try:
        return built()
    except OracleUnavailableError as error:
        if os.environ.get("CI"):
            pytest.fail(f"the comparison with Debian's cron must run in CI: {error}")
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def cron(cron_build: Path) -> Cron:
    """Debian's cron on a virtual clock."""
    return Cron(cron_build / "harness")


@pytest.fixture(scope="session")
def seed() -> int:
    """The seed of this run."""
    return SEED


@pytest.fixture(scope="session")
def cases() -> int:
    """How many random cases each comparison has."""
    return CASES


@pytest.fixture(scope="session")
def say() -> Callable[[str], None]:
    """Takes a line for the summary at the end of the run."""
    return _SAID.append
