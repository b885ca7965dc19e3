"""The baseline: a bare Textual app with one line of text."""

from textual.app import App, ComposeResult
from textual.widgets import Static


class Hello(App[None]):
    """One static line."""

    def compose(self) -> ComposeResult:
        """The line."""
        yield Static("hello-is-painted")


if __name__ == "__main__":
    Hello().run()
