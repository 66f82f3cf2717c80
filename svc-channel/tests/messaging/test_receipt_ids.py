"""Ten thousand receipts whose ids are written in every way, many before their answers: each finds its message."""

import random
from collections.abc import Callable
from datetime import timedelta

from carillon_chassis.database import Database
from svc_channel.app.record_flush import record_flush
from svc_channel.app.rematch_orphans import rematch_orphans
from svc_channel.domain.flush import Flush
from svc_channel.domain.message import PartState
from svc_channel.domain.receipt import PartReceipt
from svc_channel.domain.smpp.message_ids import normalise_id
from svc_channel.domain.submission import AnsweredMessage
from svc_channel.store.orphans import forget_orphans

from .house import House
from .test_flush import NOON, answered, book, claimed, receipt, states

# As SMSCs write them: see domain/smpp/message_ids.
FORMS: list[Callable[[int], str]] = [str, "{:012d}".format, "{:x}".format, "{:X}".format, "{:016X}".format]
HALF = 5_000
FLUSH = 500


async def book_all(database: Database, events: list[tuple[str, int]], texts: dict[tuple[str, int], str]) -> int:
    """Books events in flushes of their order; answers how many messages ended."""
    ended = 0
    for start in range(0, len(events), FLUSH):
        answers: list[AnsweredMessage] = []
        receipts: list[PartReceipt] = []
        for kind, message in events[start : start + FLUSH]:
            smsc_id = normalise_id(texts[kind, message])
            subscriber = (message - 1) % HALF + 1
            if kind == "answer":
                answers.append(answered(message, subscriber, smsc_id))
            else:
                receipts.append(receipt(smsc_id, subscriber, PartState.DELIVERED))
        ended += len(await book(database, Flush(answered=answers, receipts=receipts)))
    return ended


async def test_ten_thousand_of_ten_thousand_receipts_are_matched_however_they_are_written(house: House) -> None:
    drawn = random.Random(20261122)
    messages = [*await claimed(house.database, [1] * HALF), *await claimed(house.database, [1] * HALF)]
    assert messages == list(range(1, 2 * HALF + 1))
    events: list[tuple[str, int]] = []
    texts: dict[tuple[str, int], str] = {}
    for message in messages:
        number = drawn.randrange(1, 2**63)
        texts["answer", message] = FORMS[message % len(FORMS)](number)
        texts["receipt", message] = FORMS[message // len(FORMS) % len(FORMS)](number)
        events += [("answer", message), ("receipt", message)]
    drawn.shuffle(events)
    places = {event: place for place, event in enumerate(events)}
    early = sum(places["receipt", one] < places["answer", one] for one in messages)
    assert 4_000 < early < 6_000
    assert await book_all(house.database, events, texts) == 2 * HALF
    assert set(await states(house)) == {"delivered"}
    assert await house.fetch("SELECT 1 FROM orphan_receipt") == []


async def test_a_receipt_that_missed_its_answer_in_another_transaction_is_matched_later(house: House) -> None:
    [message] = await claimed(house.database, [1])
    early = receipt("972660181", 1, PartState.DELIVERED)
    await book(house.database, Flush(receipts=[early]))
    async with house.database.unit_of_work() as unit:
        # What the answer's transaction saw: no orphan yet.
        await forget_orphans(unit, [early])
        await record_flush(unit, Flush(answered=[answered(message, 1, "39f99dd5")]), now=NOON)
        await record_flush(unit, Flush(receipts=[receipt("x", 2, PartState.DELIVERED)]), now=NOON)
        await unit.driver.execute(
            "INSERT INTO orphan_receipt VALUES ($1, $2, 'delivered', $3)", early.smsc_id, early.msisdn, NOON
        )
    assert await states(house) == ["sent"]
    async with house.database.unit_of_work() as unit:
        assert await rematch_orphans(unit, now=NOON + timedelta(milliseconds=500)) == 0
        assert await rematch_orphans(unit, now=NOON + timedelta(seconds=2)) == 1
        assert await rematch_orphans(unit, now=NOON + timedelta(seconds=2)) == 0
    assert await states(house) == ["delivered"]
    assert await house.fetch("SELECT smsc_id FROM orphan_receipt") == [{"smsc_id": "x"}]
