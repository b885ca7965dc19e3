"""A small dialog that asks which of a few ways to go; a digit chooses, and nothing is changed yet."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content

from fedtui.screens.dialog import Dialog


class ChooseScreen(Dialog[str]):
    """Dismissed with the value of the chosen way: `choices` are (value, words), three at most."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(str(number), f"choose({number})", "choose", id=f"choose.{number}", show=False)
        for number in (1, 2, 3)
    ]

    def __init__(self, title: str, name: str, lead: str, choices: Sequence[tuple[str, str]]) -> None:
        super().__init__(title, name)
        self._lead = lead
        self._choices = tuple(choices)

    def hints(self) -> Sequence[tuple[str, str, str]]:
        """A digit, or leave."""
        keys = "/".join(str(number) for number in range(1, len(self._choices) + 1))
        return [(keys, "choose; it is shown before anything is done", ""), ("esc", "cancel", "leave")]

    def rows(self, width: int) -> Sequence[Content]:
        """The question, and the ways."""
        found = [Content(self._lead), Content("")]
        for number, (_, words) in enumerate(self._choices, start=1):
            found.append(Content.assemble((f"  {number}  ", "bold $accent"), words))
        return [*found, Content("")]

    def action_choose(self, number: int) -> None:
        """Take the way of that number."""
        if number <= len(self._choices):
            self.dismiss(self._choices[number - 1][0])
