"""A log under a real logrotate, in each of the ways it rotates, while a job goes on writing."""

from __future__ import annotations

import pytest

from tests.box.inside import shown, start_inside
from tests.box.machine import Box

FOLLOW = """\
from fedtui.sources.log_follow import LogFollower
async def main():
    async for event in LogFollower("/home/fed/logs/sync.log").follow():
        show([event.change, [line.decode() for line in event.lines]])
asyncio.run(main())
"""
WRITE = """\
import time
for number in range(200):
    with open("/home/fed/logs/sync.log", "a") as log:
        log.write(f"line {number}\\n")
    time.sleep(0.01)
with open("/home/fed/logs/sync.log", "a") as log:
    log.write("end\\n")
"""


@pytest.mark.parametrize(
    "way", ["create 0644 fed fed", "nocreate", "copytruncate", "create 0644 fed fed\n  compress"]
)
def test_no_line_is_lost_over_rotations(box: Box, way: str) -> None:
    box.write("/home/fed/logs/sync.log", "before\n")
    box.write("/home/fed/rotate", f"/home/fed/logs/sync.log {{\n  rotate 20\n  missingok\n  {way}\n}}\n")
    follower = start_inside(box, FOLLOW)
    assert shown(follower) == ["lines", ["before"]]
    writer = start_inside(box, WRITE)
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
    # A log that the writer makes in the instant before logrotate's own `create` is put aside by logrotate.
    lines += box.output(["sh", "-c", "cat logs/*.backup 2>/dev/null; true"]).splitlines()
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
