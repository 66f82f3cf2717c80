"""The link and the simulated ISMG over real TCP: the whole way of a message in both versions."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable

import pytest

from svc_channel.adapters.cmpp_link import CmppLink
from svc_channel.adapters.cmpp_peer import CmppPeer
from svc_channel.adapters.cmpp_values import ConnectRefused
from svc_channel.adapters.line import LinkLost, PartRefused
from svc_channel.domain.cmpp import pdus, results
from svc_channel.domain.cmpp.texts import WideFormat, read_text
from svc_channel.domain.message import PartState
from svc_channel.domain.smpp.pdus import ESM_UDHI
from svc_channel.domain.submission import Answer
from svc_channel.simulators.ismg.process import IsmgProcess
from svc_channel.simulators.messages.journal import Accepted, ReceiptsAcknowledged, read_journal

from .conftest import now, settings_for
from .ismg import PATIENCE_SECONDS, V2, V3, collect, outgoing, part

StartIsmg = Callable[..., Awaitable[IsmgProcess]]
Connect = Callable[..., Awaitable[CmppLink[int]]]


async def owed(ismg: IsmgProcess, expected: int) -> None:
    """Waits until the simulator owes so many deliveries."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while (await ismg.ask({"op": "stats"}))["owed"] != expected:
            await asyncio.sleep(0.02)


def accepted(ismg: IsmgProcess) -> list[Accepted]:
    """What the ISMG took, by its journal."""
    return [record for record in read_journal(ismg.journal) if isinstance(record, Accepted)]


@pytest.mark.parametrize("version", [V2, V3])
async def test_messages_are_answered_in_order_and_each_report_finds_its_message(
    start_ismg: StartIsmg, connect: Connect, version: int
) -> None:
    ismg = await start_ismg("--outcome", "7=UNDELIVERABLE")
    link = await connect(ismg.port, version=version)
    answering = asyncio.create_task(collect(link, answers=100, deliveries=100, responds=True))
    for number in range(100):
        await link.submit(number, part(number))
        assert link.in_flight <= 16
    answers, deliveries = await answering
    assert [answer.token for answer in answers] == list(range(100))
    assert {answer.answer for answer in answers} == {Answer.ACCEPTED}
    ids = {answer.peer_id: answer.token for answer in answers}
    receipts = [delivery.receipt for delivery in deliveries if delivery.receipt]
    assert {receipt.msisdn for receipt in receipts} == {f"+861380{number:07d}" for number in range(100)}
    failed = {ids[receipt.smsc_id] for receipt in receipts if receipt.state is PartState.UNDELIVERABLE}
    assert failed == {number for number in range(100) if number % 10 == 7}
    assert len({receipt.smsc_id for receipt in receipts}) == 100
    await owed(ismg, 0)
    acknowledged = [
        i
        for record in read_journal(ismg.journal)
        if isinstance(record, ReceiptsAcknowledged)
        for i in record.message_ids
    ]
    assert sorted(acknowledged) == sorted(ids)
    assert (await ismg.ask({"op": "stats"})).get("window_exceeded", 0) == 0


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"secret": "wrong"}, results.CONNECT_WRONG_SECRET),
        ({"source": "999999"}, results.CONNECT_WRONG_SOURCE),
        ({"version": V3}, results.CONNECT_VERSION_TOO_HIGH),
    ],
)
async def test_who_is_not_known_is_refused_with_a_status_and_told_to_wait(
    start_ismg: StartIsmg, connect: Connect, changes: dict[str, str], status: int
) -> None:
    ismg = await start_ismg("--version", "2.0")
    with pytest.raises(ConnectRefused) as refused:
        await connect(ismg.port, **{"version": V2, **changes})
    assert (refused.value.status, refused.value.wait_seconds) == (status, 30.0)
    assert "wrong" not in str(refused.value)


@pytest.mark.parametrize("wide", WideFormat)
@pytest.mark.parametrize("version", [V2, V3])
async def test_a_long_chinese_text_goes_in_parts_that_join_with_room_for_the_signature(
    start_ismg: StartIsmg, connect: Connect, version: int, wide: WideFormat
) -> None:
    ismg = await start_ismg()
    text = "我要订购彩铃，谢谢" * 16  # noqa: RUF001 -- a full-width comma is the point
    settings = settings_for(ismg.port, version=version, wide=wide, signature_room=6)
    peer: CmppPeer[int] = CmppPeer("ismg", settings, now=now)
    parts = peer.cut(outgoing(text))
    assert len(parts) == 3
    link = await peer.open()
    for one in parts:
        await link.submit(one.number, one)
    answers, deliveries = await collect(link, answers=3, deliveries=3)
    assert {answer.answer for answer in answers} == {Answer.ACCEPTED}
    link.respond(deliveries)
    read = [
        read_text(one.short_message, message_format=one.data_coding, has_header=bool(one.esm_class & ESM_UDHI))
        for one in accepted(ismg)
    ]
    assert "".join(one.text for one in read) == text
    reference = outgoing(text).reference_over("ismg") % 256
    assert [(one.part.reference, one.part.total, one.part.number) for one in read if one.part] == [
        (reference, 3, number) for number in (1, 2, 3)
    ]
    assert max(len(one.text) for one in read) == 67 - 6
    await link.unbind()


@pytest.mark.parametrize("version", [V2, V3])
async def test_what_subscribers_write_comes_with_number_and_text_in_parts_that_join(
    start_ismg: StartIsmg, connect: Connect, version: int
) -> None:
    ismg = await start_ismg()
    link = await connect(ismg.port, version=version)
    text = "我要订购彩铃😀" * 20
    await ismg.ask({"op": "mo", "from": "13800138000", "to": "10086", "text": "yes"})
    await ismg.ask({"op": "mo", "from": "8613800138000", "to": "10086", "text": text})
    _, deliveries = await collect(link, deliveries=4)
    told = [delivery.inbound for delivery in deliveries if delivery.inbound]
    assert {(one.sender, one.recipient) for one in told} == {("+8613800138000", "10086")}
    assert (told[0].text, told[0].part) == ("yes", None)
    assert "".join(one.text for one in told[1:]) == text
    assert [one.part.number for one in told[1:] if one.part] == [1, 2, 3]
    assert (await ismg.ask({"op": "stats"}))["inbound_acknowledged"] == 0
    link.respond(deliveries)
    await owed(ismg, 0)


async def test_a_delivery_that_can_not_be_kept_now_comes_again(start_ismg: StartIsmg, connect: Connect) -> None:
    ismg = await start_ismg("--retry-seconds", "0.05")
    link = await connect(ismg.port)
    await ismg.ask({"op": "mo", "from": "8613800138000", "to": "10086", "text": "yes"})
    _, first = await collect(link, deliveries=1)
    link.respond(first, kept=False)
    _, again = await collect(link, deliveries=1)
    assert again[0].inbound == first[0].inbound
    link.respond(again)
    await owed(ismg, 0)


async def test_the_ismg_is_told_flow_control_when_too_much_waits_to_be_kept(
    start_ismg: StartIsmg, connect: Connect
) -> None:
    ismg = await start_ismg("--retry-seconds", "0.05")
    link = await connect(ismg.port, delivery_limit=2)
    texts = [{"from": "8613800138000", "to": "10086", "text": str(number)} for number in range(5)]
    await ismg.ask({"op": "mo", "messages": texts})
    seen: Counter[str] = Counter()
    async with asyncio.timeout(PATIENCE_SECONDS):
        while len(seen) < 5:
            received = await link.receive()
            assert len(received.deliveries) <= 2
            seen.update(one.inbound.text for one in received.deliveries if one.inbound)
            await asyncio.sleep(0.02)
            link.respond(received.deliveries)
    await owed(ismg, 0)
    assert set(seen.values()) == {1}


@pytest.mark.parametrize(
    ("option", "answer", "reason"),
    [
        ("8", Answer.THROTTLED, "FLOW_CONTROL"),
        ("3", Answer.TRANSIENT, "SEQUENCE_REPEATED"),
        ("9", Answer.REFUSED, "NOT_SERVED_HERE"),
        ("99", Answer.REFUSED, "RESULT_99"),
    ],
)
async def test_results_are_told_as_what_they_mean(
    start_ismg: StartIsmg, connect: Connect, option: str, answer: Answer, reason: str
) -> None:
    ismg = await start_ismg("--result", f"0={option}")
    link = await connect(ismg.port)
    await link.submit(1, part(0))
    [told], _ = await collect(link, answers=1)
    assert (told.answer, told.reason, told.peer_id) == (answer, reason, "")


async def test_a_part_that_no_submit_can_hold_is_refused_and_frees_its_place(
    start_ismg: StartIsmg, connect: Connect
) -> None:
    link = await connect((await start_ismg()).port, version=V2)
    for wrong, reason in (
        (part(0, b"x" * 161), "CONTENT_TOO_LONG"),
        (part(10**25), "TEXT_FIELD_REFUSED"),
        (part(10**15), "TEXT_FIELD_REFUSED"),
    ):
        with pytest.raises(PartRefused) as refused:
            await link.submit(1, wrong)
        assert refused.value.reason == reason
    assert link.in_flight == 0


async def test_a_kill_of_the_ismg_leaves_at_most_the_window_in_doubt_and_nothing_it_took_is_lost(
    start_ismg: StartIsmg, connect: Connect
) -> None:
    ismg = await start_ismg("--response-delay-seconds", "0.05", "--receipt-delay-seconds", "0")
    link = await connect(ismg.port)
    answered: list[int] = []
    killed = False

    async def submit() -> None:
        for number in range(10_000):
            await link.submit(number, part(number))

    submitting = asyncio.create_task(submit())
    with pytest.raises(LinkLost) as lost:
        while True:
            received = await link.receive()
            answered += [answer.token for answer in received.answers]
            if len(answered) <= 100:
                # What comes later is not acknowledged, so some reports are owed at the kill.
                link.respond(received.deliveries)
            if len(answered) > 200 and not killed:
                # A window that was answered whole fills again, and its answers are not due yet.
                await asyncio.sleep(0.01)
                killed = True
                await ismg.kill()
    with pytest.raises(LinkLost):
        await submitting
    assert 0 < len(lost.value.in_doubt) <= 16
    taken = {int(one.destination[6:]) for one in accepted(ismg)}
    assert set(answered) <= taken <= set(answered) | set(lost.value.in_doubt)
    await ismg.start()
    open_reports = (await ismg.ask({"op": "stats"}))["owed"]
    assert open_reports > 0
    again = await connect(ismg.port)
    await collect(again, deliveries=open_reports, responds=True)
    await owed(ismg, 0)


async def test_the_source_and_fees_of_the_contract_travel_with_every_submit(
    start_scripted: StartIsmg, connect: Connect
) -> None:
    ismg = await start_scripted()
    link = await connect(ismg.port, service="CVM", fee_type="02", fee_code="000010", fee_user_type=2)
    await link.submit(1, part(1))
    await collect(link, answers=1)
    submit = ismg.seen[0].pdu  # type: ignore[attr-defined]  # the scripted one keeps what it saw
    assert isinstance(submit, pdus.Submit)
    assert (submit.message_source, submit.service, submit.fee_type) == ("900001", "CVM", "02")
    assert (submit.fee_code, submit.fee_user_type, submit.service_number) == ("000010", 2, "10086")
