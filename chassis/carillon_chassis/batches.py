"""Claimed batches: several workers take rows of one table without waiting for each other.

Work per subscriber is done this way, never as a job a subscriber.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Row, Table, select, update

from carillon_chassis.database import UnitOfWork


async def claim(
    unit: UnitOfWork,
    *,
    table: Table,
    where: ColumnElement[bool],
    values: Mapping[str, Any],
    limit: int,
) -> Sequence[Row[Any]]:
    """Marks at most ``limit`` free rows with ``values`` and answers them, oldest key first.

    Rows that another worker holds are passed over (FOR UPDATE SKIP LOCKED), so claims never queue up.
    """
    key = next(iter(table.primary_key.columns))
    free = select(key).where(where).order_by(key).limit(limit).with_for_update(skip_locked=True).scalar_subquery()
    statement = update(table).where(key.in_(free)).values(**values).returning(*table.columns)
    rows = (await unit.connection.execute(statement)).all()
    return sorted(rows, key=lambda row: row[0])
