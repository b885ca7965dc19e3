"""The alert check on a real machine: run by a user timer, told by mail, the pack's jobs on cron."""

from __future__ import annotations

import time
from collections.abc import Iterator
from email import message_from_string
from typing import Any

import pytest

from tests.box.inside import inside
from tests.box.machine import Box, between_looks_of_cron, wait_until

ROOT = "/home/fed/federation"
SCRIPT = f"{ROOT}/scripts/sync-learning-data.sh"
PRODUCT = f"{ROOT}/data/patterns/skills-patterns.jsonl"
MAILS = "/var/mail-sink"
SENDMAIL = f"""#!/bin/sh
cd {MAILS} || exit 75
cat > "$$.part" && mv "$$.part" "$(date +%s%N).mail"
"""
SYNC = f"mkdir -p {ROOT}/data/patterns; test ! -e {ROOT}/fail || exit 3\nsort -u -o {PRODUCT} {PRODUCT}\n"
HEAD = f"""
from dataclasses import replace
from fedtui import changes
from tests.box.acting import PORTS
from fedtui.changes.change_set import plan_change_set
from fedtui.changes.wording import Wording
from fedtui.federation.alerts.alert_job import alert_changes
from fedtui.federation.managed_job import ManagedJob
from fedtui.federation.backends.placement import removal_edits, install_edits
from fedtui.pack import Pack, pack_file, written

PACK = Pack(root={ROOT!r}, profile="conservative", backend="cron", log_dir="/home/fed/logs",
    since="2026-11-01", scripts={{"sync": {SCRIPT!r}}}, products={{"sync": {PRODUCT!r}}}, mail_to="fed")
SYNC = ManagedJob("sync", "federated-sync", "Sync", ("bash", {SCRIPT!r}), "0 * * * *",
    "/home/fed/logs/federated-sync.log")

async def change(parts):
    if not parts:
        return
    plan = await plan_change_set(Wording("setup", "", "the pack", "Set up.", "Done."), parts, PORTS)
    await changes.apply(plan, PORTS)

async def main():
    pack = replace(PACK, backend=BACKEND)
    pack_file().parent.mkdir(parents=True, exist_ok=True)
    pack_file().write_bytes(written(pack))
    alert = await alert_changes(pack, PORTS)
    quick = (("OnActiveSec", "1s"), ("OnUnitInactiveSec", "3s"), ("AccuracySec", "100ms"))
    job = replace(alert.job, timer=quick, schedule="* * * * *") if OFTEN else alert.job
    for gone in {{"cron", "user"}} - {{BACKEND}}:
        await change(await removal_edits(["sync"], gone, "", PORTS))
    for gone in {{"cron", "user"}} - {{alert.backend}}:
        await change(await removal_edits(["alert"], gone, "", PORTS))
    await change(await install_edits((SYNC,), BACKEND, "", PORTS))
    await change(await install_edits((job,), alert.backend, "", PORTS))
    show([alert.backend, [one.text for one in alert.issues]])
"""


@pytest.fixture(scope="module")
def alerted(box_possible: None) -> Iterator[Box]:
    """A federation whose sync is on cron, its alert check on a user timer, mails kept in a folder."""
    with Box() as box:
        box.write("/usr/sbin/sendmail", SENDMAIL, user="root", mode=0o755)
        box.run(["install", "-d", "-m", "1777", MAILS], user="root", check=True)
        box.run(["mkdir", "-p", "/home/fed/logs", f"{ROOT}/scripts", f"{ROOT}/data/patterns"], check=True)
        box.write(SCRIPT, SYNC)
        yield box


def set_up(box: Box, backend: str = "cron", *, often: bool = False) -> Any:
    """The sync on the backend, the alert check on the other; `often`: as often as that one can."""
    code = f"BACKEND, OFTEN = {backend!r}, {often}\n{HEAD}\nasyncio.run(main())\n"
    return inside(box, code, "fed", timeout=60)


def data(box: Box, age: float) -> None:
    """The newest data of the sync is so many seconds old; the file itself is new."""
    box.write(PRODUCT, f'{{"timestamp": {time.time() - age - 9000}}}\n{{"timestamp": {time.time() - age}}}\n')


def subjects(box: Box) -> list[str]:
    """The subjects of the mails so far."""
    listed = box.run(["sh", "-c", f"ls {MAILS}/*.mail 2>/dev/null"]).stdout.split()
    mails = [message_from_string(box.run(["cat", path], check=True).stdout) for path in listed]
    return [mail["Subject"].partition("] ")[2] for mail in mails]


GIVEN: list[str] = []
"""The subjects that `check` has given so far. The timer runs the check as well, every ten minutes."""


def check(box: Box, times: int = 3) -> list[str]:
    """Run the unit of the alert check so often; the mails since the last time."""
    for _ in range(times):
        box.run(["systemctl", "--user", "reset-failed"])  # forgets how often it was started just now
        box.run(["systemctl", "--user", "start", "federated-alert.service"], check=True, timeout=60)
    new = subjects(box)[len(GIVEN) :]
    GIVEN.extend(new)
    return new


def test_stale_data_is_one_mail_and_fresh_data_another(alerted: Box) -> None:
    data(alerted, 60)
    assert set_up(alerted) == ["user", ["Prove the alert channels once."]]
    timers = alerted.run(["systemctl", "--user", "list-timers", "federated-alert.timer"], check=True)
    assert "1 timers listed" in timers.stdout
    assert check(alerted) == []
    data(alerted, 3 * 3600)
    assert check(alerted) == ["federated-sync is stale"]
    data(alerted, 60)
    assert check(alerted) == ["federated-sync is fresh again"]


def test_a_failed_run_is_one_mail_and_a_good_one_another(alerted: Box) -> None:
    data(alerted, 60)
    alerted.run(["touch", f"{ROOT}/fail"], check=True)
    assert alerted.run(["fedtui", "run", "federated-sync", "--wait"], timeout=60).returncode == 1
    assert check(alerted) == ["federated-sync failed"]
    alerted.run(["rm", f"{ROOT}/fail"], check=True)
    alerted.run(["fedtui", "run", "federated-sync", "--wait"], check=True, timeout=60)
    assert check(alerted) == ["federated-sync runs well again"]


def test_a_line_that_somebody_deleted_is_told(alerted: Box) -> None:
    kept = alerted.run(["crontab", "-l"], check=True).stdout
    alerted.run(["crontab", "-r"], check=True)
    assert check(alerted) == ["federated-sync is gone"]
    alerted.run(["crontab", "-"], input=kept, check=True)
    assert check(alerted) == ["federated-sync is there again"]


def test_a_mailer_that_fails_is_asked_again_and_the_doctor_says_so(alerted: Box) -> None:
    alerted.write(
        "/usr/sbin/sendmail", "#!/bin/sh\necho queue is full >&2\nexit 75\n", user="root", mode=0o755
    )
    # With a limit of one's own the age of the data counts, also after a run that ended well.
    alerted.write("/home/fed/.config/fedtui/config.toml", '[alert.stale]\nfederated-sync = "2 h"\n')
    data(alerted, 3 * 3600)
    done = alerted.run(["fedtui", "check", "--alert"], timeout=60)
    assert done.returncode == 1
    assert "mail to fed: sendmail ended with exit 75: queue is full." in done.stdout
    assert "FT712" in alerted.run(["fedtui", "check"], timeout=60).stdout
    alerted.write("/usr/sbin/sendmail", SENDMAIL, user="root", mode=0o755)
    assert check(alerted) == ["federated-sync is stale"]
    assert "FT712" not in alerted.run(["fedtui", "check"], timeout=60).stdout
    data(alerted, 60)
    assert check(alerted) == ["federated-sync is fresh again"]


def test_the_timer_tells_of_a_dead_cron_by_itself(alerted: Box) -> None:
    data(alerted, 60)
    set_up(alerted, often=True)
    before = len(subjects(alerted))
    alerted.run(["systemctl", "stop", "cron"], user="root", check=True)
    try:
        wait_until(
            lambda: subjects(alerted)[before:] == ["cron is not running"], 60, "a mail of the dead cron"
        )
    finally:
        alerted.run(["systemctl", "start", "cron"], user="root", check=True)
    wait_until(lambda: len(subjects(alerted)) > before + 1, 60, "a mail of its return")
    assert subjects(alerted)[before:] == ["cron is not running", "cron is running again"]


def test_cron_tells_of_a_failed_timer_and_of_a_dead_user_manager(alerted: Box) -> None:
    data(alerted, 60)
    between_looks_of_cron()
    assert set_up(alerted, "user", often=True) == ["cron", ["Prove the alert channels once."]]
    before = len(subjects(alerted))
    alerted.run(["touch", f"{ROOT}/fail"], check=True)
    assert alerted.run(["systemctl", "--user", "start", "federated-sync.service"]).returncode == 1
    wait_until(lambda: subjects(alerted)[before:] == ["federated-sync.timer failed"], 240, "cron's own mail")
    alerted.run(["crontab", "-r"], check=True)  # from here on no minute is waited for
    alerted.run(["systemctl", "stop", "user@1000.service"], user="root", check=True)
    as_cron = ["env", "-i", "HOME=/home/fed", "LOGNAME=fed", "PATH=/usr/bin:/bin", "/usr/local/bin/fedtui"]
    statuses = [alerted.run([*as_cron, "check", "--alert"], timeout=60).returncode for _ in range(3)]
    assert statuses == [3, 3, 3]
    assert subjects(alerted)[before + 1 :] == ["federated-sync.timer cannot be looked at"]
