"""Gives a person's answer to a question that a robot could not answer; it reaches a subscriber by SMS."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from carillon_chassis.database import Database, UnitOfWork
from carillon_chassis.errors import NotFound, StateRefused
from carillon_chassis.identity import Identity, require_role
from svc_channel.app.numbers import Numbers
from svc_channel.domain.number import is_e164
from svc_channel.domain.text.segmentation import count_segments
from svc_channel.store.handovers import Handover, find_asker_number, find_handover, keep_answer
from svc_channel.store.singles import Single, book_singles

ANSWERING_ROLES = ("agent", "branch_operator", "province_admin")
# The operator's own number: an answer comes from where subscribers write to.
SENDER = "10086"


async def find_asker(database: Database, numbers: Numbers, handover_id: UUID) -> int | None:
    """The subscriber who asked, looked up before anything is locked; None for who is known by a name only.

    Raises Unavailable while svc-segment is away.
    """
    async with database.read() as unit:
        peer = await find_asker_number(unit, handover_id)
    if not is_e164(peer):
        return None
    return (await numbers.resolve([peer])).get(peer)


async def answer_handover(
    unit: UnitOfWork, handover_id: UUID, answer: str, *, asker: int | None, identity: Identity, now: datetime
) -> Handover:
    """The answered question (CHN-26). Raises NotFound HANDOVER_UNKNOWN, StateRefused HANDOVER_ANSWERED."""
    require_role(identity, *ANSWERING_ROLES)
    handover = await find_handover(unit, handover_id)
    if handover is None:
        raise NotFound(reason="HANDOVER_UNKNOWN", field="id", detail="no such question was handed over")
    if handover.answered_at is not None:
        raise StateRefused(
            reason="HANDOVER_ANSWERED", field="id", detail=f"{handover.answered_by} has answered it already"
        )
    answered = replace(handover, answer=answer, answered_by=identity.subject, answered_at=now)
    await keep_answer(unit, answered)
    if asker is not None:
        single = Single(
            subscriber_id=asker,
            msisdn=handover.peer,
            sender=SENDER,
            text=answer,
            parts=count_segments(answer),
        )
        await book_singles(unit, [single], now=now)
    return answered
