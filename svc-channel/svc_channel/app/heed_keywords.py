"""Does what words of subscribers ask for: consents, confirmations, answers; recognises nothing and sends nothing itself."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from carillon_chassis.database import UnitOfWork
from svc_channel.domain.consent import EVERYTHING, ConsentChange, ConsentSource, ConsentState
from svc_channel.domain.keywords import Action, Keyword
from svc_channel.domain.text.segmentation import count_segments
from svc_channel.store.confirmations import answer_questions
from svc_channel.store.consents import book_consents
from svc_channel.store.inbound import ResolvedInbound
from svc_channel.store.keywords import book_answers_due
from svc_channel.store.singles import Single, book_singles

STATES = {Action.OPT_OUT: ConsentState.WITHDRAWN, Action.OPT_IN: ConsentState.GRANTED}


async def heed_keywords(
    unit: UnitOfWork, messages: Sequence[ResolvedInbound], keywords: Mapping[UUID, Keyword], *, now: datetime
) -> None:
    """Books consents and answers for messages whose words are known, by message id.

    A yes is booked for the order that was asked about last, and a worker tells it on. An opt-out reaches every channel,
    and the message is its proof. A word is answered once a day, as a reply, which no consent and no hour holds back.
    Consents come last: while they are open nobody claims.
    """
    heard = [(message, keywords[message.id]) for message in messages if message.id in keywords]
    if not heard:
        return
    await _answer(unit, heard, now=now)
    yeses = [(one.subscriber_id, one.received_at) for one, word in heard if word.action is Action.CONFIRM_ORDER]
    await answer_questions(unit, yeses, now=now)
    changes = [_change(message, keyword) for message, keyword in heard if keyword.action in STATES]
    await book_consents(unit, changes, now=now)


async def _answer(unit: UnitOfWork, heard: Sequence[tuple[ResolvedInbound, Keyword]], *, now: datetime) -> None:
    asked = {(message.subscriber_id, keyword.name): (message, keyword) for message, keyword in heard if keyword.answer}
    due = await book_answers_due(unit, list(asked), now=now)
    singles = [_single(*pair) for key, pair in asked.items() if key in due]
    await book_singles(unit, singles, now=now)


def _single(message: ResolvedInbound, keyword: Keyword) -> Single:
    """The answer comes from the number that was written to."""
    return Single(
        subscriber_id=message.subscriber_id,
        msisdn=message.sender,
        sender=message.recipient,
        text=keyword.answer,
        parts=count_segments(keyword.answer),
    )


def _change(message: ResolvedInbound, keyword: Keyword) -> ConsentChange:
    return ConsentChange(
        subscriber_id=message.subscriber_id,
        scope=EVERYTHING,
        state=STATES[keyword.action],
        at=message.received_at,
        source=ConsentSource.INBOUND,
        evidence=str(message.id),
        text=message.text,
    )
