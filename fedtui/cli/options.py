"""Options that many verbs share. Only argparse, so that `--help` is quick."""

from __future__ import annotations

import argparse


def json_options(parser: argparse.ArgumentParser) -> None:
    """`--json`, and what it may show."""
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--show-secrets", action="store_true", help="do not mask what looks like a secret")


def job_argument(parser: argparse.ArgumentParser, *, optional: bool = False) -> None:
    """The job that the verb is about."""
    text = "an id as `list` prints it, or an unambiguous name"
    parser.add_argument("job", metavar="JOB", nargs="?" if optional else None, help=text)


def write_options(parser: argparse.ArgumentParser) -> None:
    """Of a verb that changes something."""
    parser.add_argument("--yes", action="store_true", help="do it without asking")
    parser.add_argument("--dry-run", action="store_true", help="show what would be done, and do nothing")


MOST = 2**31 - 1


def positive(text: str) -> int:
    """A number from 1 on. Raises ArgumentTypeError, or ValueError for no number."""
    number = int(text)
    if not 1 <= number <= MOST:
        raise argparse.ArgumentTypeError(f"{text} is not a number from 1 to {MOST}")
    return number
