"""The demo folder that trials are made in."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator

import pytest

from tests.killpoints.demo import demo_trials
from tests.killpoints.trial import MakeTrial


@pytest.fixture(scope="module")
def make_trial(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MakeTrial]:
    if shutil.which("gcc") is None and not os.environ.get("CI"):
        pytest.skip("kill points need gcc (on Debian, as root: apt-get install gcc libc6-dev)")
    with demo_trials(tmp_path_factory.mktemp("killpoints")) as make:
        yield make
