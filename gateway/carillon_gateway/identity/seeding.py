"""Brings clients from a credentials file into the identity store; the file's secrets must not be kept."""

import json
import secrets
from datetime import datetime
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints, TypeAdapter

from carillon_chassis.database import Database
from carillon_gateway.identity.clients import Client, parse_role
from carillon_gateway.identity.secrets import SALT_BYTES, hash_secret, secret_matches
from carillon_gateway.identity.store import find_client, save_client


class Credential(BaseModel):
    """One line of credentials.json."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    role: str
    branch: str = ""
    client_id: Annotated[str, StringConstraints(min_length=1)]
    client_secret: str


CREDENTIALS = TypeAdapter(list[Credential])


def read_credentials(path: Path) -> list[Credential]:
    """The clients of the file: ``[{"role", "branch", "client_id", "client_secret"}]``. Raises ValueError."""
    return CREDENTIALS.validate_python(json.loads(path.read_text(encoding="utf-8")))


async def seed_clients(database: Database, credentials: list[Credential], *, at: datetime) -> int:
    """Adds or changes the clients, all or none, and tells how many changed; an unchanged one keeps its hash.

    A changed secret is a rotation: tokens signed before hold until they expire, new ones need the new secret.
    """
    changed = 0
    async with database.unit_of_work() as unit:
        for credential in credentials:
            role = parse_role(credential.role)
            known = await find_client(unit, credential.client_id)
            if known is not None and secret_matches(credential.client_secret, known.secret_hash):
                secret_hash = known.secret_hash
            else:
                secret_hash = hash_secret(credential.client_secret, salt=secrets.token_bytes(SALT_BYTES))
            client = Client(
                client_id=credential.client_id, role=role, branch=credential.branch, secret_hash=secret_hash
            )
            if client != known:
                await save_client(unit, client, at=at)
                changed += 1
    return changed
