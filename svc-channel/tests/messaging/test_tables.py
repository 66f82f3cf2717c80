"""The migrations make what the tables say, and the settings refuse what would not work."""

import importlib
import pkgutil
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from pydantic import ValidationError

import svc_channel.store
from svc_channel.domain.inbound import InboundState
from svc_channel.domain.message import MessageState, PartState
from svc_channel.settings import Settings
from svc_channel.store.tables import METADATA

from .house import House

# Every module that adds tables to METADATA.
for module in pkgutil.iter_modules(svc_channel.store.__path__):
    if module.name.endswith("_tables"):
        importlib.import_module(f"svc_channel.store.{module.name}")

CHASSIS_TABLES = {"outbox", "inbox_cursor", "command", "alembic_version"}


def _is_ours(_: Any, name: str | None, kind: str, *__: Any) -> bool:
    # Partitions come with their campaigns; what they are like their parent says.
    return kind != "table" or (name not in CHASSIS_TABLES and not str(name).startswith(("pgqueuer", "kept_message_")))


async def test_the_migrations_make_the_tables_that_the_store_describes(house: House) -> None:
    def differences(connection: Any) -> list[Any]:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "include_object": _is_ours})
        return list(compare_metadata(context, METADATA))

    async with house.database.read() as unit:
        assert await unit.connection.run_sync(differences) == []


@pytest.mark.parametrize(
    ("name", "states"),
    [("message_state", MessageState), ("part_state", PartState), ("inbound_state", InboundState)],
)
async def test_the_enums_stand_in_the_order_of_the_domain(
    house: House, name: str, states: type[MessageState] | type[PartState] | type[InboundState]
) -> None:
    query = "SELECT enumlabel FROM pg_enum WHERE enumtypid = $1::text::regtype ORDER BY enumsortorder"
    assert [row["enumlabel"] for row in await house.fetch(query, name)] == [state.value for state in states]


@pytest.mark.parametrize(
    "wrong",
    [
        {"smsc_password": ""},
        {"smsc_password": "longer-than-8"},
        {"smsc_system_id": ""},
        {"submit_window": 0},
        {"rate_limit_per_second": -1},
        {"doubt_policy": "forget"},
    ],
)
def test_settings_that_cannot_work_are_refused_at_start(wrong: dict[str, Any]) -> None:
    right: dict[str, Any] = {
        "database_url": "postgresql://nobody@nowhere/none",
        "listen": "unix:unused",
        "segment_address": "unix:unused",
        "smsc_system_id": "carillon",
        "smsc_password": "pass-8ch",
    }
    assert "pass-8ch" not in repr(Settings(**right))
    with pytest.raises(ValidationError) as refused:
        Settings(**{**right, **wrong})
    assert [error["loc"] for error in refused.value.errors()] == [(name,) for name in wrong]
