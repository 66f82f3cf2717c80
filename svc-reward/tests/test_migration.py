"""Migrations: the first by a login that owns its database and may not make roles, the later ones on rows that stand."""

import secrets
import shutil
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy.engine import make_url

from carillon_chassis.clock import FixedClock
from carillon_chassis.database import Database
from carillon_chassis.migrations import migrate
from svc_reward.app.fund_campaign import fund_campaign
from svc_reward.app.post_transfers import post_transfers
from svc_reward.domain.account import budget_account, issuance_account
from svc_reward.domain.transfer import move
from svc_reward.main import LEDGER_ROLE
from svc_reward.store.soundness import find_unsound

from .conftest import MIGRATIONS

# As the application booked before migration 0009: balances by hand, in the statement of the entries.
BOOKED_BEFORE = """
WITH booked AS (
    INSERT INTO transfer VALUES (1, 'old', decode(repeat('ab', 32), 'hex'), 'seeds', 2, 'old', now())
), moved AS (
    UPDATE balance SET amount = new.amount, entries = 1, as_of = now()
    FROM (VALUES (1, -50), (2, 50)) AS new (account, amount) WHERE balance.account = new.account
)
INSERT INTO entry (transfer, leg, account, sequence, amount, balance_after, booked_at)
VALUES (1, 1, 1, 1, -50, -50, now()), (1, 2, 2, 1, 50, 50, now())
"""
OPENED_BEFORE = (
    """
    INSERT INTO account (kind, owner, currency, opened_at)
    VALUES ('issuance', 'operator', 'seeds', now()), ('campaign_budget', 'spring', 'seeds', now())
    """,
    "INSERT INTO balance SELECT number, CASE number WHEN 2 THEN 0 END, 0, 0, now(), 0, 0, 0, 0 FROM account",
    "SELECT nextval('transfer_number')",
)


async def test_a_ledger_that_stands_goes_on_behind_the_new_proof(
    postgres_url: str, owned: Database, tmp_path: Path, clock: FixedClock
) -> None:
    """``owned`` has made the role."""
    name = f"old_{secrets.token_hex(4)}"
    before = tmp_path / "before"
    shutil.copytree(MIGRATIONS, before, ignore=shutil.ignore_patterns("0009*", "001*", "__pycache__"))
    administrator = await asyncpg.connect(postgres_url)
    await administrator.execute(f"CREATE DATABASE {name}")
    url = make_url(postgres_url).set(database=name).render_as_string(hide_password=False)
    try:
        await migrate(url, str(before))
        database = Database(url, role=LEDGER_ROLE)
        async with database.unit_of_work() as unit:
            for statement in (*OPENED_BEFORE, BOOKED_BEFORE):
                await unit.driver.execute(statement)
        await database.close()
        await migrate(url, MIGRATIONS)
        database = Database(url, role=LEDGER_ROLE)
        back = move(
            "back", source=budget_account("spring", "seeds"), target=issuance_account("seeds"), amount=20, reason="test"
        )
        async with database.unit_of_work() as unit:
            assert (await post_transfers(unit, [back], clock=clock))[0].stands
            assert await find_unsound(unit) is None
            assert await unit.driver.fetchval("SELECT amount FROM balance WHERE account = 2") == 30
        await database.close()
    finally:
        await administrator.execute(f"DROP DATABASE {name} WITH (FORCE)")
        await administrator.close()


async def test_an_ordinary_owner_migrates_and_the_service_runs_in_the_ledgers_role(
    postgres_url: str, owned: Database, clock: FixedClock
) -> None:
    """``owned`` has made the role, as an administrator would."""
    name, password = f"owner_{secrets.token_hex(4)}", secrets.token_hex(8)
    administrator = await asyncpg.connect(postgres_url)
    await administrator.execute(f"CREATE ROLE {name} LOGIN NOCREATEROLE PASSWORD '{password}'")
    await administrator.execute(f"GRANT {LEDGER_ROLE} TO {name}")
    await administrator.execute(f"CREATE DATABASE {name} OWNER {name}")
    url = make_url(postgres_url).set(username=name, password=password, database=name)
    try:
        await migrate(url.render_as_string(hide_password=False), MIGRATIONS)
        await migrate(url.render_as_string(hide_password=False), MIGRATIONS)
        database = Database(url.render_as_string(hide_password=False), role=LEDGER_ROLE)
        async with database.unit_of_work() as unit:
            outcome = await fund_campaign(unit, campaign_id="spring", currency="seeds", amount=5, clock=clock)
        assert outcome.stands
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with database.unit_of_work() as unit:
                await unit.driver.execute("DELETE FROM entry")
        await database.close()
    finally:
        await administrator.execute(f"DROP DATABASE {name} WITH (FORCE)")
        await administrator.execute(f"REVOKE {LEDGER_ROLE} FROM {name}")
        await administrator.execute(f"DROP ROLE {name}")
        await administrator.close()
