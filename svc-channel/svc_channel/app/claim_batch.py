"""Claims messages for a sender; puts nothing on the wire."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from carillon_chassis.database import UnitOfWork
from svc_channel.app.facts import tell_ended
from svc_channel.store.claims import Claimed, Wanted, claim_messages, release_claims


async def claim_batch(
    unit: UnitOfWork, wanted: Wanted, *, claim_id: UUID, owner: UUID, unsure: Sequence[UUID], now: datetime
) -> Claimed:
    """The due messages that are wanted, now in state sending under ``claim_id``; those that may not go are told as ended.

    ``unsure`` are earlier claims of this sender whose commit may or may not have happened: they are undone first.
    """
    if unsure:
        await release_claims(unit, unsure, now=now)
    claimed = await claim_messages(unit, wanted, claim_id=claim_id, owner=owner, now=now)
    await tell_ended(unit, claimed.blocked, now=now)
    return claimed
