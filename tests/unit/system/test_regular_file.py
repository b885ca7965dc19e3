"""Files are read, and what is none is refused at once."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from fedtui.system.regular_file import read_regular


def bound(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))


ODD: dict[str, tuple[Callable[[Path], object], str]] = {
    "fifo": (os.mkfifo, "not a regular file"),
    "zeros": (lambda path: path.symlink_to("/dev/zero"), "not a regular file"),
    "terminal": (lambda path: path.symlink_to("/dev/ptmx"), "not a regular file"),
    "socket": (bound, "No such device or address"),
    "folder": (Path.mkdir, "Is a directory"),
    "nothing": (lambda path: None, "No such file or directory"),
}


@pytest.mark.parametrize("kind", ODD)
def test_what_is_no_file_is_refused_at_once(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # the path of a socket is short
    make, said = ODD[kind]
    path = Path("odd")
    make(path)
    with pytest.raises(OSError) as raised:
        read_regular(path)
    assert (raised.value.strerror, raised.value.filename) == (said, "odd")


def test_files_links_to_them_and_the_null_device_are_read(tmp_path: Path) -> None:
    path, link = tmp_path / "file", tmp_path / "link"
    path.write_bytes(b"0123\xff")
    link.symlink_to(path)
    assert (read_regular(path), read_regular(str(link), 3), read_regular(path, 0)) == (
        b"0123\xff",
        b"012",
        b"",
    )
    assert read_regular("/dev/null") == b""
    assert read_regular("/proc/self/stat").startswith(str(os.getpid()).encode())
