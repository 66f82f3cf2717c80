"""What PostgreSQL itself refuses to change of a draw, whoever asks."""

import asyncpg
import pytest

from carillon_chassis.database import Database

from .client import DrawClient

CHANGES = (
    "UPDATE draw SET second_seed = sha256('x') WHERE state = 'drawn'",
    "UPDATE draw SET rule = '{}'",
    "DELETE FROM draw",
    "UPDATE draw_entry SET subscriber = 1",
    "DELETE FROM draw_entry",
    "UPDATE draw_entrant SET tickets = 2",
    "DELETE FROM draw_entrant",
    "UPDATE draw_winner SET subscriber = 1",
    "DELETE FROM draw_winner",
)


@pytest.mark.parametrize("change", CHANGES)
async def test_what_was_drawn_can_be_changed_by_nobody(
    draws: DrawClient, seeded: str, ledger: Database, owned: Database, change: str
) -> None:
    await draws.reveal(seeded)
    for database in (ledger, owned):
        with pytest.raises((asyncpg.InsufficientPrivilegeError, asyncpg.RestrictViolationError)):
            async with database.unit_of_work() as unit:
                await unit.driver.execute(change)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE draw SET commitment = sha256('x')",
        "UPDATE draw SET root = sha256('x')",
        "UPDATE draw SET second_seed = sha256('x')",
        "UPDATE draw SET salt = sha256('x')",
    ],
)
async def test_what_was_published_is_refused_to_the_owner_too(seeded: str, owned: Database, change: str) -> None:
    with pytest.raises(asyncpg.RestrictViolationError, match="stays as it is"):
        async with owned.unit_of_work() as unit:
            await unit.driver.execute(change)
