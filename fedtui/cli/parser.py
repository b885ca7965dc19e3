"""The command line's grammar: verbs, options and their help. Only argparse, so that `--help` is quick."""

from __future__ import annotations

import argparse
from typing import NoReturn

from fedtui import __version__
from fedtui.model import SourceName

SOURCES = tuple(name.value for name in SourceName)

EXIT_STATUS = "exit status: 0 done, 1 the job failed, 2 wrong usage, 3 refused or unavailable"


class UsageError(Exception):
    """What was asked makes no sense; the message says why. Exit status 2."""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{self.prog}: {message}\n{self.format_usage().rstrip()}")


def build_parser(prog: str = "fedtui") -> argparse.ArgumentParser:
    """The parser of every verb; `prog` is shown in usage lines."""
    parser = _Parser(
        prog=prog,
        description="One terminal screen for everything that runs on a schedule. "
        "Without a verb the dashboard opens.",
        epilog=EXIT_STATUS,
    )
    parser.add_argument("--version", action="version", version=f"fedtui {__version__}")
    parser.add_argument("--debug", action="store_true", help="show tracebacks")
    parser.add_argument(
        "--ascii", action="store_true", help="plain ASCII signs in the dashboard and in lists"
    )
    parser.add_argument("--theme", choices=("dark", "light"), help="the dashboard's colours")
    parser.set_defaults(verb=None)
    verbs = parser.add_subparsers(metavar="VERB", title="verbs", parser_class=_Parser)
    _reading(verbs)
    _running(verbs)
    _changing(verbs)
    demo = verbs.add_parser(
        "demo",
        help="a workspace to try everything in: no cron, no systemd, no risk",
        description="Opens the dashboard on the demo workspace, or runs a verb there: fedtui demo list",
    )
    demo.add_argument("--folder", help="where the workspace lives (default: under the state folder)")
    demo.add_argument(
        "rest", nargs=argparse.REMAINDER, metavar="VERB ...", help="a verb to run in the workspace"
    )
    demo.set_defaults(verb="demo")
    return parser


def _verb(verbs: argparse._SubParsersAction[_Parser], name: str, text: str) -> argparse.ArgumentParser:
    parser = verbs.add_parser(
        name, help=text, description=text[0].upper() + text[1:] + ".", epilog=EXIT_STATUS
    )
    parser.set_defaults(verb=name)
    return parser


def _json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--show-secrets", action="store_true", help="do not mask what looks like a secret")


def _job(parser: argparse.ArgumentParser, *, optional: bool = False) -> None:
    text = "an id as `list` prints it, or an unambiguous name"
    parser.add_argument("job", metavar="JOB", nargs="?" if optional else None, help=text)


def _reading(verbs: argparse._SubParsersAction[_Parser]) -> None:
    listing = _verb(verbs, "list", "list the jobs")
    listing.add_argument(
        "--source", choices=SOURCES, action="append", help="only this source; may be repeated"
    )
    _json(listing)

    following = _verb(verbs, "next", "print the next runs of a job or of an expression")
    _job(following, optional=True)
    following.add_argument("--expr", metavar="'M H DOM MON DOW'", help="a schedule in Debian's dialect")
    following.add_argument("--count", type=_positive, default=5, metavar="N", help="how many (default 5)")
    following.add_argument("--from", dest="start", metavar="RFC3339", help="later than this (default: now)")
    following.add_argument("--tz", metavar="ZONE", help="an IANA zone (default: the machine's)")
    following.add_argument("--json", action="store_true", help="print a JSON array of RFC 3339 strings")

    showing = _verb(verbs, "show", "show everything known of a job")
    _job(showing)
    _json(showing)

    logs = _verb(verbs, "logs", "print the end of a job's log")
    _job(logs)
    logs.add_argument("-n", "--lines", type=_positive, default=50, metavar="N", help="how many (default 50)")
    logs.add_argument("-f", "--follow", action="store_true", help="go on as the log grows")
    _json(logs)


def _running(verbs: argparse._SubParsersAction[_Parser]) -> None:
    run = _verb(verbs, "run", "run a job now, as its scheduler would")
    _job(run)
    run.add_argument(
        "--wait", action="store_true", help="show the output till the end; exit 1 if the job failed"
    )
    run.add_argument("--yes", action="store_true", help="taken for symmetry: a run needs no confirmation")
    run.add_argument("--dry-run", action="store_true", help="say what would be run, and run nothing")
    run.add_argument("--json", action="store_true", help="print the run as JSON")
    stop = _verb(verbs, "stop", "stop a job that runs")
    _job(stop)
    _writes(stop)


def _writes(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--yes", action="store_true", help="do it without asking")
    parser.add_argument("--dry-run", action="store_true", help="show what would be done, and do nothing")


def _changing(verbs: argparse._SubParsersAction[_Parser]) -> None:
    for name, text in (
        ("pause", "hold a job's schedule back"),
        ("resume", "let a paused job run again"),
        ("delete", "delete a crontab job"),
    ):
        parser = _verb(verbs, name, text)
        _job(parser)
        _writes(parser)
    reschedule = _verb(verbs, "reschedule", "give a job another schedule")
    _job(reschedule)
    reschedule.add_argument(
        "schedule", metavar="SCHEDULE", help="five fields or a nickname; OnCalendar for a timer"
    )
    reschedule.add_argument("--reason", default="", help="kept as a comment above the line")
    _writes(reschedule)
    new = _verb(verbs, "new", "add a job to your crontab")
    new.add_argument("--schedule", required=True, metavar="S")
    new.add_argument(
        "--command", required=True, metavar="C", help="as it stands in a crontab: % means a newline"
    )
    new.add_argument("--name", default="", metavar="N")
    new.add_argument("--note", default="", metavar="TEXT", help="kept as a comment above the line")
    _writes(new)
    edit = _verb(verbs, "edit", "change a crontab job")
    _job(edit)
    for option in ("--schedule", "--command", "--name", "--note"):
        edit.add_argument(option, default=None)
    _writes(edit)
    undo = _verb(verbs, "undo", "take the last change back, or the one of that id")
    undo.add_argument("id", nargs="?", type=_positive, metavar="ID")
    undo.add_argument("--list", action="store_true", help="list what can be undone")
    undo.add_argument("--json", action="store_true", help="print the list as JSON")
    _writes(undo)


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is not a positive number")
    return number
