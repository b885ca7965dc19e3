"""The pseudo-terminal of the box: real programs find a real terminal there."""

from __future__ import annotations

import sys

import pytest

from tests.box.machine import Box, wait_until
from tests.box.terminal import Terminal

HELLO = """
from textual.app import App
from textual.widgets import Input, Static

class Hello(App):
    BINDINGS = [("ctrl+g", "greet", "greet")]
    def compose(self):
        yield Input()
        yield Static("héllo ▶ wörld", id="s")
    def action_greet(self):
        size = f"{self.size.width}x{self.size.height}"
        self.query_one("#s").update(f"you typed {self.query_one(Input).value} at {size}")
    def on_input_submitted(self):
        self.exit(return_code=7)

app = Hello()
app.run()
raise SystemExit(app.return_code)
"""


def test_a_shell_finds_its_terminal(box: Box) -> None:
    with Terminal(box, ["bash", "--norc"], columns=80, lines=24, env={"PS1": "ready> "}) as terminal:
        terminal.wait_for("ready>")
        terminal.type("tty; stty size; echo on > $(tty); echo control > /dev/tty\r")
        terminal.wait_for(terminal.device)
        terminal.wait_for("24 80")
        terminal.wait_for("control")
        terminal.resize(100, 30)
        terminal.type("stty size\r")
        terminal.wait_for("30 100")
        # Typed before bash reads keys one by one, ctrl+d would reach it as a NUL and end nothing.
        terminal.wait_for_last("ready>")
        terminal.press("ctrl+d")
        assert terminal.wait_end() == 0


@pytest.mark.parametrize(("columns", "lines"), [(80, 24), (120, 40)])
def test_a_textual_program_is_drawn_and_driven(box: Box, columns: int, lines: int) -> None:
    with Terminal(box, [sys.executable, "-c", HELLO], columns=columns, lines=lines) as terminal:
        terminal.wait_for("héllo ▶ wörld")
        assert len(terminal.rows()) == lines
        terminal.type("abc")
        terminal.press("backspace", "ctrl+g")
        terminal.wait_for(f"you typed ab at {columns}x{lines}")
        assert terminal.row("[") == ""
        terminal.press("enter")
        assert terminal.wait_end() == 7


def test_a_hang_up_ends_the_program_and_spares_what_left_the_terminal(box: Box) -> None:
    with Terminal(box, ["bash", "--norc"], env={"PS1": "ready> "}) as terminal:
        terminal.wait_for("ready>")
        terminal.type("sleep 4343 & setsid --fork sleep 4344; echo star''ted\r")
        terminal.wait_for("started")
    wait_until(
        lambda: box.run(["pgrep", "-f", "^sleep 4343"]).returncode == 1, 10, "the terminal's job is gone"
    )
    assert box.run(["pkill", "-f", "^sleep 4344"]).returncode == 0
    assert terminal.process.returncode is not None


def test_waiting_in_vain_shows_the_screen(box: Box) -> None:
    with Terminal(box, ["sh", "-c", "echo visible; exec cat"]) as terminal:
        terminal.wait_for("visible")
        with pytest.raises(AssertionError, match=r"the screen shows 'nowhere'; it shows\nvisible"):
            terminal.wait_for("nowhere", timeout=0.2)
