"""The drill "service-offline": Qdrant is gone, and the export must fail and say so."""

from __future__ import annotations

import re
import shlex
import socket
from collections.abc import Iterator
from contextlib import contextmanager

from fedtui.federation.drills.drill import DrillPlan, DrillResult, DrillSetting, ScheduledScript
from fedtui.federation.drills.drill_events import DrillError, DrillPhase
from fedtui.federation.drills.drill_runner import DrillRunner, ProgramRun
from fedtui.federation.drills.script_runs import PRIVATE, facts, mentions, no_line, run_script, text_of
from fedtui.model import Outcome, Result
from fedtui.safe_text import decode

_KEY = "export"
_STUB = re.compile(r"(?i)\bdeprecated\b")
_ADDRESS = ("QDRANT_URL", "QDRANT_HOST", "QDRANT_PORT")


class ServiceOfflineDrill:
    """The service is stopped by the user's own command, or a closed port is given out as its address."""

    name = "service-offline"
    title = "Service offline"
    about = "Qdrant does not answer while the export runs."
    expected = "the export fails with an exit status of its own, and does not report a success"

    def blocked_reason(self, setting: DrillSetting) -> str:
        """No script, half of the two commands, or no way to tell the script another address."""
        if bool(setting.stop) != bool(setting.start):
            return "--stop and --start belong together: what stops the service, and what starts it again"
        missing = no_line(setting, _KEY)
        if missing:
            return missing
        script = setting.lines[_KEY].script
        if not setting.stop and not mentions(text_of(script), _ADDRESS):
            command = "fedtui drill service-offline --stop 'podman stop X' --start 'podman start X'"
            return (
                f"{script.name} names no QDRANT_URL, so that it cannot be told a closed port; give the "
                f"commands that stop and start the service, on the command line: {command}"
            )
        return setting.no_view

    def plan(self, setting: DrillSetting) -> DrillPlan:
        """With the commands where they are given, else with the closed port."""
        line = setting.lines[_KEY]
        run = f"Run {shlex.join(line.argv)} in cron's environment. {PRIVATE}"
        if setting.stop:
            return DrillPlan(
                (f"Write down that {shlex.join(setting.start)} must follow, whatever happens.",),
                (f"Run {shlex.join(setting.stop)}.", run),
                (f"Run {shlex.join(setting.start)}.",),
            )
        return DrillPlan(
            ("Take a local port at which nobody listens.",),
            (f"{run} It gets that port as Qdrant's; the real one is left alone.",),
            ("Let the port go.",),
        )

    async def run(self, setting: DrillSetting, runner: DrillRunner) -> DrillResult:
        """Stop, run, start; or run against the closed port."""
        line = setting.lines[_KEY]
        if not setting.stop:
            with _closed_port() as port:
                url = f"http://127.0.0.1:{port}"
                runner.say(DrillPhase.BEFORE, f"nobody listens at 127.0.0.1:{port}")
                runner.say(DrillPhase.DOING, f"{shlex.join(line.argv)} with QDRANT_URL={url}")
                address = dict(zip(_ADDRESS, (url.encode(), b"127.0.0.1", str(port).encode()), strict=True))
                ran, result = await run_script(setting, line, runner, **address)
            runner.say(DrillPhase.AFTER, f"the script ended with {ran.ending}")
            return _verdict(line, ran, result)
        runner.say(DrillPhase.BEFORE, f"afterwards, in any case: {shlex.join(setting.start)}")
        runner.say(DrillPhase.DOING, shlex.join(setting.stop))
        await runner.change(setting.stop, setting.start, "the service is not started again")
        runner.say(DrillPhase.DOING, shlex.join(line.argv))
        ran, result = await run_script(setting, line, runner)
        runner.say(DrillPhase.AFTER, shlex.join(setting.start))
        await runner.restore()
        return _verdict(line, ran, result)


def _verdict(line: ScheduledScript, ran: ProgramRun, result: Result) -> DrillResult:
    name, evidence = line.script.name, facts(result, ran)
    if ran.status in (126, 127):
        fault = "did not come as far as the service: a program it needs is missing"
    elif _STUB.search(decode(ran.output)):
        fault = "says that it is deprecated, so that nothing was rehearsed"
    elif result.outcome is Outcome.SKIPPED:
        fault = "skipped its work, so that nothing was rehearsed"
    elif ran.status == 0:
        seen = "its output names the trouble, which fedtui shows as warnings, but " if result.warnings else ""
        fault = f"reports success without its service: {seen}cron sees exit 0. Let it end with a status "
        fault += "(set -e; curl --fail)"
    else:
        return DrillResult(True, f"{name} failed with {ran.ending}, and is seen as failed.", evidence)
    return DrillResult(False, f"{name} {fault}.", evidence)


@contextmanager
def _closed_port() -> Iterator[int]:
    """A port of the loopback that is ours and at which nobody listens, so that nobody else can take it."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as held:
        try:
            held.bind(("127.0.0.1", 0))
        except OSError as error:
            raise DrillError(f"no local port can be had: {error}") from error
        yield held.getsockname()[1]
