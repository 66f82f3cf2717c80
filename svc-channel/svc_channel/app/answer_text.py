"""Answers one text that was written to one of our numbers: who is asked there, and what is left to say; sends nothing."""

import logging
from dataclasses import dataclass
from typing import Final

from carillon_chassis.errors import NotFound, StateRefused
from svc_channel.app.answer_staff import StaffAnswerers, answer_staff
from svc_channel.app.robot_talk import RobotTalk
from svc_channel.app.turns import Turns
from svc_channel.domain.sessions.menu import Language
from svc_channel.domain.sessions.turn import Turn, TurnKind
from svc_channel.domain.texting.desks import TextDesk
from svc_channel.domain.texting.pages import asks_for_more, cut_page
from svc_channel.domain.texting.staff import StaffNumber
from svc_channel.domain.texting.words import tell
from svc_channel.store.exchanges import Exchange, ExchangeOutcome

CHANNEL: Final = "sms"
# Beyond anybody's conversation: an answering machine at the other end must not be answered for ever.
ANSWERS_AN_HOUR: Final = 120

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class TextReply:
    """What becomes of a text: the answer's first page and what it leaves, or no answer at all.

    With ``hands_over`` the question is a person's to answer.
    """

    outcome: ExchangeOutcome = ExchangeOutcome.ANSWERED
    text: str = ""
    rest: str = ""
    hands_over: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TextAnswerers:
    """Who answers texts."""

    turns: Turns
    robots: RobotTalk
    staff: StaffAnswerers


async def answer_text(
    asked: Exchange, desk: TextDesk | None, staff: StaffNumber | None, by: TextAnswerers
) -> TextReply:
    """The answer (CHN-06, CHN-26, CHN-31); asked again with the same text nothing is done twice.

    Raises Unavailable while the database is away, LimitExceeded: the text waits and is asked again.
    """
    if desk is None:
        return TextReply(outcome=ExchangeOutcome.DROPPED)
    refused = _refused(asked)
    if refused is not None:
        return TextReply(outcome=refused)
    if asked.rest and asks_for_more(asked.text):
        return _paged(asked.rest, Language.EN if asked.text.isascii() else Language.ZH)
    if staff is not None and desk.for_staff:
        told = await answer_staff(staff, asked.text, by.staff)
        return _paged(told.text, told.language, hands_over=told.hands_over)
    try:
        return await (_robot(asked, desk, by) if desk.robot else _turn(asked, desk, by))
    except (NotFound, StateRefused) as error:
        # Nobody answers there now, and the subscriber is told so instead of waiting.
        logger.warning("a text to %s could not be answered: %s", asked.recipient, error)
        return TextReply(text=tell(Language.ZH, "busy"))


def _refused(asked: Exchange) -> ExchangeOutcome | None:
    """Why a text has no answer; None where it has one."""
    if asked.is_repeated:
        return ExchangeOutcome.REPEATED
    return ExchangeOutcome.HELD if asked.answered_lately >= ANSWERS_AN_HOUR else None


async def _robot(asked: Exchange, desk: TextDesk, by: TextAnswerers) -> TextReply:
    """What the robot says: commands, its menu, what it knows, or that a person will answer."""
    reply = await by.robots.take(
        robot_id=desk.robot,
        peer=asked.sender,
        key=asked.inbound_id.hex,
        text=asked.text,
        proven=True,
        channel=CHANNEL,
    )
    return _paged(reply.reply, Language.EN if reply.reply.isascii() else Language.ZH)


async def _turn(asked: Exchange, desk: TextDesk, by: TextAnswerers) -> TextReply:
    """A turn of the session that this number has with that one. A page of it is one short message.

    At a number that is staff's alone by now, whoever is no staff has no answer.
    """
    if not desk.menu:
        return TextReply(outcome=ExchangeOutcome.DROPPED)
    turn = Turn(
        channel=CHANNEL,
        peer=asked.sender,
        number=asked.recipient,
        key=asked.inbound_id.hex,
        kind=TurnKind.INPUT,
        text=asked.text,
        code=desk.menu,
    )
    return TextReply(text=(await by.turns.take(turn)).screen.text)


def _paged(text: str, language: Language, *, hands_over: bool = False) -> TextReply:
    page, rest = cut_page(text, language)
    return TextReply(text=page, rest=rest, hands_over=hands_over)
