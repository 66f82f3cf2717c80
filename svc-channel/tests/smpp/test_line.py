"""How SMPP looks through a line: answers, receipts, refusals and inbound parts, without a PDU in sight."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from svc_channel.adapters.line import Line, LineRefused, Outgoing, OutgoingPart, PartRefused, Peer
from svc_channel.adapters.smpp_link import LinkSettings
from svc_channel.adapters.smpp_peer import SmppPeer, SmppSettings
from svc_channel.domain.inbound import InboundPart
from svc_channel.domain.message import PartState
from svc_channel.domain.smpp import statuses
from svc_channel.domain.smpp.answers import read_status
from svc_channel.domain.submission import Answer
from svc_channel.simulators.smsc.process import SmscProcess

HELLO = OutgoingPart(1, 1, "10086", "8613800138001", b"Hello", 0)


def peer_of(smsc: SmscProcess, **changes: Any) -> Peer[int]:
    settings = {"host": smsc.host, "port": smsc.port, "system_id": smsc.system_id, "password": smsc.password, **changes}
    return SmppPeer("smsc", SmppSettings(link=LinkSettings(**settings)))


async def until_delivery(line: Line[int]) -> tuple[list[Any], list[Any]]:
    """Answers and deliveries up to the first delivery."""
    answers: list[Any] = []
    while True:
        received = await line.receive()
        answers += received.answers
        if received.deliveries:
            return answers, list(received.deliveries)


@pytest.mark.parametrize(
    ("status", "answer", "reason"),
    [
        (statuses.OK, Answer.REFUSED, "NO_SMSC_ID"),
        (statuses.THROTTLED, Answer.THROTTLED, "THROTTLED"),
        (statuses.MESSAGE_QUEUE_FULL, Answer.THROTTLED, "MESSAGE_QUEUE_FULL"),
        (statuses.SYSTEM_ERROR, Answer.TRANSIENT, "SYSTEM_ERROR"),
        (statuses.INVALID_DESTINATION, Answer.REFUSED, "INVALID_DESTINATION"),
        (statuses.SUBMIT_FAILED, Answer.REFUSED, "SUBMIT_FAILED"),
        (0x400, Answer.REFUSED, "STATUS_00000400"),
    ],
)
def test_a_status_says_what_to_do_with_the_part(status: int, answer: Answer, reason: str) -> None:
    assert read_status(status) == (answer, reason)


async def test_a_submit_comes_back_as_an_answer_and_a_receipt_with_one_id(
    start_smsc: Callable[..., Awaitable[SmscProcess]],
) -> None:
    line = await peer_of(await start_smsc()).open()
    await line.submit(7, HELLO)
    answers, deliveries = await until_delivery(line)
    assert [(one.token, one.answer) for one in answers] == [(7, Answer.ACCEPTED)]
    receipt = deliveries[0].receipt
    assert (receipt.smsc_id, receipt.msisdn, receipt.state) == (
        answers[0].peer_id,
        "+8613800138001",
        PartState.DELIVERED,
    )
    line.respond(deliveries)
    assert await line.unbind(drain_seconds=1) == ()


async def test_a_part_that_no_pdu_holds_is_refused_and_leaves_the_line_whole(
    start_smsc: Callable[..., Awaitable[SmscProcess]],
) -> None:
    line = await peer_of(await start_smsc()).open()
    with pytest.raises(PartRefused) as refused:
        await line.submit(1, OutgoingPart(1, 1, "1" * 21, "8613800138001", b"Hello", 0))
    assert refused.value.reason == "TEXT_FIELD_REFUSED"
    assert (line.in_flight, line.lost) == (0, False)
    await line.unbind(drain_seconds=1)


async def test_a_wrong_password_asks_to_be_left_alone_for_long(
    start_smsc: Callable[..., Awaitable[SmscProcess]],
) -> None:
    with pytest.raises(LineRefused) as refused:
        await peer_of(await start_smsc(), password="wrong").open()
    assert refused.value.wait_seconds == 30
    assert "wrong" not in str(refused.value)


async def test_what_a_subscriber_writes_comes_as_plain_values(
    start_smsc: Callable[..., Awaitable[SmscProcess]],
) -> None:
    smsc = await start_smsc()
    line = await peer_of(smsc).open()
    await smsc.ask({"op": "mo", "from": "8613800138001", "to": "10086", "text": "I want it"})
    _, deliveries = await until_delivery(line)
    inbound = deliveries[0].inbound
    assert inbound == InboundPart(sender="+8613800138001", recipient="10086", text="I want it")
    line.respond(deliveries)
    await line.unbind(drain_seconds=1)


def test_the_parts_of_a_message_are_the_same_at_every_try() -> None:
    peer: SmppPeer[int] = SmppPeer(
        "smsc", SmppSettings(link=LinkSettings(host="h", port=1, system_id="s", password="p"))
    )
    message = Outgoing(reference=0x1FF, channel="sms", source="10086", destination="8613800138001", text="x" * 161)
    first, second = peer.cut(message)
    header = bytes((5, 0, 3, message.reference_over("smsc") % 256, 2, 1))
    assert (first.number, first.total, first.has_header, first.body[:6]) == (1, 2, True, header)
    assert (second.number, second.body[6:]) == (2, b"x" * 8)
    assert list(peer.cut(message)) == [first, second]
    # Over another line, which may cut otherwise, they do not fit together with these.
    assert message.reference_over("north") % 256 != message.reference_over("smsc") % 256
