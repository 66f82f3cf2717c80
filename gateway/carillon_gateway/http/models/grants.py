"""Grants and what orders earned in JSON; it must not judge them."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from carillon.catalog.v1 import order_pb2
from carillon.reward.v1 import affiliate_pb2, grant_pb2, ledger_pb2
from carillon_gateway.http.models.affiliates import CommissionKind
from carillon_gateway.http.models.reward_offers import Reward, render_reward
from carillon_gateway.http.models.shapes import (
    Answer,
    Body,
    Money,
    Msisdn,
    Text,
    render_optional_time,
    render_state,
    render_time,
)

OrderState = Literal["pending_confirmation", "active", "trial", "rejected", "cancelled"]
GrantState = Literal["offered", "given", "refused", "waiting", "reversed", "forfeited"]
OwnerKind = Literal["subscriber", "staff", "outlet", "affiliate", "partner"]


class Grant(Answer):
    """What somebody was granted, or offered to choose from; ``rewards`` are whole amounts."""

    id: str
    rule: int | None = Field(description="None where another use case granted it, such as a referral")
    source: str
    order_id: str | None
    owner_kind: OwnerKind
    owner: str
    occurred_at: datetime
    part: int = Field(description="0 for the reward itself; extras are counted")
    shares: int
    rewards: list[Reward]
    choose_by: datetime | None
    default_choice: int
    chosen: int | None
    state: GrantState
    reason: str | None
    reference: str | None
    changed_at: datetime


class Grants(Answer):
    """A page of grants, what moved last first."""

    grants: list[Grant]
    next_page_token: str


class AwardRewards(Body):
    """A jury's decision, and whom it rewards."""

    reference: Annotated[Text, Field(pattern=r"^[A-Za-z0-9._-]{1,64}$")] = Field(examples=["best-essay-2026"])
    msisdns: list[Msisdn] = Field(min_length=1, max_length=100)


class Awarded(Answer):
    """What was granted, in the order of the numbers."""

    grants: list[Grant]


class RetriedRefusals(Answer):
    """How many refused grants were tried again, and how many of them are given or offered now."""

    tried: int
    given: int
    next_page_token: str = Field(description="Empty when all of the rule's have been tried")


class OrderCommission(Answer):
    """What the affiliate earns that brought the order."""

    affiliate_id: str
    kind: CommissionKind
    outcome: str | None = Field(description="None while it is not priced")
    commission: Money


class OrderRewards(Answer):
    """What became of an order, and what it earned whom (RWD-24)."""

    order_id: str
    state: OrderState
    grants: list[Grant]
    commission: OrderCommission | None


class ChooseReward(Body):
    """The owner's choice."""

    choice: int = Field(ge=0, le=9, description="The position in the grant's rewards, from 0")


def render_grant(grant: grant_pb2.Grant) -> Grant:
    """The grant as JSON has it."""
    return Grant(
        id=grant.id,
        rule=grant.rule or None,
        source=grant.source,
        order_id=grant.order_id or None,
        owner_kind=render_state(ledger_pb2.AccountKind.Name(grant.owner_kind), "ACCOUNT_KIND_"),
        owner=grant.owner,
        occurred_at=render_time(grant.occurred_at),
        part=grant.part,
        shares=grant.shares,
        rewards=[render_reward(reward) for reward in grant.rewards],
        choose_by=render_optional_time(grant, "choose_by"),
        default_choice=grant.default_choice,
        chosen=None if grant.chosen < 0 else grant.chosen,
        state=render_state(grant_pb2.GrantState.Name(grant.state), "GRANT_STATE_"),
        reason=grant.reason or None,
        reference=grant.reference or None,
        changed_at=render_time(grant.changed_at),
    )


def render_order_rewards(order: order_pb2.Order, rewards: grant_pb2.GetOrderRewardsResponse) -> OrderRewards:
    """The order's state, and what it earned, as JSON has them."""
    commission = None
    if rewards.HasField("commission"):
        earned = rewards.commission
        commission = OrderCommission(
            affiliate_id=earned.affiliate_id,
            kind=render_state(affiliate_pb2.CommissionKind.Name(earned.kind), "COMMISSION_KIND_"),
            outcome=earned.outcome.lower() or None,
            commission=Money(amount_fen=earned.commission_fen),
        )
    return OrderRewards(
        order_id=order.id,
        state=render_state(order_pb2.OrderState.Name(order.state), "ORDER_STATE_"),
        grants=[render_grant(grant) for grant in rewards.grants],
        commission=commission,
    )
