"""A change whose answer does not come: it is called neither made nor not made, and can be taken back."""

from __future__ import annotations

import getpass
import json
import os
from pathlib import Path

import pytest

from fedtui import changes
from fedtui.action_result import OutcomeUnknown, Refused
from fedtui.changes.change_set import plan_change_set
from fedtui.changes.edits import FileEdit, MaskEdit, UnitEdit
from fedtui.changes.wording import Wording
from fedtui.cli import report_errors
from fedtui.ports import Ports
from fedtui.system.crontab_port import CrontabRefused, CrontabUnknown
from fedtui.system.crontab_program import SystemCrontab
from tests.unit.changes.fake_manager import Manager

WORDING = Wording("pause", "user-timer:x.timer", "x.timer", "Pause x.timer.", "Paused.")
STOP = UnitEdit("x.timer", True, (False, True), (False, False))


@pytest.mark.parametrize("hangs", [("StopUnit",), ("StopUnit", "GetAll")])
async def test_a_stop_without_an_answer_is_kept_to_be_found_out(ports: Ports, hangs: tuple[str, ...]) -> None:
    manager = Manager()
    here = manager.port(ports)
    plan = await plan_change_set(WORDING, [STOP], here)
    manager.hangs = hangs[:1]
    with pytest.raises(OutcomeUnknown) as raised:
        await changes.apply(plan, here)
    assert str(raised.value) == (
        "Outcome unknown: systemd does not answer (no answer to StopUnit in 25 s). "
        "Check with: systemctl --user status x.timer; take it back with: fedtui undo 1"
    )
    assert "StartUnit" not in manager.asked
    (step,) = here.history.prepared_undo()
    assert step.id == 1
    manager.hangs = hangs[1:]
    if hangs[1:]:
        with pytest.raises(
            Refused, match=r"systemd does not answer: no answer to GetAll .* Nothing was changed\."
        ):
            await changes.apply(await changes.plan_undo(here), here)
        assert here.history.prepared_undo() != []
        manager.hangs = ()
    assert (await changes.apply(await changes.plan_undo(here), here)).message.startswith("Undone")
    assert manager.active


@pytest.mark.parametrize("started", [True, False])
async def test_an_undo_without_an_answer_is_finished_by_the_same_undo(ports: Ports, started: bool) -> None:
    manager = Manager()
    here = manager.port(ports)
    await changes.apply(await plan_change_set(WORDING, [STOP], here), here)
    plan = await changes.plan_undo(here)
    manager.hangs = ("StartUnit",)
    with pytest.raises(OutcomeUnknown, match=r"; finish it with: fedtui undo 1$"):
        await changes.apply(plan, here)
    manager.hangs, manager.active = (), started
    if started:
        with pytest.raises(Refused, match="Change 1 was undone already"):
            await changes.plan_undo(here, 1)
    else:
        await changes.apply(await changes.plan_undo(here, 1), here)
    assert (manager.active, here.history.prepared_undo()) == (True, [])


async def test_what_systemd_did_not_do_is_forgotten_once_it_answers(ports: Ports) -> None:
    manager = Manager("StopUnit")
    here = manager.port(ports)
    plan = await plan_change_set(WORDING, [STOP], here)
    with pytest.raises(OutcomeUnknown):
        await changes.apply(plan, here)
    manager.active, manager.hangs = True, ()
    with pytest.raises(Refused, match="othing to undo"):
        await changes.apply(await changes.plan_undo(here), here)
    assert here.history.prepared_undo() == []


async def test_no_answer_after_the_change_was_asked_for_is_unknown_too(ports: Ports) -> None:
    manager = Manager()
    here = manager.port(ports)
    plan = await plan_change_set(WORDING, [MaskEdit("x.timer", True, False, True)], here)
    manager.hangs = ("MaskUnitFiles",)
    with pytest.raises(OutcomeUnknown, match=r"no answer to MaskUnitFiles .*status x\.timer"):
        await changes.apply(plan, here)


async def test_what_was_made_before_stays_and_is_taken_back_with_the_rest(
    ports: Ports, tmp_path: Path
) -> None:
    manager, path = Manager(), tmp_path / "note"
    here = manager.port(ports)
    plan = await plan_change_set(WORDING, [FileEdit(str(path), None, b"x\n"), STOP], here)
    manager.hangs = ("StopUnit",)
    with pytest.raises(OutcomeUnknown):
        await changes.apply(plan, here)
    assert path.read_bytes() == b"x\n"
    manager.hangs = ()
    await changes.apply(await changes.plan_undo(here), here)
    assert (path.exists(), manager.active) == (False, True)


def test_the_exit_status_is_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    def fails() -> int:
        raise OutcomeUnknown("systemd does not answer.", "Check with: systemctl status x.timer")

    assert report_errors(fails, False, as_json=True) == 5
    output = capsys.readouterr()
    said = "Outcome unknown: systemd does not answer."
    assert output.err == f"{said} Check with: systemctl status x.timer\n"
    assert {"kind": "outcome_unknown", "message": said, "untouched": None}.items() <= json.loads(output.out)[
        "error"
    ].items()


# crontab(1)

CRONTAB = """\
#!/bin/sh
# A crontab(1) whose table is the file next to it, and that hangs where `hangs` says.
here={here}
case "$*" in
*-V*) echo cronie >&2;;
*-T*) ;;
*-l*)
    [ -e "$here/list-hangs" ] && exec sleep 600
    cat "$here/table" 2>/dev/null || {{ echo "no crontab for you" >&2; exit 1; }};;
*-e*)
    cp "$here/table" "$here/edited"
    [ -e "$here/hangs-before" ] && exec sleep 600
    $VISUAL "$here/edited"
    cp "$here/edited" "$here/table"
    [ -e "$here/list-hangs-later" ] && mv "$here/list-hangs-later" "$here/list-hangs"
    [ -e "$here/hangs-after" ] && exec sleep 600
    exit 0;;
esac
"""
OLD, NEW = b"1 * * * * old\n", b"2 * * * * new\n"


@pytest.fixture
def crontab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[SystemCrontab, Path]:
    program = tmp_path / "crontab"
    program.write_text(CRONTAB.format(here=tmp_path))
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    (tmp_path / "table").write_bytes(OLD)
    return SystemCrontab(getpass.getuser(), deadline=1.5, spools=(tmp_path / "none",)), tmp_path


def test_a_write_that_hangs_after_it_is_made_is_made(crontab: tuple[SystemCrontab, Path]) -> None:
    port, folder = crontab
    (folder / "hangs-after").touch()
    port.replace(OLD, NEW)
    assert port.read() == NEW


def test_a_write_that_hangs_before_it_is_made_is_not(crontab: tuple[SystemCrontab, Path]) -> None:
    port, folder = crontab
    (folder / "hangs-before").touch()
    with pytest.raises(CrontabRefused, match=r"crontab -e did not answer within 1\.5 s, and was stopped"):
        port.replace(OLD, NEW)
    assert port.read() == OLD


def test_a_write_whose_table_cannot_be_read_is_unknown(crontab: tuple[SystemCrontab, Path]) -> None:
    port, folder = crontab
    for name in ("hangs-after", "list-hangs-later"):
        (folder / name).touch()
    with pytest.raises(CrontabUnknown) as raised:
        port.replace(OLD, NEW)
    assert raised.value.advice == "Check with: crontab -l"
