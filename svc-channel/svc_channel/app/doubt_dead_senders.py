"""Finds what senders that are gone had claimed, and puts it in doubt; nobody but PostgreSQL says who is gone."""

from datetime import datetime
from uuid import UUID

from carillon_chassis.database import UnitOfWork
from svc_channel.store.claims import end_claims, find_dead_claims
from svc_channel.store.doubts import book_doubts


async def doubt_dead_senders(unit: UnitOfWork, *, owner: UUID, now: datetime) -> int:
    """Messages that a dead sender left unanswered go in doubt: it may have put any of them on the wire."""
    claims = await find_dead_claims(unit, owner=owner)
    for claim in claims:
        await book_doubts(unit, claim.message_ids, claimed_at=claim.claimed_at, line=claim.line, now=now)
    await end_claims(unit, [claim.id for claim in claims])
    return sum(len(claim.message_ids) for claim in claims)
