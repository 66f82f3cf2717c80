"""Messages that a broken link or a killed sender left open: proved, sent again or held, in real PostgreSQL."""

from datetime import datetime, timedelta
from uuid import uuid4

from carillon.channel.v1 import facts_pb2
from carillon_chassis.database import Database
from svc_channel.app.doubt_dead_senders import doubt_dead_senders
from svc_channel.app.settle_doubts import SettledPage, settle_doubts
from svc_channel.domain.doubt import DOUBTS_LIMIT, DoubtPolicy, DoubtRules
from svc_channel.domain.flush import Flush, Setback
from svc_channel.domain.message import PartState
from svc_channel.domain.submission import Verdict
from svc_channel.store.ownership import Ownership

from .house import House
from .test_flush import NOON, OWNER, answered, book, claimed, receipt, states

GRACE = timedelta(seconds=5)
HOLD = timedelta(hours=1)
SOON = NOON + timedelta(seconds=2)
LATER = NOON + GRACE


async def doubt(database: Database, *message_ids: int) -> None:
    """The link broke with these messages on the wire."""
    await book(database, Flush(setbacks=[Setback(verdict=Verdict.DOUBT, claimed_at=NOON, message_ids=message_ids)]))


async def settle(
    database: Database,
    now: datetime,
    policy: DoubtPolicy = DoubtPolicy.RESEND,
    *,
    listening_since: datetime | None = NOON,
) -> SettledPage:
    """One page of doubts."""
    rules = DoubtRules(grace=GRACE, hold=HOLD, marketing=policy, others=DoubtPolicy.RESEND)
    listening = {} if listening_since is None else {"smsc": listening_since}
    async with database.unit_of_work() as unit:
        return await settle_doubts(unit, now=now, listening_since=listening, rules=rules, offset=0)


async def test_an_orphan_receipt_proves_the_one_message_in_doubt_at_its_number(house: House) -> None:
    messages = await claimed(house.database, [1, 1])
    await doubt(house.database, *messages)
    await book(house.database, Flush(receipts=[receipt("a1", 1, PartState.DELIVERED)]))
    assert await settle(house.database, SOON) == SettledPage(seen=2, proved=1, resent=0, waiting=1)
    assert await states(house) == ["delivered", "in_doubt"]
    [fact] = await house.facts(facts_pb2.MessagesEnded)
    assert list(fact.delivered) == [1]


async def test_nothing_is_proved_by_a_receipt_that_may_belong_to_a_running_submit(house: House) -> None:
    [message] = await claimed(house.database, [1])
    await doubt(house.database, message)
    await book(house.database, Flush(receipts=[receipt("a1", 1, PartState.DELIVERED)]))
    assert (await settle(house.database, NOON + timedelta(milliseconds=500))).proved == 0
    assert (await settle(house.database, NOON + timedelta(seconds=1))).proved == 1


async def test_nothing_is_proved_by_a_receipt_older_than_the_claim(house: House) -> None:
    await book(house.database, Flush(receipts=[receipt("a1", 1, PartState.DELIVERED)]))
    async with house.database.unit_of_work() as unit:
        await unit.driver.execute("UPDATE orphan_receipt SET received_at = $1", NOON - timedelta(seconds=1))
    [message] = await claimed(house.database, [1])
    await doubt(house.database, message)
    assert (await settle(house.database, LATER)).resent == 1


async def test_two_messages_in_doubt_at_one_number_are_not_proved_by_one_receipt(house: House) -> None:
    messages = await claimed(house.database, [1, 1])
    async with house.database.unit_of_work() as unit:
        await unit.driver.execute("UPDATE message SET msisdn = '+8613800000001'")
    await doubt(house.database, *messages)
    await book(house.database, Flush(receipts=[receipt("a1", 1, PartState.DELIVERED)]))
    assert (await settle(house.database, SOON)).proved == 0
    assert (await settle(house.database, LATER)).resent == 2


async def test_a_message_nothing_proves_is_sent_again_after_the_grace_time_and_told(house: House) -> None:
    [message] = await claimed(house.database, [1])
    await doubt(house.database, message)
    assert await settle(house.database, SOON) == SettledPage(seen=1, proved=0, resent=0, waiting=1)
    assert await settle(house.database, LATER) == SettledPage(seen=1, proved=0, resent=1, waiting=0)
    [row] = await house.fetch("SELECT state::text, attempts, resends, due_at, campaign_id FROM message")
    assert (row["state"], row["attempts"], row["resends"], row["due_at"]) == ("queued", 1, 1, LATER)
    [fact] = await house.facts(facts_pb2.MessagesInDoubt)
    assert (fact.campaign_id, list(fact.subscriber_ids)) == (str(row["campaign_id"]), [1])


async def test_the_grace_time_runs_only_while_the_smsc_can_tell(house: House) -> None:
    [message] = await claimed(house.database, [1])
    await doubt(house.database, message)
    hour = NOON + timedelta(hours=1)
    assert (await settle(house.database, hour, listening_since=None)).waiting == 1
    assert (await settle(house.database, hour + timedelta(seconds=4), listening_since=hour)).waiting == 1
    assert (await settle(house.database, hour + timedelta(seconds=5), listening_since=hour)).resent == 1


async def test_a_message_in_doubt_is_held_when_the_policy_says_so(house: House) -> None:
    [message] = await claimed(house.database, [1])
    await doubt(house.database, message)
    assert (await settle(house.database, LATER, DoubtPolicy.HOLD)).waiting == 1
    await book(house.database, Flush(receipts=[receipt("a1", 1, PartState.DELIVERED)]))
    assert (await settle(house.database, LATER, DoubtPolicy.HOLD)).proved == 1
    assert await states(house) == ["delivered"]


async def test_marketing_in_doubt_is_never_sent_again_on_a_guess_and_ends_as_unknown(house: House) -> None:
    [message] = await claimed(house.database, [1])
    await doubt(house.database, message)
    assert (await settle(house.database, LATER, DoubtPolicy.FAIL)).waiting == 1
    page = await settle(house.database, NOON + HOLD, DoubtPolicy.FAIL)
    assert page == SettledPage(seen=1, proved=0, resent=0, given_up=1, waiting=0)
    assert await states(house) == ["failed"]
    [fact] = await house.facts(facts_pb2.MessagesEnded)
    assert [one.reason for one in fact.failed] == ["UNKNOWN"]
    assert await house.fetch("SELECT 1 FROM doubt") == []


async def test_a_service_message_in_doubt_is_sent_again_where_marketing_is_not(house: House) -> None:
    [first, second] = await claimed(house.database, [1, 1])
    async with house.database.unit_of_work() as unit:
        await unit.driver.execute("UPDATE message SET class = 'service' WHERE id = $1", second)
    await doubt(house.database, first, second)
    assert (await settle(house.database, LATER, DoubtPolicy.FAIL)).resent == 1
    assert await states(house) == ["in_doubt", "queued"]


async def test_a_doubt_waits_for_the_line_that_the_message_took(house: House) -> None:
    [message] = await claimed(house.database, [1])
    setback = Setback(verdict=Verdict.DOUBT, claimed_at=NOON, message_ids=[message], line="other")
    await book(house.database, Flush(setbacks=[setback]))
    assert (await settle(house.database, LATER)).waiting == 1
    assert await house.fetch("SELECT line FROM doubt") == [{"line": "other"}]


async def test_a_message_that_keeps_breaking_the_link_is_held(house: House) -> None:
    [message] = await claimed(house.database, [1])
    await doubt(house.database, message)
    async with house.database.unit_of_work() as unit:
        await unit.driver.execute("UPDATE message SET resends = $1", DOUBTS_LIMIT)
    assert (await settle(house.database, LATER)).waiting == 1


async def test_of_a_long_message_only_the_parts_without_proof_are_in_doubt(house: House) -> None:
    [message] = await claimed(house.database, [3])
    setback = Setback(verdict=Verdict.DOUBT, claimed_at=NOON, message_ids=[message])
    await book(house.database, Flush(answered=[answered(message, 1, "p1")], setbacks=[setback]))
    await book(house.database, Flush(receipts=[receipt("x2", 1, PartState.DELIVERED)]))
    assert await settle(house.database, SOON) == SettledPage(seen=1, proved=1, resent=0, waiting=1)
    assert await settle(house.database, LATER) == SettledPage(seen=1, proved=0, resent=1, waiting=0)
    rows = await house.fetch("SELECT part, smsc_id FROM message_part ORDER BY part")
    assert [(row["part"], row["smsc_id"]) for row in rows] == [(1, "p1"), (2, "x2")]


async def test_a_late_answer_ends_the_doubt(house: House) -> None:
    [message] = await claimed(house.database, [1])
    await doubt(house.database, message)
    await book(house.database, Flush(answered=[answered(message, 1, "a1")]))
    assert await states(house) == ["sent"]
    assert (await settle(house.database, LATER)).seen == 0


async def test_what_a_living_sender_claimed_is_not_in_doubt(house: House) -> None:
    await claimed(house.database, [1])
    living = Ownership(house.database.url, owner=OWNER)
    await living.hold()
    async with house.database.unit_of_work() as unit:
        assert await doubt_dead_senders(unit, owner=uuid4(), now=NOON) == 0
    await living.release()

    async with house.database.unit_of_work() as unit:
        assert await doubt_dead_senders(unit, owner=OWNER, now=NOON) == 0


async def test_what_a_dead_sender_claimed_is_in_doubt_but_for_what_was_answered(house: House) -> None:
    messages = await claimed(house.database, [1, 1])
    await book(house.database, Flush(answered=[answered(messages[0], 1, "a1")]))
    async with house.database.unit_of_work() as unit:
        assert await doubt_dead_senders(unit, owner=uuid4(), now=NOON) == 2
    assert await states(house) == ["sent", "in_doubt"]
    assert await house.fetch("SELECT 1 FROM claim") == []
