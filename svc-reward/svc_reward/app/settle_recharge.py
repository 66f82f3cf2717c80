"""Books what a recharge system has answered (RWD-02), once however often it is told; it must not ask it."""

from carillon_chassis.clock import Clock
from carillon_chassis.database import UnitOfWork
from svc_reward.app.book_transfers import book_transfers
from svc_reward.app.complete_fulfilment import redemption_of
from svc_reward.app.end_redemption import fulfil_redemption
from svc_reward.app.get_redemption import require_redemption
from svc_reward.domain.fulfilment import MAX_REASON_LENGTH, MAX_REFERENCE_LENGTH, Fulfilment, FulfilmentState, Step
from svc_reward.domain.fulfilment_booking import book_paid, book_refused
from svc_reward.domain.recharge import RechargeAnswer, RechargeTask, Verdict
from svc_reward.domain.redemption import RedemptionState
from svc_reward.store.fulfilments import find_item, save_item
from svc_reward.store.recharge_orders import end_order, postpone_order

# Who is written into the history where no person did it.
RECHARGE = "recharge"


async def settle_recharge(unit: UnitOfWork, task: RechargeTask, answer: RechargeAnswer, *, clock: Clock) -> None:
    """Paid or refused for good, the item ends; anything else leaves it ``paying`` until it is taken up again."""
    item = await find_item(unit, task.item_id, for_change=True)
    if item is None or item.state is not FulfilmentState.PAYING or item.attempt != task.attempt:
        # Another worker, whose lease was not over, was faster.
        return
    now = clock.now()
    if answer.verdict is Verdict.PAID:
        await _pay(unit, item, answer.reference or task.key, clock=clock)
    elif answer.verdict is Verdict.REFUSED:
        reason = printable(answer.reason or "REFUSED", MAX_REASON_LENGTH)
        refused = item.refuse(reason=reason, at=now)
        await save_item(unit, refused, step=Step.REFUSE, by=RECHARGE, note=reason)
        await end_order(unit, item, at=now)
        await book_transfers(unit, [book_refused(item)], clock=clock)
    else:
        problem = printable(answer.reason, MAX_REASON_LENGTH)
        await postpone_order(unit, task, until=now + task.retry_after, problem=problem)


async def _pay(unit: UnitOfWork, item: Fulfilment, reference: str, *, clock: Clock) -> None:
    reference = printable(reference, MAX_REFERENCE_LENGTH)
    paid = item.pay(reference=reference, at=clock.now())
    redemption_id = redemption_of(item)
    if redemption_id is not None:
        redemption = await require_redemption(unit, redemption_id, lock=True)
        # Somebody at a counter may have said so before.
        if redemption.state is RedemptionState.BOOKED:
            await fulfil_redemption(unit, redemption_id, clock=clock)
    await save_item(unit, paid, step=Step.PAY, by=RECHARGE, note=reference)
    await end_order(unit, item, at=clock.now())
    await book_transfers(unit, [book_paid(paid)], clock=clock)


def printable(text: str, longest: int) -> str:
    """What another system says, cut to what we keep of it."""
    return "".join(character for character in text if character.isprintable())[:longest] or "-"
