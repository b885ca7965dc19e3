"""The options of the verbs of the federation pack. Only argparse, so that `--help` is quick."""

from __future__ import annotations

import argparse

from fedtui.cli.options import json_option, secrets_option, write_options


def git_sync(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--root", metavar="DIR", help="the federation's checkout (default: as it was set up)")
    parser.add_argument("--remote", metavar="NAME", help="where to push (default: as set up, else origin)")
    parser.add_argument(
        "--branch", metavar="NAME", help="what to push (default: as set up, else automation/federated-sync)"
    )
    parser.add_argument("--dry-run", action="store_true", help="say what would be done, and do nothing")
    json_option(parser, "print JSON once it has ended (docs/json.md)")


def setup(parser: argparse.ArgumentParser) -> None:
    """`fedtui setup`; what is not said stays as it is."""
    _setup_modes(parser)
    parser.add_argument("--root", metavar="DIR", help="the federation's checkout, where the scripts are")
    parser.add_argument(
        "--profile",
        metavar="NAME|FILE",
        help="conservative (the default), aggressive, minimal, or a TOML file",
    )
    parser.add_argument(
        "--backend",
        choices=("cron", "user", "system"),
        help="what runs the jobs: the crontab (the default), user timers, or system timers",
    )
    parser.add_argument(
        "--log-dir",
        metavar="DIR",
        help="where logs go (default: /var/log where it can be written, else ~/logs)",
    )
    switch = argparse.BooleanOptionalAction
    parser.add_argument(
        "--git", action=switch, help="commit and push data/ every 6 hours, on a branch of its own"
    )
    parser.add_argument(
        "--ssh-url", action="store_true", help="with --git: reach the remote over SSH, not https"
    )
    parser.add_argument("--rotate", action=switch, help="rotate the logs weekly")
    parser.add_argument(
        "--alert",
        action="append",
        metavar="URL",
        help="an apprise URL that is told of trouble; may be repeated",
    )
    parser.add_argument("--no-alert", action="store_true", help="tell nobody any more")
    parser.add_argument("--mail-to", metavar="ADDRESS", help="who is mailed of trouble, through sendmail")
    parser.add_argument(
        "--heartbeat", metavar="URL", help="fetched after each check, for a watcher elsewhere"
    )
    parser.add_argument("--linger", action="store_true", help="let user timers go on after logout")
    parser.add_argument("--run-as", metavar="USER", help="as root: whom the jobs run as")
    parser.add_argument(
        "--force",
        action="store_true",
        help="insist: on failing scripts, doubled jobs, the profile's schedules",
    )
    write_options(parser)
    secrets_option(parser)


def _setup_modes(parser: argparse.ArgumentParser) -> None:
    modes = parser.add_mutually_exclusive_group()
    modes.add_argument("--status", action="store_true", help="what is set up, and what comes next")
    modes.add_argument("--remove", action="store_true", help="leave everything as it was before the set-up")
    modes.add_argument(
        "--profiles", action="store_true", help="show the ready-made profiles, and what each runs"
    )


def drill(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", nargs="?", help="which drill (default: list them)")
    parser.add_argument("--root", metavar="DIR", help="the federation's checkout (default: as set up)")
    parser.add_argument("--profile", metavar="NAME|FILE", help="the profile (default: as set up)")
    parser.add_argument("--stop", metavar="COMMAND", help="service-offline: what stops the service")
    parser.add_argument("--start", metavar="COMMAND", help="service-offline: what starts it again")
    parser.add_argument("--program", metavar="NAME", help="path-loss: the program that is lost")
    parser.add_argument("--zone", metavar="ZONE", help="clock-change: an IANA zone (default: the machine's)")
    write_options(parser)
