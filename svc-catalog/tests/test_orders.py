"""Orders and subscriptions over gRPC and PostgreSQL: the way through, replays, refusals and races."""

import asyncio
from datetime import UTC
from uuid import uuid4

import pytest

from carillon.catalog.v1 import facts_pb2, order_pb2
from carillon_chassis.client import invoke
from carillon_chassis.errors import Conflict, DomainError, InvalidInput, NotFound, PermissionRefused, StateRefused
from carillon_chassis.identity import Identity, acting_as

from .catalogue import AUDITOR, HALL_NORTH, HALL_SOUTH, PORTAL, PROVINCE, Catalogue


async def facts(catalogue: Catalogue) -> list[facts_pb2.OrderActivated]:
    async with catalogue.database.read() as unit:
        rows = await unit.driver.fetch("SELECT type, body FROM outbox ORDER BY transaction, sequence")
    assert {row["type"] for row in rows} <= {
        f"carillon.catalog.v1.{name}" for name in ("OrderPlaced", "OrderActivated")
    }
    return [facts_pb2.OrderActivated.FromString(row["body"]) for row in rows if row["type"].endswith(".OrderActivated")]


async def test_an_order_that_waits_is_told_once_however_often_it_is_asked_for(catalogue: Catalogue) -> None:
    """QGV-09: whoever asks the customer follows this fact."""
    placed = await catalogue.place(request_id="r-1")
    await catalogue.place(request_id="r-1")
    async with catalogue.database.read() as unit:
        [row] = await unit.driver.fetch("SELECT body FROM outbox WHERE type = 'carillon.catalog.v1.OrderPlaced'")
    assert facts_pb2.OrderPlaced.FromString(row["body"]) == facts_pb2.OrderPlaced(
        order_id=placed.id,
        subscriber_id=7,
        service="CRBT",
        touchpoint=placed.source.touchpoint,
        placed_at=placed.placed_at,
    )


async def test_an_order_is_placed_confirmed_and_leads_to_a_subscription_and_one_fact(catalogue: Catalogue) -> None:
    placed = await catalogue.place()
    assert placed.state == order_pb2.ORDER_STATE_PENDING_CONFIRMATION
    assert not placed.HasField("activated_at")
    assert await catalogue.subscriptions(7) == []

    active = await catalogue.confirm(placed.id)
    assert active.state == order_pb2.ORDER_STATE_ACTIVE
    assert active == await catalogue.get(placed.id)
    assert (active.amount_fen, active.source.touchpoint, active.source.campaign_id) == (2999, "PORTAL", "campaign-1")

    (subscription,) = await catalogue.subscriptions(7)
    assert (subscription.service, subscription.order_id) == ("CRBT", placed.id)
    assert subscription.since == active.activated_at
    (fact,) = await facts(catalogue)
    assert fact == facts_pb2.OrderActivated(
        order_id=placed.id,
        subscriber_id=7,
        service="CRBT",
        amount_fen=2999,
        campaign_id="campaign-1",
        touchpoint="PORTAL",
        activated_at=active.activated_at,
    )
    assert active.activated_at.ToDatetime(UTC) >= placed.placed_at.ToDatetime(UTC)


async def test_the_fact_names_who_brought_the_order(catalogue: Catalogue) -> None:
    source = order_pb2.OrderSource(touchpoint="web", affiliate_id="poco", staff_id="s-7")
    await catalogue.confirm((await catalogue.place(source=source)).id)
    (fact,) = await facts(catalogue)
    assert (fact.affiliate_id, fact.staff_id, fact.touchpoint) == ("poco", "s-7", "WEBSITE")


async def test_the_same_request_id_gives_the_first_order_again(catalogue: Catalogue) -> None:
    first = await catalogue.place(request_id="r-1")
    assert await catalogue.place(request_id="r-1") == first
    assert await catalogue.count("service_order") == 1


async def test_the_same_request_id_with_another_amount_conflicts(catalogue: Catalogue) -> None:
    await catalogue.place(request_id="r-1")
    with pytest.raises(Conflict) as refusal:
        await catalogue.place(request_id="r-1", amount_fen=1)
    assert refusal.value.reason == "IDEMPOTENCY_CONFLICT"
    assert await catalogue.count("service_order") == 1


async def test_confirming_again_with_the_same_request_id_gives_the_first_answer(catalogue: Catalogue) -> None:
    placed = await catalogue.place()
    first = await catalogue.confirm(placed.id, request_id="c-1")
    assert await catalogue.confirm(placed.id, request_id="c-1") == first
    assert len(await facts(catalogue)) == 1


async def test_confirming_twice_is_refused_naming_both_states(catalogue: Catalogue) -> None:
    placed = await catalogue.place()
    await catalogue.confirm(placed.id)
    with pytest.raises(StateRefused) as refusal:
        await catalogue.confirm(placed.id)
    assert refusal.value.reason == "ORDER_STATE"
    assert refusal.value.metadata == {"from": "active", "to": "active"}
    assert len(await facts(catalogue)) == 1


async def test_of_many_concurrent_confirmations_one_books_and_the_others_are_refused(catalogue: Catalogue) -> None:
    placed = await catalogue.place()
    outcomes = await asyncio.gather(*(catalogue.confirm(placed.id) for _ in range(8)), return_exceptions=True)
    confirmed = [outcome for outcome in outcomes if isinstance(outcome, order_pb2.Order)]
    refused = [outcome for outcome in outcomes if isinstance(outcome, StateRefused)]
    assert (len(confirmed), len(refused)) == (1, 7)
    assert len(await facts(catalogue)) == 1
    assert len(await catalogue.subscriptions(7)) == 1


async def test_concurrent_orders_for_one_service_all_activate_on_one_subscription(catalogue: Catalogue) -> None:
    placed = [await catalogue.place(amount_fen=100 + number) for number in range(6)]
    await asyncio.gather(*(catalogue.confirm(order.id) for order in placed))
    assert sorted(fact.amount_fen for fact in await facts(catalogue)) == [100, 101, 102, 103, 104, 105]
    assert len(await catalogue.subscriptions(7)) == 1


async def test_a_second_order_for_a_service_is_a_purchase_and_keeps_the_first_subscription(
    catalogue: Catalogue,
) -> None:
    first = await catalogue.place()
    await catalogue.confirm(first.id)
    second = await catalogue.place(amount_fen=500)
    assert (await catalogue.confirm(second.id)).state == order_pb2.ORDER_STATE_ACTIVE
    (subscription,) = await catalogue.subscriptions(7)
    assert subscription.order_id == first.id
    assert [fact.amount_fen for fact in await facts(catalogue)] == [2999, 500]


async def test_a_pending_order_is_cancelled_and_leaves_nothing_behind(catalogue: Catalogue) -> None:
    placed = await catalogue.place()
    assert (await catalogue.cancel(placed.id)).state == order_pb2.ORDER_STATE_CANCELLED
    with pytest.raises(StateRefused) as refusal:
        await catalogue.confirm(placed.id)
    assert refusal.value.metadata == {"from": "cancelled", "to": "active"}
    assert await facts(catalogue) == []
    assert await catalogue.subscriptions(7) == []


async def test_an_active_order_cannot_be_cancelled_and_the_refusal_names_both_states(catalogue: Catalogue) -> None:
    placed = await catalogue.place()
    await catalogue.confirm(placed.id)
    with pytest.raises(StateRefused) as refusal:
        await catalogue.cancel(placed.id)
    assert "is active and cannot become cancelled" in refusal.value.detail
    assert (await catalogue.get(placed.id)).state == order_pb2.ORDER_STATE_ACTIVE


async def test_an_order_for_an_unknown_service_is_refused_with_the_likely_codes(catalogue: Catalogue) -> None:
    with pytest.raises(NotFound) as refusal:
        await catalogue.place(service="CRBT_DOWNLOD")
    assert refusal.value.reason == "SERVICE_UNKNOWN"
    assert refusal.value.field == "service"
    assert refusal.value.metadata["suggestions"].split(",")[0] == "CRBT_DOWNLOAD"
    assert await catalogue.count("service_order") == 0


async def test_a_refused_order_does_not_burn_its_request_id(catalogue: Catalogue) -> None:
    with pytest.raises(NotFound):
        await catalogue.place(request_id="r-1", service="NOTHING_LIKE_IT")
    assert (await catalogue.place(request_id="r-1")).service == "CRBT"


@pytest.mark.parametrize(
    ("overrides", "field"),
    [
        ({"amount_fen": -1}, "amount_fen"),
        ({"subscriber_id": 0}, "subscriber_id"),
        ({"service": ""}, "service"),
        ({"request_id": ""}, "request_id"),
        ({"source": None}, "source"),
    ],
)
async def test_a_malformed_order_never_reaches_the_catalogue(
    catalogue: Catalogue, overrides: dict[str, object], field: str
) -> None:
    with pytest.raises(InvalidInput) as refusal:
        await catalogue.place(PORTAL, **overrides)
    assert field in {violation.field for violation in refusal.value.violations}


async def test_an_order_that_does_not_exist_is_not_found(catalogue: Catalogue) -> None:
    with pytest.raises(NotFound) as refusal:
        await catalogue.confirm(str(uuid4()))
    assert refusal.value.reason == "ORDER_UNKNOWN"


async def test_an_auditor_sees_orders_and_places_none(catalogue: Catalogue) -> None:
    placed = await catalogue.place()
    assert (await catalogue.get(placed.id, AUDITOR)).id == placed.id
    with pytest.raises(PermissionRefused):
        await catalogue.place(AUDITOR)


@pytest.mark.parametrize("nobody", [Identity(subject=""), Identity(subject="partner", roles=frozenset({"partner"}))])
async def test_who_holds_no_role_for_it_sees_no_subscriptions(catalogue: Catalogue, nobody: Identity) -> None:
    with acting_as(nobody), pytest.raises(PermissionRefused):
        await invoke(catalogue.orders.ListSubscriptions, order_pb2.ListSubscriptionsRequest(subscriber_id=7))


async def test_a_branch_handles_its_own_orders_and_the_province_all(catalogue: Catalogue) -> None:
    placed = await catalogue.place(HALL_NORTH)
    for attempt in (catalogue.get, catalogue.confirm, catalogue.cancel):
        with pytest.raises(NotFound) as refusal:
            await attempt(placed.id, HALL_SOUTH)
        assert refusal.value.reason == "ORDER_UNKNOWN"
    assert (await catalogue.get(placed.id, PROVINCE)).id == placed.id
    assert (await catalogue.confirm(placed.id, HALL_NORTH)).state == order_pb2.ORDER_STATE_ACTIVE


async def test_an_ended_subscription_is_gone_and_can_begin_again(catalogue: Catalogue) -> None:
    first = await catalogue.place()
    await catalogue.confirm(first.id)
    assert (await catalogue.end(7, "CRBT")).order_id == first.id
    assert await catalogue.subscriptions(7) == []
    async with catalogue.database.read() as unit:
        body = await unit.driver.fetchval("SELECT body FROM outbox WHERE type LIKE '%SubscriptionEnded'")
    ended = facts_pb2.SubscriptionEnded.FromString(body)
    assert (ended.subscriber_id, ended.service, ended.order_id) == (7, "CRBT", first.id)
    second = await catalogue.place()
    await catalogue.confirm(second.id)
    assert [subscription.order_id for subscription in await catalogue.subscriptions(7)] == [second.id]


async def test_ending_what_does_not_run_is_refused(catalogue: Catalogue) -> None:
    with pytest.raises(NotFound) as refusal:
        await catalogue.end(7, "CRBT")
    assert refusal.value.reason == "SUBSCRIPTION_UNKNOWN"


async def test_two_callers_may_use_the_same_request_id(catalogue: Catalogue) -> None:
    assert (await catalogue.place(PORTAL, request_id="r-1")).id != (
        await catalogue.place(HALL_NORTH, request_id="r-1")
    ).id


async def test_a_failure_after_the_state_change_leaves_the_order_pending(catalogue: Catalogue) -> None:
    placed = await catalogue.place()
    async with catalogue.database.unit_of_work() as unit:
        await unit.driver.execute("ALTER TABLE outbox RENAME TO outbox_away")
    with pytest.raises(DomainError):
        await catalogue.confirm(placed.id)
    async with catalogue.database.unit_of_work() as unit:
        await unit.driver.execute("ALTER TABLE outbox_away RENAME TO outbox")
    assert (await catalogue.get(placed.id)).state == order_pb2.ORDER_STATE_PENDING_CONFIRMATION
    assert (await catalogue.confirm(placed.id)).state == order_pb2.ORDER_STATE_ACTIVE
