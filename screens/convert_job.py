"""Converting the job under the cursor: which scheduler is to run it, the plan, and its dialog."""

from __future__ import annotations

from fedtui.changes.request import Request
from fedtui.model import Job
from fedtui.screens.job_actions import JobActions


class ConvertActions(JobActions):
    """The dashboard's key that moves a job from cron to systemd, and back."""

    def action_convert(self) -> None:
        """Turn a cron line into a timer, or a timer into a cron line."""
        job = self.target
        if job is not None:
            self.flow.begin(self._convert(job))

    async def _convert(self, job: Job) -> None:
        from fedtui.conversion.convert import WORDS, targets
        from fedtui.screens.choose import ChooseScreen

        ways = targets(job, self.host.ports)
        to: str | None = ways[0]
        if len(ways) > 1:
            choices = [(way, WORDS[way]) for way in ways]
            to = await self.app.push_screen_wait(
                ChooseScreen("Convert", job.name, "What is to run it?", choices)
            )
        if to is not None:
            await self.flow.change("Convert", Request("convert", (job.id,), {"to": to}), job.name)
