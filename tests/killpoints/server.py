"""Runs as a program with shim.c preloaded: loads fedtui, then runs each verb that it is asked for in a child.

Requests and answers are lines of JSON. What a verb imports late was loaded before: at the first call of each
kind of change an import would open files, which are no points.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import importlib
import json
import os
import pkgutil
import select
import signal
import sys
import traceback
from argparse import Namespace
from typing import Any, NoReturn

LATE = ("asyncio", "sqlite3", "tempfile", "concurrent.futures.thread", "zoneinfo", "tomllib")
DRAWING = ("fedtui.screens", "fedtui.widgets", "fedtui.styles", "fedtui.app", "fedtui.__main__")


def load() -> None:
    """Import all of fedtui but what draws."""
    for name in LATE:
        importlib.import_module(name)
    import fedtui

    for module in pkgutil.walk_packages(fedtui.__path__, "fedtui."):
        if not module.name.startswith(DRAWING):
            with contextlib.suppress(ModuleNotFoundError):  # an optional library is not installed
                importlib.import_module(module.name)
    importlib.import_module("fedtui.__main__")


def serve() -> None:
    """Answer until standard input ends."""
    arm = ctypes.CDLL(None).killpoints_arm
    while line := sys.stdin.readline():
        request = json.loads(line)
        out, err = os.memfd_create("out"), os.memfd_create("err")
        child = os.fork()
        if child == 0:
            _run(request, out, err, arm)
        status = _await(child, request["timeout"])
        answer = {"status": status, "out": _text(out), "err": _text(err)}
        print(json.dumps(answer), flush=True)


def _run(request: dict[str, Any], out: int, err: int, arm: Any) -> NoReturn:
    status = 1
    try:
        os.setsid()
        os.environ.clear()
        os.environ.update(request["env"])
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(out, 1)
        os.dup2(err, 2)
        # as a program's: standard output to a file is buffered, and written when it is full or at the end
        sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
        sys.stderr = open(2, "w", buffering=1, encoding="utf-8", closefd=False)  # noqa: SIM115
        if request["armed"]:
            arm(request["armed"].encode())
        status = _main(request["argv"])
    except BaseException:  # noqa: BLE001 (what a program would end with)
        traceback.print_exc()
    finally:
        os._exit(status)


def _main(argv: list[str]) -> int:
    if argv[0] == "-c":  # what has no verb of its own
        scope: dict[str, Any] = {"Namespace": Namespace}
        exec(argv[1], scope)
        return int(scope["main"](argv[2:]))
    from fedtui.__main__ import main

    return main(argv)


def _await(child: int, timeout: float) -> int | None:
    """The exit status, negative for a signal; None where the child had to be ended."""
    descriptor = os.pidfd_open(child)
    ended, _, _ = select.select([descriptor], [], [], timeout)
    os.close(descriptor)
    if not ended:
        os.killpg(child, signal.SIGKILL)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return status if ended else None


def _text(descriptor: int) -> str:
    size = os.fstat(descriptor).st_size
    text = os.pread(descriptor, size, 0).decode("utf-8", "replace")
    os.close(descriptor)
    return text


if __name__ == "__main__":
    load()
    gc.collect()
    gc.freeze()  # else each child would copy every page that holds an object
    serve()
