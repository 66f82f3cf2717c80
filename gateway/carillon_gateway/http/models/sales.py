"""Flash sales, entries and claims in JSON; it must not decide who gets a piece."""

from datetime import datetime
from typing import Any, Literal

from pydantic import AwareDatetime, Field

from carillon.reward.v1 import sale_pb2
from carillon_gateway.http.models.prizes import STOCK_LIMIT, Stock, render_stock
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

Outcome = Literal["claimed", "already_claimed", "sold_out", "not_open", "closed"]
OUTCOMES: dict[str, Outcome] = {
    "CLAIMED": "claimed",
    "ALREADY_CLAIMED": "already_claimed",
    "SOLD_OUT": "sold_out",
    "SALE_NOT_OPEN": "not_open",
    "SALE_CLOSED": "closed",
}


class CreateSale(Body):
    """A flash sale: one piece a person, while there are any."""

    name: Text = Field(min_length=1, max_length=120, examples=["Double eleven"])
    opens_at: AwareDatetime
    closes_at: AwareDatetime
    hold_seconds: int = Field(ge=1, le=86_400, description="An unpaid claim returns to the stock after this")
    currency: str | None = Field(
        default=None,
        pattern=r"^[a-z][a-z0-9_]{0,39}$",
        description="A points currency; absent where the payment is made elsewhere and confirmed here",
        examples=["m_value"],
    )
    price: int = Field(default=0, ge=0, le=1_000_000_000, description="Points for the piece; 0 without a currency")
    stock: int = Field(gt=0, le=STOCK_LIMIT)


class Sale(Answer):
    """A flash sale and its stock; its id is the activity that entries are sent to."""

    id: str
    name: str
    opens_at: datetime
    closes_at: datetime
    hold_seconds: int
    currency: str | None
    price: int
    stock: Stock


class Enter(Body):
    """Somebody takes part in an activity."""

    msisdn: Msisdn
    payload: dict[str, Any] = Field(
        default_factory=dict, max_length=20, description="What the activity asks for; a flash sale asks for nothing"
    )


class Entry(Answer):
    """What became of it; the id of an entry is that of the claim to pay, null where there is none."""

    entry_id: str | None
    outcome: Outcome


class PayClaim(Body):
    """How a claim is paid."""

    reference: ShortText | None = Field(
        default=None, description="What a payment made elsewhere is known by there; none where points pay"
    )


class Claim(Answer):
    """A person's piece of a sale."""

    id: str
    sale_id: str
    state: Literal["held", "paid", "released"]
    claimed_at: datetime
    hold_until: datetime = Field(description="When an unpaid claim returns to the stock")
    ended_at: datetime | None
    reference: str | None


def parse_sale(body: CreateSale) -> sale_pb2.Sale:
    """The sale for svc-reward."""
    return sale_pb2.Sale(
        name=body.name,
        opens_at=parse_time(body.opens_at),
        closes_at=parse_time(body.closes_at),
        hold_seconds=body.hold_seconds,
        currency=body.currency or "",
        price=body.price,
    )


def render_sale(message: sale_pb2.CreateSaleResponse | sale_pb2.GetSaleResponse) -> Sale:
    """The sale as JSON has it."""
    sale = message.sale
    return Sale(
        id=message.id,
        name=sale.name,
        opens_at=render_time(sale.opens_at),
        closes_at=render_time(sale.closes_at),
        hold_seconds=sale.hold_seconds,
        currency=sale.currency or None,
        price=sale.price,
        stock=render_stock(message.stock),
    )


def render_claim(claim: sale_pb2.SaleClaim) -> Claim:
    """The claim as JSON has it."""
    return Claim(
        id=claim.id,
        sale_id=claim.sale_id,
        state=render_state(sale_pb2.ClaimState.Name(claim.state), "CLAIM_STATE_"),
        claimed_at=render_time(claim.claimed_at),
        hold_until=render_time(claim.hold_until),
        ended_at=render_optional_time(claim, "ended_at"),
        reference=claim.reference or None,
    )
