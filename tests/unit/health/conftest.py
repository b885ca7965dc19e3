"""What the tests of the checks have in common."""

from __future__ import annotations

import os

import pytest

from fedtui.health.file_facts import FileFacts


@pytest.fixture(autouse=True)
def _files_are_roots(monkeypatch: pytest.MonkeyPatch) -> None:
    """The files that a test makes count as root's, whichever user runs the tests."""
    real = FileFacts.mode

    def mode(host: FileFacts, path: str) -> tuple[int, int, int] | None:
        found = real(host, path)
        return (found[0], 0, 0) if found and found[1] == os.geteuid() else found

    monkeypatch.setattr(FileFacts, "mode", mode)
