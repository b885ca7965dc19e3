"""A code passes only on facts that have come, and what cannot be looked at costs no other job its checks."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from fedtui.cli.check import _nagios, _record, _text
from fedtui.cli.metrics import finding_families
from fedtui.cli.openmetrics import exposition
from fedtui.cli.records import JsonRecords
from fedtui.health import CHECKS, RULES, checkup
from fedtui.health.file_facts import FileFacts
from fedtui.health.probes import ProbeCache, ProbeFailed
from fedtui.model import Job, Outcome, Problem, Result, Scheduler, Snapshot, State
from fedtui.presentation.finding_groups import status
from fedtui.store import with_checkup
from fedtui.system.program import Ended, ProgramError, ProgramLate
from tests.unit.health.answers import Machine, machine, seen
from tests.unit.health.rows import NOW, table, timer

SOURCES = sorted({source for rule in RULES.values() for source in rule.sources})
ALONE = {code for code, rule in RULES.items() if not rule.sources}
"""What rests on no source: programs are asked, or files of fedtui's own are read."""


def jobs(tmp_path: Path, name: str = "good") -> tuple[Job, ...]:
    """Jobs that each check has something to look for in."""
    script = tmp_path / f"{name}.sh"
    script.write_text("#!/bin/bash\nif true\n")
    script.chmod(0o755)
    lines = f"0 * * * * {script} >> {tmp_path}/{name}.log 2>&1\n5 * * * * {name}-x\n"
    folder = tmp_path / f"{name}-units"
    folder.mkdir(exist_ok=True)
    unit = timer(
        folder,
        "[Timer]\nOnCalendar=daily\n",
        "[Timer]\nOnCalendar=*:0\n",
        state=State.OFF,
        active_state="inactive",
        unit=f"{name}.timer",
        activates=f"{name}.service",
        calendar=("*-*-* 00:00:00", "*-*-* *:00:00"),
    )
    unit = replace(unit, id=f"user-timer:{name}.timer", name=f"{name}.timer")
    return (*(replace(job, name=f"{name} {job.name}") for job in table(lines, tmp_path)), unit)


def no_program() -> Machine:
    def run(argv: object, deadline: float) -> Ended:
        raise ProgramError("it could not be started: No such file or directory")

    return Machine(ProbeCache(run, systemd=True), {})


def test_where_nothing_was_told_nothing_has_passed(tmp_path: Path) -> None:
    for rows in ((), jobs(tmp_path)):
        checked = checkup(Snapshot(NOW, rows), no_program())
        assert set(checked.passed) <= ALONE - {"FT002", "FT006"}
        missing = {code for one in checked.unchecked for code in one.codes}
        assert set(RULES) == missing | set(checked.passed) | {one.code for one in checked.findings}
        assert all(one.reason for one in checked.unchecked)


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("how", ["was not asked", "has not answered yet", "half of it is late", "it is down"])
def test_a_code_whose_source_has_not_told_all_is_not_checked(source: str, how: str, tmp_path: Path) -> None:
    snapshot = seen(NOW, jobs(tmp_path))
    if how == "was not asked":
        answered = {name: at for name, at in snapshot.answered.items() if name != source}
        snapshot = replace(snapshot, answered=answered)
    elif how == "has not answered yet":
        snapshot = replace(snapshot, loading=frozenset({source}))
    elif how == "half of it is late":
        snapshot = replace(snapshot, late={source: how})
    else:
        snapshot = replace(snapshot, problems=(Problem(source, how),))
    checked = checkup(snapshot, machine())
    needing = {code for code, rule in RULES.items() if source in rule.sources}
    assert needing.isdisjoint(checked.passed)
    assert needing == {code for one in checked.unchecked if one.what == source for code in one.codes}
    assert {one.reason for one in checked.unchecked if one.what == source} == {how}


def test_a_code_whose_program_is_missing_is_not_checked(tmp_path: Path) -> None:
    checked = checkup(seen(NOW, jobs(tmp_path)), no_program())
    missing = {code for one in checked.unchecked for code in one.codes}
    assert {"FT003", "FT006", "FT007", "FT011", "FT112", "FT203"} <= missing
    assert missing.isdisjoint(checked.passed)


def test_a_daemon_of_which_nobody_told_is_not_checked(tmp_path: Path) -> None:
    silent = seen(NOW, jobs(tmp_path), schedulers=(), starts_since=None)
    checked = checkup(silent, machine())
    assert {"FT001", "FT002", "FT004", "FT308"}.isdisjoint(checked.passed)
    unknown = replace(silent, schedulers=(Scheduler("systemd", None, "no bus"),))
    reasons = {code: one.reason for one in checkup(unknown, machine()).unchecked for code in one.codes}
    assert reasons["FT002"] == "no bus"


def test_what_this_user_may_not_see_is_not_checked(tmp_path: Path) -> None:
    class Blind(Machine):
        def exists(self, path: str) -> bool | None:
            return None if path.startswith(str(tmp_path)) else super().exists(path)

        def mode(self, path: str) -> tuple[int, int, int] | None:
            return None if path.startswith(str(tmp_path)) else super().mode(path)

        def script(self, path: str) -> None:
            return None

        def unread(self, path: str) -> str:
            return "this user may not read it"

    checked = checkup(seen(NOW, jobs(tmp_path)), Blind(no_program().probes or ProbeCache(), {}))
    missing = {code for one in checked.unchecked for code in one.codes}
    hidden = {
        "FT110",
        "FT111",
        "FT112",
        "FT113",
        "FT201",
        "FT202",
        "FT204",
        "FT402",
        "FT404",
        "FT601",
        "FT603",
    }
    assert hidden <= missing


def test_a_check_of_nothing_is_no_good_news_in_any_form() -> None:
    nothing = with_checkup(Snapshot(NOW), checkup(Snapshot(NOW), no_program()))
    nothing = replace(nothing, passed=(), findings=())
    records = JsonRecords(NOW.tzinfo)  # type: ignore[arg-type]  # UTC
    assert status(nothing) == status(Snapshot(NOW)) == 3
    assert _record(nothing, records)["status"] == "not_checked"
    assert next(iter(_nagios(nothing, records))).startswith("FEDTUI UNKNOWN - 0 passed, ")
    assert list(_text(nothing, records))[-1].startswith("0 passed, ")
    assert "fedtui_checks_passed 0\n" in exposition(finding_families(nothing, records))


# One job's probe


PROBES = (
    "exists executable appendable size rotated script mode changed disk tail names unit_lines unread hidden"
)


@pytest.mark.parametrize("error", [OSError(21, "Is a directory"), ValueError("embedded null byte")])
@pytest.mark.parametrize("probe", PROBES.split())
def test_a_probe_that_fails_for_one_job_hides_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, probe: str, error: Exception
) -> None:
    good = jobs(tmp_path)
    failed = Result(Outcome.FAILED, exit_code=1)
    good = (replace(good[0], last_result=failed), *good[1:])
    odd = jobs(tmp_path, "odd")
    before = checkup(seen(NOW, good), machine())
    usual: Callable[..., object] = getattr(FileFacts, probe)

    def fails(self: FileFacts, path: str, *more: object, **named: object) -> object:
        if "odd" in path:
            raise error
        return usual(self, path, *more, **named)

    monkeypatch.setattr(FileFacts, probe, fails)
    after = checkup(seen(NOW, (*odd, *good)), machine())
    ids = {job.id for job in good}
    assert [one for one in after.findings if one.job_id in ids] == list(before.findings)
    more = {code for one in after.unchecked if one not in before.unchecked for code in one.codes}
    named = {one.what for one in after.unchecked if one.codes and str(error) in one.reason}
    assert more.isdisjoint(after.passed)
    assert all("odd" in what for what in named)


def make_fifo(path: Path) -> None:
    os.mkfifo(path)


def make_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(path))


def make_large(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(2 * 1024**3)
    path.chmod(0o755)


ODD: dict[str, tuple[Callable[[Path], None], dict[str, str]]] = {
    "folder": (lambda path: path.mkdir(), {"FT111": "a folder is run as a command"}),
    "pipe": (make_fifo, {"FT111": "a named pipe is run as a command"}),
    "socket": (make_socket, {"FT111": "a socket is run as a command"}),
    "device": (lambda path: path.symlink_to("/dev/zero"), {"FT111": "a device is run as a command"}),
    "dangling": (lambda path: path.symlink_to("nowhere"), {"FT110": "script is missing"}),
    "circle": (lambda path: path.symlink_to(path), {"FT110": "script is missing"}),
    "large": (make_large, {}),
    "proc": (lambda path: path.symlink_to("/proc/kmsg"), {"FT111": "script is not executable"}),
    "memory": (lambda path: path.symlink_to("/proc/self/mem"), {"FT111": "script is not executable"}),
    "gone" * 90: (lambda path: None, {"FT110": "script is missing"}),
    "caf\udce9": (lambda path: path.mkdir(), {"FT111": "a folder is run as a command"}),
}


@pytest.mark.parametrize("name", ODD)
@pytest.mark.parametrize("by", ["", "bash "])
def test_whatever_a_command_is_the_others_are_checked(tmp_path: Path, name: str, by: str) -> None:
    make, expected = ODD[name]
    odd = tmp_path / name
    make(odd)
    bad = tmp_path / "zbad.sh"
    bad.write_text("if true\n")
    bad.chmod(0o755)
    lines = f"5 * * * * {by}{odd} >> /tmp/d1.log 2>&1\n15 * * * * {bad} >> /tmp/d2.log 2>&1\n"
    rows = table(os.fsencode(lines), tmp_path)
    begun = time.monotonic()
    checked = checkup(seen(NOW, rows), FileFacts(probes=ProbeCache(systemd=False), log_limit=1000))
    assert time.monotonic() - begun < 10, "nothing waits for what is no file"
    assert "FT112" in [one.code for one in checked.findings if one.job_id == rows[1].id]
    found = {one.code: one.title for one in checked.findings if one.job_id == rows[0].id}
    usual = {code: title for code, title in found.items() if code in ("FT110", "FT111", "FT112", "FT113")}
    if not by:
        assert usual == expected
    elif name in ("folder", "caf\udce9"):
        assert usual == {"FT111": "a folder is run as a command"}


def test_a_script_that_is_too_large_is_not_checked(tmp_path: Path) -> None:
    path = tmp_path / "large.sh"
    path.write_text("#!/bin/bash\n" + "true\n" * 200)
    with path.open("r+b") as file:
        file.truncate(2 * 1024**3)
    checked = checkup(
        seen(NOW, table(f"5 * * * * bash {path}\n")), FileFacts(probes=ProbeCache(systemd=False))
    )
    reasons = {one.what: one.reason for one in checked.unchecked if "FT112" in one.codes}
    assert reasons == {str(path): "it is too large for a script: 2147 MB"}


def test_every_check_is_listed_with_the_facts_it_needs() -> None:
    assert {code for check in CHECKS for code in (rule.code for rule in check.rules)} == set(RULES)
    assert {"FT002", "FT006", *(f"FT70{n}" for n in range(1, 7)), "FT711", "FT712", "FT713"} == ALONE


def test_a_program_that_was_late_once_is_not_waited_for_again() -> None:
    asked: list[str] = []

    def late(argv: Sequence[str], _deadline: float) -> Ended:
        asked.append(" ".join(argv))
        if argv[0] == "systemctl" and "--user" not in argv:
            raise ProgramLate("systemctl show did not answer within 2 s")
        return Ended(0, b"", b"")

    probes = ProbeCache(late, systemd=True)
    for said, words in (("within 2 s", "show"), ("systemctl did not answer before", "list-units")):
        with pytest.raises(ProbeFailed, match=said):
            probes.ask(("systemctl", words))
    assert probes.ask(("systemctl", "--user", "show")).status == probes.ask(("git", "status")).status == 0
    assert asked == ["systemctl show", "systemctl --user show", "git status"]
