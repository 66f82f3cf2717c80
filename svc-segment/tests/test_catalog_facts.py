"""What svc-catalog tells changes who has which service; facts that come twice change nothing."""

from datetime import UTC, datetime

import svc_segment.migrations
from carillon.catalog.v1 import facts_pb2
from carillon_chassis.database import Database
from carillon_chassis.testing.plugin import MakeDatabase
from svc_segment.store.subscriptions import owned_services, read_owners
from svc_segment.worker.catalog_facts import CatalogFacts

AT = datetime(2011, 4, 1, tzinfo=UTC)


async def tell(database: Database, *facts: facts_pb2.OrderActivated | facts_pb2.SubscriptionEnded) -> None:
    handlers = CatalogFacts().handlers()
    async with database.unit_of_work() as unit:
        for fact in facts:
            await handlers[type(fact)](unit, fact, AT)


def order(subscriber_id: int, service: str, order_id: str) -> facts_pb2.OrderActivated:
    fact = facts_pb2.OrderActivated(order_id=order_id, subscriber_id=subscriber_id, service=service)
    fact.activated_at.FromDatetime(AT)
    return fact


async def test_an_active_order_is_a_service_owned_until_its_subscription_ends(make_database: MakeDatabase) -> None:
    # SEG-05: current service usage status, from the catalogue as it happens.
    database = await make_database(svc_segment.migrations.__path__[0])
    await tell(database, order(1, "CRBT", "a"), order(1, "CRBT", "a"), order(1, "MMS", "b"), order(2, "CRBT", "c"))
    async with database.read() as unit:
        assert await owned_services(unit, 1) == {"CRBT", "MMS"}
        assert {service: set(owners) for service, owners in (await read_owners(unit, ["CRBT", "WEATHER"])).items()} == {
            "CRBT": {1, 2},
            "WEATHER": set(),
        }
    await tell(database, facts_pb2.SubscriptionEnded(subscriber_id=1, service="CRBT", order_id="a"))
    async with database.read() as unit:
        assert await owned_services(unit, 1) == {"MMS"}


async def test_the_end_of_a_service_ends_it_however_often_it_was_ordered(make_database: MakeDatabase) -> None:
    # svc-catalog keeps one subscription a service; its end names the order that began it, not the later ones.
    database = await make_database(svc_segment.migrations.__path__[0])
    await tell(database, order(1, "CRBT", "a"), order(1, "CRBT", "b"))
    await tell(database, facts_pb2.SubscriptionEnded(subscriber_id=1, service="CRBT", order_id="a"))
    async with database.read() as unit:
        assert await owned_services(unit, 1) == set()


async def test_orders_of_nobody_and_of_ended_lives_are_no_events(make_database: MakeDatabase) -> None:
    database = await make_database(svc_segment.migrations.__path__[0])
    async with database.unit_of_work() as unit:
        await unit.driver.execute(
            "INSERT INTO number (subscriber_id, msisdn, ended_on) VALUES (1, 8613800000001, '2011-03-31'), (2, 8613800000001, null)"
        )
    await tell(database, order(1, "CRBT", "a"), order(2, "CRBT", "b"), order(3, "CRBT", "c"))
    async with database.read() as unit:
        assert [row[0] for row in await unit.driver.fetch("SELECT subscriber_id FROM event")] == [2]
        assert [row[0] for row in await unit.driver.fetch("SELECT subscriber_id FROM live_touch")] == [2]


async def test_subscribers_that_can_be_none_are_passed_over_and_the_others_heard(make_database: MakeDatabase) -> None:
    # A fact that could never be booked would hold up all that come after it.
    database = await make_database(svc_segment.migrations.__path__[0])
    nobodies = (0, 2**31, 2**32 - 1)
    await tell(database, *(order(one, "CRBT", "a") for one in nobodies), order(2**31 - 1, "CRBT", "b"))
    await tell(
        database, *(facts_pb2.SubscriptionEnded(subscriber_id=one, service="CRBT", order_id="a") for one in nobodies)
    )
    async with database.read() as unit:
        assert {service: set(owners) for service, owners in (await read_owners(unit, ["CRBT"])).items()} == {
            "CRBT": {2**31 - 1}
        }
