"""The gRPC face of members' discounts: parses, calls a use case, renders; it must not decide anything."""

from collections.abc import Callable
from typing import Any

import grpc

from carillon.reward.v1 import member_discount_pb2, member_discount_pb2_grpc
from carillon_chassis.clock import Clock
from carillon_chassis.commands import Commands
from carillon_chassis.database import Database, UnitOfWork
from carillon_chassis.identity import current_identity
from carillon_chassis.paging import DEFAULT_PAGE_SIZE, decode_token, encode_token
from svc_reward.api.page_keys import parse_number_key
from svc_reward.api.prize_messages import TIER_VALUES, TIERS, parse_time, render_time
from svc_reward.app.create_discount import create_discount
from svc_reward.app.issue_member_code import issue_member_code
from svc_reward.app.list_discounts import list_discounts
from svc_reward.app.use_member_code import use_member_code
from svc_reward.domain.member_discount import Discount
from svc_reward.domain.referral_code import read_referral_code

Context = grpc.aio.ServicerContext[Any, Any]


class MemberDiscountServicer(member_discount_pb2_grpc.MemberDiscountServiceServicer):
    """Serves carillon.reward.v1.MemberDiscountService."""

    def __init__(self, database: Database, commands: Commands, clock: Clock, *, randoms: Callable[[int], int]) -> None:
        self._database = database
        self._commands = commands
        self._clock = clock
        self._randoms = randoms

    async def CreateDiscount(  # noqa: N802 -- the name is the protocol's
        self,
        request: member_discount_pb2.CreateDiscountRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> member_discount_pb2.CreateDiscountResponse:
        """Agrees on one. Errors: ROLE_MISSING, DISCOUNT_INVALID."""
        discount = parse_discount(request.discount)

        async def operation(unit: UnitOfWork) -> member_discount_pb2.CreateDiscountResponse:
            made = await create_discount(unit, discount, identity=current_identity())
            return member_discount_pb2.CreateDiscountResponse(discount=render_discount(made))

        return await self._commands.run(request, member_discount_pb2.CreateDiscountResponse, operation)

    async def ListDiscounts(  # noqa: N802 -- the name is the protocol's
        self,
        request: member_discount_pb2.ListDiscountsRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> member_discount_pb2.ListDiscountsResponse:
        """A page of discounts. Errors: PAGE_TOKEN_INVALID."""
        limit = request.page_size or DEFAULT_PAGE_SIZE
        after = parse_number_key(decode_token(request.page_token))
        async with self._database.read() as unit:
            discounts = await list_discounts(unit, after=after, limit=limit)
        return member_discount_pb2.ListDiscountsResponse(
            discounts=[render_discount(discount) for discount in discounts],
            next_page_token=encode_token(discounts[-1].number) if len(discounts) == limit else "",
        )

    async def IssueMemberCode(  # noqa: N802 -- the name is the protocol's
        self,
        request: member_discount_pb2.IssueMemberCodeRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> member_discount_pb2.IssueMemberCodeResponse:
        """A code for the screen. Errors: ROLE_MISSING, MEMBERSHIP_REQUIRED."""

        async def operation(unit: UnitOfWork) -> member_discount_pb2.IssueMemberCodeResponse:
            issued = await issue_member_code(
                unit,
                identity=current_identity(),
                subscriber_id=request.subscriber_id,
                tier=TIERS[request.tier],
                randoms=self._randoms,
                at=self._clock.now(),
            )
            return member_discount_pb2.IssueMemberCodeResponse(
                code=issued.code, expires_at=render_time(issued.expires_at)
            )

        return await self._commands.run(request, member_discount_pb2.IssueMemberCodeResponse, operation)

    async def UseMemberCode(  # noqa: N802 -- the name is the protocol's
        self,
        request: member_discount_pb2.UseMemberCodeRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> member_discount_pb2.UseMemberCodeResponse:
        """Takes one, once. Errors: see the protocol."""
        code = read_referral_code(request.code, reason="MEMBER_CODE_INVALID")

        async def operation(unit: UnitOfWork) -> member_discount_pb2.UseMemberCodeResponse:
            used, discount = await use_member_code(
                unit, identity=current_identity(), code=code, merchant=request.merchant, at=self._clock.now()
            )
            return member_discount_pb2.UseMemberCodeResponse(
                tier=TIER_VALUES[used.tier], discount=render_discount(discount)
            )

        return await self._commands.run(request, member_discount_pb2.UseMemberCodeResponse, operation)


def parse_discount(discount: member_discount_pb2.Discount) -> Discount:
    """Raises InvalidInput DISCOUNT_INVALID."""
    return Discount(
        merchant=discount.merchant,
        name=discount.name,
        percent_off=discount.percent_off,
        lowest_tier=TIERS[discount.lowest_tier],
        valid_from=parse_time(discount.valid_from),
        valid_to=parse_time(discount.valid_to),
    )


def render_discount(discount: Discount) -> member_discount_pb2.Discount:
    """A discount under its number."""
    return member_discount_pb2.Discount(
        number=discount.number,
        merchant=discount.merchant,
        name=discount.name,
        percent_off=discount.percent_off,
        lowest_tier=TIER_VALUES[discount.lowest_tier],
        valid_from=render_time(discount.valid_from),
        valid_to=render_time(discount.valid_to),
        made_by=discount.made_by,
    )
