"""The jobs of svc-campaign: each reads its payload, goes on in its trace and calls its use case; holds no rules."""

from collections.abc import Mapping

from carillon_chassis.clock import Clock
from carillon_chassis.database import Database
from carillon_chassis.errors import DomainError
from carillon_chassis.identity import Identity, acting_as
from carillon_chassis.jobs import JobHandler, enqueue
from carillon_chassis.telemetry import span
from svc_campaign.app.complete_campaign import complete_campaign
from svc_campaign.app.job_payload import JobPayload
from svc_campaign.app.launch_campaign import LAUNCH_JOB
from svc_campaign.app.run_launch import COMPLETION_JOB, Launch, run_launch
from svc_campaign.store.campaigns import record_problem

# Who the other services see when a job calls them.
JOBS_IDENTITY = Identity(subject="service:campaign")


class CampaignJobs:
    """The handlers of this service's jobs, by name."""

    def __init__(self, *, database: Database, clock: Clock, launch: Launch) -> None:
        self._database = database
        self._clock = clock
        self._launch = launch

    def handlers(self) -> Mapping[str, JobHandler]:
        """What to run for which job."""
        return {LAUNCH_JOB: self.launch, COMPLETION_JOB: self.complete}

    async def launch(self, payload: bytes) -> None:
        """Runs a launch to its end, or keeps for GetCampaign why it stands still."""
        job = JobPayload.from_bytes(payload)
        attributes = {"carillon.campaign_id": str(job.campaign_id)}
        with acting_as(JOBS_IDENTITY), span(LAUNCH_JOB, traceparent=job.traceparent, attributes=attributes):
            try:
                await run_launch(self._launch, campaign_id=job.campaign_id, traceparent=job.traceparent)
            except DomainError as error:
                async with self._database.unit_of_work() as unit:
                    await record_problem(unit, job.campaign_id, str(error))
                raise

    async def complete(self, payload: bytes) -> None:
        """Completes a campaign, or comes again when its window has still some time to go."""
        job = JobPayload.from_bytes(payload)
        with acting_as(JOBS_IDENTITY), span(COMPLETION_JOB, traceparent=job.traceparent):
            async with self._database.unit_of_work() as unit:
                left = await complete_campaign(unit, campaign_id=job.campaign_id, at=self._clock.now())
                if left is not None:
                    # No key: this very job still stands under it.
                    await enqueue(unit, COMPLETION_JOB, payload, after=left)
