"""The program's door: no verb opens the dashboard, a verb is handed to the command line."""

from __future__ import annotations

import codecs
import gc
import os
import pwd
import sys
from argparse import Namespace
from collections.abc import Sequence
from dataclasses import replace
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING

from fedtui.cli import report_errors, run_verb
from fedtui.cli.exit_status import ExitStatus
from fedtui.cli.parser import UsageError, build_parser
from fedtui.config import load, repair

if TYPE_CHECKING:
    from fedtui.config import Config
    from fedtui.workspace import Workspace

# Each way through here imports what it needs: a list is as quick as its imports are few.

OPEN_DEMO = "demo"
"""What the dashboard returns when the user asked for the demo workspace."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run fedtui with `arguments` (default: the process's own); returns the exit status."""
    arguments = sys.argv[1:] if arguments is None else list(arguments)
    if sys.platform != "linux":
        print(
            "fedtui runs on Linux only: it reads cron, systemd and /proc. Nothing was changed.",
            file=sys.stderr,
        )
        return ExitStatus.REFUSED
    try:
        pwd.getpwuid(0 if "--version" in arguments else os.geteuid())
    except KeyError:
        said = f"There is no account of user id {os.geteuid()} on this machine, and jobs belong to accounts."
        print(f"{said} Nothing was changed.", file=sys.stderr)
        return ExitStatus.REFUSED
    # Of what is loaded at the start nothing is garbage, and looking for some takes a fifth of the time until
    # something is seen. The dashboard and every verb but `list` begin to look once they have started.
    gc.disable()
    _encode_all_output()
    try:
        return report_errors(lambda: _start(arguments), "--debug" in arguments, as_json="--json" in arguments)
    finally:
        gc.enable()


def _encode_all_output() -> None:
    """In a locale without UTF-8 write the ASCII stand-in of a glyph, and `?` for other signs it lacks."""
    for stream in (sys.stdout, sys.stderr, sys.__stderr__):  # the last is the dashboard's
        if isinstance(stream, TextIOWrapper) and not _is_utf8(stream.encoding):
            codecs.register_error("stand-in", _stand_in)
            stream.reconfigure(errors="stand-in")


def _stand_in(error: UnicodeError) -> tuple[str, int]:
    from fedtui.presentation.glyphs import to_ascii

    if not isinstance(error, UnicodeEncodeError):
        raise error
    text = to_ascii(error.object[error.start : error.end])
    return text.encode("ascii", "replace").decode("ascii"), error.end


def _start(arguments: Sequence[str]) -> int:
    options = build_parser().parse_args(arguments)
    config = load()
    if options.verb == "demo":
        return _demo(config, options)
    from fedtui.machine import host_workspace

    if options.verb is not None:
        return run_verb(host_workspace(config), options)
    if _dashboard(host_workspace(config), options) == OPEN_DEMO:
        return _demo(config, Namespace(folder=None, rest=[], ascii=options.ascii, theme=options.theme))
    return ExitStatus.DONE


def _demo(config: Config, options: Namespace) -> int:
    from fedtui.demo.workspace import demo_workspace

    folder = Path(options.folder).absolute() if options.folder else config.state / "demo"
    inner = None
    if options.rest:
        inner = build_parser("fedtui demo").parse_args(options.rest)
        inner.ascii, inner.debug = inner.ascii or options.ascii, inner.debug or options.debug
        if inner.verb in (None, "demo"):
            raise UsageError("fedtui demo: give a verb such as list, or nothing to open the dashboard")
    try:
        workspace = demo_workspace(config, folder)
    except OSError as error:
        from fedtui.action_result import Refused

        said = f"There is no place for the demo: {error.filename or folder}: {error.strerror}."
        raise Refused(said, advice=f"{repair(folder)} Another place: fedtui demo --folder DIR") from error
    if inner is not None:
        return run_verb(workspace, inner)
    _dashboard(workspace, options)
    return ExitStatus.DONE


def _dashboard(workspace: Workspace, options: Namespace) -> str | None:
    """Open the dashboard; Textual is loaded only here. Returns what the user asked for on leaving."""
    import signal

    from fedtui.system.terminal_watch import TerminalWatch, is_dumb

    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError("fedtui: the dashboard needs a terminal; `fedtui list` works without one")
    if is_dumb():
        raise UsageError(
            "fedtui: the dashboard needs a terminal that can position the cursor, and "
            f"TERM={os.environ['TERM']} says that this one cannot; `fedtui list` works here"
        )
    # Textual paints on a beat of 60 a second, so that a key waits 17 ms for nothing but the beat.
    own_beat = "TEXTUAL_FPS" not in os.environ
    if own_beat:
        os.environ["TEXTUAL_FPS"] = "240"
    # A source that works in its thread lets a key through after a millisecond, not five.
    sys.setswitchinterval(0.001)
    _assume_a_size()
    from fedtui.app import FedtuiApp
    from fedtui.widgets.terminal_driver import giver_back

    if (
        own_beat
    ):  # Textual has read it; nothing that is started from here shall have it, or show it as the user's
        del os.environ["TEXTUAL_FPS"]
    app = FedtuiApp(
        workspace.store,
        workspace.ports,
        _with_options(workspace.config, options),
        clock=workspace.now,
        open_log=workspace.log_of,
        host=workspace.host,
        home=workspace.home,
        ascii_only=options.ascii or workspace.config.ascii or needs_ascii(),
        background=workspace.background,
        watches=workspace.watches,
        past=workspace.past,
    )
    with TerminalWatch((0, 1), (signal.SIGTERM, signal.SIGHUP)) as watch:
        watch.leave, watch.restore, app.lost = app.exit, giver_back(), watch.ask
        wanted = app.run()
    if watch.status is not None:
        os._exit(watch.status)  # all is closed; the interpreter's own end takes time that is not left
    if app.failure is not None:
        raise app.failure
    return wanted


def _assume_a_size() -> None:
    """Where the terminal does not know its size (a serial console), take 80x24.

    Textual and rich take different ones there, and the screen would be laid out again without end.
    """
    if 0 in os.get_terminal_size(sys.stdout.fileno()):
        os.environ |= {"COLUMNS": "80", "LINES": "24"}


def needs_ascii() -> bool:
    """Whether this terminal cannot be trusted with signs beyond ASCII: the console, or no UTF-8 locale."""
    import locale

    encoding = locale.getpreferredencoding(do_setlocale=False)
    return os.environ.get("TERM") == "linux" or not _is_utf8(encoding)


def _is_utf8(encoding: str) -> bool:
    return encoding.lower().replace("-", "") == "utf8"


def _with_options(config: Config, options: Namespace) -> Config:
    """The settings with what the command line says instead."""
    return config if options.theme is None else replace(config, theme=f"fedtui-{options.theme}")


if __name__ == "__main__":
    raise SystemExit(main())
