"""A log under a real logrotate, in each of the ways it rotates, while a job continues writing."""

from __future__ import annotations

import pytest

from tests.box.inside import shown, start_inside
from tests.box.machine import Box

FOLLOW = """\
from fedtui.logs.log_follower import LogFollower
async def main():
    async for event in LogFollower("/home/fed/logs/sync.log").follow():
        show([event.change, [line.decode() for line in event.lines]])
asyncio.run(main())
"""
# A log that a writer makes between logrotate's rename and its `create` is put aside by logrotate, as
# LOG-YYYYMMDDHH.backup, where no follower looks: under `create` the writer leaves making it to logrotate.
WRITE = """\
def write(text):
    while True:
        try:
            log = os.open("/home/fed/logs/sync.log", os.O_WRONLY | os.O_APPEND | FLAGS, 0o644)
        except FileNotFoundError:
            time.sleep(0.001)
            continue
        os.write(log, text.encode())
        os.close(log)
        return
for number in range(200):
    write(f"line {number}\\n")
    time.sleep(0.01)
write("end\\n")
"""


@pytest.mark.parametrize(
    "way", ["create 0644 fed fed", "nocreate", "copytruncate", "create 0644 fed fed\n  compress"]
)
def test_no_line_is_lost_over_rotations(box: Box, way: str) -> None:
    box.write("/home/fed/logs/sync.log", "before\n")
    box.write("/home/fed/rotate", f"/home/fed/logs/sync.log {{\n  rotate 20\n  missingok\n  {way}\n}}\n")
    follower = start_inside(box, FOLLOW)
    assert shown(follower) == ["lines", ["before"]]
    flags = "0" if way.startswith("create") else "os.O_CREAT"
    writer = start_inside(box, WRITE.replace("FLAGS", flags))
    lines: list[str] = []
    changes: list[str] = []
    rotations = 0
    while "end" not in lines:
        change, new = shown(follower)
        changes.append(change)
        lines += new
        if len(lines) // 40 > rotations and rotations < 4:
            rotations += 1
            box.run(["logrotate", "--force", "--state", "/home/fed/state", "/home/fed/rotate"], check=True)
    writer.wait(10)
    follower.kill()
    box.run(["sh", "-c", "rm -f logs/* state"], check=True)
    wanted = [*(f"line {number}" for number in range(200)), "end"]
    if way == "copytruncate":
        # What is written between its copy and its truncation logrotate itself loses, for everyone.
        assert "truncated" in changes
        assert lines == [line for line in wanted if line in lines]
        assert len(lines) > 150
    else:
        assert "rotated" in changes
        assert sorted(lines) == sorted(wanted)
