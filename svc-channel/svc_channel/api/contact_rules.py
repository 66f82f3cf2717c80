"""ContactRuleService: reads requests, calls use cases, renders answers; decides nothing."""

from datetime import time
from typing import Any

from carillon.channel.v1 import contact_rule_pb2, contact_rule_pb2_grpc
from carillon_chassis.clock import Clock
from carillon_chassis.commands import Commands
from carillon_chassis.database import Database, UnitOfWork
from carillon_chassis.identity import current_identity
from svc_channel.app.change_contact_rules import (
    allow_word,
    change_keyword,
    change_quiet_hours,
    forbid_word,
    remove_keyword,
)
from svc_channel.domain.forbidden_words import ForbiddenWord
from svc_channel.domain.keywords import Action, Keyword, Match
from svc_channel.domain.quiet_hours import QuietHours
from svc_channel.store.forbidden_words import fetch_forbidden_words
from svc_channel.store.keywords import KeptKeyword, fetch_keywords
from svc_channel.store.quiet_hours import fetch_quiet_hours

MATCHES = {
    contact_rule_pb2.KEYWORD_MATCH_EXACT: Match.EXACT,
    contact_rule_pb2.KEYWORD_MATCH_PREFIX: Match.PREFIX,
    contact_rule_pb2.KEYWORD_MATCH_FUZZY: Match.FUZZY,
    contact_rule_pb2.KEYWORD_MATCH_ANY: Match.ANY,
}
MATCH_VALUES = {match: value for value, match in MATCHES.items()}
ACTIONS = {
    contact_rule_pb2.KEYWORD_ACTION_OPT_OUT: Action.OPT_OUT,
    contact_rule_pb2.KEYWORD_ACTION_OPT_IN: Action.OPT_IN,
    contact_rule_pb2.KEYWORD_ACTION_CONFIRM_ORDER: Action.CONFIRM_ORDER,
    contact_rule_pb2.KEYWORD_ACTION_TELL: Action.TELL,
}
ACTION_VALUES = {action: value for value, action in ACTIONS.items()}
DEFAULT_THRESHOLD = 85


class ContactRuleServicer(contact_rule_pb2_grpc.ContactRuleServiceServicer):
    """The operator's rules of contact as data."""

    def __init__(self, database: Database, commands: Commands, clock: Clock) -> None:
        self._database = database
        self._commands = commands
        self._clock = clock

    async def PutQuietHours(  # noqa: N802 -- the name is the protocol's
        self,
        request: contact_rule_pb2.PutQuietHoursRequest,
        context: Any,  # noqa: ARG002 -- gRPC's signature
    ) -> contact_rule_pb2.PutQuietHoursResponse:
        """Sets or ends them. Errors: QUIET_HOURS_INVALID, CHANNEL_UNKNOWN, ROLE_MISSING."""
        hours = QuietHours(
            channel=request.quiet_hours.channel,
            message_class=request.quiet_hours.message_class,
            starts=time.fromisoformat(request.quiet_hours.starts),
            ends=time.fromisoformat(request.quiet_hours.ends),
        )

        async def operation(unit: UnitOfWork) -> contact_rule_pb2.PutQuietHoursResponse:
            await change_quiet_hours(
                unit, hours, ended=request.ended, identity=current_identity(), now=self._clock.now()
            )
            return contact_rule_pb2.PutQuietHoursResponse(quiet_hours=_quiet_hours(hours))

        return await self._commands.run(request, contact_rule_pb2.PutQuietHoursResponse, operation)

    async def ListQuietHours(  # noqa: N802 -- the name is the protocol's
        self,
        request: contact_rule_pb2.ListQuietHoursRequest,  # noqa: ARG002 -- gRPC's signature
        context: Any,  # noqa: ARG002 -- gRPC's signature
    ) -> contact_rule_pb2.ListQuietHoursResponse:
        """All of them."""
        async with self._database.read() as unit:
            hours = await fetch_quiet_hours(unit)
        return contact_rule_pb2.ListQuietHoursResponse(quiet_hours=[_quiet_hours(one) for one in hours])

    async def PutKeyword(  # noqa: N802 -- the name is the protocol's
        self,
        request: contact_rule_pb2.PutKeywordRequest,
        context: Any,  # noqa: ARG002 -- gRPC's signature
    ) -> contact_rule_pb2.PutKeywordResponse:
        """A word and its meaning. Errors: KEYWORD_INVALID, KEYWORD_LAST_OPT_OUT, ROLE_MISSING."""
        keyword = _read_keyword(request.keyword)

        async def operation(unit: UnitOfWork) -> contact_rule_pb2.PutKeywordResponse:
            kept = await change_keyword(unit, keyword, identity=current_identity(), now=self._clock.now())
            return contact_rule_pb2.PutKeywordResponse(keyword=_keyword(kept))

        return await self._commands.run(request, contact_rule_pb2.PutKeywordResponse, operation)

    async def EndKeyword(  # noqa: N802 -- the name is the protocol's
        self,
        request: contact_rule_pb2.EndKeywordRequest,
        context: Any,  # noqa: ARG002 -- gRPC's signature
    ) -> contact_rule_pb2.EndKeywordResponse:
        """Forgets a word. Errors: KEYWORD_UNKNOWN, KEYWORD_LAST_OPT_OUT, ROLE_MISSING."""

        async def operation(unit: UnitOfWork) -> contact_rule_pb2.EndKeywordResponse:
            kept = await remove_keyword(unit, request.id, identity=current_identity())
            return contact_rule_pb2.EndKeywordResponse(keyword=_keyword(kept))

        return await self._commands.run(request, contact_rule_pb2.EndKeywordResponse, operation)

    async def ListKeywords(  # noqa: N802 -- the name is the protocol's
        self,
        request: contact_rule_pb2.ListKeywordsRequest,  # noqa: ARG002 -- gRPC's signature
        context: Any,  # noqa: ARG002 -- gRPC's signature
    ) -> contact_rule_pb2.ListKeywordsResponse:
        """All of them, the oldest first."""
        async with self._database.read() as unit:
            keywords = await fetch_keywords(unit)
        return contact_rule_pb2.ListKeywordsResponse(keywords=[_keyword(one) for one in keywords])

    async def PutForbiddenWord(  # noqa: N802 -- the name is the protocol's
        self,
        request: contact_rule_pb2.PutForbiddenWordRequest,
        context: Any,  # noqa: ARG002 -- gRPC's signature
    ) -> contact_rule_pb2.PutForbiddenWordResponse:
        """Lets a word out no more. Errors: FORBIDDEN_WORD_INVALID, ROLE_MISSING."""
        word = ForbiddenWord(word=request.forbidden_word.word, reason=request.forbidden_word.reason)

        async def operation(unit: UnitOfWork) -> contact_rule_pb2.PutForbiddenWordResponse:
            await forbid_word(unit, word, identity=current_identity(), now=self._clock.now())
            return contact_rule_pb2.PutForbiddenWordResponse(forbidden_word=_forbidden_word(word))

        return await self._commands.run(request, contact_rule_pb2.PutForbiddenWordResponse, operation)

    async def EndForbiddenWord(  # noqa: N802 -- the name is the protocol's
        self,
        request: contact_rule_pb2.EndForbiddenWordRequest,
        context: Any,  # noqa: ARG002 -- gRPC's signature
    ) -> contact_rule_pb2.EndForbiddenWordResponse:
        """Lets it out again. Errors: FORBIDDEN_WORD_UNKNOWN, ROLE_MISSING."""

        async def operation(unit: UnitOfWork) -> contact_rule_pb2.EndForbiddenWordResponse:
            word = await allow_word(unit, request.word, identity=current_identity())
            return contact_rule_pb2.EndForbiddenWordResponse(forbidden_word=_forbidden_word(word))

        return await self._commands.run(request, contact_rule_pb2.EndForbiddenWordResponse, operation)

    async def ListForbiddenWords(  # noqa: N802 -- the name is the protocol's
        self,
        request: contact_rule_pb2.ListForbiddenWordsRequest,  # noqa: ARG002 -- gRPC's signature
        context: Any,  # noqa: ARG002 -- gRPC's signature
    ) -> contact_rule_pb2.ListForbiddenWordsResponse:
        """All of them."""
        async with self._database.read() as unit:
            words = await fetch_forbidden_words(unit)
        return contact_rule_pb2.ListForbiddenWordsResponse(forbidden_words=[_forbidden_word(one) for one in words])


def _quiet_hours(hours: QuietHours) -> contact_rule_pb2.QuietHours:
    return contact_rule_pb2.QuietHours(
        channel=hours.channel,
        message_class=hours.message_class,
        starts=hours.starts.isoformat("minutes"),
        ends=hours.ends.isoformat("minutes"),
    )


def _read_keyword(keyword: contact_rule_pb2.Keyword) -> Keyword:
    return Keyword(
        name=keyword.name,
        match=MATCHES[keyword.match],
        action=ACTIONS[keyword.action],
        word=keyword.word,
        recipient=keyword.recipient,
        threshold=keyword.threshold or DEFAULT_THRESHOLD,
        answer=keyword.answer,
    )


def _keyword(kept: KeptKeyword) -> contact_rule_pb2.Keyword:
    keyword = kept.keyword
    return contact_rule_pb2.Keyword(
        id=kept.id,
        name=keyword.name,
        match=MATCH_VALUES[keyword.match],
        word=keyword.word,
        recipient=keyword.recipient,
        action=ACTION_VALUES[keyword.action],
        threshold=keyword.threshold,
        answer=keyword.answer,
    )


def _forbidden_word(word: ForbiddenWord) -> contact_rule_pb2.ForbiddenWord:
    return contact_rule_pb2.ForbiddenWord(word=word.word, reason=word.reason)
