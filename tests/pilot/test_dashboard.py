"""The dashboard's keys, one by one: what the user reads after each."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from rich.console import Console
from textual.pilot import Pilot

from fedtui.logs.log_feed import LogChunk
from fedtui.model import Job, Location, Problem, State
from fedtui.screens.dashboard import Dashboard
from fedtui.screens.help import HelpScreen
from fedtui.screens.log import LogScreen
from fedtui.widgets import minimal_updates
from fedtui.widgets.minimal_updates import MinimalUpdate
from tests.fixtures import mockup_data as mock
from tests.fixtures.mockup_app import MockupApp, screen_text

SMALL, LARGE = (80, 24), (120, 40)


async def settled(pilot: Pilot[str], said: Callable[[str], bool] = lambda text: True) -> str:
    """The screen's text once `said` holds; fails with the text after five seconds."""
    app = pilot.app
    assert isinstance(app, MockupApp)
    for _ in range(100):
        await pilot.pause(0.05)
        text = screen_text(app)
        if said(text):
            return text
    pytest.fail(f"the screen never said it:\n{text}")


def rows(text: str) -> list[str]:
    """The names in the job table."""
    shown = (line for line in text.splitlines()[3:] if line[1:3] in ("● ", "► ", "‖ ", "! ", "? "))
    return [line[3:].split()[0] for line in shown]


def dashboard(app: MockupApp) -> Dashboard:
    assert isinstance(app.screen, Dashboard)
    return app.screen


async def test_the_small_dashboard_shows_state_job_next_run_and_result() -> None:
    app = MockupApp()
    async with app.run_test(size=SMALL) as pilot:
        text = await settled(pilot, lambda text: "following" in text)
        lines = text.splitlines()
        assert lines[0] == " fedtui  fed@node1    ▲ 2 findings   2/8 record exit codes (C)     14:05:12 CET"
        assert lines[3] == "▲● sync-learning-data      hourly :00  in 54 min    ▲ ok, 3 warnings    5 min"
        assert lines[16].startswith(
            "─ 3 Log  ~/logs/federated-sync.log  following   2 Next  4 Health  z fold ──"
        )
        assert lines[22] == " 14:00:02 INFO sync complete"
        assert lines[23] == " r run  p pause  e resched  w watch  l log  d doctor  u undo  ? help  q quit"


async def test_the_large_dashboard_has_all_four_panes_and_the_details() -> None:
    app = MockupApp()
    async with app.run_test(size=LARGE) as pilot:
        text = await settled(pilot, lambda text: "following" in text)
        for words in (
            "1 Jobs  9",
            "2 Next runs",
            "3 Log  ~/logs/federated-sync.log  following  212 MB",
            "4 Health  2",
        ):
            assert words in text
        assert "9 more until 15:00" in text
        assert "crontab:7   0 * * * *  bash ~/federation/scripts/sync-learning-data.sh >> ~/logs/fe…" in text
        assert "took 2 s, usual 2 s" in text
        assert "✗ FT301  federated-git failed" in text
        assert "Tue 24 Nov 14:05:12 CET" in text


async def test_arrows_move_to_another_job_and_its_log_follows() -> None:
    app = MockupApp()
    async with app.run_test(size=LARGE) as pilot:
        await pilot.press("down", "j")
        text = await settled(pilot, lambda text: "export-collections started" in text)
        assert "~/logs/federated-export.log" in text
        assert "crontab:9" in text
        await pilot.press("end")
        text = await settled(pilot, lambda text: "writes its output nowhere" in text)
        await pilot.press("home", "k")
        assert dashboard(app).job == mock.SYNC


@pytest.mark.parametrize(
    ("key", "words"),
    [("2", "14:10  generate-dashboard-data"), ("4", "✗ FT301  federated-git failed"), ("3", "sync complete")],
)
async def test_digits_swap_the_lower_pane(key: str, words: str) -> None:
    app = MockupApp()
    async with app.run_test(size=SMALL) as pilot:
        await settled(pilot, lambda text: "following" in text)
        await pilot.press(key)
        text = await settled(pilot)
        assert words in "\n".join(text.splitlines()[17:])
        assert app.screen.focused is not None
        assert app.screen.focused.id == {"2": "next-list", "3": "log-view", "4": "health-list"}[key]
        await pilot.press("1")
        assert app.screen.focused is dashboard(app).jobs.table


async def test_z_gives_the_jobs_the_whole_screen_and_back() -> None:
    many = tuple(replace(mock.SYNC, id=f"crontab:{n}", name=f"job-{n}") for n in range(30))
    app = MockupApp(replace(mock.SNAPSHOT, jobs=many))
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press("z")
        text = await settled(pilot)
        assert "1 Jobs  30   2 Next  3 Log  4 Health ▲ 2  z unfold" in text
        assert len(rows(text)) == 20
        await pilot.press("z")
        assert "z fold" in await settled(pilot)


async def test_z_in_the_log_folds_the_jobs() -> None:
    app = MockupApp()
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press("3", "z")
        text = await settled(pilot, lambda text: "following" in text)
        assert rows(text) == []
        assert "1 Jobs" in text.splitlines()[1]
        await pilot.press("escape")
        assert len(rows(await settled(pilot))) == 9


async def test_slash_filters_by_words_and_esc_forgets_them() -> None:
    app = MockupApp()
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press("slash", *"git")
        text = await settled(pilot)
        assert rows(text) == ["federated-git"]
        assert "matching “git”" in text
        assert "enter keep  esc back" in text.splitlines()[-1]
        await pilot.press("enter")
        await pilot.press("escape")
        assert len(rows(await settled(pilot))) == 9


async def test_filter_by_source() -> None:
    app = MockupApp()
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press("slash", *"source:timer", "enter")
        assert rows(await settled(pilot)) == ["backup-notes.timer", "logrotate.timer"]
        await pilot.press("slash", *" log", "enter")
        assert rows(await settled(pilot)) == ["logrotate.timer"]


async def test_a_filter_that_finds_nothing_says_so_and_how_to_leave() -> None:
    app = MockupApp()
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press("slash", *"[/x]", "enter")
        text = await settled(pilot)
        assert "No job matches “[/x]”." in text
        assert "esc  show all 9" in text


async def test_capital_s_goes_through_the_sources() -> None:
    app = MockupApp()
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press("S")
        text = await settled(pilot)
        assert "your own" in text.splitlines()[1]
        assert "logrotate.timer" not in rows(text)
        await pilot.press("S")
        assert rows(await settled(pilot)) == ["e2scrub_all", "logrotate.timer"]
        await pilot.press("S")
        assert len(rows(await settled(pilot))) == 9


async def test_sorting_by_key_and_by_a_click_on_a_heading() -> None:
    app = MockupApp()
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press("greater_than_sign")
        text = await settled(pilot)
        assert rows(text)[0] == "backup-notes.timer"
        assert "by job" in text.splitlines()[1]
        await pilot.click("#table", offset=(54, 0))
        assert rows(await settled(pilot))[0] == "federated-git"
        await pilot.click("#table", offset=(54, 0))
        assert rows(await settled(pilot))[0] == "sync-learning-data"


async def test_the_cursor_stays_on_its_job_when_the_order_changes() -> None:
    app = MockupApp()
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press("down", "down", "down")
        assert dashboard(app).job == mock.GIT
        await pilot.press("greater_than_sign")
        await settled(pilot)
        assert dashboard(app).job == mock.GIT


async def test_a_click_selects_and_a_double_click_opens_the_log() -> None:
    app = MockupApp()
    async with app.run_test(size=SMALL) as pilot:
        await pilot.click("#table", offset=(5, 4))
        await settled(pilot)
        assert dashboard(app).job == mock.GIT
        await pilot.click("#table", offset=(5, 4), times=2)
        await settled(pilot)
        assert isinstance(app.screen, LogScreen)


async def test_a_click_in_the_rule_and_in_the_key_line() -> None:
    app = MockupApp()
    async with app.run_test(size=SMALL) as pilot:
        await settled(pilot, lambda text: "following" in text)
        at = screen_text(app).splitlines()[16].index("4 Health")
        await pilot.click(offset=(at + 2, 16))
        assert "FT301" in await settled(pilot)
        at = screen_text(app).splitlines()[23].index("? help")
        await pilot.click(offset=(at, 23))
        await settled(pilot)
        assert isinstance(app.screen, HelpScreen)


@pytest.mark.parametrize("key", ["l", "enter"])
async def test_l_and_enter_open_the_log(key: str) -> None:
    app = MockupApp()
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press(key)
        text = await settled(pilot, lambda text: "sync complete" in text)
        assert text.splitlines()[1].startswith(
            "─ Log  sync-learning-data  ~/logs/federated-sync.log   212 MB ──"
        )
        await pilot.press("escape")
        await settled(pilot)
        assert isinstance(app.screen, Dashboard)


async def test_capital_r_reads_again_and_q_quits() -> None:
    app = MockupApp()
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press("R")
        await settled(pilot)
        assert app.fixed.refreshed == 1
        await pilot.press("q")
    assert app.return_code == 0


async def test_capital_t_changes_between_dark_and_light() -> None:
    app = MockupApp()
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press("T")
        assert app.theme == "fedtui-light"
        await pilot.press("T")
        assert app.theme == "fedtui-dark"


async def test_a_long_host_name_gives_way_to_what_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mock, "HOST", "a-host-whose-name-is-long.example.org")
    app = MockupApp()
    async with app.run_test(size=SMALL) as pilot:
        text = await settled(pilot, lambda text: "2 findings" in text)
        assert text.splitlines()[0] == (
            " fedtui  fed@a-host-whos…  cron ● up   systemd ● up   ▲ 2 findings 14:05:12 CET"
        )


async def test_the_theme_that_was_chosen_is_kept(tmp_path: Path) -> None:
    app = MockupApp()
    app.config = replace(app.config, state=tmp_path)
    async with app.run_test(size=SMALL) as pilot:
        assert not app.config.theme_file.exists()
        await pilot.press("T")
        await settled(pilot, lambda _: app.config.theme_file.exists())
        assert app.config.theme_file.read_text() == "fedtui-light\n"


@pytest.mark.parametrize("theme", ["textual-dark", "textual-light", "nord", "gruvbox", "ansi-dark"])
async def test_themes_that_know_no_token_of_ours_work(theme: str) -> None:
    app = MockupApp()
    async with app.run_test(size=LARGE) as pilot:
        app.theme = theme
        assert "sync-learning-data" in await settled(pilot)


async def test_a_remapped_key_works_and_is_shown() -> None:
    app = MockupApp(keys={"app.quit": "ctrl+q,Q", "panes.zoom": "f5", "no.such": "a"})
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press("f5")
        assert "unfold" in await settled(pilot)
        await pilot.press("z")
        assert "unfold" in await settled(pilot)


async def test_the_palette_knows_every_key_by_what_it_does() -> None:
    app = MockupApp()
    async with app.run_test(size=LARGE) as pilot:
        titles = {command.title for command in app.get_system_commands(app.screen)}
        assert {"Run now, live output", "Its log, full screen", "Sort by the next column", "Theme"} <= titles
        assert "Stop the running job" not in titles
        await pilot.press("ctrl+p", *"fold the other", "enter")
        assert "unfold" in await settled(pilot, lambda text: "unfold" in text)


async def test_below_80_by_24_it_says_so_and_q_works() -> None:
    app = MockupApp()
    async with app.run_test(size=(52, 12)) as pilot:
        text = await settled(pilot)
        assert "fedtui needs 80 × 24." in text
        assert "This window is 52 × 12." in text
        assert "sync-learning-data" not in text
        await pilot.resize_terminal(80, 24)
        assert "sync-learning-data" in await settled(pilot, lambda text: "JOB" in text)
        await pilot.resize_terminal(52, 12)
        await settled(pilot)
        await pilot.press("q")
    assert app.return_code == 0


async def test_resizing_goes_through_all_arrangements() -> None:
    app = MockupApp()
    async with app.run_test(size=SMALL) as pilot:
        for width, height, words in (
            (120, 40, "4 Health  2"),
            (100, 30, "SOURCE"),
            (160, 45, "LAST 10"),
            (80, 24, "z fold"),
        ):
            await pilot.resize_terminal(width, height)
            text = await settled(pilot, lambda text, words=words: words in text)  # type: ignore[misc]
            assert len(text.splitlines()[0]) <= width
            assert len(rows(text)) == 9


async def test_a_user_without_jobs_is_told_how_to_begin() -> None:
    app = MockupApp(mock.EMPTY)
    async with app.run_test(size=SMALL) as pilot:
        text = await settled(pilot, lambda text: "Health:" in text)
        assert "    No crontab for fed, and no timers of your own." in text
        assert "    n   write a first job" in text
        assert (
            " The log of the selected job appears here, live.\n Health: nothing to report; 12 checks passed."
            in text
        )
        assert text.splitlines()[-1] == " d doctor  u undo  D demo workspace  ? help  q quit"
        await pilot.press("D")
    assert app.return_value == "demo"


async def test_only_the_systems_jobs_are_shown_when_asked_for() -> None:
    app = MockupApp(replace(mock.SNAPSHOT, jobs=(mock.SCRUB, mock.LOGROTATE)))
    async with app.run_test(size=SMALL) as pilot:
        assert "S   show the 2 jobs of the system" in await settled(pilot)
        await pilot.press("S")
        assert rows(await settled(pilot)) == ["e2scrub_all", "logrotate.timer"]


async def test_a_dead_bus_greys_its_rows_and_the_pane_says_what_to_do() -> None:
    app = MockupApp(mock.bus_down())
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press("end", "up")
        text = await settled(pilot, lambda text: "went away" in text)
        lines = text.splitlines()
        assert "cron ● up   systemd ✗ bus down   ▲ 3 findings" in lines[0]
        assert lines[1].startswith("─ 1 Jobs  10   ! 1 bad line  2 as of 14:04:51 ──")
        assert " ? backup-notes.timer      Mo–Fr 18:30 bus down     ✓ ok               19 h" in lines
        assert lines[16].startswith("─ systemd  ✗ bus down   2 Next  4 Health")
        assert lines[17] == " ✗ systemd's bus went away at 14:04:51: connection reset by peer"
        assert "   Next try in 8 s, R tries now. Look: systemctl status dbus" in lines


async def test_a_bad_line_keeps_its_row_and_says_why() -> None:
    app = MockupApp(mock.bus_down())
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press(*["down"] * 5)
        text = await settled(pilot, lambda text: "! bad line: bad minute" in text)
        assert " ! crontab:12              61 * * * *  bad line     ! bad minute" in text


async def test_a_new_snapshot_changes_only_what_it_says() -> None:
    app = MockupApp()
    async with app.run_test(size=SMALL) as pilot:
        await settled(pilot)
        ended = replace(
            mock.METRICS, state=State.ON, running_since=None, last_run=mock.at("2026-11-24 14:05")
        )
        jobs = tuple(ended if job is mock.METRICS else job for job in mock.JOBS)
        app.fixed.post(replace(mock.SNAPSHOT, jobs=jobs))
        text = await settled(pilot, lambda text: "generate-dashboard-data every 5 min in  4 min" in text)
        assert " ● generate-dashboard-data every 5 min in  4 min    ✓ ok               12 s" in text


async def test_countdowns_tick() -> None:
    app = MockupApp()
    async with app.run_test(size=SMALL) as pilot:
        await settled(pilot)
        app.clock_stands.now += timedelta(seconds=3)
        text = await settled(pilot, lambda text: "running 15 s" in text)
        assert "14:05:15 CET" in text


async def test_a_live_log_shows_what_is_written() -> None:
    app = MockupApp()
    async with app.run_test(size=SMALL) as pilot:
        await settled(pilot, lambda text: "following" in text)
        app.write(mock.SYNC, LogChunk(("14:05:12 ERROR disk full",), open_line="half a li"))
        text = await settled(pilot, lambda text: "disk full" in text)
        assert text.splitlines()[21:23] == [" 14:05:12 ERROR disk full", " half a li"]
        app.write(mock.SYNC, LogChunk(("half a line",)))
        text = await settled(pilot, lambda text: "half a line" in text)
        assert text.splitlines()[21:23] == [" 14:05:12 ERROR disk full", " half a line"]


async def test_text_from_outside_is_never_markup() -> None:
    trap = "[/x][@click=app.quit]\x1b[2J[bold"
    job = replace(
        mock.SYNC,
        name=trap,
        schedule_text=trap,
        schedule_short=trap,
        location=Location(trap, 1),
        log_path=f"/tmp/{trap}",
        state=State.NOT_LOADED,
        state_reason=trap,
    )
    finding = replace(mock.FINDINGS[0], title=trap, evidence=(trap,))
    problem = replace(mock.BUS_DOWN, message=trap, advice=trap)
    snapshot = replace(mock.SNAPSHOT, jobs=(job,), findings=(finding,), problems=(problem,), runs={})
    app = MockupApp(snapshot)
    async with app.run_test(size=LARGE) as pilot:
        text = await settled(pilot, lambda text: "following" in text)
        assert "[/x][@click=app.quit]␛" in text
        app.write(job, LogChunk((trap,)))
        await settled(pilot, lambda text: text.count("[/x]") > 4)
        await pilot.press("l")
        assert "[/x]" in await settled(pilot)
        await pilot.press("slash", *"[/x]", "enter", "escape", "escape")
        await settled(pilot)
        await pilot.press("question_mark")
        await settled(pilot)
        assert "\x1b" not in screen_text(app)


async def test_ten_thousand_jobs_come_and_go_at_once() -> None:
    many = tuple(replace(mock.SYNC, id=f"crontab:{n}", name=f"job-{n}", later_runs=()) for n in range(10_000))
    app = MockupApp(mock.EMPTY)
    async with app.run_test(size=LARGE) as pilot:
        await settled(pilot)
        app.fixed.post(replace(mock.SNAPSHOT, jobs=many, runs={}))
        text = await settled(pilot, lambda text: "job-0" in text)
        assert "1 Jobs  10000" in text
        await pilot.press("end")
        assert "job-9999" in await settled(pilot, lambda text: "job-9999" in text)
        app.fixed.post(mock.SNAPSHOT)
        assert len(rows(await settled(pilot, lambda text: "logrotate" in text))) == 9


async def test_a_job_that_vanishes_under_the_cursor() -> None:
    app = MockupApp()
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press("end")
        left: tuple[Job, ...] = mock.JOBS[:2]
        app.fixed.post(replace(mock.SNAPSHOT, jobs=left))
        await settled(pilot, lambda text: len(rows(text)) == 2)
        assert dashboard(app).job == mock.METRICS


async def test_a_tick_repaints_only_the_characters_that_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[str] = []
    app = MockupApp()
    async with app.run_test(size=LARGE) as pilot:
        # What is drawn later than the clock is read would be seen as part of the tick: the log comes last.
        await settled(pilot, lambda text: "following" in text and "sync complete" in text)
        await pilot.pause(0.2)
        render = MinimalUpdate.render_segments

        def spy(update: MinimalUpdate, console: Console) -> str:
            written.append(render(update, console))
            return written[-1]

        monkeypatch.setattr(MinimalUpdate, "render_segments", spy)
        monkeypatch.setattr(
            app, "_display", lambda screen, update: update and update.render_segments(app.console)
        )
        app.clock_stands.now += timedelta(seconds=1)
        await settled(pilot, lambda text: "running 13 s" in text)
    plain = [re.sub(r"\x1b\[[0-9;]*m", "", one) for one in written]
    assert "".join(plain) == "\x1b[1;115H3\x1b[5;56H3"


@pytest.mark.parametrize(("name", "value"), [("KNOWN", "0.0."), ("Compositor", object)])
async def test_another_textual_draws_the_screen_by_its_own_compositor(
    monkeypatch: pytest.MonkeyPatch, name: str, value: object
) -> None:
    """Another version, or one without the private names."""
    app = MockupApp()
    async with app.run_test(size=LARGE) as pilot:
        await settled(pilot, lambda text: "following" in text and "sync complete" in text)
        known = screen_text(app)
        assert isinstance(app.screen._compositor, minimal_updates.MinimalCompositor)
    monkeypatch.setattr(minimal_updates, name, value)
    app = MockupApp()
    async with app.run_test(size=LARGE) as pilot:
        await settled(pilot, lambda text: "following" in text and "sync complete" in text)
        assert screen_text(app) == known
        assert type(app.screen._compositor) is not minimal_updates.MinimalCompositor
        app.clock_stands.now += timedelta(seconds=1)
        await settled(pilot, lambda text: "running 13 s" in text)


async def test_an_error_of_our_own_ends_the_dashboard_without_a_traceback(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A traceback with the values of every variable would show what is masked on the screen."""

    class Broken(MockupApp):
        def _tick(self) -> None:
            raise LookupError("of our own, with QDRANT_API_KEY=abc123")

    app = Broken()

    async def use() -> None:
        async with app.run_test(size=SMALL) as pilot:
            app.call_later(app._tick)
            await pilot.pause(0.5)

    with pytest.raises(LookupError):
        await use()
    assert isinstance(app.failure, LookupError)
    app._print_error_renderables()
    said = capsys.readouterr()
    assert (said.out, said.err) == ("", "")


async def test_why_there_is_no_log_is_said_to_the_end() -> None:
    """The sentence is longer than 80 columns, and its end is what helps."""
    why = (
        "/home/fed/logs/federated-sync.log may not be read: Permission denied. "
        "See ls -l, or become its owner."
    )
    app = MockupApp()
    async with app.run_test(size=SMALL) as pilot:
        await settled(pilot, lambda text: "following" in text)
        app.write(mock.SYNC, LogChunk(problem=why, reset=True))
        text = await settled(pilot, lambda text: "may not be read" in text)
    assert text.splitlines()[17:19] == [
        " ▲ /home/fed/logs/federated-sync.log may not be read: Permission denied. See ls",
        "   -l, or become its owner.",
    ]


@pytest.mark.parametrize(
    ("source", "message", "said", "unsaid"),
    [
        ("crontab", "you may not use crontab", "✗ you may not use crontab", "No crontab"),
        ("user-timers", "no bus", "No crontab for fed; your own timers cannot be seen.", "no timers"),
    ],
)
async def test_what_could_not_be_asked_is_not_called_absent(
    source: str, message: str, said: str, unsaid: str
) -> None:
    app = MockupApp(replace(mock.EMPTY, problems=(Problem(source, message),)))
    async with app.run_test(size=SMALL) as pilot:
        text = await settled(pilot, lambda text: "write a first job" in text)
    upper = "\n".join(text.splitlines()[:15])
    assert said in upper
    assert unsaid not in upper


async def test_what_is_still_being_read_is_not_called_absent() -> None:
    app = MockupApp(replace(mock.EMPTY, loading=frozenset({"crontab"})))
    async with app.run_test(size=SMALL) as pilot:
        text = await settled(pilot, lambda text: "Reading crontab" in text)
    assert "No crontab" not in text


async def test_settings_that_cannot_be_followed_are_named() -> None:
    app = MockupApp(keys={"job.run": "p", "nothing.there": "k"})
    app.config = replace(app.config, theme="solarized-of-yore")
    async with app.run_test(size=LARGE, notifications=True) as pilot:
        text = await settled(pilot, lambda text: "there is no theme" in text)
    said = " ".join(re.sub(r"[▌▐]", " ", text).split())
    assert "config.toml: job.run takes p from job.pause" in said
    assert "config.toml: no key is called nothing.there" in said
    assert "there is no theme solarized-of-yore" in said
