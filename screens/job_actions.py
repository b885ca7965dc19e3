"""What the dashboard's keys do to jobs: make a plan, show it, and apply it when the dialog says so."""

from __future__ import annotations

from textual.screen import Screen


class JobActions(Screen[None]):
    """The half of the dashboard that changes the world."""
