"""Scripts in public styles: what each cannot do without, and nothing else (FT132)."""

from __future__ import annotations

import shutil
import tomllib
from pathlib import Path

import pytest

from fedtui.crontab.lookups import lookups_that_count
from fedtui.health.file_facts import FileFacts
from fedtui.health.step_facts import runs_here
from tests.unit.health.rows import by_code, table

SCRIPTS = tomllib.loads(Path(__file__).with_name("script_styles.toml").read_text())["script"]
USUAL = frozenset(
    [
        "apt-get",
        "docker",
        "jq",
        "kubectl",
        "mysql",
        "psql",
        "rsync",
        "ssh",
        "sudo",
        "systemctl",
        "service",
        "su",
    ]
)
HOST = FileFacts()


@pytest.mark.parametrize("case", SCRIPTS, ids=lambda case: str(case["style"]))
def test_what_a_script_cannot_do_without(case: dict[str, str]) -> None:
    found = lookups_that_count(case["text"], {"HOME": "/home/fed", "PATH": "/usr/bin:/bin"})
    names = {one.name for one in found if runs_here(one.facts, one.path, HOST)}
    assert {name for name in names if name not in USUAL and not shutil.which(name)} == set(case["needed"])


@pytest.mark.parametrize(
    ("command", "found"),
    [
        ("[ -f /etc/no-such-release ] && no-such-program", False),
        ("test -d /opt/no-such || no-such-program", True),
        ("command -v no-such-either > /dev/null && no-such-program", False),
        ("[ -f /etc/passwd ] && no-such-program", True),
        ("[ -f /srv/flag ] && no-such-program", True),  # a flag may come
    ],
)
def test_a_line_for_other_machines_lacks_nothing(command: str, found: bool) -> None:
    assert ("FT132" in by_code(*table(f"0 1 * * * {command}\n"))) is found


def test_a_script_of_other_machines_is_not_missing() -> None:
    assert "FT110" not in by_code(*table("0 1 * * * [ -d /etc/no-such.d ] && /srv/no-such/a.sh\n"))
    assert "FT110" in by_code(*table("0 1 * * * [ -d /etc ] && /srv/no-such/a.sh\n"))


@pytest.mark.parametrize(
    ("above", "command"),
    [
        ("", "su - app -s /bin/bash -c 'cd shop && ./nightly'"),  # FT114: the home is app's
        ("", "BASH_ENV=~/.bashrc bash -c no-such-program"),  # FT132: a file may set PATH
        ("SHELL=/bin/bash\nBASH_ENV=~/.bashrc\n", "no-such-program"),
        ("", '[ -n "$DISPLAY" ] || no-such-program'),  # FT130: it only asks
    ],
)
def test_what_is_not_certain_is_not_said(above: str, command: str) -> None:
    found = set(by_code(*table(f"{above}0 1 * * * {command}\n")))
    assert found.isdisjoint({"FT114", "FT118", "FT130"} | ({"FT132"} if "DISPLAY" not in command else set()))
