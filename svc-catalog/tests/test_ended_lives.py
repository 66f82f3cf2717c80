"""A life that ended ends what the subscriber had; whoever has the number next begins with nothing."""

import asyncio
from datetime import UTC, datetime

import pytest

from carillon.catalog.v1 import facts_pb2, order_pb2
from carillon.segment.v1 import facts_pb2 as segment_facts
from carillon_chassis.errors import StateRefused
from svc_catalog.api.facts import OutboxOrderFacts
from svc_catalog.worker.segment_facts import SegmentFacts

from .catalogue import Catalogue

NOW = datetime(2030, 1, 1, tzinfo=UTC)
DEAD, NEXT = 7, 8


async def end(catalogue: Catalogue, *subscriber_ids: int) -> None:
    fact = segment_facts.SubscribersEnded(
        subscribers=[segment_facts.EndedSubscriber(subscriber_id=one, ended_on="2029-12-31") for one in subscriber_ids]
    )
    [handle] = SegmentFacts(OutboxOrderFacts()).handlers().values()
    async with catalogue.database.unit_of_work() as unit:
        await handle(unit, fact, NOW)


async def ends_told(catalogue: Catalogue) -> list[tuple[int, str]]:
    async with catalogue.database.read() as unit:
        rows = await unit.driver.fetch("SELECT body FROM outbox WHERE type LIKE '%SubscriptionEnded' ORDER BY sequence")
    facts = [facts_pb2.SubscriptionEnded.FromString(row["body"]) for row in rows]
    assert {fact.ended_at.ToDatetime(UTC) for fact in facts} <= {NOW}
    return [(fact.subscriber_id, fact.service) for fact in facts]


async def test_an_ended_life_leaves_no_subscription_and_no_open_order(catalogue: Catalogue) -> None:
    had = await catalogue.confirm((await catalogue.place(subscriber_id=DEAD)).id)
    await catalogue.confirm((await catalogue.place(subscriber_id=DEAD, service="MMS")).id)
    await catalogue.confirm((await catalogue.place(subscriber_id=NEXT)).id)
    open_order = await catalogue.place(subscriber_id=DEAD)
    await end(catalogue, DEAD, 4_000_000_000)
    await end(catalogue, DEAD)
    assert await catalogue.subscriptions(DEAD) == []
    assert [one.service for one in await catalogue.subscriptions(NEXT)] == ["CRBT"]
    assert await ends_told(catalogue) == [(DEAD, "CRBT"), (DEAD, "MMS")]
    assert (await catalogue.get(open_order.id)).state == order_pb2.ORDER_STATE_CANCELLED
    # What was bought was bought: an active order is history.
    assert (await catalogue.get(had.id)).state == order_pb2.ORDER_STATE_ACTIVE


async def test_nothing_is_sold_to_an_ended_life(catalogue: Catalogue) -> None:
    await end(catalogue, DEAD)
    with pytest.raises(StateRefused) as refusal:
        await catalogue.place(subscriber_id=DEAD)
    assert (refusal.value.reason, refusal.value.field) == ("LIFE_ENDED", "subscriber_id")
    await catalogue.place(subscriber_id=NEXT)


async def test_confirmations_that_meet_the_end_leave_nothing_behind(catalogue: Catalogue) -> None:
    placed = [await catalogue.place(subscriber_id=DEAD, service=service) for service in ("CRBT", "MMS", "WEATHER")]
    await asyncio.gather(
        *(catalogue.confirm(order.id) for order in placed), end(catalogue, DEAD), return_exceptions=True
    )
    assert await catalogue.subscriptions(DEAD) == []
    states = {(await catalogue.get(order.id)).state for order in placed}
    assert states <= {order_pb2.ORDER_STATE_ACTIVE, order_pb2.ORDER_STATE_CANCELLED}
