"""Calls side by side, those that return in time."""

from __future__ import annotations

import threading
import time

import pytest

from fedtui.system.patience import in_time


def test_a_call_that_hangs_is_left_behind() -> None:
    never = threading.Event()
    assert in_time({"a": lambda: 1, "b": never.wait, "c": lambda: None}, 0.3) == {"a": 1, "c": None}
    never.set()


def test_a_call_that_computes_has_its_time() -> None:
    def compute() -> int:
        end = time.thread_time() + 0.6
        while time.thread_time() < end:
            pass
        return 1

    never = threading.Event()
    assert in_time({"slow": compute, "hung": never.wait}, 0.1) == {"slow": 1}
    never.set()


def test_an_error_is_raised_in_the_callers_thread() -> None:
    def fail() -> int:
        raise LookupError("odd")

    with pytest.raises(LookupError, match="odd"):
        in_time({"a": lambda: 1, "b": fail}, 60.0)
