"""Which configuration of logrotate names a log."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fedtui.federation.rotation.text import nameable, quoted
from fedtui.system.logrotate_config import configurations, patterns, rotated_by

GUIDE = """/var/log/federated-*.log {
    weekly
    rotate 4
    create 0644 hyperd hyperd
    postrotate
        test -x /bin/true && { /bin/true /var/log/not-this.log; }
    endscript
}
"""


def names(text: str, log: str) -> bool:
    return any(pattern.fullmatch(log) for pattern in patterns(text))


@pytest.mark.parametrize(
    ("text", "log", "wanted"),
    [
        (GUIDE, "/var/log/federated-sync.log", True),
        (GUIDE, "/var/log/dashboard-metrics.log", False),
        (GUIDE, "/var/log/old/federated-sync.log", False),
        (GUIDE, "/var/log/federated-a/b.log", False),
        (GUIDE, "/var/log/not-this.log", False),
        ("# /l/a.log {\n# }\n", "/l/a.log", False),
        ("weekly\ninclude /etc/x\n\n/l/a.log /l/b.log\n{\n}\n", "/l/b.log", True),
        ('"/l/a b.log" {\n}\n', "/l/a b.log", True),
        ("'/l/it\\'s.log' {\n}\n", "/l/it's.log", True),
        ("/l/a\\ b.log {\n}\n", "/l/a b.log", True),
        ("/l/[ab]?.log {\n}\n", "/l/bx.log", True),
        ("/l/[!ab].log {\n}\n", "/l/a.log", False),
        ("/l/[z-a].log {\n}\n", "/l/z.log", False),
        ('"/l/a\\*.log" {\n}\n', "/l/ab.log", False),
    ],
)
def test_a_log_is_named_as_logrotate_reads_it(text: str, log: str, wanted: bool) -> None:
    assert names(text, log) is wanted


@settings(max_examples=150, deadline=None)
@given(st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=12))
def test_what_we_write_names_the_one_log(name: str) -> None:
    log = Path("/logs") / name.replace("/", "-") / "a.log"
    if nameable(log):
        text = f"# head\n\n{quoted(log)}\n{{\n    weekly\n}}\n"
        assert names(text, str(log))
        assert not names(text, f"{log}x")


def test_files_that_logrotate_passes_over_are_not_looked_at(tmp_path: Path) -> None:
    folder = tmp_path / "logrotate.d"
    folder.mkdir()
    for name in ("jobs.dpkg-old", "jobs~"):
        (folder / name).write_text("/l/a.log {\n}\n")
    main = tmp_path / "logrotate.conf"
    assert rotated_by("/l/a.log", configurations(main, folder)) is None
    (folder / "jobs").write_text("/l/a.log {\n}\n")
    assert rotated_by("/l/a.log", configurations(main, folder)) == folder / "jobs"
