"""Who was subscribed in a month may enter the draw of the month after it (RWD-09)."""

import uuid
from datetime import UTC, datetime
from typing import Any

import pytest

from carillon.reward.v1 import draw_pb2, draw_pb2_grpc
from carillon_chassis.client import invoke
from carillon_chassis.clock import FixedClock
from carillon_chassis.database import Database
from carillon_chassis.errors import NotFound, PermissionRefused, StateRefused
from carillon_chassis.identity import Identity, acting_as
from svc_reward.app.enter_subscribers import enter_all_subscribers
from svc_reward.worker.subscriber_entries import SubscriberEntries

from ..lives import end_lives  # noqa: TID252 -- tests have no name to import by
from .circle import MAKER, PORTAL, Circle
from .referral_values import DAY, NOON

NEWSPAPER = "NEWSPAPER"
# October in Shanghai begins and ends eight hours before UTC's.
OCTOBER = datetime(2026, 9, 30, 16, tzinfo=UTC)
NOVEMBER = datetime(2026, 10, 31, 16, tzinfo=UTC)
QUEUED = "SELECT payload FROM pgqueuer WHERE entrypoint = 'enter_subscribers'"


@pytest.fixture
def zone(circle: Circle) -> Any:
    return circle.lucky.means.zone


async def draw_of(circle: Circle, month: str = "2026-11", **changes: Any) -> str:
    eligibility = draw_pb2.DrawEligibility(service=NEWSPAPER, draw_month=month)
    return await circle.open_draw(eligibility=eligibility, **changes)


async def enter(circle: Circle, draw_id: str, *, by: Identity = MAKER) -> draw_pb2.EnterSubscribersResponse:
    request = draw_pb2.EnterSubscribersRequest(request_id=circle.key(), draw_id=draw_id)
    with acting_as(by):
        return await invoke(draw_pb2_grpc.DrawServiceStub(circle.channel).EnterSubscribers, request)


async def test_everybody_who_was_subscribed_in_the_month_is_entered_once(circle: Circle, zone: Any) -> None:
    """Table of lives around October: 1 before, 2 into, 3 within, 4 through, 5 from, 6 after, 7 of another service."""
    lives = {
        1: (OCTOBER - 9 * DAY, OCTOBER),
        2: (OCTOBER - 9 * DAY, OCTOBER + DAY),
        3: (OCTOBER, NOVEMBER - DAY),
        4: (OCTOBER - 9 * DAY, NOVEMBER + DAY),
        5: (NOVEMBER - DAY / 24, None),
        6: (NOVEMBER, None),
    }
    for subscriber, (begun, ended) in lives.items():
        await circle.activate(subscriber, service=NEWSPAPER, at=begun)
        if ended is not None:
            await circle.end(subscriber, service=NEWSPAPER, at=ended)
    await circle.activate(7, service="CRBT", at=OCTOBER)
    # Twice in the month is one ticket.
    await circle.activate(3, service=NEWSPAPER, order_id="again", at=NOVEMBER - DAY / 2)
    draw_id = await draw_of(circle)
    answer = await enter(circle, draw_id)
    assert (answer.service, answer.subscribed_month, answer.subscribers) == (NEWSPAPER, "2026-10", 4)
    for expected in (4, 0):
        added = await enter_all_subscribers(circle.database, draw_id, clock=circle.clock, zone=zone, page=3)
        assert added == expected
    assert await circle.entries(draw_id) == [(number, "subscribed:NEWSPAPER:2026-10") for number in (2, 3, 4, 5)]


async def test_the_job_is_booked_with_the_answer_and_waits_once(circle: Circle, owned: Database) -> None:
    draw_id = await draw_of(circle)
    for _ in range(2):
        await enter(circle, draw_id)
    async with owned.read() as unit:
        assert [row["payload"] for row in await unit.driver.fetch(QUEUED)] == [draw_id.encode()]


async def test_the_job_may_stop_anywhere_and_be_done_again(circle: Circle, zone: Any) -> None:
    for subscriber in range(1, 11):
        await circle.activate(subscriber, service=NEWSPAPER, at=OCTOBER)
    draw_id = await draw_of(circle)

    class Dying(FixedClock):
        """Stops the job in its third page."""

        asked = 0

        def now(self) -> datetime:
            self.asked += 1
            if self.asked > 2:
                raise ConnectionError("killed")
            return super().now()

    with pytest.raises(ConnectionError):
        await enter_all_subscribers(circle.database, draw_id, clock=Dying(at=NOON), zone=zone, page=3)
    assert len(await circle.entries(draw_id)) == 6
    await SubscriberEntries(circle.database, circle.clock, zone=zone).enter(draw_id.encode())
    assert [subscriber for subscriber, _ in await circle.entries(draw_id)] == list(range(1, 11))


async def test_an_order_while_the_service_runs_does_not_outlive_its_end(circle: Circle, zone: Any) -> None:
    await circle.activate(1, service=NEWSPAPER, at=OCTOBER - 60 * DAY)
    await circle.activate(1, service=NEWSPAPER, order_id="second", at=OCTOBER - 50 * DAY)
    await circle.end(1, service=NEWSPAPER, at=OCTOBER - 40 * DAY)
    draw_id = await draw_of(circle)
    assert await enter_all_subscribers(circle.database, draw_id, clock=circle.clock, zone=zone) == 0


async def test_who_was_subscribed_and_gave_the_number_back_since_is_not_entered(circle: Circle, zone: Any) -> None:
    for subscriber in (1, 2):
        await circle.activate(subscriber, service=NEWSPAPER, at=OCTOBER)
    await end_lives(circle.database, 1, at=circle.clock.at)
    draw_id = await draw_of(circle)
    assert (await enter(circle, draw_id)).subscribers == 1
    assert await enter_all_subscribers(circle.database, draw_id, clock=circle.clock, zone=zone) == 1
    assert [subscriber for subscriber, _ in await circle.entries(draw_id)] == [2]


async def test_a_draw_that_has_closed_takes_no_more(circle: Circle, zone: Any) -> None:
    await circle.activate(1, service=NEWSPAPER, at=OCTOBER)
    draw_id = await draw_of(circle)
    circle.pass_days(10)
    assert await enter_all_subscribers(circle.database, draw_id, clock=circle.clock, zone=zone) == 0
    with pytest.raises(StateRefused, match="DRAW_CLOSED"):
        await enter(circle, draw_id)


async def test_what_can_not_be_entered_is_refused_with_its_reason(circle: Circle) -> None:
    price = draw_pb2.DrawPoints(currency="seeds", amount=4)
    for draw_id, reason in (
        (await draw_of(circle, "2026-12"), "MONTH_NOT_OVER"),
        (await circle.open_draw(), "DRAW_WITHOUT_MONTH"),
        (await draw_of(circle, ticket_price=price), "DRAW_SELLS_TICKETS"),
    ):
        with pytest.raises(StateRefused, match=reason):
            await enter(circle, draw_id)
    with pytest.raises(NotFound, match="DRAW_UNKNOWN"):
        await enter(circle, str(uuid.uuid4()))
    for stranger in (PORTAL, Identity(subject="n", roles=frozenset({"branch_operator"}), branch="north")):
        with pytest.raises(PermissionRefused):
            await enter(circle, await draw_of(circle), by=stranger)
