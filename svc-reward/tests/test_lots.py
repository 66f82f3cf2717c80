"""Points that expire, on real PostgreSQL: first-expiring-first, taken back once, and never while they are held."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from carillon_chassis.clock import FixedClock, SystemClock
from carillon_chassis.database import Database
from svc_reward.app.expire_lots import BEGINNING, Place, expire_lots
from svc_reward.app.post_transfers import post_transfers
from svc_reward.app.reserve_hold import reserve_hold
from svc_reward.app.void_hold import void_hold
from svc_reward.domain.account import (
    AccountName,
    expired_account,
    issuance_account,
    redeemed_account,
    subscriber_account,
)
from svc_reward.domain.hold import Hold
from svc_reward.domain.transfer import Leg, Transfer, move
from svc_reward.store.accounts import lock_standings, open_accounts
from svc_reward.store.soundness import find_unsound

from .client import ISSUANCE, Client, subscriber, transfer
from .conftest import NOON

# The long form is 10,000 sequences.
SEQUENCES = int(os.environ.get("CARILLON_TEST_SEQUENCES", "60"))
# The whole ledger of all sequences so far is looked over after so many of them.
SOUND_EVERY = 20
SCOPES: Iterator[int] = count(1)
ISSUED, REDEEMED, EXPIRED = issuance_account("seeds"), redeemed_account("seeds"), expired_account("seeds")
DAY = timedelta(days=1)


@dataclass(slots=True)
class ReferenceLots:
    """Points one by one: the day each ends, or None; a spender takes those that end first."""

    points: list[int | None] = field(default_factory=list)
    today: int = 0

    def credit(self, amount: int, days: int | None) -> bool:
        self.points += [None if days is None else self.today + days] * amount
        return True

    def spend(self, amount: int) -> bool:
        if amount > len(self.points):
            return False
        self.points = sorted(self.points, key=lambda ends: (ends is None, ends))[amount:]
        return True

    def expire(self) -> None:
        self.points = [ends for ends in self.points if ends is None or ends > self.today]

    @property
    def expiring(self) -> list[int]:
        return sorted(ends for ends in self.points if ends is not None)


@dataclass(slots=True)
class RealLots:
    """The same on the ledger, for one subscriber."""

    ledger: Database
    clock: FixedClock
    account: AccountName
    began: datetime
    ids: Iterator[int] = field(default_factory=lambda: count(1))

    def _id(self) -> str:
        return f"{self.account.owner}:{next(self.ids)}"

    async def credit(self, amount: int, days: int | None) -> bool:
        legs = (Leg(account=ISSUED, amount=-amount), Leg(account=self.account, amount=amount))
        ends = None if days is None else self.clock.now() + days * DAY
        return await self.post(Transfer(transfer_id=self._id(), legs=legs, reason="test", expires_at=ends))

    async def spend(self, amount: int) -> bool:
        return await self.post(move(self._id(), source=self.account, target=REDEEMED, amount=amount, reason="test"))

    async def post(self, *transfers: Transfer) -> bool:
        async with self.ledger.unit_of_work() as unit:
            outcomes = await post_transfers(unit, transfers, clock=self.clock)
        return all(outcome.stands for outcome in outcomes)

    async def expire(self, *, limit: int = 2) -> int:
        batches = 0
        place: Place | None = BEGINNING
        while place is not None:
            async with self.ledger.unit_of_work() as unit:
                place = await expire_lots(unit, clock=self.clock, after=place, limit=limit)
            batches += 1
        return batches

    async def balance(self) -> int:
        async with self.ledger.unit_of_work() as unit:
            return (await lock_standings(unit, [self.account]))[self.account].balance

    async def expiring(self) -> list[int]:
        async with self.ledger.read() as unit:
            rows = await unit.driver.fetch(
                "SELECT remaining, expires_at FROM lot JOIN account ON account.number = lot.account"
                " WHERE owner = $1 AND remaining > 0 ORDER BY expires_at",
                self.account.owner,
            )
        return [(row["expires_at"] - self.began) // DAY for row in rows for _ in range(row["remaining"])]


async def make(ledger: Database, clock: FixedClock) -> RealLots:
    account = subscriber_account(next(SCOPES), "seeds")
    async with ledger.unit_of_work() as unit:
        await open_accounts(unit, [ISSUED, REDEEMED, account], now=NOON)
    return RealLots(ledger=ledger, clock=clock, account=account, began=clock.now())


amounts = st.integers(1, 9)
operations = st.one_of(
    st.tuples(st.just("credit"), amounts, st.one_of(st.none(), st.integers(1, 5))),
    st.tuples(st.just("spend"), amounts),
    st.tuples(st.just("wait"), st.integers(1, 3)),
    st.tuples(st.just("expire")),
)


@settings(max_examples=SEQUENCES, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sequence=st.lists(operations, min_size=1, max_size=20))
async def test_lots_equal_the_reference_model(
    ledger: Database, clock: FixedClock, sequence: list[tuple[object, ...]]
) -> None:
    real, reference = await make(ledger, clock), ReferenceLots()
    for operation in sequence:
        match operation:
            case ("credit", int(amount), (None | int()) as days):
                assert await real.credit(amount, days) == reference.credit(amount, days)
            case ("spend", int(amount)):
                assert await real.spend(amount) == reference.spend(amount)
            case ("wait", int(days)):
                clock.at += days * DAY
                reference.today += days
            case _:
                await real.expire()
                reference.expire()
        assert (await real.balance(), await real.expiring()) == (len(reference.points), reference.expiring), operation
    if int(real.account.owner) % SOUND_EVERY == 0:
        async with ledger.read() as unit:
            assert await find_unsound(unit) is None


async def test_one_batch_credits_and_spends_lots_in_its_order(ledger: Database, clock: FixedClock) -> None:
    real = await make(ledger, clock)
    legs = (Leg(account=ISSUED, amount=-5), Leg(account=real.account, amount=5))
    assert await real.post(
        Transfer(transfer_id="late", legs=legs, reason="test", expires_at=NOON + 9 * DAY),
        Transfer(transfer_id="soon", legs=legs, reason="test", expires_at=NOON + 2 * DAY),
        move("spend", source=real.account, target=REDEEMED, amount=7, reason="test"),
        Transfer(transfer_id="first", legs=legs, reason="test", expires_at=NOON + DAY),
    )
    assert await real.expiring() == [1] * 5 + [9] * 3


async def test_each_lot_expires_once_by_a_transfer_of_its_own(ledger: Database, clock: FixedClock) -> None:
    real = await make(ledger, clock)
    for days in (1, 2, 2, 3, None):
        await real.credit(4, days)
    await real.spend(5)
    clock.at += 2 * DAY
    assert await real.expire() == 2  # one batch of both lots, and a look that finds nothing
    assert await real.expire() == 1
    assert await real.balance() == 8
    async with ledger.read() as unit:
        rows = await unit.driver.fetch("SELECT id, reason FROM transfer WHERE id LIKE 'expire:%' ORDER BY number")
    assert [tuple(row) for row in rows] == [("expire:2", "expired"), ("expire:3", "expired")]


async def test_what_is_held_expires_when_it_is_free_again(ledger: Database, clock: FixedClock) -> None:
    real = await make(ledger, clock)
    await real.credit(4, 1)
    await real.credit(4, 2)
    async with ledger.unit_of_work() as unit:
        await reserve_hold(unit, Hold(id="h", account=real.account, amount=7, made_at=NOON, expires_at=NOON + 30 * DAY))
    clock.at += 3 * DAY
    await real.expire()
    assert await real.balance() == 8
    async with ledger.unit_of_work() as unit:
        await void_hold(unit, "h")
    await real.expire()
    assert await real.balance() == 0


async def test_no_lot_is_taken_away_or_lost_with_its_transaction(ledger: Database, clock: FixedClock) -> None:
    real = await make(ledger, clock)
    await real.credit(4, 1)
    clock.at += DAY
    with pytest.raises(RuntimeError):
        async with ledger.unit_of_work() as unit:
            await expire_lots(unit, clock=clock)
            raise RuntimeError
    assert await real.balance() == 4
    await real.expire()
    assert await real.balance() == 0
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with ledger.unit_of_work() as unit:
            await unit.driver.execute("DELETE FROM lot")


async def test_a_validity_comes_over_the_wire_and_a_wrong_one_spoils_only_its_transfer(
    client: Client, ledger: Database
) -> None:
    await client.open(ISSUANCE, subscriber(1))
    good, bad = (transfer(name, (ISSUANCE, -5), (subscriber(1), 5)) for name in ("good", "bad"))
    good.validity, bad.validity = "30D", "30 days"
    assert [outcome.outcome for outcome in await client.post(good, bad)] == ["POSTED", "VALIDITY_INVALID"]
    async with ledger.read() as unit:
        row = await unit.driver.fetchrow("SELECT remaining, expires_at FROM lot")
    assert row is not None
    assert row["remaining"] == 5
    assert abs(row["expires_at"] - SystemClock().now() - 30 * DAY) < timedelta(minutes=5)
