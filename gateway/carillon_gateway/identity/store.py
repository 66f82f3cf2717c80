"""Reads and writes clients; it must not see a secret, only its hash."""

from datetime import datetime

from carillon_chassis.database import UnitOfWork
from carillon_gateway.identity.clients import Client, Role

FIND = "SELECT client_id, role, branch, secret_hash FROM client WHERE client_id = $1"
SAVE = """
INSERT INTO client (client_id, role, branch, secret_hash, changed_at) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (client_id) DO UPDATE
SET role = excluded.role, branch = excluded.branch, secret_hash = excluded.secret_hash, changed_at = excluded.changed_at
"""


async def find_client(unit: UnitOfWork, client_id: str) -> Client | None:
    """The client of that id, if there is one."""
    row = await unit.driver.fetchrow(FIND, client_id)
    if row is None:
        return None
    return Client(
        client_id=row["client_id"], role=Role(row["role"]), branch=row["branch"], secret_hash=row["secret_hash"]
    )


async def save_client(unit: UnitOfWork, client: Client, *, at: datetime) -> None:
    """Adds the client or replaces role, branch and secret of the one with that id."""
    await unit.driver.execute(SAVE, client.client_id, client.role.value, client.branch, client.secret_hash, at)
