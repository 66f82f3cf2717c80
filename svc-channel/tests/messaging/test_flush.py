"""What one flush does to messages and parts, in real PostgreSQL; the link is left out, its order of events is chosen."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import combinations_with_replacement
from uuid import UUID, uuid4

import pytest

from carillon_chassis.database import Database
from svc_channel.app.claim_batch import claim_batch
from svc_channel.app.record_flush import record_flush
from svc_channel.domain.flush import Flush, Setback
from svc_channel.domain.message import MessageState, PartState, state_after, worst_of
from svc_channel.domain.outgoing import OutgoingBatch, Plan
from svc_channel.domain.receipt import PartReceipt
from svc_channel.domain.submission import Answer, AnsweredMessage, PartAnswer, Verdict
from svc_channel.store.batches import book_batch
from svc_channel.store.claims import Wanted
from svc_channel.store.messages import EndedMessage
from svc_channel.store.parts import recount_parts

from .house import House
from .segment import number_of

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
OWNER = uuid4()


def wanted(limit: int) -> Wanted:
    return Wanted(line="smsc", routes=["sms"], limit=limit)


async def claimed(database: Database, parts: Sequence[int], *, claim_id: UUID | None = None) -> list[int]:
    """Messages of so many parts each, being sent; answers their ids. Subscriber ids start at 1."""
    ids = tuple(range(1, len(parts) + 1))
    batch = OutgoingBatch(
        campaign_id=uuid4(), number=1, sender="10086", subscriber_ids=ids, texts=tuple("x" for _ in ids)
    )
    plans = [Plan(msisdn=number_of(one), parts=count) for one, count in zip(ids, parts, strict=True)]
    async with database.unit_of_work() as unit:
        assert await book_batch(unit, batch, plans, traceparent="", now=NOON)
        taken = await claim_batch(unit, wanted(10_000), claim_id=claim_id or uuid4(), owner=OWNER, unsure=[], now=NOON)
    return [message.id for message in taken.messages]


def answered(message_id: int, subscriber_id: int, *smsc_ids: str, first: int = 1) -> AnsweredMessage:
    """The parts of a message accepted under these ids; an empty id is a refusal."""
    return AnsweredMessage(
        message_id=message_id,
        msisdn=number_of(subscriber_id),
        parts=tuple(
            PartAnswer(part=part, answer=Answer.ACCEPTED, smsc_id=smsc_id)
            if smsc_id
            else PartAnswer(part=part, answer=Answer.REFUSED, reason="INVALID_DESTINATION")
            for part, smsc_id in enumerate(smsc_ids, start=first)
        ),
    )


def receipt(smsc_id: str, subscriber_id: int, state: PartState) -> PartReceipt:
    """A receipt from the subscriber's number."""
    return PartReceipt(smsc_id=smsc_id, msisdn=number_of(subscriber_id), state=state)


async def book(database: Database, flush: Flush) -> list[EndedMessage]:
    """One flush in one transaction."""
    async with database.unit_of_work() as unit:
        return await record_flush(unit, flush, now=NOON)


async def states(house: House) -> list[str]:
    """The states of all messages, oldest first."""
    return [row["state"] for row in await house.fetch("SELECT state::text FROM message ORDER BY id")]


async def orphans(house: House) -> list[str]:
    """The ids of receipts that belong to nothing."""
    return [row["smsc_id"] for row in await house.fetch("SELECT smsc_id FROM orphan_receipt ORDER BY smsc_id")]


async def test_an_answer_then_a_receipt_end_a_message_once(house: House) -> None:
    [message] = await claimed(house.database, [1])
    assert await book(house.database, Flush(answered=[answered(message, 1, "a1")])) == []
    assert await states(house) == ["sent"]
    flush = Flush(receipts=[receipt("a1", 1, PartState.DELIVERED)])
    assert [ended.subscriber_id for ended in await book(house.database, flush)] == [1]
    assert await book(house.database, flush) == []
    assert await states(house) == ["delivered"]
    assert await orphans(house) == []


async def test_an_answer_and_its_receipt_in_one_flush_end_the_message(house: House) -> None:
    [message] = await claimed(house.database, [1])
    flush = Flush(answered=[answered(message, 1, "a1")], receipts=[receipt("a1", 1, PartState.DELIVERED)])
    assert len(await book(house.database, flush)) == 1
    assert await states(house) == ["delivered"]


async def test_a_receipt_before_its_answer_waits_for_it(house: House) -> None:
    [message] = await claimed(house.database, [1])
    await book(house.database, Flush(receipts=[receipt("a1", 1, PartState.UNDELIVERABLE)]))
    assert (await states(house), await orphans(house)) == (["sending"], ["a1"])
    [ended] = await book(house.database, Flush(answered=[answered(message, 1, "a1")]))
    assert ended.reason == "UNDELIVERABLE"
    assert (await states(house), await orphans(house)) == (["failed"], [])


async def test_a_flush_booked_again_after_a_lost_commit_changes_nothing(house: House) -> None:
    messages = await claimed(house.database, [1, 2])
    flush = Flush(
        answered=[answered(messages[0], 1, "a1"), answered(messages[1], 2, "b1", "b2")],
        receipts=[receipt("a1", 1, PartState.DELIVERED), receipt("z9", 1, PartState.DELIVERED)],
    )
    assert len(await book(house.database, flush)) == 1
    before = await house.fetch("SELECT * FROM message ORDER BY id")
    assert await book(house.database, flush) == []
    assert await house.fetch("SELECT * FROM message ORDER BY id") == before
    assert await orphans(house) == ["z9"]


async def test_a_receipt_finds_its_part_by_another_spelling_of_the_id(house: House) -> None:
    [message] = await claimed(house.database, [1])
    await book(house.database, Flush(answered=[answered(message, 1, "39f99dd5")]))
    await book(house.database, Flush(receipts=[receipt("972660181", 1, PartState.DELIVERED)]))
    assert (await states(house), await orphans(house)) == (["delivered"], [])


async def test_an_id_used_for_another_number_is_not_ours(house: House) -> None:
    [message] = await claimed(house.database, [1])
    await book(house.database, Flush(answered=[answered(message, 1, "a1")]))
    await book(house.database, Flush(receipts=[receipt("a1", 2, PartState.DELIVERED)]))
    assert (await states(house), await orphans(house)) == (["sent"], ["a1"])


async def test_an_intermediate_receipt_ends_nothing(house: House) -> None:
    [message] = await claimed(house.database, [1])
    await book(house.database, Flush(answered=[answered(message, 1, "a1")]))
    both = [receipt("a1", 1, PartState.DELIVERED), receipt("a1", 1, PartState.SENT)]
    await book(house.database, Flush(receipts=both[1:]))
    assert (await states(house), await orphans(house)) == (["sent"], [])
    await book(house.database, Flush(receipts=both))
    assert await states(house) == ["delivered"]


async def test_several_receipts_of_an_unknown_id_in_one_flush_are_one_orphan(house: House) -> None:
    [message] = await claimed(house.database, [1])
    both = [receipt("a1", 1, PartState.DELIVERED), receipt("a1", 1, PartState.SENT), receipt("a1", 1, PartState.SENT)]
    await book(house.database, Flush(receipts=both))
    assert await orphans(house) == ["a1"]
    await book(house.database, Flush(receipts=both[1:]))
    await book(house.database, Flush(answered=[answered(message, 1, "a1")]))
    assert (await states(house), await orphans(house)) == (["delivered"], [])


async def test_one_failed_part_fails_the_message_when_all_parts_are_final(house: House) -> None:
    [message] = await claimed(house.database, [3])
    await book(house.database, Flush(answered=[answered(message, 1, "p1", "p2", "p3")]))
    await book(house.database, Flush(receipts=[receipt("p2", 1, PartState.EXPIRED)]))
    await book(house.database, Flush(receipts=[receipt("p1", 1, PartState.DELIVERED)]))
    assert await states(house) == ["sent"]
    [ended] = await book(house.database, Flush(receipts=[receipt("p3", 1, PartState.DELIVERED)]))
    assert ended.reason == "EXPIRED"
    assert await states(house) == ["failed"]


async def test_a_refused_part_waits_for_the_accepted_ones(house: House) -> None:
    [message] = await claimed(house.database, [2])
    assert await book(house.database, Flush(answered=[answered(message, 1, "p1", "")])) == []
    [ended] = await book(house.database, Flush(receipts=[receipt("p1", 1, PartState.DELIVERED)]))
    assert ended.reason == "INVALID_DESTINATION"


async def test_every_mix_of_parts_ends_in_sql_as_the_domain_says(house: House) -> None:
    mixes = [mix for size in (1, 2, 3) for mix in combinations_with_replacement(PartState, size)]
    messages = await claimed(house.database, [len(mix) for mix in mixes])
    flush = Flush(
        answered=[
            answered(
                message,
                number,
                *("" if state is PartState.REFUSED else f"{number}-{part}" for part, state in enumerate(mix, 1)),
            )
            for number, (message, mix) in enumerate(zip(messages, mixes, strict=True), 1)
        ],
        receipts=[
            receipt(f"{number}-{part}", number, state)
            for number, mix in enumerate(mixes, 1)
            for part, state in enumerate(mix, 1)
            if state not in {PartState.SENT, PartState.REFUSED}
        ],
    )
    await book(house.database, flush)
    expected = [state_after(current=MessageState.SENDING, parts_total=len(mix), parts=mix).value for mix in mixes]
    assert await states(house) == expected
    reasons = {state: state.value.upper() for state in PartState} | {PartState.REFUSED: "INVALID_DESTINATION"}
    found = [row["reason"] for row in await house.fetch("SELECT reason FROM message ORDER BY id")]
    assert found == [
        reasons[worst_of(mix)] if state == "failed" else "" for mix, state in zip(mixes, expected, strict=True)
    ]


@pytest.mark.parametrize(
    ("verdict", "pause", "attempts"), [(Verdict.UNSENT, 0, 0), (Verdict.THROTTLED, 1, 0), (Verdict.TRANSIENT, 5, 1)]
)
async def test_a_message_not_accepted_goes_back_to_the_queue(
    house: House, verdict: Verdict, pause: int, attempts: int
) -> None:
    claim_id = uuid4()
    messages = await claimed(house.database, [1, 1], claim_id=claim_id)
    flush = Flush(setbacks=[Setback(verdict=verdict, claimed_at=NOON, message_ids=messages)], ended_claims=[claim_id])
    await book(house.database, flush)
    assert await house.fetch("SELECT DISTINCT state::text, due_at, attempts FROM message") == [
        {"state": "queued", "due_at": NOON + timedelta(seconds=pause), "attempts": attempts}
    ]
    assert await house.fetch("SELECT 1 FROM claim") == []


async def test_only_the_parts_that_did_not_get_through_are_sent_again(house: House) -> None:
    [message] = await claimed(house.database, [3])
    setback = Setback(verdict=Verdict.THROTTLED, claimed_at=NOON, message_ids=[message])
    await book(house.database, Flush(answered=[answered(message, 1, "p1")], setbacks=[setback]))
    async with house.database.unit_of_work() as unit:
        later = NOON + timedelta(seconds=1)
        claim = await claim_batch(unit, wanted(10), claim_id=uuid4(), owner=OWNER, unsure=[], now=later)
    [again] = claim.messages
    assert again.answered == {1}


async def test_a_claim_whose_commit_got_lost_is_undone(house: House) -> None:
    claim_id = uuid4()
    messages = await claimed(house.database, [1, 1], claim_id=claim_id)
    async with house.database.unit_of_work() as unit:
        again = await claim_batch(unit, wanted(10), claim_id=uuid4(), owner=OWNER, unsure=[claim_id, uuid4()], now=NOON)
    assert [(message.id, message.attempts) for message in again.messages] == [(one, 1) for one in messages]


@pytest.mark.parametrize("verdict", [Verdict.UNSENT, Verdict.DOUBT])
async def test_a_setback_booked_again_leaves_alone_what_was_claimed_since(house: House, verdict: Verdict) -> None:
    """The commit of the first booking may get lost on its way back, and the message may be on the wire again by then."""
    [message] = await claimed(house.database, [1])
    setback = Flush(setbacks=[Setback(verdict=Verdict.UNSENT, claimed_at=NOON, message_ids=[message])])
    await book(house.database, setback)
    later = NOON + timedelta(seconds=1)
    async with house.database.unit_of_work() as unit:
        again = await claim_batch(unit, wanted(1), claim_id=uuid4(), owner=OWNER, unsure=[], now=later)
    assert [one.id for one in again.messages] == [message]

    await book(house.database, Flush(setbacks=[Setback(verdict=verdict, claimed_at=NOON, message_ids=[message])]))

    assert await states(house) == ["sending"]
    await book(house.database, Flush(setbacks=[Setback(verdict=verdict, claimed_at=later, message_ids=[message])]))
    assert await states(house) == ["queued" if verdict is Verdict.UNSENT else "in_doubt"]


async def test_what_went_over_another_line_is_sent_again_whole_and_counts_no_more(house: House) -> None:
    """The other line may have cut the text elsewhere, into as many parts: a handset would show a mixture."""
    [message] = await claimed(house.database, [2])
    setback = Setback(verdict=Verdict.THROTTLED, claimed_at=NOON, message_ids=[message])
    taken = replace(answered(message, 1, "p1"), line="north")
    await book(house.database, Flush(answered=[taken], setbacks=[setback]))
    later = NOON + timedelta(seconds=1)
    async with house.database.unit_of_work() as unit:
        claim = await claim_batch(unit, wanted(10), claim_id=uuid4(), owner=OWNER, unsure=[], now=later)
        [again] = claim.messages
        assert (again.answered, again.went_elsewhere) == (frozenset(), True)
        await recount_parts(unit, {message: 2}, line="smsc")
    assert await house.fetch("SELECT 1 FROM message_part") == []
    await book(house.database, Flush(answered=[replace(answered(message, 1, "q1", "q2"), line="smsc")]))
    both = [receipt(smsc_id, 1, PartState.DELIVERED) for smsc_id in ("q1", "q2")]
    assert len(await book(house.database, Flush(receipts=both))) == 1
    assert await house.fetch("SELECT DISTINCT line FROM message_part") == [{"line": "smsc"}]


async def test_what_went_over_the_same_line_is_not_forgotten(house: House) -> None:
    [message] = await claimed(house.database, [2])
    await book(house.database, Flush(answered=[replace(answered(message, 1, "p1"), line="smsc")]))
    async with house.database.unit_of_work() as unit:
        await recount_parts(unit, {message: 2}, line="smsc")
    assert await house.fetch("SELECT part FROM message_part") == [{"part": 1}]
