"""Which jobs the dashboard shows: by words, and by whose they are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.widgets import Input

from fedtui.model import Job, Snapshot
from fedtui.presentation.glyphs import Span, StyledText, Tone
from fedtui.presentation.notes import OWN, OWN_SOURCES, empty_lines, matches
from fedtui.safe_text import sanitize_and_mask


class SearchInput(Input, inherit_bindings=True):
    """A line to type words into; says in the key line how to leave it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "screen.back", "back"),
    ]

    def __init__(self, *, id: str, placeholder: str) -> None:
        super().__init__(id=id, placeholder=placeholder, select_on_focus=False)
        self.cursor_blink = False


_SETS = ("", "your own", "the system's")


class Filter:
    """The filter of the dashboard. `text` are the words that were typed; `whose` one of three sets.

    A user without any job of their own sees the system's only when they ask for them: the page then
    shown says how to begin.
    """

    def __init__(self) -> None:
        self.text = ""
        self.whose: str | None = None
        self._asked: tuple[Sequence[Job], str, str | None] | None = None
        self._chosen: list[Job] = []

    def cycle(self) -> None:
        """All, your own, the system's, and round again; from the first page to all."""
        self.whose = (
            "" if self.whose is None and self._hides else _SETS[(_SETS.index(self.whose or "") + 1) % 3]
        )

    _hides = False

    def choose(self, jobs: Sequence[Job]) -> list[Job]:
        """The jobs to show, in their order."""
        asked = (jobs, self.text, self.whose)
        if self._asked is None or self._asked[0] is not jobs or self._asked[1:] != asked[1:]:
            self._asked, self._chosen = asked, self._choose(jobs)
        return self._chosen

    def _choose(self, jobs: Sequence[Job]) -> list[Job]:
        self._hides = self.whose is None and bool(jobs) and not any(job.source in OWN for job in jobs)
        whose = "your own" if self._hides and not self.text else self.whose
        chosen = [job for job in jobs if not whose or (job.source in OWN) is (whose == "your own")]
        return [job for job in chosen if matches(job, self.text)] if self.text else chosen

    def words(self) -> str:
        """What the rule says of it."""
        said = [sanitize_and_mask(f"matching “{self.text}”") if self.text else "", self.whose or ""]
        return "  ".join(part for part in said if part)

    def message(self, snapshot: Snapshot, user: str) -> list[StyledText]:
        """What is in the table's place while no job is shown."""
        if self.text:
            missed = f"No job matches “{sanitize_and_mask(self.text)}”."
            return [(Span(missed, bold=True),), (), _key("esc", f"show all {len(snapshot.jobs)}")]
        if self.whose and snapshot.jobs:
            return [(Span(f"No job is {self.whose}.", bold=True),), (), _key("S", "show all jobs")]
        if snapshot.loading & OWN_SOURCES or (snapshot.loading and not snapshot.jobs):
            return [(Span(f"Reading {', '.join(sorted(snapshot.loading))} …", Tone.MUTED),)]
        keys = (
            ("n", "write a first job"),
            ("s", "set up the federation's jobs"),
            ("D", "try everything in a demo workspace, nothing real is touched"),
        )
        unseen = {p.source: p for p in reversed(snapshot.troubles) if p.source in OWN_SOURCES}
        return empty_lines(user, len(snapshot.jobs), keys, unseen)


def _key(key: str, words: str) -> StyledText:
    return (Span(f"{key:<5}", Tone.ACCENT, bold=True), Span(words))
