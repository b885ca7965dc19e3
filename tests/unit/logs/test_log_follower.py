"""Following real files through everything that happens to logs."""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fedtui.logs.log_follower import LogChange, LogEvent, LogFollower


class Follow:
    """The events of a log, with what its lines add up to."""

    def __init__(self, path: Path) -> None:
        self.events = LogFollower(path).follow()
        self.lines: list[bytes] = []
        self.open_line = b""

    async def next(self) -> LogEvent:
        event = await asyncio.wait_for(anext(self.events), 5)
        self.lines += event.lines
        if event.change is LogChange.LINES:
            self.open_line = event.open_line
        return event

    async def until(self, done: Callable[[], bool]) -> None:
        while not done():
            await self.next()

    async def until_change(self, change: LogChange) -> LogEvent:
        while True:
            event = await self.next()
            if event.change is change:
                return event


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "logs" / "sync.log"
    path.parent.mkdir()
    return path


@pytest.fixture
async def follow(log: Path) -> AsyncIterator[Follow]:
    log.write_bytes(b"old 1\nold 2\n")
    follow = Follow(log)
    async with aclosing(follow.events):
        assert await follow.next() == LogEvent(LogChange.LINES, (b"old 1", b"old 2"))
        yield follow


def append(path: Path, data: bytes) -> None:
    with path.open("ab") as file:
        file.write(data)


async def test_appended_lines_come_as_they_are_written(log: Path, follow: Follow) -> None:
    append(log, b"new 1\nnew 2\n")
    assert (await follow.next()).lines == (b"new 1", b"new 2")


async def test_an_unfinished_line_is_shown_and_then_completed(log: Path, follow: Follow) -> None:
    append(log, b"50 %")
    event = await follow.next()
    assert (event.lines, event.open_line) == ((), b"50 %")
    append(log, b" 100 %\nnext")
    event = await follow.next()
    assert (event.lines, event.open_line) == ((b"50 % 100 %",), b"next")


async def test_an_unfinished_line_at_the_start_is_completed(log: Path) -> None:
    log.write_bytes(b"one\ntw")
    follow = Follow(log)
    async with aclosing(follow.events):
        assert await follow.next() == LogEvent(LogChange.LINES, (b"one",), b"tw")
        append(log, b"o\n")
        assert (await follow.next()).lines == (b"two",)


async def test_truncation_starts_again_from_the_beginning(log: Path, follow: Follow) -> None:
    os.truncate(log, 0)
    assert (await follow.until_change(LogChange.TRUNCATED)).text == f"{log} was emptied."
    append(log, b"fresh\n")
    assert (await follow.next()).lines == (b"fresh",)


async def test_a_log_that_was_emptied_and_grew_past_its_old_size_is_not_taken_for_the_same(
    log: Path, follow: Follow
) -> None:
    with log.open("r+b") as file:
        file.truncate(0)
        file.write(b"completely new and longer than it ever was\n")
    await follow.until_change(LogChange.TRUNCATED)
    assert (await follow.next()).lines == (b"completely new and longer than it ever was",)


async def test_rotation_by_renaming_loses_no_line_of_either_file(log: Path, follow: Follow) -> None:
    writer = log.open("ab", buffering=0)
    writer.write(b"before\n")
    log.rename(log.with_suffix(".log.1"))
    writer.write(b"between\n")
    log.write_bytes(b"first of the new\n")
    writer.write(b"late in the old\n")
    wanted = {b"before", b"between", b"first of the new", b"late in the old"}
    await follow.until(lambda: wanted <= set(follow.lines))
    writer.write(b"later in the old\n")
    append(log, b"second of the new\n")
    await follow.until(lambda: {b"later in the old", b"second of the new"} <= set(follow.lines))
    writer.close()
    assert len(follow.lines) == len(set(follow.lines)) == 8


async def test_copytruncate(log: Path, follow: Follow) -> None:
    append(log, b"last\n")
    await follow.until(lambda: b"last" in follow.lines)
    shutil.copy(log, log.with_suffix(".log.1"))
    os.truncate(log, 0)
    append(log, b"after\n")
    await follow.until(lambda: b"after" in follow.lines)
    assert follow.lines == [b"old 1", b"old 2", b"last", b"after"]


async def test_deletion_and_re_creation(log: Path, follow: Follow) -> None:
    log.unlink()
    assert (await follow.next()).text == f"{log} was deleted."
    log.write_bytes(b"again\n")
    assert (await follow.next()).change is LogChange.APPEARED
    assert (await follow.next()).lines == (b"again",)


async def test_a_log_that_is_not_there_yet_is_waited_for(log: Path) -> None:
    shutil.rmtree(log.parent)
    follow = Follow(log)
    async with aclosing(follow.events):
        event = await follow.next()
        assert event.change is LogChange.PROBLEM
        assert event.text == f"{log} does not exist, and neither does its folder."
        log.parent.mkdir()
        log.write_bytes(b"one\ntwo\n")
        assert (await follow.next()).change is LogChange.APPEARED
        assert (await follow.next()).lines == (b"one", b"two")


async def test_a_folder_that_is_replaced_is_watched_again(log: Path, follow: Follow) -> None:
    log.parent.rename(log.parent.with_name("old"))
    log.parent.mkdir()
    log.write_bytes(b"new folder\n")
    await follow.until(lambda: b"new folder" in follow.lines)
    append(log, b"still seen\n")
    await follow.until(lambda: b"still seen" in follow.lines)


async def test_a_directory_in_its_place_is_a_problem_and_no_end(log: Path, follow: Follow) -> None:
    log.unlink()
    await follow.until_change(LogChange.DELETED)
    log.mkdir()
    assert (await follow.until_change(LogChange.PROBLEM)).text == f"{log} is a directory, not a log."
    log.rmdir()
    log.write_bytes(b"a file again\n")
    await follow.until(lambda: b"a file again" in follow.lines)


async def test_a_binary_file_is_a_problem(log: Path) -> None:
    log.write_bytes(bytes(range(256)) * 40)
    follow = Follow(log)
    async with aclosing(follow.events):
        event = await follow.next()
        assert event.text == f"{log} holds binary data, not text."
        log.write_bytes(b"text\n")
        await follow.until(lambda: b"text" in follow.lines)


async def test_a_link_is_followed_to_its_folder(log: Path, tmp_path: Path) -> None:
    real = tmp_path / "elsewhere.log"
    real.write_bytes(b"one\n")
    log.symlink_to(real)
    follow = Follow(log)
    async with aclosing(follow.events):
        assert (await follow.next()).lines == (b"one",)
        append(real, b"two\n")
        assert (await follow.next()).lines == (b"two",)


async def test_a_very_long_line_is_cut_while_it_grows(log: Path, follow: Follow) -> None:
    append(log, b"w" * 3_000_000)
    await follow.until(lambda: b"3,000,000 bytes" in follow.open_line)
    append(log, b"w\nshort\n")
    await follow.until(lambda: b"short" in follow.lines)
    assert follow.lines[2].endswith(b"cut, 3,000,001 bytes in all")
    assert len(follow.lines[2]) < 5000


async def test_a_burst_of_lines_comes_whole_and_in_order(log: Path, follow: Follow) -> None:
    lines = [b"%06d some text as jobs print it" % number for number in range(100_000)]
    append(log, b"\n".join(lines) + b"\n")
    await follow.until(lambda: len(follow.lines) == 100_002)
    assert follow.lines[2:] == lines


OPERATIONS = st.lists(
    st.one_of(
        st.tuples(st.just("append"), st.binary(min_size=1, max_size=30).map(lambda raw: raw.hex().encode())),
        st.tuples(st.just("rotate"), st.just(b"")),
        st.tuples(st.just("empty"), st.just(b"")),
    ),
    min_size=1,
    max_size=8,
)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(OPERATIONS)
async def test_any_sequence_of_writes_rotations_and_truncations_loses_nothing(
    tmp_path_factory: pytest.TempPathFactory, operations: list[tuple[str, bytes]]
) -> None:
    log = tmp_path_factory.mktemp("log") / "log"
    log.touch()
    follow = Follow(log)
    async with aclosing(follow.events):
        await follow.next()
        written = []
        for number, (operation, text) in enumerate(operations):
            if operation == "append":
                written.append(b"%d %s" % (number, text))
                append(log, written[-1] + b"\n")
            elif operation == "rotate":
                log.rename(log.with_name(f"log.{number}"))
                log.touch()
            else:
                # What is cut away before it was read is gone for anyone: read it first.
                await follow.until(lambda: len(follow.lines) == len(written))
                os.truncate(log, 0)
                append(log, b"")
            await follow.until(lambda: len(follow.lines) == len(written))
        append(log, b"end\n")
        await follow.until(lambda: b"end" in follow.lines)
    assert follow.lines == [*written, b"end"]


@pytest.mark.parametrize("watches", [True, False])
async def test_a_waiting_follower_is_woken_by_a_write(
    log: Path, follow: Follow, watches: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not watches:  # what inotify says when a user has used up all watches
        monkeypatch.setattr(
            "watchfiles.main.RustNotify",
            lambda *_: (_ for _ in ()).throw(OSError(28, "No space left on device")),
        )
    waiting = asyncio.create_task(follow.next())
    await asyncio.sleep(0.3)
    assert not waiting.done()
    began = asyncio.get_running_loop().time()
    append(log, b"ding\n")
    assert (await waiting).lines == (b"ding",)
    assert asyncio.get_running_loop().time() - began < 0.9  # sooner than the look it takes every two seconds


async def test_a_waiting_follower_sees_a_rotation(log: Path, follow: Follow) -> None:
    waiting = asyncio.create_task(follow.until(lambda: b"new file" in follow.lines))
    await asyncio.sleep(0.2)
    log.rename(log.with_suffix(".1"))
    await asyncio.sleep(0.2)
    log.write_bytes(b"new file\n")
    await waiting
