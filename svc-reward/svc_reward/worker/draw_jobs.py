"""What draws do by themselves: freeze at the close, end at the dead-line, pay their winners; it decides nothing else."""

from collections.abc import Mapping
from datetime import datetime

from carillon_chassis.clock import Clock
from carillon_chassis.database import Database, UnitOfWork
from carillon_chassis.jobs import JobHandler, enqueue
from svc_reward.app.freeze_draw import freeze_draw
from svc_reward.app.get_draw import get_draw
from svc_reward.app.open_draw import EXPIRE_JOB, FREEZE_JOB
from svc_reward.app.pay_draw import pay_draw
from svc_reward.app.refund_draw import refund_draw
from svc_reward.app.reveal_draw import PAY_JOB
from svc_reward.app.void_draw import REFUND_JOB, expire_draw
from svc_reward.domain.draw import DrawState


class DrawJobs:
    """The handlers of draws' jobs, each of them repeatable: the payload is the draw's id."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def handlers(self) -> Mapping[str, JobHandler]:
        """What to do with which job."""
        return {FREEZE_JOB: self.freeze, EXPIRE_JOB: self.expire, PAY_JOB: self.pay, REFUND_JOB: self.refund}

    async def freeze(self, payload: bytes) -> None:
        """Freezes a draw that has closed, unless somebody did so before or voided it."""
        draw_id = payload.decode()
        async with self._database.unit_of_work() as unit:
            draw = await get_draw(unit, draw_id)
            if draw.state is not DrawState.OPEN or await self._is_early(unit, FREEZE_JOB, payload, draw.rule.closes_at):
                return
            await freeze_draw(unit, draw_id, clock=self._clock)

    async def expire(self, payload: bytes) -> None:
        """Voids a draw whose reveal was missed."""
        draw_id = payload.decode()
        async with self._database.unit_of_work() as unit:
            draw = await get_draw(unit, draw_id)
            if await self._is_early(unit, EXPIRE_JOB, payload, draw.rule.reveal_by):
                return
            await expire_draw(unit, draw_id, clock=self._clock)

    async def pay(self, payload: bytes) -> None:
        """Pays the point prizes."""
        await pay_draw(self._database, payload.decode(), clock=self._clock)

    async def refund(self, payload: bytes) -> None:
        """Gives back what the tickets of a void draw cost."""
        await refund_draw(self._database, payload.decode(), clock=self._clock)

    async def _is_early(self, unit: UnitOfWork, job: str, payload: bytes, due: datetime) -> bool:
        """Whether the database's clock runs before ours; the job then comes again when it is time."""
        now = self._clock.now()
        if now >= due:
            return False
        await enqueue(unit, job, payload, after=due - now)
        return True
