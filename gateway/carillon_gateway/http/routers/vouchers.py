"""Vouchers over HTTP: the portal shows them, a partner who is a merchant takes them; svc-reward decides."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path

from carillon.reward.v1 import voucher_pb2
from carillon_chassis.client import invoke
from carillon_chassis.identity import current_identity
from carillon_gateway.http.guard import CallDep, GuardedRoute
from carillon_gateway.http.models.shapes import Msisdn
from carillon_gateway.http.models.vouchers import RedeemVoucher, ShownVoucher, Voucher, Vouchers, render_voucher
from carillon_gateway.http.numbers import normalise_msisdn
from carillon_gateway.http.paging import DEFAULT_PAGE_SIZE, PageSize, PageToken

router = APIRouter(prefix="/api/v1", tags=["prizes"], route_class=GuardedRoute)


@router.get("/subscribers/{msisdn}/vouchers", summary="List a subscriber's vouchers")
async def list_vouchers(
    msisdn: Annotated[Msisdn, Path()],
    call: CallDep,
    page_size: PageSize = DEFAULT_PAGE_SIZE,
    page_token: PageToken = "",
) -> Vouchers:
    """All of them, without their codes. SUBSCRIBER_UNKNOWN answers 404."""
    subscriber_id = await call.peers.subscriber_id(normalise_msisdn(msisdn))
    request = voucher_pb2.ListVouchersRequest(subscriber_id=subscriber_id, page_size=page_size, page_token=page_token)
    answer = await invoke(call.peers.vouchers.ListVouchers, request)
    vouchers = [render_voucher(voucher) for voucher in answer.vouchers]
    return Vouchers(vouchers=vouchers, next_page_token=answer.next_page_token)


@router.post("/vouchers/{id}/show", summary="Show a voucher's code")
async def show_voucher(id: UUID, call: CallDep) -> ShownVoucher:  # noqa: A002 -- the name of the others
    """The code and its bar code, for the subscriber's screen.

    VOUCHER_UNKNOWN answers 404; VOUCHER_REDEEMED, VOUCHER_EXPIRED and VOUCHER_STATE answer 409.
    """
    request = voucher_pb2.ShowVoucherRequest(request_id=call.request_id, id=str(id))
    answer = await invoke(call.peers.vouchers.ShowVoucher, request)
    return ShownVoucher(voucher=render_voucher(answer.voucher), code=answer.code, bar_code=list(answer.bar_code))


@router.post("/voucher-redemptions", status_code=201, summary="Take a voucher at a merchant")
async def redeem_voucher(body: RedeemVoucher, call: CallDep) -> Voucher:
    """The calling partner is the merchant; a voucher is good once.

    VOUCHER_REDEEMED answers 409 with the first one's time, so does VOUCHER_EXPIRED with its end.
    """
    request = voucher_pb2.RedeemVoucherRequest(
        request_id=call.request_id, code=body.code, merchant=current_identity().subject
    )
    return render_voucher((await invoke(call.peers.vouchers.RedeemVoucher, request)).voucher)
