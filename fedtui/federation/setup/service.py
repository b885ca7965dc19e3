"""What the set-up screen asks and does, one call a question: the edits that `fedtui setup` is made of."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from fedtui.action_result import Refused
from fedtui.changes.plan import Plan
from fedtui.federation.managed_job import ManagedJob
from fedtui.federation.setup.placements import jobs_by_placement
from fedtui.federation.setup.preflight import Preflight, run_preflight
from fedtui.federation.setup.removal import plan_removal
from fedtui.federation.setup.request import SetupRequest
from fedtui.federation.setup.rollout import rollout_stage
from fedtui.federation.setup.setup_plan import (
    additions_for,
    intent_of,
    main_placement,
    plan_setup,
    planned_job_id,
    to_try,
)
from fedtui.federation.setup.status import PackStatus, read_status
from fedtui.federation.setup.test_run import OnOutput, TestRun, test_run
from fedtui.federation.setup_issue import SetupIssue
from fedtui.model import Run, Snapshot
from fedtui.ports import Ports


class SetupService:
    """The federation of this machine. `snapshot` gives the newest picture, `past` the runs on record.

    `issues` are what the newest plan found of commits, rotation and alerts.
    """

    def __init__(
        self, ports: Ports, snapshot: Callable[[], Snapshot], past: Callable[[], Sequence[Run]]
    ) -> None:
        self._ports = ports
        self._snapshot = snapshot
        self._past = past
        self.issues: tuple[SetupIssue, ...] = ()

    async def status(self) -> PackStatus:
        """What is set up, and how far the rollout is. Raises ConfigError."""
        if self._ports.demo:  # what is set up is set up on the machine, not in there
            return PackStatus(None, (), rollout_stage(None, (), self._ports.clock()))
        return await read_status(self._snapshot(), self._ports, self._past)

    async def preflight(self, request: SetupRequest) -> Preflight:
        """Look around; nothing is written and no script is run. Raises Refused or ConfigError."""
        return await run_preflight(request, self._snapshot(), self._ports)

    async def untried(self, preflight: Preflight) -> tuple[ManagedJob, ...]:
        """The jobs that want a test run before they are scheduled. Raises Refused."""
        main = main_placement(preflight)
        now = await jobs_by_placement(main, preflight.was, self._ports)
        return to_try(preflight, now.get(main, {}))

    async def test_run(self, preflight: Preflight, job: ManagedJob, on_output: OnOutput) -> TestRun:
        """Run a job's script once, as its scheduler would; `on_output` gets its output."""
        name = planned_job_id(job, preflight.backend, preflight.owner.name)
        return await test_run(
            job, name, preflight.backend, preflight.owner, preflight.settings, self._ports, on_output
        )

    async def plan(self, preflight: Preflight, test_runs: Sequence[TestRun]) -> Plan:
        """The whole set-up as one change. Raises NothingToChange, Refused."""
        main = main_placement(preflight)
        now = await jobs_by_placement(main, preflight.was, self._ports)
        intent = intent_of(preflight, test_runs, now.get(main, {}))
        added = await additions_for(preflight, intent, self._ports)
        self.issues = tuple(added.issues)
        return await plan_setup(preflight, intent, added, now, self._ports)

    async def removal(self) -> Plan:
        """The plan that leaves everything as it was before. Raises Refused."""
        if self._ports.demo:
            raise Refused("The demo workspace has no federation to take away.")
        return await plan_removal(self._ports)
