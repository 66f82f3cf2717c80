"""Handset subsidies and gifts among friends in JSON; it must not judge them."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from carillon.reward.v1 import gift_pb2, subsidy_pb2
from carillon_gateway.http.models.shapes import Answer, Body, Money, Msisdn, Text, render_state, render_time

SubsidyState = Literal["running", "fulfilled", "ended_early"]
Words = Annotated[Text, Field(min_length=1, max_length=120)]


class CreateSubsidy(Body):
    """What the operator adds to a device, and what the customer promises to spend each month for it (RWD-37)."""

    msisdn: Msisdn
    campaign_id: str | None = Field(
        default=None, pattern=r"^[A-Za-z0-9._-]{1,64}$", description="Whose budget pays; absent for the operator"
    )
    device: Words = Field(examples=["TD-SCDMA phone"])
    subsidy: Money
    monthly_spend: Money
    months: int = Field(ge=1, le=48)


class EndSubsidy(Body):
    """Why it ends before its time."""

    reason: Words = Field(examples=["number given up"])


class Subsidy(Answer):
    """The agreement as it stands; ``owed`` is what the customer owes back of one that was ended early."""

    id: str
    campaign_id: str | None
    device: str
    subsidy: Money
    monthly_spend: Money
    months: int
    starts_at: datetime
    ends_at: datetime
    state: SubsidyState
    owed: Money
    ended_by: str | None
    end_reason: str | None


class Subsidies(Answer):
    """A subscriber's, the latest first."""

    subsidies: list[Subsidy]


class GiveGift(Body):
    """Own points for a friend (RWD-41)."""

    msisdn: Msisdn
    friend: Msisdn
    currency: str = Field(pattern=r"^[a-z][a-z0-9_]{0,39}$", examples=["seeds"])
    amount: int = Field(ge=1, le=10_000)


class Gift(Answer):
    """What was given; the friend's number with its middle starred."""

    id: str
    friend: str
    currency: str
    amount: int
    given_at: datetime


def render_subsidy(subsidy: subsidy_pb2.Subsidy) -> Subsidy:
    """The subsidy as JSON has it."""
    return Subsidy(
        id=subsidy.id,
        campaign_id=subsidy.campaign_id or None,
        device=subsidy.device,
        subsidy=Money(amount_fen=subsidy.subsidy_fen),
        monthly_spend=Money(amount_fen=subsidy.monthly_spend_fen),
        months=subsidy.months,
        starts_at=render_time(subsidy.starts_at),
        ends_at=render_time(subsidy.ends_at),
        state=render_state(subsidy_pb2.SubsidyState.Name(subsidy.state), "SUBSIDY_STATE_"),
        owed=Money(amount_fen=subsidy.owed_fen),
        ended_by=subsidy.ended_by or None,
        end_reason=subsidy.end_reason or None,
    )


def render_gift(gift: gift_pb2.Gift, *, friend: str) -> Gift:
    """The gift as JSON has it, to the friend as the giver's caller wrote it, starred."""
    return Gift(
        id=gift.id, friend=friend, currency=gift.currency, amount=gift.amount, given_at=render_time(gift.given_at)
    )
