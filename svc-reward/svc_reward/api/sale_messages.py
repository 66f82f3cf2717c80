"""Turns protobuf into sales and claims and back, one function each way; it must not decide anything."""

from collections.abc import Sequence
from uuid import UUID

from carillon.reward.v1 import sale_pb2
from svc_reward.api.prize_messages import parse_time, render_time
from svc_reward.domain.claim import Claim, ClaimState
from svc_reward.domain.claiming import Attempt, ClaimOutcome
from svc_reward.domain.sale import Sale

_STATE_VALUES = {
    ClaimState.HELD: sale_pb2.CLAIM_STATE_HELD,
    ClaimState.PAID: sale_pb2.CLAIM_STATE_PAID,
    ClaimState.RELEASED: sale_pb2.CLAIM_STATE_RELEASED,
}


def parse_sale(message: sale_pb2.Sale, *, sale_id: UUID) -> Sale:
    """Raises InvalidInput SALE_INVALID or CURRENCY_UNKNOWN."""
    return Sale(
        id=sale_id,
        name=message.name,
        opens_at=parse_time(message.opens_at),
        closes_at=parse_time(message.closes_at),
        hold_seconds=message.hold_seconds,
        currency=message.currency,
        price=message.price,
    )


def render_sale(sale: Sale) -> sale_pb2.Sale:
    """The sale without its stock."""
    return sale_pb2.Sale(
        name=sale.name,
        opens_at=render_time(sale.opens_at),
        closes_at=render_time(sale.closes_at),
        hold_seconds=sale.hold_seconds,
        currency=sale.currency,
        price=sale.price,
    )


def parse_attempts(messages: Sequence[sale_pb2.Attempt]) -> list[Attempt]:
    """The attempts in their order."""
    return [Attempt(message.request_id, UUID(message.sale_id), message.subscriber_id) for message in messages]


def render_outcomes(outcomes: Sequence[ClaimOutcome]) -> sale_pb2.ClaimResponse:
    """The answer to a crowd."""
    return sale_pb2.ClaimResponse(
        outcomes=[
            sale_pb2.ClaimOutcome(outcome=outcome.result, claim_id=str(outcome.claim_id) if outcome.claim_id else "")
            for outcome in outcomes
        ]
    )


def render_claim(claim: Claim) -> sale_pb2.SaleClaim:
    """A claim as it stands."""
    return sale_pb2.SaleClaim(
        id=str(claim.id),
        sale_id=str(claim.sale_id),
        subscriber_id=claim.subscriber_id,
        state=_STATE_VALUES[claim.state],
        claimed_at=render_time(claim.claimed_at),
        hold_until=render_time(claim.hold_until),
        ended_at=render_time(claim.ended_at) if claim.ended_at else None,
        reference=claim.reference,
    )
