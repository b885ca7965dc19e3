"""The environment of a cron job, with values recorded from real jobs on Debian 12."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedtui.runs.cron_environment import CronAccount, env_file, job_environment, pam_environment

FED = CronAccount("fed", 1000, 1000, "/home/fed", "/bin/bash")

CRON_SERVICE = """\
@include common-auth
session    required     pam_loginuid.so
session       required   pam_env.so
session       required   pam_env.so envfile=/etc/default/locale
@include common-session-noninteractive
session    required   pam_limits.so
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for folder in ("pam.d", "security", "default"):
        (tmp_path / "etc" / folder).mkdir(parents=True)
    (tmp_path / "etc/pam.d/cron").write_text(CRON_SERVICE)
    return tmp_path


def test_without_pam_files_it_is_crons_own(tmp_path: Path) -> None:
    assert job_environment(FED, (), tmp_path) == {
        b"SHELL": b"/bin/sh",
        b"PATH": b"/usr/bin:/bin",
        b"HOME": b"/home/fed",
        b"LOGNAME": b"fed",
    }


def test_the_table_goes_over_all_but_logname(root: Path) -> None:
    (root / "etc/environment").write_text('PATH="/env/bin"\nLOGNAME=pam\nFOO=pam\n')
    table = (
        (b"PATH", b"/t"),
        (b"SHELL", b"/bin/bash"),
        (b"HOME", b"/tmp"),
        (b"LOGNAME", b"zz"),
        (b"USER", b"u"),
    )
    assert job_environment(FED, table, root) == {
        b"PATH": b"/t",
        b"SHELL": b"/bin/bash",
        b"HOME": b"/tmp",
        b"LOGNAME": b"fed",
        b"USER": b"u",
        b"FOO": b"pam",
    }


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (b'PATH="/usr/local/sbin:/env/bin"', (b"PATH", b"/usr/local/sbin:/env/bin")),
        (b"export EXP=1", (b"EXP", b"1")),
        (b"Q1='a b'", (b"Q1", b"a b")),
        (b'Q2="x y" # tail', (b"Q2", b'x y" ')),
        (b"EMPTY=", (b"EMPTY", b"")),
        (b"  LEAD=1", (b"LEAD", b"1")),
        (b"T=a=b #c", (b"T", b"a=b ")),
        (b'D="half', (b"D", b"half")),
        (b"REF=$HOME", (b"REF", b"$HOME")),
        (b'Q3=pre"mid"post', (b"Q3", b'pre"mid"post')),
        (b"TR=1   ", (b"TR", b"1   ")),
        (b"BAD NAME=2", None),
        (b"NOEQ", None),
        (b"WS = 3", None),
        (b"# c", None),
        (b"", None),
    ],
)
def test_lines_of_etc_environment(line: bytes, expected: tuple[bytes, bytes] | None) -> None:
    assert list(env_file([line])) == ([] if expected is None else [expected])


def test_a_backslash_joins_lines(root: Path) -> None:
    (root / "etc/environment").write_bytes(b"BS=a\\\nCONT=2\n")
    assert pam_environment(FED, root) == {b"BS": b"aCONT=2"}


def test_pam_env_conf_and_the_order_of_the_files(root: Path) -> None:
    (root / "etc/environment").write_text("HOME=/nowhere\nLANG=de_DE.UTF-8\n")
    (root / "etc/default/locale").write_text("LANG=C.UTF-8\n")
    (root / "etc/security/pam_env.conf").write_text(
        "# PE0 DEFAULT=no\nPE1 DEFAULT=val1\nPE2 DEFAULT=${HOME}/x OVERRIDE=\nPE3 DEFAULT=@{HOME}/y\n"
        'PE4 OVERRIDE="q q"\n'
    )
    assert pam_environment(FED, root) == {
        b"HOME": b"/nowhere",
        b"LANG": b"C.UTF-8",
        b"PE1": b"val1",
        b"PE2": b"/nowhere/x",
        b"PE3": b"/home/fed/y",
        b"PE4": b"q q",
    }


def test_fedoras_service_includes_another(tmp_path: Path) -> None:
    (tmp_path / "etc/pam.d").mkdir(parents=True)
    (tmp_path / "etc/pam.d/crond").write_text("session include password-auth\n")
    (tmp_path / "etc/pam.d/password-auth").write_text("-session optional pam_env.so readenv=0\n")
    (tmp_path / "etc/environment").write_text("FOO=1\n")
    assert pam_environment(FED, tmp_path) == {}
    (tmp_path / "etc/pam.d/password-auth").write_text("session required pam_env.so\n")
    assert pam_environment(FED, tmp_path) == {b"FOO": b"1"}


def test_a_service_that_includes_itself_ends(tmp_path: Path) -> None:
    (tmp_path / "etc/pam.d").mkdir(parents=True)
    (tmp_path / "etc/pam.d/cron").write_text("@include cron\nsession required pam_env.so\n")
    assert pam_environment(FED, tmp_path) == {}


@given(st.lists(st.binary(max_size=60)))
def test_any_bytes_give_names_that_a_process_can_have(lines: list[bytes]) -> None:
    for name, _ in env_file(lines):
        assert name.isalnum() or b"_" in name
        assert b"=" not in name
