"""FT138: accounts that PAM lets cron run nothing for; what chage says is recorded on Debian 12."""

from __future__ import annotations

import pytest

from fedtui.model import Severity
from fedtui.system.program import Ended
from tests.unit.health.answers import ACCOUNT, machine
from tests.unit.health.rows import by_code, table, unchecked

ROWS = table("0 1 * * * /srv/a.sh\n0 2 * * * /srv/b.sh\n")
CHANGE = "password must be changed"


@pytest.mark.parametrize(
    ("account", "password", "title", "command"),
    [
        ("never", "never", None, None),
        ("Nov 25, 2026", "never", None, None),
        ("Nov 24, 2026", "never", "the account of fed has expired", "sudo chage -E -1 fed"),
        ("2020-01-01", "never", "the account of fed has expired", "sudo chage -E -1 fed"),
        ("never", "Nov 24, 2026", None, None),  # its last day
        ("never", "Nov 23, 2026", "the password of fed has expired", "sudo passwd fed"),
        ("never", CHANGE, "the password of fed has expired", "sudo passwd fed"),
    ],
)
def test_an_account_that_has_expired(
    account: str, password: str, title: str | None, command: str | None
) -> None:
    host = machine({"chage -l fed": ACCOUNT.format(account=account, password=password)})
    finding = by_code(*ROWS, host=host).get("FT138")
    assert (finding.title if finding else None) == title
    if finding:
        assert (finding.severity, finding.command) == (Severity.ERROR, command)


def test_accounts_that_only_root_may_see_are_not_called_well() -> None:
    host = machine({"chage -l fed": Ended(1, b"", b"chage: Permission denied.\n")})
    assert "FT138" not in by_code(*ROWS, host=host)
    unseen = [one for one in unchecked(*ROWS, host=host) if "FT138" in one.codes]
    assert [(one.what, one.reason) for one in unseen] == [("the account of fed", "Permission denied")]


def test_a_user_without_lines_that_run_is_not_asked_for() -> None:
    host = machine({"chage -l fed": ACCOUNT.format(account="2020-01-01", password="never")})
    assert "FT138" not in by_code(*table("#fedtui:paused# 0 1 * * * /srv/a.sh\n"), host=host)
