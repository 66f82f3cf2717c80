"""The decision of a batch: equal to the reference model, however the transfers are cut into batches."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from svc_reward.domain.account import AccountKind, AccountName
from svc_reward.domain.posting import Booked, Decision, Standing, decide
from svc_reward.domain.transfer import Transfer

from .reference_model import ReferenceLedger, open_names, sums, transfers

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
NAMES = open_names("1")
# Wide enough for the longest run of numbers below.
NUMBERS_A_BATCH = 1000


def empty() -> dict[AccountName, Standing]:
    return {name: Standing(account=number, balance=0, entries=0, as_of=NOON) for number, name in enumerate(NAMES, 1)}


def run(batches: Sequence[Sequence[Transfer]]) -> tuple[list[Decision], dict[AccountName, Standing]]:
    standings, booked, decisions = empty(), dict[str, Booked](), []
    for position, batch in enumerate(batches):
        numbers = range(position * NUMBERS_A_BATCH + 1, (position + 1) * NUMBERS_A_BATCH)
        decision = decide(batch, standings=standings, booked=booked, numbers=numbers, now=NOON)
        last = {entry.account: entry for entry in decision.entries}
        standings |= {
            name: standing._replace(balance=entry.balance_after, entries=entry.sequence, as_of=decision.booked_at)
            for name, standing in standings.items()
            if (entry := last.get(standing.account))
        }
        booked |= {
            new.transfer.transfer_id: Booked(number=new.number, digest=new.transfer.digest)
            for new in decision.transfers
        }
        decisions.append(decision)
    return decisions, standings


@given(batches=st.lists(st.lists(transfers("1"), min_size=1, max_size=12), max_size=6))
def test_every_outcome_and_balance_equals_the_reference_model(batches: list[list[Transfer]]) -> None:
    reference = ReferenceLedger(balances=dict.fromkeys(NAMES, 0))
    expected = [reference.post(transfer) for batch in batches for transfer in batch]
    decisions, standings = run(batches)
    assert [outcome.result for decision in decisions for outcome in decision.outcomes] == expected
    assert {name: standing.balance for name, standing in standings.items()} == reference.balances


@given(batches=st.lists(st.lists(transfers("1"), min_size=1, max_size=12), max_size=6))
def test_currencies_sum_to_zero_and_only_issuance_owes(batches: list[list[Transfer]]) -> None:
    _, standings = run(batches)
    assert set(sums((name, standing.balance) for name, standing in standings.items()).values()) == {0}
    assert all(s.balance >= 0 for name, s in standings.items() if name.kind is not AccountKind.ISSUANCE)


@given(batches=st.lists(st.lists(transfers("1"), min_size=1, max_size=12), max_size=6))
def test_the_entries_of_an_account_are_gapless_and_each_carries_the_balance_it_leaves(
    batches: list[list[Transfer]],
) -> None:
    decisions, standings = run(batches)
    for standing in standings.values():
        entries = [entry for decision in decisions for entry in decision.entries if entry.account == standing.account]
        assert [entry.sequence for entry in entries] == list(range(1, len(entries) + 1))
        assert [entry.balance_after for entry in entries] == [
            sum(entry.amount for entry in entries[: end + 1]) for end in range(len(entries))
        ]
        assert standing.entries == len(entries)


def test_time_never_runs_backwards_on_an_account() -> None:
    late = NOON + timedelta(seconds=3)
    standings = {name: Standing(account=1, balance=0, entries=1, as_of=late) for name in NAMES}
    assert decide([], standings=standings, booked={}, numbers=[], now=NOON).booked_at == late
    assert decide([], standings={}, booked={}, numbers=[], now=NOON).booked_at == NOON
