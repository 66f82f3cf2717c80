"""Claims messages for a sender; puts nothing on the wire."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from carillon_chassis.database import UnitOfWork
from svc_channel.store.claims import ClaimedMessage, claim_messages, release_claims


async def claim_batch(
    unit: UnitOfWork, *, claim_id: UUID, owner: UUID, limit: int, unsure: Sequence[UUID], now: datetime
) -> list[ClaimedMessage]:
    """At most ``limit`` due messages, now in state sending under ``claim_id``.

    ``unsure`` are earlier claims of this sender whose commit may or may not have happened: they are undone first.
    """
    if unsure:
        await release_claims(unit, unsure, now=now)
    return await claim_messages(unit, claim_id=claim_id, owner=owner, limit=limit, now=now)
