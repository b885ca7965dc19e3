"""Jobs, runs and undo steps as the objects that `--json` prints; `json_types.pyi` holds what they promise."""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING, Any, NamedTuple, assert_never

from fedtui.cli import incomplete
from fedtui.cli.options import BARE, ENVELOPE
from fedtui.model import CronFacts, Severity, TimerFacts
from fedtui.safe_text import decode, sanitize, sanitize_and_mask
from fedtui.verdicts.judge import worst

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime, tzinfo

    from fedtui.cli import json_types
    from fedtui.history.database import UndoStep
    from fedtui.model import Freshness, Job, Problem, Result, Run
    from fedtui.presentation.history_text import JobNames
    from fedtui.watching.expected_run import ExpectedRun, Watch


TRIGGERS = {"manual": "fedtui"}
"""What a trigger is called in JSON and lists, where that differs: fedtui started what was run by hand."""

_VERDICTS = {"good": "ok", "unproven": "unverified"}
"""What the verdict of a watch is called in schema 1, where that differs from the files on disk."""


class JsonRecords(NamedTuple):
    """Makes JSON-ready objects: times in `zone`, outside text safe, secrets masked unless asked for.

    `form` is the value of `options.json`.
    """

    zone: tzinfo
    show_secrets: bool = False
    form: str = ENVELOPE

    def word(self, old: str, new: str) -> str:
        """A value that has another word in schema 1 than before it."""
        return old if self.form == BARE else new

    def text(self, outside: str) -> str:
        """Outside text made fit for output."""
        return sanitize(outside) if self.show_secrets else sanitize_and_mask(outside)

    def when(self, moment: datetime | None) -> str | None:
        """RFC 3339 with offset, whole seconds."""
        return None if moment is None else self.at(moment)

    def at(self, moment: datetime) -> str:
        """As `when`, of a moment that is always known."""
        return moment.astimezone(self.zone).isoformat(timespec="seconds")

    def job(self, job: Job, freshness: Freshness | None) -> json_types.JobRecord:
        """One job, as `list --json` prints it."""
        stale = freshness.stale if freshness is not None else None
        return {
            "id": job.id,
            "name": self.text(job.name),
            "source": job.source.value,
            "user": job.user,
            "schedule": self.text(job.schedule),
            "schedule_text": self.text(job.schedule_text),
            "next_run": self.when(job.next_run),
            "state": job.state.value,
            "state_reason": self.text(job.state_reason),
            "paused": job.paused,
            "running": job.running,
            "running_since": self.when(job.running_since),
            "last_run": self.when(job.last_run),
            "last_result": self.result(job.last_result),
            "severity": severity_word(worst((job.standing.severity, Severity.WARNING if stale else None))),
            "failed_at": self.when(job.standing.failed_at),
            "runs_since_failure": job.standing.runs_since,
            "stale": stale,
            "command": None if job.command is None else self.text(job.command),
            "log_path": path_text(job.log_path),
            "editable": job.editable,
            "location": str(job.location),
        }

    def result(self, result: Result) -> json_types.VerdictRecord:
        """The verdict on a finished run."""
        return {
            "status": result.outcome.value,
            "severity": severity_word(result.severity),
            "exit_code": result.exit_code,
            "signal": result.signal,
            "duration_s": None if result.duration is None else round(result.duration, 3),
            "warnings": result.warnings,
            "reasons": [self.text(reason) for reason in result.why],
            "evidence": [self.text(fact) for fact in result.known_from],
        }

    def run(self, run: Run) -> json_types.RunRecord:
        """One run, as `show --json` and `run --json` print it."""
        return {
            "id": run.id,
            "job": run.job_id,
            "start": self.at(run.start),
            "end": self.when(run.end),
            "trigger": TRIGGERS.get(run.trigger.value, run.trigger.value),
            "result": None if run.result is None else self.result(run.result),
            "output": path_text(run.output),
        }

    def watch(self, watch: Watch) -> json_types.WatchRecord:
        """A watch with its cycles, as `watch --json` prints it."""
        return {
            "job": watch.job_id,
            "name": self.text(watch.job_name),
            "began": self.at(watch.began),
            "stopped": self.when(watch.stopped),
            "verdict": self.verdict(watch.verdict.value),
            "cycles": [self.cycle(cycle) for cycle in watch.cycles],
        }

    def cycle(self, cycle: ExpectedRun) -> json_types.CycleRecord:
        return {
            "due": self.when(cycle.due),
            "start": self.when(cycle.start),
            "late_s": None if cycle.late is None else round(cycle.late, 3),
            "end": self.when(cycle.end),
            "result": None if cycle.result is None else self.result(cycle.result),
            "log_lines": cycle.log_lines,
            "log_bytes": cycle.log_bytes,
            "product_renewed": cycle.renewed,
            "verdict": self.verdict(cycle.verdict.value),
            "reasons": [self.text(reason) for reason in cycle.reasons],
            "causes": [self.text(cause) for cause in cycle.causes],
        }

    def verdict(self, value: str) -> str:
        """The verdict of a watch or a cycle."""
        return self.word(value, _VERDICTS.get(value, value))

    def history(self, run: Run, jobs: JobNames) -> json_types.HistoryRecord:
        """One run, as `history --json` prints it: the verdict's fields beside its own."""
        result = run.result
        ended: dict[str, Any] = {} if result is None else {**self.result(result)}
        return {
            "id": run.id,
            "job": jobs.id(run),
            "name": None if (name := jobs.last_name(run)) is None else self.text(name),
            "start": self.at(run.start),
            "end": self.when(run.end),
            "exit_code": ended.get("exit_code"),
            "signal": ended.get("signal"),
            "status": ended.get("status", "running"),
            "severity": ended.get("severity", "none"),
            "trigger": TRIGGERS.get(run.trigger.value, run.trigger.value),
            "duration_s": ended.get("duration_s"),
            "warnings": ended.get("warnings", 0),
            "reasons": ended.get("reasons", []),
            "evidence": ended.get("evidence", []),
            "output": path_text(run.output),
            "log_path": None if run.log is None else path_text(run.log.path),
        }

    def details(self, job: Job) -> dict[str, Any]:
        """What `show --json` adds to a job: the facts of its kind, and whose schedule it follows."""
        own = {"managed": job.managed or None, "schedule_changed": self.text(job.changed) or None}
        return {**own, **self._facts(job)}

    def _facts(self, job: Job) -> dict[str, Any]:
        match job.facts:
            case CronFacts() as cron:
                given = cron.environment
                return {
                    "line": self.text(decode(cron.raw)),
                    "environment": [self.text(decode(name + b"=" + value)) for name, value in given],
                    "stdin": None
                    if cron.stdin is None
                    else [self.text(line) for line in decode(cron.stdin).split("\n")],
                    "note": [self.text(line) for line in cron.note.splitlines()],
                    "dialect": cron.dialect,
                    "zone": cron.zone,
                    "parts": [self.text(part) for part in cron.parts],
                }
            case TimerFacts() as timer:
                return {
                    "unit": timer.unit,
                    "activates": timer.activates,
                    "description": self.text(timer.description),
                    "unit_file_state": timer.unit_file_state,
                    "drop_ins": [path_text(path) for path in timer.drop_ins],
                    "persistent": timer.persistent,
                    "later_runs": [self.when(moment) for moment in job.later_runs],
                }
            case _ as never:
                assert_never(never)

    def undo(self, step: UndoStep) -> json_types.UndoStepRecord:
        """One change that can be taken back."""
        return {
            "id": step.id,
            "at": self.at(step.at),
            "verb": step.verb,
            "job": step.job_id,
            "name": self.text(step.job_name),
            "summary": self.text(step.summary),
            "undone": step.undone,
            "cut_short": step.prepared,
            "host": self.text(step.host),
        }


def severity_word(severity: Severity | None) -> str:
    """`error`, `warning`, `note`, or `none`."""
    return "none" if severity is None else severity.value


def path_text(path: str | None) -> str | None:
    """A path as text that JSON can hold: bytes that are not UTF-8 as `command` shows them."""
    return None if path is None else sanitize(decode(os.fsencode(path)))


SCHEMA = 1


def print_json(form: str, value: Any, key: str = "", lacks: Iterable[Problem] | None = None) -> None:
    """JSON for programs and people: indented, ASCII only, so that no byte can surprise a terminal.

    `form` is the value of `options.json`. In the envelope `value` is under `key`, or without one its fields
    are beside the schema's number. `lacks` is what an answer of a reading verb does not hold.
    """
    if form != BARE:
        value = {"schema": SCHEMA, **({key: value} if key else value)}
        if lacks is not None:
            value["incomplete"] = incomplete.records(lacks)
    json.dump(value, sys.stdout, indent=2)
    sys.stdout.write("\n")
