"""The end, the pages and the search of a log, on real files."""

import os
import resource
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedtui.logs.log_file import LINE_LIMIT, Hit, LogError, LogFile, LogMissing, LogUnreadable

WORDS = st.binary(max_size=40).map(lambda raw: bytes(byte for byte in raw if byte >= 32) or b"x")


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "sync.log"


def test_tail_gives_the_last_lines_oldest_first(log: Path) -> None:
    log.write_bytes(b"".join(b"line %d\n" % number for number in range(10_000)))
    assert LogFile(log).tail(3) == [b"line 9997", b"line 9998", b"line 9999"]


def test_tail_keeps_blank_lines_and_a_last_line_without_newline(log: Path) -> None:
    log.write_bytes(b"one\n\ntwo\n\nthree")
    assert LogFile(log).tail() == [b"one", b"", b"two", b"", b"three"]
    log.write_bytes(b"one\n\n")
    assert LogFile(log).tail() == [b"one", b""]


def test_an_empty_log_has_no_lines(log: Path) -> None:
    log.touch()
    assert LogFile(log).tail() == []


def test_tail_reads_no_more_than_it_may_and_starts_with_a_whole_line(log: Path) -> None:
    log.write_bytes(b"a" * 90 + b"\n" + b"b" * 9 + b"\n")
    assert LogFile(log).tail(max_bytes=20) == [b"b" * 9]


def bytes_read() -> int:
    """What this process has read so far, by the kernel's count."""
    return int(Path("/proc/self/io").read_text().split()[1])


def test_ten_gigabytes_cost_no_more_than_their_end(log: Path) -> None:
    with log.open("wb") as file:
        file.truncate(10 * 1024**3)
        file.seek(0, os.SEEK_END)
        file.write(b"\nstart\nend\n")
    before, memory = bytes_read(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert LogFile(log).tail(2) == [b"start", b"end"]
    assert LogFile(log).page_before(LogFile(log).size(), 1).lines == (b"end",)
    assert bytes_read() - before < 8 * 1024**2
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory < 8 * 1024


def test_a_line_of_ten_megabytes_is_cut_and_says_so(log: Path) -> None:
    log.write_bytes(b"before\n" + b"y" * 10_000_000 + b"\nafter\n")
    shown = LogFile(log).tail()
    assert shown[-1] == b"after"
    assert shown[0].startswith(b"y" * LINE_LIMIT)
    assert "cut" in shown[0].decode()
    assert sum(map(len, shown)) < 2 * LINE_LIMIT
    first = LogFile(log).page_from(0)
    assert first.lines == (b"before",)
    assert LogFile(log).page_from(first.end).lines[0].startswith(b"y" * LINE_LIMIT)


def test_a_cut_line_names_its_size(log: Path) -> None:
    log.write_bytes(b"z" * 5000 + b"\n")
    assert LogFile(log).tail()[0].decode() == "z" * LINE_LIMIT + " … cut, 5,000 bytes in all"


@pytest.mark.parametrize(
    ("make", "trouble", "words"),
    [
        (lambda path: None, LogMissing, "does not exist yet"),
        (Path.mkdir, LogError, "is a directory, not a log"),
        (os.mkfifo, LogError, "a device, a pipe or a socket"),
        (lambda path: path.symlink_to("/dev/null"), LogError, "a device, a pipe or a socket"),
        (lambda path: path.symlink_to(path), LogUnreadable, "symbolic links"),
        (lambda path: path.write_bytes(os.urandom(9000)), LogError, "binary data"),
        (lambda path: path.write_bytes(b"\x1f\x8b\x08" + bytes(200)), LogError, "binary data"),
    ],
)
def test_what_is_no_log_is_said_plainly(log: Path, make: object, trouble: type[LogError], words: str) -> None:
    make(log)  # type: ignore[operator]  # each case is a function of the path
    with pytest.raises(LogError, match=words) as caught:
        LogFile(log).tail()
    assert type(caught.value) is trouble
    assert str(log) in str(caught.value)


def test_a_log_whose_folder_is_missing_is_not_promised(tmp_path: Path) -> None:
    log = tmp_path / "logs" / "sync.log"
    with pytest.raises(LogError, match="does not exist, and neither does its folder") as caught:
        LogFile(log).tail()
    assert type(caught.value) is LogMissing
    assert caught.value.advice == f"mkdir -p {tmp_path}/logs"


def test_zero_bytes_that_a_truncated_file_begins_with_are_left_out(log: Path) -> None:
    log.write_bytes(bytes(3000) + b"first after the truncation\nsecond\n")
    assert LogFile(log).tail() == [b"first after the truncation", b"second"]


@given(st.lists(WORDS, max_size=60), st.booleans(), st.integers(1, 9))
def test_pages_forwards_and_backwards_give_the_same_lines(
    tmp_path_factory: pytest.TempPathFactory, lines: list[bytes], ended: bool, count: int
) -> None:
    path = tmp_path_factory.mktemp("log") / "log"
    path.write_bytes(b"\n".join(lines) + (b"\n" if ended and lines else b""))
    log, size = LogFile(path), path.stat().st_size
    forwards: list[bytes] = []
    starts: list[int] = []
    at = 0
    while at < size:
        page = log.page_from(at, count)
        forwards += page.lines
        starts += page.starts
        at = page.end
    backwards: list[bytes] = []
    at = size
    while at > 0:
        page = log.page_before(at, count)
        backwards[:0] = page.lines
        at = page.start
    assert forwards == backwards == lines
    assert [log.page_from(start + 1, 1).lines[0] for start, line in zip(starts, lines, strict=True)] == lines


@given(st.lists(st.sampled_from([b"ab", b"a", b"Error: x", b"", b"error"]), max_size=30), st.integers(0, 120))
def test_search_finds_what_a_plain_look_finds(
    tmp_path_factory: pytest.TempPathFactory, lines: list[bytes], offset: int
) -> None:
    path = tmp_path_factory.mktemp("log") / "log"
    data = b"\n".join(lines)
    path.write_bytes(data)
    for text in ("error", "Error", "a", "b\na"):
        folded = data.lower() if text == text.lower() else data
        needle, start = text.encode(), min(offset, len(data))
        after, before = folded.find(needle, start), folded[: start + len(needle) - 1].rfind(needle)
        assert LogFile(path).search(text, offset) == _hit(data, after)
        assert LogFile(path).search(text, offset, backwards=True) == _hit(data, before)


def _hit(data: bytes, at: int) -> Hit | None:
    return None if at < 0 else Hit(at, data.rfind(b"\n", 0, at) + 1)


def test_search_reaches_over_the_seams_of_its_chunks(log: Path) -> None:
    seam = 1024 * 1024
    log.write_bytes(b"x" * (seam - 3) + b"NEEDLE" + b"\n" * seam + b"end")
    assert LogFile(log).search("NEEDLE", 0) == Hit(seam - 3, seam - 3)
    assert LogFile(log).search("needle", seam * 2, backwards=True) is not None


def test_a_search_ends_when_it_is_told_to(log: Path) -> None:
    log.write_bytes(b"here\n")
    stop = threading.Event()
    stop.set()
    assert LogFile(log).search("here", 0, stop=stop) is None


async def test_find_does_the_same_in_a_thread(log: Path) -> None:
    log.write_bytes(b"a\nb\nmatch\n")
    assert await LogFile(log).find("MATCH", 0) is None
    assert await LogFile(log).find("match", 0) == Hit(4, 4)
