"""Takes a given reward back where that can still be done; it must not leave half of it given."""

from uuid import UUID

from carillon.reward.v1 import facts_pb2
from carillon_chassis.database import UnitOfWork
from carillon_chassis.errors import StateRefused
from carillon_chassis.outbox import tell
from svc_reward.app.end_redemption import cancel_redemption
from svc_reward.app.give_reward import transfer_id_of
from svc_reward.app.reverse_transfer import reverse_transfer
from svc_reward.app.reward_means import RewardMeans
from svc_reward.domain.reward import RewardKind
from svc_reward.domain.reward_grant import RewardGrant

WHY = "the order was taken back"


async def take_back_reward(unit: UnitOfWork, grant: RewardGrant, *, means: RewardMeans) -> None:
    """Undoes what ``give_reward`` did.

    Raises a DomainError with nothing changed: INSUFFICIENT_FUNDS when the points are spent, REDEMPTION_STATE or
    VOUCHER_REDEEMED when the prize was handed over, ENTRY_STAYS for a draw, whose entrants nobody may take out.
    """
    reward, owner = grant.rewards[grant.chosen or 0], grant.occasion.owner
    async with unit.connection.begin_nested():
        match reward.kind:
            case RewardKind.CURRENCY:
                await reverse_transfer(unit, transfer_id=transfer_id_of(grant.id), reason=WHY, clock=means.clock)
            case RewardKind.BENEFIT:
                taken = facts_pb2.BenefitTakenBack(
                    grant_id=str(grant.id),
                    owner_kind=owner.kind,
                    owner=owner.id,
                    unit=reward.unit,
                    amount=reward.amount,
                )
                await tell(unit, taken, occurred_at=means.clock.now())
            case RewardKind.DRAW_ENTRY:
                raise StateRefused(reason="ENTRY_STAYS", field="id", detail="an entry of a draw is never taken out")
            case RewardKind.PRIZE:
                await cancel_redemption(unit, UUID(grant.reference), clock=means.clock)
                await reverse_transfer(unit, transfer_id=transfer_id_of(grant.id), reason=WHY, clock=means.clock)
