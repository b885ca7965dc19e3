"""FT111-FT124: lines and scripts on real files; each finding once true, and once silent."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from fedtui.crontab import Document
from fedtui.health.file_facts import FileFacts
from fedtui.health.probes import ProbeCache
from fedtui.model import CommentedOut, Remedy, Severity, SourceName
from fedtui.sources.cron_jobs import TableFacts, TableJobs
from fedtui.system.cron_daemon import CronDaemon
from tests.unit.health.answers import machine, seen
from tests.unit.health.rows import by_code, loud, table


def script(folder: Path, text: str | bytes = "#!/bin/bash\necho well\n", mode: int = 0o755) -> Path:
    path = folder / "sync.sh"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    path.chmod(mode)
    return path


def real() -> FileFacts:
    """A host that asks this machine's own shells, and for nothing else."""
    return FileFacts(probes=ProbeCache(machine=False))


def test_a_sound_line_and_its_script_have_nothing_loud(tmp_path: Path) -> None:
    rows = table(f"0 * * * * {script(tmp_path)} >> {tmp_path}/sync.log 2>&1\n", tmp_path)
    assert by_code(*rows, host=real()) == {}


def test_a_script_that_nobody_may_execute(tmp_path: Path) -> None:
    folder = tmp_path / "my scripts"
    folder.mkdir()
    path = script(folder, mode=0o644)
    line = shlex.quote(str(path))
    finding = by_code(*table(f"0 * * * * {line} >>{tmp_path}/log 2>&1\n"), host=real())["FT111"]
    assert finding.evidence[0] == f"{path}  mode 0644"
    assert finding.command == f"chmod +x {shlex.quote(str(path))}"
    for start in ("bash", "/bin/sh -e", "nice -n 10 bash", "~/bin/bash", "$APP/bin/bash"):
        assert "FT111" not in by_code(*table(f"0 * * * * {start} {line}\n"), host=real())
    path.chmod(0o755)
    assert "FT111" not in by_code(*table(f"0 * * * * {line}\n"), host=real())


def test_a_command_for_a_file_of_somebody_else_begins_with_sudo(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = script(tmp_path, mode=0o644)
    owner = path.stat().st_uid
    for user, start in ((owner, ""), (owner + 1000, "sudo "), (0, "")):
        monkeypatch.setattr("os.geteuid", lambda user=user: user)
        finding = by_code(*table(f"0 * * * * {path} >>{tmp_path}/log 2>&1\n"), host=real())["FT111"]
        assert finding.command == f"{start}chmod +x {path}"


def test_a_script_with_a_syntax_error_in_the_words_of_bash(tmp_path: Path) -> None:
    path = script(tmp_path, "#!/bin/bash\nif true\necho never\n")
    for line in (f"bash {path}", str(path)):
        finding = by_code(*table(f"0 * * * * {line}\n"), host=real())["FT112"]
        assert "syntax error: unexpected end of file" in finding.evidence[0]
        assert finding.command == f"bash -n {path}"
    assert "FT112" not in by_code(*table(f"0 * * * * ~/venv/bin/python {path}\n"), host=real())


@pytest.mark.parametrize(
    "text",
    [
        "#!/usr/bin/env python3\nif True:\n    print('fi')\n",
        "#!/bin/bash\n[[ a == b ]] && declare -A x=([a]=1)\n",
        "#!/usr/bin/perl\nif ($x) { print }\n",
        b"\x7fELF\0\0\0",
    ],
)
def test_what_is_no_broken_shell_script_has_no_syntax_error(tmp_path: Path, text: str | bytes) -> None:
    assert "FT112" not in by_code(*table(f"0 * * * * {script(tmp_path, text)}\n"), host=real())


def test_a_shell_that_is_not_there_leaves_the_script_unchecked(tmp_path: Path) -> None:
    from fedtui.health import checkup
    from tests.unit.health.rows import NOW

    rows = table(f"0 * * * * bash {script(tmp_path)}\n")
    checked = checkup(seen(NOW, rows), machine())
    assert [(one.codes, one.what) for one in checked.unchecked] == [(("FT112",), str(tmp_path / "sync.sh"))]
    assert "FT112" not in checked.passed


def test_a_script_with_windows_line_ends(tmp_path: Path) -> None:
    path = script(tmp_path, "#!/bin/bash\r\necho a\r\n")
    finding = by_code(*table(f"0 * * * * {path}\n"), host=real())["FT113"]
    assert finding.evidence == (f"{path}  2 of 3 lines end in CR LF",)
    assert finding.command == f"sed -i 's/\\r$//' {path}"
    python = script(tmp_path, "print(1)\r\n")
    assert "FT113" not in by_code(*table(f"0 * * * * python3 {python}\n"), host=real())


def test_a_relative_script_that_is_not_in_the_home_folder(tmp_path: Path) -> None:
    rows = table("0 * * * * bash bin/sync.sh\n", tmp_path)
    finding = by_code(*rows, host=real())["FT114"]
    assert (finding.severity, finding.evidence[:2]) == (
        Severity.WARNING,
        ("written  bin/sync.sh", f"means  {tmp_path}/bin/sync.sh"),
    )
    (tmp_path / "bin").mkdir()
    script(tmp_path / "bin")
    there = by_code(*rows, host=real())["FT114"]
    assert there.severity is Severity.NOTE
    assert there.remedy == Remedy("command", f"write {tmp_path}/bin/sync.sh", f"bash {tmp_path}/bin/sync.sh")


def test_a_relative_working_directory(tmp_path: Path) -> None:
    line = table("0 * * * * cd project && make\n", tmp_path)
    missing = by_code(*line, host=real())
    assert missing["FT129"].evidence[0] == f"{tmp_path}/project"
    assert "FT114" not in missing
    (tmp_path / "project").mkdir()
    finding = by_code(*line, host=real())["FT114"]
    assert finding.evidence[1] == f"means  {tmp_path}/project"
    assert finding.severity is Severity.NOTE


@pytest.mark.parametrize(
    "line", ["{0}/sync.sh", "$HOME/sync.sh", '"$HOME/sync.sh"', "~/sync.sh", "cd {0} && ls"]
)
def test_paths_from_the_root_or_the_home_folder_are_certain(tmp_path: Path, line: str) -> None:
    script(tmp_path)
    assert "FT114" not in by_code(*table(f"0 * * * * {line.format(tmp_path)}\n", tmp_path), host=real())


def test_output_by_mail_without_a_mailer_is_one_note_for_all_jobs() -> None:
    rows = table("0 * * * * echo a\n1 * * * * echo b\n2 * * * * echo c >> /tmp/c.log 2>&1\n")
    finding = by_code(*rows, host=machine(files={"/usr/sbin/sendmail": False}))["FT115"]
    assert finding.severity is Severity.NOTE
    assert finding.sentence == "The output of 2 jobs goes to mail, and there is no mailer."
    assert [fact.split()[-1] for fact in finding.evidence] == ["crontab:1", "crontab:2"]
    assert "FT115" not in by_code(*rows)


@pytest.mark.parametrize(
    ("dialect", "lost", "rest"),
    [
        ("debian", True, "nowhere"),
        ("bcron", True, "nowhere"),
        ("cronie", False, "to the system's log"),
        ("systemd-cron", False, "to the journal"),
    ],
)
def test_where_output_goes_without_a_mailer_is_the_daemons_way(dialect: str, lost: bool, rest: str) -> None:
    daemon = CronDaemon(True, dialect, "it runs")
    rows = table("0 * * * * echo a\n1 * * * * /opt/x >> /tmp/c.log\n", daemon=daemon)
    found = by_code(*rows, host=machine(files={"/usr/sbin/sendmail": False}))
    assert ("FT115" in found) is lost
    assert found["FT134"].title == f"errors of x go {rest}"


@pytest.mark.parametrize(
    "command", ["/bin/x >/dev/null 2>&1", "/bin/x &> /dev/null", "/bin/x 2>/dev/null 1>/dev/null"]
)
def test_output_that_is_thrown_away(command: str) -> None:
    rows = table(f"SHELL=/bin/bash\n0 * * * * {command}\n")
    assert by_code(*rows)["FT115"].title.endswith("goes to /dev/null")


@pytest.mark.parametrize("command", ["/bin/x >/dev/null", "/bin/x 2>&1 | logger", "/bin/x 2>/dev/null"])
def test_output_that_somebody_gets(command: str) -> None:
    assert "FT115" not in by_code(*table(f"0 * * * * {command}\n"))


def test_an_unescaped_percent_sign_cuts_the_command() -> None:
    (row,) = table("0 * * * * /bin/tar czf /b/$(date +%F).tgz /home\n")
    finding = by_code(row)["FT116"]
    assert finding.severity is Severity.WARNING
    assert finding.evidence == (
        "starts  /bin/tar czf /b/$(date +",
        "standard input  F).tgz /home␊",
    )
    assert finding.remedy == Remedy(
        "line", "write \\% for %", "0 * * * * /bin/tar czf /b/$(date +\\%F).tgz /home"
    )
    assert "FT116" not in by_code(*table("0 * * * * /bin/date +\\%F\n"))
    assert "FT116" in loud(*table("0 * * * * systemd-run --scope -p CPUQuota=20% /bin/x\n"))
    assert "FT116" not in loud(*table("0 * * * * /usr/bin/mail fed%hello%there\n"))


@pytest.mark.parametrize(
    ("command", "right"),
    [
        ("/bin/x 2>&1 >> /tmp/x.log", "/bin/x >> /tmp/x.log 2>&1"),
        ("/bin/x 2>&1 > /tmp/x.log", "/bin/x > /tmp/x.log 2>&1"),
        ("cd /tmp && /bin/x 2>&1 >>/tmp/x.log", "cd /tmp && /bin/x >>/tmp/x.log 2>&1"),
    ],
)
def test_redirections_in_the_wrong_order(command: str, right: str) -> None:
    finding = by_code(*table(f"0 * * * * {command}\n"))["FT117"]
    assert finding.remedy is not None
    assert (finding.remedy.verb, finding.remedy.text) == ("command", right)


@pytest.mark.parametrize(
    "command", ["/bin/x >> /tmp/x.log 2>&1", "/bin/x 2>&1 >/dev/null | logger", "/bin/x 2>&1 | tee /tmp/a"]
)
def test_redirections_in_the_right_order(command: str) -> None:
    assert "FT117" not in by_code(*table(f"0 * * * * {command}\n"))


def test_alternatives_that_were_pasted_whole() -> None:
    text = "".join(f"{when} /opt/sync.sh\n" for when in ("0 * * * *", "*/15 * * * *", "0 1 * * *"))
    finding = by_code(*table(text))["FT120"]
    assert (finding.severity, finding.title) == (Severity.WARNING, "sync runs on 3 schedules")
    assert [fact.split()[0] for fact in finding.evidence] == ["crontab:1", "crontab:2", "crontab:3"]
    assert "FT120" not in by_code(*table("0 * * * * /opt/a.sh\n5 * * * * /opt/b.sh\n@reboot /opt/a.sh\n"))
    assert "FT120" not in loud(*table("0 6 * * 1-5 /opt/a.sh\n0 9 * * 6 /opt/a.sh\n"))


def test_a_line_that_stands_twice_is_one_finding() -> None:
    finding = by_code(*table("0 2 * * * /opt/a.sh\n1 * * * * true\n0  2 * * * /opt/a.sh\n"))["FT121"]
    assert finding.evidence[0].startswith("crontab:1")
    assert finding.evidence[1].startswith("crontab:3")
    assert "FT121" not in by_code(*table("0 2 * * * /opt/a.sh\n0 2 * * * /opt/a.sh --full\n"))


def test_a_zone_that_this_cron_does_not_know() -> None:
    text = "CRON_TZ=Europe/Berlin\n0 2 * * * /opt/a.sh\n0 3 * * * /opt/b.sh\n"
    finding = by_code(*table(text))["FT123"]
    assert finding.sentence == "2 jobs of crontab are under CRON_TZ=Europe/Berlin, and run by UTC time."
    assert "FT123" not in by_code(*table(text, daemon=CronDaemon(True, "cronie", "crond")))
    assert "FT123" not in by_code(*table("0 2 * * * /opt/a.sh\n"))


def test_lines_with_windows_ends_are_one_finding_a_table() -> None:
    rows = table(b"0 2 * * * /opt/a.sh\r\n0 3 * * * /opt/b.sh\r\n")
    finding = by_code(*rows)["FT124"]
    assert finding.evidence[0] == "command  /opt/a.sh␍"
    assert finding.remedy == Remedy("line", "take the carriage return out", "0 2 * * * /opt/a.sh")
    assert "FT124" not in by_code(*table("0 2 * * * /opt/a.sh\n"))


def off(text: str, *, editable: bool = True) -> tuple[CommentedOut, ...]:
    document = Document.parse(text.encode(), user="fed")
    facts = TableFacts(SourceName.CRONTAB, "crontab", lambda _: "/home/fed", editable)
    return TableJobs(document, facts).commented


def test_a_job_that_is_commented_out() -> None:
    lines = off("0 1 * * * /opt/a.sh\n#0 5 * * * backup\n")
    finding = by_code(commented=lines)["FT122"]
    assert (finding.severity, finding.title) == (Severity.NOTE, "backup is commented out")
    assert finding.sentence == "backup is switched off with a #: its schedule says daily 05:00."
    assert finding.evidence == ("line  crontab:2", "#0 5 * * * backup")
    assert finding.remedy is not None
    assert (finding.remedy.verb, finding.remedy.words) == ("uncomment", "take the # away")
    assert by_code(commented=off("#0 5 * * * backup\n", editable=False))["FT122"].remedy is None


@pytest.mark.parametrize(
    "line",
    [
        "# 5 * 3 apples",
        "# 1 2 3 4 5 once I caught a fish alive",
        "# 0 5 * * * stands for five o'clock",
        "# fedtui: ignore FT122\n#0 5 * * * backup",
    ],
)
def test_prose_that_begins_with_numbers_is_none(line: str) -> None:
    assert "FT122" not in by_code(commented=off(f"{line}\n"))


def test_a_paused_line_is_left_alone(tmp_path: Path) -> None:
    line = f"0 * * * * {script(tmp_path, mode=0o644)} 2>&1 > /tmp/x"
    assert loud(*table(f"#fedtui:paused# {line}\n"), host=real()) == set()
    assert {"FT111", "FT117"} <= loud(*table(f"{line}\n"), host=real())
