"""The cron daemons for the differential tests, and the seed of this run's random cases.

FEDTUI_SEED in the environment repeats the cases of an earlier run, FEDTUI_CASES sets how many each comparison
has. Where a daemon cannot be built its tests are skipped with the reason; with CI set that is a failure.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from tests.oracle.archive import OracleUnavailableError
from tests.oracle.build import RECIPES, built
from tests.oracle.cron import Cron

SEED = int(os.environ.get("FEDTUI_SEED") or random.SystemRandom().randrange(10**9))
CASES = {"debian": 20_000, "cronie": 5_000, "busybox": 2_000, "bcron": 2_000}
_SAID: list[str] = []


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the seed and what was compared, also when all is well."""
    if _SAID:
        terminalreporter.section(f"against the cron daemons' own code, seed {SEED}")
        for line in _SAID:
            terminalreporter.line(line)


@cache
def _built(dialect: str) -> Path | OracleUnavailableError:
    try:
        return built(RECIPES[dialect])
    except OracleUnavailableError as error:
        return error


def _folder(dialect: str) -> Path:
    folder = _built(dialect)
    if isinstance(folder, OracleUnavailableError):
        if os.environ.get("CI"):
            pytest.fail(f"the comparison with the {dialect} daemon must run in CI: {folder}")
        pytest.skip(str(folder))
    return folder


@pytest.fixture(scope="session")
def cron_build() -> Path:
    """The folder of the oracle built from Debian's cron."""
    return _folder("debian")


@pytest.fixture(scope="session", params=RECIPES)
def cron(request: pytest.FixtureRequest) -> Cron:
    """Each daemon on a virtual clock."""
    dialect: str = request.param
    return Cron(dialect, _folder(dialect) / "harness")


@pytest.fixture(scope="session")
def debian(cron_build: Path) -> Cron:
    """Debian's cron on a virtual clock."""
    return Cron("debian", cron_build / "harness")


@pytest.fixture(scope="session")
def seed() -> int:
    """The seed of this run."""
    return SEED


@pytest.fixture(scope="session")
def cases(cron: Cron) -> int:
    """How many random cases each comparison with this daemon has."""
    return int(os.environ.get("FEDTUI_CASES") or CASES[cron.dialect])


@pytest.fixture(scope="session")
def say() -> Callable[[str], None]:
    """Takes a line for the summary at the end of the run."""
    return _SAID.append
