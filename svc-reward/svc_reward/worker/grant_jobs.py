"""What grants do after other use cases: an order that was refunded gives back what it earned; it decides nothing else."""

from collections.abc import Mapping

from carillon_chassis.database import Database
from carillon_chassis.jobs import JobHandler
from svc_reward.app.refund_grants import TAKE_BACK_JOB, parse_refund
from svc_reward.app.reward_means import RewardMeans
from svc_reward.app.take_back_order import take_back_order


class GrantJobs:
    """The handlers of grants' jobs, each of them repeatable."""

    def __init__(self, database: Database, means: RewardMeans) -> None:
        self._database = database
        self._means = means

    def handlers(self) -> Mapping[str, JobHandler]:
        """What to do with which job."""
        return {TAKE_BACK_JOB: self.take_back}

    async def take_back(self, payload: bytes) -> None:
        """Takes back what a refunded order earned."""
        order_id, at = parse_refund(payload)
        async with self._database.unit_of_work() as unit:
            await take_back_order(unit, order_id=order_id, at=at, means=self._means)
