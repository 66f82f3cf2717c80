"""The ledger on real PostgreSQL equals the reference model over random runs of transfers."""

from collections.abc import Iterator
from itertools import count

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from carillon_chassis.clock import FixedClock
from carillon_chassis.database import Database
from svc_reward.app.get_trial_balance import get_trial_balance
from svc_reward.app.post_transfers import post_transfers
from svc_reward.domain.account import AccountName
from svc_reward.domain.transfer import Transfer
from svc_reward.store.accounts import lock_standings, open_accounts

from .conftest import NOON
from .reference_model import CURRENCY_CODES, ReferenceLedger, open_names, transfers

# Each run gets accounts of its own in the one database; issuance is shared, as it is in life.
SCOPES: Iterator[int] = count(1)


async def balances(ledger: Database, names: list[AccountName]) -> dict[AccountName, int]:
    async with ledger.unit_of_work() as unit:
        return {name: standing.balance for name, standing in (await lock_standings(unit, names)).items()}


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
async def test_the_database_equals_the_reference_model(
    ledger: Database, clock: FixedClock, data: st.DataObject
) -> None:
    scope = str(next(SCOPES))
    names = open_names(scope)
    batches: list[list[Transfer]] = data.draw(
        st.lists(st.lists(transfers(scope), min_size=1, max_size=15), min_size=1, max_size=5)
    )
    async with ledger.unit_of_work() as unit:
        await open_accounts(unit, names, now=NOON)
    reference = ReferenceLedger(balances=await balances(ledger, names))
    for batch in batches:
        async with ledger.unit_of_work() as unit:
            outcomes = await post_transfers(unit, batch, clock=clock)
        assert [outcome.result for outcome in outcomes] == [reference.post(transfer) for transfer in batch]
    assert await balances(ledger, names) == reference.balances
    async with ledger.read() as unit:
        totals = (await get_trial_balance(unit)).totals
    assert {total.currency: total.total for total in totals} == dict.fromkeys(sorted(CURRENCY_CODES), 0)
