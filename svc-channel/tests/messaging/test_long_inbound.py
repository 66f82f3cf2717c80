"""Parts of a long inbound message wait for each other durably, and come to be one message or, too late, pieces."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from svc_channel.app.join_inbound import PATIENCE, join_inbound
from svc_channel.app.record_flush import record_flush
from svc_channel.domain.flush import Flush
from svc_channel.domain.inbound import InboundPart, InboundPiece
from svc_channel.domain.text.decoding import Concatenation

from .house import Client, House, until
from .segment import number_of

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
LONG = "我要开通彩铃" * 30


def piece(number: int, total: int = 3, *, reference: int = 7, at: datetime = NOON, sender: int = 1) -> InboundPiece:
    return InboundPiece(
        id=UUID(int=number + 1000 * reference + 100_000 * sender),
        sender=number_of(sender),
        recipient="10086",
        text=f"<{number}>",
        part=Concatenation(reference=reference, total=total, number=number),
        received_at=at,
    )


async def book(house: House, pieces: Sequence[InboundPiece]) -> None:
    async with house.database.unit_of_work() as unit:
        await record_flush(unit, Flush(pieces=pieces), now=NOON)


async def texts(house: House) -> list[str]:
    return [row["text"] for row in await house.fetch("SELECT text FROM inbound ORDER BY id")]


async def test_parts_in_any_order_and_flush_become_one_message(house: House) -> None:
    await book(house, [piece(3), piece(1, reference=8)])
    await book(house, [piece(1), piece(1)])
    assert await texts(house) == []
    await book(house, [piece(2), piece(2, sender=2)])
    assert await texts(house) == ["<1><2><3>"]
    assert len(await house.fetch("SELECT 1 FROM inbound_part")) == 2


async def test_what_stays_in_pieces_is_kept_as_pieces(house: House) -> None:
    await book(house, [piece(1), piece(3)])
    async with house.database.unit_of_work() as unit:
        assert await join_inbound(unit, now=NOON + PATIENCE) == 0
        assert await join_inbound(unit, now=NOON + PATIENCE + timedelta(seconds=1)) == 2
    assert await texts(house) == ["<1>", "<3>"]
    assert await house.fetch("SELECT 1 FROM inbound_part") == []


async def test_a_whole_that_two_transactions_missed_is_joined_by_the_next_look(house: House) -> None:
    await book(house, [piece(1), piece(3)])
    async with house.database.unit_of_work() as unit:
        await unit.driver.execute(
            "INSERT INTO inbound_part SELECT $1, sender, recipient, reference, total, 2, '<2>', received_at"
            " FROM inbound_part WHERE number = 1",
            UUID(int=5),
        )
        assert await join_inbound(unit, now=NOON) == 1
    assert await texts(house) == ["<1><2><3>"]


@pytest.mark.parametrize(
    ("part", "is_piece"),
    [
        (None, False),
        (Concatenation(reference=1, total=1, number=1), False),
        (Concatenation(reference=1, total=2, number=1), True),
    ],
)
def test_a_concatenation_of_one_is_whole(part: Concatenation | None, *, is_piece: bool) -> None:
    assert InboundPart(sender="+861", recipient="10086", text="x", part=part).is_piece is is_piece


async def test_a_long_text_of_a_subscriber_comes_as_one_message(house: House, client: Client) -> None:
    await house.smsc.ask(op="mo", to="10086", text=LONG, **{"from": number_of(9).removeprefix("+")})

    async def has_come() -> bool:
        return await texts(house) == [LONG]

    await until(has_come)
    assert await house.fetch("SELECT 1 FROM inbound_part") == []
    assert (await client.progress("00000000-0000-4000-8000-000000000001")).queued == 0
