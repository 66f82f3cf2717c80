"""Points that come back keep the ends they had: by reversal of a payment, of a credit, and by a cancelled redemption."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import asyncpg
import pytest

from carillon_chassis.clock import FixedClock
from carillon_chassis.database import Database
from svc_reward.app.post_transfers import post_transfers
from svc_reward.app.reverse_transfer import reverse_transfer
from svc_reward.domain.account import expired_account, issuance_account, redeemed_account, subscriber_account
from svc_reward.domain.transfer import Leg, Transfer, move
from svc_reward.store.accounts import lock_standings, open_accounts
from svc_reward.store.soundness import find_unsound

from .conftest import NOON

ISSUED, REDEEMED, EXPIRED = issuance_account("seeds"), redeemed_account("seeds"), expired_account("seeds")
PERSON = subscriber_account(7, "seeds")
DAY = timedelta(days=1)


def credit(transfer_id: str, amount: int, days: int | None) -> Transfer:
    legs = (Leg(account=ISSUED, amount=-amount), Leg(account=PERSON, amount=amount))
    expires_at = None if days is None else NOON + days * DAY
    return Transfer(transfer_id=transfer_id, legs=legs, reason="test", expires_at=expires_at)


def spend(transfer_id: str, amount: int) -> Transfer:
    return move(transfer_id, source=PERSON, target=REDEEMED, amount=amount, reason="test")


async def post(ledger: Database, clock: FixedClock, *transfers: Transfer) -> None:
    async with ledger.unit_of_work() as unit:
        await open_accounts(unit, [ISSUED, REDEEMED, PERSON], now=NOON)
        assert all(outcome.stands for outcome in await post_transfers(unit, transfers, clock=clock))


async def undo(ledger: Database, clock: FixedClock, transfer_id: str) -> None:
    async with ledger.unit_of_work() as unit:
        await reverse_transfer(unit, transfer_id=transfer_id, reason="a mistake", clock=clock)


async def open_lots(ledger: Database) -> Sequence[tuple[int, int]]:
    """What is left of each lot, and the day of its end, in the order of the ends."""
    async with ledger.read() as unit:
        assert await find_unsound(unit) is None
        rows = await unit.driver.fetch("SELECT remaining, expires_at FROM lot WHERE remaining > 0 ORDER BY expires_at")
    return [(remaining, _day(expires_at)) for remaining, expires_at in rows]


def _day(moment: datetime) -> int:
    return (moment - NOON) // DAY


async def amount(ledger: Database) -> int:
    async with ledger.unit_of_work() as unit:
        balance: int = (await lock_standings(unit, [PERSON]))[PERSON].balance
    return balance


async def test_a_reversed_payment_gives_back_each_lot_with_its_own_end(ledger: Database, clock: FixedClock) -> None:
    await post(ledger, clock, credit("a", 4, 1), credit("b", 4, 2), credit("c", 4, None))
    await post(ledger, clock, spend("all", 10))
    assert await open_lots(ledger) == []
    await undo(ledger, clock, "all")
    assert await open_lots(ledger) == [(4, 1), (4, 2)]
    assert await amount(ledger) == 12


async def test_what_ended_meanwhile_expires_in_the_same_transaction(ledger: Database, clock: FixedClock) -> None:
    await post(ledger, clock, credit("a", 4, 1), credit("b", 4, 3), spend("all", 7))
    clock.at += 2 * DAY
    await undo(ledger, clock, "all")
    assert await open_lots(ledger) == [(1, 3), (3, 3)]
    assert await amount(ledger) == 4
    async with ledger.unit_of_work() as unit:
        assert (await lock_standings(unit, [EXPIRED]))[EXPIRED].balance == 4


async def test_points_that_came_back_expire_though_their_first_lot_expired_before(
    ledger: Database, clock: FixedClock
) -> None:
    """Each lot expires once by its own transfer, so what comes back is a lot of its own."""
    await post(ledger, clock, credit("a", 4, 1), spend("some", 3))
    clock.at += 2 * DAY
    async with ledger.unit_of_work() as unit:
        await open_accounts(unit, [EXPIRED], now=NOON)
        lot = await unit.driver.fetchval("SELECT id FROM lot")
        taken = move(f"expire:{lot}", source=PERSON, target=EXPIRED, amount=1, reason="expired")
        assert (await post_transfers(unit, [taken], clock=clock))[0].stands
    await undo(ledger, clock, "some")
    assert (await amount(ledger), await open_lots(ledger)) == (0, [])


async def test_a_reversed_credit_takes_the_very_lot_that_it_made(ledger: Database, clock: FixedClock) -> None:
    await post(ledger, clock, credit("soon", 4, 1), credit("wrong", 4, 5))
    await undo(ledger, clock, "wrong")
    assert await open_lots(ledger) == [(4, 1)]


async def test_a_reversed_credit_that_was_partly_spent_takes_the_rest_where_payments_would(
    ledger: Database, clock: FixedClock
) -> None:
    await post(ledger, clock, credit("wrong", 4, 1), credit("late", 4, 9), spend("some", 3), credit("ever", 2, None))
    await undo(ledger, clock, "wrong")
    assert await open_lots(ledger) == [(1, 9)]
    assert await amount(ledger) == 3


async def test_what_a_payment_took_is_history_too(ledger: Database, owned: Database, clock: FixedClock) -> None:
    await post(ledger, clock, credit("a", 4, 1), spend("some", 3))
    for database, error in ((ledger, asyncpg.InsufficientPrivilegeError), (owned, asyncpg.RestrictViolationError)):
        with pytest.raises(error):
            async with database.unit_of_work() as unit:
                await unit.driver.execute("UPDATE lot_use SET amount = 1")
