"""What was booked stays readable as it was: balances as of a moment, statements, and reversals that add to it."""

from datetime import UTC, datetime, timedelta

import pytest

from carillon.reward.v1 import ledger_pb2
from carillon_chassis.client import invoke
from carillon_chassis.clock import FixedClock
from carillon_chassis.database import Database
from carillon_chassis.errors import InvalidInput, NotFound, PermissionRefused, StateRefused
from carillon_chassis.identity import Identity, acting_as
from svc_reward.app.list_balances import list_balances
from svc_reward.app.post_transfers import post_transfers
from svc_reward.domain.account import AccountKind, issuance_account, subscriber_account
from svc_reward.domain.transfer import move
from svc_reward.store.accounts import open_accounts

from .client import ISSUANCE, Client, budget, subscriber, transfer
from .conftest import NOON

BIRTH = NOON - timedelta(days=1)


@pytest.fixture
async def funded(client: Client) -> Client:
    """Spring has given 20 of its 50 seeds to subscriber 1."""
    await client.open(ISSUANCE, budget("spring"), subscriber(1))
    await client.post(
        transfer("fund", (ISSUANCE, -50), (budget("spring"), 50)),
        transfer("grant", (budget("spring"), -20), (subscriber(1), 20)),
    )
    return client


async def book_steps(ledger: Database, clock: FixedClock, steps: int) -> None:
    """Gives subscriber 1 one seed a second, the first at noon; two of each three in one moment."""
    source, target = issuance_account("seeds"), subscriber_account(1, "seeds")
    async with ledger.unit_of_work() as unit:
        await open_accounts(unit, [source, target], now=BIRTH)
    for step in range(steps):
        clock.at = NOON + timedelta(seconds=step - step % 3 // 2)
        async with ledger.unit_of_work() as unit:
            await post_transfers(
                unit, [move(f"s:{step}", source=source, target=target, amount=1, reason="step")], clock=clock
            )


@pytest.mark.parametrize("steps", [1, 2, 3, 7, 64, 100])
async def test_the_balance_as_of_a_moment_is_what_the_entries_until_then_sum_to(
    ledger: Database, clock: FixedClock, steps: int
) -> None:
    await book_steps(ledger, clock, steps)
    clock.at = NOON + timedelta(days=1)
    moments = [BIRTH, *(NOON + timedelta(seconds=half / 2) for half in range(-1, 2 * steps + 2))]
    async with ledger.read() as unit:
        entries = await unit.driver.fetch("SELECT booked_at, amount FROM entry WHERE amount > 0")
        for moment in moments:
            balances, as_of = await list_balances(
                unit, kind=AccountKind.SUBSCRIBER, owner="1", as_of=moment, clock=clock
            )
            assert as_of == moment
            expected = sum(entry["amount"] for entry in entries if entry["booked_at"] <= moment)
            assert [balance.amount for balance in balances] == [expected]
        none, _ = await list_balances(
            unit, kind=AccountKind.SUBSCRIBER, owner="1", as_of=BIRTH - timedelta(seconds=1), clock=clock
        )
        assert none == []


async def test_a_balance_to_come_is_refused(funded: Client) -> None:
    with pytest.raises(InvalidInput) as caught:
        await funded.balance(subscriber(1), as_of=datetime(2100, 1, 1, tzinfo=UTC))
    assert caught.value.reason == "AS_OF_INVALID"


async def test_a_statement_shows_newest_first_what_each_entry_left(funded: Client) -> None:
    lines = (await funded.entries(budget("spring"))).entries
    assert [(line.transfer_id, line.currency, line.amount, line.balance_after) for line in lines] == [
        ("grant", "seeds", -20, 30),
        ("fund", "seeds", 50, 50),
    ]
    assert all(line.reason == "test" and line.booked_at.seconds for line in lines)


@pytest.mark.parametrize("page_size", [1, 2, 3, 7, 100])
async def test_the_pages_of_a_statement_are_the_whole_statement_over_all_currencies(
    client: Client, page_size: int
) -> None:
    currencies = ("seeds", "m_value", "fetion_points")
    sources = {
        code: ledger_pb2.AccountName(kind=ISSUANCE.kind, owner=ISSUANCE.owner, currency=code) for code in currencies
    }
    await client.open(*sources.values(), *(subscriber(1, code) for code in currencies))
    for number in range(10):
        code = currencies[number % 3]
        await client.post(
            *(transfer(f"{number}:{part}", (sources[code], -1), (subscriber(1, code), 1)) for part in "ab")
        )
    seen, token = [], ""
    while True:
        page = await client.entries(subscriber(1), page_size=page_size, page_token=token)
        assert len(page.entries) <= page_size
        seen += [line.transfer_id for line in page.entries]
        token = page.next_page_token
        if not token:
            break
    assert seen == [f"{number}:{part}" for number in reversed(range(10)) for part in "ba"]


@pytest.mark.parametrize("token", ["x", "WzFd", "WyJhIiwgMV0", "Wy0xLCAxXQ", "Wzk5OTk5OTk5OTk5OTk5OTk5OTksIDFd"])
async def test_a_page_token_that_nobody_gave_is_refused(funded: Client, token: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        await funded.entries(subscriber(1), page_token=token)
    assert caught.value.reason == "PAGE_TOKEN_INVALID"


async def test_a_reversal_is_a_transfer_of_its_own_that_undoes_the_first(funded: Client) -> None:
    assert await funded.reverse("grant") == "reverse:grant"
    assert [await funded.balance(account) for account in (budget("spring"), subscriber(1))] == [50, 0]
    assert [(line.transfer_id, line.amount, line.reason) for line in (await funded.entries(subscriber(1))).entries] == [
        ("reverse:grant", -20, "a mistake"),
        ("grant", 20, "test"),
    ]
    assert await funded.reverse("grant") == "reverse:grant"  # the same request is answered again, and books nothing
    assert await funded.balance(budget("spring")) == 50


@pytest.mark.parametrize(
    ("transfer_id", "reason"), [("grant", "TRANSFER_REVERSED"), ("reverse:grant", "REVERSAL_FINAL")]
)
async def test_nothing_is_undone_twice_and_no_reversal_is_undone(funded: Client, transfer_id: str, reason: str) -> None:
    await funded.reverse("grant")
    with pytest.raises(StateRefused) as caught:
        await funded.reverse(transfer_id, request_id="again")
    assert caught.value.reason == reason
    assert await funded.balance(budget("spring")) == 50


async def test_what_was_spent_can_not_be_taken_back(funded: Client) -> None:
    with pytest.raises(StateRefused) as caught:
        await funded.reverse("fund")
    assert caught.value.reason == "INSUFFICIENT_FUNDS"
    assert await funded.balance(budget("spring")) == 30


async def test_an_unknown_transfer_can_not_be_undone(funded: Client) -> None:
    with pytest.raises(NotFound) as caught:
        await funded.reverse("nothing")
    assert caught.value.reason == "TRANSFER_UNKNOWN"


@pytest.mark.parametrize(
    ("who", "reason"),
    [
        (Identity(subject=""), "CALLER_UNKNOWN"),
        (Identity(subject="cl-1", roles=frozenset({"portal"})), "ROLE_MISSING"),
        (Identity(subject="cl-1", roles=frozenset({"branch_operator", "approver"})), "ROLE_MISSING"),
    ],
)
async def test_people_without_the_role_book_nothing(funded: Client, who: Identity, reason: str) -> None:
    mint = ledger_pb2.PostTransfersRequest(transfers=[transfer("mint", (ISSUANCE, -1), (subscriber(1), 1))])
    undo = ledger_pb2.ReverseTransferRequest(request_id="1", transfer_id="grant", reason="x")
    opened = ledger_pb2.OpenAccountsRequest(request_id="1", accounts=[subscriber(2)])
    with acting_as(who):
        for call in (
            invoke(funded.stub.PostTransfers, mint),
            invoke(funded.stub.ReverseTransfer, undo),
            invoke(funded.stub.OpenAccounts, opened),
        ):
            with pytest.raises(PermissionRefused) as caught:
                await call
            assert caught.value.reason == reason
    assert await funded.balance(subscriber(1)) == 20


async def test_who_may_not_see_points_sees_none(funded: Client) -> None:
    balances = ledger_pb2.ListBalancesRequest(kind=ledger_pb2.ACCOUNT_KIND_SUBSCRIBER, owner="1")
    entries = ledger_pb2.ListEntriesRequest(kind=ledger_pb2.ACCOUNT_KIND_SUBSCRIBER, owner="1")
    with acting_as(Identity(subject="cl-2", roles=frozenset({"affiliate"}))):
        for call in (
            invoke(funded.stub.ListBalances, balances),
            invoke(funded.stub.ListEntries, entries),
            invoke(funded.stub.GetTrialBalance, ledger_pb2.GetTrialBalanceRequest()),
        ):
            with pytest.raises(PermissionRefused):
                await call
