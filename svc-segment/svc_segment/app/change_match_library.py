"""Changes the match library: puts services, adds and ends rules; each is checked against the dictionary first."""

import asyncio
import uuid
from datetime import datetime

from carillon_chassis.database import UnitOfWork
from carillon_chassis.errors import Conflict, InvalidInput, NotFound
from svc_segment.app.rule_scope import read_scope
from svc_segment.domain.attributes import AttributeType, Dictionary
from svc_segment.domain.match_library import MatchedService, MatchLibrary, MatchRule
from svc_segment.domain.match_texts import read_extract, read_optional
from svc_segment.store.attributes import read_dictionary
from svc_segment.store.match_library import end_rule, insert_rule, put_service, read_library

SCORED = {AttributeType.INTEGER, AttributeType.NUMBER}


async def put_matched_service(unit: UnitOfWork, service: MatchedService, *, by: str, now: datetime) -> None:
    """Adds or changes a service (SEG-09, SEG-15). Raises InvalidInput RULE_*, whose field names the text."""
    dictionary, scope = await read_dictionary(unit), await read_scope(unit)
    for field, text in (("service.owned_when", service.owned_when), ("service.terminal", service.terminal)):
        await asyncio.to_thread(read_optional, text, dictionary, scope, field=field)
    await put_service(unit, service, by=by, now=now)


async def create_match_rule(unit: UnitOfWork, rule: MatchRule, *, rule_id: uuid.UUID, by: str, now: datetime) -> None:
    """Adds a rule to the library (SEG-17). Raises InvalidInput, NotFound, Conflict MATCH_RULE_TAKEN."""
    dictionary = await read_dictionary(unit)
    await asyncio.to_thread(read_extract, rule, dictionary, await read_scope(unit))
    _check_score(rule, dictionary)
    standing = await read_library(unit)
    if rule.code in standing.rules:
        raise _taken(rule.code)
    MatchLibrary.of(standing.services.values(), [*standing.rules.values(), rule])
    if not await insert_rule(unit, rule, rule_id=rule_id, by=by, now=now):
        raise _taken(rule.code)


async def end_match_rule(unit: UnitOfWork, code: str, *, by: str, now: datetime) -> None:
    """Ends a rule; runs that used it keep it. Raises NotFound MATCH_RULE_NOT_FOUND."""
    if not await end_rule(unit, code, by=by, now=now):
        raise NotFound(reason="MATCH_RULE_NOT_FOUND", field="code", detail=f"no rule {code} stands in the library")


def _check_score(rule: MatchRule, dictionary: Dictionary) -> None:
    if not rule.score:
        return
    attribute = dictionary.get(rule.score)
    if attribute is None or attribute.type not in SCORED:
        raise InvalidInput(
            reason="MATCH_SCORE",
            field="rule.score",
            detail=f"'{rule.score}' is no numeric attribute; a score is one, such as a model's",
        )


def _taken(code: str) -> Conflict:
    return Conflict(
        reason="MATCH_RULE_TAKEN",
        field="rule.code",
        detail=f"a rule {code} stands already; end it first, or take another code",
    )
