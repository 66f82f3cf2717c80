"""Sales are counted exactly, at once and for the right branch, whatever of them is rolled up already (CHN-30, CHN-32)."""

import asyncio
import random
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import grpc
import pytest

from carillon.catalog.v1 import order_pb2
from carillon.segment.v1 import facts_pb2 as segment_facts
from carillon.segment.v1 import subscriber_pb2, subscriber_pb2_grpc
from carillon_chassis.client import open_channel
from carillon_chassis.errors import LimitExceeded, NotFound, PermissionRefused, Unavailable
from carillon_chassis.identity import Identity
from svc_catalog.api.facts import OutboxOrderFacts
from svc_catalog.app import count_sales as counting
from svc_catalog.app import settle_sales
from svc_catalog.worker.sales_counter import SalesCounter, SegmentBranches
from svc_catalog.worker.segment_facts import SegmentFacts

from .catalogue import AUDITOR, HALL_NORTH, HALL_SOUTH, PORTAL, PROVINCE, Catalogue

HOMES = {1: "north", 2: "south", 3: "south"}


class Homes:
    """Branches of subscribers, and how often they were asked for."""

    def __init__(self) -> None:
        self.away = False
        self.asked: list[list[int]] = []

    async def look_up(self, subscriber_ids: Sequence[int]) -> Mapping[int, str]:
        if self.away:
            raise Unavailable(reason="PEER_AWAY", detail="svc-segment is away")
        self.asked.append(list(subscriber_ids))
        return {one: HOMES[one] for one in subscriber_ids if one in HOMES}


def counter(catalogue: Catalogue, homes: Homes | None = None) -> SalesCounter:
    return SalesCounter(database=catalogue.database, branches=homes or Homes())


def over(touchpoint: str) -> order_pb2.OrderSource:
    return order_pb2.OrderSource(touchpoint=touchpoint)


async def test_sales_are_seen_at_once_and_stay_the_same_when_they_are_rolled_up(catalogue: Catalogue) -> None:
    await catalogue.confirm((await catalogue.place(HALL_NORTH, source=over("hall"))).id, HALL_NORTH)
    await catalogue.place(HALL_NORTH, source=over("hall"))
    cancelled = await catalogue.place(HALL_SOUTH, source=over("hall"), service="MMS")
    await catalogue.cancel(cancelled.id, HALL_SOUTH)
    sold = [("CRBT", "HALL", "north", 2, 1, 0), ("MMS", "HALL", "south", 1, 0, 1)]
    assert await catalogue.count_sales() == sold
    await catalogue.settle(Homes())
    assert await catalogue.count("sale_change") == 0
    assert await catalogue.count_sales() == sold
    # And what comes after stands beside what is rolled up.
    await catalogue.place(HALL_NORTH, source=over("hall"))
    assert (await catalogue.count_sales())[0] == ("CRBT", "HALL", "north", 3, 1, 0)


async def test_what_no_branch_took_counts_for_where_the_subscriber_belongs(catalogue: Catalogue) -> None:
    for subscriber in (1, 2, 3, 4):
        await catalogue.place(subscriber_id=subscriber)
    await catalogue.place(HALL_NORTH, subscriber_id=2, source=over("hall"))
    assert ("CRBT", "PORTAL", "", 4, 0, 0) in await catalogue.count_sales()
    homes = Homes()
    await catalogue.settle(homes)
    assert homes.asked == [[1, 2, 3, 4]]
    assert await catalogue.count_sales() == [
        ("CRBT", "HALL", "north", 1, 0, 0),
        ("CRBT", "PORTAL", "", 1, 0, 0),
        ("CRBT", "PORTAL", "north", 1, 0, 0),
        ("CRBT", "PORTAL", "south", 2, 0, 0),
    ]
    assert await catalogue.count_sales(branches=["south"]) == [("CRBT", "PORTAL", "south", 2, 0, 0)]
    assert await catalogue.count_sales(branches=[""]) == [("CRBT", "PORTAL", "", 1, 0, 0)]


async def test_an_order_waits_for_its_branch_while_others_are_counted(catalogue: Catalogue) -> None:
    homes = Homes()
    homes.away = True
    order = await catalogue.place(subscriber_id=1)
    await catalogue.place(HALL_NORTH, source=over("hall"))
    with pytest.raises(Unavailable):
        await counter(catalogue, homes).step()
    assert await catalogue.count("sale_change") == 1
    await catalogue.confirm(order.id)
    homes.away = False
    await catalogue.settle(homes)
    assert await catalogue.count_sales(touchpoints=["portal"]) == [("CRBT", "PORTAL", "north", 1, 1, 0)]


async def test_an_ended_life_counts_its_open_orders_as_cancelled(catalogue: Catalogue) -> None:
    await catalogue.place(subscriber_id=1)
    await catalogue.place(subscriber_id=1, service="MMS")
    fact = segment_facts.SubscribersEnded(
        subscribers=[segment_facts.EndedSubscriber(subscriber_id=1, ended_on="2029-12-31")]
    )
    [handle] = SegmentFacts(OutboxOrderFacts()).handlers().values()
    async with catalogue.database.unit_of_work() as unit:
        await handle(unit, fact, datetime(2030, 1, 1, tzinfo=UTC))
    assert [row[3:] for row in await catalogue.count_sales()] == [(1, 0, 1), (1, 0, 1)]


async def test_counts_are_those_of_the_orders_while_several_count_and_many_order(catalogue: Catalogue) -> None:
    draw = random.Random(30)
    asked: list[list[tuple[str, str, str, int, int, int]]] = []

    async def trade() -> None:
        for _ in range(12):
            identity = draw.choice([PORTAL, HALL_NORTH, HALL_SOUTH])
            order = await catalogue.place(
                identity,
                subscriber_id=draw.randrange(1, 6),
                service=draw.choice(["CRBT", "MMS", "WEATHER"]),
                source=over(draw.choice(["portal", "hall", "ussd"])),
            )
            move = draw.choice([catalogue.confirm, catalogue.cancel, None])
            if move is not None:
                await move(order.id, identity)

    async def look() -> None:
        for _ in range(20):
            asked.append(await catalogue.count_sales())
            await asyncio.sleep(0.01)

    await asyncio.gather(trade(), trade(), look(), *(settle_often(catalogue) for _ in range(2)))
    await catalogue.settle(Homes())
    async with catalogue.database.read() as unit:
        rows = await unit.driver.fetch("SELECT * FROM service_order")
    expected: dict[tuple[str, str, str], Counter[str]] = {}
    for row in rows:
        place = row["service"], row["touchpoint"], row["branch"] or HOMES.get(row["subscriber_id"], "")
        expected.setdefault(place, Counter()).update(["ordered", row["state"]])
    assert await catalogue.count_sales() == [
        (*place, counts["ordered"], counts["active"], counts["cancelled"]) for place, counts in sorted(expected.items())
    ]
    # Whoever looked meanwhile never saw fewer than before.
    totals = [sum(row[3] for row in rows) for rows in asked]
    assert totals == sorted(totals)
    assert await catalogue.count("sale_change") == 0


async def settle_often(catalogue: Catalogue) -> None:
    for _ in range(15):
        await counter(catalogue).step()
        await asyncio.sleep(0.01)


async def test_a_branch_sees_its_own_sales_and_the_province_all(catalogue: Catalogue) -> None:
    await catalogue.place(HALL_NORTH, source=over("hall"))
    await catalogue.place(HALL_SOUTH, source=over("hall"))
    own = [("CRBT", "HALL", "north", 1, 0, 0)]
    assert await catalogue.count_sales(HALL_NORTH) == own
    assert await catalogue.count_sales(HALL_NORTH, branches=["north"]) == own
    with pytest.raises(PermissionRefused) as refusal:
        await catalogue.count_sales(HALL_NORTH, branches=["north", "south"])
    assert (refusal.value.reason, refusal.value.field) == ("OTHER_BRANCH", "branch")
    assert len(await catalogue.count_sales(PROVINCE)) == 2


@pytest.mark.parametrize("role", ["portal", "affiliate", "partner"])
async def test_sales_are_for_the_operators_own_people(catalogue: Catalogue, role: str) -> None:
    with pytest.raises(PermissionRefused, match="needs one of the roles"):
        await catalogue.count_sales(Identity(subject="x", roles=frozenset({role})))


async def test_a_service_that_is_none_is_refused_with_those_that_look_alike(catalogue: Catalogue) -> None:
    with pytest.raises(NotFound) as refusal:
        await catalogue.count_sales(services=["CRBTT"])
    assert refusal.value.reason == "SERVICE_UNKNOWN"
    assert "CRBT" in refusal.value.detail


async def test_an_answer_that_nobody_could_read_is_refused(
    catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counting, "ROWS_LIMIT", 2)
    for touchpoint in ("sms", "ussd", "ktv"):
        await catalogue.place(source=over(touchpoint))
    with pytest.raises(LimitExceeded) as refusal:
        await catalogue.count_sales(AUDITOR)
    assert refusal.value.reason == "SALES_TOO_MANY"
    assert len(await catalogue.count_sales(touchpoints=["SMS", "ussd"])) == 2


async def test_many_changes_are_rolled_up_in_several_steps(
    catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settle_sales, "ORDERS_A_STEP", 2)
    for _ in range(5):
        await catalogue.place(subscriber_id=1)
    await catalogue.settle(Homes())
    assert await catalogue.count_sales() == [("CRBT", "PORTAL", "north", 5, 0, 0)]


class SegmentStandIn(subscriber_pb2_grpc.SubscriberServiceServicer):
    """Knows whose subscribers are whose."""

    async def LookUpBranches(
        self,
        request: subscriber_pb2.LookUpBranchesRequest,
        context: object,
    ) -> subscriber_pb2.LookUpBranchesResponse:
        entries = [
            subscriber_pb2.BranchEntry(subscriber_id=one, branch=HOMES[one])
            for one in request.subscriber_ids
            if one in HOMES
        ]
        return subscriber_pb2.LookUpBranchesResponse(entries=entries)


async def test_branches_are_asked_of_svc_segment_and_of_nobody_without_it(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    address = f"unix:{tmp_path_factory.mktemp('s') / 's'}"
    server = grpc.aio.server()
    subscriber_pb2_grpc.add_SubscriberServiceServicer_to_server(SegmentStandIn(), server)  # type: ignore[abstract]  # it is asked nothing else
    server.add_insecure_port(address)
    await server.start()
    channel = open_channel(address)
    try:
        assert await SegmentBranches(channel).look_up([1, 2, 9]) == {1: "north", 2: "south"}
    finally:
        await channel.close()
        await server.stop(None)
    assert await SegmentBranches(None).look_up([1]) == {}
