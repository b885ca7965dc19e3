"""Keys in the order they were typed, each where the one before it led.

Textual hands a key to whatever has the focus when the key arrives, also while the key before it is still on
its way: of `/sync` sent at once, as a slow line sends it, the `s` opened the set-up instead of the filter.
Here a key waits until its predecessor has done all it does: moved the focus, opened a screen or a dialog.
Text typed ahead reaches the field of a dialog; a dialog without one takes no key from before it was seen, for
`xy` must not delete what nobody was asked about.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable

from textual.app import App
from textual.dom import DOMNode
from textual.events import Event, Key, Paste
from textual.widgets import Input

PATIENCE = 10.0
"""Seconds after which keys work again, whatever became of one; those typed after it meanwhile are dropped."""

QUIT = "ctrl+q"
"""Ends the dashboard, whatever is on its way."""

LOOK_AGAIN = 0.01


class KeysInOrder(App[str]):
    """An app whose screens, or the `flow` they hold, may say by `opening` that a dialog is about to come.

    A dialog says by `drawn_at` since when it can have been read.
    """

    def __init__(self) -> None:
        super().__init__()
        self._held: deque[tuple[Key | Paste, object]] = deque()
        self._origin: object = None
        self._pending: asyncio.TimerHandle | None = None

    async def on_event(self, event: Event) -> None:
        """Let a key through, or hold it until the one before it is done."""
        if not isinstance(event, Key | Paste) or event.is_forwarded:
            await super().on_event(event)
        elif (self._pending is not None or self._held) and getattr(event, "key", "") != QUIT:
            self._held.append((event, self._origin))
        else:
            await self._let_through(event)

    async def _let_through(self, event: Key | Paste) -> None:
        typed = isinstance(event, Paste) or event.is_printable
        if not (typed and isinstance(self.focused, Input)):  # text moves no focus: it need not be waited for
            self._pending = asyncio.get_running_loop().call_later(PATIENCE, self._give_up)
            pending, self._origin = self._pending, self.screen
            await super().on_event(event)
            self._settle(pending)
        else:
            await super().on_event(event)

    def _settle(self, pending: asyncio.TimerHandle, before: object = None, quiet: int = 0) -> None:
        """Go round until nothing moves: first the key comes up to the app, then the messages that it made."""
        if self._pending is not pending or not self.is_running:
            return
        now = (self.screen, self.focused)
        quiet = quiet + 1 if before == now else 0
        holders = (self.screen, getattr(self.screen, "flow", None))
        if any(getattr(holder, "opening", False) for holder in holders):
            asyncio.get_running_loop().call_later(LOOK_AGAIN, self._settle, pending)
        elif quiet >= (2 if isinstance(self.focused, Input) else 1):  # `enter` there makes a message first
            self._done()
        else:
            _climb(self.focused or self.screen, lambda: self._settle(pending, now, quiet))

    def _done(self) -> None:
        if self._pending is not None:
            self._pending.cancel()
            self._pending = None
        if self._held:
            self.call_later(self._let_next)

    def _give_up(self) -> None:
        self._held.clear()
        self._done()

    async def _let_next(self) -> None:
        while self._held and self._pending is None:
            event, origin = self._held.popleft()
            screen = self.screen
            seen = screen is origin or not screen.is_modal or event.time >= getattr(screen, "drawn_at", 0.0)
            if seen or isinstance(self.focused, Input):
                await self._let_through(event)


def _climb(node: DOMNode, then: Callable[[], None]) -> None:
    """Call `then` once `node` and all above it have worked off what they had been sent by now."""
    parent = node.parent
    if not node.call_later(then if parent is None else lambda: _climb(parent, then)):
        then()
