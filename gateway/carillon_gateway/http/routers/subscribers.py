"""One subscriber over HTTP: what is known, what they have, what they hold; put together from four services."""

import asyncio
from collections.abc import Awaitable
from datetime import datetime
from typing import Annotated, Literal, TypeVar

from fastapi import APIRouter, Path, Query
from pydantic import AwareDatetime

from carillon.catalog.v1 import order_pb2
from carillon.channel.v1 import history_pb2
from carillon.reward.v1 import ledger_pb2
from carillon.segment.v1 import classification_pb2, event_pb2, subscriber_pb2, tag_pb2
from carillon_chassis.client import invoke
from carillon_chassis.errors import Unavailable
from carillon_gateway.http.guard import Call, CallDep, GuardedRoute
from carillon_gateway.http.models.classifications import render_classes
from carillon_gateway.http.models.contacts import Contact, render_contact
from carillon_gateway.http.models.orders import Subscription, Subscriptions, render_subscription
from carillon_gateway.http.models.shapes import Msisdn, ShortText, parse_time
from carillon_gateway.http.models.subscribers import (
    Balance,
    Balances,
    EndedLife,
    EndLife,
    LedgerEntries,
    Subscriber,
    render_attributes,
    render_balance,
    render_dimensions,
    render_entries,
    render_recent_events,
)
from carillon_gateway.http.models.tags import render_subscriber_tags, render_tag_day
from carillon_gateway.http.numbers import normalise_msisdn
from carillon_gateway.http.paging import DEFAULT_PAGE_SIZE, PageSize, PageToken

router = APIRouter(prefix="/api/v1/subscribers", tags=["subscribers"], route_class=GuardedRoute)

Part = TypeVar("Part")
MsisdnPath = Annotated[Msisdn, Path()]
GroupBy = Annotated[Literal["dimension"] | None, Query(description="Attributes also by their dimension (SEG-02)")]
AsOf = Annotated[
    AwareDatetime | None, Query(description="The end of this moment; now if absent", examples=["2026-11-21T12:00:00Z"])
]


@router.get("/{msisdn}", summary="Look at a subscriber")
async def get_subscriber(msisdn: MsisdnPath, call: CallDep, group_by: GroupBy = None) -> Subscriber:
    """Attributes, classes, tags, segments, recent events, what is held, contacts (SEG-80). SUBSCRIBER_UNKNOWN: 404.

    Who asks has the subscriber in front of them: a part whose service is away is empty and named in ``missing``.
    """
    number = normalise_msisdn(msisdn)
    subscriber_id = await call.peers.subscriber_id(number)
    (known, classes, tagged, recent), (subscriptions, balances, contacts) = await asyncio.gather(
        _profile(call, subscriber_id),
        asyncio.gather(
            _or_none(_subscriptions(call, subscriber_id)),
            _or_none(_balances(call, subscriber_id)),
            _or_none(_contacts(call, subscriber_id)),
        ),
    )
    parts = {"subscriptions": subscriptions, "balances": balances, "contacts": contacts}
    return Subscriber(
        msisdn=number,
        as_of=known.as_of,
        attributes=render_attributes(known),
        dimensions=render_dimensions(known) if group_by else None,
        classes=render_classes(classes).classes,
        tags=render_subscriber_tags(tagged),
        tags_as_of=render_tag_day(tagged),
        hall=tagged.hall or None,
        segments=list(known.segment_ids),
        recent_events=render_recent_events(recent),
        subscriptions=subscriptions or [],
        balances=balances or [],
        contacts=contacts or [],
        missing=[name for name, part in parts.items() if part is None],
    )


@router.post("/{msisdn}/end-life", summary="End the life of a number's holder")
async def end_life(msisdn: MsisdnPath, body: EndLife, call: CallDep) -> EndedLife:
    """Ported away or given back: who has the number next is somebody else. SUBSCRIBER_UNKNOWN answers 404."""
    number = normalise_msisdn(msisdn)
    request = subscriber_pb2.EndLifeRequest(
        request_id=call.request_id, msisdn=number, ended_on=body.ended_on.isoformat()
    )
    await invoke(call.peers.subscribers.EndLife, request)
    return EndedLife(msisdn=number, ended_on=body.ended_on)


@router.get("/{msisdn}/subscriptions", summary="List a subscriber's services")
async def list_subscriptions(msisdn: MsisdnPath, call: CallDep) -> Subscriptions:
    """What the subscriber has now (QGV-07). SUBSCRIBER_UNKNOWN answers 404."""
    subscriber_id = await call.peers.subscriber_id(normalise_msisdn(msisdn))
    return Subscriptions(subscriptions=await _subscriptions(call, subscriber_id))


@router.delete("/{msisdn}/subscriptions/{service}", summary="Unsubscribe from a service")
async def end_subscription(
    msisdn: MsisdnPath, service: Annotated[ShortText, Path(examples=["CRBT"])], call: CallDep
) -> Subscription:
    """Ends the subscription (QGV-07) and answers with what it was."""
    subscriber_id = await call.peers.subscriber_id(normalise_msisdn(msisdn))
    request = order_pb2.EndSubscriptionRequest(request_id=call.request_id, subscriber_id=subscriber_id, service=service)
    return render_subscription((await invoke(call.peers.orders.EndSubscription, request)).subscription)


@router.get("/{msisdn}/balances", summary="List a subscriber's points")
async def list_balances(msisdn: MsisdnPath, call: CallDep, as_of: AsOf = None) -> Balances:
    """What the subscriber holds or held, by currency (RWD-24). SUBSCRIBER_UNKNOWN answers 404, AS_OF_INVALID 400."""
    subscriber_id = await call.peers.subscriber_id(normalise_msisdn(msisdn))
    return Balances(balances=await _balances(call, subscriber_id, as_of=as_of))


@router.get("/{msisdn}/ledger", summary="Read a subscriber's statement of points")
async def list_ledger_entries(
    msisdn: MsisdnPath, call: CallDep, page_size: PageSize = DEFAULT_PAGE_SIZE, page_token: PageToken = ""
) -> LedgerEntries:
    """Every booking, newest first, with the balance it left (RWD-24). SUBSCRIBER_UNKNOWN answers 404."""
    subscriber_id = await call.peers.subscriber_id(normalise_msisdn(msisdn))
    request = ledger_pb2.ListEntriesRequest(
        kind=ledger_pb2.AccountKind.ACCOUNT_KIND_SUBSCRIBER,
        owner=str(subscriber_id),
        page_size=page_size,
        page_token=page_token,
    )
    return render_entries(await invoke(call.peers.ledger.ListEntries, request))


Profile = tuple[
    subscriber_pb2.GetSubscriberResponse,
    classification_pb2.ClassifySubscriberResponse,
    tag_pb2.ListSubscriberTagsResponse,
    event_pb2.ListRecentEventsResponse,
]


async def _profile(call: Call, subscriber_id: int) -> Profile:
    """What svc-segment knows; nobody is shown without it."""
    return await asyncio.gather(
        invoke(call.peers.subscribers.GetSubscriber, subscriber_pb2.GetSubscriberRequest(subscriber_id=subscriber_id)),
        invoke(
            call.peers.classes.ClassifySubscriber,
            classification_pb2.ClassifySubscriberRequest(subscriber_id=subscriber_id),
        ),
        invoke(call.peers.tags.ListSubscriberTags, tag_pb2.ListSubscriberTagsRequest(subscriber_id=subscriber_id)),
        invoke(call.peers.events.ListRecentEvents, event_pb2.ListRecentEventsRequest(subscriber_id=subscriber_id)),
    )


async def _or_none(part: Awaitable[Part]) -> Part | None:
    """A part of the view, None while its service is away."""
    try:
        return await part
    except Unavailable:
        return None


async def _contacts(call: Call, subscriber_id: int) -> list[Contact]:
    request = history_pb2.ListContactsRequest(subscriber_id=subscriber_id)
    answer = await invoke(call.peers.contact_history.ListContacts, request)
    return [render_contact(contact) for contact in answer.contacts]


async def _subscriptions(call: Call, subscriber_id: int) -> list[Subscription]:
    request = order_pb2.ListSubscriptionsRequest(subscriber_id=subscriber_id)
    answer = await invoke(call.peers.orders.ListSubscriptions, request)
    return [render_subscription(subscription) for subscription in answer.subscriptions]


async def _balances(call: Call, subscriber_id: int, *, as_of: datetime | None = None) -> list[Balance]:
    request = ledger_pb2.ListBalancesRequest(
        kind=ledger_pb2.AccountKind.ACCOUNT_KIND_SUBSCRIBER,
        owner=str(subscriber_id),
        as_of=parse_time(as_of) if as_of is not None else None,
    )
    answer = await invoke(call.peers.ledger.ListBalances, request)
    return [render_balance(balance) for balance in answer.balances]
