"""The same verbs without a screen: `fedtui list`, `fedtui pause JOB`, ...

What went wrong is said in words on standard error, with --json on standard output too; a traceback only with
--debug.
"""

from __future__ import annotations

import errno
import gc
import os
import sys
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any, TextIO

from fedtui.cli.exit_status import ExitStatus
from fedtui.cli.options import ENVELOPE
from fedtui.cli.parser import UsageError
from fedtui.safe_text import mask_secrets, sanitize_lines
from fedtui.system.patience import patience, wait_notices

if TYPE_CHECKING:
    import asyncio
    from argparse import Namespace

    from fedtui.workspace import Workspace

    Verb = Callable[[Workspace, Namespace], Awaitable[int]]


_OUTPUT_FAILS = (errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EFBIG)
"""What `print` raises where its output cannot be kept. Errors of our own files name the file."""


def run_verb(workspace: Workspace, options: Namespace) -> int:
    """Run the verb that `options` names in `workspace`; returns the exit status."""
    return report_errors(
        lambda: _start(workspace, options),
        options.debug,
        as_json=_form(options) == ENVELOPE,
        unread=ExitStatus.DONE if _reads(options) or options.verb == "logs" else ExitStatus.REFUSED,
    )


def _form(options: Namespace) -> str:
    """The value of --json, which `check --format json` is another name of."""
    if getattr(options, "format", "") == "json" and not options.json:
        options.json = ENVELOPE
    return getattr(options, "json", "")


def _start(workspace: Workspace, options: Namespace) -> int:
    from fedtui.workspace import LOOKED_AT

    if not getattr(options, "keep", False):  # the watchman's words are kept as complaints
        for text in (*workspace.config.notes, *workspace.config.faults):
            print(mask_secrets(sanitize_lines(text)), file=sys.stderr)
    if options.verb == "list" and options.source and LOOKED_AT.issuperset(options.source):
        from fedtui.cli.list_jobs import print_jobs

        with patience(READING_PATIENCE):
            snapshot = workspace.look(options.source)
        return print_jobs(workspace, options, snapshot)
    gc.enable()  # from here on it may take long
    with new_runner(detached=_reads(options)) as runner:
        work = _run(workspace, options)
        if options.verb == "watch" or getattr(options, "follow", False) or getattr(options, "wait", False):
            return _while_read(runner, work)
        return runner.run(work)


def new_runner(*, detached: bool = False) -> asyncio.Runner:
    """What runs the coroutine of a verb. Raises Refused where there can be no event loop.

    `detached`: it ends without its threads that still wait for something.
    """
    import asyncio  # not above: loading it takes longer than the list of a crontab

    from fedtui.system.in_thread import DaemonThreads

    runner = asyncio.Runner()
    try:
        loop = runner.get_loop()
        if detached:
            loop.set_default_executor(DaemonThreads())
    except OSError as error:
        from fedtui.action_result import Refused

        sys.unraisablehook = lambda _: None  # what there is of a loop would complain at its end
        raise Refused(f"fedtui cannot start here: {error.strerror}.") from error
    return runner


def _while_read(runner: asyncio.Runner, work: Coroutine[Any, Any, int]) -> int:
    """Do what may wait for long, and leave once nothing reads the output any more."""
    import asyncio

    from fedtui.system.terminal_watch import TerminalWatch

    try:
        outputs, on_terminal = [sys.stdout.fileno()], sys.stdout.isatty()
    except (AttributeError, OSError, ValueError):  # closed at the start, or no file
        outputs, on_terminal = [], False

    async def run() -> int:
        task = asyncio.ensure_future(work)
        watch.leave = partial(task.get_loop().call_soon_threadsafe, task.cancel)
        return await task

    with TerminalWatch(outputs) as watch:
        try:
            return runner.run(run())
        except (asyncio.CancelledError, OSError):
            if not watch.is_lost():
                raise
            if not on_terminal:
                raise BrokenPipeError from None  # as where a reader goes away while something is written
            os._exit(watch.status or watch.LOST)  # what is still to be written has no reader


async def _run(workspace: Workspace, options: Namespace) -> int:
    bound: AbstractContextManager[None] = nullcontext()
    if _reads(options):
        bound = patience(READING_PATIENCE)
    elif options.verb not in _SPEAKING:
        bound = wait_notices()
    try:
        with bound:
            return await _verb(options)(workspace, options)
    finally:
        await workspace.close()


READING_PATIENCE = 4.0
"""Seconds until a verb that only reads says what it has, and what it did not get."""

_READING = ("list", "show", "next", "history", "metrics")
_SPEAKING = ("logs", "watch", "check", "git-sync", "drill")
"""Verbs that say of themselves what they wait for, or that nobody waits for."""


def _reads(options: Namespace) -> bool:
    """Whether nothing is changed, and somebody waits for the answer."""
    match options.verb:
        case "logs":
            return not options.follow
        case "check":
            return not (options.alert or options.test)
        case "env":
            return not options.set
        case "undo":
            return bool(options.list)
        case "restore" | "drill":
            return not options.name
        case "setup":
            return bool(options.status or options.profiles)
    return options.verb in _READING


_VERBS = {
    "list": "show.list_jobs",
    "next": "show.next_runs",
    "show": "show.show_job",
    "logs": "show.print_log",
    "history": "history_verb.print_history",
    "check": "check.check",
    "metrics": "metrics.write_metrics",
    "git-sync": "git_sync.git_sync",
    "run": "run.run_job",
    "stop": "run.stop_jobs",
    "env": "env.show_environment",
    "watch": "watch.watch",
    "drill": "drill.drill",
    "setup": "setup_verb.setup",
    "restore": "restore.restore",
    "apply": "change.apply_kept",
}
"""The function of each verb, below `fedtui.cli`; all others are `change.change`."""


def _verb(options: Namespace) -> Verb:
    """The function behind a verb; imported here so that each verb loads only what it needs."""
    place = _VERBS.get(options.verb, "change.change")
    if options.verb == "check" and (options.alert or options.test):
        place = "send_alerts.alert"
    elif options.verb == "undo" and options.list:
        place = "change.list_undo"
    module, _, name = place.partition(".")
    verb: Verb = getattr(import_module(f"fedtui.cli.{module}"), name)
    return verb


def report_errors(
    work: Callable[[], int], debug: bool, *, as_json: bool = False, unread: int = ExitStatus.DONE
) -> int:
    """The exit status of `work`; what it raises is said in words instead of shown as a traceback.

    `unread` is the status where the reader of the output goes away before the work is done.
    """
    status = unread
    try:
        status = work()
        return status if _delivered() else ExitStatus.REFUSED
    except UsageError as error:
        return _fail(error, "usage", error.status, as_json)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        drop_output()  # its reader went away (`fedtui list | head`): nobody is left to tell
        return status
    except Exception as error:  # noqa: BLE001 - said in words, with --debug in full
        kind = _kind(error)
        if kind:
            statuses = {"partly_done": ExitStatus.PARTLY_DONE, "outcome_unknown": ExitStatus.UNKNOWN}
            return _fail(error, kind, statuses.get(kind, ExitStatus.REFUSED), as_json)
        if isinstance(error, OSError) and error.filename is None and error.errno in _OUTPUT_FAILS:
            return _lost(error)
        if debug:
            import traceback

            print(mask_secrets(traceback.format_exc()), file=sys.stderr)
        from fedtui.action_result import Refused

        advice = "`fedtui undo --list` shows what was changed, --debug where it happened."
        said = Refused(f"Internal error: {error!r}.", "", advice)
        return _fail(said, "internal", ExitStatus.REFUSED, as_json)


def _fail(error: Exception, kind: str, status: int, as_json: bool) -> int:
    """Say what went wrong; returns the exit status."""
    from fedtui.cli.in_shell import in_shell

    advice = getattr(error, "advice", "")
    said = str(error).replace(advice, in_shell(advice)).rstrip()
    print(mask_secrets(sanitize_lines(said)), file=sys.stderr)
    if as_json:
        from fedtui.cli.records import print_json

        def text(name: str) -> str | None:
            return mask_secrets(sanitize_lines(getattr(error, name, ""))) or None

        message = text("message") or mask_secrets(sanitize_lines(said))
        told = {"kind": kind, "message": message, "untouched": text("untouched")}
        told["advice"] = mask_secrets(sanitize_lines(in_shell(advice))) or None
        try:
            print_json(ENVELOPE, told, "error")
            _delivered()
        except BrokenPipeError:
            drop_output()
    return status


def _delivered() -> bool:
    """Whether all that was printed has been taken; says why not. A reader that went away raises."""
    if getattr(sys.stdout, "flush", None) is None:
        return True  # closed by the parent process
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        _lost(error)
        return False
    return True


def _lost(error: OSError) -> int:
    """Say that the output could not be written; the exit status."""
    drop_output(sys.stdout)
    try:
        print(f"The output could not be written: {error.strerror}.", file=sys.stderr)
    except OSError:  # it is the same terminal, and gone
        drop_output(sys.stderr)
    return ExitStatus.REFUSED


def drop_output(*streams: TextIO) -> None:
    """What is still to be written goes nowhere, so that Python does not complain of it at its end."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in streams or (sys.stdout,):
        os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


def _kind(error: Exception) -> str:
    """What is refused or unavailable, as JSON names it; empty for a fault of the program."""
    from fedtui.action_result import OutcomeUnknown, PartlyDone, Refused
    from fedtui.changes.plan import Conflict
    from fedtui.cli.find_job import Unavailable
    from fedtui.config import ConfigError
    from fedtui.history.database import HistoryError
    from fedtui.system.crontab_port import CrontabError
    from fedtui.watching.watch_store import WatchStoreError

    kinds: dict[type[Exception], str] = {PartlyDone: "partly_done", OutcomeUnknown: "outcome_unknown"}
    kinds |= {Conflict: "conflict", Refused: "refused"}
    kinds |= dict.fromkeys(
        (Unavailable, CrontabError, ConfigError, HistoryError, WatchStoreError), "unavailable"
    )
    return next((kind for raised, kind in kinds.items() if isinstance(error, raised)), "")
