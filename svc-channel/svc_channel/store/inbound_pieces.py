"""Parts of long inbound messages while they wait for the others; joins nothing itself."""

from collections.abc import Iterable, Sequence
from datetime import datetime

import asyncpg

from carillon_chassis.database import UnitOfWork
from svc_channel.domain.inbound import InboundPiece
from svc_channel.domain.text.decoding import Concatenation

# A part that comes again because its acknowledgement got lost is the same part.
INSERT = """
INSERT INTO inbound_part (id, sender, recipient, reference, total, number, text, received_at)
SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::int[], $5::smallint[], $6::smallint[], $7::text[],
                     $8::timestamptz[])
ON CONFLICT DO NOTHING
"""

# Whole messages at these places; a message is taken once, whoever sees it whole first.
TAKE_WHOLE = """
DELETE FROM inbound_part WHERE (sender, recipient, reference, total) IN (
    SELECT p.sender, p.recipient, p.reference, p.total
    FROM inbound_part p
    JOIN unnest($1::text[], $2::text[], $3::int[], $4::smallint[]) AS w (sender, recipient, reference, total)
      ON (p.sender, p.recipient, p.reference, p.total) = (w.sender, w.recipient, w.reference, w.total)
    GROUP BY p.sender, p.recipient, p.reference, p.total HAVING count(*) = p.total
)
RETURNING *
"""

# Two parts booked in one moment by two lines saw neither a whole; and what has waited too long is whole no more.
TAKE_LATE = """
DELETE FROM inbound_part WHERE (sender, recipient, reference, total) IN (
    SELECT sender, recipient, reference, total FROM inbound_part
    GROUP BY sender, recipient, reference, total HAVING count(*) = total OR min(received_at) < $1
    LIMIT $2
)
RETURNING *
"""


async def book_pieces(unit: UnitOfWork, pieces: Sequence[InboundPiece]) -> list[list[InboundPiece]]:
    """Keeps parts; answers the messages that are whole with them, and keeps those no longer."""
    if not pieces:
        return []
    await unit.driver.execute(
        INSERT,
        [piece.id for piece in pieces],
        [piece.sender for piece in pieces],
        [piece.recipient for piece in pieces],
        [piece.part.reference for piece in pieces],
        [piece.part.total for piece in pieces],
        [piece.part.number for piece in pieces],
        [piece.text for piece in pieces],
        [piece.received_at for piece in pieces],
    )
    places = sorted({piece.place for piece in pieces})
    rows = await unit.driver.fetch(
        TAKE_WHOLE,
        [sender for sender, _, _, _ in places],
        [recipient for _, recipient, _, _ in places],
        [reference for _, _, reference, _ in places],
        [total for _, _, _, total in places],
    )
    return _by_place(rows)


async def take_late_pieces(unit: UnitOfWork, *, before: datetime, limit: int) -> list[list[InboundPiece]]:
    """Takes what is whole, and what waits for a part since ``before``, place by place."""
    return _by_place(await unit.driver.fetch(TAKE_LATE, before, limit))


def _by_place(rows: Iterable[asyncpg.Record]) -> list[list[InboundPiece]]:
    places: dict[tuple[str, str, int, int], list[InboundPiece]] = {}
    for row in rows:
        piece = InboundPiece(
            id=row["id"],
            sender=row["sender"],
            recipient=row["recipient"],
            text=row["text"],
            part=Concatenation(reference=row["reference"], total=row["total"], number=row["number"]),
            received_at=row["received_at"],
        )
        places.setdefault(piece.place, []).append(piece)
    return list(places.values())
