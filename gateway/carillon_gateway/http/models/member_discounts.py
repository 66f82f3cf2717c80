"""Members' discounts at partners and the codes that prove membership in JSON; it must not judge them."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AwareDatetime, Field

from carillon.reward.v1 import member_discount_pb2, prize_pb2
from carillon_gateway.http.models.prizes import TIER_VALUES
from carillon_gateway.http.models.shapes import Answer, Body, Msisdn, Text, parse_time, render_state, render_time

MemberTier = Literal["ordinary", "premium"]
Merchant = Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,64}$", examples=["ktv-9"])]
MemberCode = Annotated[Text, Field(min_length=1, max_length=40, examples=["K7WP-3XHD"])]


class CreateDiscount(Body):
    """What a partner gives members of a tier and above (RWD-34)."""

    merchant: Merchant
    name: Annotated[Text, Field(min_length=1, max_length=120)] = Field(examples=["KTV"])
    percent_off: int = Field(ge=1, le=100)
    lowest_tier: MemberTier = "premium"
    valid_from: AwareDatetime
    valid_to: AwareDatetime = Field(description="The first moment at which it is over")


class Discount(Answer):
    """A discount under its number."""

    number: int
    merchant: str
    name: str
    percent_off: int
    lowest_tier: MemberTier
    valid_from: datetime
    valid_to: datetime


class Discounts(Answer):
    """A page of discounts."""

    discounts: list[Discount]
    next_page_token: str


class IssueMemberCode(Body):
    """The member who wants to show that they are one."""

    msisdn: Msisdn


class IssuedMemberCode(Answer):
    """The code, good once and until then."""

    code: str = Field(examples=["K7WP3XHD"])
    expires_at: datetime


class UseMemberCode(Body):
    """Where the member is."""

    merchant: Merchant


class UsedMemberCode(Answer):
    """What the member is and saves; nothing says who."""

    tier: MemberTier
    discount: Discount


def parse_discount(body: CreateDiscount, *, request_id: str) -> member_discount_pb2.CreateDiscountRequest:
    """The request for svc-reward."""
    discount = member_discount_pb2.Discount(
        merchant=body.merchant,
        name=body.name,
        percent_off=body.percent_off,
        lowest_tier=TIER_VALUES[body.lowest_tier],
        valid_from=parse_time(body.valid_from),
        valid_to=parse_time(body.valid_to),
    )
    return member_discount_pb2.CreateDiscountRequest(request_id=request_id, discount=discount)


def render_discount(discount: member_discount_pb2.Discount) -> Discount:
    """The discount as JSON has it."""
    return Discount(
        number=discount.number,
        merchant=discount.merchant,
        name=discount.name,
        percent_off=discount.percent_off,
        lowest_tier=_tier(discount.lowest_tier),
        valid_from=render_time(discount.valid_from),
        valid_to=render_time(discount.valid_to),
    )


def render_use(answer: member_discount_pb2.UseMemberCodeResponse) -> UsedMemberCode:
    """What a partner reads."""
    return UsedMemberCode(tier=_tier(answer.tier), discount=render_discount(answer.discount))


def _tier(tier: prize_pb2.MemberTier.ValueType) -> MemberTier:
    word: MemberTier = render_state(prize_pb2.MemberTier.Name(tier), "MEMBER_TIER_")
    return word
