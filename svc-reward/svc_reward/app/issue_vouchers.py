"""Issues the vouchers of a redemption; their codes come from randomness that the caller brings."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

from carillon_chassis.database import UnitOfWork
from svc_reward.domain.bar_code import CODE_BYTES, make_code
from svc_reward.domain.prize import Prize, PrizeKind
from svc_reward.domain.redemption import Redemption
from svc_reward.domain.voucher import Voucher, VoucherState
from svc_reward.store.vouchers import add_vouchers


async def issue_vouchers(
    unit: UnitOfWork,
    prize: Prize,
    redemption: Redemption,
    *,
    ids: Callable[[], UUID],
    random_bytes: Callable[[int], bytes],
) -> None:
    """One voucher a piece, where the prize is a voucher; other prizes get none."""
    if prize.kind is not PrizeKind.VOUCHER:
        return
    vouchers = [
        Voucher(
            id=ids(),
            code=make_code(random_bytes(CODE_BYTES)),
            redemption_id=redemption.id,
            prize=prize.code,
            state=VoucherState.ISSUED,
            issued_at=redemption.booked_at,
            expires_at=redemption.booked_at + timedelta(days=prize.voucher_days),
        )
        for _ in range(redemption.quantity)
    ]
    await add_vouchers(unit, vouchers, subscriber_id=redemption.subscriber_id)
