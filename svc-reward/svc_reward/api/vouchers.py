"""The gRPC face of vouchers: parses, calls a use case, renders; it must not decide anything."""

from typing import Any
from uuid import UUID

import grpc

from carillon.reward.v1 import voucher_pb2, voucher_pb2_grpc
from carillon_chassis.clock import Clock
from carillon_chassis.commands import Commands
from carillon_chassis.database import Database, UnitOfWork
from svc_reward.api.prize_messages import render_time
from svc_reward.app.list_vouchers import list_vouchers
from svc_reward.app.use_voucher import redeem_voucher, show_voucher
from svc_reward.domain.bar_code import code_128
from svc_reward.domain.voucher import Voucher, VoucherState

Context = grpc.aio.ServicerContext[Any, Any]

_STATE_VALUES = {
    VoucherState.ISSUED: voucher_pb2.VOUCHER_STATE_ISSUED,
    VoucherState.SHOWN: voucher_pb2.VOUCHER_STATE_SHOWN,
    VoucherState.REDEEMED: voucher_pb2.VOUCHER_STATE_REDEEMED,
    VoucherState.EXPIRED: voucher_pb2.VOUCHER_STATE_EXPIRED,
    VoucherState.VOIDED: voucher_pb2.VOUCHER_STATE_VOIDED,
}


class VoucherServicer(voucher_pb2_grpc.VoucherServiceServicer):
    """Serves carillon.reward.v1.VoucherService."""

    def __init__(self, database: Database, commands: Commands, clock: Clock) -> None:
        self._database = database
        self._commands = commands
        self._clock = clock

    async def ListVouchers(  # noqa: N802 -- the name is the protocol's
        self,
        request: voucher_pb2.ListVouchersRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> voucher_pb2.ListVouchersResponse:
        """A subscriber's vouchers without their codes. Errors: PAGE_TOKEN_INVALID."""
        async with self._database.read() as unit:
            page, token = await list_vouchers(
                unit, request.subscriber_id, page_size=request.page_size, page_token=request.page_token
            )
        return voucher_pb2.ListVouchersResponse(vouchers=[render_voucher(one) for one in page], next_page_token=token)

    async def ShowVoucher(  # noqa: N802 -- the name is the protocol's
        self,
        request: voucher_pb2.ShowVoucherRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> voucher_pb2.ShowVoucherResponse:
        """The code and its bar code. Errors: VOUCHER_UNKNOWN, VOUCHER_STATE, VOUCHER_REDEEMED, VOUCHER_EXPIRED."""

        async def operation(unit: UnitOfWork) -> voucher_pb2.ShowVoucherResponse:
            voucher = await show_voucher(unit, UUID(request.id), clock=self._clock)
            return voucher_pb2.ShowVoucherResponse(
                voucher=render_voucher(voucher), code=voucher.code, bar_code=code_128(voucher.code)
            )

        return await self._commands.run(request, voucher_pb2.ShowVoucherResponse, operation)

    async def RedeemVoucher(  # noqa: N802 -- the name is the protocol's
        self,
        request: voucher_pb2.RedeemVoucherRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> voucher_pb2.RedeemVoucherResponse:
        """Takes a voucher, once. Errors: VOUCHER_CODE_INVALID, VOUCHER_UNKNOWN, VOUCHER_REDEEMED, VOUCHER_EXPIRED, VOUCHER_STATE."""

        async def operation(unit: UnitOfWork) -> voucher_pb2.RedeemVoucherResponse:
            voucher = await redeem_voucher(unit, request.code, merchant=request.merchant, clock=self._clock)
            return voucher_pb2.RedeemVoucherResponse(voucher=render_voucher(voucher))

        return await self._commands.run(request, voucher_pb2.RedeemVoucherResponse, operation)


def render_voucher(voucher: Voucher) -> voucher_pb2.Voucher:
    """A voucher as it stands, without its code."""
    return voucher_pb2.Voucher(
        id=str(voucher.id),
        prize=voucher.prize,
        redemption_id=str(voucher.redemption_id),
        state=_STATE_VALUES[voucher.state],
        issued_at=render_time(voucher.issued_at),
        expires_at=render_time(voucher.expires_at),
        redeemed_at=render_time(voucher.redeemed_at) if voucher.redeemed_at else None,
        merchant=voucher.merchant,
    )
