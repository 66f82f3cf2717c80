"""What PostgreSQL itself refuses, whoever asks: changed history, unproved entries, empty budgets."""

import importlib
import pkgutil
import time

import asyncpg
import pytest

import svc_reward.store
from carillon_chassis.clock import FixedClock
from carillon_chassis.database import Database
from svc_reward.app.fund_campaign import fund_campaign
from svc_reward.app.post_transfers import post_transfers
from svc_reward.domain.account import issuance_account, subscriber_account
from svc_reward.domain.transfer import move
from svc_reward.store.accounts import open_accounts
from svc_reward.store.tables import METADATA

# A batch of 800 takes some 50 ms; compared each with each it took seconds.
MOST_SECONDS = 2.0

HISTORY = ("account", "transfer", "entry")
CHANGES = ("UPDATE {table} SET {column} = {column}", "DELETE FROM {table}", "TRUNCATE {table} CASCADE")
COLUMNS = {"account": "owner", "transfer": "reason", "entry": "amount", "balance": "amount"}

# What the tables of the search path are made of, in words that do not name the schema.
COLUMNS_OF = """
SELECT table_name, column_name, data_type, is_nullable, is_identity FROM information_schema.columns
WHERE table_schema = current_schema() AND table_name = ANY($1::text[]) ORDER BY table_name, column_name
"""
RULES_OF = """
SELECT pg_class.relname, pg_constraint.conname, pg_get_constraintdef(pg_constraint.oid) AS rule
FROM pg_constraint JOIN pg_class ON pg_class.oid = pg_constraint.conrelid
WHERE pg_class.relnamespace = current_schema()::regnamespace AND pg_class.relname = ANY($1::text[])
ORDER BY pg_class.relname, pg_constraint.conname
"""

NEW_TRANSFER = "INSERT INTO transfer VALUES (99, 'x', sha256('x'), 'seeds', 2, 'test', now())"
NEW_ENTRIES = "INSERT INTO entry (transfer, leg, account, sequence, amount, balance_after, booked_at) VALUES "
# As the application books: what each has to prove is looked at when the one statement ends.
TOGETHER = f"WITH booked AS ({NEW_TRANSFER}) {NEW_ENTRIES}"


@pytest.fixture
async def funded(ledger: Database, clock: FixedClock) -> Database:
    """A ledger with one transfer of 50 seeds from issuance (account 2) to a budget (account 1)."""
    async with ledger.unit_of_work() as unit:
        await fund_campaign(unit, campaign_id="spring", currency="seeds", amount=50, clock=clock)
    return ledger


@pytest.mark.parametrize("table", HISTORY)
@pytest.mark.parametrize("change", CHANGES)
async def test_the_application_has_no_right_to_change_history(funded: Database, table: str, change: str) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with funded.unit_of_work() as unit:
            await unit.driver.execute(change.format(table=table, column=COLUMNS[table]))


@pytest.mark.parametrize("table", HISTORY)
@pytest.mark.parametrize("change", CHANGES)
async def test_the_owner_is_refused_a_change_of_history(
    funded: Database, owned: Database, table: str, change: str
) -> None:
    with pytest.raises(asyncpg.RestrictViolationError, match="only ever added to"):
        async with owned.unit_of_work() as unit:
            await unit.driver.execute(change.format(table=table, column=COLUMNS[table]))


@pytest.mark.parametrize("change", CHANGES[1:])
async def test_the_owner_is_refused_to_take_a_balance_away(funded: Database, owned: Database, change: str) -> None:
    with pytest.raises(asyncpg.RestrictViolationError):
        async with owned.unit_of_work() as unit:
            await unit.driver.execute(change.format(table="balance"))


@pytest.mark.parametrize("column", ["minimum", "account", "amount", "entries", "as_of"])
async def test_the_application_can_neither_lower_a_limit_nor_write_a_balance(funded: Database, column: str) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with funded.unit_of_work() as unit:
            await unit.driver.execute(f"UPDATE balance SET {column} = NULL")  # noqa: S608 -- the names are above


async def test_a_budget_below_zero_is_refused_by_the_database_itself(funded: Database, owned: Database) -> None:
    with pytest.raises(asyncpg.CheckViolationError, match="ck_balance_minimum"):
        async with owned.unit_of_work() as unit:
            await unit.driver.execute("UPDATE balance SET amount = -1 WHERE account = 1")
    with pytest.raises(asyncpg.CheckViolationError, match="ck_balance_minimum"):
        async with funded.unit_of_work() as unit:
            await unit.driver.execute(f"{TOGETHER} (99, 1, 2, 2, 51, 1, now()), (99, 2, 1, 2, -51, -1, now())")


async def test_entries_alone_move_the_balances(funded: Database) -> None:
    async with funded.unit_of_work() as unit:
        await unit.driver.execute(f"{TOGETHER} (99, 1, 2, 2, -5, -55, now()), (99, 2, 1, 2, 5, 55, now())")
        rows = await unit.driver.fetch("SELECT amount, entries FROM balance ORDER BY account")
    assert [tuple(row) for row in rows] == [(55, 2), (-55, 2)]


async def test_the_proof_can_not_be_hung_on_a_table_of_ones_own(funded: Database) -> None:
    """It acts with the owner's rights: whoever could feed it entries that are none would move balances."""
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with funded.unit_of_work() as unit:
            await unit.driver.execute("CREATE TEMP TABLE mine (LIKE entry)")
            await unit.driver.execute(
                "CREATE TRIGGER mine AFTER INSERT ON mine REFERENCING NEW TABLE AS fresh "
                "FOR EACH STATEMENT EXECUTE FUNCTION prove_entries()"
            )


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ("(99, 1, 2, 2, -5, -55, now()), (99, 2, 1, 2, 4, 54, now())", "sum to zero"),
        ("(99, 1, 2, 2, -5, -55, now())", "are not its legs"),
        ("(99, 1, 2, 2, -5, -55, now()), (99, 3, 1, 2, 5, 55, now())", "are not its legs"),
        ("(98, 1, 2, 2, -5, -55, now()), (98, 2, 1, 2, 5, 55, now())", "are not its legs"),
        ("(99, 1, 2, 2, -5, -55, now()), (99, 2, 77, 1, 5, 5, now())", "is not open"),
        ("(99, 1, 2, 2, -5, -55, now()), (99, 2, 3, 1, 5, 5, now())", "of another currency"),
        ("(99, 1, 2, 2, -5, -55, now()), (99, 2, 1, 2, 5, 56, now())", "not what its entries sum to"),
    ],
)
async def test_entries_that_prove_nothing_are_refused(
    funded: Database, clock: FixedClock, entries: str, message: str
) -> None:
    async with funded.unit_of_work() as unit:
        await unit.driver.execute(
            "INSERT INTO account (kind, owner, currency, opened_at) VALUES ('subscriber', '1', 'm_value', now())"
        )
    with pytest.raises(asyncpg.CheckViolationError, match=message):
        async with funded.unit_of_work() as unit:
            await unit.driver.execute(TOGETHER + entries)


@pytest.mark.parametrize(
    ("sequence", "balance"),
    [(2, 56), (2, 5), (3, 55), (1, 5)],
)
async def test_a_balance_with_a_jump_or_a_gap_behind_it_is_refused(
    funded: Database, sequence: int, balance: int
) -> None:
    with pytest.raises((asyncpg.CheckViolationError, asyncpg.UniqueViolationError)):
        async with funded.unit_of_work() as unit:
            await unit.driver.execute(
                f"{TOGETHER} (99, 1, 2, 2, -5, -55, now()), (99, 2, 1, {sequence}, 5, {balance}, now())"
            )


async def test_a_proof_planned_for_few_entries_is_right_and_fast_for_many(ledger: Database, clock: FixedClock) -> None:
    """One session, two entries first: a plan kept from them must not compare thousands with thousands."""
    names = [subscriber_account(number, "seeds") for number in range(1, 801)]
    async with ledger.unit_of_work() as unit:
        await open_accounts(unit, [issuance_account("seeds"), *names], now=clock.now())
        for size in (1, 800):
            batch = [
                move(f"{size}:{name.owner}", source=issuance_account("seeds"), target=name, amount=1, reason="test")
                for name in names[:size]
            ]
            began = time.perf_counter()
            assert all(outcome.stands for outcome in await post_transfers(unit, batch, clock=clock))
    assert time.perf_counter() - began < MOST_SECONDS


async def test_a_transfer_without_legs_is_refused(funded: Database) -> None:
    with pytest.raises(asyncpg.CheckViolationError, match="has no legs"):
        async with funded.unit_of_work() as unit:
            await unit.driver.execute(NEW_TRANSFER)


async def test_legs_can_not_be_added_to_a_transfer_that_stands(funded: Database) -> None:
    with pytest.raises((asyncpg.UniqueViolationError, asyncpg.CheckViolationError)):
        async with funded.unit_of_work() as unit:
            await unit.driver.execute(NEW_ENTRIES + "(1, 1, 2, 2, -5, -55, now()), (1, 2, 1, 2, 5, 55, now())")


@pytest.mark.parametrize(
    ("kind", "owner", "currency"),
    [("bank", "1", "seeds"), ("subscriber", "007", "seeds"), ("issuance", "me", "seeds"), ("subscriber", "1", "euro")],
)
async def test_an_unknown_kind_owner_or_currency_is_refused(
    funded: Database, kind: str, owner: str, currency: str
) -> None:
    with pytest.raises(asyncpg.CheckViolationError):
        async with funded.unit_of_work() as unit:
            await unit.driver.execute(
                "INSERT INTO account (kind, owner, currency, opened_at) VALUES ($1, $2, $3, now())",
                kind,
                owner,
                currency,
            )


async def test_the_tables_in_python_are_those_that_the_migration_makes(owned: Database) -> None:
    for module in pkgutil.iter_modules(svc_reward.store.__path__):
        importlib.import_module(f"svc_reward.store.{module.name}")
    async with owned.unit_of_work() as unit:
        migrated = [await unit.driver.fetch(statement, list(METADATA.tables)) for statement in (COLUMNS_OF, RULES_OF)]
        await unit.driver.execute("CREATE SCHEMA modelled")
        await unit.driver.execute("SET LOCAL search_path = modelled")
        await unit.connection.run_sync(METADATA.create_all)
        modelled = [await unit.driver.fetch(statement, list(METADATA.tables)) for statement in (COLUMNS_OF, RULES_OF)]
    assert migrated[0]
    assert migrated[1]
    assert modelled == migrated
