"""A stand-in for svc-reward's members' discounts that answers from memory; no more than the edge's tests need."""

from typing import Any

from carillon.reward.v1 import member_discount_pb2, member_discount_pb2_grpc, prize_pb2
from carillon_chassis.errors import NotFound, StateRefused
from carillon_gateway.testing.catalogue import PLACED_AT

MEMBER_CODE = "K7WP3XHD"


class MemberDiscountsStandIn(member_discount_pb2_grpc.MemberDiscountServiceServicer):
    """One code, good once, whoever asks."""

    def __init__(self) -> None:
        self._discounts: list[member_discount_pb2.Discount] = []
        self._used = False

    async def CreateDiscount(self, request: member_discount_pb2.CreateDiscountRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """Kept."""
        discount = request.discount
        discount.number = len(self._discounts) + 1
        self._discounts.append(discount)
        return member_discount_pb2.CreateDiscountResponse(discount=discount)

    async def ListDiscounts(self, request: member_discount_pb2.ListDiscountsRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """All on one page."""
        return member_discount_pb2.ListDiscountsResponse(discounts=self._discounts)

    async def IssueMemberCode(self, request: member_discount_pb2.IssueMemberCodeRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """The one."""
        self._used = False
        return member_discount_pb2.IssueMemberCodeResponse(code=MEMBER_CODE, expires_at=PLACED_AT)

    async def UseMemberCode(self, request: member_discount_pb2.UseMemberCodeRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """Once."""
        if request.code != MEMBER_CODE:
            raise NotFound(reason="MEMBER_CODE_UNKNOWN", field="code", detail="nobody was given it")
        if self._used:
            raise StateRefused(reason="MEMBER_CODE_USED", field="code", detail="it was used before")
        self._used = True
        return member_discount_pb2.UseMemberCodeResponse(
            tier=prize_pb2.MEMBER_TIER_PREMIUM, discount=self._discounts[0]
        )
