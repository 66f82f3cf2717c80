"""Flash sales and their claims over HTTP; svc-reward keeps them."""

from uuid import UUID

from fastapi import APIRouter, Response

from carillon.reward.v1 import sale_pb2
from carillon_chassis.client import invoke
from carillon_gateway.http.guard import CallDep, GuardedRoute
from carillon_gateway.http.models.sales import (
    Claim,
    CreateSale,
    PayClaim,
    Sale,
    parse_sale,
    render_claim,
    render_sale,
)

router = APIRouter(prefix="/api/v1", tags=["activities"], route_class=GuardedRoute)


@router.post("/sales", status_code=201, summary="Announce a flash sale")
async def create_sale(body: CreateSale, call: CallDep, response: Response) -> Sale:
    """A sale that opens at its moment; entries are sent to /activities/{id}/entries."""
    request = sale_pb2.CreateSaleRequest(request_id=call.request_id, sale=parse_sale(body), stock=body.stock)
    answer = await invoke(call.peers.sales.CreateSale, request)
    response.headers["location"] = f"/api/v1/sales/{answer.id}"
    return render_sale(answer)


@router.get("/sales/{id}", summary="Look at a flash sale")
async def get_sale(id: UUID, call: CallDep) -> Sale:  # noqa: A002 -- the contract's name
    """The sale and what is left of it. SALE_UNKNOWN answers 404."""
    answer = await invoke(call.peers.sales.GetSale, sale_pb2.GetSaleRequest(id=str(id)))
    return render_sale(answer)


@router.get("/claims/{id}", summary="Look at a claim")
async def get_claim(id: UUID, call: CallDep) -> Claim:  # noqa: A002 -- the contract's name
    """The claim as it stands. CLAIM_UNKNOWN answers 404."""
    return render_claim((await invoke(call.peers.sales.GetClaim, sale_pb2.GetClaimRequest(id=str(id)))).claim)


@router.post("/claims/{id}/pay", summary="Pay a claim")
async def pay_claim(id: UUID, body: PayClaim, call: CallDep) -> Claim:  # noqa: A002 -- the contract's name
    """Books the points, or notes a payment made elsewhere.

    CLAIM_LAPSED, CLAIM_STATE and INSUFFICIENT_POINTS answer 409, REFERENCE_MISSING 422.
    """
    request = sale_pb2.PayRequest(request_id=call.request_id, claim_id=str(id), reference=body.reference or "")
    return render_claim((await invoke(call.peers.sales.Pay, request)).claim)


@router.post("/claims/{id}/release", summary="Give a claim back")
async def release_claim(id: UUID, call: CallDep) -> Claim:  # noqa: A002 -- the contract's name
    """The piece is the stock's again. CLAIM_STATE answers 409."""
    request = sale_pb2.ReleaseRequest(request_id=call.request_id, claim_id=str(id))
    return render_claim((await invoke(call.peers.sales.Release, request)).claim)
