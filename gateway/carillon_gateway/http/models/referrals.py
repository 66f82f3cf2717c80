"""Referral programmes, codes and referrals in JSON; it must not judge them."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AwareDatetime, Field

from carillon.reward.v1 import referral_pb2
from carillon_gateway.http.models.grants import Grant, render_grant
from carillon_gateway.http.models.reward_offers import Offer, parse_offer, render_offer
from carillon_gateway.http.models.shapes import (
    Answer,
    Body,
    Msisdn,
    ShortText,
    Text,
    parse_time,
    render_optional_time,
    render_state,
    render_time,
)

Code = Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,64}$")]
ProgrammeNumber = Annotated[int, Field(ge=1, lt=1 << 63)]
ReferralCode = Annotated[Text, Field(min_length=1, max_length=40, examples=["K7WP-3XHD"])]
ReferralState = Literal["open", "completed", "refused", "expired"]


class CreateProgramme(Body):
    """A dated programme; it runs once another person has approved it (RWD-06)."""

    name: Annotated[Text, Field(min_length=1, max_length=120)] = Field(examples=["推荐送好礼"])
    campaign_id: Code = Field(description="Whose budget pays what both sides earn")
    services: list[Code] = Field(min_length=1, max_length=10, examples=[["MOBILE_MARKET"]])
    needs_activation: bool = Field(default=True, description="The friend becomes active on one of the services")
    event_types: list[Code] = Field(
        default=[], max_length=5, description="What else the friend does", examples=[["downloaded", "logged_in"]]
    )
    user_attribute: ShortText = Field(default="", description="The snapshot's attribute that says yes for a user")
    referrer_must_use: bool = False
    valid_from: AwareDatetime
    valid_to: AwareDatetime | None = Field(default=None, description="The first moment at which it takes no more")
    window_days: int = Field(default=30, ge=1, le=365, description="From the recommendation to the last thing done")
    late_days: int = Field(default=0, ge=0, le=30, description="A code may come so long after the first use")
    max_friends: int = Field(default=10, ge=1, le=1000, description="Of one referrer, open and completed")
    referrer_offer: Offer | None = None
    friend_offer: Offer | None = None
    draw_id: str | None = Field(
        default=None, pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$", description="The lucky codes' (RWD-08)"
    )


class Programme(Answer):
    """A programme and the two people behind it."""

    number: int
    terms: CreateProgramme
    made_by: str
    made_at: datetime
    approved_by: str | None
    approved_at: datetime | None
    ended_by: str | None
    ended_at: datetime | None


class Programmes(Answer):
    """A page of programmes."""

    programmes: list[Programme]
    next_page_token: str


class IssueCode(Body):
    """Who wants a code to give out, in which programme."""

    msisdn: Msisdn
    programme: ProgrammeNumber


class IssuedCode(Answer):
    """The code to give out; the same one when asked again."""

    code: str = Field(examples=["K7WP3XHD"])
    programme: int


class AcceptCode(Body):
    """The friend who accepts."""

    msisdn: Msisdn


class RecommendFriend(Body):
    """Who recommends, to whom."""

    msisdn: Msisdn
    friend: Msisdn
    programme: ProgrammeNumber


class Referral(Answer):
    """A friend recommended; the number's middle is starred, since a friend who accepted a code gave it to nobody."""

    number: int
    programme: int
    friend: str = Field(examples=["+86138******00"])
    state: ReferralState
    recommended_at: datetime
    counts_until: datetime
    completed_at: datetime | None
    lucky_code: str | None = Field(description="What entered the draw (RWD-08)")
    entry: str | None = Field(description="entered, or why the lucky code is in no draw")


class RewardedReferral(Referral):
    """And what the referrer was granted for it."""

    grants: list[Grant]


class Referrals(Answer):
    """A page of referrals, the newest first."""

    referrals: list[RewardedReferral]
    next_page_token: str


def parse_programme(body: CreateProgramme, *, request_id: str) -> referral_pb2.CreateProgrammeRequest:
    """The request for svc-reward."""
    terms = referral_pb2.ProgrammeTerms(
        name=body.name,
        campaign_id=body.campaign_id,
        services=body.services,
        needs_activation=body.needs_activation,
        event_types=body.event_types,
        user_attribute=body.user_attribute,
        referrer_must_use=body.referrer_must_use,
        valid_from=parse_time(body.valid_from),
        valid_to=None if body.valid_to is None else parse_time(body.valid_to),
        window_days=body.window_days,
        late_days=body.late_days,
        max_friends=body.max_friends,
        referrer_offer=None if body.referrer_offer is None else parse_offer(body.referrer_offer),
        friend_offer=None if body.friend_offer is None else parse_offer(body.friend_offer),
        draw_id=body.draw_id or "",
    )
    return referral_pb2.CreateProgrammeRequest(request_id=request_id, terms=terms)


def render_programme(programme: referral_pb2.Programme) -> Programme:
    """The programme as JSON has it."""
    terms = programme.terms
    return Programme(
        number=programme.number,
        terms=CreateProgramme(
            name=terms.name,
            campaign_id=terms.campaign_id,
            services=list(terms.services),
            needs_activation=terms.needs_activation,
            event_types=list(terms.event_types),
            user_attribute=terms.user_attribute,
            referrer_must_use=terms.referrer_must_use,
            valid_from=render_time(terms.valid_from),
            valid_to=render_optional_time(terms, "valid_to"),
            window_days=terms.window_days,
            late_days=terms.late_days,
            max_friends=terms.max_friends,
            referrer_offer=render_offer(terms.referrer_offer) if terms.HasField("referrer_offer") else None,
            friend_offer=render_offer(terms.friend_offer) if terms.HasField("friend_offer") else None,
            draw_id=terms.draw_id or None,
        ),
        made_by=programme.made_by,
        made_at=render_time(programme.made_at),
        approved_by=programme.approved_by or None,
        approved_at=render_optional_time(programme, "approved_at"),
        ended_by=programme.ended_by or None,
        ended_at=render_optional_time(programme, "ended_at"),
    )


def render_referral(referral: referral_pb2.Referral) -> Referral:
    """The referral as JSON has it."""
    return Referral(
        number=referral.number,
        programme=referral.programme,
        friend=referral.friend_hint,
        state=render_state(referral_pb2.ReferralState.Name(referral.state), "REFERRAL_STATE_"),
        recommended_at=render_time(referral.recommended_at),
        counts_until=render_time(referral.counts_until),
        completed_at=render_optional_time(referral, "completed_at"),
        lucky_code=referral.lucky_code or None,
        entry=referral.entry.lower() or None,
    )


def render_referrals(answer: referral_pb2.ListReferralsResponse) -> Referrals:
    """The page as JSON has it."""
    return Referrals(
        referrals=[
            RewardedReferral(**render_referral(one).model_dump(), grants=[render_grant(grant) for grant in one.grants])
            for one in answer.referrals
        ],
        next_page_token=answer.next_page_token,
    )
