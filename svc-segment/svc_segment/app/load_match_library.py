"""Loads the library that the product ships, as far as it can be said of these subscribers; it must not end or change a rule."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from carillon_chassis.database import UnitOfWork
from carillon_chassis.errors import InvalidInput
from svc_segment.app.change_match_library import create_match_rule, put_matched_service
from svc_segment.domain.match_library import MatchLibrary
from svc_segment.store.match_library import read_library


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedLibrary:
    """How many services and rules came in, and what was left out, by code: why the dictionary can't say it."""

    services: int
    rules: int
    left_out: dict[str, str]


async def load_match_library(
    unit: UnitOfWork, shipped: MatchLibrary, *, new_id: Callable[[], uuid.UUID], by: str, now: datetime
) -> LoadedLibrary:
    """Adds the services and rules whose codes stand nowhere yet (SEG-17 to SEG-23); loaded again it changes nothing.

    A rule over an attribute that these subscribers do not have is left out, and so are the rules of a service that is.
    """
    standing = await read_library(unit)
    left_out: dict[str, str] = {}
    services = [one for one in shipped.services.values() if one.code not in standing.services]
    for service in services:
        try:
            await put_matched_service(unit, service, by=by, now=now)
        except InvalidInput as refused:
            left_out[service.code] = refused.detail
    rules = [one for one in shipped.rules.values() if one.code not in standing.rules]
    for rule in rules:
        if rule.service in left_out:
            left_out[rule.code] = f"{rule.service} is left out"
            continue
        try:
            await create_match_rule(unit, rule, rule_id=new_id(), by=by, now=now)
        except InvalidInput as refused:
            left_out[rule.code] = refused.detail
    return LoadedLibrary(
        services=sum(one.code not in left_out for one in services),
        rules=sum(one.code not in left_out for one in rules),
        left_out=left_out,
    )
