"""Orders that wait for their customers: asked by SMS with three prices, answered by a word, told on once."""

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import grpc
import pytest

from carillon.catalog.v1 import facts_pb2
from carillon_chassis.client import open_channel
from carillon_chassis.clock import FixedClock, SystemClock
from carillon_chassis.errors import StateRefused, Unavailable
from svc_channel.adapters.catalog_orders import CatalogOrders
from svc_channel.adapters.segment_numbers import SegmentNumbers
from svc_channel.adapters.service_offers import ServiceOffers
from svc_channel.app.end_lives import end_lives
from svc_channel.app.resolve_inbound import resolve_inbound
from svc_channel.domain.confirmation import GRACE, VALID
from svc_channel.domain.consent import EVERYTHING, ConsentChange, ConsentSource, ConsentState
from svc_channel.domain.inbound import Inbound
from svc_channel.store.consents import book_consents
from svc_channel.store.inbound import book_inbound
from svc_channel.worker.confirmer import Confirmer
from svc_channel.worker.order_facts import OrderFacts
from svc_channel.worker.session_sweeper import SessionSweeper

from .desk import Desk

ORDER = uuid.UUID("0199d1a0-6f5e-7c3a-9b1e-3f2a7c5d1e42")
OTHER = uuid.UUID("0199d1a0-6f5e-7c3a-9b1e-3f2a7c5d1e43")
QUESTION = "您将订购彩铃，资费：高级会员3.00元，普通会员4.00元，非会员5.50元。回复Y确认，24小时内有效。"  # noqa: RUF001 -- Chinese punctuation


@dataclass
class Asking:
    """The workers under test, at moments that a test says."""

    desk: Desk
    catalog: grpc.aio.Channel
    now: datetime

    async def placed(self, order_id: uuid.UUID = ORDER, *, subscriber: int = 7, service: str = "CRBT") -> None:
        """Svc-catalog tells of an order that waits."""
        fact = facts_pb2.OrderPlaced(order_id=str(order_id), subscriber_id=subscriber, service=service)
        fact.placed_at.FromDatetime(self.now)
        async with self.desk.database.unit_of_work() as unit:
            await OrderFacts(FixedClock(self.now), has_platform=False).wait(unit, fact, self.now)

    async def step(self, after: timedelta = GRACE) -> None:
        """The worker works once, so much later."""
        self.now += after
        confirmer = Confirmer(
            database=self.desk.database,
            orders=CatalogOrders(self.catalog, services=ServiceOffers(self.catalog, monotonic=lambda: 0.0)),
            numbers=SegmentNumbers(self.catalog),
            sender="10086",
            clock=FixedClock(self.now),
        )
        await confirmer.step()

    async def writes(self, text: str, *, msisdn: str = "+8613800000007") -> None:
        """A customer writes."""
        message = Inbound(
            id=uuid.uuid4(), sender=msisdn, recipient="10086", text=text, received_at=self.now + timedelta(seconds=1)
        )
        async with self.desk.database.unit_of_work() as unit:
            await book_inbound(unit, [message])
        await resolve_inbound(self.desk.database, SegmentNumbers(self.catalog), clock=FixedClock(self.now))

    async def sent(self) -> list[tuple[int, str, str]]:
        """To whom, of which class, what."""
        rows = await self.rows("SELECT subscriber_id, class::text, text FROM message ORDER BY id")
        return [(row["subscriber_id"], row["class"], row["text"]) for row in rows]

    async def ends(self) -> list[tuple[str, str]]:
        """How far the orders are, and why not further."""
        rows = await self.rows("SELECT state, reason FROM order_confirmation ORDER BY order_id")
        return [(row["state"], row["reason"]) for row in rows]

    async def rows(self, query: str) -> list[dict[str, Any]]:
        """Rows straight from the database."""
        async with self.desk.database.read() as unit:
            return [dict(row) for row in await unit.driver.fetch(query)]


@pytest.fixture
async def asking(desk: Desk) -> Any:
    """The workers, whose peers are the stand-ins."""
    channel = open_channel(desk.suite.address)
    yield Asking(desk, channel, datetime.now(UTC))
    await channel.close()


async def test_who_has_an_order_waiting_is_asked_once_with_three_prices(asking: Asking) -> None:
    """CHN-33, CAT-45, QGV-09: for a download as for a subscription, each order once."""
    await asking.placed()
    await asking.placed()
    await asking.step(after=timedelta(seconds=1))
    assert await asking.sent() == []
    for _ in range(3):
        await asking.step()
    assert await asking.sent() == [(7, "service", QUESTION)]
    [message] = await asking.rows("SELECT msisdn, expires_at - due_at AS valid FROM message")
    assert message == {"msisdn": "+8613800000007", "valid": VALID}
    await asking.placed(OTHER)
    await asking.step()
    assert await asking.sent() == [(7, "service", QUESTION)] * 2


async def test_what_was_confirmed_on_a_screen_meanwhile_is_not_asked_about(asking: Asking) -> None:
    await asking.placed()
    asking.desk.suite.confirmed.append(str(ORDER))
    await asking.step()
    assert (await asking.sent(), await asking.ends()) == ([], [("ended", "NOT_OPEN")])


async def test_a_yes_confirms_the_order_and_is_answered_once_however_often_it_comes(asking: Asking) -> None:
    """QGV-09: the word that the template asks for."""
    await asking.placed()
    await asking.step()
    for text in ("y", "Y", "Ｙ"):  # noqa: RUF001 -- a full-width letter is the point
        await asking.writes(text)
        await asking.step(timedelta(seconds=2))
    assert asking.desk.suite.confirmed == [str(ORDER)]
    assert (await asking.sent())[1:] == [(7, "reply", "彩铃已办理成功")]
    assert await asking.ends() == [("ended", "")]


async def test_a_yes_means_the_last_question_and_the_others_stay_unanswered(asking: Asking) -> None:
    await asking.placed()
    await asking.step()
    await asking.placed(OTHER)
    await asking.step()
    for _ in range(2):
        await asking.writes("Y")
        await asking.step(timedelta(seconds=2))
    assert asking.desk.suite.confirmed == [str(OTHER)]
    assert await asking.ends() == [("ended", "SUPERSEDED"), ("ended", "")]


async def test_a_yes_after_a_day_or_to_nothing_confirms_nothing(asking: Asking) -> None:
    await asking.writes("Y")
    await asking.step()
    assert await asking.sent() == []
    await asking.placed()
    await asking.step()
    await asking.step(VALID)
    await asking.writes("Y")
    await asking.step(timedelta(seconds=2))
    assert asking.desk.suite.confirmed == []
    assert (await asking.sent())[1:] == [(7, "reply", "该订单已失效,彩铃未办理")]


async def test_an_order_that_is_over_when_the_yes_comes_is_said_to_be(asking: Asking) -> None:
    await asking.placed()
    await asking.step()
    asking.desk.suite.refusal = StateRefused(reason="ORDER_STATE", detail="cancelled")
    await asking.writes("Y")
    await asking.step(timedelta(seconds=2))
    assert (await asking.sent())[1:] == [(7, "reply", "该订单已失效,彩铃未办理")]
    assert await asking.ends() == [("ended", "NOT_OPEN")]


async def test_who_opted_out_of_marketing_is_asked_all_the_same(asking: Asking) -> None:
    """In the subscriber's own interest: the class service, which no such word holds back."""
    change = ConsentChange(
        subscriber_id=7,
        scope=EVERYTHING,
        state=ConsentState.WITHDRAWN,
        at=asking.now,
        source=ConsentSource.INBOUND,
        evidence="1",
        text="TD",
    )
    async with asking.desk.database.unit_of_work() as unit:
        await book_consents(unit, [change], now=asking.now)
    await asking.placed()
    await asking.step()
    [message] = await asking.rows("SELECT state::text, class::text FROM message")
    assert message == {"state": "queued", "class": "service"}


async def test_a_life_that_ended_and_a_number_that_is_gone_are_asked_nothing(asking: Asking) -> None:
    await asking.placed(subscriber=8)
    await asking.step()
    async with asking.desk.database.unit_of_work() as unit:
        assert await end_lives(unit, [8], at=asking.now, now=asking.now) == 1
    asking.desk.suite.numberless = {9}
    await asking.placed(OTHER, subscriber=9)
    await asking.step()
    [message] = await asking.rows("SELECT state::text, reason FROM message")
    assert message == {"state": "failed", "reason": "LIFE_ENDED"}
    assert await asking.ends() == [("asked", ""), ("ended", "NO_NUMBER")]


async def test_nobody_confirms_without_seeing_three_prices(asking: Asking) -> None:
    await asking.placed(service="NEWSPAPER")
    await asking.placed(OTHER, service="GONE")
    await asking.step()
    assert (await asking.sent(), await asking.ends()) == ([], [("ended", "UNPRICED")] * 2)


async def test_what_waited_for_more_than_a_day_is_not_asked_about(asking: Asking) -> None:
    await asking.placed()
    await asking.step(VALID + timedelta(minutes=1))
    assert (await asking.sent(), await asking.ends()) == ([], [("ended", "LATE")])


async def test_while_the_catalogue_is_away_questions_and_yeses_wait(asking: Asking) -> None:
    await asking.placed()
    asking.desk.suite.away = True
    with pytest.raises(Unavailable):
        await asking.step()
    asking.desk.suite.away = False
    await asking.step()
    await asking.writes("Y")
    asking.desk.suite.away = True
    with pytest.raises(Unavailable):
        await asking.step()
    asking.desk.suite.away = False
    await asking.step()
    assert asking.desk.suite.confirmed == [str(ORDER)]
    assert [text for _, _, text in await asking.sent()] == [QUESTION, "彩铃已办理成功"]


async def test_questions_wait_until_a_template_is_approved(asking: Asking) -> None:
    async with asking.desk.database.unit_of_work() as unit:
        await unit.driver.execute("UPDATE template SET state = 'rejected'")
    await asking.placed()
    with pytest.raises(StateRefused):
        await asking.step()
    assert await asking.ends() == [("waiting", "")]


async def test_a_yes_is_told_while_no_other_question_can_be_asked(asking: Asking) -> None:
    await asking.placed()
    await asking.step()
    await asking.writes("Y")
    await asking.placed(OTHER)
    async with asking.desk.database.unit_of_work() as unit:
        await unit.driver.execute("UPDATE template SET state = 'rejected'")
    with pytest.raises(StateRefused):
        await asking.step()
    assert asking.desk.suite.confirmed == [str(ORDER)]


async def test_old_questions_are_forgotten(asking: Asking) -> None:
    await asking.placed(service="NEWSPAPER")
    await asking.step()
    asking.now = SystemClock().now() + timedelta(days=40)
    await asking.placed(OTHER)
    await asking.step()
    await SessionSweeper(database=asking.desk.database, clock=FixedClock(asking.now)).step()
    assert await asking.ends() == [("asked", "")]
