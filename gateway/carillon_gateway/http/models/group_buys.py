"""Group buys in JSON; it must not decide when one is full."""

from datetime import datetime
from typing import Literal

from pydantic import AwareDatetime, Field

from carillon.reward.v1 import group_buy_pb2
from carillon_gateway.http.models.shapes import (
    Answer,
    Body,
    Msisdn,
    Text,
    parse_time,
    render_optional_time,
    render_state,
    render_time,
)


class CreateGroupBuy(Body):
    """So many people for so many points each, before a deadline."""

    name: Text = Field(min_length=1, max_length=120, examples=["Three for a concert"])
    target: int = Field(ge=2, le=100, description="So many people make it")
    deadline: AwareDatetime
    currency: str = Field(pattern=r"^[a-z][a-z0-9_]{0,39}$", examples=["m_value"])
    price: int = Field(gt=0, le=1_000_000_000, description="Points that each person pays")


class JoinGroupBuy(Body):
    """One more person."""

    msisdn: Msisdn


class GroupBuy(Answer):
    """A group and how many are in it; captured: everybody has paid, voided: nobody has."""

    id: str = Field(examples=["0199d1a0-6f5e-7c3a-9b1e-3f2a7c5d1e42"])
    name: str
    target: int
    members: int
    deadline: datetime
    currency: str
    price: int
    state: Literal["open", "captured", "voided"]
    ended_at: datetime | None


def parse_group_buy(body: CreateGroupBuy, *, request_id: str) -> group_buy_pb2.CreateGroupBuyRequest:
    """The request for svc-reward."""
    return group_buy_pb2.CreateGroupBuyRequest(
        request_id=request_id,
        name=body.name,
        target=body.target,
        deadline=parse_time(body.deadline),
        currency=body.currency,
        price=body.price,
    )


def render_group_buy(group: group_buy_pb2.GroupBuy) -> GroupBuy:
    """The group as JSON has it."""
    return GroupBuy(
        id=group.id,
        name=group.name,
        target=group.target,
        members=group.members,
        deadline=render_time(group.deadline),
        currency=group.currency,
        price=group.price,
        state=render_state(group_buy_pb2.GroupBuyState.Name(group.state), "GROUP_BUY_STATE_"),
        ended_at=render_optional_time(group, "ended_at"),
    )
