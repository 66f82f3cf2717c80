"""One subscriber's own view in JSON; the suite's inner subscriber id must not appear in it."""

from datetime import date, datetime
from typing import Literal

from pydantic import Field

from carillon.reward.v1 import ledger_pb2
from carillon.segment.v1 import event_pb2, subscriber_pb2
from carillon_gateway.http.models.classifications import SubscriberClass
from carillon_gateway.http.models.contacts import Contact
from carillon_gateway.http.models.orders import Subscription
from carillon_gateway.http.models.shapes import Answer, Body, render_time
from carillon_gateway.http.models.tags import SubscriberTag


class EndLife(Body):
    """Says that whoever has a number has it no more."""

    ended_on: date = Field(description="Today or before", examples=["2011-03-31"])


class EndedLife(Answer):
    """Whose life ended when."""

    msisdn: str
    ended_on: date


class Balance(Answer):
    """What a subscriber holds in one currency, in whole points."""

    currency: str = Field(examples=["experience_points"])
    amount: int = Field(examples=[100])
    as_of: datetime


class Balances(Answer):
    """What a subscriber holds."""

    balances: list[Balance]


class LedgerEntry(Answer):
    """One booking on a subscriber's points of one currency, in whole points."""

    currency: str = Field(examples=["experience_points"])
    amount: int = Field(description="Positive came, negative went", examples=[100])
    balance_after: int = Field(examples=[100])
    reason: str = Field(examples=["campaign reward"])
    booked_at: datetime


class LedgerEntries(Answer):
    """A page of a statement, newest first."""

    entries: list[LedgerEntry]
    next_page_token: str = Field(description="Empty on the last page")


class RecentEvent(Answer):
    """Something that a subscriber did."""

    type: str = Field(examples=["page_visit"])
    at: datetime
    attributes: dict[str, str] = Field(examples=[{"page": "/tones"}])


class RecentEvents(Answer):
    """What a subscriber did of late; what the cell system saw is never among it."""

    as_of: datetime
    since: datetime = Field(description="Events before this moment are not looked for")
    events: list[RecentEvent] = Field(description="The newest first, 50 at most")


class Subscriber(Answer):
    """What is known about a subscriber."""

    msisdn: str = Field(examples=["+8613800138000"])
    as_of: str = Field(description="The day the attributes describe", examples=["2008-03-20"])
    attributes: dict[str, int | float | str | bool | None] = Field(
        description="By attribute name; GET /attributes says type, unit and meaning", examples=[{"recency": 6}]
    )
    dimensions: dict[str, dict[str, int | float | str | bool | None]] | None = Field(
        description="With group_by=dimension: the attributes once more, by value, consumption, preference, trajectory "
        "and terminal; null without",
        examples=[{"value": {"arpu": 62.5}, "terminal": {"supports_mms": True}}],
    )
    classes: list[SubscriberClass] = Field(description="By every classification that can be answered, as of its day")
    tags: list[SubscriberTag] = Field(description="What is known of the subscriber with some confidence")
    tags_as_of: date | None = Field(description="The day up to which tags were brought; null before the first")
    hall: str | None = Field(
        description="The nearest of the halls whose catchment the subscriber is seen in (SEG-34); null where in none",
        examples=["dongqu/广园东路"],
    )
    segments: list[str] = Field(description="Ids of the segments the subscriber is in")
    recent_events: RecentEvents
    subscriptions: list[Subscription]
    balances: list[Balance]
    contacts: list[Contact] = Field(description="The last 50 messages, the newest first")
    missing: list[Literal["subscriptions", "balances", "contacts"]] = Field(
        description="Parts that are empty here because their service is away just now"
    )


def render_balance(balance: ledger_pb2.Balance) -> Balance:
    """The balance as JSON has it."""
    return Balance(currency=balance.currency, amount=balance.amount, as_of=render_time(balance.as_of))


def render_entries(message: ledger_pb2.ListEntriesResponse) -> LedgerEntries:
    """The page as JSON has it, without the transfers' ids: a grant's names the inner subscriber."""
    return LedgerEntries(
        entries=[
            LedgerEntry(
                currency=entry.currency,
                amount=entry.amount,
                balance_after=entry.balance_after,
                reason=entry.reason,
                booked_at=render_time(entry.booked_at),
            )
            for entry in message.entries
        ],
        next_page_token=message.next_page_token,
    )


def render_recent_events(answer: event_pb2.ListRecentEventsResponse) -> RecentEvents:
    """What was done of late as JSON has it."""
    return RecentEvents(
        as_of=render_time(answer.as_of),
        since=render_time(answer.since),
        events=[
            RecentEvent(type=event.type, at=render_time(event.at), attributes=dict(event.attributes))
            for event in answer.events
        ],
    )


def render_attributes(
    message: subscriber_pb2.GetSubscriberResponse,
) -> dict[str, int | float | str | bool | None]:
    """Attribute values by name, null where the subscriber has none."""
    return {value.name: _value(value) for value in message.attributes}


def render_dimensions(
    message: subscriber_pb2.GetSubscriberResponse,
) -> dict[str, dict[str, int | float | str | bool | None]]:
    """Attribute values by dimension and name (SEG-02); those of no dimension are left out."""
    found: dict[str, dict[str, int | float | str | bool | None]] = {}
    for value in message.attributes:
        if value.dimension:
            found.setdefault(value.dimension, {})[value.name] = _value(value)
    return found


def _value(value: subscriber_pb2.AttributeValue) -> int | float | str | bool | None:
    kind = value.WhichOneof("value")
    if kind is None:
        return None
    content: int | float | str | bool = getattr(value, kind)
    return content
