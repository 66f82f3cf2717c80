"""Turns sizes and ranks of handsets into protobuf and wishes out of it, one function each way; it must not decide anything."""

from collections.abc import Sequence

from carillon.segment.v1 import membership_pb2
from svc_segment.app.size_handsets import Sized
from svc_segment.domain.handset_plan import HandsetPlan, ModelRank, SizingWish


def parse_wish(request: membership_pb2.SizeHandsetsRequest, plan: HandsetPlan) -> SizingWish:
    """What a caller says, with the plan's agreement where it says none."""
    return SizingWish(
        price_yuan=request.price_yuan,
        agreed_share=request.agreed_share or plan.agreed_share,
        agreed_months=request.agreed_months or plan.agreed_months,
        past_offered=request.past_offered,
        past_sold=request.past_sold,
    )


def render_sized(wish: SizingWish, sized: Sized) -> membership_pb2.SizeHandsetsResponse:
    """What each membership needs, and all together."""
    return membership_pb2.SizeHandsetsResponse(
        theoretical_arpu=wish.theoretical_arpu,
        memberships=[
            membership_pb2.MembershipSize(
                membership=one.membership,
                equipped=one.equipped,
                unequipped=one.unequipped,
                meeting=one.meeting,
                handsets=one.handsets,
            )
            for one in sized.sizes
        ],
        handsets=sum(one.handsets for one in sized.sizes),
        as_of=sized.as_of.isoformat(),
    )


def render_models(models: Sequence[ModelRank]) -> membership_pb2.RankHandsetsResponse:
    """The models by rank."""
    return membership_pb2.RankHandsetsResponse(
        models=[
            membership_pb2.HandsetModel(
                model=one.model,
                price_yuan=one.price_yuan,
                users=one.users,
                market_share=one.market_share,
                service_users=one.service_users,
                rank=one.rank,
            )
            for one in models
        ]
    )
