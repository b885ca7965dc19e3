"""What cron makes of a command while it is typed: where its output goes, and what `%` does to it."""

from __future__ import annotations

import re

from textual.content import Content

from fedtui.crontab.command import read_command
from fedtui.crontab.command_field import split_percent
from fedtui.crontab.document import LONGEST_COMMAND
from fedtui.presentation.glyphs import cut
from fedtui.presentation.home import tilde
from fedtui.safe_text import decode
from fedtui.widgets.lines import boxed, fact, fact_rows, note, outside, wrap

_MAY_WRITE = re.compile(rb">|\btee\b")
_BARE_PERCENT = re.compile(r"(?<!\\)%")


def field_bytes(command: str) -> bytes:
    """The command as it is in the table."""
    return command.encode("utf-8", "surrogateescape")


def too_long(command: str) -> str:
    """Why cron would refuse it, or an empty string."""
    size = len(field_bytes(command))
    return f"{size:,} bytes: cron takes no command over {LONGEST_COMMAND}." if size > LONGEST_COMMAND else ""


def escaped(command: str) -> str:
    r"""The command with a backslash before each bare `%`, so that all of it reaches the shell."""
    return _BARE_PERCENT.sub(r"\\%", command)


def cron_view(command: str, home: str, width: int, label: int) -> list[Content]:
    """Where the output goes, what the shell gets where that differs, and warnings."""
    if not command.strip():
        return [fact("output", "", label)]
    shell, stdin = split_percent(field_bytes(command))
    rows = [fact("output", _output(shell, home, width - label), label)]
    if stdin is not None:
        gets = f" The shell gets  {outside(decode(shell))}  and reads the rest as its input."
        text = Content.assemble(("An unescaped % ends the command.", "$warn"), gets)
        rows += boxed("▲", "$warn", text, width)
        hint = Content.styled("ctrl+r writes \\% for each, for a plain percent sign", "$muted")
        rows += boxed(" ", "", hint, width)
    elif shell != field_bytes(command):
        rows += fact_rows("as run", wrap(outside(decode(shell)), width - label), label)
    if too_long(command):
        rows += note("✗", "bold $fail", "", width, lead=too_long(command))
    return rows


def _output(shell: bytes, home: str, width: int) -> Content:
    line = read_command(shell, home)
    if line.logs:
        shown = ", ".join(tilde(path, home) for path in line.logs)
        return Content(cut(outside(shown), width))
    if line.uses_logger:
        return Content("the system log")
    if _MAY_WRITE.search(shell):
        return Content.styled(
            cut("somewhere; the line does not tell the file's name for sure", width), "$muted"
        )
    return Content.assemble(("kept nowhere; ", "$warn"), (">> FILE 2>&1 at its end keeps it", "$muted"))
