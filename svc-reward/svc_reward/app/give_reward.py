"""Gives one reward of any kind inside the caller's transaction; it must not leave half of one behind (RWD-04, RWD-23)."""

from dataclasses import replace
from uuid import UUID

from carillon.reward.v1 import facts_pb2
from carillon_chassis.database import UnitOfWork
from carillon_chassis.errors import StateRefused
from carillon_chassis.identity import Identity
from carillon_chassis.outbox import tell
from svc_reward.app.add_draw_entries import add_draw_entries
from svc_reward.app.draw_access import found
from svc_reward.app.end_lives import require_living
from svc_reward.app.get_prize import require_prize
from svc_reward.app.pay_from_budget import pay_from_budget
from svc_reward.app.redeem_prize import redeem_prize
from svc_reward.app.reward_means import RewardMeans
from svc_reward.domain.account import AccountKind
from svc_reward.domain.reward import Reward, RewardKind
from svc_reward.domain.reward_owner import RewardOwner
from svc_reward.domain.validity import Validity
from svc_reward.store.draws import share_draw

# Enters subscribers for what they have done, as other services do.
GIVER = Identity(subject="service:reward")


async def give_reward(
    unit: UnitOfWork, reward: Reward, *, owner: RewardOwner, grant_id: UUID, means: RewardMeans
) -> str:
    """What it became: the id of a transfer, a redemption or a draw; empty for a benefit, which others hand over.

    Points are the transfer ``grant:<grant>``, tickets have the source key ``grant:<grant>#<n>``: the same grant gives
    once. Raises a DomainError with nothing of it booked: INSUFFICIENT_FUNDS or ACCOUNT_UNKNOWN for a budget that can't
    pay, OUT_OF_STOCK, PRIZE_UNKNOWN, PRIZE_NOT_VALID, DRAW_UNKNOWN, DRAW_NOT_OPEN, DRAW_CLOSED, DRAW_SELLS_TICKETS,
    NOT_ELIGIBLE, REWARD_NOT_FOR_OWNER, LIFE_ENDED.
    """
    reward.check_for(owner.kind)
    if owner.kind is AccountKind.SUBSCRIBER:
        await require_living(unit, owner.subscriber_id)
    async with unit.connection.begin_nested():
        match reward.kind:
            case RewardKind.CURRENCY:
                return await _pay(unit, reward, owner, grant_id, means)
            case RewardKind.BENEFIT:
                return await _tell_benefit(unit, reward, owner, grant_id, means)
            case RewardKind.DRAW_ENTRY:
                return await _enter(unit, reward, owner, grant_id, means)
            case RewardKind.PRIZE:
                return await _redeem(unit, reward, owner, grant_id, means)


async def _pay(unit: UnitOfWork, reward: Reward, owner: RewardOwner, grant_id: UUID, means: RewardMeans) -> str:
    payment = reward.payment(transfer_id_of(grant_id), owner)
    expires_at = Validity(rule=reward.validity).ends(means.clock.now(), means.zone)
    await pay_from_budget(unit, [replace(payment, expires_at=expires_at)], field="reward", clock=means.clock)
    return payment.transfer_id


async def _tell_benefit(
    unit: UnitOfWork, reward: Reward, owner: RewardOwner, grant_id: UUID, means: RewardMeans
) -> str:
    """Who runs the service that the benefit is for hears of it, and hands it over (RWD-38)."""
    granted = facts_pb2.BenefitGranted(
        grant_id=str(grant_id), owner_kind=owner.kind, owner=owner.id, unit=reward.unit, amount=reward.amount
    )
    await tell(unit, granted, occurred_at=means.clock.now())
    return ""


async def _enter(unit: UnitOfWork, reward: Reward, owner: RewardOwner, grant_id: UUID, means: RewardMeans) -> str:
    draw = found(await share_draw(unit, reward.draw_id))
    if draw.rule.ticket_price is not None:
        # A void draw gives back what its tickets cost, which nobody has paid for this one.
        raise StateRefused(
            reason="DRAW_SELLS_TICKETS",
            field="draw_id",
            detail="this draw sells its tickets, so none can be given away; give the points that one costs",
        )
    entries = reward.tickets(transfer_id_of(grant_id), owner.subscriber_id)
    await add_draw_entries(unit, reward.draw_id, entries, subscribed_month="", actor=GIVER, clock=means.clock)
    return reward.draw_id


async def _redeem(unit: UnitOfWork, reward: Reward, owner: RewardOwner, grant_id: UUID, means: RewardMeans) -> str:
    """Who may have it the grant has decided, so the prize's own tier is not asked for."""
    prize = await require_prize(unit, reward.prize, field="prize")
    money = reward.prize_money(transfer_id_of(grant_id), owner, prize)
    await pay_from_budget(unit, [money], field="reward", clock=means.clock)
    redemption = await redeem_prize(
        unit,
        subscriber_id=owner.subscriber_id,
        code=prize.code,
        quantity=reward.amount,
        tier=prize.lowest_tier,
        clock=means.clock,
        ids=means.ids,
        random_bytes=means.random_bytes,
    )
    return str(redemption.id)


def transfer_id_of(grant_id: UUID) -> str:
    """The transfer that pays a grant."""
    return f"grant:{grant_id}"
