"""What a sender has open, and how the end of a link closes it; no link and no database."""

from datetime import UTC, datetime
from uuid import UUID, uuid4

from svc_channel.domain.submission import Answer, PartAnswer, Verdict
from svc_channel.worker.wire import OpenClaim, OpenMessage, Wire

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def opened(wire: Wire, claim: OpenClaim, number: int, parts: int) -> OpenMessage:
    message = OpenMessage(id=number, msisdn="+8613800138000", attempts=1, claim=claim, parts=tuple(range(1, parts + 1)))
    wire.open(message)
    return message


def accepted(part: int) -> PartAnswer:
    return PartAnswer(part=part, answer=Answer.ACCEPTED, smsc_id=f"id{part}")


def taken(wire: Wire) -> tuple[list[int], list[UUID]]:
    flush = wire.take()
    return [one.message_id for one in flush.answered], list(flush.ended_claims)


async def test_a_message_closes_with_its_last_part_and_a_claim_with_its_last_message() -> None:
    wire, claim = Wire(), OpenClaim(id=uuid4(), claimed_at=NOON, open_messages=2)
    short, long = opened(wire, claim, 1, 1), opened(wire, claim, 2, 2)
    wire.answer(long, accepted(1))
    assert not wire.take()
    wire.answer(short, accepted(1))
    assert taken(wire) == ([1], [])
    wire.answer(long, accepted(2))
    assert taken(wire) == ([2], [claim.id])
    assert claim.answered.is_set()
    assert (len(wire), bool(wire.take())) == (0, False)


async def test_a_message_whose_parts_are_all_answered_closes_when_it_opens() -> None:
    wire, claim = Wire(), OpenClaim(id=uuid4(), claimed_at=NOON, open_messages=1)
    opened(wire, claim, 1, 0)
    assert wire.closed.is_set()
    assert taken(wire) == ([1], [claim.id])
    assert not wire.closed.is_set()


async def test_the_end_of_a_link_parts_what_is_in_doubt_from_what_never_went() -> None:
    wire, claim = Wire(), OpenClaim(id=uuid4(), claimed_at=NOON, open_messages=4)
    on_wire, never, half, done = (opened(wire, claim, number, 2) for number in range(1, 5))
    wire.answer(half, accepted(1))
    wire.answer(done, accepted(1))
    wire.break_off([(on_wire, 1), (done, 2)])
    flush = wire.take()
    verdicts = {(one.verdict, *one.message_ids) for one in flush.setbacks}
    assert verdicts == {(Verdict.DOUBT, on_wire.id, done.id), (Verdict.UNSENT, never.id, half.id)}
    assert [(one.message_id, [part.part for part in one.parts]) for one in flush.answered] == [(3, [1]), (4, [1])]
    assert flush.ended_claims == [claim.id]
    assert len(wire) == 0
