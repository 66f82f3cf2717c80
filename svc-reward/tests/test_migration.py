"""The first migration by a login that owns its database and may not make roles."""

import secrets

import asyncpg
import pytest
from sqlalchemy.engine import make_url

from carillon_chassis.clock import FixedClock
from carillon_chassis.database import Database
from carillon_chassis.migrations import migrate
from svc_reward.app.fund_campaign import fund_campaign
from svc_reward.main import LEDGER_ROLE

from .conftest import MIGRATIONS


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
