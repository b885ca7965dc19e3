"""How the panes of the dashboard share the screen: by size, by the pane asked for, by what is folded."""

from __future__ import annotations

from abc import abstractmethod

from textual.events import Resize

from fedtui.model import Job
from fedtui.screens.base import FullScreen
from fedtui.screens.log_pane_controller import LogPaneController
from fedtui.screens.too_small import TooSmall
from fedtui.widgets.arrangement import PANES, RIGHT_COLUMN, Arrangement, arrange, too_small
from fedtui.widgets.filter import Filter
from fedtui.widgets.panes import HealthPane, JobsPane, NextPane


class PaneLayout(FullScreen):
    """The part of the dashboard that arranges `jobs`, `next`, the log pane and `health`."""

    jobs: JobsPane
    next: NextPane
    health: HealthPane
    reader: LogPaneController

    def __init__(self) -> None:
        super().__init__()
        self.filter = Filter()
        self.arrangement: Arrangement | None = None
        self._lower = "log"
        self.zoomed: str | None = None

    @property
    def job(self) -> Job | None:
        """The job under the cursor."""
        return self.jobs.table.job if self.jobs.table.display else None

    @abstractmethod
    def draw_rules(self) -> None:
        """Draw the panes' rules again."""

    @abstractmethod
    def keys_changed(self) -> None:
        """Have the key line drawn again where other keys work now."""

    def on_resize(self, event: Resize) -> None:
        """Other sizes have other arrangements."""
        small = too_small(event.size.width, event.size.height)
        if small and not self.query(TooSmall):
            self.mount(TooSmall())
        self.set_class(small, "-too-small")
        self.share_out()
        self.call_after_refresh(self._after_arranging)

    def share_out(self) -> None:
        """Give each pane its place, where that is another than before."""
        size = self.app.size
        count = len(self.filter.choose(self.snapshot.jobs))
        new = arrange(size.width, size.height, count, self._lower, self.zoomed)
        if new == self.arrangement:
            return
        self.arrangement = new
        panes = self.query_one("#panes")
        columns = 2 if new.wide and not new.folded else 1
        panes.styles.grid_size_columns = columns
        panes.styles.grid_size_rows = 1 if new.folded else 2
        panes.styles.grid_columns = f"1fr {RIGHT_COLUMN}" if columns == 2 else "1fr"
        panes.styles.grid_rows = "1fr" if new.folded else f"{new.jobs_height} 1fr"
        panes.set_class(columns == 2, "-wide")
        for name in PANES:
            self.query_one(f"#{name}").display = name in new.shown
        self.jobs.allow_details(new.details)
        self.draw_rules()
        self.call_after_refresh(self._after_arranging)

    def _after_arranging(self) -> None:
        """Panes that wrap or cut to their width do so once they have it."""
        self.next.again()
        self.health.show(self.snapshot)
        self.reader.show(self.job, self.snapshot)

    def action_pane(self, name: str) -> None:
        """Show a pane and give it the focus."""
        if name != "jobs":
            self._lower = name
        if self.zoomed is not None:
            self.zoomed = name
        self.share_out()
        self.focus_pane(name)

    def focus_pane(self, name: str) -> None:
        for widget in self.query_one(f"#{name}").query("LineView"):
            if widget.display:
                widget.focus()
                return

    def action_zoom(self) -> None:
        """Give the focused pane the whole screen, or all panes their place again."""
        if self.zoomed is not None:
            self.zoomed = None
        else:
            focused = self.focused
            around = [node.id for node in focused.ancestors if node.id in PANES] if focused else []
            self.zoomed = around[0] if around else "jobs"
        self.share_out()
        self.keys_changed()
