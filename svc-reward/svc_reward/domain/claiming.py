"""Decides which of many attempts on flash sales get a piece; it must not know that others decide at the same time."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from svc_reward.domain.claim import Claim, ClaimState
from svc_reward.domain.sale import Sale

CLAIMED = "CLAIMED"
ALREADY_CLAIMED = "ALREADY_CLAIMED"
SOLD_OUT = "SOLD_OUT"
SALE_NOT_OPEN = "SALE_NOT_OPEN"
SALE_CLOSED = "SALE_CLOSED"
SALE_UNKNOWN = "SALE_UNKNOWN"
IDEMPOTENCY_CONFLICT = "IDEMPOTENCY_CONFLICT"


class Attempt(NamedTuple):
    """Somebody wants a piece. A tuple, since thousands come a second."""

    request_id: str
    sale_id: UUID
    subscriber_id: int


class ClaimOutcome(NamedTuple):
    """What became of an attempt; with CLAIMED or ALREADY_CLAIMED the claim that stands."""

    result: str
    claim_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenSale:
    """A sale that is locked, and what can still be promised of it."""

    sale: Sale
    available: int


class Standing(NamedTuple):
    """A claim that is held or paid, found by its person or by its request."""

    claim_id: UUID
    sale_id: UUID
    subscriber_id: int
    request_id: str


@dataclass(slots=True, kw_only=True)
class ClaimDecision:
    """Outcomes in the order of the attempts, the new claims, and how many pieces of each sale they take."""

    outcomes: list[ClaimOutcome] = field(default_factory=list)
    claims: list[Claim] = field(default_factory=list)
    taken: dict[UUID, int] = field(default_factory=dict)


def decide_claims(
    attempts: Sequence[Attempt],
    *,
    sales: Mapping[UUID, OpenSale],
    standing: Iterable[Standing],
    ids: Iterator[UUID],
    now: datetime,
) -> ClaimDecision:
    """Goes through the attempts in their order: first come, first served, one piece a person.

    ``standing`` are all claims of these persons on these sales, and all with these request ids, that are held or paid;
    ``ids`` new ones without end.
    """
    decision = ClaimDecision()
    by_person: dict[tuple[UUID, int], Standing] = {}
    by_request: dict[str, Standing] = {}
    for one in standing:
        by_person[one.sale_id, one.subscriber_id] = one
        by_request[one.request_id] = one
    for attempt in attempts:
        outcome = _repeated(attempt, by_person, by_request) or _refused(attempt, sales, decision, now)
        if outcome is None:
            sale = sales[attempt.sale_id].sale
            claim = Claim(
                id=next(ids),
                sale_id=sale.id,
                subscriber_id=attempt.subscriber_id,
                request_id=attempt.request_id,
                state=ClaimState.HELD,
                claimed_at=now,
                hold_until=now + sale.hold,
            )
            made = Standing(claim.id, sale.id, attempt.subscriber_id, attempt.request_id)
            by_person[sale.id, attempt.subscriber_id] = by_request[attempt.request_id] = made
            decision.claims.append(claim)
            decision.taken[sale.id] = decision.taken.get(sale.id, 0) + 1
            outcome = ClaimOutcome(CLAIMED, claim.id)
        decision.outcomes.append(outcome)
    return decision


def _repeated(
    attempt: Attempt, by_person: Mapping[tuple[UUID, int], Standing], by_request: Mapping[str, Standing]
) -> ClaimOutcome | None:
    """The first answer again, or why this is not the first attempt."""
    same = by_request.get(attempt.request_id)
    if same is not None:
        if (same.sale_id, same.subscriber_id) == (attempt.sale_id, attempt.subscriber_id):
            return ClaimOutcome(CLAIMED, same.claim_id)
        return ClaimOutcome(IDEMPOTENCY_CONFLICT)
    first = by_person.get((attempt.sale_id, attempt.subscriber_id))
    return ClaimOutcome(ALREADY_CLAIMED, first.claim_id) if first is not None else None


def _refused(
    attempt: Attempt, sales: Mapping[UUID, OpenSale], decision: ClaimDecision, now: datetime
) -> ClaimOutcome | None:
    found = sales.get(attempt.sale_id)
    if found is None:
        return ClaimOutcome(SALE_UNKNOWN)
    if now < found.sale.opens_at:
        return ClaimOutcome(SALE_NOT_OPEN)
    if now >= found.sale.closes_at:
        return ClaimOutcome(SALE_CLOSED)
    if decision.taken.get(attempt.sale_id, 0) >= found.available:
        return ClaimOutcome(SOLD_OUT)
    return None
