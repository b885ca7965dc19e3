"""What widgets tell the screen that holds them. A message names a job by its id, never by a row."""

from __future__ import annotations

from textual.message import Message

from fedtui.presentation.job_rows import Column


class JobHighlighted(Message):
    """The cursor is on another job; None where the table is empty."""

    def __init__(self, job_id: str | None) -> None:
        super().__init__()
        self.job_id = job_id

    def can_replace(self, message: Message) -> bool:
        """Only the newest place of the cursor matters."""
        return isinstance(message, JobHighlighted)


class JobChosen(Message):
    """`enter`, or a click on the row under the cursor."""

    def __init__(self, job_id: str) -> None:
        super().__init__()
        self.job_id = job_id


class HeadingClicked(Message):
    """A column's heading was clicked."""

    def __init__(self, column: Column) -> None:
        super().__init__()
        self.column = column


class FollowChanged(Message):
    """A log view began or ceased to follow its end."""

    def __init__(self, following: bool) -> None:
        super().__init__()
        self.following = following


class EdgeReached(Message):
    """A log view that shows a part of a file was scrolled to its top, or to its bottom."""

    def __init__(self, top: bool) -> None:
        super().__init__()
        self.top = top
