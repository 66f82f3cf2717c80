"""Sizes and models of a handset subsidy in JSON; svc-segment alone counts."""

from pydantic import Field

from carillon.segment.v1 import membership_pb2
from carillon_gateway.http.models.shapes import Answer, Body, ShortText


class SizeHandsets(Body):
    """A model's price, what is agreed of it, and how a past subsidy sold."""

    branch: ShortText = Field("", description="Empty is everywhere; a branch has its own alone")
    price_yuan: int = Field(gt=0, le=100_000, examples=[1500])
    agreed_share: float | None = Field(
        None, gt=0, le=60, description="What is agreed to be spent, as a share of the price; without it the plan's"
    )
    agreed_months: int | None = Field(None, gt=0, le=60, description="Over so many months; without it the plan's")
    past_offered: int = Field(gt=0, description="To how many a past subsidy was offered", examples=[1000])
    past_sold: int = Field(ge=0, description="How many of them took it", examples=[150])


class MembershipSize(Answer):
    """What one membership needs."""

    membership: str = Field(examples=["PREMIUM"])
    equipped: int = Field(description="Their terminal supports the services already")
    unequipped: int
    meeting: int = Field(description="Unequipped, and spend the theoretical ARPU or more")
    handsets: int


class HandsetSizing(Answer):
    """The handsets of a campaign, by membership in marketing order."""

    theoretical_arpu: float = Field(description="Yuan a month that fulfil the agreement")
    memberships: list[MembershipSize]
    handsets: int
    as_of: str


class HandsetModel(Answer):
    """A model that may be offered: it supports the services, is in the group's library and of the price range."""

    model: str
    price_yuan: int
    users: int
    market_share: float
    service_users: int = Field(description="How many of its users use the service")
    rank: int = Field(description="Its place among terminals of the service's users")


class HandsetModels(Answer):
    """By rank."""

    models: list[HandsetModel]


def parse_sizing(body: SizeHandsets) -> membership_pb2.SizeHandsetsRequest:
    """The wish as svc-segment takes it."""
    return membership_pb2.SizeHandsetsRequest(**{name: said for name, said in body.model_dump().items() if said})


def render_sizing(answer: membership_pb2.SizeHandsetsResponse) -> HandsetSizing:
    """The sizes as JSON has them."""
    return HandsetSizing(
        theoretical_arpu=answer.theoretical_arpu,
        memberships=[
            MembershipSize(
                membership=one.membership,
                equipped=one.equipped,
                unequipped=one.unequipped,
                meeting=one.meeting,
                handsets=one.handsets,
            )
            for one in answer.memberships
        ],
        handsets=answer.handsets,
        as_of=answer.as_of,
    )


def render_models(answer: membership_pb2.RankHandsetsResponse) -> HandsetModels:
    """The models as JSON has them."""
    return HandsetModels(
        models=[
            HandsetModel(
                model=one.model,
                price_yuan=one.price_yuan,
                users=one.users,
                market_share=round(one.market_share, 6),
                service_users=one.service_users,
                rank=one.rank,
            )
            for one in answer.models
        ]
    )
