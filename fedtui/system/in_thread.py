"""A blocking function given to the event loop as a coroutine."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from functools import wraps
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


def in_thread(blocking: Callable[P, T]) -> Callable[P, Coroutine[Any, Any, T]]:
    """Decorator: a call is awaited, and its body runs in a thread."""

    @wraps(blocking)
    async def awaited(*words: P.args, **options: P.kwargs) -> T:
        return await asyncio.to_thread(blocking, *words, **options)

    return awaited
