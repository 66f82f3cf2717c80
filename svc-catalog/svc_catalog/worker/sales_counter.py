"""Has sales counted soon after they were made, and asks svc-segment whose subscribers they were; it decides nothing."""

from collections.abc import Mapping, Sequence

import grpc

from carillon.segment.v1 import subscriber_pb2
from carillon.segment.v1.subscriber_pb2_grpc import SubscriberServiceStub
from carillon_chassis.client import invoke
from carillon_chassis.database import Database
from carillon_chassis.periodic import Periodic
from svc_catalog.app.branches import Branches
from svc_catalog.app.settle_sales import roll_sales, settle_homes

# How long an order waits at most to be counted for its branch.
PAUSE_SECONDS = 0.5


class SegmentBranches:
    """See app.branches.Branches."""

    def __init__(self, channel: grpc.aio.Channel | None) -> None:
        self._stub = SubscriberServiceStub(channel) if channel else None

    async def look_up(self, subscriber_ids: Sequence[int]) -> Mapping[int, str]:
        """Nobody's branch is known where there is no svc-segment."""
        if self._stub is None:
            return {}
        request = subscriber_pb2.LookUpBranchesRequest(subscriber_ids=subscriber_ids)
        answer = await invoke(self._stub.LookUpBranches, request)
        return {entry.subscriber_id: entry.branch for entry in answer.entries}


class SalesCounter:
    """Counts for ever."""

    def __init__(self, *, database: Database, branches: Branches) -> None:
        self._database = database
        self._branches = branches

    async def run(self) -> None:
        """One step after the other, without a pause while there are more."""
        await Periodic(self.step, name="the counts of sales", pause_seconds=PAUSE_SECONDS).run()

    async def step(self) -> bool:
        """Counts first what needs nobody, so that it goes on while svc-segment is away; whether there may be more."""
        more = await roll_sales(self._database)
        return await settle_homes(self._database, self._branches) or more
