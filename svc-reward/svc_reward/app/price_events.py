"""Prices what affiliates brought, a batch in one transaction; it must not price an event twice."""

from datetime import tzinfo

from carillon_chassis.database import UnitOfWork
from svc_reward.domain.commission_matrix import CommissionMatrix
from svc_reward.domain.commission_pricing import Pricing
from svc_reward.store.affiliates import lock_affiliates
from svc_reward.store.commission_events import claim_unpriced, settle_events, usage_ends
from svc_reward.store.commission_lines import insert_lines
from svc_reward.store.commission_policies import approved_policies, keep_counters, read_counters

# Some two seconds of work when a flood has piled up, and few enough to hold in memory; a larger batch saves counters,
# since each affiliate's is written once a batch.
MAX_EVENTS = 50_000


async def price_events(unit: UnitOfWork, *, matrix: CommissionMatrix, zone: tzinfo, limit: int = MAX_EVENTS) -> int:
    """How many events were priced, oldest first. The affiliates' rows are held, so their counters move in one order."""
    events = await claim_unpriced(unit, limit)
    if not events:
        return 0
    kinds = await lock_affiliates(unit, sorted({event.affiliate_id for event in events}))
    pricing = Pricing(
        policies=await approved_policies(unit),
        matrix=matrix,
        kinds=kinds,
        counters=await read_counters(unit, kinds),
        ended=await usage_ends(unit, events),
        zone=zone,
    )
    pricing.price(events)
    await settle_events(unit, pricing.verdicts)
    await insert_lines(unit, pricing.lines)
    await keep_counters(unit, pricing.counters)
    return len(events)
