"""What becomes of a `%` on hosts whose cron gives it no meaning."""

from __future__ import annotations

import pytest

from fedtui.conversion.to_cron_command import Inexpressible, field_with_input
from fedtui.crontab import Document
from fedtui.crontab.record_edit import record
from fedtui.crontab.splice import EditError

PATH = "/home/fed/.local/state/fedtui/recorder/record"


def test_a_command_from_a_timer_keeps_its_percent() -> None:
    assert field_with_input("date +%F", b"") == b"date +\\%F"
    assert field_with_input("date +%F", b"", percent=False) == b"date +%F"
    assert field_with_input("cat", b"a\nb\n") == b"cat%a%b"
    with pytest.raises(Inexpressible, match="gives a job none"):
        field_with_input("cat", b"a\n", percent=False)


@pytest.mark.parametrize("dialect", ["busybox", "bcron", "systemd-cron"])
def test_a_line_with_a_percent_is_not_recorded_where_that_would_part_it(dialect: str) -> None:
    document = Document.parse(b"* * * * * date +%s >> log\n", user="fed", dialect=dialect)
    [entry] = document.entries
    assert (entry.command, entry.stdin) == (b"date +%s >> log", None)
    with pytest.raises(EditError, match="its command holds a %"):
        record(document, entry, PATH)
    escaped = Document.parse(b"* * * * * echo \\%s >> log\n", user="fed", dialect=dialect)
    new = record(escaped, escaped.entries[0], PATH)
    assert Document.parse(new, user="fed", dialect=dialect).entries[0].command == b"echo \\%s >> log"
