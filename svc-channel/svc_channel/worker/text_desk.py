"""Takes texts that wait for an answer, has them answered, and books each answer with what became of the text.

It decides no answer. What a text came to and its answer are one transaction, so a process that dies before has done
nothing that is not done again alike, and after it nothing is sent twice. Of one sender one text is under way at a time.
"""

import asyncio
import logging
from contextvars import Context
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final
from uuid import UUID, uuid5

from carillon_chassis.clock import Clock
from carillon_chassis.database import Database
from carillon_chassis.errors import DomainError, LimitExceeded, Unavailable
from carillon_chassis.gathering import Gathering
from carillon_chassis.periodic import Periodic
from svc_channel.app.answer_text import TextAnswerers, TextReply, answer_text
from svc_channel.domain.sessions.menu import Language
from svc_channel.domain.text.segmentation import count_segments
from svc_channel.domain.texting.desks import TextDesk, TextDesks
from svc_channel.domain.texting.staff import StaffNumber
from svc_channel.domain.texting.words import tell
from svc_channel.store.conflicts import CONFLICTS
from svc_channel.store.exchanges import (
    Exchange,
    ExchangeOutcome,
    Settled,
    hold_open,
    settle_exchanges,
    take_exchanges,
)
from svc_channel.store.handovers import Handover, hand_over
from svc_channel.store.singles import Single, book_singles
from svc_channel.store.staff_numbers import fetch_staff
from svc_channel.store.text_desks import list_desks

# How long a text waits at most before somebody looks.
IDLE_SECONDS: Final = 0.1
# As many as one transaction of turns takes; more would only wait there.
AT_ONCE: Final = 200
SETTLED_A_CALL: Final = 200
# Longer than all that an answer waits for together; whose process died is answered by another after it.
LEASE: Final = timedelta(seconds=30)
# The namespace of hand-overs, so that a text answered again hands over once.
HANDOVERS: Final = UUID("1d5c57a5-7f0e-4a55-9f0c-0a2c8f9f6f31")

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answered:
    """A text with its answer, ready to be booked; ``robot`` is whose questions are handed over."""

    asked: Exchange
    reply: TextReply
    robot: str


class TextDeskWorker:
    """Answers texts for ever; one of these a process."""

    def __init__(self, *, database: Database, answerers: TextAnswerers, clock: Clock) -> None:
        self._database = database
        self._answerers = answerers
        self._clock = clock
        self._under_way: set[asyncio.Task[None]] = set()
        self._booking: Gathering[None, _Answered, None] = Gathering(
            self._book, a_call=SETTLED_A_CALL, calls_at_once=1, most_waiting=2 * AT_ONCE
        )

    async def run(self) -> None:
        """One look after the other, without a pause while there are more."""
        try:
            await Periodic(self.step, name="texts to answer", pause_seconds=IDLE_SECONDS, passing=CONFLICTS).run()
        finally:
            await self.close()

    async def step(self) -> bool:
        """Takes what waits and has it answered meanwhile; whether there may be more."""
        if len(self._under_way) >= AT_ONCE:
            await asyncio.wait(self._under_way, return_when=asyncio.FIRST_COMPLETED)
        free = AT_ONCE - len(self._under_way)
        now = self._clock.now()
        async with self._database.unit_of_work() as unit:
            taken = await take_exchanges(unit, now=now, until=now + LEASE, limit=free)
            if not taken:
                return False
            desks = TextDesks(await list_desks(unit))
            staff = await fetch_staff(unit, [one.subscriber_id for one in taken])
        for asked in taken:
            answering = self._answer(asked, desks.find(asked.recipient), staff.get(asked.subscriber_id))
            task = asyncio.get_running_loop().create_task(answering, context=Context())
            self._under_way.add(task)
            task.add_done_callback(self._under_way.discard)
        return True

    async def close(self) -> None:
        """Ends what is under way; whose text it was is answered when the lease is over."""
        for task in self._under_way:
            task.cancel()
        await asyncio.gather(*self._under_way, return_exceptions=True)
        await self._booking.close()

    async def _answer(self, asked: Exchange, desk: TextDesk | None, staff: StaffNumber | None) -> None:
        """Answers one text and has that booked; whatever fails, the text comes again when the lease is over."""
        try:
            reply = await self._reply(asked, desk, staff)
            await self._booking.ask(None, _Answered(asked=asked, reply=reply, robot=desk.robot if desk else ""))
        except (Unavailable, LimitExceeded, OSError, *CONFLICTS) as error:
            logger.info("the text %s waits for its answer: %s", asked.inbound_id, error)
        except Exception:
            logger.exception("the text %s was not answered and comes again", asked.inbound_id)

    async def _reply(self, asked: Exchange, desk: TextDesk | None, staff: StaffNumber | None) -> TextReply:
        try:
            reply = await answer_text(asked, desk, staff, self._answerers)
        except (Unavailable, LimitExceeded):
            raise
        except DomainError:
            logger.exception("the text %s can't be answered", asked.inbound_id)
            return TextReply(text=tell(Language.ZH, "busy"))
        if reply.outcome is ExchangeOutcome.ANSWERED and not reply.text:
            # A screen may say nothing.
            return replace(reply, outcome=ExchangeOutcome.DROPPED)
        return reply

    async def _book(self, _: None, answered: list[_Answered]) -> list[None]:
        """Answers, hand-overs and what became of each text together; what another settled meanwhile is left to it."""
        now = self._clock.now()
        async with self._database.unit_of_work() as unit:
            still_open = await hold_open(unit, [one.asked.inbound_id for one in answered])
            mine = [one for one in answered if one.asked.inbound_id in still_open]
            said = [one for one in mine if one.reply.outcome is ExchangeOutcome.ANSWERED]
            ids = await book_singles(unit, [_single(one) for one in said], now=now)
            replies = {one.asked.inbound_id: reply_id for one, reply_id in zip(said, ids, strict=True)}
            await hand_over(unit, [_handover(one) for one in mine if one.reply.hands_over])
            settled = [
                Settled(
                    inbound_id=one.asked.inbound_id,
                    outcome=one.reply.outcome,
                    reply_id=replies.get(one.asked.inbound_id),
                    rest=one.reply.rest,
                )
                for one in mine
            ]
            await settle_exchanges(unit, settled, now=now)
        return [None] * len(answered)


def _single(answered: _Answered) -> Single:
    """The answer comes from the number that was written to; as a reply, it waits behind nothing."""
    return Single(
        subscriber_id=answered.asked.subscriber_id,
        msisdn=answered.asked.sender,
        sender=answered.asked.recipient,
        text=answered.reply.text,
        parts=count_segments(answered.reply.text),
    )


def _handover(answered: _Answered) -> Handover:
    return Handover(
        id=uuid5(HANDOVERS, answered.asked.inbound_id.hex),
        robot=answered.robot,
        peer=answered.asked.sender,
        question=answered.asked.text,
        asked_at=answered.asked.received_at,
    )
