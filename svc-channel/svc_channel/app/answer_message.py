"""Answers one message to a robot: a command, a key of its menu, a question; keeps nothing."""

import hashlib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol

from carillon_chassis.errors import LimitExceeded, Unavailable
from svc_channel.app.knowledge import Knowledge
from svc_channel.app.menu_book import STANDARD
from svc_channel.app.turns import Actions, Actor, Turns
from svc_channel.domain.robots.commands import Command, CommandKind, read_command
from svc_channel.domain.robots.knowledge import Audience
from svc_channel.domain.robots.remarks import Remark, RemarkKind, RemarkWords, classify
from svc_channel.domain.robots.robot import ActivityKind, Robot
from svc_channel.domain.sessions.actions import Action, ActionName
from svc_channel.domain.sessions.menu import BACKWARD, ONWARD, Language
from svc_channel.domain.sessions.turn import Turn, TurnKind
from svc_channel.domain.sessions.words import say

CHANNEL: Final = "robot"
# No menu has more lines than a number of three digits.
KEY_DIGITS: Final = 3
ACTIVITY_KINDS: Final = {CommandKind.GRAB: ActivityKind.SALE, CommandKind.DRAW: ActivityKind.DRAW}
# What each command has done, and under which name what was said goes along.
ACTIVITY_ACTIONS: Final = {
    CommandKind.GRAB: (ActionName.GRAB_TICKET, "sale"),
    CommandKind.DRAW: (ActionName.ENTER_DRAW, "draw"),
}
WORD_ACTIONS: Final = {
    CommandKind.VOTE: (ActionName.VOTE, "choice"),
    CommandKind.COMMENT: (ActionName.COMMENT, "text"),
    CommandKind.SIGN_IN: (ActionName.SIGN_IN, ""),
}

NO_REMARK: Final = Remark(kind=RemarkKind.OTHER)


class ReplyKind(StrEnum):
    """How a message was answered."""

    MENU = "menu"
    COMMAND = "command"
    KNOWLEDGE = "knowledge"
    PRODUCT = "product"
    HANDOVER = "handover"


@dataclass(frozen=True, slots=True, kw_only=True)
class RobotMessage:
    """What somebody wrote to a robot over a channel; ``key`` names it once. ``proven``: see domain.sessions.turn.Turn."""

    robot: Robot
    peer: str
    key: str
    text: str
    proven: bool
    channel: str = CHANNEL


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """The answer, how it came about, and what the message was."""

    text: str
    kind: ReplyKind
    remark: Remark = NO_REMARK


class Products(Protocol):
    """The catalogue's services by the names that people use."""

    async def products(self) -> Mapping[str, str]:
        """Codes by normalised name, the longest first; as last known while the catalogue is away."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Answerers:
    """What a robot answers with."""

    turns: Turns
    actions: Actions
    knowledge: Knowledge
    products: Products
    words: RemarkWords


async def answer_message(message: RobotMessage, language: Language, by: Answerers) -> Reply:
    """The answer to a message (CHN-24, CHN-26, CHN-27); asked again with the same key nothing is done twice.

    Raises what turns raise: Unavailable while the database is away, LimitExceeded.
    """
    said = unicodedata.normalize("NFKC", message.text).strip()
    command = read_command(said)
    if command is not None and command.kind is CommandKind.MENU:
        return await _menu(message, TurnKind.BEGIN, by)
    if command is not None:
        return await _obey(message, command, language, by)
    if said in {ONWARD, BACKWARD} or (said.isascii() and said.isdecimal() and len(said) <= KEY_DIGITS):
        return await _menu(message, TurnKind.INPUT, by)
    return await _answer(message, said, language, by)


async def _menu(message: RobotMessage, kind: TurnKind, by: Answerers) -> Reply:
    turn = Turn(
        channel=message.channel,
        peer=message.peer,
        number=message.robot.id,
        key=message.key,
        kind=kind,
        text=message.text,
        code=message.robot.menu or STANDARD[CHANNEL],
        branch=message.robot.city,
        proven=message.proven,
    )
    return Reply(text=(await by.turns.take(turn)).screen.text, kind=ReplyKind.MENU)


async def _obey(message: RobotMessage, command: Command, language: Language, by: Answerers) -> Reply:
    if command.kind is CommandKind.PERSON:
        return Reply(text=say(language, "to_person"), kind=ReplyKind.HANDOVER)
    action = _action(message.robot, command)
    if action is None:
        hint = "quiz_form" if command.kind is CommandKind.QUIZ else "no_activity"
        return Reply(text=say(language, hint), kind=ReplyKind.COMMAND)
    outcome = await by.actions.perform(action, _actor(message, language))
    remark = NO_REMARK
    if command.kind is CommandKind.COMMENT:
        remark = classify(command.argument, by.words, await by.products.products())
    return Reply(text=outcome.text, kind=ReplyKind.COMMAND, remark=remark)


def _action(robot: Robot, command: Command) -> Action | None:
    """What the command asks for; None where an activity or an answer is missing."""
    if command.kind in ACTIVITY_KINDS:
        name, argument = ACTIVITY_ACTIONS[command.kind]
        activity = robot.activity(ACTIVITY_KINDS[command.kind], command.argument)
        return Action(name=name, arguments={argument: activity.target}) if activity is not None else None
    if command.kind is CommandKind.QUIZ:
        question, _, answer = command.argument.partition(" ")
        arguments = {"question": question, "answer": answer.strip()}
        return Action(name=ActionName.ANSWER_QUIZ, arguments=arguments) if arguments["answer"] else None
    name, argument = WORD_ACTIONS[command.kind]
    return Action(name=name, arguments={argument: command.argument} if argument else {})


async def _answer(message: RobotMessage, said: str, language: Language, by: Answerers) -> Reply:
    """What the knowledge base says; else what a named product costs (CHN-24); else a person."""
    remark = classify(said, by.words, await by.products.products())
    if remark.kind is RemarkKind.COMPLAINT:
        return Reply(text=say(language, "complaint"), kind=ReplyKind.HANDOVER, remark=remark)
    try:
        found = await by.knowledge.ask(said, Audience.SUBSCRIBER)
    except (Unavailable, LimitExceeded):
        # Rather a person than no answer.
        found = None
    if found is not None:
        return Reply(text=found.entry.answer, kind=ReplyKind.KNOWLEDGE, remark=remark)
    if remark.kind is RemarkKind.SUGGESTION:
        return Reply(text=say(language, "suggestion"), kind=ReplyKind.COMMAND, remark=remark)
    if remark.product:
        action = Action(name=ActionName.QUOTE_SERVICE, arguments={"service": remark.product})
        outcome = await by.actions.perform(action, _actor(message, language))
        if not outcome.failed:
            text = f"{outcome.text}\n{say(language, 'order_by_menu')}"
            return Reply(text=text, kind=ReplyKind.PRODUCT, remark=remark)
    return Reply(text=say(language, "unknown"), kind=ReplyKind.HANDOVER, remark=remark)


def _actor(message: RobotMessage, language: Language) -> Actor:
    named = f"{message.robot.id}/{message.peer}/{message.key}"
    key = f"robot:{hashlib.sha256(named.encode()).hexdigest()[:40]}"
    return Actor(
        peer=message.peer,
        channel=message.channel,
        branch=message.robot.city,
        language=language,
        key=key,
        proven=message.proven,
    )
