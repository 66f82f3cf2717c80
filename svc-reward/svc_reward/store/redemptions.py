"""Keeps redemptions and finds them; it must not decide what may become of one."""

from uuid import UUID

from carillon_chassis.database import UnitOfWork
from svc_reward.domain.redemption import Redemption, RedemptionState

ADD = """
INSERT INTO redemption (id, subscriber_id, prize, quantity, currency, price, state, booked_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
"""
END = "UPDATE redemption SET state = $2, ended_at = $3 WHERE id = $1"
FIND = """
SELECT id, subscriber_id, prize, quantity, currency, price, state, booked_at, ended_at FROM redemption WHERE id = $1
"""


async def add_redemption(unit: UnitOfWork, redemption: Redemption) -> None:
    """A new one."""
    await unit.driver.execute(
        ADD,
        redemption.id,
        redemption.subscriber_id,
        redemption.prize,
        redemption.quantity,
        redemption.currency,
        redemption.price,
        redemption.state,
        redemption.booked_at,
    )


async def end_redemption(unit: UnitOfWork, redemption: Redemption) -> None:
    """Writes how it ended; its row must be locked in this transaction."""
    await unit.driver.execute(END, redemption.id, redemption.state, redemption.ended_at)


async def find_redemption(unit: UnitOfWork, redemption_id: UUID, *, lock: bool = False) -> Redemption | None:
    """The redemption, held until the transaction ends with ``lock``."""
    row = await unit.driver.fetchrow(f"{FIND} FOR UPDATE" if lock else FIND, redemption_id)
    if row is None:
        return None
    return Redemption(**{**row, "id": UUID(str(row["id"])), "state": RedemptionState(row["state"])})
