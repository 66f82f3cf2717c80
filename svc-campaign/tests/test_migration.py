"""The migration for a database user who is no superuser, as in production."""

import secrets
from collections.abc import AsyncIterator

import asyncpg
import pytest
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

import svc_campaign.migrations
from carillon_chassis.database import Database
from carillon_chassis.migrations import migrate
from svc_campaign.domain.actor import Actor
from svc_campaign.store.branch_scope import held_to_branch

LOCATION = svc_campaign.migrations.__path__[0]
OPERATOR = Actor(subject="x", roles=frozenset({"branch_operator"}), branch="ningbo")


@pytest.fixture
async def owner_url(postgres_url: str, database: Database) -> AsyncIterator[str]:
    """A database whose owner may log in and nothing else; asking for `database` made the role of the branches."""
    name = f"plain_{secrets.token_hex(4)}"
    connection = await asyncpg.connect(postgres_url)
    await connection.execute(f"CREATE ROLE {name} LOGIN PASSWORD 'plain'")
    await connection.execute(f"CREATE DATABASE {name} OWNER {name}")
    yield (
        make_url(postgres_url).set(username=name, password="plain", database=name).render_as_string(hide_password=False)
    )
    await connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
    await connection.execute(f"DROP ROLE {name}")
    await connection.close()


async def test_a_user_who_may_not_grant_the_role_is_told_what_an_administrator_does(owner_url: str) -> None:
    with pytest.raises(DBAPIError) as refusal:
        await migrate(owner_url, LOCATION)
    assert "GRANT carillon_campaign_branch TO plain_" in str(refusal.value.orig.__cause__.hint)  # type: ignore[union-attr]  # asyncpg's error


async def test_a_user_whom_an_administrator_granted_the_role_is_held_to_the_branch(
    owner_url: str, postgres_url: str
) -> None:
    administrator = await asyncpg.connect(postgres_url)
    await administrator.execute(f"GRANT carillon_campaign_branch TO {make_url(owner_url).username}")
    await administrator.close()
    await migrate(owner_url, LOCATION)
    database = Database(owner_url)
    async with database.unit_of_work() as unit:
        await unit.driver.execute(
            "INSERT INTO campaign (id, name, branch, state, sender, link_target, window_days, response_events, "
            "conversion_services, created_by, created_at, submitted_by, approved_by, rejection_reason) VALUES "
            "(gen_random_uuid(), 'x', 'hangzhou', 'draft', '1', '', 1, '{}', '{X}', 'x', now(), '', '', '')"
        )
        async with held_to_branch(unit, OPERATOR):
            assert await unit.driver.fetchval("SELECT count(*) FROM campaign") == 0
        assert await unit.driver.fetchval("SELECT count(*) FROM campaign") == 1
    await database.close()
