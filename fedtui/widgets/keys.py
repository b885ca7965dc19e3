"""Every key of the program as data: the bindings, the footer, the help page and the palette read this.

An `id` is what the config file maps to another key; it never changes. `label` is in the footer
(`short` below 118 columns), `help` on the help page and as the tooltip.
"""

from __future__ import annotations

from typing import NamedTuple

from textual.binding import Binding, BindingType

JOB, EVERYWHERE, PANES, LOG = "the selected job", "everywhere", "panes", "in a log"
WATCH, HISTORY = "while watching", "in the history"
ENVIRONMENT = "in the environment"
DOCTOR, UNDO = "in the doctor", "in the undo list"
SETUP, DRILLS = "in the set-up", "in the drills"
LIST = "in every list"


class KeyBinding(NamedTuple):
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


def _back(screen: str, group: str, label: str = "back", help: str = "") -> KeyBinding:
    return KeyBinding(
        f"{screen}.back", "escape", "back", label, help or label, group, 2, shown="esc", palette=False
    )


DASHBOARD = (
    KeyBinding("job.run", "r", "run", "run", "run now, live output", JOB, 2, asks=True),
    KeyBinding("job.pause", "p", "pause", "pause", "pause or resume", JOB, 2),
    KeyBinding("job.reschedule", "e", "reschedule", "reschedule", "reschedule", JOB, 2, "resched"),
    KeyBinding("job.watch", "w", "watch", "watch", "watch its next runs", JOB, 2),
    KeyBinding("job.log", "l", "log", "log", "its log, full screen", JOB, 2, shown="l enter"),
    KeyBinding("job.edit", "E", "edit", "edit", "edit the whole job", JOB),
    KeyBinding("job.delete", "x", "delete", "delete", "delete", JOB),
    KeyBinding("job.stop", "t", "stop", "stop", "stop the running job", JOB, 1),
    KeyBinding("job.record", "C", "record", "record", "record exit codes", JOB),
    KeyBinding("job.convert", "c", "convert", "convert", "cron line to timer, or back", JOB),
    KeyBinding("job.open", "o", "open_editor", "open", "open it in $EDITOR", JOB),
    KeyBinding("job.environment", "v", "environment", "env", "cron's environment", JOB, 1),
    KeyBinding("app.history", "h", "history", "history", "history of runs", EVERYWHERE, 1),
    KeyBinding("app.filter", "/", "filter", "filter", "filter, back", EVERYWHERE, 1, shown="/ esc"),
    KeyBinding("app.new", "n", "new", "new", "new job", EVERYWHERE, 1),
    KeyBinding("app.doctor", "d", "doctor", "doctor", "doctor: what is wrong", EVERYWHERE, 2),
    KeyBinding("app.setup", "s", "setup", "set up", "set up a federation", EVERYWHERE, 1),
    KeyBinding("app.undo", "u", "undo", "undo", "undo the last change", EVERYWHERE, 2),
    KeyBinding("app.redo", "ctrl+r", "redo", "redo", "redo what was undone", EVERYWHERE),
    KeyBinding("app.undo_list", "U", "undo_list", "undo list", "list all changes", EVERYWHERE),
    KeyBinding("app.demo", "D", "demo", "demo workspace", "the demo workspace", EVERYWHERE, 2),
    KeyBinding("app.refresh", "R", "refresh", "refresh", "refresh everything", EVERYWHERE),
    KeyBinding(
        "panes.jobs", "1", "pane('jobs')", "jobs", "go to a pane", PANES, shown="1–4 tab", palette=False
    ),
    KeyBinding("panes.next", "2", "pane('next')", "next runs", "", PANES, palette=False),
    KeyBinding("panes.log", "3", "pane('log')", "log", "", PANES, palette=False),
    KeyBinding("panes.health", "4", "pane('health')", "health", "", PANES, palette=False),
    KeyBinding("panes.zoom", "z", "zoom", "fold", "fold the other panes", PANES),
    KeyBinding(
        "panes.sort", "greater_than_sign", "sort(1)", "sort", "sort by the next column", PANES, shown="> <"
    ),
    KeyBinding("panes.sort_back", "less_than_sign", "sort(-1)", "sort", "", PANES, palette=False),
    KeyBinding("panes.sources", "S", "sources", "sources", "all, yours, the system's", PANES),
)

APP = (
    KeyBinding("app.help", "question_mark", "help", "help", "keys and signs", EVERYWHERE, 2, shown="?"),
    KeyBinding(
        "app.palette", "ctrl+p", "command_palette", "commands", "every command", EVERYWHERE, palette=False
    ),
    KeyBinding("app.theme", "T", "dark_or_light", "theme", "dark or light", EVERYWHERE),
    KeyBinding("app.quit", "q", "quit", "quit", "quit; runs go on", EVERYWHERE, 2),
)

LOG_SCREEN = (
    KeyBinding("log.search", "/", "search", "search", "search", LOG, 2),
    KeyBinding("log.next", "n", "match(1)", "match", "next match, previous match", LOG, 2, shown="n/N"),
    KeyBinding("log.previous", "N", "match(-1)", "match", "", LOG, palette=False),
    KeyBinding("log.follow", "f", "follow", "follow", "follow the end", LOG, 2),
    KeyBinding("log.top", "g", "ends(-1)", "ends", "first line, last line", LOG, 2, shown="g/G"),
    KeyBinding("log.bottom", "G", "ends(1)", "ends", "", LOG, palette=False),
    KeyBinding("log.wrap", "w", "wrap", "wrap", "wrap long lines", LOG, 2),
    KeyBinding(
        "log.run", "left_square_bracket", "previous_run", "prev run", "the run before", LOG, 2, shown="["
    ),
    _back("log", LOG),
)

WATCH_SCREEN = (
    KeyBinding("watch.run", "r", "run", "run now", "run it now; no cycle", WATCH, 2, asks=True),
    KeyBinding("watch.log", "l", "log", "full log", "its log, full screen", WATCH, 2),
    KeyBinding("watch.more", "plus", "more", "one more", "one cycle more", WATCH, 2, shown="+"),
    KeyBinding("watch.environment", "v", "environment", "env", "its environment", WATCH, 2),
    KeyBinding("watch.again", "w", "again", "watch again", "watch again", WATCH, 2),
    KeyBinding("watch.record", "C", "record", "record", "record exit codes", WATCH),
    KeyBinding("watch.end", "x", "end_watch", "end the watch", "end the watch", WATCH, 1, asks=True),
    _back("watch", WATCH, "back, keeps watching"),
)

HISTORY_SCREEN = (
    KeyBinding("history.log", "enter", "log", "its log", "the log of its job", HISTORY, 2, shown="enter"),
    KeyBinding("history.filter", "/", "filter", "filter", "filter", HISTORY, 2),
    KeyBinding("history.older", "left_square_bracket", "older(1)", "older", "older days", HISTORY, 2),
    KeyBinding("history.newer", "right_square_bracket", "older(-1)", "newer", "newer days", HISTORY, 2),
    KeyBinding("history.fold", "z", "fold", "fold strip", "fold the strip", HISTORY, 2),
    _back("history", HISTORY),
)

ENVIRONMENT_SCREEN = (
    KeyBinding("environment.add", "a", "add", "add the line", "set it in the crontab", ENVIRONMENT, 2),
    KeyBinding(
        "environment.run", "r", "run", "run as cron", "run it as cron would", ENVIRONMENT, 2, "run", asks=True
    ),
    KeyBinding("environment.mask", "m", "unmask", "unmask", "show secrets, hide them", ENVIRONMENT, 2),
    KeyBinding(
        "environment.same",
        "equals_sign",
        "same",
        "show same",
        "also what is the same",
        ENVIRONMENT,
        2,
        shown="=",
    ),
    KeyBinding(
        "environment.value", "enter", "value", "in full", "both values in full", ENVIRONMENT, shown="enter"
    ),
    KeyBinding(
        "environment.refresh", "R", "refresh", "ask again", "ask both sides again", ENVIRONMENT, palette=False
    ),
    _back("environment", ENVIRONMENT),
)

DOCTOR_SCREEN = (
    KeyBinding("doctor.fix", "enter", "fix", "fix", "show the fix; open a group", DOCTOR, 2, shown="enter"),
    KeyBinding("doctor.copy", "y", "copy", "copy", "copy its command", DOCTOR, 2),
    KeyBinding("doctor.silence", "i", "silence", "silence", "silence it", DOCTOR, 2),
    KeyBinding("doctor.again", "R", "again", "check again", "check again", DOCTOR, 2),
    KeyBinding("doctor.job", "J", "go_to_job", "go to job", "go to its job", DOCTOR, 2),
    KeyBinding("doctor.undo", "u", "undo", "undo", "undo the last change", DOCTOR, 1, palette=False),
    KeyBinding("doctor.redo", "ctrl+r", "redo", "redo", "", DOCTOR, palette=False),
    KeyBinding("doctor.undo_list", "U", "undo_list", "undo list", "", DOCTOR, palette=False),
    _back("doctor", DOCTOR),
)

UNDO_SCREEN = (
    KeyBinding("undo_list.undo", "u,enter", "undo", "undo it", "undo this change", UNDO, 2, shown="u enter"),
    KeyBinding("undo_list.redo", "ctrl+r", "redo", "redo", "redo what was undone", UNDO, 2, palette=False),
    _back("undo_list", UNDO),
)

SETUP_SCREEN = (
    KeyBinding("setup.next", "enter", "next", "next step", "next step", SETUP, 2, shown="enter"),
    KeyBinding("setup.step_back", "b", "step_back", "step back", "step back", SETUP, 2),
    KeyBinding("setup.test", "t", "test", "test", "run each script once", SETUP, 2, asks=True),
    KeyBinding("setup.edit", "e", "edit", "type", "type what it asks for", SETUP, 2),
    KeyBinding("setup.toggle", "space", "switch", "on or off", "turn it on or off", SETUP),
    KeyBinding("setup.insist", "F", "insist", "insist", "schedule it though it fails", SETUP, 1),
    KeyBinding("setup.adopt", "a", "adopt", "take over", "take over your own jobs, or not", SETUP, 2),
    KeyBinding("setup.linger", "l", "linger", "linger", "go on after logout", SETUP, 1),
    KeyBinding("setup.whole", "D", "whole", "whole diff", "the whole change", SETUP, 2, "diff"),
    KeyBinding("setup.drills", "d", "drills", "drills", "rehearse a failure", SETUP, 2),
    KeyBinding("setup.remove", "x", "remove", "remove", "take it all away", SETUP, 2),
    _back("setup", SETUP, "leave"),
)

DRILLS_SCREEN = (
    KeyBinding("drills.run", "r,enter", "run", "run it", "run it, after a y", DRILLS, 2, shown="r"),
    _back("drills", DRILLS, help="stop it; back"),
)

LISTS = (
    KeyBinding("list.down", "j", "move(1)", "down", "down, up", LIST, shown="j/k", palette=False),
    KeyBinding("list.up", "k", "move(-1)", "up", "", LIST, palette=False),
    KeyBinding("list.first", "g", "end(-1)", "first", "first, last", LIST, shown="g/G", palette=False),
    KeyBinding("list.last", "G", "end(1)", "last", "", LIST, palette=False),
    KeyBinding(
        "list.half_down", "ctrl+d", "half(1)", "down", "half a page", LIST, shown="^d/^u", palette=False
    ),
    KeyBinding("list.half_up", "ctrl+u", "half(-1)", "up", "", LIST, palette=False),
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

_SCREENS = (
    *(LOG_SCREEN, WATCH_SCREEN, HISTORY_SCREEN),
    *(DOCTOR_SCREEN, ENVIRONMENT_SCREEN, UNDO_SCREEN, SETUP_SCREEN, DRILLS_SCREEN),
)
ALL = (*DASHBOARD, *APP, *LISTS, *(key for screen in _SCREENS for key in screen))
BY_ID = {key.id: key for key in ALL}


def unknown_ids(keymap: dict[str, str]) -> list[str]:
    """The ids of a user's keymap that name no key."""
    return [name for name in keymap if name not in BY_ID]


def taken_keys(keymap: dict[str, str]) -> list[tuple[str, str, str]]:
    """Who loses which key to whom by a user's keymap: (loser's id, key, winner's id), on one screen."""
    lost = []
    lists = {key.id for key in LISTS}
    for screen in ((*keys, *APP, *LISTS) for keys in (DASHBOARD, *_SCREENS)):
        has = {key.id: set(keymap.get(key.id, key.key).split(",")) for key in screen}
        for winner in (key.id for key in screen if key.id in keymap):
            for loser in (key.id for key in screen if key.id != winner):
                # The list has the focus, so a key of its own never comes as far as the screen.
                to_list = loser in lists and winner not in lists
                loses, wins = (winner, loser) if to_list else (loser, winner)
                lost += [(loses, key, wins) for key in sorted(has[winner] & has[loser])]
    return sorted(set(lost))
