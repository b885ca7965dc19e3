"""A service's command line as the command field of a crontab line: the same arguments, by cron's shell. Pure.

systemd starts a program itself; cron has a shell read the field. So every word is quoted as the shell needs
it, and a service that is nothing but `SHELL -c COMMAND` becomes COMMAND again.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from typing import Any

from fedtui.crontab.command_field import escape, split_percent

_VARIABLE = re.compile(r"\$(?:\{?[A-Za-z_])")


class Inexpressible(ValueError):
    """Something of a service that a crontab line cannot say; the message says what, without a full stop."""


def split_arguments(service: Mapping[str, Any]) -> tuple[str, ...]:
    """The argument vector of the one ExecStart=, of the properties on the bus. Raises Unsaid."""
    commands = service.get("ExecStart", ())
    if len(commands) != 1:
        raise Inexpressible(f"it runs {len(commands)} commands, and a line of a crontab is one")
    path, words, ignores = str(commands[0][0]), [str(word) for word in commands[0][1]], bool(commands[0][2])
    if ignores:
        raise Inexpressible("its command begins with -, so that a failure counts as none")
    if any(_VARIABLE.search(word.replace("$$", "")) for word in words):
        raise Inexpressible("its command has variables that systemd fills in")
    if words[:4] == ["/bin/sh", "-c", 'exec "$$@"', "sh"] and len(words) > 4:
        words = words[4:]  # as fedtui writes a program whose path systemd would not take
        path = words[0]
    return (path, *(word.replace("$$", "$") for word in words[1:]))


def shell_command(
    argv: Sequence[str],
    environment: Mapping[str, str],
    directory: str,
    log: str,
    *,
    home: str,
    shell: str,
    output: str = "",
) -> str:
    """What cron's shell is to run. `directory` is where the service starts, `home` where cron's jobs do."""
    if output.startswith(("file:", "truncate:")):
        raise Inexpressible(f"its StandardOutput={output} truncates the file, or writes into its start")
    if output not in ("", "journal", "inherit", "null") and not output.startswith("append:"):
        raise Inexpressible(f"its output goes to {output}, where cron's does not")
    plain = len(argv) == 3 and argv[:2] == (shell, "-c") and not environment and not log
    words = argv[2] if plain else " ".join(map(shlex.quote, argv))
    set_up = " ".join(f"{name}={shlex.quote(value)}" for name, value in environment.items())
    text = f"{set_up} {words}" if set_up else words
    if directory.rstrip("/") != home.rstrip("/"):
        text = f"cd {shlex.quote(directory)} && {text}"
    if output == "null":
        text += " > /dev/null 2>&1"
    return f"{text} >> {shlex.quote(log)} 2>&1" if log else text


def field_with_input(text: str, stdin: bytes, *, percent: bool = True) -> bytes:
    """The command field; with `percent`, as Debian's cron has it, a `%` in `text` is escaped, and `stdin`
    comes behind the first `%`, each newline of it another one. Raises Inexpressible.
    """
    if "\n" in text:
        raise Inexpressible("its command has a line break in it, and a line of a crontab is one line")
    field = text.encode("utf-8", "surrogateescape")
    if not percent and stdin:
        raise Inexpressible("it reads from its input, and the cron of this host gives a job none")
    field = escape(field) if percent else field
    if not stdin:
        return field
    rows = stdin.removesuffix(b"\n").replace(b"%", b"\\%").split(b"\n")
    field += b"%" + b"%".join(rows)
    if split_percent(field)[1] != stdin:
        raise Inexpressible("what it reads from its input cannot be written behind a %")
    return field
