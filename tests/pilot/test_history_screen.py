"""The history screen: what the user reads of ten days of runs, and what its keys do."""

from __future__ import annotations

from dataclasses import replace

from fedtui.history.database import HistoryError
from fedtui.model import Run
from fedtui.screens.history import HistoryScreen
from fedtui.screens.log import LogScreen
from tests.fixtures import mockup_data as mock
from tests.fixtures.mockup_app import MockupApp
from tests.fixtures.mockup_history import OLD, PAST
from tests.pilot.test_dashboard import LARGE, SMALL, settled


async def test_days_summary_durations_and_runs_with_their_evidence() -> None:
    app = MockupApp()
    async with app.run_test(size=LARGE) as pilot:
        await pilot.press("h")
        await settled(pilot, lambda text: "4,379" in text)
        await pilot.press("j")
        lines = (await settled(pilot, lambda text: "durations  sync" in text)).splitlines()
        assert lines[3].startswith(
            " Tue 24  ✗ ■ ■ ■ ■ ■ ✗ ■ ■ ■ ■ ▲ ✗ ■ ▲                     98.8 %        3"
        )
        assert lines[4].startswith(" Mon 23  ■ ■ » ■ ■")
        assert lines[5].startswith(" Sun 22  ■ ■ ■ ? · ■")
        assert lines[2].endswith("│ runs        4,378    in 10 days")
        assert lines[4].endswith("│ failed          5    last 2 h ago")
        assert "│ 40 runs   usual 2.1 s   slowest 6 s" in "\n".join(lines)
        assert lines[14].endswith("│ slowest     export-collections  3 m 12 s")
        assert lines[15].endswith("│ flakiest    federated-git       87 % ok")
        assert lines[18] == (
            " ► Tue 24  14:05:00 generate-dashboard-data  running                12 s  r           pid 48213"
        )
        assert lines[20] == (
            " ✓ Tue 24  14:00:00 generate-dashboard-data  ok                    9.1 s  cron"
            "        exit 0, recorder"
        )
        assert lines[39] == (
            " enter its log  / filter  [ older  ] newer  z fold strip  ? help  esc back  q quit"
        )


async def test_the_filter_leaves_one_jobs_runs_and_esc_brings_the_others_back() -> None:
    app = MockupApp()
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press("h")
        await settled(pilot, lambda text: "4,379" in text)
        await pilot.press("slash", *"git exit", "enter")
        text = await settled(pilot, lambda text: "Runs  5" in text)
        assert "─ History  matching “git exit”" in text
        assert " 0.0 % ok of 5 runs in 7 days   5 failed" in text
        rows = [line for line in text.splitlines() if line.startswith(" ✗ ")]
        assert rows[0] == " ✗ Tue 24  12:00:00 federated-git            exit 1                4.2 s  cron"
        assert len(rows) == 5
        await pilot.press("escape")
        await settled(pilot, lambda text: "Runs  4,379" in text)
        assert isinstance(app.screen, HistoryScreen)


async def test_a_narrow_terminal_has_the_slowest_the_flakiest_and_the_durations_in_a_row() -> None:
    app = MockupApp()
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press("h")
        await settled(pilot, lambda text: "4,379" in text)
        row = " slowest export-collecti… 3 m 12 s   flakiest federated-git 87 % ok   "
        text = await settled(pilot, lambda text: f"{row}█" in text)
        await pilot.press("slash", *"sync ok", "enter")
        await settled(pilot, lambda text: "matching “sync ok”" in text)
        text = await settled(pilot, lambda text: " slowest sync-learning-d… 2.1 s" in text)
        assert "flakiest" not in text


async def test_older_days_and_back_to_the_newest() -> None:
    app = MockupApp()
    app.past = lambda: [*OLD, *PAST]
    async with app.run_test(size=LARGE) as pilot:
        await pilot.press("h")
        await settled(pilot, lambda text: "Runs  4,379" in text)
        await pilot.press("left_square_bracket")
        text = await settled(pilot, lambda text: "until Sat 14 Nov" in text)
        assert "Runs  3 " in text
        assert " Sat 14  · · · · · · · · · · · · ✗ " in text
        await pilot.press("right_square_bracket")
        await settled(pilot, lambda text: "Runs  4,379" in text)


async def test_z_folds_the_strip_and_the_runs_have_the_room() -> None:
    app = MockupApp()
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press("h")
        await settled(pilot, lambda text: "Tue 24  ✗" in text)
        await pilot.press("z")
        text = await settled(pilot, lambda text: "no record" not in text)
        assert len([line for line in text.splitlines() if "Tue 24" in line]) == 20


async def test_enter_opens_the_log_of_the_runs_job() -> None:
    app = MockupApp()
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press("h")
        await settled(pilot, lambda text: "4,379" in text)
        await pilot.press("j", "enter")
        await settled(pilot, lambda text: "─ Log  sync-learning-data" in text)
        assert isinstance(app.screen, LogScreen)


async def test_a_new_run_is_shown_and_the_cursor_stays_on_its_run() -> None:
    app = MockupApp()
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press("h")
        await settled(pilot, lambda text: "4,379" in text)
        await pilot.press("j", "j")
        screen = app.screen
        assert isinstance(screen, HistoryScreen)
        before = screen.table.run
        new = Run("new", mock.GIT.id, mock.at("2026-11-24 14:05:10"))
        app.past = lambda: [*PAST, new]
        app.fixed.post(replace(mock.SNAPSHOT))
        text = await settled(pilot, lambda text: "4,380" in text)
        assert " ► Tue 24  14:05:10 federated-git " in text
        assert screen.table.run == before


async def test_the_run_of_a_job_that_is_gone_is_still_told() -> None:
    app = MockupApp(replace(mock.SNAPSHOT, answered={"crontab": mock.NOW}))
    app.past = lambda: [replace(PAST[0], job_id="crontab:7f3f700e", start=mock.at("2026-11-24 13:00"))]
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press("h")
        assert " ✓ Tue 24  13:00:00 7f3f700e (gone) " in await settled(pilot, lambda text: "(gone)" in text)
        await pilot.press("enter")
        await pilot.pause(0.2)
        assert isinstance(app.screen, HistoryScreen)


async def test_a_history_that_cannot_be_read_says_so() -> None:
    def broken() -> list[Run]:
        raise HistoryError("The history /x cannot be used: disk I/O error.", "Check the disk.")

    app = MockupApp()
    app.past = broken
    async with app.run_test(size=LARGE) as pilot:
        await pilot.press("h")
        text = await settled(pilot, lambda text: "▲ The history" in text)
        assert "▲ The history /x cannot be used: disk I/O error. Check the disk." in text


async def test_nothing_on_record_is_said() -> None:
    app = MockupApp()
    app.past = list
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press("h")
        text = await settled(pilot, lambda text: "no run is on record for these days" in text)
        assert " No run has ended yet." in text
