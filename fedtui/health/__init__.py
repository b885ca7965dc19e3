"""What keeps schedules from doing their work: one function per finding, each with its evidence.

A check is a generator `(snapshot, host) -> findings` with the rules that it looks for; `checkup` runs them
all. A new finding is one new rule and one new function in the module of its group; `make findings` then
writes its paragraph of docs/findings.md.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from typing import assert_never

from fedtui.health import (
    alert_delivery,
    command_output,
    cron_folders,
    cron_lines,
    cron_tables,
    daemons,
    degraded_manager,
    expired_accounts,
    federation_git,
    logs,
    rights,
    run_results,
    run_series,
    schedule_pitfalls,
    scripts,
    security,
    stale_data,
    table_emptied,
    table_not_loaded,
    timer_services,
    timer_settings,
    timer_units,
)
from fedtui.health.checks import Check, CheckReport, FindingGroupKey, Rule
from fedtui.health.file_facts import FileFacts
from fedtui.health.probes import ProbeFailed
from fedtui.health.silenced import silenced
from fedtui.model import Checkup, CronFacts, Finding, Job, Severity, Snapshot, State, TimerFacts, Unchecked

_MODULES = (
    *(daemons, timer_units, table_not_loaded, table_emptied, degraded_manager),
    *(cron_lines, scripts, command_output, cron_tables, cron_folders, expired_accounts, schedule_pitfalls),
    *(timer_settings, timer_services),
    *(run_results, run_series, logs, rights, security),
    *(federation_git, stale_data, alert_delivery),
)

CHECKS: tuple[Check, ...] = tuple(
    found for module in _MODULES for found in vars(module).values() if isinstance(found, Check)
)
"""In the order of the modules, and of the lines in each."""

RULES: dict[str, Rule] = {
    rule.code: rule for rule in sorted((r for c in CHECKS for r in c.rules), key=lambda rule: rule.code)
}

_ORDER = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.NOTE: 2}


def checkup(snapshot: Snapshot, host: FileFacts, ignore: Collection[str] = ()) -> Checkup:
    """What all checks say; `ignore` are codes that nobody wants to hear of. Not for the event loop.

    A code counts as passed only where the facts of each of its sources have come, its check came to its end
    for every job, and neither a finding nor a probe that failed bears it.
    """
    found: list[Finding] = []
    unchecked = list(_unseen(snapshot, host))
    try:
        snapshot = replace(snapshot, freshness=host.freshness(snapshot))
    except Exception as error:  # noqa: BLE001  # as in `reports`
        unchecked.append(Unchecked((stale_data.STALE_DATA.code,), "freshness", _said(error)))
    idle = [check for check in CHECKS if check.systemd and not host.has_systemd]
    for check in CHECKS:
        for report in () if check in idle else reports(check, snapshot, host):
            if isinstance(report, Finding):
                found.append(report)
            else:
                unchecked.append(report)
    jobs = {job.id: job for job in snapshot.jobs}
    found = [_softened(one, jobs.get(one.job_id or ""), host) for one in found]
    heard = [one for one in found if not silenced(one, jobs.get(one.job_id or ""), host, ignore)]
    not_passed = {finding.code for finding in found} | {code for one in unchecked for code in one.codes}
    not_applicable = {code for check in idle for code in _codes(check)}
    not_applicable |= {c for c, r in RULES.items() if r.sources and all(map(snapshot.lacks, r.sources))}
    not_applicable -= not_passed
    not_passed |= not_applicable
    answered = {source for rule in RULES.values() for source in rule.sources} - _silent(snapshot, host)
    return Checkup(
        tuple(sorted(heard, key=lambda finding: (_ORDER[finding.severity], finding.code))),
        _grouped(unchecked),
        tuple(c for c, rule in RULES.items() if c not in not_passed and answered.issuperset(rule.sources)),
        tuple(sorted(not_applicable)) if host.is_machine else (),
        len(found) - len(heard),
        tuple(_unrecorded(snapshot, host, ignore)),
        snapshot.freshness,
    )


def not_checked(snapshot: Snapshot) -> Checkup:
    """In place of `checkup` where that did not end in time: nothing passed."""
    late = Unchecked(
        tuple(RULES), "files", "They could not all be looked at in time.", "Look for a disk that hangs: df"
    )
    troubles = (Unchecked((), one.source, one.message, one.advice) for one in snapshot.troubles)
    return Checkup(unchecked=(*troubles, late))


def _unrecorded(snapshot: Snapshot, host: FileFacts, ignore: Collection[str]) -> Iterator[str]:
    """The ids of the jobs that could be recorded and are not, where the user may still want to."""
    for job in run_results.recordable(snapshot, host) if host.is_machine else ():
        if not silenced(run_results.UNKNOWN_END.found("", job=job), job, host, ignore):
            yield job.id


def reports(check: Check, snapshot: Snapshot, host: FileFacts) -> list[CheckReport]:
    """What one check says. A job whose probe fails is left out of it, and is not checked: no other is."""
    found: list[CheckReport] = []
    try:
        for report in check(snapshot, host):
            found.append(report)  # what was found before an error stays
    except ProbeFailed as unknown:
        return [*found, Unchecked(_codes(check), unknown.what, str(unknown))]
    except Exception as error:  # noqa: BLE001  # whatever it is, it must not cost the other jobs their checks
        odd: dict[str, Unchecked] = {}
        for job in snapshot.jobs:
            alone = _failure(check, replace(snapshot, jobs=(job,), commented=()), host)
            if alone is not None:
                odd[job.id] = Unchecked(_codes(check), job.name, _said(alone))
        rest = replace(snapshot, jobs=tuple(job for job in snapshot.jobs if job.id not in odd))
        if odd and _failure(check, rest, host) is None:
            return [*reports(check, rest, host), *odd.values()]
        return [*found, Unchecked(_codes(check), check.name.replace("_", " "), _said(error))]
    return found


def _failure(check: Check, snapshot: Snapshot, host: FileFacts) -> Exception | None:
    try:
        list(check(snapshot, host))
    except ProbeFailed:
        return None
    except Exception as error:  # noqa: BLE001  # see `reports`
        return error
    return None


def _said(error: Exception) -> str:
    return str(error) if isinstance(error, OSError) else f"an error of fedtui's own: {error!r}"


def _codes(check: Check) -> tuple[str, ...]:
    return tuple(rule.code for rule in check.rules)


def _grouped(unchecked: Sequence[Unchecked]) -> tuple[Unchecked, ...]:
    """What was not seen for the same reason, as one."""
    codes: dict[tuple[str, str, str], dict[str, None]] = {}
    for one in unchecked:
        codes.setdefault((one.what, one.reason, one.advice), {}).update(dict.fromkeys(one.codes))
    return tuple(Unchecked(tuple(sorted(found)), *which) for which, found in codes.items())


def _softened(finding: Finding, job: Job | None, host: FileFacts) -> Finding:
    """A peculiarity of a file that the distribution shipped is a note: it is not for its user to fix."""
    if job is None or finding.severity is not Severity.WARNING:
        return finding
    if RULES[finding.code].group not in (FindingGroupKey.LINE, FindingGroupKey.TIMER):
        return finding
    drop_ins, path = _definition(job)
    if drop_ins or not path.startswith("/") or not host.shipped(path):
        return finding
    return replace(finding, severity=Severity.NOTE)


def _definition(job: Job) -> tuple[tuple[str, ...], str]:
    """The files that add to the one in which a job is written, and that one."""
    match job.facts:
        case CronFacts():
            return (), job.location.path
        case TimerFacts() as timer:
            return timer.drop_ins, timer.fragment
        case _ as never:
            assert_never(never)


def _unseen(snapshot: Snapshot, host: FileFacts) -> Iterator[Unchecked]:
    """Sources that could not be asked, or not wholly: what would be found of their jobs is not known."""
    for problem in snapshot.troubles:
        yield Unchecked(_needing(problem.source), problem.source, problem.message, problem.advice)
    for job in snapshot.jobs:
        if job.unreadable:
            yield Unchecked(tuple(_beyond(job)), job.name, job.unreadable)
    if host.is_machine:
        for source in sorted(_silent(snapshot, host) - {problem.source for problem in snapshot.troubles}):
            asked = source in snapshot.loading
            reason = snapshot.late.get(source, "has not answered yet" if asked else "was not asked")
            yield Unchecked(_needing(source), source, reason)


def _silent(snapshot: Snapshot, host: FileFacts) -> set[str]:
    """The sources whose facts have not come, or not all. The demo has no others than those that answered."""
    needed = {source for rule in RULES.values() for source in rule.sources}
    answered = {*snapshot.answered, *(problem.source for problem in snapshot.problems)}
    unasked = needed - answered if host.is_machine else set()
    return {*unasked, *(needed & snapshot.loading), *(needed & snapshot.late.keys())}


def _needing(source: str) -> tuple[str, ...]:
    """The codes that are looked for in what a source tells."""
    return tuple(code for code, rule in RULES.items() if source in rule.sources)


def _beyond(job: Job) -> Iterator[str]:
    """The codes not checked of a timer that cannot be read: where only its service cannot, runs and logs."""
    known = job.state is not State.UNREACHABLE
    for code, rule in RULES.items():
        if f"{job.source}s" in rule.sources and (
            not known or rule.group in (FindingGroupKey.RESULTS, FindingGroupKey.LOGS)
        ):
            yield code
