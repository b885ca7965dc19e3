"""The command line's grammar: verbs, options and their help. Only argparse, so that `--help` is quick."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any, NoReturn

from fedtui import __version__
from fedtui.cli.exit_status import CHECK_STATUS, EXIT_STATUS, SYNC_STATUS, ExitStatus
from fedtui.cli.federation_options import drill, git_sync, setup
from fedtui.cli.options import (
    flag,
    job_argument,
    jobs_argument,
    json_option,
    json_options,
    positive,
    secrets_option,
    valued,
    write_options,
)
from fedtui.model import SourceName

SOURCES = tuple(name.value for name in SourceName)


class UsageError(Exception):
    """What was asked makes no sense; the message says why. `status` is the exit status: 2, of `check` 3."""

    def __init__(self, message: str, status: int = ExitStatus.WRONG_USAGE) -> None:
        super().__init__(message)
        self.status = status


class _Parser(argparse.ArgumentParser):
    """A parser whose arguments are added by `fill` once it is used: of all the verbs, one is."""

    def __init__(
        self,
        *,
        fill: Callable[[argparse.ArgumentParser], None] | None = None,
        usage_status: int = ExitStatus.WRONG_USAGE,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self._fill = fill
        self._usage_status = usage_status

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Parse, with all arguments in place."""
        if self._fill is not None:
            self._fill(self)
            self._fill = None
        return super().parse_known_args(args, namespace)

    def parse_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Parse; what no verb knows is wrong usage of the verb that was named."""
        found, rest = self.parse_known_args(args, namespace)
        if rest:
            named = f"{self.prog} {found.verb}" if found.verb else self.prog
            words = " ".join(rest)
            raise UsageError(f"{named}: unrecognized arguments: {words}", _usage_status(found.verb))
        return found

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{self.prog}: {message}\n{self.format_usage().rstrip()}", self._usage_status)


def _usage_status(verb: str | None) -> int:
    """`check` ends with 3, Nagios' UNKNOWN: its 2 says that errors were found."""
    return ExitStatus.REFUSED if verb == "check" else ExitStatus.WRONG_USAGE


def build_parser(prog: str = "fedtui") -> argparse.ArgumentParser:
    """The parser of every verb; `prog` is shown in usage lines."""
    parser = _Parser(
        prog=prog,
        description="One terminal screen for everything that runs on a schedule. "
        "Without a verb the dashboard opens.",
        epilog=EXIT_STATUS,
    )
    parser.add_argument("--version", action="version", version=f"fedtui {__version__}")
    flag(parser, "--debug", "show tracebacks")
    flag(parser, "--ascii", "plain ASCII signs in the dashboard and in lists")
    parser.add_argument("--theme", choices=("dark", "light"), help="the dashboard's colours")
    parser.set_defaults(verb=None)
    verbs = parser.add_subparsers(metavar="VERB", title="verbs", parser_class=_Parser)
    for name, (text, fill) in _VERBS.items():
        description = f"{text[0].upper()}{text[1:]}."
        endings = {"check": CHECK_STATUS, "git-sync": SYNC_STATUS}
        verb = verbs.add_parser(
            name,
            help=text,
            description=description,
            epilog=endings.get(name, EXIT_STATUS),
            fill=fill,
            usage_status=_usage_status(name),
        )
        verb.set_defaults(verb=name)
    demo = verbs.add_parser(
        "demo",
        help="a workspace to try everything in: no cron, no systemd, no risk",
        description="Opens the dashboard on the demo workspace, or runs a verb there: fedtui demo list",
        epilog=EXIT_STATUS,
        fill=_demo,
    )
    demo.set_defaults(verb="demo")
    return parser


def _list(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--source", choices=SOURCES, action="append", help="only this source; may be repeated"
    )
    json_options(parser)


def _next(parser: argparse.ArgumentParser) -> None:
    job_argument(parser, optional=True)
    valued(parser, "--expr", "'M H DOM MON DOW'", "a schedule")
    dialects = "debian, cronie, busybox, bcron or other"
    valued(parser, "--dialect", "NAME", f"of --expr: {dialects} (default: this host's)")
    valued(parser, "--count", "N", "how many (default 5)", type=positive, default=5)
    valued(parser, "--from", "RFC3339", "later than this (default: now)", dest="start")
    valued(parser, "--tz", "ZONE", "an IANA zone (default: the machine's)")
    json_option(parser)


def _show(parser: argparse.ArgumentParser) -> None:
    job_argument(parser)
    json_options(parser)


def _history(parser: argparse.ArgumentParser) -> None:
    job_argument(parser, optional=True)
    valued(parser, "--count", "N", "how many (default 24)", type=positive, default=24)
    json_options(parser)


def _logs(parser: argparse.ArgumentParser) -> None:
    job_argument(parser)
    parser.add_argument("-n", "--lines", type=positive, default=50, metavar="N", help="how many (default 50)")
    parser.add_argument("-f", "--follow", action="store_true", help="go on as the log grows")
    json_options(parser)


def _run(parser: argparse.ArgumentParser) -> None:
    job_argument(parser)
    flag(parser, "--wait", "show the output till the end; exit 1 if the job failed")
    flag(parser, "--yes", "taken for symmetry: a run needs no confirmation")
    flag(parser, "--dry-run", "say what would be run, and run nothing")
    json_option(parser, "print the run as JSON (docs/json.md)")


def _stop(parser: argparse.ArgumentParser) -> None:
    jobs_argument(parser)
    write_options(parser)


def _on_jobs(parser: argparse.ArgumentParser) -> None:
    jobs_argument(parser)
    write_options(parser)


def _record(parser: argparse.ArgumentParser) -> None:
    jobs_argument(parser, optional=True)
    flag(parser, "--all", "every job of your crontab that can be recorded and is not")
    flag(parser, "--off", "stop recording, and restore the original line; with --all of every recorded job")
    flag(parser, "--never", "do not offer to record jobs again: silence FT309")
    write_options(parser)


def _reschedule(parser: argparse.ArgumentParser) -> None:
    parser.usage = "%(prog)s [options] JOB SCHEDULE\n       %(prog)s [options] JOB... --to SCHEDULE"
    jobs_argument(parser)
    valued(parser, "--to", "SCHEDULE", "five fields or a nickname; OnCalendar for a timer")
    parser.add_argument("--reason", default="", help="why; kept as a comment above the line")
    parser.add_argument("--ticket", default="", help="where it was decided; kept beside the reason")
    write_options(parser)


def _convert(parser: argparse.ArgumentParser) -> None:
    jobs_argument(parser)
    parser.add_argument(
        "--to",
        choices=("cron", "user", "system"),
        required=True,
        help="a line of the crontab, or a timer of your own systemd or of the system's",
    )
    flag(parser, "--linger", "with --to user: have your systemd go on after logout")
    write_options(parser)


def _new(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--schedule", required=True, metavar="S")
    valued(parser, "--command", "C", "as in a crontab: a bare %% means a newline", required=True)
    parser.add_argument("--name", default="", metavar="N")
    valued(parser, "--note", "TEXT", "kept as a comment above the line", default="")
    write_options(parser)


def _edit(parser: argparse.ArgumentParser) -> None:
    jobs_argument(parser)
    for option in ("--schedule", "--command", "--name", "--note"):
        parser.add_argument(option, default=None)
    write_options(parser)


def _env(parser: argparse.ArgumentParser) -> None:
    jobs_argument(parser)
    flag(parser, "--diff", "only what your shell has otherwise")
    valued(
        parser,
        "--set",
        "NAME=VALUE",
        "write the line above the job in its crontab; may be repeated",
        action="append",
    )
    secrets_option(parser)
    write_options(parser)


def _watch(parser: argparse.ArgumentParser) -> None:
    job_argument(parser, optional=True)
    valued(parser, "--cycles", "N", "how many runs to watch (default 3)", type=positive, default=3)
    flag(parser, "--stop", "end the watch over the job")
    parser.add_argument("--keep", action="store_true", help=argparse.SUPPRESS)
    json_option(parser, "print the watch as JSON once it is finished (docs/json.md)")


def _apply(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("id", metavar="ID", help="as `--dry-run --keep` printed it")
    write_options(parser)


def _undo(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("id", nargs="?", type=positive, metavar="ID", help="as --list prints it")
    flag(parser, "--list", "list the changes, newest first; of ID alone with its diff")
    flag(parser, "--diff", "with --list: show the diff of each change")
    valued(parser, "--count", "N", "with --list: how many (default 50)", type=positive, default=50)
    write_options(parser)


def _restore(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "name", nargs="?", metavar="NAME", help="a kept table, as the list without NAME prints it"
    )
    write_options(parser)


def _check(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--format",
        choices=("text", "json", "nagios", "openmetrics"),
        default="text",
        help="for people, programs, Nagios and its kin, or Prometheus (default text)",
    )
    flag(
        parser,
        "--alert",
        "tell what is new of the jobs' failures, stale data and recoveries to the alert channels; "
        "exit status 0 told, 1 not all could be looked at or told, 3 nothing could",
    )
    flag(parser, "--test", "with --alert: send each channel a test message")
    json_options(parser)


def _metrics(parser: argparse.ArgumentParser) -> None:
    valued(parser, "--output", "FILE", "write this file, in one rename (default: standard output)")


def _demo(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--folder", help="where the workspace lives (default: under the state folder)")
    parser.add_argument(
        "rest", nargs=argparse.REMAINDER, metavar="VERB ...", help="a verb to run in the workspace"
    )


_VERBS: dict[str, tuple[str, Callable[[argparse.ArgumentParser], None]]] = {
    "list": ("list the jobs", _list),
    "next": ("print the next runs of a job or of an expression", _next),
    "show": ("show everything known of a job", _show),
    "watch": ("watch the next runs of a job: a verdict for each", _watch),
    "history": ("print the runs that were seen, newest first", _history),
    "logs": ("print the end of a job's log", _logs),
    "run": ("run a job now, as its scheduler would", _run),
    "stop": ("stop jobs that run", _stop),
    "pause": ("hold a job's schedule back", _on_jobs),
    "resume": ("let a paused job run again", _on_jobs),
    "record": ("record exit codes of cron jobs", _record),
    "delete": ("delete a crontab job", _on_jobs),
    "reschedule": ("give a job another schedule", _reschedule),
    "convert": ("turn a cron line into a timer, or a timer into a cron line", _convert),
    "new": ("add a job to your crontab", _new),
    "edit": ("change a crontab job", _edit),
    "env": ("compare what a job is given with your shell's environment", _env),
    "check": ("look for everything that keeps a schedule from doing its work", _check),
    "metrics": ("print jobs, runs and findings as OpenMetrics", _metrics),
    "git-sync": ("run the sync script, commit data/ and push it", git_sync),
    "setup": ("set up the jobs of a federation, or take them away", setup),
    "drill": ("rehearse a failure: what happens, and is it seen", drill),
    "apply": ("apply a plan that was kept (--dry-run --keep)", _apply),
    "undo": ("undo the last change, or change ID", _undo),
    "redo": ("apply again what was undone last", write_options),
    "restore": ("list kept cron tables, or put one back", _restore),
}
