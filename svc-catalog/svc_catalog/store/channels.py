"""Reads and writes the channels; it must not decide anything about them."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.dialects.postgresql import insert

from carillon_chassis.database import UnitOfWork
from svc_catalog.domain.channel import Channel, ChannelKind, ChannelRole, Contact
from svc_catalog.store.tables import CHANNELS

# Every order asks this: a few dozen rows, compared without case.
CODE = "SELECT code FROM channel WHERE code = upper($1) OR lower($1) = ANY(spellings)"


async def save_channels(unit: UnitOfWork, channels: Sequence[Channel]) -> None:
    """Inserts the channels, or brings those that stand to what is given, in the order given."""
    statement = insert(CHANNELS)
    described = {column.name: statement.excluded[column.name] for column in CHANNELS.columns if column.name != "code"}
    await unit.connection.execute(
        statement.on_conflict_do_update(index_elements=["code"], set_=described),
        [
            {
                "code": channel.code,
                "position": position,
                "name_zh": channel.name_zh,
                "name_en": channel.name_en,
                "aliases_zh": list(channel.aliases_zh),
                "kind": channel.kind,
                "role": channel.role,
                "contact": channel.contact,
                "spellings": list(channel.spellings),
                "has_outlets": channel.has_outlets,
            }
            for position, channel in enumerate(channels)
        ],
    )


async def list_channels(unit: UnitOfWork) -> list[Channel]:
    """Gives every channel in the order of the source."""
    return [_to_channel(row) for row in await unit.connection.execute(select(CHANNELS).order_by(CHANNELS.c.position))]


async def find_channel(unit: UnitOfWork, code: str) -> Channel | None:
    """Gives the channel with this code, or None."""
    row = (await unit.connection.execute(select(CHANNELS).where(CHANNELS.c.code == code))).one_or_none()
    return None if row is None else _to_channel(row)


async def find_code(unit: UnitOfWork, named: str) -> str | None:
    """Gives the code of the channel that is named by it or by a spelling, or None."""
    code: str | None = await unit.driver.fetchval(CODE, named)
    return code


def _to_channel(row: Row[Any]) -> Channel:
    return Channel(
        code=row.code,
        name_zh=row.name_zh,
        name_en=row.name_en,
        aliases_zh=tuple(row.aliases_zh),
        kind=None if row.kind is None else ChannelKind(row.kind),
        role=None if row.role is None else ChannelRole(row.role),
        contact=None if row.contact is None else Contact(row.contact),
        spellings=tuple(row.spellings),
        has_outlets=row.has_outlets,
    )
