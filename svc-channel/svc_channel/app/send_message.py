"""Takes one message to one subscriber: texts made, words checked, consent asked, rows durable; sends nothing itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from carillon_chassis.database import Database, UnitOfWork
from carillon_chassis.errors import InvalidInput, StateRefused
from carillon_chassis.identity import Identity, require_role
from svc_channel.app.check_resources import RESOURCE_UNKNOWN, missing_resources, named_resource
from svc_channel.app.handsets import Handsets
from svc_channel.app.numbers import Numbers
from svc_channel.domain.channel import Channel
from svc_channel.domain.consent import may_send
from svc_channel.domain.draft import Content, Draft
from svc_channel.domain.fallback import INCAPABLE, Alternative, first_fit, write_fallback
from svc_channel.domain.forbidden_words import ForbiddenWords
from svc_channel.domain.handset import UNKNOWN_HANDSET
from svc_channel.domain.mms.content import address_content
from svc_channel.domain.outgoing import NO_NUMBER
from svc_channel.domain.parts import count_parts
from svc_channel.domain.routes import Routes
from svc_channel.domain.template import read_template
from svc_channel.store.consents import fetch_withdrawn
from svc_channel.store.forbidden_words import fetch_forbidden_words
from svc_channel.store.single_messages import insert_single
from svc_channel.store.singles import Single, book_singles
from svc_channel.store.templates import find_approved

SENDERS = ("province_admin", "branch_operator")
OPTED_OUT = "OPTED_OUT"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadyMessage:
    """A draft with everything known that the booking does not say: its ways, its number, and what the handset can't."""

    draft: Draft
    msisdn: str
    ways: Sequence[Alternative]
    incapable: frozenset[str]


async def make_ready(
    database: Database,
    draft: Draft,
    *,
    identity: Identity,
    numbers: Numbers,
    handsets: Handsets,
    routes: Routes,
    now: datetime,
) -> ReadyMessage:
    """Fills templates, checks words and contents, and asks for number and handset; changes nothing.

    Raises PermissionRefused ROLE_MISSING, StateRefused TEMPLATE_STATE, InvalidInput EXPIRY_INVALID, FORBIDDEN_WORD,
    RESOURCE_UNKNOWN, VALUE_*, TEXT_*, PUSH_*, MMS_* and MARKET_* with their places, Unavailable while svc-segment is
    away.
    """
    require_role(identity, *SENDERS)
    if draft.expires_at is not None and draft.expires_at <= now:
        raise InvalidInput(
            reason="EXPIRY_INVALID", field="expires_at", detail="nothing can go before a time that is over"
        )
    async with database.read() as unit:
        words = ForbiddenWords(await fetch_forbidden_words(unit))
        texts = [await _text(unit, way.content) for way in draft.ways]
        missing = await missing_resources(unit, [way.content.data for way in draft.ways if way.channel is Channel.MMS])
    msisdn = (await numbers.look_up([draft.subscriber_id])).get(draft.subscriber_id, "")
    # A chain asks what the handset can show; a single way is tried whatever it is, its pictures fitted to the handset.
    depends = len(draft.ways) > 1 or draft.ways[0].channel is Channel.MMS
    asked = await handsets.describe([draft.subscriber_id]) if depends else {}
    handset = asked.get(draft.subscriber_id, UNKNOWN_HANDSET)
    ways = []
    for place, (way, text) in enumerate(zip(draft.ways, texts, strict=True)):
        field = f"fallback[{place - 1}].content" if place else "content"
        words.check(text, field=field)
        data = way.content.data
        parts = _parts(way.channel, text, data, missing, field=field)
        if way.channel is Channel.MMS and data is not None:
            data = address_content(data, handset)
        route = routes.find(way.channel, msisdn)
        ways.append(Alternative(channel=way.channel, text=text, content=data, parts=parts, route=route))
    incapable = handset.incapable_of if len(ways) > 1 else frozenset()
    return ReadyMessage(draft=draft, msisdn=msisdn, ways=ways, incapable=incapable)


async def send_message(
    unit: UnitOfWork,
    ready: ReadyMessage,
    *,
    single_id: UUID,
    identity: Identity,
    sender: str,
    traceparent: str,
    now: datetime,
) -> None:
    """Books a message under its id; one that may not go or has no number ends at once.

    It is judged again when it is handed to a line.
    """
    draft = ready.draft
    first = first_fit([way.channel for way in ready.ways], ready.incapable)
    left_out = [(way.channel, INCAPABLE) for way in ready.ways[:first]]
    # With no way that the handset shows the last one is booked as it stands, and fails.
    way = ready.ways[min(first, len(ready.ways) - 1)]
    withdrawn = await fetch_withdrawn(unit, draft.subscriber_id)
    may_go = may_send(
        message_class=draft.message_class, channel=way.channel, category=draft.category, withdrawn=withdrawn
    )
    failure = NO_NUMBER if not ready.msisdn else OPTED_OUT if not may_go else ""
    single = Single(
        subscriber_id=draft.subscriber_id,
        msisdn=ready.msisdn,
        sender=draft.sender or sender,
        text=way.text,
        parts=way.parts,
        content=way.content,
        route=way.route,
        channel=Channel(way.channel),
        message_class=draft.message_class,
        category=draft.category,
        expires_at=draft.expires_at,
        fallback=write_fallback(ready.ways[first + 1 :]),
        failure=failure or (INCAPABLE if first == len(ready.ways) else ""),
    )
    [message_id] = await book_singles(unit, [single], now=now, traceparent=traceparent)
    await insert_single(
        unit, single_id, message_id, caller=identity.subject, branch=identity.branch, left_out=left_out, now=now
    )


async def _text(unit: UnitOfWork, content: Content) -> str:
    if not content.template:
        return content.text
    kept = await find_approved(unit, content.template)
    if kept is None:
        detail = "no version of this template is approved; have one approved first"
        raise StateRefused(reason="TEMPLATE_STATE", field="content.template", detail=detail)
    return read_template(kept.text).fill(content.values)


def _parts(channel: Channel, text: str, data: bytes | None, missing: frozenset[str], *, field: str) -> int:
    """In how many parts it goes; what can't go by its channel is refused at its place in the request."""
    try:
        parts = count_parts(channel, text, data)
    except InvalidInput as error:
        raise InvalidInput(reason=error.reason, field=field, detail=error.detail) from error
    if channel is Channel.MMS and (resource := named_resource(data)) in missing:
        detail = f"the library has no {resource}; add its renditions first"
        raise InvalidInput(reason=RESOURCE_UNKNOWN, field=field, detail=detail)
    return parts
