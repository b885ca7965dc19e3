"""Every key of the program as data: the bindings, the footer, the help page and the palette read this.

An `id` is what the config file maps to another key; it never changes. `label` stands in the footer
(`short` below 118 columns), `help` on the help page and as the tooltip.
"""

from __future__ import annotations

from typing import NamedTuple

from textual.binding import Binding, BindingType

JOB, EVERYWHERE, PANES, LOG = "the selected job", "everywhere", "panes", "in a log"
WATCH, HISTORY = "while watching", "in the history"
ENVIRONMENT = "in the environment"
DOCTOR = "in the doctor"
SETUP, DRILLS = "in the set-up", "in the drills"
LIST = "in every list"


class Key(NamedTuple):
    """One key: what it is called, what it does. `footer`: 2 always, 1 from 118 columns on, 0 never.

    `shown` replaces the key on the help page where several belong together ("1–4 tab"). `asks` is for what
    starts or ends something at once: a click on it, or a choice in the palette, is asked about first.
    """

    id: str
    key: str
    action: str
    label: str
    help: str
    group: str
    footer: int = 0
    short: str = ""
    shown: str = ""
    palette: bool = True
    asks: bool = False

    @property
    def binding(self) -> Binding:
        """The same as a Textual binding."""
        return Binding(
            self.key,
            self.action,
            self.label,
            show=self.footer > 0,
            key_display=self.key if self.key == "enter" else None,  # and not its sign, which few fonts have
            tooltip=self.help,
            id=self.id,
            group=None,
        )


DASHBOARD = (
    Key("job.run", "r", "run", "run", "run now, live output", JOB, 2, asks=True),
    Key("job.pause", "p", "pause", "pause", "pause or resume", JOB, 2),
    Key("job.reschedule", "e", "reschedule", "reschedule", "reschedule", JOB, 2, "resched"),
    Key("job.watch", "w", "watch", "watch", "watch its next runs", JOB, 2),
    Key("job.log", "l", "log", "log", "its log, full screen", JOB, 2, shown="l enter"),
    Key("job.edit", "E", "edit", "edit", "edit the whole job", JOB),
    Key("job.delete", "x", "delete", "delete", "delete", JOB),
    Key("job.stop", "t", "stop", "stop", "stop a run that goes on", JOB, 1),
    Key("job.record", "C", "record", "record", "record its exit status", JOB),
    Key("job.convert", "c", "convert", "convert", "cron line to timer, or back", JOB),
    Key("job.open", "o", "open_editor", "open", "open it in $EDITOR", JOB),
    Key("job.environment", "v", "environment", "env", "cron's environment", JOB, 1),
    Key("app.history", "h", "history", "history", "history of runs", EVERYWHERE, 1),
    Key("app.filter", "/", "filter", "filter", "filter, back", EVERYWHERE, 1, shown="/ esc"),
    Key("app.new", "n", "new", "new", "new job", EVERYWHERE, 1),
    Key("app.doctor", "d", "doctor", "doctor", "doctor: what is wrong", EVERYWHERE, 2),
    Key("app.setup", "s", "setup", "set up", "set up a federation", EVERYWHERE, 1),
    Key("app.undo", "u", "undo", "undo", "undo the last change", EVERYWHERE, 2),
    Key("app.demo", "D", "demo", "demo workspace", "the demo workspace", EVERYWHERE, 2),
    Key("app.refresh", "R", "refresh", "read anew", "read everything anew", EVERYWHERE),
    Key("panes.jobs", "1", "pane('jobs')", "jobs", "go to a pane", PANES, shown="1–4 tab", palette=False),
    Key("panes.next", "2", "pane('next')", "next runs", "", PANES, palette=False),
    Key("panes.log", "3", "pane('log')", "log", "", PANES, palette=False),
    Key("panes.health", "4", "pane('health')", "health", "", PANES, palette=False),
    Key("panes.zoom", "z", "zoom", "fold", "fold the other panes", PANES),
    Key("panes.sort", "greater_than_sign", "sort(1)", "sort", "sort by the next column", PANES, shown="> <"),
    Key("panes.sort_back", "less_than_sign", "sort(-1)", "sort", "", PANES, palette=False),
    Key("panes.sources", "S", "sources", "sources", "all, yours, the system's", PANES),
)

APP = (
    Key("app.help", "question_mark", "help", "help", "keys and signs", EVERYWHERE, 2, shown="?"),
    Key("app.palette", "ctrl+p", "command_palette", "commands", "every command", EVERYWHERE, palette=False),
    Key("app.theme", "T", "dark_or_light", "theme", "dark or light", EVERYWHERE),
    Key("app.quit", "q", "quit", "quit", "quit; runs go on", EVERYWHERE, 2),
)

LOG_SCREEN = (
    Key("log.search", "/", "search", "search", "search", LOG, 2),
    Key("log.next", "n", "match(1)", "match", "next match, previous match", LOG, 2, shown="n/N"),
    Key("log.previous", "N", "match(-1)", "match", "", LOG, palette=False),
    Key("log.follow", "f", "follow", "follow", "follow the end", LOG, 2),
    Key("log.top", "g", "ends(-1)", "ends", "first line, last line", LOG, 2, shown="g/G"),
    Key("log.bottom", "G", "ends(1)", "ends", "", LOG, palette=False),
    Key("log.wrap", "w", "wrap", "wrap", "wrap long lines", LOG, 2),
    Key("log.run", "left_square_bracket", "previous_run", "prev run", "the run before", LOG, 2, shown="["),
    Key("log.back", "escape", "back", "back", "back", LOG, 2, shown="esc", palette=False),
)

WATCH_SCREEN = (
    Key("watch.run", "r", "run", "run now", "run it now; no cycle", WATCH, 2, asks=True),
    Key("watch.log", "l", "log", "full log", "its log, full screen", WATCH, 2),
    Key("watch.more", "plus", "more", "one more", "one cycle more", WATCH, 2, shown="+"),
    Key("watch.environment", "v", "environment", "env", "its environment", WATCH, 2),
    Key("watch.again", "w", "again", "watch again", "watch again", WATCH, 2),
    Key("watch.record", "C", "record", "record", "record its exit status", WATCH),
    Key("watch.end", "x", "end_watch", "end the watch", "end the watch", WATCH, 1, asks=True),
    Key(
        "watch.back",
        "escape",
        "back",
        "back, keeps watching",
        "back, keeps watching",
        WATCH,
        2,
        shown="esc",
        palette=False,
    ),
)

HISTORY_SCREEN = (
    Key("history.log", "enter", "log", "its log", "the log of its job", HISTORY, 2, shown="enter"),
    Key("history.filter", "/", "filter", "filter", "filter", HISTORY, 2),
    Key("history.older", "left_square_bracket", "older(1)", "older", "older days", HISTORY, 2),
    Key("history.newer", "right_square_bracket", "older(-1)", "newer", "newer days", HISTORY, 2),
    Key("history.fold", "z", "fold", "fold strip", "fold the strip", HISTORY, 2),
    Key("history.back", "escape", "back", "back", "back", HISTORY, 2, shown="esc", palette=False),
)

ENVIRONMENT_SCREEN = (
    Key("environment.add", "a", "add", "add the line", "set it in the crontab", ENVIRONMENT, 2),
    Key(
        "environment.run", "r", "run", "run as cron", "run it as cron would", ENVIRONMENT, 2, "run", asks=True
    ),
    Key("environment.mask", "m", "unmask", "unmask", "show secrets, hide them", ENVIRONMENT, 2),
    Key(
        "environment.same",
        "equals_sign",
        "same",
        "show same",
        "also what is the same",
        ENVIRONMENT,
        2,
        shown="=",
    ),
    Key("environment.value", "enter", "value", "in full", "both values in full", ENVIRONMENT, shown="enter"),
    Key(
        "environment.refresh", "R", "refresh", "ask again", "ask both sides again", ENVIRONMENT, palette=False
    ),
    Key("environment.back", "escape", "back", "back", "back", ENVIRONMENT, 2, shown="esc", palette=False),
)

DOCTOR_SCREEN = (
    Key("doctor.fix", "enter", "fix", "fix", "show the fix; open a group", DOCTOR, 2, shown="enter"),
    Key("doctor.copy", "y", "copy", "copy", "copy its command", DOCTOR, 2),
    Key("doctor.silence", "i", "silence", "silence", "silence it", DOCTOR, 2),
    Key("doctor.again", "R", "again", "check again", "check again", DOCTOR, 2),
    Key("doctor.job", "J", "go_to_job", "go to job", "go to its job", DOCTOR, 2),
    Key("doctor.undo", "u", "undo", "undo", "undo the last change", DOCTOR, 1, palette=False),
    Key("doctor.back", "escape", "back", "back", "back", DOCTOR, 2, shown="esc", palette=False),
)

SETUP_SCREEN = (
    Key("setup.next", "enter", "next", "next step", "next step", SETUP, 2, shown="enter"),
    Key("setup.step_back", "b", "step_back", "step back", "step back", SETUP, 2),
    Key("setup.test", "t", "test", "test", "run each script once", SETUP, 2, asks=True),
    Key("setup.edit", "e", "edit", "type", "type what it asks for", SETUP, 2),
    Key("setup.toggle", "space", "switch", "on or off", "turn it on or off", SETUP),
    Key("setup.insist", "F", "insist", "insist", "schedule it though it fails", SETUP, 1),
    Key("setup.linger", "l", "linger", "linger", "go on after logout", SETUP, 1),
    Key("setup.whole", "D", "whole", "whole diff", "the whole change", SETUP, 2, "diff"),
    Key("setup.drills", "d", "drills", "drills", "rehearse a failure", SETUP, 2),
    Key("setup.remove", "x", "remove", "remove", "take it all away", SETUP, 2),
    Key("setup.back", "escape", "back", "leave", "leave", SETUP, 2, shown="esc", palette=False),
)

DRILLS_SCREEN = (
    Key("drills.run", "r,enter", "run", "run it", "run it, after a y", DRILLS, 2, shown="r"),
    Key("drills.back", "escape", "back", "back", "stop it; back", DRILLS, 2, shown="esc", palette=False),
)

LISTS = (
    Key("list.down", "j", "move(1)", "down", "down, up", LIST, shown="j/k", palette=False),
    Key("list.up", "k", "move(-1)", "up", "", LIST, palette=False),
    Key("list.first", "g", "end(-1)", "first", "first, last", LIST, shown="g/G", palette=False),
    Key("list.last", "G", "end(1)", "last", "", LIST, palette=False),
    Key("list.half_down", "ctrl+d", "half(1)", "down", "half a page", LIST, shown="^d/^u", palette=False),
    Key("list.half_up", "ctrl+u", "half(-1)", "up", "", LIST, palette=False),
)

LETTERS: list[BindingType] = [key.binding for key in LISTS]
MOVES: list[BindingType] = [
    *LETTERS,
    Binding("up", "move(-1)", "up", show=False),
    Binding("down", "move(1)", "down", show=False),
    Binding("pageup", "page(-1)", "page up", show=False),
    Binding("pagedown", "page(1)", "page down", show=False),
    Binding("home", "end(-1)", "first", show=False),
    Binding("end", "end(1)", "last", show=False),
]
"""What whatever has a cursor binds: `action_move` by rows, `action_page`, `action_half`, `action_end`."""

FAR = 1_000_000
"""More rows than any list has."""

ALL = (
    *DASHBOARD,
    *APP,
    *LISTS,
    *LOG_SCREEN,
    *WATCH_SCREEN,
    *HISTORY_SCREEN,
    *DOCTOR_SCREEN,
    *ENVIRONMENT_SCREEN,
    *SETUP_SCREEN,
    *DRILLS_SCREEN,
)
BY_ID = {key.id: key for key in ALL}


def unknown_ids(keymap: dict[str, str]) -> list[str]:
    """The ids of a user's keymap that name no key."""
    return [name for name in keymap if name not in BY_ID]


def taken_keys(keymap: dict[str, str]) -> list[tuple[str, str, str]]:
    """Who loses which key to whom by a user's keymap: (loser's id, key, winner's id), on one screen."""
    lost = []
    screens = (
        *(DASHBOARD, LOG_SCREEN, WATCH_SCREEN, HISTORY_SCREEN),
        *(DOCTOR_SCREEN, ENVIRONMENT_SCREEN, SETUP_SCREEN, DRILLS_SCREEN),
    )
    lists = {key.id for key in LISTS}
    for screen in ((*keys, *APP, *LISTS) for keys in screens):
        has = {key.id: set(keymap.get(key.id, key.key).split(",")) for key in screen}
        for winner in (key.id for key in screen if key.id in keymap):
            for loser in (key.id for key in screen if key.id != winner):
                # The list has the focus, so a key of its own never comes as far as the screen.
                pair = (
                    (winner, loser) if loser in lists - {winner} and winner not in lists else (loser, winner)
                )
                lost += [(pair[0], key, pair[1]) for key in sorted(has[winner] & has[loser])]
    return sorted(set(lost))
