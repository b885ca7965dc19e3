"""The options of the verbs of the federation pack. Only argparse, so that `--help` is quick."""

from __future__ import annotations

import argparse

from fedtui.cli.options import flag, json_option, secrets_option, valued, write_options


def git_sync(parser: argparse.ArgumentParser) -> None:
    valued(parser, "--root", "DIR", "the federation's checkout (default: as it was set up)")
    valued(parser, "--remote", "NAME", "where to push (default: as set up, else origin)")
    valued(parser, "--branch", "NAME", "what to push (default: as set up, else automation/federated-sync)")
    flag(parser, "--dry-run", "say what would be done, and do nothing")
    json_option(parser, "print JSON once it has ended (docs/json.md)")


def setup(parser: argparse.ArgumentParser) -> None:
    """`fedtui setup`; what is not said stays as it is."""
    _setup_modes(parser)
    valued(parser, "--root", "DIR", "the federation's checkout, where the scripts are")
    valued(
        parser, "--profile", "NAME|FILE", "conservative (the default), aggressive, minimal, or a TOML file"
    )
    parser.add_argument(
        "--backend",
        choices=("cron", "user", "system"),
        help="what runs the jobs: the crontab (the default; without cron timers), user or system timers",
    )
    valued(
        parser, "--log-dir", "DIR", "where logs go (default: /var/log where it can be written, else ~/logs)"
    )
    switch = argparse.BooleanOptionalAction
    parser.add_argument(
        "--git", action=switch, help="commit and push data/ every 6 hours, on a branch of its own"
    )
    valued(parser, "--branch", "NAME", "with --git: the branch (default: automation/federated-sync)")
    flag(parser, "--ssh-url", "with --git: reach the remote over SSH, not https")
    parser.add_argument("--rotate", action=switch, help="rotate the logs weekly")
    parser.add_argument(
        "--record", action=switch, help="record exit codes of cron lines (a first set-up does so by default)"
    )
    valued(parser, "--alert", "URL", "an apprise URL for alerts; may be repeated", action="append")
    flag(parser, "--no-alert", "send no alerts")
    valued(parser, "--mail-to", "ADDRESS", "who gets alerts by mail, through sendmail")
    valued(parser, "--heartbeat", "URL", "fetched after each check, for a watcher elsewhere")
    flag(parser, "--linger", "let user timers go on after logout")
    valued(parser, "--run-as", "USER", "as root: whom the jobs run as")
    parser.add_argument(
        "--adopt",
        nargs="*",
        metavar="JOB",
        help="take over lines of your crontab that run the scripts already: these, or all without a double",
    )
    flag(parser, "--profile-schedules", "with --adopt: give them the profile's schedules")
    parser.add_argument(
        "--force", action=switch, help="insist: on failing scripts, doubled jobs, the profile's schedules"
    )
    write_options(parser)
    secrets_option(parser)


def _setup_modes(parser: argparse.ArgumentParser) -> None:
    modes = parser.add_mutually_exclusive_group()
    flag(modes, "--status", "what is set up, and what comes next")
    flag(modes, "--remove", "leave everything as it was before the set-up")
    flag(modes, "--profiles", "show the ready-made profiles, and what each runs")


def drill(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", nargs="?", help="which drill (default: list them)")
    valued(parser, "--root", "DIR", "the federation's checkout (default: as set up)")
    valued(parser, "--profile", "NAME|FILE", "the profile (default: as set up)")
    valued(parser, "--stop", "COMMAND", "service-offline: what stops the service")
    valued(parser, "--start", "COMMAND", "service-offline: what starts it again")
    valued(parser, "--program", "NAME", "path-loss: the program that is lost")
    valued(parser, "--zone", "ZONE", "clock-change: an IANA zone (default: the machine's)")
    write_options(parser)
