"""Settlement runs over HTTP, from gathering to the pay-out file; svc-reward sees to the four eyes."""

from uuid import UUID

from fastapi import APIRouter, Response

from carillon.reward.v1 import settlement_pb2
from carillon_chassis.client import invoke, invoke_stream
from carillon_gateway.http.guard import CallDep, GuardedRoute
from carillon_gateway.http.models.settlements import CreateSettlement, Settlement, render_settlement

router = APIRouter(prefix="/api/v1/settlements", tags=["settlements"], route_class=GuardedRoute)

# A run gathers every line that is due; a million take most of a minute.
TIMEOUT_SECONDS = 120.0


@router.post("", status_code=201, summary="Gather a settlement run")
async def create_settlement(body: CreateSettlement, call: CallDep, response: Response) -> Settlement:
    """What an earlier run took is not in it; SETTLEMENT_EMPTY answers 409 when nothing is left."""
    request = settlement_pb2.CreateSettlementRequest(
        request_id=call.request_id, period=body.period, minimum_fen=body.minimum.amount_fen
    )
    answer = await invoke(call.peers.settlements.CreateSettlement, request, timeout_seconds=TIMEOUT_SECONDS)
    response.headers["location"] = f"/api/v1/settlements/{answer.settlement.id}"
    return render_settlement(answer.settlement)


@router.get("/{id}", summary="Look at a settlement run")
async def get_settlement(id: UUID, call: CallDep) -> Settlement:  # noqa: A002 -- the contract's name
    """Its amounts, its people and its file's hash."""
    answer = await invoke(call.peers.settlements.GetSettlement, settlement_pb2.GetSettlementRequest(id=str(id)))
    return render_settlement(answer.settlement)


@router.post("/{id}/approve", summary="Approve a settlement run")
async def approve_settlement(id: UUID, call: CallDep) -> Settlement:  # noqa: A002 -- the contract's name
    """By another person than its maker: MAKER_IS_CHECKER answers 403. From then on it is payable."""
    request = settlement_pb2.ApproveSettlementRequest(request_id=call.request_id, id=str(id))
    answer = await invoke(call.peers.settlements.ApproveSettlement, request, timeout_seconds=TIMEOUT_SECONDS)
    return render_settlement(answer.settlement)


@router.post("/{id}/reject", summary="Reject a settlement run")
async def reject_settlement(id: UUID, call: CallDep) -> Settlement:  # noqa: A002 -- the contract's name
    """Its lines are there for a later run."""
    request = settlement_pb2.RejectSettlementRequest(request_id=call.request_id, id=str(id))
    answer = await invoke(call.peers.settlements.RejectSettlement, request, timeout_seconds=TIMEOUT_SECONDS)
    return render_settlement(answer.settlement)


@router.post("/{id}/pay", summary="Say that the bank has paid a settlement run")
async def pay_settlement(id: UUID, call: CallDep) -> Settlement:  # noqa: A002 -- the contract's name
    """Once; a second payment is refused with SETTLEMENT_STATE."""
    request = settlement_pb2.PaySettlementRequest(request_id=call.request_id, id=str(id))
    answer = await invoke(call.peers.settlements.PaySettlement, request, timeout_seconds=TIMEOUT_SECONDS)
    return render_settlement(answer.settlement)


@router.get(
    "/{id}/file",
    summary="Take an approved run's pay-out file",
    response_class=Response,
    responses={200: {"content": {"text/csv": {"schema": {"type": "string"}}}}},
)
async def get_settlement_file(id: UUID, call: CallDep) -> Response:  # noqa: A002 -- the contract's name
    """CSV, the same bytes every time; their SHA-256 is the run's ``file_sha256``."""
    request = settlement_pb2.StreamSettlementFileRequest(id=str(id))
    stream = invoke_stream(call.peers.settlements.StreamSettlementFile, request, timeout_seconds=TIMEOUT_SECONDS)
    content = b"".join([response.piece async for response in stream])
    disposition = f'attachment; filename="settlement-{id}.csv"'
    return Response(content, media_type="text/csv", headers={"content-disposition": disposition})
