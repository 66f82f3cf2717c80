"""The ledger as other services see it, over real gRPC and real PostgreSQL."""

import pytest

from carillon.reward.v1 import ledger_pb2
from carillon_chassis.errors import Conflict, InvalidInput
from svc_reward.domain.own_ids import OWN_PREFIXES

from .client import ISSUANCE, Client, budget, subscriber, transfer


@pytest.fixture
async def funded(client: Client) -> Client:
    """Spring has 50 seeds; subscriber 1 has an empty account."""
    await client.open(ISSUANCE, budget("spring"), subscriber(1))
    await client.post(transfer("fund", (ISSUANCE, -50), (budget("spring"), 50)))
    return client


async def test_a_transfer_moves_points_and_the_ledger_sums_to_zero(funded: Client) -> None:
    (outcome,) = await funded.post(transfer("t", (budget("spring"), -20), (subscriber(1), 20)))
    assert (outcome.outcome, outcome.transfer_id) == ("POSTED", "t")
    assert outcome.number > 0
    assert [await funded.balance(account) for account in (ISSUANCE, budget("spring"), subscriber(1))] == [-50, 30, 20]
    trial_balance = await funded.trial_balance()
    assert (trial_balance.transfers, trial_balance.entries) == (2, 4)
    assert list(trial_balance.totals) == [
        ledger_pb2.CurrencyTotal(currency="seeds", sum=0, issued=50, held_by_campaigns=30, held_by_subscribers=20)
    ]


async def test_a_transfer_of_many_legs_is_booked_whole_or_not_at_all(funded: Client) -> None:
    await funded.open(subscriber(2), request_id="second")
    split = transfer("split", (budget("spring"), -30), (subscriber(1), 10), (subscriber(2), 20))
    too_much = transfer("much", (budget("spring"), -21), (subscriber(1), 1), (subscriber(2), 20))
    assert [outcome.outcome for outcome in await funded.post(split, too_much)] == ["POSTED", "INSUFFICIENT_FUNDS"]
    assert [await funded.balance(account) for account in (budget("spring"), subscriber(1), subscriber(2))] == [
        20,
        10,
        20,
    ]


async def test_each_transfer_of_a_batch_has_an_outcome_of_its_own(funded: Client) -> None:
    good = transfer("good", (budget("spring"), -5), (subscriber(1), 5))
    outcomes = await funded.post(
        good,
        good,
        transfer("good", (budget("spring"), -6), (subscriber(1), 6)),
        transfer("broke", (budget("spring"), -46), (subscriber(1), 46)),
        transfer("uneven", (budget("spring"), -5), (subscriber(1), 4)),
        transfer("stranger", (budget("spring"), -5), (subscriber(9), 5)),
        transfer("mixed", (budget("spring"), -5), (subscriber(1, "m_value"), 5)),
        transfer("euro", (budget("spring", "euro"), -5), (subscriber(1, "euro"), 5)),
        transfer("twice", (subscriber(1), -5), (subscriber(1), 5)),
        transfer("last", (budget("spring"), -45), (subscriber(1), 45)),
    )
    assert [outcome.outcome for outcome in outcomes] == [
        "POSTED",
        "REPLAYED",
        "TRANSFER_CONFLICT",
        "INSUFFICIENT_FUNDS",
        "UNBALANCED",
        "ACCOUNT_UNKNOWN",
        "CURRENCY_MIXED",
        "CURRENCY_UNKNOWN",
        "TRANSFER_INVALID",
        "POSTED",
    ]
    assert outcomes[0].number == outcomes[1].number
    assert all(outcome.detail for outcome in outcomes if not outcome.number)
    assert (await funded.trial_balance()).transfers == 3


async def test_a_transfer_sent_again_is_the_first_one_again(funded: Client) -> None:
    spend = transfer("spend", (budget("spring"), -20), (subscriber(1), 20))
    (first,) = await funded.post(spend)
    (again,) = await funded.post(transfer("spend", (subscriber(1), 20), (budget("spring"), -20), reason="other words"))
    assert (again.outcome, again.number) == ("REPLAYED", first.number)
    assert await funded.balance(subscriber(1)) == 20


async def test_the_same_id_with_other_legs_is_a_conflict_and_books_nothing(funded: Client) -> None:
    await funded.post(transfer("spend", (budget("spring"), -20), (subscriber(1), 20)))
    (outcome,) = await funded.post(transfer("spend", (budget("spring"), -21), (subscriber(1), 21)))
    assert (outcome.outcome, outcome.number) == ("TRANSFER_CONFLICT", 0)
    assert await funded.balance(subscriber(1)) == 20


async def test_a_refused_transfer_may_succeed_later(funded: Client) -> None:
    spend = transfer("spend", (budget("spring"), -60), (subscriber(1), 60))
    assert [outcome.outcome for outcome in await funded.post(spend)] == ["INSUFFICIENT_FUNDS"]
    await funded.post(transfer("more", (ISSUANCE, -10), (budget("spring"), 10)))
    assert [outcome.outcome for outcome in await funded.post(spend)] == ["POSTED"]


async def test_accounts_open_once_and_their_currencies_stay_apart(client: Client) -> None:
    names = (subscriber(1), subscriber(1, "m_value"), subscriber(1))
    assert await client.open(*names) == 2
    assert await client.open(*names) == 2  # the first answer again
    assert await client.open(*names, request_id="another") == 0
    assert [await client.balance(name) for name in names] == [0, 0, 0]


async def test_an_open_request_with_another_body_is_a_conflict(client: Client) -> None:
    await client.open(subscriber(1))
    with pytest.raises(Conflict) as caught:
        await client.open(subscriber(2))
    assert caught.value.reason == "IDEMPOTENCY_CONFLICT"


@pytest.mark.parametrize(
    ("account", "reason"),
    [
        (subscriber(1, "euro"), "CURRENCY_UNKNOWN"),
        (budget("spring", "points"), "CURRENCY_UNKNOWN"),
        (ledger_pb2.AccountName(kind=ledger_pb2.ACCOUNT_KIND_ISSUANCE, owner="me", currency="seeds"), "OWNER_INVALID"),
        (ledger_pb2.AccountName(kind=ledger_pb2.ACCOUNT_KIND_SUBSCRIBER, owner="x", currency="seeds"), "OWNER_INVALID"),
    ],
)
async def test_an_account_that_can_not_be_is_refused(
    client: Client, account: ledger_pb2.AccountName, reason: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        await client.open(account)
    assert caught.value.reason == reason


@pytest.mark.parametrize(
    "account",
    [
        ledger_pb2.AccountName(kind=ledger_pb2.ACCOUNT_KIND_UNSPECIFIED, owner="1", currency="seeds"),
        ledger_pb2.AccountName(kind=77, owner="1", currency="seeds"),  # type: ignore[arg-type]  # what a newer client may send
        ledger_pb2.AccountName(kind=ledger_pb2.ACCOUNT_KIND_SUBSCRIBER, owner="1", currency="Seeds!"),
    ],
)
async def test_a_shape_that_the_protocol_forbids_never_reaches_the_ledger(
    client: Client, account: ledger_pb2.AccountName
) -> None:
    with pytest.raises(InvalidInput):
        await client.open(account)


async def test_an_owner_without_accounts_has_no_balances_and_an_empty_ledger_is_sound(client: Client) -> None:
    with pytest.raises(KeyError):
        await client.balance(subscriber(404))
    assert await client.trial_balance() == ledger_pb2.GetTrialBalanceResponse()


@pytest.mark.parametrize("prefix", sorted(OWN_PREFIXES))
async def test_nobody_books_under_an_id_of_the_services_own(funded: Client, prefix: str) -> None:
    legs = ((budget("spring"), -5), (subscriber(1), 5))
    own, foreign = transfer(f"{prefix}:spring", *legs), transfer(f"my-{prefix}:spring", *legs)
    assert [one.outcome for one in await funded.post(own, foreign)] == ["ID_RESERVED", "POSTED"]
