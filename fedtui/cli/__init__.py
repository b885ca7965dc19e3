"""The same verbs without a screen: `fedtui list`, `fedtui pause JOB`, ...

Exit status: 0 done, 1 the job failed, 2 wrong usage, 3 refused or unavailable. What went wrong is said in
words on standard error; a traceback only with --debug.
"""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from fedtui.cli.parser import UsageError

if TYPE_CHECKING:
    from argparse import Namespace

    from fedtui.workspace import Workspace

    Verb = Callable[[Workspace, Namespace], Awaitable[int]]


def run_verb(workspace: Workspace, options: Namespace) -> int:
    """Run the verb that `options` names in `workspace`; returns the exit status."""
    return report_errors(lambda: _start(workspace, options), options.debug)


def _start(workspace: Workspace, options: Namespace) -> int:
    from fedtui.workspace import LOOKED_AT

    if options.verb == "list" and options.source and LOOKED_AT.issuperset(options.source):
        from fedtui.cli.listing import print_jobs

        return print_jobs(workspace, options, workspace.look(options.source))
    import asyncio  # here and not above: loading it takes longer than the list of a crontab

    return asyncio.run(_run(workspace, options))


async def _run(workspace: Workspace, options: Namespace) -> int:
    try:
        return await _verb(options)(workspace, options)
    finally:
        await workspace.close()


def _verb(options: Namespace) -> Verb:
    """The function behind a verb; imported here so that each verb loads only what it needs."""
    match options.verb:
        case "list" | "next" | "show" | "logs":
            from fedtui.cli import reading

            return {
                "list": reading.list_jobs,
                "next": reading.next_runs,
                "show": reading.show_job,
                "logs": reading.print_log,
            }[options.verb]
        case "run" | "stop":
            from fedtui.cli import running

            return running.run_job if options.verb == "run" else running.stop_job
        case "env":
            from fedtui.cli import environment

            return environment.show_environment
    from fedtui.cli import changing

    return changing.list_undo if options.verb == "undo" and options.list else changing.change


def report_errors(work: Callable[[], int], debug: bool) -> int:
    """The exit status of `work`; what it raises is said in words instead of shown as a traceback."""
    try:
        return work()
    except UsageError as error:
        print(visible_lines(str(error)), file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # The reader of our output went away (`fedtui list | head`): nobody is left to tell.
        sys.stderr.close()
        return 0
    except Exception as error:
        if isinstance(error, _expected()):
            print(visible_lines(str(error)), file=sys.stderr)
            return 3
        if debug:
            raise
        print(f"fedtui met an error of its own: {visible_lines(repr(error))}", file=sys.stderr)
        print(
            "Whatever was not reported as done was not done. --debug shows where it happened.",
            file=sys.stderr,
        )
        return 3


def _expected() -> tuple[type[Exception], ...]:
    """What verbs raise where something is refused or unavailable; loaded only once something was raised."""
    from fedtui.actions.plan import Refused
    from fedtui.cli.finding import Unavailable
    from fedtui.config import ConfigError
    from fedtui.history.database import HistoryError
    from fedtui.sources.crontab_port import CrontabError

    return (Refused, Unavailable, CrontabError, ConfigError, HistoryError)


def visible_lines(text: str) -> str:
    """Several lines of outside text, each made safe."""
    from fedtui.safe_text import visible

    return "\n".join(visible(line) for line in text.split("\n"))
