"""A stand-in for svc-reward's group buys that answers from memory; it must not be more than the edge's tests need."""

import uuid
from typing import Any

from carillon.reward.v1 import group_buy_pb2, group_buy_pb2_grpc
from carillon_chassis.errors import NotFound, StateRefused


class GroupBuysStandIn(group_buy_pb2_grpc.GroupBuyServiceServicer):
    """Groups that never end."""

    def __init__(self) -> None:
        self._groups: dict[str, group_buy_pb2.GroupBuy] = {}
        self._members: set[tuple[str, int]] = set()

    async def CreateGroupBuy(self, request: group_buy_pb2.CreateGroupBuyRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """Keeps it."""
        group = group_buy_pb2.GroupBuy(
            id=str(uuid.uuid4()),
            name=request.name,
            target=request.target,
            deadline=request.deadline,
            currency=request.currency,
            price=request.price,
            state=group_buy_pb2.GROUP_BUY_STATE_OPEN,
        )
        self._groups[group.id] = group
        return group_buy_pb2.CreateGroupBuyResponse(group_buy=group)

    async def GetGroupBuy(self, request: group_buy_pb2.GetGroupBuyRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """One of them."""
        return group_buy_pb2.GetGroupBuyResponse(group_buy=self._group(request.id))

    async def JoinGroupBuy(self, request: group_buy_pb2.JoinGroupBuyRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """Each person once."""
        group = self._group(request.id)
        if (request.id, request.subscriber_id) in self._members:
            raise StateRefused(reason="ALREADY_JOINED", field="msisdn", detail="this person is in the group already")
        self._members.add((request.id, request.subscriber_id))
        group.members += 1
        return group_buy_pb2.JoinGroupBuyResponse(group_buy=group)

    def _group(self, group_id: str) -> group_buy_pb2.GroupBuy:
        if group_id not in self._groups:
            raise NotFound(reason="GROUP_UNKNOWN", field="id", detail="there is no such group")
        return self._groups[group_id]
