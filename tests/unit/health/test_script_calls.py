"""FT132 for what a script calls, with its guards."""

from __future__ import annotations

from pathlib import Path

import pytest

from fedtui.model import Finding, Severity
from tests.unit.health.answers import machine
from tests.unit.health.rows import by_code, table

GONE = "no-such-program"
HAS = 'has_cmd() { command -v "$1" > /dev/null 2>&1; }\n'


@pytest.mark.parametrize(
    ("body", "line"),
    [
        (f"cd /\n{GONE} --all\n", 3),
        (f"ls | {GONE}\n", 2),
        (f"x=$({GONE})\necho $x\n", 2),
        (f"work() {{\n  {GONE}\n}}\nwork\n", 3),
        (f"{HAS}has_cmd {GONE} || exit 1\n{GONE}\n", None),
        (f"{HAS}if has_cmd {GONE}; then {GONE}; fi\n", None),
        (f"command -v {GONE} > /dev/null && {GONE}\n", None),
        (f"if which {GONE}; then\n  {GONE}\nfi\n", None),
        (f"{GONE}() {{ true; }}\n{GONE}\n", None),
        (f". /srv/lib.sh\n{GONE}\n", None),
        (f"work() {{ {GONE}; }}\n. /srv/lib.sh\nwork\n", None),
        (f"PATH=$(cat /etc/path)\n{GONE}\n", None),
        (f"cat <<END\n{GONE}\nEND\n", None),
        (f"# {GONE}\necho {GONE}\n", None),
        (f"'''exec' /usr/bin/python3 \"$0\"\n' '''\n{GONE}\n", None),
        ("ls\ncd /\n", None),
    ],
)
def test_a_program_that_a_script_calls(tmp_path: Path, body: str, line: int | None) -> None:
    script = tmp_path / "job"
    script.write_text(f"#!/bin/sh\n{body}")
    script.chmod(0o755)
    found = by_code(*table(f"0 1 * * * {script}\n"))
    assert ("FT132" in found) is (line is not None)
    if line is None:
        return
    finding = found["FT132"]
    assert (finding.title, finding.severity) == (f"{GONE} is not installed", Severity.WARNING)
    assert finding.evidence[0] == f"{script}:{line}  {GONE}"
    assert "FT132" not in by_code(*table(f"0 1 * * * python3 {script}\n"))


def test_a_program_that_only_the_shell_of_its_user_finds(tmp_path: Path) -> None:
    home = tmp_path / "home"
    tool = home / "bin/only-here"
    tool.parent.mkdir(parents=True)
    tool.write_text("#!/bin/sh\n")
    tool.chmod(0o755)
    script = tmp_path / "job.sh"
    host = machine()
    host.user_path = (str(tool.parent),)

    def found(text: str, above: str = "") -> Finding | None:
        script.write_text(text)
        host.forget()
        return by_code(*table(f"{above}0 1 * * * bash {script} >> /dev/null 2>&1\n"), host=host).get("FT118")

    finding = found("cd /\nonly-here --all\n")
    assert finding is not None
    assert finding.severity is Severity.WARNING
    assert finding.sentence == f"cron can't find only-here for {script}: {tool.parent} is not on its PATH."
    assert finding.evidence[0] == f"{script}:2  only-here"
    assert finding.remedy is not None
    assert finding.remedy.text == f"PATH=/usr/bin:/bin:{tool.parent}"
    own = found("PATH=/usr/bin:/bin:/sbin\nonly-here\n")
    assert own is not None
    assert own.remedy is None  # the script sets its own over it
    assert found(f"export PATH=$PATH:{tool.parent}\nonly-here\n") is None
    assert found("command -v only-here > /dev/null && only-here\n") is None
    assert found("only-here\n", f"PATH=/usr/bin:/bin:{tool.parent}\n") is None


def test_a_script_of_another_language_is_not_read_as_shell(tmp_path: Path) -> None:
    script = tmp_path / "job"
    script.write_text(f"#!/usr/bin/python3\n{GONE}\n")
    script.chmod(0o755)
    assert "FT132" not in by_code(*table(f"0 1 * * * {script}\n"))
    assert "FT132" in by_code(*table(f"0 1 * * * sh {script}\n"))


def test_a_script_changes_and_is_read_again(tmp_path: Path) -> None:
    script = tmp_path / "job.sh"
    script.write_text(f"{GONE}\n")
    rows = table(f"0 1 * * * bash {script} >> /dev/null 2>&1\n")
    assert by_code(*rows)["FT132"].command == f"command -v {GONE}"
    script.write_text("ls\n")
    assert "FT132" not in by_code(*rows)
