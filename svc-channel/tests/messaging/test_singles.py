"""One message to one subscriber over gRPC: taken once, judged, sent, shown; and what is refused before it is taken."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import grpc
import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from carillon.channel.v1 import facts_pb2, single_pb2, single_pb2_grpc, template_pb2
from carillon_chassis.client import invoke
from carillon_chassis.errors import Conflict, DomainError, InvalidInput, NotFound, PermissionRefused, StateRefused
from carillon_chassis.identity import Identity, acting_as
from carillon_chassis.testing.plugin import Serving
from svc_channel.domain.consent import ConsentChange, ConsentSource, ConsentState, read_scope
from svc_channel.domain.forbidden_words import ForbiddenWord
from svc_channel.main import build
from svc_channel.store.consents import book_consents
from svc_channel.store.forbidden_words import put_forbidden_word

from .house import House, until
from .segment import number_of

OPERATOR = Identity(subject="ops-1", roles=frozenset({"branch_operator"}), branch="guangzhou")
AUDITOR = Identity(subject="audit-1", roles=frozenset({"auditor"}))
NOW = datetime(2026, 11, 22, 4, tzinfo=UTC)


class Desk:
    """Sends and looks, as an operator."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._stub = single_pb2_grpc.SingleMessageServiceStub(channel)

    async def send(self, *, who: Identity = OPERATOR, **fields: Any) -> single_pb2.SingleMessage:
        """One message; a plain service SMS unless the test says otherwise."""
        request: dict[str, Any] = {
            "request_id": "k1",
            "subscriber_id": 7,
            "channel": "sms",
            "content": single_pb2.SingleContent(text="您的订单已受理"),
            "message_class": "service",
        }
        with acting_as(who):
            answer = await invoke(self._stub.SendMessage, single_pb2.SendMessageRequest(**{**request, **fields}))
        return answer.message

    async def look(self, message_id: str, *, who: Identity = OPERATOR) -> single_pb2.SingleMessage:
        """Where it stands."""
        with acting_as(who):
            return (await invoke(self._stub.GetMessage, single_pb2.GetMessageRequest(id=message_id))).message


@pytest.fixture
async def desk(house: House, serving: Serving) -> AsyncIterator[Desk]:
    """The service without its workers: what is taken stays queued."""
    service = build(house.settings())
    async with serving(service, with_workers=False) as channel:
        yield Desk(channel)
    await service.database.close()


async def withdraw(house: House, subscriber_id: int, scope: str) -> None:
    """A subscriber's word."""
    change = ConsentChange(
        subscriber_id=subscriber_id,
        scope=read_scope(scope),
        state=ConsentState.WITHDRAWN,
        at=NOW,
        source=ConsentSource.OPERATOR,
        evidence="form 17",
    )
    async with house.database.unit_of_work() as unit:
        await book_consents(unit, [change], now=NOW)


async def test_a_message_is_taken_sent_and_shown_delivered(house: House, serving: Serving) -> None:
    """CHN-06: one SMS asked for by itself rides the same table and line as everything else."""
    await house.smsc.start()
    service = build(house.settings())
    async with serving(service) as channel:
        desk = Desk(channel)
        sent = await desk.send()
        assert (sent.state, sent.channel, sent.sender, sent.parts) == ("queued", "sms", "10086", 1)

        async def is_delivered() -> bool:
            return (await desk.look(sent.id)).state == "delivered"

        await until(is_delivered)
        shown = await desk.look(sent.id)
        assert (shown.text, shown.reason, list(shown.failed_steps)) == ("您的订单已受理", "", [])
        assert (shown.HasField("ended_at"), shown.HasField("due_at")) == (True, False)
        assert house.smsc.accepted() == {number_of(7): 1}
        assert await house.facts(facts_pb2.MessagesEnded) == []
    await service.database.close()


async def test_the_same_key_sends_one_message_and_another_body_conflicts(house: House, desk: Desk) -> None:
    first, again = await desk.send(), await desk.send()
    assert first == again
    with pytest.raises(Conflict, match="IDEMPOTENCY_CONFLICT"):
        await desk.send(subscriber_id=8)
    assert len(await house.fetch("SELECT 1 FROM message")) == 1


@pytest.mark.parametrize(
    ("scope", "message_class", "category", "state"),
    [
        ("all", "marketing", "", "failed"),
        ("do_not_disturb", "marketing", "", "failed"),
        ("channel:sms", "marketing", "", "failed"),
        ("category:music", "marketing", "music", "failed"),
        ("category:music", "marketing", "news", "queued"),
        ("channel:mms", "marketing", "", "queued"),
        ("all", "service", "", "queued"),
        ("all", "reply", "", "queued"),
    ],
)
async def test_marketing_to_who_opted_out_ends_at_once(
    house: House, desk: Desk, scope: str, message_class: str, category: str, state: str
) -> None:
    await withdraw(house, 7, scope)
    sent = await desk.send(message_class=message_class, category=category)
    assert (sent.state, sent.reason) == (state, "OPTED_OUT" if state == "failed" else "")


async def test_who_has_no_number_gets_a_message_that_failed(house: House, desk: Desk) -> None:
    house.segment.numberless = {7}
    sent = await desk.send()
    assert (sent.state, sent.reason, sent.text) == ("failed", "NO_NUMBER", "")


async def test_the_text_is_shown_only_to_who_may_send_and_a_branch_sees_its_own(desk: Desk) -> None:
    sent = await desk.send()
    shown = await desk.look(sent.id, who=AUDITOR)
    assert (shown.text, shown.text_masked, shown.state) == ("", True, "queued")
    with pytest.raises(NotFound, match="MESSAGE_UNKNOWN"):
        await desk.look(sent.id, who=Identity(subject="x", roles=frozenset({"branch_operator"}), branch="shenzhen"))
    with pytest.raises(NotFound, match="MESSAGE_UNKNOWN"):
        await desk.look("7b7ac6a0-33c3-4f0e-8a4b-0c5e6f330034")
    with pytest.raises(PermissionRefused, match="ROLE_MISSING"):
        await desk.send(who=AUDITOR)


async def test_the_shipped_confirmation_shows_the_three_prices(desk: Desk) -> None:
    """CHN-33: premium, ordinary and non-member in one SMS before a download or a subscription."""
    prices = {"premium_price": 200, "ordinary_price": 300, "non_member_price": 500}
    values = [template_pb2.TemplateValue(name=name, integer=fen) for name, fen in prices.items()]
    values.append(template_pb2.TemplateValue(name="service", text="彩铃"))
    sent = await desk.send(content=single_pb2.SingleContent(template="price-confirmation", values=values))
    for price in ("高级会员2.00元", "普通会员3.00元", "非会员5.00元"):
        assert price in sent.text
    with pytest.raises(InvalidInput) as refused:
        await desk.send(
            request_id="k2", content=single_pb2.SingleContent(template="price-confirmation", values=values[1:])
        )
    assert (refused.value.reason, refused.value.field) == ("VALUE_MISSING", "values.premium_price")


async def test_a_forbidden_word_is_not_let_out(house: House, desk: Desk) -> None:
    async with house.database.unit_of_work() as unit:
        await put_forbidden_word(unit, ForbiddenWord(word="最低价", reason="no superlatives"), by="x", now=NOW)
    with pytest.raises(InvalidInput) as refused:
        await desk.send(content=single_pb2.SingleContent(text="全城最低价"))
    assert refused.value.reason == "FORBIDDEN_WORD"
    assert refused.value.metadata["position"] == "3"


def moment(offset: timedelta) -> Timestamp:
    """A moment as seen from now."""
    stamp = Timestamp()
    stamp.FromDatetime(datetime.now(UTC) + offset)
    return stamp


@pytest.mark.parametrize(
    ("wrong", "kind", "reason"),
    [
        ({"channel": "fax"}, InvalidInput, "CHANNEL_UNKNOWN"),
        ({"message_class": "urgent"}, InvalidInput, "CLASS_UNKNOWN"),
        ({"content": single_pb2.SingleContent()}, InvalidInput, "CONTENT_INVALID"),
        ({"content": single_pb2.SingleContent(text="a", template="b")}, InvalidInput, "CONTENT_INVALID"),
        ({"content": single_pb2.SingleContent(template="nobody")}, StateRefused, "TEMPLATE_STATE"),
        ({"content": single_pb2.SingleContent(text="字" * 537)}, InvalidInput, "TEXT_TOO_LONG"),
        ({"content": single_pb2.SingleContent(text="a\0b")}, InvalidInput, "TEXT_UNSENDABLE"),
        ({"expires_at": moment(timedelta(seconds=-1))}, InvalidInput, "EXPIRY_INVALID"),
        ({"fallback": [single_pb2.FallbackStep(channel="mms")]}, InvalidInput, "CHAIN_INVALID"),
        ({"subscriber_id": 0}, InvalidInput, "SHAPE"),
        ({"sender": "Carillon"}, InvalidInput, "SHAPE"),
    ],
)
async def test_what_can_not_be_sent_is_refused_and_nothing_is_booked(
    house: House, desk: Desk, wrong: dict[str, Any], kind: type[DomainError], reason: str
) -> None:
    with pytest.raises(kind) as refused:
        await desk.send(**wrong)
    assert refused.value.reason == reason
    assert await house.fetch("SELECT 1 FROM single") == []
