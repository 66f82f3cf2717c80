"""An opt-out blocks its number with the commit that keeps its word, whoever it is and whether or not anybody can say."""

from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from carillon_chassis.clock import FixedClock
from carillon_chassis.errors import Unavailable
from carillon_chassis.testing.plugin import Serving
from svc_channel.app.resolve_inbound import resolve_inbound
from svc_channel.domain.channel import MessageClass
from svc_channel.domain.flush import Flush
from svc_channel.domain.inbound import Inbound, InboundPiece
from svc_channel.domain.keywords import Action, Keyword, Match
from svc_channel.domain.text.decoding import Concatenation
from svc_channel.main import build
from svc_channel.store.barred import find_barred
from svc_channel.store.keywords import put_keyword

from .house import Client, House, until
from .segment import number_of
from .test_flush import book
from .test_heeding import answers, withdrawn, write
from .test_last_step import NOON, claim, queue, taken


class Directory:
    """Whose numbers they are, for whom a test names; or nobody can say."""

    def __init__(self, *, is_away: bool = False, strangers: tuple[int, ...] = ()) -> None:
        self.is_away = is_away
        self._strangers = strangers

    async def look_up(self, subscriber_ids: Sequence[int]) -> dict[int, str]:
        """Numbers by id."""
        return {one: number_of(one) for one in subscriber_ids}

    async def resolve(self, msisdns: Sequence[str]) -> dict[str, int]:
        """Ids by number."""
        if self.is_away:
            raise Unavailable(reason="PEER_AWAY", detail="nobody there")
        numbers = {one: int(one.removeprefix("+86138")) for one in msisdns}
        return {one: subscriber for one, subscriber in numbers.items() if subscriber not in self._strangers}


def written(subscriber_id: int, text: str, *, seconds: float = 0, recipient: str = "10086") -> Inbound:
    """One message from the subscriber's number."""
    at = NOON + timedelta(seconds=seconds)
    return Inbound(id=uuid4(), sender=number_of(subscriber_id), recipient=recipient, text=text, received_at=at)


async def heard(house: House) -> dict[str, UUID]:
    """The numbers that are blocked, and by which message."""
    return {row["msisdn"]: row["inbound_id"] for row in await house.fetch("SELECT * FROM heard_opt_out")}


async def resolve(house: House, directory: Directory) -> int:
    """One look-up."""
    return await resolve_inbound(house.database, directory, clock=FixedClock(NOON))


async def test_marketing_already_queued_is_not_claimed_once_the_word_is_kept(house: House) -> None:
    """Nobody has looked up the number yet."""
    await queue(house.database, [1, 2])
    await queue(house.database, [1], message_class=MessageClass.SERVICE)
    await book(house.database, Flush(inbound=[written(1, "TD"), written(2, "hello")]))
    assert await withdrawn(house.database) == []
    assert taken(await claim(house.database)) == [number_of(1), number_of(2), "OPTED_OUT"]


async def test_what_is_already_claimed_is_barred_by_the_next_look(house: House) -> None:
    await queue(house.database, [1, 2])
    ids = [one.id for one in (await claim(house.database)).messages]
    await book(house.database, Flush(inbound=[written(1, "退订")]))
    async with house.database.read() as unit:
        assert await find_barred(unit, ids, now=NOON) == {ids[0]: "OPTED_OUT"}


async def test_a_word_in_two_parts_blocks_when_it_is_whole(house: House) -> None:
    def piece(number: int, text: str) -> InboundPiece:
        return InboundPiece(
            id=uuid4(),
            sender=number_of(1),
            recipient="10086",
            text=text,
            part=Concatenation(reference=1, total=2, number=number),
            received_at=NOON,
        )

    await book(house.database, Flush(pieces=[piece(2, "OP")]))
    assert await heard(house) == {}
    await book(house.database, Flush(pieces=[piece(1, "ST")]))
    assert list(await heard(house)) == [number_of(1)]


async def test_the_last_word_of_a_number_counts(house: House) -> None:
    await book(house.database, Flush(inbound=[written(1, "TD"), written(1, "START", seconds=1), written(2, "TD")]))
    assert list(await heard(house)) == [number_of(2)]
    await book(house.database, Flush(inbound=[written(2, "START"), written(1, "START"), written(1, "TD", seconds=1)]))
    assert list(await heard(house)) == [number_of(1)]


async def test_a_word_that_means_something_else_at_a_number_blocks_nobody_there(house: House) -> None:
    tone = Keyword(name="tone", match=Match.EXACT, word="T", recipient="12520", action=Action.TELL)
    async with house.database.unit_of_work() as unit:
        await put_keyword(unit, tone, by="test", now=NOON)
    await book(house.database, Flush(inbound=[written(1, "T", recipient="12520"), written(2, "T")]))
    assert list(await heard(house)) == [number_of(2)]


async def test_the_ledger_takes_over_when_the_number_is_known(house: House) -> None:
    first, second = written(1, "TD"), written(1, "TD", seconds=1)
    await book(house.database, Flush(inbound=[first]))
    assert await heard(house) == {number_of(1): first.id}
    assert await resolve(house, Directory()) == 1
    assert (await heard(house), await withdrawn(house.database)) == ({}, [1])
    # Booked again after a commit whose outcome got lost: it is in the ledger, and blocks nobody for ever.
    await book(house.database, Flush(inbound=[first]))
    assert await heard(house) == {}
    await book(house.database, Flush(inbound=[second]))
    assert await heard(house) == {number_of(1): second.id}


async def test_a_later_word_of_the_same_number_is_not_forgotten_with_the_first(house: House) -> None:
    first, second = written(1, "TD"), written(1, "0000", seconds=1)
    await book(house.database, Flush(inbound=[first]))

    class Slow(Directory):
        async def resolve(self, msisdns: Sequence[str]) -> dict[str, int]:
            """The second word comes while the number is looked up."""
            await book(house.database, Flush(inbound=[second]))
            return await super().resolve(msisdns)

    assert await resolve(house, Slow()) == 1
    assert await heard(house) == {number_of(1): second.id}
    assert await resolve(house, Directory()) == 1
    assert await heard(house) == {}


async def test_a_number_is_blocked_while_nobody_can_say_whose_it_is(house: House) -> None:
    await queue(house.database, [1])
    await book(house.database, Flush(inbound=[written(1, "TD")]))
    with pytest.raises(Unavailable):
        await resolve(house, Directory(is_away=True))
    assert taken(await claim(house.database)) == ["OPTED_OUT"]
    assert await resolve(house, Directory()) == 1
    assert await withdrawn(house.database) == [1]


async def test_nobodys_number_is_blocked_until_that_is_known(house: House) -> None:
    await book(house.database, Flush(inbound=[written(1, "TD")]))
    assert await resolve(house, Directory(strangers=(1,))) == 1
    assert (await heard(house), await withdrawn(house.database)) == ({}, [])


@pytest.fixture
async def alone(house: House, serving: Serving) -> AsyncIterator[Client]:
    """The service with its workers, and with nobody to ask for numbers."""
    await house.smsc.start()
    service = build(house.settings(segment_address="unix:no-segment.sock"))
    async with serving(service) as channel:
        yield Client(channel)
    await service.database.close()


@pytest.mark.usefixtures("alone")
async def test_an_opt_out_holds_though_svc_segment_is_away_and_is_answered_when_it_is_back(
    house: House, serving: Serving
) -> None:
    await write(house, (1, "TD"))

    async def is_heard() -> bool:
        return list(await heard(house)) == [number_of(1)]

    await until(is_heard)
    await queue(house.database, [1, 2])

    async def has_gone() -> bool:
        rows = await house.fetch("SELECT reason FROM message WHERE ended_at IS NOT NULL ORDER BY subscriber_id")
        return [row["reason"] for row in rows] == ["OPTED_OUT", ""]

    await until(has_gone)
    assert set(house.smsc.accepted()) == {number_of(2)}
    assert (await withdrawn(house.database), await answers(house)) == ([], [])
    service = build(house.settings())
    async with serving(service):

        async def is_answered() -> bool:
            return await answers(house) == [(1, "reply", "delivered")]

        await until(is_answered)
    await service.database.close()
    assert (await withdrawn(house.database), await heard(house)) == ([1], {})
