"""Shows a sale with its stock, and a claim on one; it must not change them."""

from uuid import UUID

from carillon_chassis.database import UnitOfWork
from carillon_chassis.errors import NotFound
from svc_reward.domain.claim import Claim
from svc_reward.domain.sale import Sale
from svc_reward.domain.stock import Stock, sale_pool
from svc_reward.store.sale_claims import find_claim
from svc_reward.store.sales import find_sale
from svc_reward.store.stock import read_stock


async def get_sale(unit: UnitOfWork, sale_id: UUID) -> tuple[Sale, Stock]:
    """Raises NotFound SALE_UNKNOWN."""
    sale = await find_sale(unit, sale_id)
    if sale is None:
        raise NotFound(reason="SALE_UNKNOWN", field="id", detail="there is no such sale")
    return sale, await read_stock(unit, sale_pool(sale_id))


async def require_claim(unit: UnitOfWork, claim_id: UUID, *, lock: bool = False) -> Claim:
    """The claim, held until the transaction ends with ``lock``. Raises NotFound CLAIM_UNKNOWN."""
    claim = await find_claim(unit, claim_id, lock=lock)
    if claim is None:
        raise NotFound(reason="CLAIM_UNKNOWN", field="claim_id", detail="there is no such claim")
    return claim
