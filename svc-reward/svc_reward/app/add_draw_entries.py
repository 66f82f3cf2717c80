"""Adds tickets to an open draw; an entry is in the frozen root or it is refused, never neither nor both."""

from collections.abc import Sequence

from carillon_chassis.clock import Clock
from carillon_chassis.database import UnitOfWork
from carillon_chassis.errors import LimitExceeded, StateRefused
from carillon_chassis.identity import Identity
from svc_reward.app.draw_access import found, require_entering
from svc_reward.app.end_lives import require_living
from svc_reward.app.post_transfers import post_transfers
from svc_reward.domain.account import redeemed_account
from svc_reward.domain.draw_entrant import Entry
from svc_reward.domain.draw_ticket import ticket_payment
from svc_reward.domain.transfer import Transfer
from svc_reward.store.accounts import open_accounts
from svc_reward.store.draw_entries import add_entries
from svc_reward.store.draws import share_draw

# What a ticket costs is booked in this transaction; more at once would hold the redeemed account for long.
MAX_TICKETS = 1000


async def add_draw_entries(
    unit: UnitOfWork, draw_id: str, entries: Sequence[Entry], *, subscribed_month: str, actor: Identity, clock: Clock
) -> int:
    """How many tickets were new (RWD-05, RWD-07, RWD-08). All are added or none.

    Raises StateRefused DRAW_NOT_OPEN, DRAW_CLOSED, NOT_ELIGIBLE unless the entrants were subscribed in the month that
    the rule asks for (RWD-09), LIFE_ENDED for a number that was given back or ported away, or INSUFFICIENT_POINTS where
    tickets cost points (RWD-05).
    """
    draw = found(await share_draw(unit, draw_id))
    require_entering(draw, actor)
    # After the lock: who waited for the freeze sees that it is over.
    now = clock.now()
    draw.require_entries(at=now)
    eligibility = draw.rule.eligibility
    if eligibility is not None and not eligibility.admits(subscribed_month):
        raise StateRefused(
            reason="NOT_ELIGIBLE",
            field="subscribed_month",
            detail=f"who enters was subscribed to {eligibility.service} in {eligibility.required_month};"
            f" the entries say {subscribed_month or 'nothing'}",
        )
    await require_living(unit, *{entry.subscriber_id for entry in entries})
    added = await add_entries(unit, draw_id, entries, now=now)
    price = draw.rule.ticket_price
    if price is not None and added:
        await _pay(unit, [ticket_payment(draw_id, entry, price) for entry in added], price.currency, clock)
    return len(added)


async def _pay(unit: UnitOfWork, payments: Sequence[Transfer], currency: str, clock: Clock) -> None:
    """Books what the tickets cost. Raises StateRefused INSUFFICIENT_POINTS; the whole transaction goes with it."""
    await open_accounts(unit, [redeemed_account(currency)], now=clock.now())
    # One hold of the accounts for all: a later batch could ask for an account that a rival holds and waits for ours.
    if len(payments) > MAX_TICKETS:
        raise LimitExceeded(
            reason="TOO_MANY_TICKETS", field="entries", detail=f"at most {MAX_TICKETS} tickets are bought at once"
        )
    for outcome in await post_transfers(unit, payments, clock=clock):
        if not outcome.stands:
            raise StateRefused(
                reason="INSUFFICIENT_POINTS",
                field="entries",
                detail=f"a subscriber has too few {currency} for a ticket; no ticket of this call was added",
                metadata={"currency": currency},
            )
