"""Merges the good rows of a snapshot into the subscribers as they stand; it must not change the old file.

The merge is by column and subscriber: a snapshot's columns replace the values of its own subscribers, nulls
too; columns and subscribers that it does not have keep what they had.
"""

from pathlib import Path

import duckdb
import pyarrow as pa

from svc_segment.domain.attributes import SUBSCRIBER_COLUMN, AttributeType, Dictionary
from svc_segment.store.snapshot_file import CheckedFile
from svc_segment.store.source_file import ROW_COLUMN

SQL_TYPES = {
    AttributeType.INTEGER: "BIGINT",
    AttributeType.NUMBER: "DOUBLE",
    AttributeType.TEXT: "VARCHAR",
    AttributeType.BOOLEAN: "BOOLEAN",
    AttributeType.DATE: "DATE",
}


def merge_base(
    connection: duckdb.DuckDBPyConnection,
    *,
    checked: CheckedFile,
    ordinals: pa.Array,
    in_file: Dictionary,
    in_base: Dictionary,
    old: Path | None,
    target: Path,
) -> int:
    """Writes the new file, sorted by subscriber, and gives its number of subscribers.

    ``ordinals`` are the uint32 ids of the rows of ``checked``, in their order; ``in_base`` are the old attributes.
    """
    connection.register("granted", pa.table({ROW_COLUMN: checked.rows, SUBSCRIBER_COLUMN: ordinals}))
    fresh = (
        f"SELECT granted.{SUBSCRIBER_COLUMN}, good.* EXCLUDE ({ROW_COLUMN}) "  # noqa: S608 -- checked names
        f"FROM read_parquet('{_escaped(checked.good)}') AS good JOIN granted USING ({ROW_COLUMN})"
        if len(checked.rows)
        else _empty(in_file)
    )
    before = f"SELECT * FROM read_parquet('{_escaped(old)}')" if old else _empty(Dictionary())  # noqa: S608 -- our own path
    attributes = in_base.extended_by(in_file.values())
    columns = ", ".join(_merged(name, in_file=name in in_file, in_base=name in in_base) for name in attributes)
    counted = connection.execute(
        f"COPY (SELECT coalesce(fresh.{SUBSCRIBER_COLUMN}, before.{SUBSCRIBER_COLUMN}) AS {SUBSCRIBER_COLUMN}"  # noqa: S608 -- as above
        f"{', ' + columns if columns else ''} "
        f"FROM ({before}) AS before FULL OUTER JOIN ({fresh}) AS fresh "
        f"ON before.{SUBSCRIBER_COLUMN} = fresh.{SUBSCRIBER_COLUMN} ORDER BY 1) "
        f"TO '{_escaped(target)}' (FORMAT parquet)"
    ).fetchone()
    return int(counted[0]) if counted else 0


def _merged(name: str, *, in_file: bool, in_base: bool) -> str:
    if in_file and in_base:
        return f'CASE WHEN fresh.{SUBSCRIBER_COLUMN} IS NULL THEN before."{name}" ELSE fresh."{name}" END AS "{name}"'
    return f'{"fresh" if in_file else "before"}."{name}"'


def _empty(attributes: Dictionary) -> str:
    columns = "".join(f', CAST(NULL AS {SQL_TYPES[one.type]}) AS "{one.name}"' for one in attributes.values())
    return f"SELECT CAST(NULL AS UINTEGER) AS {SUBSCRIBER_COLUMN}{columns} WHERE false"


def _escaped(path: Path) -> str:
    return str(path).replace("'", "''")
