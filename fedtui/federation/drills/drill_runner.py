"""What a drill does things with. Nothing is done that was not written into the journal before."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from fedtui.federation.drills.drill_events import DrillError, DrillEvent, DrillPhase, OnEvent, ScriptAccount
from fedtui.federation.drills.drill_journal import MARK, DrillJournal, UndoCommand, take_back
from fedtui.federation.drills.sandbox import SandboxOrder, SandboxView
from fedtui.model import Outcome, Result
from fedtui.results import OutputPart, Rules, RunOutputText, judge
from fedtui.safe_text import decode
from fedtui.system.async_program import terminate
from fedtui.system.processes import signal_name
from fedtui.system.program import ProgramError, run_program
from fedtui.system.self_command import interpreter_environment, module_command, sudo_command
from fedtui.system.temp_folder import TempFolder

SCRIPT_DEADLINE = 600.0
"""Seconds that a script of the user's may take in a drill."""

_KEPT = 1024 * 1024
_STAGE = "fedtui.federation.drills.sandbox"


@dataclass(frozen=True, slots=True)
class ProgramRun:
    """How a program ended: its exit status (negative: the signal) and the end of what it printed."""

    status: int
    output: bytes

    @property
    def ending(self) -> str:
        """ "exit 3", or the signal's name."""
        return f"exit {self.status}" if self.status >= 0 else signal_name(-self.status)

    @property
    def last(self) -> str:
        """The last line it printed."""
        lines = decode(self.output).strip().splitlines()
        return lines[-1].strip() if lines else ""

    def judged(self, rules: Rules, command: str) -> Result:
        """The verdict that fedtui would show for such a run."""
        evidence = ("exit status, fedtui",)
        if self.status < 0:
            ended = Result(Outcome.FAILED, None, signal_name(-self.status), evidence=evidence)
        else:
            ended = Result(Outcome.FAILED if self.status else Outcome.OK, self.status, evidence=evidence)
        return judge(ended, RunOutputText((OutputPart("output", self.output),)), rules, command)


class DrillRunner:
    """One drill's hands. `scratch` is its own folder; `tell` hears of everything."""

    def __init__(self, journal: DrillJournal, tell: OnEvent) -> None:
        self.journal = journal
        self._tell = tell

    @property
    def scratch(self) -> Path:
        """The drill's own folder, gone afterwards."""
        return self.journal.scratch

    def say(self, phase: DrillPhase, text: str) -> None:
        """Tell what happens."""
        self._tell(DrillEvent(phase, text))

    async def change(self, argv: Sequence[str], back: Sequence[str], words: str) -> None:
        """Change something by `argv`, which `back` takes back. Raises DrillError where it fails."""
        undoing = UndoCommand(tuple(back), words)
        self.journal = replace(self.journal, undoings=(*self.journal.undoings, undoing))
        await asyncio.to_thread(self.journal.write)
        ran = await self.run(argv, deadline=120.0)
        if ran.status != 0:
            raise DrillError(f"{' '.join(argv)} ended with {ran.ending}: {ran.last}".rstrip(": "))

    async def restore(self) -> None:
        """Take back every change now, newest first. Raises DrillError where one cannot be."""
        for number, undoing in reversed(list(enumerate(self.journal.undoings))):
            if undoing.done:
                continue
            complaint = await asyncio.to_thread(take_back, undoing)
            if complaint:
                raise DrillError(complaint)
            self.journal = await asyncio.to_thread(self.journal.with_done, number)

    async def run(
        self,
        argv: Sequence[str],
        *,
        environment: Mapping[bytes, bytes] | None = None,
        cwd: Path | None = None,
        deadline: float = SCRIPT_DEADLINE,
    ) -> ProgramRun:
        """Run a program to its end; what it prints is reported line by line. Raises DrillError."""
        given = os.environb if environment is None else environment
        return await self._run(argv, {**given, MARK.encode(): self.journal.mark.encode()}, cwd, deadline)

    async def run_staged(
        self,
        argv: Sequence[str],
        view: SandboxView,
        *,
        environment: Mapping[bytes, bytes],
        cwd: Path,
        account: ScriptAccount,
    ) -> ProgramRun:
        """Run a program in a view of its own of the file system, so that nothing it writes is kept."""
        marked = {**environment, MARK.encode(): self.journal.mark.encode()}
        order = SandboxOrder(
            view,
            str(_made(self.scratch / "view")),
            tuple(os.fsencode(word).decode("latin-1") for word in argv),
            {name.decode("latin-1"): value.decode("latin-1") for name, value in marked.items()},
            str(cwd),
            account.ids,
        )
        where = self.scratch / "order.json"
        await asyncio.to_thread(where.write_bytes, order.to_json())
        report, write_end = os.pipe()
        try:
            own = {os.fsencode(name): os.fsencode(text) for name, text in interpreter_environment().items()}
            own[MARK.encode()] = self.journal.mark.encode()
            staged = (*module_command(_STAGE), str(where), str(write_end))
            try:
                ran = await self._run(staged, own, None, SCRIPT_DEADLINE, write_end)
            finally:
                os.close(write_end)
            complaint = await asyncio.to_thread(os.read, report, 4096)
        finally:
            os.close(report)
        if complaint:
            raise DrillError(f"no view of its own for the script: {decode(complaint)}")
        return ran

    async def _run(
        self,
        argv: Sequence[str],
        environment: Mapping[bytes, bytes],
        cwd: Path | None,
        deadline: float,
        *keep: int,
    ) -> ProgramRun:
        try:
            process = await asyncio.create_subprocess_exec(
                *argv,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.STDOUT,
                env=environment,
                cwd=cwd,
                start_new_session=True,
                pass_fds=keep,
            )
        except (OSError, ValueError) as error:
            raise DrillError(f"{argv[0]} could not be started: {error}") from error
        try:
            async with asyncio.timeout(deadline):
                output = await self._output(process)
                status = await process.wait()
        except TimeoutError as error:
            raise DrillError(f"{argv[0]} did not end within {deadline:g} s") from error
        finally:
            await asyncio.shield(terminate(process))
        return ProgramRun(status, output)

    async def _output(self, process: asyncio.subprocess.Process) -> bytes:
        """Everything it prints, told as lines; the end of it is kept."""
        kept, line = b"", b""
        if process.stdout is None:
            return kept
        while data := await process.stdout.read(65536):
            kept = (kept + data)[-_KEPT:]
            *lines, line = (line + data).split(b"\n")
            for one in lines:
                self.say(DrillPhase.OUTPUT, decode(one))
            if len(line) > 4096:
                self.say(DrillPhase.OUTPUT, decode(line))
                line = b""
        if line:
            self.say(DrillPhase.OUTPUT, decode(line))
        return kept


def _made(folder: Path) -> Path:
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def cannot_stage(drills: Path) -> str:
    """Why no script can be given a view of its own here; empty where one can. Blocking: it tries."""
    try:
        drills.mkdir(mode=0o700, parents=True, exist_ok=True)
        with TempFolder(drills) as folder:
            store, place = _made(folder.path / "view"), _made(folder.path / "place")
            view = SandboxView((str(place),), 1024 * 1024)
            where = folder.path / "order.json"
            where.write_bytes(SandboxOrder(view, str(store), ("true",), {"PATH": os.defpath}, "/").to_json())
            ended = run_program((*module_command(_STAGE), str(where), "1"), extra=interpreter_environment())
    except (OSError, ProgramError) as error:
        return f"no view of its own can be made for a script: {error}"
    if ended.status == 0 and not ended.out:
        return ""
    said = decode(ended.out or ended.err).strip().splitlines()
    return (
        "this machine gives no user namespaces for a view of the disk of its own "
        f"({said[-1] if said else ended.status}); as root it can be had: {sudo_command('drill')}"
    )
