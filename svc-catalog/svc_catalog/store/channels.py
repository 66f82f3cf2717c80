"""Reads and writes the channels; it must not decide anything about them."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from carillon_chassis.database import UnitOfWork
from svc_catalog.domain.channel import Channel, ChannelKind
from svc_catalog.store.tables import CHANNELS


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
            }
            for position, channel in enumerate(channels)
        ],
    )


async def list_channels(unit: UnitOfWork) -> list[Channel]:
    """Gives every channel in the order of the source."""
    return [
        Channel(
            code=row.code,
            name_zh=row.name_zh,
            name_en=row.name_en,
            aliases_zh=tuple(row.aliases_zh),
            kind=None if row.kind is None else ChannelKind(row.kind),
        )
        for row in await unit.connection.execute(select(CHANNELS).order_by(CHANNELS.c.position))
    ]
