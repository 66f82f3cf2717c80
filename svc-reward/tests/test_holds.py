"""Holds on real PostgreSQL: nothing held is spent, nothing is held twice, and all of it comes back in the end."""

import asyncio
import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count

import asyncpg
import grpc
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from carillon.reward.v1 import hold_pb2, hold_pb2_grpc
from carillon_chassis.client import invoke
from carillon_chassis.clock import FixedClock, SystemClock
from carillon_chassis.database import Database
from carillon_chassis.errors import Conflict, DomainError, InvalidInput, NotFound, PermissionRefused, StateRefused
from carillon_chassis.identity import Identity, acting_as
from svc_reward.app.capture_hold import capture_hold
from svc_reward.app.get_hold import get_hold
from svc_reward.app.post_transfers import post_transfers
from svc_reward.app.reserve_hold import reserve_hold
from svc_reward.app.time_out_holds import time_out_holds
from svc_reward.app.void_hold import void_hold
from svc_reward.domain.account import AccountName, budget_account, issuance_account, subscriber_account
from svc_reward.domain.hold import Hold, HoldState
from svc_reward.domain.transfer import move
from svc_reward.store.accounts import lock_standings, open_accounts
from svc_reward.store.soundness import find_unsound

from .client import ISSUANCE, SERVICE, Client, budget, subscriber, transfer
from .conftest import NOON
from .hold_model import ReferenceHolds

# The long form is 10,000 sequences.
SEQUENCES = int(os.environ.get("CARILLON_TEST_SEQUENCES", "60"))
SCOPES: Iterator[int] = count(1)
# The whole ledger of all sequences so far is looked over after so many of them.
SOUND_EVERY = 20
ISSUED, FRIEND = issuance_account("seeds"), subscriber_account(1, "seeds")
MINUTE = timedelta(minutes=1)


async def fund(ledger: Database, account: AccountName, amount: int, clock: FixedClock) -> None:
    async with ledger.unit_of_work() as unit:
        await open_accounts(unit, [ISSUED, FRIEND, account], now=NOON)
        await post_transfers(
            unit,
            [move(f"fund:{account.owner}", source=ISSUED, target=account, amount=amount, reason="fund")],
            clock=clock,
        )


async def standing(ledger: Database, account: AccountName) -> tuple[int, int]:
    async with ledger.unit_of_work() as unit:
        found = (await lock_standings(unit, [account]))[account]
        return found.balance, found.held


names = st.sampled_from("abc")
amounts = st.integers(1, 12)
operations = st.one_of(
    st.tuples(st.just("reserve"), names, amounts, st.integers(1, 5)),
    st.tuples(st.just("capture"), names, amounts, st.booleans()),
    st.tuples(st.just("void"), names),
    st.tuples(st.just("spend"), amounts),
    st.tuples(st.just("wait"), st.integers(1, 4)),
    st.tuples(st.just("end_due")),
)


@dataclass(slots=True)
class RealHolds:
    """The same operations on the ledger."""

    ledger: Database
    clock: FixedClock
    account: AccountName
    scope: int
    spends: Iterator[int] = field(default_factory=lambda: count(1))

    async def run(self, operation: tuple[object, ...]) -> bool:
        try:
            async with self.ledger.unit_of_work() as unit:
                match operation:
                    case ("reserve", str(name), int(amount), int(minutes)):
                        now = self.clock.now()
                        hold = Hold(
                            id=f"{self.scope}:{name}",
                            account=self.account,
                            amount=amount,
                            made_at=now,
                            expires_at=now + minutes * MINUTE,
                        )
                        await reserve_hold(unit, hold)
                    case ("capture", str(name), int(amount), bool(final)):
                        await capture_hold(
                            unit,
                            hold_id=f"{self.scope}:{name}",
                            amount=amount,
                            final=final,
                            target=FRIEND,
                            reason="test",
                            clock=self.clock,
                        )
                    case ("void", str(name)):
                        await void_hold(unit, f"{self.scope}:{name}")
                    case ("spend", int(amount)):
                        spend = move(
                            f"spend:{self.scope}:{next(self.spends)}",
                            source=self.account,
                            target=FRIEND,
                            amount=amount,
                            reason="test",
                        )
                        (outcome,) = await post_transfers(unit, [spend], clock=self.clock)
                        return outcome.stands
                    case ("end_due",):
                        await time_out_holds(unit, clock=self.clock)
        except DomainError:
            return False
        return True


@settings(max_examples=SEQUENCES, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sequence=st.lists(operations, min_size=1, max_size=20))
async def test_holds_equal_the_reference_model(
    ledger: Database, clock: FixedClock, sequence: list[tuple[object, ...]]
) -> None:
    scope = next(SCOPES)
    account = budget_account(f"s{scope}", "seeds")
    await fund(ledger, account, 20, clock)
    reference = ReferenceHolds(balance=20)
    real = RealHolds(ledger=ledger, clock=clock, account=account, scope=scope)
    for operation in sequence:
        match operation:
            case ("wait", int(minutes)):
                clock.at += minutes * MINUTE
                reference.now += minutes
                continue
            case ("reserve", str(name), int(amount), int(minutes)):
                expected = reference.reserve(name, amount, minutes)
            case ("capture", str(name), int(amount), bool(final)):
                expected = reference.capture(name, amount, final=final)
            case ("void", str(name)):
                expected = reference.void(name)
            case ("spend", int(amount)):
                expected = reference.spend(amount)
            case _:
                expected = reference.end_due()
        assert await real.run(operation) == expected, operation
        assert await standing(ledger, account) == (reference.balance, reference.held), operation
    if scope % SOUND_EVERY == 0:
        async with ledger.read() as unit:
            assert await find_unsound(unit) is None


async def test_of_200_concurrent_holds_of_1_on_50_exactly_50_are_made(ledger: Database, clock: FixedClock) -> None:
    account = budget_account("spring", "seeds")
    await fund(ledger, account, 50, clock)
    now = SystemClock().now()

    async def reserve(number: int) -> str:
        hold = Hold(id=f"h{number}", account=account, amount=1, made_at=now, expires_at=now + MINUTE)
        try:
            async with ledger.unit_of_work() as unit:
                await reserve_hold(unit, hold)
        except StateRefused as error:
            return error.reason
        return "HELD"

    outcomes = Counter(await asyncio.gather(*(reserve(number) for number in range(200))))
    assert outcomes == {"HELD": 50, "INSUFFICIENT_FUNDS": 150}
    assert await standing(ledger, account) == (50, 50)


async def test_a_thousand_and_more_overdue_holds_end_in_batches(ledger: Database, clock: FixedClock) -> None:
    account = budget_account("spring", "seeds")
    await fund(ledger, account, 5000, clock)
    async with ledger.unit_of_work() as unit:
        for number in range(1200):
            hold = Hold(id=f"h{number}", account=account, amount=2, made_at=NOON, expires_at=NOON + MINUTE)
            await reserve_hold(unit, hold)
    ended = []
    for later in (timedelta(0), MINUTE, MINUTE, MINUTE):
        clock.at = NOON + later
        async with ledger.unit_of_work() as unit:
            ended.append(await time_out_holds(unit, clock=clock))
    assert ended == [0, 1000, 200, 0]
    assert await standing(ledger, account) == (5000, 0)
    async with ledger.read() as unit:
        assert (await get_hold(unit, "h7")).state is HoldState.TIMED_OUT


class Desk:
    """HoldService as another service calls it."""

    def __init__(self, stub: "hold_pb2_grpc.HoldServiceStub") -> None:
        self._stub = stub

    async def reserve(self, name: str, amount: int, *, who: Identity = SERVICE) -> hold_pb2.Hold:
        request = hold_pb2.ReserveHoldRequest(hold_id=name, account=budget("spring"), amount=amount)
        request.expires_at.FromDatetime(SystemClock().now() + MINUTE)
        with acting_as(who):
            return (await invoke(self._stub.ReserveHold, request)).hold

    async def capture(self, name: str, amount: int, *, key: str, final: bool = False) -> hold_pb2.Hold:
        request = hold_pb2.CaptureHoldRequest(
            request_id=key, hold_id=name, amount=amount, final=final, target=subscriber(1), reason="test"
        )
        with acting_as(SERVICE):
            return (await invoke(self._stub.CaptureHold, request)).hold

    async def void(self, name: str, *, key: str) -> hold_pb2.Hold:
        with acting_as(SERVICE):
            return (await invoke(self._stub.VoidHold, hold_pb2.VoidHoldRequest(request_id=key, hold_id=name))).hold

    async def get(self, name: str) -> hold_pb2.Hold:
        with acting_as(SERVICE):
            return (await invoke(self._stub.GetHold, hold_pb2.GetHoldRequest(hold_id=name))).hold


@pytest.fixture
async def desk(channel: grpc.aio.Channel, client: Client) -> Desk:
    """Spring has 20 seeds; subscriber 1 has an empty account."""
    await client.open(ISSUANCE, budget("spring"), subscriber(1))
    await client.post(transfer("fund", (ISSUANCE, -20), (budget("spring"), 20)))
    return Desk(hold_pb2_grpc.HoldServiceStub(channel))


async def test_a_hold_is_captured_in_parts_and_the_rest_is_free_again(desk: Desk, client: Client) -> None:
    assert (await desk.reserve("h", 15)).state == hold_pb2.HOLD_STATE_HELD
    part = await desk.capture("h", 4, key="1")
    assert (part.captured, part.remaining, part.state) == (4, 11, hold_pb2.HOLD_STATE_PARTLY_CAPTURED)
    assert await desk.capture("h", 4, key="1") == part  # the same request books nothing more
    spend = transfer("spend", (budget("spring"), -6), (subscriber(1), 6))
    assert [outcome.outcome for outcome in await client.post(spend)] == ["INSUFFICIENT_FUNDS"]
    last = await desk.capture("h", 1, key="2", final=True)
    assert (last.captured, last.remaining, last.state) == (5, 0, hold_pb2.HOLD_STATE_CAPTURED)
    assert [outcome.outcome for outcome in await client.post(spend)] == ["POSTED"]
    assert [await client.balance(account) for account in (budget("spring"), subscriber(1))] == [9, 11]
    ids = [line.transfer_id for line in (await client.entries(subscriber(1))).entries]
    assert ids == ["spend", "capture:h:2", "capture:h:1"]


async def test_a_voided_hold_gives_everything_back_once(desk: Desk) -> None:
    await desk.reserve("h", 20)
    assert (await desk.void("h", key="1")).state == hold_pb2.HOLD_STATE_VOIDED
    with pytest.raises(StateRefused) as caught:
        await desk.void("h", key="2")
    assert caught.value.reason == "HOLD_STATE"
    assert (await desk.reserve("other", 20)).remaining == 20
    assert (await desk.get("h")).state == hold_pb2.HOLD_STATE_VOIDED


async def test_a_hold_asked_for_again_is_the_first_one_and_another_amount_a_conflict(desk: Desk) -> None:
    first = await desk.reserve("h", 15)
    assert await desk.reserve("h", 15) == first
    with pytest.raises(Conflict) as caught:
        await desk.reserve("h", 16)
    assert caught.value.reason == "HOLD_CONFLICT"


async def test_what_is_held_can_not_be_taken_back_by_a_reversal(desk: Desk, client: Client) -> None:
    await desk.reserve("h", 1)
    with pytest.raises(StateRefused) as caught:
        await client.reverse("fund")
    assert caught.value.reason == "INSUFFICIENT_FUNDS"


async def test_an_unknown_hold_is_not_found_and_a_stranger_holds_nothing(desk: Desk) -> None:
    with pytest.raises(NotFound):
        await desk.capture("h", 1, key="1")
    with pytest.raises(PermissionRefused):
        await desk.reserve("h", 1, who=Identity(subject="cl-1", roles=frozenset({"portal"})))


async def test_the_database_itself_keeps_what_is_held(ledger: Database, owned: Database, clock: FixedClock) -> None:
    account = budget_account("spring", "seeds")
    await fund(ledger, account, 20, clock)
    async with ledger.unit_of_work() as unit:
        await reserve_hold(unit, Hold(id="h", account=account, amount=15, made_at=NOON, expires_at=NOON + MINUTE))
    with pytest.raises(asyncpg.CheckViolationError, match="ck_balance_held"):
        async with owned.unit_of_work() as unit:
            await unit.driver.execute("UPDATE balance SET amount = 14 WHERE held = 15")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with ledger.unit_of_work() as unit:
            await unit.driver.execute("DELETE FROM hold")


async def test_nobody_promises_under_an_id_of_the_services_own(desk: Desk) -> None:
    with pytest.raises(InvalidInput) as caught:
        await desk.reserve("group:spring:7", 1)
    assert caught.value.reason == "ID_RESERVED"
