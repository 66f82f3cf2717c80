"""Finds what commission an order earned; it must not price it."""

from dataclasses import dataclass

from carillon_chassis.database import UnitOfWork
from svc_reward.domain.commission_matrix import CommissionKind
from svc_reward.store.commission_events import order_event_id

FIND = "SELECT affiliate_id, kind, outcome, commission_fen FROM commission_event WHERE id = $1"


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderCommission:
    """Who brought the order and what it earned them; ``outcome`` is empty while it is not priced."""

    affiliate_id: str
    kind: CommissionKind
    outcome: str
    commission_fen: int


async def find_order_commission(unit: UnitOfWork, order_id: str) -> OrderCommission | None:
    """None where no affiliate brought the order."""
    row = await unit.driver.fetchrow(FIND, order_event_id(order_id))
    return None if row is None else OrderCommission(**(dict(row) | {"kind": CommissionKind(row["kind"])}))
