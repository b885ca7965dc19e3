"""What the checks ask of programs (`bash -n`, `systemctl`, `timedatectl`): remembered, asked once.

A program takes thousands of times as long as a look at a file. A verb waits for it; the dashboard must not:
there an answer that is not there yet is `ProbeFailed`, a thread of its own fetches it, and the checks run
again.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence

from fedtui.bus.systemd_names import BOOTED
from fedtui.system.program import Ended, ProgramError, ProgramLate, run_program

KEEP = 120.0
"""Seconds that the answer of a program is taken for true."""

DEADLINE = 20.0
LATER = "not looked at yet"
AGAIN = "asked only when you refresh the doctor"

RunProbe = Callable[[Sequence[str], float], Ended]


class ProbeFailed(Exception):
    """What was asked is not known; the message says why. `what` was not seen."""

    def __init__(self, what: str, reason: str) -> None:
        super().__init__(reason)
        self.what = what


def run_probe(argv: Sequence[str], deadline: float) -> Ended:
    """Run the program. Raises ProgramError."""
    return run_program(argv, deadline=deadline)


class ProbeCache:
    """Runs programs and remembers what they said.

    `systemd` says whether systemd runs this machine; `machine` is False where its daemons are not what
    starts the jobs (the demo workspace). `told`, where given, is called from another thread when
    new answers are there; then `ask` never waits.
    """

    def __init__(
        self,
        run: RunProbe = run_probe,
        *,
        systemd: bool | None = None,
        machine: bool = True,
        on_answer: Callable[[], None] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.systemd = BOOTED.is_dir() if systemd is None else systemd
        self.machine = machine
        self.on_answer = on_answer
        self._run = run
        self._clock = clock
        self._known: dict[tuple[tuple[str, ...], object], tuple[float, Ended | str]] = {}
        self._queue: deque[tuple[tuple[str, ...], object]] = deque()
        self._late: set[tuple[str, bool]] = set()
        self._lock = threading.Lock()
        self._works = False
        self._asked_again = False

    def ask(self, argv: Sequence[str], *, of: object = None, keep: float = KEEP) -> Ended:
        """How `argv` ended. Raises Unknown where it could not be run, or its answer is not there yet.

        `of` is what the answer rests on (a file's time and size): where given, the same is not asked again.
        """
        question = (tuple(argv), of)
        known = self._known.get(question)
        lasts = of is not None and known is not None and isinstance(known[1], Ended)
        fresh = known is not None and (lasts or known[0] + keep > self._clock())
        if not fresh and self.on_answer is None:
            known = self._fetch(question)
        elif not fresh:
            self._fetch_later(question)
        if known is None:
            raise ProbeFailed(argv[0], LATER)
        if isinstance(known[1], str):
            raise ProbeFailed(argv[0], known[1])
        return known[1]

    def ask_outside(self, argv: Sequence[str]) -> Ended:
        """The same for a question that leaves this machine: where nobody waits, only after `forget`.

        Its answer is kept until then. Raises Unknown, also where it was not asked yet.
        """
        known = (tuple(argv), None) in self._known
        if self.on_answer is not None and not known and not self._asked_again:
            raise ProbeFailed(argv[0], AGAIN)
        return self.ask(argv, keep=KEEP if self.on_answer is None else float("inf"))

    def forget(self) -> None:
        """Ask again the next time; until then, where nobody waits, the last answer counts."""
        self._asked_again = True
        self._known = {
            question: (when if question[1] is not None else float("-inf"), answer)
            for question, (when, answer) in self._known.items()
        }

    def _fetch(self, question: tuple[tuple[str, ...], object]) -> tuple[float, Ended | str]:
        answer: Ended | str
        program = question[0][0], "--user" in question[0]
        try:
            if program in self._late:  # one wait for it is enough
                raise ProgramError(f"{program[0]} did not answer before")
            answer = self._run(question[0], DEADLINE)
        except ProgramError as error:
            answer = str(error)
            if isinstance(error, ProgramLate) and self.on_answer is None:
                self._late.add(program)
        self._known[question] = (self._clock(), answer)
        return self._known[question]

    def _fetch_later(self, question: tuple[tuple[str, ...], object]) -> None:
        with self._lock:
            if question not in self._queue:
                self._queue.append(question)
            if not self._works:
                self._works = True
                threading.Thread(target=self._work, name="health asks", daemon=True).start()

    def _work(self) -> None:
        """Fetch until nothing is asked any more, then say so once."""
        while True:
            with self._lock:
                if not self._queue:
                    self._works = False
                    break
                question = self._queue[0]
            self._fetch(question)
            with self._lock:
                self._queue.popleft()
        if self.on_answer is not None:
            self.on_answer()
