"""The full-screen log and the help page: what the user reads after each key."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from fedtui.logs.log_feed import FileFeed, LogChunk
from fedtui.screens.log import LogScreen
from tests.fixtures import mockup_data as mock
from tests.fixtures.mockup_app import MockupApp
from tests.pilot.test_dashboard import LARGE, SMALL, settled


def log_screen(app: MockupApp) -> LogScreen:
    assert isinstance(app.screen, LogScreen)
    return app.screen


async def test_runs_have_rules_with_their_verdict() -> None:
    app = MockupApp()
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press("l")
        text = await settled(pilot, lambda text: "sync complete" in text)
        assert " ── Tue 13:00  ✓ ok  2 s ────────────────────────────────────────────────" in text
        assert " ── Tue 14:00  ▲ ok, 3 warnings  2 s ────────────────────────────────────" in text
        assert text.splitlines()[-1] == (
            " / search  n/N match  f follow  g/G ends  w wrap  [ prev run  ? help  esc back"
        )


async def test_search_finds_the_last_match_first_and_n_goes_round() -> None:
    app = MockupApp()
    async with app.run_test(size=LARGE) as pilot:
        await pilot.press("l")
        await settled(pilot, lambda text: "sync complete" in text)
        await pilot.press("slash", *"qdrant", "enter")
        assert "/ qdrant                     4 of 4" in await settled(pilot)
        await pilot.press("n")
        assert "1 of 4" in await settled(pilot)
        await pilot.press("N")
        assert "4 of 4" in await settled(pilot)
        await pilot.press("escape")
        assert "/ qdrant" not in await settled(pilot)
        assert isinstance(app.screen, LogScreen)


async def test_a_capital_makes_the_search_exact() -> None:
    app = MockupApp()
    async with app.run_test(size=LARGE) as pilot:
        await pilot.press("l")
        await settled(pilot, lambda text: "sync complete" in text)
        await pilot.press("slash", *"QDRANT", "enter")
        assert "not found" in await settled(pilot, lambda text: "not found" in text)


async def test_g_and_capital_g_go_to_the_ends() -> None:
    app = MockupApp()
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press("l")
        await settled(pilot, lambda text: "following" in text)
        await pilot.press("g")
        text = await settled(pilot)
        assert text.splitlines()[2].startswith(" ── Tue 10:00  ✓ ok  2 s")
        assert "0.0 % of the last lines" in text
        await pilot.press("G")
        text = await settled(pilot)
        assert text.splitlines()[21] == " 14:00:02 INFO sync complete"
        assert "following" in text


async def test_reading_further_up_stops_following_and_f_takes_it_up() -> None:
    app = MockupApp()
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press("l")
        await settled(pilot, lambda text: "following" in text)
        await pilot.press("pageup")
        before = await settled(pilot, lambda text: "following" not in text)
        app.write(mock.SYNC, LogChunk(("14:05:00 INFO more",)))
        after = await settled(pilot, lambda text: len(log_screen(app).view.texts) == 38)
        assert [line[:79] for line in before.splitlines()[2:20]] == [
            line[:79] for line in after.splitlines()[2:20]
        ]
        await pilot.press("f")
        text = await settled(pilot)
        assert text.splitlines()[21] == " 14:05:00 INFO more"


async def test_bracket_goes_to_the_run_before() -> None:
    app = MockupApp()
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press("l")
        await settled(pilot, lambda text: "following" in text)
        await pilot.press("left_square_bracket")
        assert (await settled(pilot)).splitlines()[2].startswith(" ── Tue 12:00")
        await pilot.press("left_square_bracket")
        assert (await settled(pilot)).splitlines()[2].startswith(" ── Tue 11:00")


async def test_w_wraps_long_lines() -> None:
    app = MockupApp()
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press("l")
        await settled(pilot, lambda text: "following" in text)
        line = "x" * 100 + "END"
        app.write(mock.SYNC, LogChunk((line,)))
        text = await settled(pilot, lambda text: "xxx" in text)
        assert "END" not in text
        await pilot.press("w")
        text = await settled(pilot, lambda text: "END" in text)
        assert text.splitlines()[21].strip() == "x" * (103 - 3 - 77) + "END"
        await pilot.press("w")
        assert "END" not in await settled(pilot, lambda text: "END" not in text)
        await pilot.press("right", "right")
        assert "END" in await settled(pilot)


async def test_a_log_that_cannot_be_read_says_why() -> None:
    app = MockupApp()
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press("l")
        await settled(pilot, lambda text: "following" in text)
        app.write(mock.SYNC, LogChunk(reset=True, problem="~/logs is a directory. Name a file."))
        assert "▲ ~/logs is a directory. Name a file." in await settled(
            pilot, lambda text: "directory" in text
        )


async def test_a_job_without_a_log_says_so() -> None:
    app = MockupApp(replace(mock.SNAPSHOT, jobs=(mock.ROTATE,)))
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press("l")
        assert "This job writes its output nowhere" in await settled(pilot, lambda text: "nowhere" in text)


async def test_a_fast_log_is_written_in_batches_and_bounded() -> None:
    app = MockupApp()
    async with app.run_test(size=SMALL) as pilot:
        await settled(pilot, lambda text: "following" in text)
        for number in range(100):
            app.write(mock.SYNC, LogChunk(tuple(f"line {number * 1000 + n}" for n in range(1000))))
        text = await settled(pilot, lambda text: "line 99999" in text)
        assert text.splitlines()[22] == " line 99999"
        view = app.screen.query_one("#log-view")
        assert len(view.texts) == 2000  # type: ignore[attr-defined]


async def test_help_lists_keys_and_signs_and_finds_a_key() -> None:
    app = MockupApp()
    async with app.run_test(size=LARGE) as pilot:
        await pilot.press("question_mark")
        text = await settled(pilot)
        assert "r  run now, live output" in text
        assert "✗ exit 1          failed, or a signal" in text
        await pilot.press("slash", *"undo")
        text = await settled(pilot)
        assert "u  undo the last change" in text
        assert "run now" not in text
        await pilot.press("escape", "escape")
        assert "1 Jobs  9" in await settled(pilot, lambda text: "1 Jobs" in text)


async def test_help_shows_remapped_keys() -> None:
    app = MockupApp(keys={"job.run": "f9"})
    async with app.run_test(size=LARGE) as pilot:
        await pilot.press("question_mark")
        assert "f9  run now, live output" in await settled(pilot)


async def test_a_long_file_is_read_beyond_its_tail(tmp_path: Path) -> None:
    path = tmp_path / "long.log"
    path.write_text("".join(f"line {n}{' NEEDLE' if n in (40, 9_000) else ''}\n" for n in range(20_000)))
    app = MockupApp(replace(mock.SNAPSHOT, jobs=(replace(mock.SYNC, log_path=str(path)),), runs={}))
    app.open_log = lambda job: FileFeed(str(path))
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press("l")
        await settled(pilot, lambda text: " line 19999\n" in text and "following" in text)
        await pilot.press("g")
        text = await settled(pilot, lambda text: " line 0\n" in text)
        assert " 0.0 %" in text
        await pilot.press("G")
        text = await settled(pilot, lambda text: " line 19999\n" in text and "following" in text)
        await pilot.press("slash", *"NEEDLE", "enter")
        text = await settled(pilot, lambda text: "line 9000 NEEDLE" in text)
        assert text.splitlines()[22].startswith(" / NEEDLE                     1 of 1 in these 2,000 lines")
        await pilot.press("N")
        await settled(pilot, lambda text: "line 40 NEEDLE" in text)
        await pilot.press("n")
        await settled(pilot, lambda text: "line 9000 NEEDLE" in text)
        await pilot.press("f")
        await settled(pilot, lambda text: " line 19999\n" in text and "following" in text)


async def test_reading_up_continues_above_the_tail_and_down_again_to_the_live_end(tmp_path: Path) -> None:
    path = tmp_path / "long.log"
    path.write_text("".join(f"line {n}\n" for n in range(3_000)))
    app = MockupApp(replace(mock.SNAPSHOT, jobs=(replace(mock.SYNC, log_path=str(path)),), runs={}))
    app.open_log = lambda job: FileFeed(str(path))
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press("l")
        await settled(pilot, lambda text: " line 2999\n" in text)
        await pilot.press("home")
        await settled(pilot, lambda text: " line 2500\n" in text)
        await pilot.press("pageup")
        await settled(pilot, lambda text: " line 2490\n" in text)
        for _ in range(4):
            await pilot.press("home")
            await pilot.pause(0.2)
        await settled(pilot, lambda text: " line 0\n" in text)
        for _ in range(6):
            await pilot.press("end")
            await pilot.pause(0.2)
        await settled(pilot, lambda text: " line 2999\n" in text and "following" in text)
