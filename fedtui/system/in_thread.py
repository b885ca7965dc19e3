"""A blocking function given to the event loop as a coroutine, and threads that nobody has to wait for."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from functools import wraps
from threading import Thread
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


def in_thread(blocking: Callable[P, T]) -> Callable[P, Coroutine[Any, Any, T]]:
    """Decorator: a call is awaited, and its body runs in a thread."""

    @wraps(blocking)
    async def awaited(*words: P.args, **options: P.kwargs) -> T:
        return await asyncio.to_thread(blocking, *words, **options)

    return awaited


class DaemonThreads(ThreadPoolExecutor):
    """Gives each call a thread of its own, which does not keep the process from ending."""

    def submit(self, call: Callable[P, T], /, *words: P.args, **options: P.kwargs) -> Future[T]:
        """Start the call."""
        future: Future[T] = Future()

        def work() -> None:
            if not future.set_running_or_notify_cancel():
                return
            try:
                future.set_result(call(*words, **options))
            except BaseException as error:  # noqa: BLE001  # who awaits the future handles it
                future.set_exception(error)

        Thread(target=work, daemon=True).start()
        return future

    async def run(self, call: Callable[[], T]) -> T:
        """The result of the call, made in this context."""
        return await asyncio.get_running_loop().run_in_executor(self, copy_context().run, call)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Wait for none of them."""
