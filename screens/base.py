"""The base of every full screen: head line on top, key line at the bottom, a page in between.

A screen that is shown hears of every new snapshot (`show`) and of every second (`tick`).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, cast

from textual.app import ComposeResult
from textual.screen import Screen

from fedtui.model import Snapshot
from fedtui.widgets.head_line import HeadLine
from fedtui.widgets.key_line import KeyLine
from fedtui.widgets.minimal_updates import use_minimal_updates
from fedtui.widgets.pane import PaneRule

if TYPE_CHECKING:
    from fedtui.widgets.app_host import AppHost


class FullScreen(Screen[None]):
    """Subclasses yield what lies between head and keys from `compose_page`."""

    OFFERS_RECORDING = False

    def __init__(self) -> None:
        super().__init__()
        use_minimal_updates(self)
        self._head: HeadLine | None = None

    def compose(self) -> ComposeResult:
        """Head line, page, key line."""
        self._head = HeadLine(self.host.user, self.host.host, self.host.clock)
        yield self._head
        yield from self.compose_page()
        yield KeyLine()

    def compose_page(self) -> ComposeResult:
        """What lies between."""
        yield from ()

    @property
    def host(self) -> AppHost:
        """The app, as far as screens know it."""
        return cast("AppHost", self.app)

    @property
    def snapshot(self) -> Snapshot:
        return self.host.store.snapshot

    def now(self) -> datetime:
        """The time in the machine's zone."""
        return self.host.clock()

    def on_mount(self) -> None:
        """Draw what is known already."""
        self.show(self.snapshot)

    def on_screen_resume(self) -> None:
        """Draw what came while another screen was on top."""
        self.show(self.snapshot)

    def show(self, snapshot: Snapshot) -> None:
        """Draw a new snapshot."""
        if self._head is not None:
            self._head.show(snapshot, offer=self.OFFERS_RECORDING)

    def tick(self) -> None:
        """A second has passed."""
        if self._head is not None:
            self._head.tick()

    def label_keys(self, labels: Mapping[str, str]) -> None:
        """Give keys, by their ids, other words in the key line, and show those that work now."""
        for line in self.query(KeyLine):
            line.labels = dict(labels)
        self.refresh_bindings()

    def action_back(self) -> None:
        """Back to the screen below."""
        self.app.pop_screen()


def title_rule(title: str) -> PaneRule:
    """The rule at the top of a screen that is one pane."""
    rule = PaneRule(title)
    rule.active = True
    return rule
