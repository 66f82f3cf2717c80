"""The database itself: row-level security, checks that say what the domain says, tables as SQLModel sees them."""

from typing import Any
from uuid import UUID

import asyncpg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection

from carillon_chassis.database import Database
from svc_campaign.domain.actor import Actor
from svc_campaign.store.branch_scope import held_to_branch
from svc_campaign.store.tables import CampaignTable

from .desk import Desk

CHANGE = "UPDATE campaign SET name = 'mine' WHERE id = $1 RETURNING id"


def an_actor(role: str, branch: str) -> Actor:
    return Actor(subject="x", roles=frozenset({role}), branch=branch)


async def test_row_level_security_hides_other_branches_whatever_the_statement(desk: Desk) -> None:
    campaign_id = UUID((await desk.create()).id)
    for actor, sees in (
        (an_actor("branch_operator", "hangzhou"), True),
        (an_actor("branch_operator", "ningbo"), False),
        (an_actor("branch_operator", ""), False),
        (an_actor("auditor", ""), True),
    ):
        async with desk.database.unit_of_work() as unit, held_to_branch(unit, actor):
            assert bool(await unit.driver.fetch("SELECT id FROM campaign")) is sees
            assert bool(await unit.driver.fetch(CHANGE, campaign_id)) is sees


async def test_a_branch_cannot_make_a_campaign_of_another(desk: Desk) -> None:
    await desk.create()
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with desk.database.unit_of_work() as unit, held_to_branch(unit, an_actor("branch_operator", "ningbo")):
            await unit.driver.execute(
                "INSERT INTO campaign (id, name, branch, state, sender, link_target, window_days, response_events, "
                "conversion_services, created_by, created_at, submitted_by, approved_by, rejection_reason) VALUES "
                "(gen_random_uuid(), 'x', 'hangzhou', 'draft', '1', '', 1, '{}', '{X}', 'x', now(), '', '', '')"
            )


async def test_the_branchs_role_may_not_delete_and_sees_no_members(desk: Desk) -> None:
    await desk.running()
    for statement in ("DELETE FROM campaign", "SELECT * FROM member", "UPDATE arm SET template = ''"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with (
                desk.database.unit_of_work() as unit,
                held_to_branch(unit, an_actor("branch_operator", "hangzhou")),
            ):
                await unit.driver.execute(statement)


async def test_the_role_ends_with_the_scope(desk: Desk) -> None:
    await desk.create()
    async with desk.database.unit_of_work() as unit:
        async with held_to_branch(unit, an_actor("branch_operator", "ningbo")):
            assert await unit.driver.fetchval("SELECT count(*) FROM campaign") == 0
        assert await unit.driver.fetchval("SELECT count(*) FROM campaign") == 1


@pytest.mark.parametrize(
    "change",
    [
        "state = 'paused'",
        "window_days = 0",
        "conversion_services = '{}'",
        "name = ' '",
        "reward_points = NULL",
        "reward_budget = 1",
        "launched_at = now()",
        "state = 'running'",
        "approved_by = created_by",
    ],
)
async def test_the_database_refuses_what_the_domain_refuses(desk: Desk, change: str) -> None:
    await desk.create()
    with pytest.raises(asyncpg.CheckViolationError):
        await desk.fetch(f"UPDATE campaign SET {change}")  # noqa: S608 -- the test's own words


async def test_the_tables_are_what_sqlmodel_thinks_they_are(database: Database) -> None:
    def differences(connection: Connection) -> list[Any]:
        known = CampaignTable.metadata.tables
        options = {"include_name": lambda name, kind, _: kind != "table" or name in known}
        context = MigrationContext.configure(connection, opts=options | {"compare_type": True})
        return list(compare_metadata(context, CampaignTable.metadata))

    async with database.unit_of_work() as unit:
        assert await unit.connection.run_sync(differences) == []
