"""Changes the operator's rules of contact: hours of peace, words that people write, words that may not go out."""

from datetime import datetime

from carillon_chassis.database import UnitOfWork
from carillon_chassis.errors import NotFound, StateRefused
from carillon_chassis.identity import Identity, require_role
from svc_channel.domain.forbidden_words import ForbiddenWord
from svc_channel.domain.keywords import Action, Keyword
from svc_channel.domain.quiet_hours import ANY_CHANNEL, QuietHours
from svc_channel.domain.reading import read_channel
from svc_channel.store.forbidden_words import end_forbidden_word, put_forbidden_word
from svc_channel.store.keywords import KeptKeyword, end_keyword, fetch_keywords, lock_keywords, put_keyword
from svc_channel.store.quiet_hours import end_quiet_hours, put_quiet_hours

ADMIN = "province_admin"
OPERATOR = "branch_operator"


async def change_quiet_hours(
    unit: UnitOfWork, hours: QuietHours, *, ended: bool, identity: Identity, now: datetime
) -> None:
    """Sets or ends the hours of a channel and class. Raises InvalidInput CHANNEL_UNKNOWN, PermissionRefused."""
    require_role(identity, ADMIN)
    if hours.channel != ANY_CHANNEL:
        read_channel(hours.channel, field="quiet_hours.channel")
    if ended:
        await end_quiet_hours(unit, channel=hours.channel, message_class=hours.message_class)
    else:
        await put_quiet_hours(unit, hours, by=identity.subject, now=now)


async def change_keyword(unit: UnitOfWork, keyword: Keyword, *, identity: Identity, now: datetime) -> KeptKeyword:
    """Adds a word or gives it another meaning; a branch's words are told and do nothing else.

    Raises StateRefused KEYWORD_LAST_OPT_OUT when the word is the last by which somebody can opt out everywhere.
    """
    require_role(identity, ADMIN, *((OPERATOR,) if keyword.action is Action.TELL else ()))
    await lock_keywords(unit)
    before = await fetch_keywords(unit)
    same = [one for one in before if _place(one.keyword) == _place(keyword)]
    if same and same[0].keyword.action is not Action.TELL:
        require_role(identity, ADMIN)
    _check_way_out([*(one.keyword for one in before if one not in same), keyword])
    return KeptKeyword(id=await put_keyword(unit, keyword, by=identity.subject, now=now), keyword=keyword)


async def remove_keyword(unit: UnitOfWork, keyword_id: int, *, identity: Identity) -> KeptKeyword:
    """Forgets a word and answers what it was. Raises NotFound KEYWORD_UNKNOWN, StateRefused KEYWORD_LAST_OPT_OUT."""
    require_role(identity, ADMIN, OPERATOR)
    await lock_keywords(unit)
    before = await fetch_keywords(unit)
    found = next((one for one in before if one.id == keyword_id), None)
    if found is None:
        raise NotFound(reason="KEYWORD_UNKNOWN", field="id", detail="no word has this id")
    if found.keyword.action is not Action.TELL:
        require_role(identity, ADMIN)
    _check_way_out([one.keyword for one in before if one is not found])
    await end_keyword(unit, keyword_id)
    return found


async def forbid_word(unit: UnitOfWork, word: ForbiddenWord, *, identity: Identity, now: datetime) -> None:
    """Lets a word out no more, in templates and in messages alike."""
    require_role(identity, ADMIN)
    await put_forbidden_word(unit, word, by=identity.subject, now=now)


async def allow_word(unit: UnitOfWork, word: str, *, identity: Identity) -> ForbiddenWord:
    """Lets a word out again. Raises NotFound FORBIDDEN_WORD_UNKNOWN."""
    require_role(identity, ADMIN)
    asked = ForbiddenWord(word=word, reason="asked for")
    reason = await end_forbidden_word(unit, asked)
    if reason is None:
        raise NotFound(reason="FORBIDDEN_WORD_UNKNOWN", field="word", detail="this word is not forbidden")
    return ForbiddenWord(word=word, reason=reason)


def _place(keyword: Keyword) -> tuple[str, str, str]:
    return keyword.match, keyword.word, keyword.recipient


def _check_way_out(keywords: list[Keyword]) -> None:
    """People must be able to opt out of every number by some word."""
    if not any(one.action is Action.OPT_OUT and not one.recipient for one in keywords):
        detail = "nobody could opt out any more; add another word for it first"
        raise StateRefused(reason="KEYWORD_LAST_OPT_OUT", field="keyword", detail=detail)
