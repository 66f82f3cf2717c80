"""Prizes and redemptions in JSON; it must not decide who may have what."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AwareDatetime, Field

from carillon.reward.v1 import prize_pb2
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

PrizeKind = Literal["phone_credit", "voucher", "physical_gift", "ticket", "member_gift"]
Tier = Literal["non_member", "ordinary", "premium"]
PrizeCode = Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,64}$", examples=["migu-doll"])]
STOCK_LIMIT = 1_000_000_000
# The subscriber's attribute that says what the music club takes them for; who has none is no member.
TIER_ATTRIBUTE = "music_member"
TIER_VALUES = {
    "premium": prize_pb2.MEMBER_TIER_PREMIUM,
    "ordinary": prize_pb2.MEMBER_TIER_ORDINARY,
    "non_member": prize_pb2.MEMBER_TIER_NON_MEMBER,
}


class CreatePrize(Body):
    """A prize and how many there are (RWD-29, RWD-32)."""

    code: PrizeCode
    name: Text = Field(min_length=1, max_length=120, examples=["Migu doll"])
    kind: PrizeKind
    currency: str = Field(pattern=r"^[a-z][a-z0-9_]{0,39}$", examples=["music_points"])
    price: int = Field(gt=0, le=1_000_000_000, description="Points for one piece")
    lowest_tier: Tier = Field(default="non_member", description="Who may have it: this tier and above")
    valid_from: AwareDatetime
    valid_until: AwareDatetime = Field(description="The first moment at which it can't be redeemed any more")
    voucher_days: int = Field(default=0, ge=0, le=3650, description="Days a voucher is good for; 0 for other kinds")
    stock: int = Field(ge=0, le=STOCK_LIMIT)


class AddStock(Body):
    """More of a prize."""

    quantity: int = Field(gt=0, le=STOCK_LIMIT)


class Stock(Answer):
    """What there is, what is promised of it, what is handed over."""

    total: int
    reserved: int
    committed: int


class Prize(Answer):
    """A prize and its stock."""

    code: str = Field(examples=["migu-doll"])
    name: str
    kind: PrizeKind
    currency: str
    price: int
    lowest_tier: Tier
    valid_from: datetime
    valid_until: datetime
    voucher_days: int
    stock: Stock


class Prizes(Answer):
    """A page of the catalogue of prizes."""

    prizes: list[Prize]
    next_page_token: str = Field(description="Send it as page_token for the next page; empty on the last")


class RedeemPrize(Body):
    """Points for a prize."""

    msisdn: Msisdn
    prize: ShortText = Field(min_length=1, description="A prize's code", examples=["migu-doll"])
    quantity: int = Field(default=1, ge=1, le=100)


class Redemption(Answer):
    """What was redeemed and how far it has come."""

    id: str = Field(examples=["0199d1a0-6f5e-7c3a-9b1e-3f2a7c5d1e42"])
    prize: str
    quantity: int
    currency: str
    points: int = Field(description="What was booked for all pieces together")
    state: Literal["booked", "fulfilled", "cancelled"]
    booked_at: datetime
    ended_at: datetime | None


def parse_prize(body: CreatePrize) -> prize_pb2.Prize:
    """The prize for svc-reward."""
    return prize_pb2.Prize(
        code=body.code,
        name=body.name,
        kind=prize_pb2.PrizeKind.Value(f"PRIZE_KIND_{body.kind.upper()}"),
        currency=body.currency,
        price=body.price,
        lowest_tier=TIER_VALUES[body.lowest_tier],
        valid_from=parse_time(body.valid_from),
        valid_until=parse_time(body.valid_until),
        voucher_days=body.voucher_days,
    )


def parse_tier(attributes: dict[str, int | float | str | bool | None]) -> prize_pb2.MemberTier.ValueType:
    """What a subscriber's attributes say about membership; an absent or unknown word is no membership."""
    word = str(attributes.get(TIER_ATTRIBUTE) or "").strip().lower()
    return TIER_VALUES.get(word, prize_pb2.MEMBER_TIER_NON_MEMBER)


def render_stock(stock: prize_pb2.Stock) -> Stock:
    """What there is."""
    return Stock(total=stock.total, reserved=stock.reserved, committed=stock.committed)


def render_prize(message: prize_pb2.PrizeInStock) -> Prize:
    """The prize as JSON has it."""
    prize = message.prize
    return Prize(
        code=prize.code,
        name=prize.name,
        kind=render_state(prize_pb2.PrizeKind.Name(prize.kind), "PRIZE_KIND_"),
        currency=prize.currency,
        price=prize.price,
        lowest_tier=render_state(prize_pb2.MemberTier.Name(prize.lowest_tier), "MEMBER_TIER_"),
        valid_from=render_time(prize.valid_from),
        valid_until=render_time(prize.valid_until),
        voucher_days=prize.voucher_days,
        stock=render_stock(message.stock),
    )


def render_redemption(redemption: prize_pb2.Redemption) -> Redemption:
    """The redemption as JSON has it."""
    return Redemption(
        id=redemption.id,
        prize=redemption.prize,
        quantity=redemption.quantity,
        currency=redemption.currency,
        points=redemption.points,
        state=render_state(prize_pb2.RedemptionState.Name(redemption.state), "REDEMPTION_STATE_"),
        booked_at=render_time(redemption.booked_at),
        ended_at=render_optional_time(redemption, "ended_at"),
    )
