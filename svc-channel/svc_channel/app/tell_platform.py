"""Has activated orders opened at a service platform, and ended ones closed, each once; it must not open on a guess.

Who takes an order up again first asks what became of it, and asks to open it only when the platform has never seen it;
and even then under the same name, which opens once over there.
"""

import logging

from carillon_chassis.clock import Clock
from carillon_chassis.database import Database
from svc_channel.app.numbers import Numbers
from svc_channel.app.platforms import Platform
from svc_channel.domain.platform import RETRY_PAUSES, SETTLED, OpeningState, PlatformAnswer, Verdict, retry_after
from svc_channel.store.openings import OpeningTask, postpone_opening, settle_opening

NO_NUMBER = "NO_NUMBER"

logger = logging.getLogger(__name__)


async def tell_platform(
    database: Database, platform: Platform, numbers: Numbers, task: OpeningTask, *, clock: Clock
) -> None:
    """One order, taken up before; what is not known afterwards is taken up again. Raises Unavailable (of svc-segment)."""
    answer = await _ask(platform, numbers, task)
    state = SETTLED.get((task.state, answer.verdict))
    async with database.unit_of_work() as unit:
        now = clock.now()
        if state is not None:
            await settle_opening(unit, task, state, answer, now=now)
        else:
            await postpone_opening(unit, task, until=now + retry_after(task.tries), reason=answer.reason)
    if state is OpeningState.REFUSED:
        logger.error("the platform does not open %s for order %s: %s", task.service, task.order_id, answer.reason)
    elif state is None:
        logger.warning("order %s is %s and in doubt: %s", task.order_id, task.state.value, answer.reason)


async def _ask(platform: Platform, numbers: Numbers, task: OpeningTask) -> PlatformAnswer:
    name = str(task.order_id)
    if task.state is OpeningState.CLOSING:
        # Closing again is harmless, so nobody has to ask first.
        return await platform.close(name)
    if task.tries > 1:
        known = await platform.query(name)
        if known.verdict is not Verdict.UNKNOWN:
            return known
    msisdn = (await numbers.look_up([task.subscriber_id])).get(task.subscriber_id)
    if msisdn is None:
        # The life ended. What was asked for before may be on its way for a while, whatever the query has said.
        on_its_way = 1 < task.tries <= len(RETRY_PAUSES)
        return PlatformAnswer(verdict=Verdict.DOUBT if on_its_way else Verdict.REFUSED, reason=NO_NUMBER)
    return await platform.open(name, msisdn=msisdn, service=task.service)
