"""A stand-in for svc-reward's vouchers that answers from memory; it must not be more than the edge's tests need."""

from typing import Any

from carillon.reward.v1 import voucher_pb2, voucher_pb2_grpc
from carillon_chassis.errors import NotFound, StateRefused
from carillon_gateway.testing.catalogue import PLACED_AT

VOUCHER_ID = "0199d1a0-6f5e-7c3a-9b1e-3f2a7c5d1e43"
CODE = "3D5XK8QJ0V7N2RTM4"


class VouchersStandIn(voucher_pb2_grpc.VoucherServiceServicer):
    """One voucher, whoever asks."""

    def __init__(self) -> None:
        self._voucher = voucher_pb2.Voucher(
            id=VOUCHER_ID,
            prize="coffee",
            redemption_id=VOUCHER_ID,
            state=voucher_pb2.VOUCHER_STATE_ISSUED,
            issued_at=PLACED_AT,
            expires_at=PLACED_AT,
        )

    async def ListVouchers(self, request: voucher_pb2.ListVouchersRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """The one."""
        return voucher_pb2.ListVouchersResponse(vouchers=[self._voucher])

    async def ShowVoucher(self, request: voucher_pb2.ShowVoucherRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """Its code."""
        if request.id != VOUCHER_ID:
            raise NotFound(reason="VOUCHER_UNKNOWN", field="id", detail="there is no such voucher")
        self._voucher.state = voucher_pb2.VOUCHER_STATE_SHOWN
        return voucher_pb2.ShowVoucherResponse(voucher=self._voucher, code=CODE, bar_code=[104, 19, 106])

    async def RedeemVoucher(self, request: voucher_pb2.RedeemVoucherRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """Once."""
        if request.code != CODE:
            raise NotFound(reason="VOUCHER_UNKNOWN", field="code", detail="no voucher was issued with this code")
        if self._voucher.state == voucher_pb2.VOUCHER_STATE_REDEEMED:
            raise StateRefused(reason="VOUCHER_REDEEMED", field="code", detail="it was redeemed before")
        self._voucher.state = voucher_pb2.VOUCHER_STATE_REDEEMED
        self._voucher.redeemed_at.CopyFrom(PLACED_AT)
        self._voucher.merchant = request.merchant
        return voucher_pb2.RedeemVoucherResponse(voucher=self._voucher)
