"""A stand-in for svc-reward's flash sales that answers from memory; it must not be more than the edge's tests need."""

import uuid
from typing import Any

from carillon.reward.v1 import prize_pb2, sale_pb2, sale_pb2_grpc
from carillon_chassis.errors import NotFound, StateRefused
from carillon_gateway.testing.catalogue import PLACED_AT


class SalesStandIn(sale_pb2_grpc.SaleServiceServicer):
    """Sales that are always open."""

    def __init__(self) -> None:
        self._sales: dict[str, sale_pb2.GetSaleResponse] = {}
        self._claims: dict[str, sale_pb2.SaleClaim] = {}

    async def CreateSale(self, request: sale_pb2.CreateSaleRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """Keeps it."""
        sale_id, stock = str(uuid.uuid4()), prize_pb2.Stock(total=request.stock)
        self._sales[sale_id] = sale_pb2.GetSaleResponse(id=sale_id, sale=request.sale, stock=stock)
        return sale_pb2.CreateSaleResponse(id=sale_id, sale=request.sale, stock=stock)

    async def GetSale(self, request: sale_pb2.GetSaleRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """One of them."""
        if request.id not in self._sales:
            raise NotFound(reason="SALE_UNKNOWN", field="id", detail="there is no such sale")
        return self._sales[request.id]

    async def Claim(self, request: sale_pb2.ClaimRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """One a person, as long as there are any."""
        return sale_pb2.ClaimResponse(outcomes=[self._decide(attempt) for attempt in request.attempts])

    async def GetClaim(self, request: sale_pb2.GetClaimRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """One of them."""
        return sale_pb2.GetClaimResponse(claim=self._claim(request.id))

    async def Pay(self, request: sale_pb2.PayRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """Once."""
        claim = self._end(request.claim_id, sale_pb2.CLAIM_STATE_PAID)
        claim.reference = request.reference
        return sale_pb2.PayResponse(claim=claim)

    async def Release(self, request: sale_pb2.ReleaseRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """Once."""
        return sale_pb2.ReleaseResponse(claim=self._end(request.claim_id, sale_pb2.CLAIM_STATE_RELEASED))

    def _decide(self, attempt: sale_pb2.Attempt) -> sale_pb2.ClaimOutcome:
        sale = self._sales.get(attempt.sale_id)
        if sale is None:
            return sale_pb2.ClaimOutcome(outcome="SALE_UNKNOWN")
        for claim in self._claims.values():
            if (claim.sale_id, claim.subscriber_id) == (attempt.sale_id, attempt.subscriber_id):
                return sale_pb2.ClaimOutcome(outcome="ALREADY_CLAIMED", claim_id=claim.id)
        if sale.stock.reserved == sale.stock.total:
            return sale_pb2.ClaimOutcome(outcome="SOLD_OUT")
        sale.stock.reserved += 1
        claim = sale_pb2.SaleClaim(
            id=str(uuid.uuid4()),
            sale_id=attempt.sale_id,
            subscriber_id=attempt.subscriber_id,
            state=sale_pb2.CLAIM_STATE_HELD,
            claimed_at=PLACED_AT,
            hold_until=PLACED_AT,
        )
        self._claims[claim.id] = claim
        return sale_pb2.ClaimOutcome(outcome="CLAIMED", claim_id=claim.id)

    def _claim(self, claim_id: str) -> sale_pb2.SaleClaim:
        if claim_id not in self._claims:
            raise NotFound(reason="CLAIM_UNKNOWN", field="claim_id", detail="there is no such claim")
        return self._claims[claim_id]

    def _end(self, claim_id: str, state: sale_pb2.ClaimState.ValueType) -> sale_pb2.SaleClaim:
        claim = self._claim(claim_id)
        if claim.state != sale_pb2.CLAIM_STATE_HELD:
            raise StateRefused(reason="CLAIM_STATE", field="claim_id", detail="it has ended")
        claim.state = state
        claim.ended_at.CopyFrom(PLACED_AT)
        return claim
