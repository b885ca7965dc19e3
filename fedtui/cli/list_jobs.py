"""The verb `list`: apart from the others, because it is called often and must load little."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fedtui.cli.exit_status import ExitStatus
from fedtui.cli.incomplete import missing, report
from fedtui.cli.records import JsonRecords, print_json
from fedtui.model import Severity, SourceName

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Iterable, Sequence

    from fedtui.config import Config
    from fedtui.model import Job, Snapshot
    from fedtui.workspace import Workspace


def print_jobs(workspace: Workspace, options: Namespace, snapshot: Snapshot) -> int:
    """Print the jobs of `snapshot`; the exit status says where a source that was asked for is missing."""
    jobs = [job for job in snapshot.jobs if not options.source or job.source.value in options.source]
    records = JsonRecords(workspace.zone, options.show_secrets)
    if options.json:
        listed = [records.job(job, snapshot.freshness.get(job.id)) for job in jobs]
        print_json(options.json, listed, "jobs", missing(snapshot))
    else:
        _print_table(jobs, workspace, snapshot, options.ascii)
    return _report(workspace.config, snapshot, options.source or ())


def _report(config: Config, snapshot: Snapshot, asked: Sequence[str]) -> int:
    """Say on standard error what could not be read, so that a short list is not taken for the whole."""
    # That cron's log may not be read is no news: FT505 says it. What a host lacks is one to who asked for it.
    notes = (one for one in snapshot.problems if one.note and one.source != "cron-log")
    lacks = (one for one in snapshot.problems if one.absent and one.source in _tables(asked))
    report(config, (*notes, *lacks, *missing(snapshot)))
    known = config.faults
    unread = {problem.source for problem in missing(snapshot) if problem.message not in known}
    if not (asked and unread):
        return ExitStatus.DONE
    if not snapshot.jobs:
        return ExitStatus.REFUSED
    return ExitStatus.PARTLY_DONE if unread & _tables(asked) else ExitStatus.DONE


def _tables(asked: Sequence[str]) -> set[str]:
    """The sources that jobs of these kinds come from; others only tell of their runs."""
    return {name.read_by for name in map(SourceName, asked)}


def _print_table(jobs: Iterable[Job], workspace: Workspace, snapshot: Snapshot, ascii_only: bool) -> None:
    """The dashboard's own columns, as wide as the terminal allows, with the id at the end of each line.

    Nothing is checked for it: a job that is stale has the sign that the dashboard has for its finding.
    """
    from fedtui.presentation.glyphs import SEVERITIES, plain, to_ascii
    from fedtui.presentation.job_rows import heading, layout, row

    columns = layout(115)
    now = workspace.now()
    print(plain(heading(columns)).rstrip() + "   ID")
    for job in jobs:
        line = f"{plain(row(job, now, columns))}  {job.id}"
        fresh = snapshot.freshness.get(job.id)
        if fresh is not None and fresh.stale:
            line = SEVERITIES[Severity.WARNING].glyph + line[1:]
        print(to_ascii(line) if ascii_only else line)
