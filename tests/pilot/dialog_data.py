"""The mock-ups' plans, jobs and previews, for the dialogs' tests."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from fedtui.changes.plan import DiffLine, FileDiff, Plan, Step
from fedtui.changes.schedule_preview import Preview
from fedtui.model import CronFacts, Job, Location, SourceName
from fedtui.schedule.cron import parse_schedule
from fedtui.schedule.errors import ScheduleError
from fedtui.schedule.pitfalls import Pitfall
from tests.pilot.dialog_app import BERLIN, NOW

METRICS = "bash ~/federation/scripts/generate-dashboard-data.sh >> ~/logs/dashboard-metrics.log 2>&1"
SYNC = "0 * * * * bash ~/federation/scripts/sync-learning-data.sh >> ~/logs/federated-sync.log 2>&1"
EXPORT = "0 2 * * 0 bash ~/federation/scripts/export-collections.sh >> ~/logs/federated-export.log 2>&1"
KEPT = "~/.local/state/fedtui/backup/crontab.20261124-140512"


@dataclass(frozen=True, slots=True)
class NoChange:
    kind: str = "test"


def reschedule_plan() -> Plan:
    lines = (
        DiffLine(7, " ", SYNC),
        DiffLine(8, " ", ""),
        DiffLine(9, "+", "# fedtui: was */5 (conservative); reason: node2 is slow; ticket OPS-118"),
        DiffLine(9, "-", "*/5 * * * * " + METRICS),
        DiffLine(10, "+", "*/6 * * * * " + METRICS),
        DiffLine(11, " ", EXPORT),
    )
    return Plan(
        verb="reschedule",
        job_id="crontab:0a1b2c3d",
        job_name="generate-dashboard-data",
        summary="Reschedule from every 5 min to every 6 min. 48 fewer runs a day.",
        diffs=(FileDiff("crontab of fed", lines, changed=1, added=1, removed=0, untouched=13),),
        steps=(
            Step("keep", KEPT),
            Step("check", "the crontab is still as shown, else stop and show anew"),
            Step("run", "with the text above on its input", ("crontab", "-")),
            Step("verify", "equals it, byte for byte", ("crontab", "-l")),
            Step("undo", "u, also after a restart"),
        ),
        change=NoChange(),
    )


def plan_on_new_text() -> Plan:
    lines = (DiffLine(10, "-", "*/5 * * * * " + METRICS), DiffLine(10, "+", "*/6 * * * * " + METRICS))
    plan = reschedule_plan()
    return Plan(
        plan.verb,
        plan.job_id,
        plan.job_name,
        plan.summary,
        (FileDiff("crontab of fed", lines, changed=1, added=0, removed=0, untouched=14),),
        plan.steps,
        NoChange(),
    )


THEIRS = FileDiff(
    "crontab of fed",
    (DiffLine(4, "+", "MAILTO=ops@example.org"),),
    changed=0,
    added=1,
    removed=0,
    untouched=14,
)


def delete_plan() -> Plan:
    lines = (
        DiffLine(9, " ", "*/5 * * * * " + METRICS),
        DiffLine(10, "-", EXPORT),
        DiffLine(11, " ", "# drills, first Monday by hand"),
    )
    return Plan(
        verb="delete",
        job_id="crontab:4d5e6f70",
        job_name="export-collections",
        summary="One line leaves the crontab. The script, its log and its history stay.",
        diffs=(FileDiff("crontab of fed", lines, changed=0, added=0, removed=1, untouched=14),),
        steps=(
            Step("keep", KEPT),
            Step("run", "then read back and compare", ("crontab", "-")),
            Step("undo", "u puts the same bytes back in the same place"),
        ),
        change=NoChange(),
        destructive=True,
        alternative="pause",
    )


def pause_plan() -> Plan:
    lines = (DiffLine(10, "-", EXPORT), DiffLine(10, "+", "#fedtui:paused# " + EXPORT))
    return Plan(
        verb="pause",
        job_id="crontab:4d5e6f70",
        job_name="export-collections",
        summary="Pause: no run until you resume it.",
        diffs=(FileDiff("crontab of fed", lines, changed=1, added=0, removed=0, untouched=14),),
        steps=(Step("run", "then read back and compare", ("crontab", "-")),),
        change=NoChange(),
    )


SEVEN = Pitfall(
    "uneven-step",
    "uneven steps",
    "*/7 starts again every hour. From :56 to :00 is 4 min, not 7.",
    ("*/6", "*/5", "*/10"),
    ("*/6 * * * *", "*/5 * * * *", "*/10 * * * *"),
)
WORDS = {
    "*/5 * * * *": "every 5 min, 12 runs an hour",
    "*/6 * * * *": "every 6 min, 10 runs an hour",
    "*/7 * * * *": "every 7 min from :00 to :56 of each hour, 9 runs an hour",
    "30 3 * * 1-5": "Monday to Friday at 03:30",
}


async def cron_preview(text: str) -> Preview:
    """What the real preview says, for the schedules of these tests."""
    try:
        schedule = parse_schedule(text)
    except ScheduleError as error:
        return Preview(False, error.message, error.field, "", (), (), "Debian cron", "Europe/Berlin")
    runs = tuple(islice(schedule.runs(NOW, BERLIN), 5))
    traps = (SEVEN,) if text.startswith("*/7") else ()
    return Preview(True, "", None, WORDS.get(text, "some day"), runs, traps, "Debian cron", "Europe/Berlin")


def metrics_job() -> Job:
    command = METRICS.encode()
    return Job(
        id="crontab:0a1b2c3d",
        name="generate-dashboard-data",
        source=SourceName.CRONTAB,
        user="fed",
        schedule="*/5 * * * *",
        schedule_text="every 5 min",
        location=Location("crontab", 9),
        command=METRICS,
        next_run=datetime(2026, 11, 24, 14, 10, tzinfo=BERLIN),
        editable=True,
        facts=CronFacts("crontab", b"*/5 * * * * " + command, command, zone="Europe/Berlin"),
    )
