"""How long is waited, by whom, and who is told of it."""

from __future__ import annotations

import asyncio
import threading
import time

import pytest

from fedtui.system import patience as module
from fedtui.system.async_program import capture
from fedtui.system.in_thread import DaemonThreads
from fedtui.system.patience import patience, patience_left, seconds_left, wait_notices, waiting
from fedtui.system.program import ProgramLate, run_program


def test_the_nearest_end_counts_and_what_answers_at_once_is_still_heard() -> None:
    assert seconds_left(90.0) == 90.0
    assert patience_left(0.2) == 0.2
    with patience(30.0):
        assert 29 < seconds_left(90.0) <= 30
        assert seconds_left(5.0) == 5.0
        with patience(60.0):
            assert seconds_left(90.0) <= 30
        with patience(-1.0):
            assert seconds_left(90.0) == module.LEAST
            assert run_program(["echo", "here"]).out == b"here\n"
        assert 29 < patience_left(0.2) < 30
    assert seconds_left(90.0) == 90.0


async def test_threads_tasks_and_programs_keep_to_it() -> None:
    with patience(0.5):
        assert await asyncio.to_thread(seconds_left, 90.0) <= 0.5
        with pytest.raises(ProgramLate, match=r"^sleep 60 did not answer within 0\.[2-5] s$"):
            await asyncio.create_task(capture(["sleep", "60"]))
        with pytest.raises(ProgramLate, match=r"^sleep 60 did not answer within 0\.2 s$"):
            await asyncio.to_thread(run_program, ["sleep", "60"])


def test_a_wait_is_told_of_once(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "NOTICE_AFTER", 1.0)
    with wait_notices(), waiting("systemd"), waiting("systemd"):
        with waiting("crontab"):
            pass
        run_program(["sleep", "2"])
    run_program(["sleep", "0.5"])
    assert sorted(capsys.readouterr().err.splitlines()) == [
        "waiting for sleep: 1 s",
        "waiting for systemd: 1 s",
    ]


def test_nothing_is_told_of_a_short_wait(capsys: pytest.CaptureFixture[str]) -> None:
    with wait_notices():
        for _ in range(30):
            with waiting("systemd"):
                time.sleep(0.1)
    assert capsys.readouterr().err == ""


def test_a_thread_that_hangs_holds_up_neither_the_others_nor_the_end() -> None:
    never = threading.Event()

    async def ask() -> list[int]:
        asyncio.get_running_loop().set_default_executor(DaemonThreads())
        hung = [asyncio.ensure_future(asyncio.to_thread(never.wait)) for _ in range(50)]
        found = await asyncio.gather(*(asyncio.to_thread(abs, -n) for n in range(3)))
        with pytest.raises(ZeroDivisionError):
            await asyncio.to_thread(lambda: 1 // 0)
        assert not any(task.done() for task in hung)
        return found

    try:
        assert asyncio.run(ask()) == [0, 1, 2]
    finally:
        never.set()
