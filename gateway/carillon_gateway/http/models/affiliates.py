"""Affiliates, their links and what came of them in JSON; it must not show whose number is behind an event."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AwareDatetime, Field

from carillon.reward.v1 import affiliate_pb2
from carillon_gateway.http.models.shapes import (
    Answer,
    Body,
    Money,
    ShortText,
    Text,
    parse_time,
    render_state,
    render_time,
)

AffiliateKind = Literal["individual", "website", "software", "search", "hall", "outlet", "campus", "partner"]
CommissionKind = Literal["ad_click", "experience", "handling"]
Outcome = Literal["priced", "not_stated", "no_policy", "cap_reached", "rate_zero", "repeated_click", "refunded"]
AffiliateId = Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,64}$", examples=["poco"])]


class RegisterAffiliate(Body):
    """Who wants to earn commission (GWY-10); halls, outlets, campuses and partners are registered by the operator."""

    kind: AffiliateKind
    name: Text = Field(default="", max_length=120, description="What people call it; the kind where it is empty")
    id: AffiliateId | None = Field(default=None, description="An id that the operator gave already, such as a hall's")


class Affiliate(Answer):
    """One who earns commission."""

    id: str
    kind: AffiliateKind
    name: str
    branch: str
    registered_at: datetime


class CreateLink(Body):
    """A link to spread. Put into the target what the portal shall know, such as the affiliate's id."""

    service: ShortText = Field(min_length=1, description="The service that the link advertises", examples=["CRBT"])
    target: Text = Field(
        max_length=500, pattern=r"^https?://[^\s/]+\S*$", examples=["https://portal.example/crbt?affiliate=poco"]
    )


class Link(Answer):
    """A link whose clicks are booked for its affiliate."""

    id: str = Field(description="The token at the end of the address")
    url: str
    service: str
    target: str


class Experience(Body):
    """A visitor of the affiliate's has tried a service."""

    reference: ShortText = Field(min_length=1, description="The portal's own id of the visit; it counts once")
    service: ShortText = Field(min_length=1)
    at: AwareDatetime


class Experiences(Body):
    """What visitors tried."""

    experiences: list[Experience] = Field(min_length=1, max_length=1000)


class ExperiencesBooked(Answer):
    """Those that were new."""

    booked: int


class AffiliateEvent(Answer):
    """Something that the affiliate brought, and what it earns."""

    id: str
    kind: CommissionKind
    service: str
    link: str | None = Field(description="The id of the link that was clicked")
    occurred_at: datetime
    outcome: Outcome = Field(description="priced, or why it earns nothing")
    commission: Money = Field(description="Over all instalments")


class AffiliateEvents(Answer):
    """Events in the order in which they were priced."""

    events: list[AffiliateEvent]
    cursor: str = Field(description="Send it as ?cursor= to go on, also when there is nothing more now")


def parse_affiliate(body: RegisterAffiliate, *, request_id: str) -> affiliate_pb2.RegisterAffiliateRequest:
    """The request for svc-reward."""
    return affiliate_pb2.RegisterAffiliateRequest(
        request_id=request_id,
        kind=affiliate_pb2.AffiliateKind.Value(f"AFFILIATE_KIND_{body.kind.upper()}"),
        name=body.name or body.kind,
        id=body.id or "",
    )


def render_affiliate(affiliate: affiliate_pb2.Affiliate) -> Affiliate:
    """The affiliate as JSON has it."""
    return Affiliate(
        id=affiliate.id,
        kind=render_state(affiliate_pb2.AffiliateKind.Name(affiliate.kind), "AFFILIATE_KIND_"),
        name=affiliate.name,
        branch=affiliate.branch,
        registered_at=render_time(affiliate.registered_at),
    )


def parse_experiences(
    body: Experiences, *, affiliate_id: str, request_id: str
) -> affiliate_pb2.RecordExperiencesRequest:
    """The request for svc-reward."""
    return affiliate_pb2.RecordExperiencesRequest(
        request_id=request_id,
        affiliate_id=affiliate_id,
        experiences=[
            affiliate_pb2.Experience(reference=one.reference, service=one.service, at=parse_time(one.at))
            for one in body.experiences
        ],
    )


def render_events(answer: affiliate_pb2.ListAffiliateEventsResponse) -> AffiliateEvents:
    """The events as JSON has them."""
    events = [
        AffiliateEvent(
            id=event.id,
            kind=render_state(affiliate_pb2.CommissionKind.Name(event.kind), "COMMISSION_KIND_"),
            service=event.service,
            link=event.token or None,
            occurred_at=render_time(event.occurred_at),
            outcome=render_state(event.outcome, ""),
            commission=Money(amount_fen=event.commission_fen),
        )
        for event in answer.events
    ]
    return AffiliateEvents(events=events, cursor=answer.cursor)
