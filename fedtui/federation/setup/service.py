"""What a set-up asks, one call a question; the engine plans and applies what comes of the answers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import Any

from fedtui.action_result import Refused
from fedtui.changes.plan import Plan
from fedtui.changes.request import Request
from fedtui.changes.unfinished import recover_if_needed
from fedtui.federation.managed_job import ManagedJob
from fedtui.federation.profile import DEFAULT_PROFILE, load_profile
from fedtui.federation.setup.additions import Additions
from fedtui.federation.setup.adoption import proposed_root
from fedtui.federation.setup.placements import jobs_by_placement
from fedtui.federation.setup.preflight import Preflight, run_preflight
from fedtui.federation.setup.removal import plan_removal
from fedtui.federation.setup.request import SetupRequest
from fedtui.federation.setup.rollout import rollout_stage
from fedtui.federation.setup.setup_plan import (
    SetupIntent,
    additions_for,
    intent_of,
    main_placement,
    not_set_up,
    plan_setup,
    planned_job_id,
    to_try,
)
from fedtui.federation.setup.status import PackStatus, read_status
from fedtui.federation.setup.test_run import OnOutput, TestRun, test_run
from fedtui.federation.setup_issue import SetupIssue
from fedtui.model import Snapshot
from fedtui.ports import Ports


@dataclass(frozen=True, slots=True)
class PreparedSetup:
    """What is to be planned: the jobs that passed, and what was found of commits, rotation and alerts.

    `failed` are the keys of the jobs whose test run keeps them out, `insisted` of those that are scheduled
    though it failed.
    """

    preflight: Preflight
    failed: frozenset[str]
    insisted: frozenset[str]
    intent: SetupIntent
    additions: Additions

    @property
    def request(self) -> Request:
        """The request that plans it."""
        keys = {"failed": sorted(self.failed), "insisted": sorted(self.insisted)}
        return Request("setup", (), {**asdict(self.preflight.request), **keys})

    @property
    def issues(self) -> Sequence[SetupIssue]:
        """What was found beside the jobs."""
        return self.additions.issues

    @property
    def not_set_up(self) -> list[str]:
        """What was asked for and is left out."""
        return not_set_up(self.intent, self.additions)


class SetupService:
    """The federation of this machine. `snapshot` gives the newest picture."""

    def __init__(self, ports: Ports, snapshot: Callable[[], Snapshot]) -> None:
        self._ports = ports
        self._snapshot = snapshot
        self._prepared: PreparedSetup | None = None

    async def status(self) -> PackStatus:
        """What is set up, and how far the rollout is. Raises ConfigError."""
        if self._ports.demo:  # what is set up is set up on the machine, not in there
            return PackStatus(None, (), rollout_stage(None, (), self._ports.clock()))
        return await read_status(self._snapshot(), self._ports)

    async def proposed_root(self) -> str:
        """The folder whose scripts are scheduled already; empty where there is none, or no single one."""
        with suppress(Refused):
            profile = await asyncio.to_thread(load_profile, DEFAULT_PROFILE)
            return await asyncio.to_thread(proposed_root, profile, self._snapshot())
        return ""

    async def preflight(self, request: SetupRequest) -> Preflight:
        """Look around; nothing is written and no script is run. Raises Refused or ConfigError."""
        with suppress(Refused):  # what a killed set-up left is not to be found
            await recover_if_needed(self._ports)
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

    async def prepare(self, preflight: Preflight, test_runs: Sequence[TestRun]) -> PreparedSetup:
        """What the scripts that passed come to; without `test_runs` all count as passed. Raises Refused."""
        bad = frozenset(run.key for run in test_runs if not run.good)
        return await self._prepare(preflight, bad - preflight.insisted, bad & preflight.insisted)

    async def _prepare(
        self, preflight: Preflight, failed: frozenset[str], insisted: frozenset[str]
    ) -> PreparedSetup:
        main = main_placement(preflight)
        now = await jobs_by_placement(main, preflight.was, self._ports)
        intent = intent_of(preflight, failed, insisted, now.get(main, {}))
        additions = await additions_for(preflight, intent, self._ports)
        self._prepared = PreparedSetup(preflight, failed, insisted, intent, additions)
        return self._prepared

    async def plan(self, failed: Sequence[str] = (), insisted: Sequence[str] = (), **given: Any) -> Plan:
        """The whole set-up as one change, by the fields of a `SetupRequest` and those of a `PreparedSetup`.

        What was prepared last is not looked for again. Raises NothingToChange, Refused or ConfigError.
        """
        request, prepared = SetupRequest.of(given), self._prepared
        asked = request, frozenset(failed), frozenset(insisted)
        if prepared is None or (prepared.preflight.request, prepared.failed, prepared.insisted) != asked:
            prepared = await self._prepare(await self.preflight(request), *asked[1:])
        preflight = prepared.preflight
        now = await jobs_by_placement(main_placement(preflight), preflight.was, self._ports)
        return await plan_setup(preflight, prepared.intent, prepared.additions, now, self._ports)

    async def removal(self) -> Plan:
        """The plan that leaves everything as it was before. Raises Refused."""
        if self._ports.demo:
            raise Refused("The demo workspace has no federation to take away.")
        return await plan_removal(self._ports)
