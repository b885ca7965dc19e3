"""The system's tables of a real Debian, held against what its cron says it loads."""

from __future__ import annotations

from typing import Any

from tests.box.inside import inside, shown, start_inside
from tests.box.machine import Box, wait_until

READ = """\
from fedtui.sources.system_tables import SystemTablesSource
source = SystemTablesSource()
answer = source.look()
show([[str(j.location), j.user, j.state, j.state_reason, list(j.facts.parts), j.editable]
      for j in answer.jobs])
"""
JOB = "0 5 * * * root true\n"


def rows(box: Box, user: str = "fed") -> dict[str, list[Any]]:
    return {row[0]: row[1:] for row in inside(box, READ, user)}


def test_debians_own_tables_are_read_by_anyone_and_written_by_root(box: Box) -> None:
    found = rows(box)
    (daily,) = [row for place, row in found.items() if place.startswith("/etc/crontab:") and "dpkg" in row[3]]
    assert daily[:3] == ["root", "on", ""]
    parts = box.output(["run-parts", "--test", "/etc/cron.daily"]).split()
    assert [f"/etc/cron.daily/{name}" for name in daily[3]] == parts
    assert daily[4] is False
    assert {row[4] for row in rows(box, "root").values()} == {True}


def test_what_is_called_not_loaded_is_what_cron_refuses_to_load(own_box: Box) -> None:
    box = own_box
    box.write("/etc/cron.d/good", JOB, user="root")
    box.write("/etc/cron.d/dotted.name", JOB, user="root")
    box.write("/etc/cron.d/foreign", JOB, user="fed")
    box.write("/etc/cron.d/open", JOB, user="root", mode=0o664)
    box.write("/etc/cron.d/twice", JOB, user="root")
    box.run(["ln", "/etc/cron.d/twice", "/root/twice"], user="root", check=True)
    box.write("/etc/cron.d/broken", JOB + "61 * * * * root true\n", user="root")
    box.write("/etc/cron.d/stranger", JOB + "1 * * * * nobody-here true\n", user="root")
    found = rows(box)
    reasons = {place.split("/")[-1]: (row[1], row[2]) for place, row in found.items() if "cron.d" in place}
    assert reasons["good:1"] == ("on", "")
    ignored = "cron ignores the whole table: "
    assert reasons["dotted.name:1"][0] == "not_loaded"
    assert reasons["foreign:1"] == ("not_loaded", f"{ignored}the file belongs to fed, not to root")
    assert reasons["open:1"] == ("not_loaded", f"{ignored}its mode 0664 lets others than root write it")
    assert reasons["twice:1"] == ("not_loaded", f"{ignored}it has 2 hard links")
    assert reasons["broken:1"] == ("not_loaded", f"{ignored}line 2: bad minute")
    assert reasons["stranger:2"][0] == "bad_line"
    box.output(["systemctl", "restart", "cron"], user="root")
    refused = {
        "foreign": "WRONG FILE OWNER",
        "open": "INSECURE MODE",
        "twice": "NUMBER OF HARD LINKS > 1",
        "broken": "Syntax error, this crontab file will be ignored",
        "stranger": "bad username",
    }
    log = wait_until(lambda: _cron_log(box, *refused), 10, "cron has read its tables")
    for name, words in refused.items():
        assert any(name in line and words.lower() in line.lower() for line in log.splitlines()), (name, log)
    assert "good" not in log


def _cron_log(box: Box, *words: str) -> str:
    box.output(["journalctl", "--sync"], user="root")
    log = box.output(["journalctl", "-q", "-t", "cron", "-o", "cat"], user="root")
    return log if all(word in log for word in words) else ""


def test_anacron_takes_over_where_it_is_installed(own_box: Box) -> None:
    own_box.write("/usr/sbin/anacron", "#!/bin/sh\n", user="root", mode=0o755)
    own_box.write("/etc/anacrontab", "1\t5\tcron.daily\trun-parts --report /etc/cron.daily\n", user="root")
    found = rows(own_box)
    off = [row for row in found.values() if row[1] == "off"]
    assert {row[2] for row in off} >= {"does nothing here: anacron does its work"}
    assert found["/etc/anacrontab:1"][1] == "on"


def test_a_new_table_and_a_change_to_one_are_seen_within_two_seconds(own_box: Box) -> None:
    code = """
from fedtui.sources.system_tables import SystemTablesSource
source = SystemTablesSource()
def mine(answer): return [j.schedule for j in answer.jobs if j.location.path == "/etc/cron.d/mine"]
async def main():
    show(mine(await source.read()))
    async for _ in source.watch():
        show(mine(await source.read()))
asyncio.run(main())
"""
    process = start_inside(own_box, code)
    assert shown(process) == []
    for schedule in ("0 5 * * *", "0 6 * * *"):
        own_box.write("/etc/cron.d/mine", f"{schedule} root true\n", user="root")
        wait_until(lambda wanted=schedule: shown(process) == [wanted], 2, "the change is seen")
