"""One database and one role without privileges a service, made when missing; tables are made by each service's migrate."""

import asyncpg

from carillon_deploy.runner.postgres import Postgres

SERVICES = ("catalog", "segment", "campaign", "reward", "channel")
WITH_DATABASE = (*SERVICES, "gateway")
CONNECT_TIMEOUT_SECONDS = 10
# Roles that a service's tables are granted to, beside its owner: the ledger's writer, which cannot change history, and
# the branch under row-level security. Only an administrator makes roles, so they are made here and not by migrate.
GRANTED_ROLES = {"reward": ("carillon_ledger",), "campaign": ("carillon_campaign_branch",)}


def database_name(service: str) -> str:
    """The name of a service's database, and of the role that owns it."""
    return f"carillon_{service}"


async def make_databases(postgres: Postgres, services: tuple[str, ...] = WITH_DATABASE) -> list[str]:
    """Makes what is missing and tells which databases were made; a service's role owns its own and reaches no other."""
    administrator = await asyncpg.connect(postgres.url("postgres", "postgres"), timeout=CONNECT_TIMEOUT_SECONDS)
    made = []
    try:
        for service in services:
            name = database_name(service)
            await _make_role(administrator, name, postgres.password(name))
            for granted in GRANTED_ROLES.get(service, ()):
                await _make_granted_role(administrator, granted, name)
            if not await administrator.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", name):
                await administrator.execute(f'CREATE DATABASE "{name}" OWNER "{name}"')
                made.append(name)
            await administrator.execute(f'REVOKE ALL ON DATABASE "{name}" FROM PUBLIC')
    finally:
        await administrator.close()
    return made


async def _make_role(administrator: "asyncpg.Connection[asyncpg.Record]", name: str, password: str) -> None:
    """Makes the role, or gives it the password that stands in our secrets."""
    known = await administrator.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", name)
    verb = "ALTER" if known else "CREATE"
    # Neither statement takes parameters; the password is hexadecimal and the name is ours, so nothing needs quoting.
    await administrator.execute(
        f"{verb} ROLE \"{name}\" LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD '{password}'"
    )


async def _make_granted_role(administrator: "asyncpg.Connection[asyncpg.Record]", name: str, member: str) -> None:
    """Makes a role that nobody logs in as, and makes the service's own role a member of it."""
    if not await administrator.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", name):
        await administrator.execute(f'CREATE ROLE "{name}" NOLOGIN')
    await administrator.execute(f'GRANT "{name}" TO "{member}"')
