"""Gives a person's answer to a question that a robot could not answer; it reaches a subscriber by SMS."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from carillon_chassis.database import Database, UnitOfWork
from carillon_chassis.errors import NotFound, PermissionRefused, StateRefused
from carillon_chassis.identity import Identity, require_role
from svc_channel.app.numbers import Numbers, find_holder
from svc_channel.app.robot_access import own_city
from svc_channel.domain.forbidden_words import ForbiddenWords
from svc_channel.domain.number import OPERATOR_NUMBER
from svc_channel.domain.text.segmentation import count_segments
from svc_channel.store.forbidden_words import fetch_forbidden_words
from svc_channel.store.handovers import Handover, find_asker_number, find_handover, keep_answer
from svc_channel.store.robots import find_robot_city
from svc_channel.store.singles import Single, book_singles

ANSWERING_ROLES = ("agent", "branch_operator", "province_admin")


async def find_asker(database: Database, numbers: Numbers, handover_id: UUID) -> int | None:
    """The subscriber who asked, looked up before anything is locked; None for who is known by a name only.

    Raises Unavailable while svc-segment is away.
    """
    async with database.read() as unit:
        peer = await find_asker_number(unit, handover_id)
    return await find_holder(numbers, peer)


async def answer_handover(
    unit: UnitOfWork, handover_id: UUID, answer: str, *, asker: int | None, identity: Identity, now: datetime
) -> Handover:
    """The answered question (CHN-26); a branch answers what the robots of its own city were asked.

    Raises NotFound HANDOVER_UNKNOWN, StateRefused HANDOVER_ANSWERED, PermissionRefused ROLE_MISSING and OTHER_BRANCH,
    InvalidInput FORBIDDEN_WORD.
    """
    require_role(identity, *ANSWERING_ROLES)
    handover = await find_handover(unit, handover_id)
    if handover is None:
        raise NotFound(reason="HANDOVER_UNKNOWN", field="id", detail="no such question was handed over")
    city = own_city(identity)
    if city and await find_robot_city(unit, handover.robot) != city:
        raise PermissionRefused(reason="OTHER_BRANCH", field="id", detail=f"you answer for the robots of {city} only")
    if handover.answered_at is not None:
        raise StateRefused(
            reason="HANDOVER_ANSWERED", field="id", detail=f"{handover.answered_by} has answered it already"
        )
    ForbiddenWords(await fetch_forbidden_words(unit)).check(answer, field="answer")
    answered = replace(handover, answer=answer, answered_by=identity.subject, answered_at=now)
    await keep_answer(unit, answered)
    if asker is not None:
        single = Single(
            subscriber_id=asker,
            msisdn=handover.peer,
            sender=OPERATOR_NUMBER,
            text=answer,
            parts=count_segments(answer),
        )
        await book_singles(unit, [single], now=now)
    return answered
