"""The watch screen: what the user reads of each cycle, and what its keys do."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from fedtui.logs.log_feed import LogChunk
from fedtui.model import CronFacts, Outcome, Result
from fedtui.screens.log import LogScreen
from fedtui.screens.watch import WatchScreen
from fedtui.watching.expected_run import LogMark, WatchVerdict
from tests.fixtures import mockup_data as mock
from tests.fixtures.mockup_app import MockupApp
from tests.fixtures.mockup_watch import FAILED_ONE, TWO_OF_THREE, good
from tests.pilot.test_dashboard import LARGE, SMALL, settled


async def test_the_cycles_the_countdown_and_the_verdict_so_far() -> None:
    app = MockupApp()
    async with app.run_test(size=LARGE) as pilot:
        await pilot.press("j", "w")
        lines = (await settled(pilot, lambda text: "cycle 3: waiting" in text)).splitlines()
        assert lines[1].startswith("─ Watch  generate-dashboard-data  */5 * * * *   cron ──")
        assert lines[2].split() == ["CYCLE", "DUE", "STARTED", "TOOK", "ENDED", "LOG", "PRODUCT", "VERDICT"]
        assert lines[3] == (
            " ✓ 1 of 3  13:55:00  +0.4 s       9.1 s  ✓ ok               +14 lines"
            "  metrics.json renewed    good"
        )
        assert lines[5] == (
            " ○ 3 of 3  14:10:00  in 4:48          –  waiting                    –"
            "  –                       grace until 14:11:00"
        )
        assert lines[9].startswith(" next cycle in 4:48   ━━━")
        assert lines[9].endswith("   14:10:00")
        assert lines[11] == " 2 of 3 good so far   a miss would be reported at 14:11:00"
        assert lines[12] == " started   on time, at most 0.6 s late"
        assert lines[39] == (
            " r run now  l full log  + one more  v env  x end the watch"
            "  esc back, keeps watching  ? help  q quit"
        )


async def test_the_countdown_continues_with_the_clock() -> None:
    app = MockupApp()
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press("j", "w")
        await settled(pilot, lambda text: "in 4:48" in text)
        app.clock_stands.now += timedelta(seconds=3)
        assert " next cycle in 4:45 " in await settled(pilot, lambda text: "in 4:45" in text)


async def test_the_log_is_marked_where_cycles_began_and_ended() -> None:
    app = MockupApp()
    async with app.run_test(size=LARGE) as pilot:
        await pilot.press("j", "w")
        text = await settled(pilot, lambda text: "cycle 3: waiting" in text)
        log = text[text.index("─ Log  ~/logs/dashboard-metrics.log  following") :].splitlines()
        marks = [line.strip() for line in log if line.startswith(" ──")]
        assert marks == [
            "── 13:55:00  cycle 1",
            "── 13:55:09  ✓ ok  9.1 s",
            "── 14:00:00  cycle 2",
            "── 14:00:09  ✓ ok  9.3 s",
            "── 14:10:00  cycle 3: waiting",
        ]
        assert log[1] == " ── 13:55:00  cycle 1"
        assert log[2] == " 13:55:00 INFO metrics run started"


async def test_a_cycle_that_comes_is_shown_with_its_lines() -> None:
    app = MockupApp()
    async with app.run_test(size=LARGE) as pilot:
        await pilot.press("j", "w")
        await settled(pilot, lambda text: "cycle 3: waiting" in text)
        app.clock_stands.now = mock.at("2026-11-24 14:10:15")
        third = good(mock.at("2026-11-24 14:10:00"), 0.2, 9.0, 1)
        app.watching.kept[mock.METRICS.id] = replace(TWO_OF_THREE, cycles=(*TWO_OF_THREE.cycles[:2], third))
        app.write(mock.METRICS, LogChunk(("14:10:00 INFO metrics run started",)))
        text = await settled(pilot, lambda text: "3 of 3 good" in text and "14:10:00 INFO" in text)
        assert "─ Verdict ──" in text
        assert " ✓ 3 of 3  14:10:00  +0.2 s         9 s  ✓ ok                 +1 line " in text
        assert "w watch again" in text.splitlines()[-1]
        assert " ── 14:10:00  cycle 3\n 14:10:00 INFO metrics run started\n ── 14:10:09  ✓ ok  9 s" in text


async def test_a_missed_cycle_names_its_likely_cause() -> None:
    app = MockupApp()
    app.watching.kept[mock.METRICS.id] = FAILED_ONE
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press("j", "w")
        text = await settled(pilot, lambda text: "likely" in text)
        assert " ✗ 2 of 2  14:00:00  –                –  ✗ not star" in text
        assert " 1 of 2 good, 1 failed" in text
        assert " cycle 2   ✗ it did not start: cron's log names no start of it" in text
        assert "           likely: FT401 generate-dashboard-data does not start" in text.replace("\n\n", "\n")


async def test_an_unproven_cycle_offers_the_recorder() -> None:
    unknown = Result(Outcome.UNKNOWN, duration=9.1)
    unproven = replace(TWO_OF_THREE.cycles[0], verdict=WatchVerdict.UNPROVEN, result=unknown, renewed=None)
    app = MockupApp()
    app.watching.kept[mock.METRICS.id] = replace(TWO_OF_THREE, cycles=(unproven,))
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press("j", "w")
        text = await settled(pilot, lambda text: "exit status" in text)
        assert " C keeps the exit status of every run from now on" in text
        assert " ? 1 of 1  13:55:00  +0.4 s       9.1 s  ? ran        +14 lines  –" in text
        assert isinstance(mock.METRICS.facts, CronFacts)
        recorded = replace(mock.METRICS, facts=replace(mock.METRICS.facts, record_key="7f3f700e"))
        rest = tuple(recorded if job.id == recorded.id else job for job in mock.JOBS)
        app.fixed.post(replace(mock.SNAPSHOT, jobs=rest))
        text = await settled(pilot, lambda text: "cron, recorder on" in text)
        assert "C keeps" not in text


async def test_a_job_that_is_not_watched_yet_is_watched_from_now_on() -> None:
    app = MockupApp()
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press("w")
        text = await settled(pilot, lambda text: "3 of 3" in text)
        assert " ○ 1 of 3  15:00:00  in 54:48 " in text
        assert app.watching.kept[mock.SYNC.id].cycles[0].due == mock.at("2026-11-24 15:00")
        assert app.watching.seen_to > 0


async def test_a_paused_job_cannot_be_watched_and_says_why() -> None:
    app = MockupApp()
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press("j", "j", "w")
        text = await settled(pilot, lambda text: "▲ export" in text)
        assert "▲ export-collections has no next run to watch: it is paused." in text


async def test_plus_adds_a_cycle_x_ends_the_watch_and_w_begins_another() -> None:
    app = MockupApp()
    async with app.run_test(size=LARGE) as pilot:
        await pilot.press("j", "w")
        await settled(pilot, lambda text: "3 of 3" in text)
        await pilot.press("plus")
        await settled(pilot, lambda text: " ○ 4 of 4 " in text)
        await pilot.press("x")
        text = await settled(pilot, lambda text: "the watch was ended at 14:05:12" in text)
        assert " 2 of 4 good   the watch was ended at 14:05:12" in text
        await pilot.press("w")
        text = await settled(pilot, lambda text: " ○ 1 of 3 " in text)
        assert app.watching.kept[mock.METRICS.id].count(WatchVerdict.GOOD) == 0


async def test_back_leaves_the_watch_going_and_the_log_opens_from_it() -> None:
    app = MockupApp()
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press("j", "w")
        await settled(pilot, lambda text: "3 of 3" in text)
        await pilot.press("l")
        await settled(pilot, lambda text: "─ Log  generate-dashboard-data" in text)
        assert isinstance(app.screen, LogScreen)
        await pilot.press("escape")
        await settled(pilot, lambda text: "3 of 3" in text)
        assert isinstance(app.screen, WatchScreen)
        await pilot.press("escape")
        await settled(pilot, lambda text: "1 Jobs" in text)
        assert app.watching.kept[mock.METRICS.id] == TWO_OF_THREE


async def test_a_job_that_is_removed_meanwhile_stays_named() -> None:
    app = MockupApp()
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press("j", "w")
        await settled(pilot, lambda text: "3 of 3" in text)
        rest = tuple(job for job in mock.JOBS if job.id != mock.METRICS.id)
        app.fixed.post(replace(mock.SNAPSHOT, jobs=rest))
        text = await settled(pilot)
        assert "─ Watch  generate-dashboard-data  */5 * * * *" in text


async def test_a_paused_job_is_paused_in_its_watch() -> None:
    app = MockupApp()
    waiting = replace(TWO_OF_THREE.cycles[2], due=None, grace_until=None)
    paused = replace(TWO_OF_THREE, cycles=(*TWO_OF_THREE.cycles[:2], waiting), paused=True)
    app.watching.kept[mock.METRICS.id] = paused
    async with app.run_test(size=LARGE) as pilot:
        await pilot.press("j", "w")
        lines = (await settled(pilot, lambda text: "cycle 3: paused" in text)).splitlines()
        assert lines[5].split() == ["‖", "3", "of", "3", "later", "–", "–", "paused", "–", "–", "paused"]
        assert lines[9] == " Paused: resume the job to continue the watch."
        assert lines[11] == " 2 of 3 good so far"


async def test_lines_without_a_time_are_marked_where_the_log_was_when_the_cycle_began() -> None:
    lines = ("an older run", "éä and more", "== begun ==", "done", "by hand")
    size = 212_000_000 + sum(len(f"{line}\n".encode()) for line in lines)
    mark = LogMark("/log", 1, size - len("== begun ==\ndone\nby hand\n"))
    first = replace(good(mock.at("2026-11-24 13:58:00"), 0.4, 9.1, 2), mark=mark)
    app = MockupApp()
    app.watching.kept[mock.METRICS.id] = replace(TWO_OF_THREE, cycles=(first,))
    async with app.run_test(size=LARGE) as pilot:
        await pilot.press("j", "w")
        await settled(pilot, lambda text: "1 of 1 good" in text)
        app.write(mock.METRICS, LogChunk(lines, size=size))
        shown = await settled(pilot, lambda text: "by hand" in text)
        shown_lines = [line.rstrip() for line in shown.splitlines()]
        begin = shown_lines.index(" an older run")
        assert shown_lines[begin : begin + 7] == [
            " an older run",
            " éä and more",
            " ── 13:58:00  cycle 1",
            " == begun ==",
            " done",
            " ── 13:58:09  ✓ ok  9.1 s",
            " by hand",
        ]
