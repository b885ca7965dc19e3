"""The engine of every change: requests in, plans, results and undo steps out, all plain values.

Screens and verbs ask nothing else to change something, so that another machine's engine can take the place of
this one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, TypeVar

from fedtui import changes
from fedtui.action_result import Applied, Refused
from fedtui.changes.request import Request
from fedtui.system.zone import local_zone

if TYPE_CHECKING:
    from fedtui.changes import Draft, FileDiff, Plan, Preview
    from fedtui.changes.open_table import LineFixes
    from fedtui.changes.restore import KeptTable
    from fedtui.federation.setup.service import SetupService
    from fedtui.history.database import UndoStep
    from fedtui.model import CommentedOut, Job, Snapshot
    from fedtui.ports import Ports
    from fedtui.schedule.contention import Contention


T = TypeVar("T")


class Engine:
    """Plans and applies changes to the jobs that `snapshot` knows by their ids.

    `now` gives the time in the zone in which previews are read; without it the machine's.
    """

    def __init__(
        self, ports: Ports, snapshot: Callable[[], Snapshot], now: Callable[[], datetime] | None = None
    ) -> None:
        self._ports = ports
        self._snapshot = snapshot
        self._piles: tuple[Sequence[Job], str | None, Contention] | None = None
        self._now = now or (lambda: ports.clock().astimezone(local_zone()[1]))

    async def plan(self, request: Request) -> Plan:
        """The plan that a request asks for. Raises Refused, or BadTable where `fixes` must replace lines."""
        with suppress(Refused):  # what a killed change left is no base for a plan
            await changes.recover_if_needed(self._ports)
        jobs = tuple(map(self._job, request.jobs))
        alone = request.verb in ("fix", "silence") or (
            request.verb == "edit" and "command" in request.arguments
        )
        if len(jobs) > 1 and alone:  # equal commands are told apart by their order: whose history is whose
            raise Refused(f"fedtui can {request.verb} one job at a time.")
        given, fixes = _Arguments(request.arguments), request.fixes
        try:
            if jobs:
                return await self._of_jobs(request.verb, jobs, given, fixes)
            return await self._of_none(request.verb, given, fixes)
        except OSError as error:  # a folder that was taken away while it was looked at, say
            what = f"{error.filename}: " if error.filename else ""
            raise Refused(f"{what}{error.strerror or error}.", advice="Try again.") from error

    async def _of_jobs(
        self, verb: str, jobs: Sequence[Job], given: Mapping[str, Any], fixes: LineFixes
    ) -> Plan:
        from fedtui.schedulers import planning

        ports = self._ports
        match verb:
            case "pause":
                return await planning.plan_pause(jobs, ports, fixes=fixes, hold=given.get("hold", False))
            case "resume":
                return await planning.plan_resume(jobs, ports, fixes=fixes)
            case "reschedule":
                words = given.get("reason", ""), given.get("ticket", "")
                return await planning.plan_reschedule(jobs, given["schedule"], ports, *words, fixes=fixes)
            case "delete":
                return await planning.plan_delete(jobs, ports, fixes=fixes)
            case "record":
                return await planning.plan_record(jobs, ports, off=given.get("off", False), fixes=fixes)
            case "environment":
                return await planning.plan_environment(jobs, given["settings"], ports, fixes=fixes)
            case "edit":
                edited = lambda draft: _built(partial(replace, draft), given)  # noqa: E731
                return await planning.plan_edit(jobs, edited, ports, fixes=fixes)
            case "fix":
                return await changes.plan_fix(jobs[0], given["text"], ports, fixes=fixes)
            case "silence":
                return await changes.plan_silence(given["code"], jobs[0], ports, fixes=fixes)
            case "convert":
                from fedtui.conversion.convert import plan_convert

                return await plan_convert(
                    jobs, given["to"], ports, linger=given.get("linger", False), fixes=fixes
                )
        raise Refused(f"This fedtui cannot {verb} a job.")

    async def _of_none(self, verb: str, given: Mapping[str, Any], fixes: LineFixes) -> Plan:
        ports = self._ports
        match verb:
            case "new":
                return await changes.plan_new(_built(changes.Draft, given), ports, fixes=fixes)
            case "record":
                from fedtui.schedulers.planning import plan_record_all

                return await plan_record_all(
                    self._snapshot(), ports, off=given.get("off", False), fixes=fixes
                )
            case "uncomment":
                line = self._commented(given["table"], given["user"], given["line"])
                return await changes.plan_uncomment(line, ports, fixes=fixes)
            case "silence":
                return await changes.plan_silence(given["code"], None, ports, fixes=fixes)
            case "setup":
                return await self.setup.plan(**given)
            case "remove-setup":
                return await self.setup.removal()
            case "undo":
                return await changes.plan_undo(ports, given.get("id"))
            case "redo":
                return await changes.plan_redo(ports)
            case "restore":
                from fedtui.changes.restore import plan_restore

                return await plan_restore(given["name"], ports)
        raise Refused(f"This fedtui cannot {verb}.")

    @cached_property
    def setup(self) -> SetupService:
        """What a set-up asks before it is planned."""
        from fedtui.federation.setup.service import SetupService

        return SetupService(self._ports, self._snapshot)

    async def preview(self, job_id: str | None, text: str, *, among: bool = False) -> Preview:
        """What a schedule would mean for a job, or for a new one; `among` the jobs that start then, too."""
        jobs = self._snapshot().jobs
        if among and (self._piles is None or self._piles[0] is not jobs or self._piles[1] != job_id):
            from fedtui.schedule.contention import Contention

            self._piles = jobs, job_id, Contention(jobs, self._now(), but=job_id or "")
        try:
            job = self._job(job_id) if job_id is not None else None
        except Refused as gone:  # while its dialog is open
            return changes.Preview(False, gone.message, None, "", (), (), "", "")
        contention = self._piles[2] if among and self._piles is not None else None
        return await changes.preview(job, text, self._ports, self._now(), contention)

    async def apply(self, plan: Plan) -> Applied:
        """Make the planned change and read it back. Raises Conflict, PartlyDone or Refused."""
        return await changes.apply(plan, self._ports)

    async def seen(self, undo_id: int) -> None:
        """Note that the end of an undo or redo was shown: the same request then means the next one."""
        await asyncio.to_thread(changes.seen, undo_id, self._ports)

    async def keep(self, plan: Plan) -> str:
        """Keep a plan for an hour; returns the id by which `kept` finds it. Raises Refused."""
        from fedtui.changes.kept_plans import keep_plan

        return await asyncio.to_thread(keep_plan, plan, self._ports)

    async def kept(self, plan_id: str) -> Plan:
        """A plan that was kept. Raises Refused for one that is unknown or too old."""
        from fedtui.changes.kept_plans import kept_plan

        return await asyncio.to_thread(kept_plan, plan_id, self._ports)

    async def undo_steps(self, limit: int) -> list[UndoStep]:
        """The newest changes, newest first."""
        return await changes.undo_steps(self._ports, limit)

    async def step_diffs(self, step_id: int) -> tuple[FileDiff, ...]:
        """What a change did to tables and files. Raises Refused where that is unknown."""
        from fedtui.changes.undo import step_diffs

        return await asyncio.to_thread(step_diffs, step_id, self._ports)

    async def kept_tables(self) -> list[KeptTable]:
        """The texts that `restore` puts back by their names, newest first."""
        from fedtui.changes.restore import kept_tables

        return await asyncio.to_thread(kept_tables, self._ports)

    async def draft(self, job_id: str) -> Draft:
        """A cron job as a form shows it, from its table as it is now. Raises Refused."""
        from fedtui.schedulers.planning import load_draft

        return await load_draft(self._job(job_id), self._ports)

    def _job(self, job_id: str) -> Job:
        job = self._snapshot().job(job_id)
        if job is None:
            raise Refused(f"There is no job {job_id} any more.", advice="R reads all jobs again.")
        return job

    def _commented(self, table: str, user: str, number: int) -> CommentedOut:
        for line in self._snapshot().commented:
            if (line.table, line.user, line.location.line) == (table, user, number):
                return line
        raise Refused(f"Line {number} of {table} was changed.", advice="R reads it again.")


class _Arguments(dict[str, Any]):
    """Those of a request; one that is missing is refused."""

    def __missing__(self, name: str) -> Any:
        raise Refused(f"The request lacks its {name}.")


def _built(make: Callable[..., T], given: Mapping[str, Any]) -> T:
    try:
        return make(**given)
    except TypeError as error:
        raise Refused(f"The request does not fit: {error}.") from error


def alternative(plan: Plan) -> Request:
    """The gentler action that `plan.alternative` names: pausing for deleting, holding off for stopping."""
    jobs = tuple(job_id for job_id, _ in plan.jobs)
    return Request("pause", jobs, {"hold": plan.verb == "pause"})
