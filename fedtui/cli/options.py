"""Options that many verbs share. Only argparse, so that `--help` is quick."""

from __future__ import annotations

import argparse
from typing import Any

ENVELOPE, BARE = "1", "0"
"""Values of `options.json`, which is empty without the option: schema 1, or the shape before it."""


def flag(parser: argparse._ActionsContainer, name: str, help_text: str) -> None:
    """An option that is given or not."""
    parser.add_argument(name, action="store_true", help=help_text)


def valued(parser: argparse.ArgumentParser, name: str, metavar: str, help_text: str, **settings: Any) -> None:
    """An option with a value, shown as `metavar`."""
    parser.add_argument(name, metavar=metavar, help=help_text, **settings)


def json_option(parser: argparse.ArgumentParser, help_text: str = "print JSON (docs/json.md)") -> None:
    """`--json`, and `--json=0` for the shape before schema 1.

    The word after `--json` is never its value: `fedtui show --json JOB` names a job. So `--json=0` is a whole
    option string of its own.
    """
    parser.add_argument("--json", action="store_const", const=ENVELOPE, default="", help=help_text)
    parser.add_argument(
        "--json=0", dest="json", action="store_const", const=BARE, default="", help=argparse.SUPPRESS
    )


def secrets_option(parser: argparse.ArgumentParser) -> None:
    """`--show-secrets`, for verbs that print what a job is given."""
    flag(parser, "--show-secrets", "do not mask what looks like a secret")


def json_options(parser: argparse.ArgumentParser) -> None:
    """`--json`, and what it may show."""
    json_option(parser)
    secrets_option(parser)


def job_argument(parser: argparse.ArgumentParser, *, optional: bool = False) -> None:
    """The job that the verb is about."""
    text = "an id as `list` prints it, or an unambiguous name"
    parser.add_argument("job", metavar="JOB", nargs="?" if optional else None, help=text)


def jobs_argument(parser: argparse.ArgumentParser, *, optional: bool = False) -> None:
    """The jobs that the verb changes, in one plan."""
    text = "one or several: an id as `list` prints it, or an unambiguous name"
    parser.add_argument("jobs", metavar="JOB", nargs="*" if optional else "+", help=text)


def write_options(parser: argparse.ArgumentParser) -> None:
    """Of a verb that changes something."""
    flag(parser, "--yes", "do it without asking")
    flag(parser, "--dry-run", "show what would be done, and do nothing")
    parser.add_argument(
        "--keep",
        dest="keep_plan",
        action="store_true",
        help="with --dry-run: keep the plan for an hour, for `fedtui apply`",
    )
    json_option(parser, "print the result as JSON, with --dry-run the plan (docs/json.md)")


MOST = 2**31 - 1


def positive(text: str) -> int:
    """A number from 1 on. Raises ArgumentTypeError, or ValueError for no number."""
    number = int(text)
    if not 1 <= number <= MOST:
        raise argparse.ArgumentTypeError(f"{text} is not a number from 1 to {MOST}")
    return number
