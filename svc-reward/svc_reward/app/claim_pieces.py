"""Claims pieces of flash sales for a whole crowd in one transaction; exactly the stock, one a person."""

from collections.abc import Iterator, Sequence
from uuid import UUID

from carillon_chassis.clock import Clock
from carillon_chassis.database import UnitOfWork
from carillon_chassis.errors import Unavailable
from svc_reward.domain.claiming import Attempt, ClaimOutcome, decide_claims
from svc_reward.store.sale_claims import find_standing, keep_claims
from svc_reward.store.sales import lock_sales

# What one transaction decides at most: it holds the sale's stock until it has committed.
MAX_BATCH = 1000


async def claim_pieces(
    unit: UnitOfWork, attempts: Sequence[Attempt], *, clock: Clock, ids: Iterator[UUID]
) -> list[ClaimOutcome]:
    """One outcome for each attempt, in their order; three statements, whatever the size of the batch.

    Raises Unavailable SALE_BUSY when another batch keeps the same request at this moment; done again it sees it.
    """
    sales = await lock_sales(unit, {attempt.sale_id for attempt in attempts})
    standing = await find_standing(unit, attempts)
    now = clock.now()
    decision = decide_claims(attempts, sales=sales, standing=standing, ids=ids, now=now)
    if decision.claims and not await keep_claims(unit, decision, at=now):
        raise Unavailable(reason="SALE_BUSY", detail="this request is being decided on another sale; try again")
    return decision.outcomes
