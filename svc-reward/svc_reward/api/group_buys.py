"""The gRPC face of group buys: parses, calls a use case, renders; it must not decide anything."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import grpc

from carillon.reward.v1 import group_buy_pb2, group_buy_pb2_grpc
from carillon_chassis.clock import Clock
from carillon_chassis.commands import Commands
from carillon_chassis.database import Database, UnitOfWork
from svc_reward.api.prize_messages import parse_time, render_time
from svc_reward.app.create_group_buy import create_group_buy
from svc_reward.app.get_group_buy import require_group_buy
from svc_reward.app.join_group_buy import join_group_buy
from svc_reward.domain.group_buy import GroupBuy, GroupBuyState

Context = grpc.aio.ServicerContext[Any, Any]

_STATE_VALUES = {
    GroupBuyState.OPEN: group_buy_pb2.GROUP_BUY_STATE_OPEN,
    GroupBuyState.CAPTURED: group_buy_pb2.GROUP_BUY_STATE_CAPTURED,
    GroupBuyState.VOIDED: group_buy_pb2.GROUP_BUY_STATE_VOIDED,
}


class GroupBuyServicer(group_buy_pb2_grpc.GroupBuyServiceServicer):
    """Serves carillon.reward.v1.GroupBuyService."""

    def __init__(self, database: Database, commands: Commands, clock: Clock, *, ids: Callable[[], UUID]) -> None:
        self._database = database
        self._commands = commands
        self._clock = clock
        self._ids = ids

    async def CreateGroupBuy(  # noqa: N802 -- the name is the protocol's
        self,
        request: group_buy_pb2.CreateGroupBuyRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> group_buy_pb2.CreateGroupBuyResponse:
        """Opens a group. Errors: GROUP_INVALID, CURRENCY_UNKNOWN."""

        async def operation(unit: UnitOfWork) -> group_buy_pb2.CreateGroupBuyResponse:
            group = GroupBuy(
                id=self._ids(),
                name=request.name,
                target=request.target,
                deadline=parse_time(request.deadline),
                currency=request.currency,
                price=request.price,
                opened_at=self._clock.now(),
            )
            await create_group_buy(unit, group)
            return group_buy_pb2.CreateGroupBuyResponse(group_buy=render_group_buy(group))

        return await self._commands.run(request, group_buy_pb2.CreateGroupBuyResponse, operation)

    async def GetGroupBuy(  # noqa: N802 -- the name is the protocol's
        self,
        request: group_buy_pb2.GetGroupBuyRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> group_buy_pb2.GetGroupBuyResponse:
        """One group. Errors: GROUP_UNKNOWN."""
        async with self._database.read() as unit:
            group = await require_group_buy(unit, UUID(request.id))
        return group_buy_pb2.GetGroupBuyResponse(group_buy=render_group_buy(group))

    async def JoinGroupBuy(  # noqa: N802 -- the name is the protocol's
        self,
        request: group_buy_pb2.JoinGroupBuyRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> group_buy_pb2.JoinGroupBuyResponse:
        """One more person. Errors: GROUP_UNKNOWN, GROUP_STATE, GROUP_CLOSED, ALREADY_JOINED, INSUFFICIENT_POINTS."""

        async def operation(unit: UnitOfWork) -> group_buy_pb2.JoinGroupBuyResponse:
            group = await join_group_buy(unit, UUID(request.id), request.subscriber_id, clock=self._clock)
            return group_buy_pb2.JoinGroupBuyResponse(group_buy=render_group_buy(group))

        return await self._commands.run(request, group_buy_pb2.JoinGroupBuyResponse, operation)


def render_group_buy(group: GroupBuy) -> group_buy_pb2.GroupBuy:
    """A group as it stands."""
    return group_buy_pb2.GroupBuy(
        id=str(group.id),
        name=group.name,
        target=group.target,
        members=group.members,
        deadline=render_time(group.deadline),
        currency=group.currency,
        price=group.price,
        state=_STATE_VALUES[group.state],
        ended_at=render_time(group.ended_at) if group.ended_at else None,
    )
